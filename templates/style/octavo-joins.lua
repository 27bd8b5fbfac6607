-- Keep the text whole where the font changes at a possible hyphen.
--
-- LuaTeX (seen in 1.15 of TeX Live 2022, and again on every run) loses the rest of a paragraph when it kerns a
-- discretionary that has a glyph of one font before it and of another behind it, as in "non-*word*" or inside
-- "hyphen*ation*". A kern of nothing behind the discretionary keeps the two from being looked at together.
local direct = node.direct
local getid, getnext, getprev, getfont = direct.getid, direct.getnext, direct.getprev, direct.getfont
local GLYPH, DISC, KERN = node.id 'glyph', node.id 'disc', node.id 'kern'
local EXPLICIT = 1 -- kern subtype, LuaTeX manual, 8.2.10

local function part_fonts(head)
  local list = direct.todirect(head)
  for disc in direct.traverse_id(DISC, list) do
    local before, after = getprev(disc), getnext(disc)
    if after and getid(after) == GLYPH and before and (getid(before) ~= GLYPH or getfont(before) ~= getfont(after)) then
      direct.insert_after(list, disc, direct.new(KERN, EXPLICIT))
    end
  end
end

luatexbase.add_to_callback('kerning', function(head, tail)
  part_fonts(head)
  node.kerning(head, tail)
end, 'octavo joins')
