-- Cut the index into two columns a page. Where the lines below a heading go on in the next column, the heading is
-- printed again with "continued"; on the last page the columns are equal.
octavo = octavo or {}
local direct = node.direct
local getid, getnext, getattr, getfield, setfield = direct.getid, direct.getnext, direct.get_attribute, direct.getfield, direct.setfield
local HLIST = node.id 'hlist'
local ENTRY = luatexbase.registernumber 'oct@entry'
local SPACE, MAIN, CONTINUED = -1, 0, 100000

local lines = {}     -- of the index, in order: box, and the number of the entry that it stands below
local headings = {}  -- the line that says "continued", by the number of its entry
local position = 1

-- Take the lines out of the galley in a box register.
function octavo.cut_columns(register)
  lines, headings, position = {}, {}, 1
  local galley = direct.getbox(register)
  local n = direct.getlist(galley)
  while n do
    local following = getnext(n)
    if getid(n) == HLIST then
      direct.setnext(n, nil)
      direct.setprev(n, nil)
      local entry = getattr(n, ENTRY)
      if entry > CONTINUED then
        headings[entry - CONTINUED] = headings[entry - CONTINUED] or n
      else
        lines[#lines + 1] = { box = n, entry = entry }
      end
    end
    n = following
  end
  direct.setlist(galley, nil)
  tex.box[register] = nil
end

-- Put up to `most` lines into a column, from a position on; return them and the next position.
local function column(from, most)
  while lines[from] and lines[from].entry == SPACE do from = from + 1 end
  local taken = {}
  local first = lines[from]
  if first and first.entry > MAIN and headings[first.entry] then
    taken[1] = direct.copy(headings[first.entry])
  end
  while lines[from] and #taken < most do
    taken[#taken + 1] = lines[from].box
    from = from + 1
  end
  -- A heading does not stand at the foot of a column without a line below it.
  local next_line, last = lines[from], lines[from - 1]
  if next_line and next_line.entry > MAIN and last.entry == MAIN and #taken > 1 then
    taken[#taken] = nil
    from = from - 1
  end
  return taken, from
end

-- Stack lines at one distance from baseline to baseline, the first at the top skip of a page.
local function stack(boxes, leading)
  local head, last
  local depth = 0
  for number, box in ipairs(boxes) do
    local glue = direct.new 'glue'
    local distance = number == 1 and tex.topskip.width or leading
    setfield(glue, 'width', distance - depth - getfield(box, 'height'))
    depth = getfield(box, 'depth')
    if last then direct.setlink(last, glue) else head = glue end
    direct.setlink(glue, box)
    last = box
  end
  return head and direct.tonode(direct.vpack(head))
end

-- Make the two columns of the next page in a box register, or leave it empty after the last; \octcolumnsleft tells how
-- many lines are left.
function octavo.next_page(register)
  tex.box[register] = nil
  if position > #lines then return end
  local leading = tex.baselineskip.width
  local room = tex.pagetotal > 0 and tex.pagegoal - tex.pagetotal or tex.dimen.textheight
  local most = (room - tex.topskip.width) // leading + 1
  local left, after_left = column(position, most)
  local right, after_right = column(after_left, most)
  if after_right > #lines then -- the last page: as few lines as hold the rest
    local few = most
    while few > 1 do
      local _, halfway = column(position, few - 1)
      local _, done = column(halfway, few - 1)
      if done <= #lines then break end
      few = few - 1
    end
    left, after_left = column(position, few)
    right, after_right = column(after_left, few)
  end
  position = after_right
  local one, two = stack(left, leading), stack(right, leading)
  local gap = node.new 'glue'
  gap.width = tex.dimen.textwidth - one.width - (two and two.width or 0)
  one.next, gap.prev = gap, one
  if two then gap.next, two.prev = two, gap end
  for _, side in ipairs { one, two } do side.shift = side.height - tex.topskip.width end
  tex.box[register] = node.hpack(one)
  token.set_macro('octcolumnsleft', tostring(#lines - position + 1), 'global')
end
