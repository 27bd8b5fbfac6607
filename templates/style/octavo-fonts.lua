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

-- Linux Biolinum makes an ellipsis of three full stops in two steps; in base mode the first step alone shows, and two
-- stops become three.
luatexbase.add_to_callback('luaotfload.patch_font', function(face)
  local stop = face.characters and face.characters[0x2E]
  if stop and stop.ligatures then stop.ligatures[0x2E] = nil end
end, 'octavo faces')
