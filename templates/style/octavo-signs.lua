-- Give each character that the font at hand lacks a font that has it, and print what no font has as its code point.
--
-- This happens before the engine hyphenates, joins and kerns a list, so the font is right wherever TeX takes one: in
-- running text, code, headings and what TeX repeats at the head of a page. Which face has what stands in
-- octavo-coverage.lua, which Octavo writes from the tables of the fonts; no face is loaded to be asked.
octavo = octavo or {}
local direct = node.direct
local getid, getnext, getprev, getchar, getfont = direct.getid, direct.getnext, direct.getprev, direct.getchar, direct.getfont
local setfont, getfield, setfield = direct.setfont, direct.getfield, direct.setfield
local GLYPH, DISC = node.id 'glyph', node.id 'disc'
local SIGN = luatexbase.registernumber 'oct@sign'
local HARFBUZZ = status.luatex_engine == 'luahbtex'
local declared = {} -- by file: scale, whether it is bold, whether it is sloped
local faces         -- what octavo-coverage.lua returns

function octavo.declare_face(file, scale, bold, sloped)
  declared[file] = { scale = tonumber(scale), bold = bold == 'b', sloped = sloped == 'it' }
end

-- A face of an alphabet that has this letter has the alphabet; one that has not is not used for single letters of it.
local ALPHABETS = { { 0x370, 0x3FF, 0x3AC }, { 0x1F00, 0x1FFF, 0x1F00 }, { 0x400, 0x52F, 0x436 } }
local function letter_of(char)
  for _, block in ipairs(ALPHABETS) do
    if char >= block[1] and char <= block[2] then return block[3] end
  end
end

-- What has no shape of its own: joiners, marks of direction, selectors of a variant, tags.
local function is_invisible(char)
  return char >= 0x200B and char <= 0x200F or char >= 0x202A and char <= 0x202E or char >= 0x2060 and char <= 0x206F
    or char >= 0xFE00 and char <= 0xFE0F or char == 0xFEFF or char == 0x034F or char == 0x180E or char == 0x061C
    or char >= 0x180B and char <= 0x180D or char >= 0xE0000 and char <= 0xE0FFF
end
local function is_combining(char)
  return char >= 0x300 and char <= 0x36F or char >= 0x1AB0 and char <= 0x1AFF or char >= 0x1DC0 and char <= 0x1DFF
    or char >= 0x20D0 and char <= 0x20FF or char >= 0xFE20 and char <= 0xFE2F
end

local function load_faces()
  faces = faces or dofile 'octavo-coverage.lua'
end

local function covers(face, char)
  local ranges, low, high = face.ranges, 1, #face.ranges // 2
  while low <= high do
    local middle = (low + high) // 2
    if char < ranges[2 * middle - 1] then high = middle - 1
    elseif char > ranges[2 * middle] then low = middle + 1
    else return true end
  end
  return false
end

local first_with = {}
local function face_with(char)
  local found = first_with[char]
  if found == nil then
    found = false
    for _, face in ipairs(faces) do
      if covers(face, char) then found = face break end
    end
    first_with[char] = found
  end
  return found
end

local function face_with_all(chars)
  for _, face in ipairs(faces) do
    local all = true
    for _, char in ipairs(chars) do all = all and (is_invisible(char) or covers(face, char)) end
    if all then return face end
  end
end

local function define(spec, size)
  local id = font.nextid(true)
  local data = callback.find 'define_font'(spec, size, id)
  if type(data) ~= 'table' then return data end
  font.define(id, data)
  return id
end

local RIGHTWARD = { arab = true, hebr = true, syrc = true, thaa = true, ['nko '] = true }
-- How a font looks: its size before the scale of its family, weight and slope.
local looks = {}
local function look_of(id)
  local look = looks[id]
  if not look then
    local face = font.getfont(id) or {}
    local path = face.filename or face.properties and face.properties.filename or face.hb and face.hb.spec and face.hb.spec.resolved
      or face.specification and face.specification.filename or face.name or ''
    local known = declared[tostring(path):match '[^/]*$'] or { scale = 1 }
    local characters = face.characters or {}
    local normal = face.specification and face.specification.features and face.specification.features.normal
    look = { size = (face.size or 655360) / known.scale, bold = known.bold, sloped = known.sloped, path = tostring(path),
      rightward = RIGHTWARD[normal and normal.script or ''] or false, shaped = face.hb ~= nil or face.properties and face.properties.mode == 'node',
      has = function(char) return characters[char] ~= nil end }
    looks[id] = look
  end
  return look
end

-- HarfBuzz must know the script; the first character that has one tells it.
local COMMON = { Zyyy = true, Zinh = true, Zzzz = true }
local scripts = {}
local function tell_script(id, char)
  if scripts[id] or not HARFBUZZ then return id end
  local face, script = font.getfont(id), luaotfload.harfbuzz.unicode.script(char)
  if face and face.hb and not COMMON[tostring(script)] then
    face.specification.script, scripts[id] = script, true
  end
  return id
end

local fonts_of = {}
local font_of
function font_of(face, look, char, style)
  style = style or (look.bold and 'bold' or '') .. (look.sloped and 'italic' or '')
  if style == '' then style = 'regular' end
  local file, size = face[style], math.floor(look.size * face.scale + .5)
  local key = file .. ' ' .. size
  if not fonts_of[key] then
    local mode = not face.shaping and 'base' or HARFBUZZ and 'harf' or 'node'
    local number = face.number
    if file:find 'CJK' then
      require 'octavo-faces'
      number = octavo.form_of_ideographs()
    end
    number = number > 0 and '(' .. number .. ')' or ''
    fonts_of[key] = define('[' .. file .. ']' .. number .. ':mode=' .. mode .. ';+kern;+liga', size)
  end
  if style ~= 'regular' and not look_of(fonts_of[key]).has(char) then return font_of(face, look, char, 'regular') end
  return tell_script(fonts_of[key], char)
end

-- The font at hand with marks placed over their letters, which TeX alone does not do.
local shaped = {}
local function shaped_font(id, look, char)
  if shaped[id] == nil then
    shaped[id] = HARFBUZZ and look.path ~= '' and define('[' .. look.path .. ']:mode=harf;+kern;+liga', font.getfont(id).size) or false
  end
  return shaped[id] and tell_script(shaped[id], char)
end

local small = {}
local function small_font(size)
  size = math.floor(size * .5)
  small[size] = small[size] or define('[' .. octavo.code_point_face .. ']:mode=base', size)
  return small[size]
end

local function rule(width, height, depth)
  local n = direct.new 'rule'
  setfield(n, 'width', width) setfield(n, 'height', height) setfield(n, 'depth', depth)
  return n
end
local function kern(width)
  local n = direct.new('kern', 1)
  setfield(n, 'kern', width)
  return n
end

local told = {}
-- A frame with the code point in it; octavo-marks.lua lets it stand for the character.
local function framed(n, size)
  local char, list = getchar(n), nil
  local id = small_font(size)
  local function add(item)
    direct.setattributelist(item, direct.getattributelist(n))
    if list then direct.insert_after(list, direct.tail(list), item) else list = item end
  end
  local line, gap = size // 30, size // 10
  local height, depth, width = size * 6 // 10, size // 8, 2 * gap
  local digits = string.format('%04X', char)
  local face = font.getfont(id)
  for digit in digits:gmatch '.' do width = width + (face.characters[digit:byte()] or { width = 0 }).width end
  add(rule(line, height, depth))
  add(rule(width, height, line - height)) add(kern(-width))
  add(rule(width, line - depth, depth)) add(kern(gap - width))
  for digit in digits:gmatch '.' do
    local glyph = direct.new(GLYPH)
    setfont(glyph, id) direct.setchar(glyph, digit:byte())
    add(glyph)
  end
  add(kern(gap)) add(rule(line, height, depth))
  local box = direct.hpack(list)
  direct.setattributelist(box, direct.getattributelist(n))
  direct.set_attribute(box, SIGN, char)
  if not told[char] then
    told[char] = true
    texio.write_nl('log', string.format('octavo sign: %X', char))
  end
  return box
end

local function is_lacking(look, char)
  if not look.has(char) then return true end
  local letter = letter_of(char)
  return letter and not look.has(letter)
end

-- The marks that follow a glyph belong to it.
local function cluster_of(n)
  local chars, last, following = { getchar(n) }, n, getnext(n)
  while following and getid(following) == GLYPH and (is_combining(getchar(following)) or is_invisible(getchar(following))) do
    chars[#chars + 1], last, following = getchar(following), following, getnext(following)
  end
  return chars, last
end

local function give(first, last, id)
  local n = first
  while n do
    if getid(n) == GLYPH then setfont(n, id) end
    if n == last then return end
    n = getnext(n)
  end
end

-- Return a font for a cluster that the font at hand does not print as it is, and the face that it is of.
local function choose(chars, id, look, face)
  local lacking = false
  for _, char in ipairs(chars) do lacking = lacking or not is_invisible(char) and is_lacking(look, char) end
  if not lacking then
    return #chars > 1 and is_combining(chars[2]) and not look.shaped and shaped_font(id, look, chars[1]) or nil
  end
  if not (face and covers(face, chars[1])) then face = nil end
  face = face or #chars == 1 and face_with(chars[1]) or face_with_all(chars) or face_with(chars[1])
  if not face then return look.has(chars[1]) and id or nil end
  local found = font_of(face, look, chars[1])
  -- HarfBuzz turns brackets and comparisons round in a run from right to left.
  if (look.rightward or #chars > 1 and is_combining(chars[2])) and not face.shaping then
    found = shaped_font(found, look_of(found), chars[1]) or found
  end
  return found, face
end

-- LuaTeX keeps the address of the last node of the list that it hyphenates, ligates and kerns. Where that node must go, it
-- waits, as a digit of a font that nothing shapes, until LuaTeX gives the list to be packed or broken.
local last_of_list
local doomed = {}
local function drop(head, n)
  if n ~= last_of_list then
    head = direct.remove(head, n)
    direct.free(n)
    return head
  end
  setfont(n, small_font(655360)) direct.setchar(n, 0x30)
  doomed[#doomed + 1] = n
  return head
end
local function clear(head)
  if #doomed == 0 then return true end
  local first, waiting = direct.todirect(head), {}
  for _, n in ipairs(doomed) do waiting[n] = true end
  local n = first
  while n do
    local following = getnext(n)
    if waiting[n] then
      waiting[n] = nil
      first = direct.remove(first, n)
      direct.free(n)
    end
    n = following
  end
  doomed = {}
  for left in pairs(waiting) do doomed[#doomed + 1] = left end
  return direct.tonode(first)
end

-- What is invisible stays, so that it can be copied, in the first face whose glyph for it is empty.
local function hide(head, n)
  local char = getchar(n)
  for _, face in ipairs(faces) do
    if covers(face, char) then
      local id = font_of(face, look_of(getfont(n)), char)
      local glyph = font.getfont(id).characters[char]
      if glyph and (glyph.width or 0) == 0 and (glyph.height or 0) + (glyph.depth or 0) == 0 then
        setfont(n, id)
        return head
      end
    end
  end
  return drop(head, n)
end

-- A mark that the face of its letter lacks stands by itself: in another face, or in a frame.
local function set_marks(head, n, following, given, look)
  while n and n ~= following do
    local after, mark = getnext(n), getchar(n)
    local is_missing = not given.has(mark)
    if is_missing and is_invisible(mark) then
      hide(head, n)
    elseif is_missing then
      local face = face_with(mark)
      if face then
        setfont(n, font_of(face, look, mark))
      else
        direct.insert_before(head, n, framed(n, look.size))
        drop(head, n)
      end
    end
    n = after
  end
end

local plain = {} -- fonts and characters that need no look
-- A face of one script may lack figures, brackets and other signs of ASCII.
local has_ascii = setmetatable({}, { __index = function(known, id)
  local look, whole = look_of(id), true
  for char = 0x21, 0x7E do whole = whole and look.has(char) end
  known[id] = whole
  return whole
end })
local function settle(head)
  local n, face = head, nil
  while n do
    local id, following = getid(n), getnext(n)
    if id == GLYPH then
      local char, at = getchar(n), getfont(n)
      local next_char = following and getid(following) == GLYPH and getchar(following) or 0
      if (char < 0x80 and has_ascii[at] or plain[at] and plain[at][char]) and next_char < 0x300 then
        face = nil
      else
        local look = look_of(at)
        local chars, last = cluster_of(n)
        if is_invisible(char) and not (face and face.shaping) and not look.shaped then
          head = hide(head, n)
        else
          following = getnext(last)
          local found, from = choose(chars, at, look, face)
          if found then
            give(n, last, found)
            face = from
            if n ~= last then set_marks(head, getnext(n), following, look_of(found), look) end
            if not look_of(found).shaped then
              local item = getnext(n)
              while item and item ~= following do
                local after = getnext(item)
                if is_invisible(getchar(item)) then head = hide(head, item) end
                item = after
              end
            end
          elseif is_lacking(look, char) and not look.has(char) then
            if n ~= last then set_marks(head, getnext(n), following, look, look) end
            local box = framed(n, look.size)
            head = direct.insert_before(head, n, box)
            head = drop(head, n)
          elseif n ~= last then
            set_marks(head, getnext(n), following, look, look)
          elseif not letter_of(char) then
            plain[at] = plain[at] or {}
            plain[at][char] = true
            face = nil
          end
        end
      end
    elseif id == DISC then
      for _, part in ipairs { 'pre', 'post', 'replace' } do
        local list = getfield(n, part)
        if list and list ~= 0 then setfield(n, part, settle(list)) end
      end
    elseif id ~= node.id 'kern' and id ~= node.id 'penalty' then
      face = nil
    end
    n = following
  end
  return head
end

-- What octavo-formulas.lua asks for a character that a formula lacks: a key, and what defines the font in a size.
function octavo.maths_font_with(char)
  load_faces()
  for _, face in ipairs(faces) do
    if face.maths and covers(face, char) then
      return face.regular, function(size) return define('[' .. face.regular .. ']:mode=base;script=math', size) end
    end
  end
end

function octavo.text_font_with(char)
  load_faces()
  local face = face_with(char)
  for _, other in ipairs(faces) do
    if other.regular:match '[^/]*$' == octavo.text_face and covers(other, char) then face = other end
  end
  if face then
    return face.regular, function(size) return font_of(face, { size = size }, char, 'regular') end
  end
end

local started = false
function octavo.use_signs()
  if started then return end
  started = true
  load_faces()
  luatexbase.add_to_callback('hyphenate', function(head, tail)
    last_of_list = tail and direct.todirect(tail)
    settle(direct.todirect(head))
    last_of_list = nil
    lang.hyphenate(head, tail)
  end, 'octavo signs')
  for _, filter in ipairs { 'pre_linebreak_filter', 'hpack_filter' } do
    luatexbase.add_to_callback(filter, clear, 'octavo signs')
  end
end
