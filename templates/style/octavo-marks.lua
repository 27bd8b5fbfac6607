-- Turn node attributes into marked content when a page is shipped out (ISO 32000-2, 14.6 and 14.7).
--
-- Three things happen in one walk over the finished page. Interword glue gets a real space glyph, so that copy,
-- search and speech get words. A hyphen that TeX put at the end of a line is marked as a soft hyphen. Each stretch of
-- equal leaf is wrapped in BDC … EMC with the next number of the page; what has no leaf becomes an artifact.
-- Nothing here changes a width, so page breaks are the same with and without it.
octavo = octavo or {}
local direct = node.direct
local getid, getnext, getsubtype, getlist, setlist = direct.getid, direct.getnext, direct.getsubtype, direct.getlist, direct.setlist
local getattr, getfield, setfield, getfont, getchar = direct.get_attribute, direct.getfield, direct.setfield, direct.getfont, direct.getchar
local insert_before, insert_after, new = direct.insert_before, direct.insert_after, direct.new
local HLIST, VLIST, GLYPH, DISC, RULE = node.id 'hlist', node.id 'vlist', node.id 'glyph', node.id 'disc', node.id 'rule'
local GLUE, KERN, PENALTY, WHATSIT = node.id 'glue', node.id 'kern', node.id 'penalty', node.id 'whatsit'
local LITERAL = node.subtype 'pdf_literal'
local RIGHTSKIP, SPACESKIP, XSPACESKIP, PARFILLSKIP, USERSKIP = 9, 13, 14, 15, 0 -- glue subtypes, LuaTeX manual, 8.2.8
local MARGIN_KERN = node.id 'margin_kern'
local PLAIN, AUTOMATIC = 0, 2 -- discretionary subtypes, LuaTeX manual, 8.2.6
local PAGE_MODE = 1
local LEAF = luatexbase.registernumber 'oct@leaf'
local REPEAT = luatexbase.registernumber 'oct@repeat'
local LINE = luatexbase.registernumber 'oct@line'
local SIGN = luatexbase.registernumber 'oct@sign'
local tagging = os.getenv 'OCTAVO_TAGGING' ~= 'off'

-- What is not read, by its kind (ISO 32000-2, table 363; ISO 14289-2, 8.3): octavo-marks.sty gives each its number.
local REPEATED = -7
local ARTIFACTS = {
  [0] = '/Artifact<</Type/Layout>>BDC',
  [-1] = '/Artifact<</Type/Pagination/Subtype/Header>>BDC',
  [-2] = '/Artifact<</Type/Layout>>BDC',
  [-3] = '/Artifact<</Type/Background>>BDC',
  [-4] = '/Artifact<</Type/Pagination/Subtype/Footer>>BDC',
  [-5] = '/Artifact<</Type/Pagination/Subtype/PageNum>>BDC',
  [-6] = '/Artifact<</Type/Pagination/Subtype/LineNum>>BDC',
  [REPEATED] = '/Artifact<</Type/Pagination>>BDC',
}

local pages = {}    -- for each page shipped out: its sheaf, the style and number of its folio, and the leaf of each mark
local anchors = {}  -- number, page, x, y of each anchor, in points
local boxes = {}    -- leaf, page, left, bottom, right, top of each picture, in points
local printed = {}  -- the page on which a leaf of a repeated table head was first printed
local marks         -- the leaves of the page at hand
local current       -- the leaf of the open mark, or nil

local spaces = {}
local function space_width(id)
  local width = spaces[id]
  if width == nil then
    local face = font.getfont(id)
    local glyph = face and face.characters and face.characters[32]
    width = glyph and (glyph.width or 0) or false
    spaces[id] = width
  end
  return width
end

local function literal(text)
  local n = new(WHATSIT, LITERAL)
  setfield(n, 'mode', PAGE_MODE)
  setfield(n, 'data', text)
  return n
end

local function opening(leaf)
  if leaf > 0 then
    marks[#marks + 1] = leaf
    return literal('/Span<</MCID ' .. (#marks - 1) .. '>>BDC')
  end
  return literal(ARTIFACTS[leaf])
end

-- The leaf of a node; a repeated table head counts on the first page only.
local function leaf_of(n)
  local leaf = getattr(n, LEAF) or 0
  if leaf > 0 and getattr(n, REPEAT) == 1 then
    local first = printed[leaf]
    if not first then
      printed[leaf] = #pages + 1
    elseif first ~= #pages + 1 then
      return REPEATED
    end
  end
  return leaf
end

local function is_printed(n, id)
  if id == GLYPH then return true end
  if id == DISC then return getfield(n, 'replace') ~= nil and getfield(n, 'replace') ~= 0 end
  if id == RULE then return getfield(n, 'width') ~= 0 and getfield(n, 'height') + getfield(n, 'depth') ~= 0 end
  if id == GLUE then local leader = getfield(n, 'leader') return leader and leader ~= 0 end
  return id == WHATSIT and getsubtype(n) == LITERAL
end

-- Begin the mark of a node, in front of it or of another node.
local function mark(head, n, place)
  local leaf = leaf_of(n)
  if leaf ~= current then
    place = place or n
    if current then head = insert_before(head, place, literal 'EMC') end
    head = insert_before(head, place, opening(leaf))
    current = leaf
  end
  return head
end

-- What may stand between the glue and the word behind it.
local BETWEEN = { [KERN] = true, [PENALTY] = true, [MARGIN_KERN] = true, [WHATSIT] = true }

-- Put a space glyph of the last font before interword glue, and take its width from the glue. A space belongs to the
-- leaf that it was written in, so that a link or a formula does not end with the space behind it.
local function add_space(head, glue, last, boxed)
  local kind = getsubtype(glue)
  if boxed and kind == USERSKIP then return head end
  if kind ~= SPACESKIP and kind ~= XSPACESKIP and kind ~= USERSKIP and kind ~= RIGHTSKIP then return head end
  if kind == RIGHTSKIP then
    -- After a hyphen, or where an address was broken at a penalty, the word goes on in the next line.
    local char, before = getchar(last), direct.getprev(glue)
    if char == 0x2D or char == 0x2010 then return head end
    if getid(before) == PENALTY then
      local penalty = getfield(before, 'penalty')
      if penalty < 10000 and penalty > -10000 then return head end
    end
  elseif getfield(glue, 'width') <= 0 then
    return head
  end
  local neighbour, owner = last, nil
  if kind == RIGHTSKIP then
    -- A glue at which a line was broken is the skip at its end and keeps its leaf; other such skips have none of theirs,
    -- or that of the paragraph's beginning. Leaves are numbered as they are written: a space never belongs to an earlier one.
    local before = direct.getprev(glue)
    local is_own = getid(before) ~= PENALTY and not (getid(before) == GLUE and getsubtype(before) == PARFILLSKIP)
    local leaf = getattr(glue, LEAF)
    if is_own and leaf and leaf > (getattr(last, LEAF) or 0) then owner = glue end
  end
  if boxed or kind ~= RIGHTSKIP and getattr(glue, LEAF) ~= getattr(last, LEAF) then
    local following = getnext(glue)
    while following and BETWEEN[getid(following)] do following = getnext(following) end
    if following and getid(following) == GLYPH and getattr(following, LEAF) == getattr(glue, LEAF) then
      neighbour = following
    end
  end
  local id = getfont(neighbour)
  local width = space_width(id)
  if not width then return head end
  if owner or neighbour ~= last then head = mark(head, owner or neighbour, glue) end
  local space = new(GLYPH, 0)
  direct.setfont(space, id)
  direct.setchar(space, 32)
  direct.setattributelist(space, direct.getattributelist(owner or neighbour))
  -- Expanded as the glyph beside it, the space stands in the same string. PDFium passes over a text object that shows
  -- nothing, as a space of its own would be, and then guesses the gap from its width (CPDF_TextPage::ProcessTextObject).
  local expansion = getfield(neighbour, 'expansion_factor') or 0
  setfield(space, 'expansion_factor', expansion)
  width = width + math.floor(width * expansion / 1000000 + 0.5)
  setfield(glue, 'width', getfield(glue, 'width') - width)
  return insert_before(head, glue, space)
end

-- A hyphen in front of a discretionary that hyphenation or \- has put there is TeX's, not the author's; one in front
-- of an automatic discretionary stands in the manuscript (LuaTeX manual, 5.7). Where no line was broken, the hyphen is
-- still in the discretionary, and the one in front of it is the author's too.
local function is_soft_hyphen(n)
  local char = getchar(n)
  if char ~= 0x2D and char ~= 0x2010 then return false end
  local after = getnext(n)
  if after and getid(after) == MARGIN_KERN then after = getnext(after) end
  return after and getid(after) == DISC and getsubtype(after) ~= AUTOMATIC and getsubtype(after) ~= PLAIN
    and not getfield(after, 'pre')
end

-- Rules under, through, behind or around text: one rule for each stretch of equal attribute in a line. Where it lies follows from the
-- height of the letters, so that it fits a note as well as a title.
local DRAWN = 4  -- the subtype of a rule that a callback draws (LuaTeX manual, 8.2.5)
luatexbase.add_to_callback('process_rule', function(rule, width, height)
  local w, h = width / 65781.76, height / 65781.76 -- in the points of PDF
  if node.get_attribute(rule, LINE) == 3 then
    pdf.print('direct', string.format('.9 g 0 0 %.3f %.3f re f', w, h))
  else
    local r, k = 1.4, 0.63 -- the corners of a key, and how far a curve's handles are from them
    pdf.print('direct', string.format('.45 w .35 G %.3f 0 m %.3f 0 l %.3f 0 %.3f %.3f %.3f %.3f c %.3f %.3f l ' ..
      '%.3f %.3f %.3f %.3f %.3f %.3f c %.3f %.3f l %.3f %.3f 0 %.3f 0 %.3f c 0 %.3f l 0 %.3f %.3f 0 %.3f 0 c s',
      r, w - r, w - r + k, w, r - k, w, r, w, h - r, w, h - r + k, w - r + k, h, w - r, h, r, h, r - k, h, h - r + k,
      h - r, r, r - k, r - k, r))
  end
end, 'octavo marks')
local drawn      -- boxes that a rule of the line around them goes past
local function draw_line(head, parent, first, last, kind, face)
  local width = direct.rangedimensions(parent, first, getnext(last))
  local metrics = font.getfont(face)
  local x_height = metrics and metrics.parameters and metrics.parameters.x_height or 307200
  local thickness = x_height / 11
  local height = kind == 1 and -0.26 * x_height or 0.5 * x_height + thickness / 2
  local depth, side = thickness - height, 0
  if kind > 2 then height, depth, side = 1.9 * x_height, 0.6 * x_height, 0.3 * x_height end
  local rule = new(RULE, kind > 2 and DRAWN or 0)
  setfield(rule, 'width', math.floor(width + 2 * side))
  setfield(rule, 'height', math.floor(height))
  setfield(rule, 'depth', math.floor(depth))
  local ahead, back = new(KERN), new(KERN)
  setfield(ahead, 'kern', -math.floor(side))
  setfield(back, 'kern', math.floor(side) - math.floor(width + 2 * side))
  direct.set_attribute(rule, LEAF, 0)
  direct.set_attribute(rule, LINE, kind)
  if side > 0 then head = insert_before(head, first, ahead) else direct.free(ahead) end
  head = insert_before(head, first, rule)
  return insert_before(head, first, back)
end

local function draw_lines(parent, head)
  local first, last, kind, face
  local function close()
    if kind then head = draw_line(head, parent, first, last, kind, face) end
    first, last, kind = nil, nil, nil
  end
  local n = head
  while n do
    local id = getid(n)
    local following = getnext(n)
    if id == GLYPH or id == HLIST or id == VLIST then
      local value = (id == GLYPH or getlist(n)) and getattr(n, LINE) or nil
      if value ~= kind then close() end
      if value then
        kind, first, last = value, first or n, n
        if id == GLYPH then face = getfont(n) else drawn[n] = true end
        face = face or font.current()
      end
    elseif id == GLUE and kind and getattr(n, LINE) ~= kind then
      close()
    end
    n = following
  end
  close()
  return head
end

-- A frame with a code point is read and copied as the character that it stands for; nothing in it is marked on its own.
local function add_sign(head, box, char)
  head = mark(head, box)
  if not (current and current > 0) then return head end
  local utf16 = char < 0x10000 and string.format('%04X', char)
    or string.format('%04X%04X', 0xD800 + ((char - 0x10000) >> 10), 0xDC00 + ((char - 0x10000) & 0x3FF))
  head = insert_before(head, box, literal('/Span<</ActualText<FEFF' .. utf16 .. '>>>BDC'))
  return (insert_after(head, box, literal 'EMC'))
end

local has_lines = false
function octavo.use_lines() has_lines = true end

local function walk(parent, head)
  if has_lines and getid(parent) == HLIST and not drawn[parent] then head = draw_lines(parent, head) end
  local last, boxed -- the glyph before a glue, and whether a box holds it, as one holds the call of a note
  local n = head
  while n do
    local id = getid(n)
    if id == HLIST or id == VLIST then
      local list = getlist(n)
      if drawn[parent] then drawn[n] = true end
      last, boxed = nil, true
      local sign = getattr(n, SIGN)
      if sign and sign > 0 then
        head = add_sign(head, n, sign)
        last, boxed = direct.tail(list), false
        while getid(last) ~= GLYPH do last = direct.getprev(last) end
      elseif list then
        list, last = walk(n, list)
        setlist(n, list)
      end
    else
      if is_printed(n, id) then
        head = mark(head, n)
        if id == GLYPH then
          if is_soft_hyphen(n) and current and current > 0 then
            head = insert_before(head, n, literal '/Span<</ActualText<FEFF00AD>>>BDC')
            last = n
            head, n = insert_after(head, n, literal 'EMC')
          else
            last = n
          end
          boxed = false
        end
      elseif id == GLUE and last then
        head = add_space(head, n, last, boxed)
      end
    end
    n = getnext(n)
  end
  return head, last
end

-- With tagging off nothing is put on the page; which leaf is on it is noted all the same.
local function note(head)
  local n = head
  while n do
    local id = getid(n)
    if id == HLIST or id == VLIST then
      note(getlist(n))
    elseif is_printed(n, id) then
      local leaf = leaf_of(n)
      if leaf ~= current and leaf > 0 then marks[#marks + 1] = leaf end
      current = leaf
    end
    n = getnext(n)
  end
end

local function mark_page(box)
  marks, current, drawn = {}, nil, {}
  local d = direct.todirect(box)
  local list = getlist(d)
  if list and not tagging then
    note(list)
  elseif list then
    list = walk(d, list)
    if current then list = insert_after(list, direct.tail(list), literal 'EMC') end
    setlist(d, list)
  end
  pages[#pages + 1] = { sheaf = token.get_macro 'octsheaf', style = token.get_macro 'octfolios', number = tex.count[0], leaves = marks }
  return true
end

local POINT = 65781.76 -- scaled points in a point of PDF, 1/72 inch
function octavo.anchor(number)
  local x, y = pdf.getpos()
  anchors[#anchors + 1] = string.format('%d %d %.2f %.2f', number, #pages, x / POINT, y / POINT)
end

-- Note where a box of that size stands whose left end of the baseline is here.
function octavo.place(leaf, width, height, depth)
  local x, y = pdf.getpos()
  boxes[#boxes + 1] = string.format('%d %d %.2f %.2f %.2f %.2f', leaf, #pages, x / POINT, (y - depth) / POINT,
    (x + width) / POINT, (y + height) / POINT)
end

-- One line a page ("page", its sheaf, roman or arabic, its number, its leaves), then one line an anchor or a picture.
function octavo.write_marks()
  local file = assert(io.open(tex.jobname .. '.marks', 'w'))
  for _, page in ipairs(pages) do
    file:write('page ', page.sheaf, ' ', page.style, ' ', page.number, ' ', table.concat(page.leaves, ' '), '\n')
  end
  for _, line in ipairs(anchors) do file:write('anchor ', line, '\n') end
  for _, line in ipairs(boxes) do file:write('box ', line, '\n') end
  file:close()
end

luatexbase.add_to_callback('pre_shipout_filter', mark_page, 'octavo marks')
luatexbase.add_to_callback('finish_pdffile', octavo.write_marks, 'octavo marks')
