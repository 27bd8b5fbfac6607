-- Old-style figures as one direct substitution. In base mode (Renderer=Basic) the font loader applies each feature of
-- the font to the plain figures alone, so "proportional" and "old-style", which many fonts chain, cannot be combined.
local figures = {}
for _, name in ipairs { 'zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine' } do
  figures[name] = name .. '.oldstyle'
end
fonts.handlers.otf.addfeature { name = 'octoldstyle', type = 'substitution', data = figures }
