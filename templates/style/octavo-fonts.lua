-- Old-style figures as one direct substitution. In base mode (Renderer=Basic) the font loader applies each feature of
-- the font to the plain figures alone, so "proportional" and "old-style", which many fonts chain, cannot be combined.
local figures = {}
for _, name in ipairs { 'zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine' } do
  figures[name] = name .. '.oldstyle'
end
fonts.handlers.otf.addfeature { name = 'octoldstyle', type = 'substitution', data = figures }
-- Linux Biolinum makes an ellipsis of three full stops in two steps; in base mode the first step alone shows, and two
-- stops become three.
luatexbase.add_to_callback('luaotfload.patch_font', function(face)
  local stop = face.characters and face.characters[0x2E]
  if stop and stop.ligatures then stop.ligatures[0x2E] = nil end
end, 'octavo faces')
