-- Choose a face for a script when it is first needed, and declare it to LaTeX: the first of these that the machine has.
--
-- HarfBuzz, which LuaHBTeX has in it, joins letters, places points and mirrors brackets. Its plug-in for the font loader
-- marks glyphs that stand for other text than their own with that text.
octavo = octavo or {}
-- regular, bold, italic and bold italic, scale; the number of a face in a collection follows its file in brackets
local function noto(style, number)
  local regular, bold = 'Noto' .. style .. 'CJK-Regular.ttc', 'Noto' .. style .. 'CJK-Bold.ttc'
  return { regular, bold, regular, bold, .95, number }
end
local function ideographs(number, ...)
  return { noto('Serif', number), noto('Sans', number), ... }
end
local haranoaji = { 'HaranoAjiMincho-Regular.otf', 'HaranoAjiMincho-Bold.otf', 'HaranoAjiMincho-Regular.otf', 'HaranoAjiMincho-Bold.otf', .95 }
local ipa = { 'ipaexm.ttf', 'ipaexg.ttf', 'ipaexm.ttf', 'ipaexg.ttf', .95 }
local fandol = { 'FandolSong-Regular.otf', 'FandolSong-Bold.otf', 'FandolSong-Regular.otf', 'FandolSong-Bold.otf', .95 }
local batang = { 'UnBatang.ttf', 'UnBatangBold.ttf', 'UnBatang.ttf', 'UnBatangBold.ttf', .95 }
local FACES = {
  arab = {
    { 'Amiri-Regular.ttf', 'Amiri-Bold.ttf', 'Amiri-Slanted.ttf', 'Amiri-BoldSlanted.ttf', 1.05 },
    { 'NotoNaskhArabic-Regular.ttf', 'NotoNaskhArabic-Bold.ttf', 'NotoNaskhArabic-Regular.ttf', 'NotoNaskhArabic-Bold.ttf', 1 },
    { 'DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', 'DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', .85 },
  },
  hebr = {
    { 'LinLibertine_R.otf', 'LinLibertine_RB.otf', 'LinLibertine_RI.otf', 'LinLibertine_RB.otf', 1.15 },
    { 'DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', 'DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', .85 },
  },
  ja = ideographs(0, haranoaji, ipa),
  ko = ideographs(1, batang),
  zh = ideographs(2, fandol),
  ['zh-Hant'] = ideographs(3, fandol),
}
local TRADITIONAL = { TW = true, HK = true, MO = true, Hant = true }
local WITH_HARFBUZZ = status.luatex_engine == 'luahbtex'
local SHAPING = WITH_HARFBUZZ and '' or '+ccmp;+init;+medi;+fina;+isol;+rlig;+liga;+calt;+mark;+mkmk;+curs;+kern;'

-- Signs of Chinese, Japanese and Korean have the forms of the language around them, and those of Japan elsewhere.
local function key_of(script, language)
  if script ~= 'hani' then return script end
  local primary, rest = language:match '^(%a+)%-?(.*)$'
  if primary == 'zh' then
    for subtag in rest:gmatch '%w+' do if TRADITIONAL[subtag] then return 'zh-Hant' end end
    return 'zh'
  end
  return FACES[primary] and primary or 'ja'
end

-- The number of the face of Noto CJK with the forms of the language around.
local FORMS = { ja = 0, ko = 1, zh = 2, ['zh-Hant'] = 3 }
function octavo.form_of_ideographs() return FORMS[key_of('hani', token.get_macro 'oct@language' or '')] end

local function is_there(name)
  return kpse.find_file(name, 'opentype fonts') or kpse.find_file(name, 'truetype fonts')
end

local function declaration(family, script, series, shape, name, face)
  local number = face[6] and '(' .. face[6] .. ')' or ''
  local mode = WITH_HARFBUZZ and 'harf' or 'node'
  return string.format('\\DeclareFontShape{TU}{%s}{%s}{%s}{<->s*[%s]"[%s]%s:mode=%s;script=%s;language=dflt;%s"}{}',
    family, series, shape, face[5], name, number, mode, script, SHAPING)
end

local function declare(family, script, face)
  local lines = { '\\DeclareFontFamily{TU}{' .. family .. '}{}' }
  for _, upright in ipairs { 'n', 'sc' } do
    lines[#lines + 1] = declaration(family, script, 'm', upright, face[1], face)
    lines[#lines + 1] = declaration(family, script, 'b', upright, face[2], face)
  end
  for _, sloped in ipairs { 'it', 'sl', 'scit' } do
    lines[#lines + 1] = declaration(family, script, 'm', sloped, face[3], face)
    lines[#lines + 1] = declaration(family, script, 'b', sloped, face[4], face)
  end
  tex.sprint(luatexbase.registernumber 'catcodetable@latex', table.concat(lines))
end

local families = {}
function octavo.script_face(script)
  local key = key_of(script, token.get_macro 'oct@language' or '')
  if families[key] == nil then
    families[key] = false
    for _, face in ipairs(FACES[key]) do
      if is_there(face[1]) then
        families[key] = 'oct' .. key
        declare(families[key], script, face)
        break
      end
    end
  end
  if families[key] then tex.sprint('\\fontfamily{' .. families[key] .. '}\\selectfont ') end
end

-- A face of Chinese, Japanese or Korean has 65,535 glyphs, and the loader makes a table of each of them for each size that
-- is used: a gigabyte for a book. Here a glyph is handed to the engine when a text asks for it first.
local LARGE = 20000
local function number_of(face)
  for id in font.each() do
    if rawequal(font.getfont(id), face) then return id end
  end
end
-- All sizes of a face are one font in the PDF, whose widths are those of the size that came first: a glyph is handed over
-- in every size at once.
local sizes = {}
local function hand_over(instance, key, gid, data)
  local face, scale = instance.face, instance.face.hb.scale
  local characters, glyph, offset = face.characters, data.glyphs[gid], data.gid_offset
  if rawget(characters, key) then return end
  local character = rawget(characters, offset + gid) or { index = gid, width = glyph.width * scale, height = glyph.height * scale,
    depth = glyph.depth * scale, italic = glyph.italic * scale, tounicode = data.nominals[gid] }
  rawset(characters, key, character)
  rawset(characters, offset + gid, character)
  instance.id = instance.id or number_of(face)
  if instance.id then font.addcharacters(instance.id, { characters = { [key] = character, [offset + gid] = character } }) end
end
local function hand_over_lazily(face)
  local data = face.hb.shared
  local offset = data.gid_offset
  if not data.glyphs[LARGE] then return end
  local kept, instances = {}, sizes[data] or {}
  sizes[data] = instances
  local function keep(char)
    local character = face.characters[char]
    if character then kept[char], kept[offset + character.index] = character, character end
  end
  for char = 0, 0x24F do keep(char) end
  for _, other in ipairs(instances) do
    for char in pairs(other.face.characters) do keep(char) end
  end
  face.characters = setmetatable(kept, { __index = function(characters, key)
    local gid = type(key) == 'number' and (key >= offset and key - offset or data.unicodes[key])
    if not gid or not data.glyphs[gid] then return nil end
    for _, instance in ipairs(instances) do hand_over(instance, key, gid, data) end
    return rawget(characters, key)
  end })
  instances[#instances + 1] = { face = face }
  collectgarbage() -- of the whole table
end

-- One glyph may serve several characters: a space and the no-break space, a letter of Arabic and its forms for
-- presentation, a character of Chinese and the radical that looks like it. The loader lets whichever comes last in a table
-- without order name it (scalefont in luaotfload-harf-define.lua, 3.23). Here it is the first in Unicode, but for radicals
-- and strokes, which stand before what they are part of; so it is copied and read as it was written.
local function rank(char)
  local is_of_radical = char >= 0x2E80 and char <= 0x2FDF or char >= 0x31C0 and char <= 0x31EF
  return is_of_radical and char + 0x110000 or char
end
local function name_glyphs(face)
  local data, characters = face.hb.shared, face.characters
  local nominals = data.nominals
  for char, gid in pairs(data.unicodes) do
    local now = nominals[gid]
    if not now or rank(char) < rank(now) then nominals[gid] = char end
  end
  for char, gid in pairs(data.unicodes) do
    local character = characters[char]
    if character and character.tounicode ~= nominals[gid] then character.tounicode = nominals[gid] end
  end
end

-- A face shaped by HarfBuzz goes through this callback, not through `patch_font`.
luatexbase.add_to_callback('luaotfload.patch_font_unsafe', function(face)
  if type(face) ~= 'table' or not face.hb then return end -- a number for a face that is loaded
  name_glyphs(face)
  hand_over_lazily(face)
end, 'octavo faces')
