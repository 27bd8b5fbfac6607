-- Old-style and lining figures as direct substitutions. In base mode (Renderer=Basic) the font loader applies
-- each feature of the font to the plain figures alone, so "proportional" and "old-style", which many fonts chain,
-- cannot be combined. The glyphs have no standard names: `.oldstyle` is that of TeX Gyre and Libertine, `.onum` that of
-- STIX. In EB Garamond the plain figures are the old-style ones, and `.tablining` are those for tables.
local NAMES = { 'zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine' }

-- A feature whose glyphs a font does not have does nothing.
for _, suffix in ipairs { 'oldstyle', 'onum', 'tablining' } do
  local figures = {}
  for _, name in ipairs(NAMES) do figures[name] = name .. '.' .. suffix end
  fonts.handlers.otf.addfeature { name = 'oct' .. suffix, type = 'substitution', data = figures }
end

-- LuaTeX (1.15, add_kern_before) loses a kern in front of the hyphen that it puts into a word, and leaves node 0 pointing
-- at it. Where a later list seems to end in node 0, the engine then walks on through nodes that are free again: it runs
-- in a circle, or stops ("node test failed"). Without such kerns the same lines result, and node 0 stays empty.
local function drop_kerns_before_hyphens(face)
  for _, character in pairs(face.characters or {}) do
    local kerns = character.kerns
    if kerns then kerns[0x2D], kerns[0x2010] = nil, nil end
  end
end

-- Linux Biolinum makes an ellipsis of three full stops in two steps; in base mode the first step alone shows, and two
-- stops become three.
luatexbase.add_to_callback('luaotfload.patch_font', function(face)
  local stop = face.characters and face.characters[0x2E]
  if stop and stop.ligatures then stop.ligatures[0x2E] = nil end
  drop_kerns_before_hyphens(face)
end, 'octavo faces')
