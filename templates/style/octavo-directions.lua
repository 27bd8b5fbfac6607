-- In a list that runs from right to left, let numbers and words of Latin run the other way where nothing has turned them.
--
-- The text of a manuscript comes with its directions. What TeX or a template adds, the number of a heading or a note, a
-- folio, does not; it is found here, before the engine makes lines.
octavo = octavo or {}
local direct = node.direct
local getid, getnext, getchar, getfield, setfield = direct.getid, direct.getnext, direct.getchar, direct.getfield, direct.setfield
local GLYPH, DIR, PARAGRAPH = node.id 'glyph', node.id 'dir', node.id 'local_par'
local GLUE, KERN, PENALTY, DISC = node.id 'glue', node.id 'kern', node.id 'penalty', node.id 'disc'

local function is_leftward(char)
  return char >= 0x30 and char <= 0x39 or char >= 0x41 and char <= 0x5A or char >= 0x61 and char <= 0x7A or char >= 0xC0 and char <= 0x24F
end
-- What belongs to such a run where it goes on behind it.
local function is_inner(n)
  local id = getid(n)
  if id == GLYPH then
    local char = getchar(n)
    return char < 0x590 or char >= 0x2010 and char <= 0x2027
  end
  return id == GLUE and getfield(n, 'subtype') == 13 or id == KERN or id == PENALTY or id == DISC
end

local function turn(dir, source)
  local n = direct.new(DIR)
  setfield(n, 'dir', dir)
  direct.setattributelist(n, direct.getattributelist(source))
  return n
end

local function settle(head, rightward)
  local stack, n = {}, head
  while n do
    local id, following = getid(n), getnext(n)
    if id == PARAGRAPH then
      rightward = getfield(n, 'dir') == 'TRT'
    elseif id == DIR then
      local dir = getfield(n, 'dir')
      if dir:sub(1, 1) == '-' then
        rightward = table.remove(stack)
      else
        stack[#stack + 1] = rightward
        rightward = dir:match 'TRT' ~= nil
      end
    elseif rightward and id == GLYPH and is_leftward(getchar(n)) then
      local last, item = n, following
      while item and is_inner(item) do
        if getid(item) == GLYPH and is_leftward(getchar(item)) then last = item end
        item = getnext(item)
      end
      head = direct.insert_before(head, n, turn('+TLT', n))
      head, n = direct.insert_after(head, last, turn('-TLT', n))
      following = getnext(n)
    end
    n = following
  end
  return head
end

local started = false
function octavo.use_directions()
  if started then return end
  started = true
  luatexbase.add_to_callback('pre_linebreak_filter', function(head)
    return direct.tonode(settle(direct.todirect(head), tex.pardirection == 1))
  end, 'octavo directions', 1)
  luatexbase.add_to_callback('hpack_filter', function(head, _, _, _, dir)
    return direct.tonode(settle(direct.todirect(head), (dir or '') == 'TRT'))
  end, 'octavo directions', 1)
end
