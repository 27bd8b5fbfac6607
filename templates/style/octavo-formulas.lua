-- Give each character of a formula that the font of its family lacks a family that has it.
--
-- Signs come from a second face with mathematics, letters of other scripts from the faces of the text. A family is set up
-- when the first formula needs it; the parameters of mathematics, which TeX takes over from any font that has them, stay
-- those of the first face.
octavo = octavo or {}
local direct = node.direct
local getid, getfield, setfield, getnext = direct.getid, direct.getfield, direct.setfield, direct.getnext
local FIRST_FAMILY = 200
local MATH_CHAR, MATH_TEXT_CHAR, SUB_MLIST, DELIM = node.id 'math_char', node.id 'math_text_char', node.id 'sub_mlist', node.id 'delim'
local CHOICE = node.id 'choice'
local families, faces = {}, nil

local function has(id, char)
  local face = font.getfont(id)
  return face and face.characters and face.characters[char] ~= nil
end

-- A letter of running text, for which a face of the text is better than one with mathematics.
local function is_letter(char)
  return char < 0x2000 or char >= 0x2C00 and not (char >= 0x1D400 and char <= 0x1EEFF)
end

-- Set up a family in three sizes from a function that gives the font for a size.
local function new_family(key, family, font_for)
  local number = families[key]
  if number then return number end
  families.count = (families.count or 0) + 1
  number = FIRST_FAMILY + families.count
  families[key] = number
  local lines = {}
  for size, name in ipairs { 'textfont', 'scriptfont', 'scriptscriptfont' } do
    local id = font_for(font.getfont(node.family_font(family, size - 1)).size)
    local command = 'oct@font@' .. id
    tex.definefont(true, command, id)
    lines[#lines + 1] = string.format('\\global\\%s%d=\\csname %s\\endcsname', name, number, command)
    -- The last font with parameters decides them (LuaTeX manual, 7.4).
    lines[#lines + 1] = string.format('\\global\\%s%d=\\the\\%s%d', name, family, name, family)
  end
  tex.runtoks(function() tex.sprint(luatexbase.registernumber 'catcodetable@latex', table.concat(lines, ' ')) end)
  return number
end

local function family_of(char, family)
  local letter = is_letter(char)
  local candidates = { letter and octavo.text_font_with or octavo.maths_font_with, letter and octavo.maths_font_with or octavo.text_font_with }
  for _, find in ipairs(candidates) do
    local key, font_for = find(char)
    if key then return new_family(key, family, font_for) end
  end
end

local missing = {}
local function settle_char(n, family_field, char_field)
  local char, family = getfield(n, char_field), getfield(n, family_field)
  if char == 0 then return end
  local id = node.family_font(family, 0)
  if id == 0 or has(id, char) then return end
  local other = family_of(char, family)
  if other then setfield(n, family_field, other) end
end

local settle
local FIELDS = { 'nucleus', 'sub', 'sup', 'accent', 'bot_accent', 'overlay_accent', 'num', 'denom', 'left', 'right', 'middle', 'degree',
  'delim', 'target' }
local kept = {}
local function fields_of(id)
  if not kept[id] then
    kept[id] = {}
    local there = {}
    for _, name in ipairs(node.fields(id)) do there[name] = true end
    for _, name in ipairs(FIELDS) do if there[name] then table.insert(kept[id], name) end end
  end
  return kept[id]
end

local NOADS = { [node.id 'noad'] = true, [node.id 'accent'] = true, [node.id 'fraction'] = true, [node.id 'radical'] = true, [node.id 'fence'] = true }
local function settle_node(n)
  local id = getid(n)
  if id == MATH_CHAR or id == MATH_TEXT_CHAR then
    settle_char(n, 'fam', 'char')
  elseif id == DELIM then
    settle_char(n, 'small_fam', 'small_char')
    settle_char(n, 'large_fam', 'large_char')
  elseif id == SUB_MLIST then
    settle(getfield(n, 'list') or getfield(n, 'head'))
  elseif id == CHOICE then
    for _, name in ipairs { 'display', 'text', 'script', 'scriptscript' } do settle(getfield(n, name)) end
  elseif NOADS[id] then
    for _, name in ipairs(fields_of(id)) do
      local part = getfield(n, name)
      if part and part ~= 0 then settle_node(part) end
    end
  end
end

function settle(n)
  while n and n ~= 0 do
    settle_node(n)
    n = getnext(n)
  end
end

luatexbase.add_to_callback('pre_mlist_to_hlist_filter', function(head)
  settle(direct.todirect(head))
  return head
end, 'octavo signs')
