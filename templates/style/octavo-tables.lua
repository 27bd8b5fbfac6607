-- Finish a table when all its rows are boxes: make room for cells that span rows, and take out what every page repeats.
--
-- TeX's alignments know no cells over several rows. Such a cell is set in its first row with all that is beyond that row
-- hanging down, and says so in two attributes: over how many rows it goes and how deep it is. The last row that it
-- covers grows by what the rows together lack.
--
-- longtable would align the rows of head, body and foot each for themselves. Here they are one alignment, so that their
-- columns agree, and are taken apart afterwards at two penalties that serve as marks.
octavo = octavo or {}
local direct = node.direct
local getid, getnext, getlist, getattr = direct.getid, direct.getnext, direct.getlist, direct.get_attribute
local getfield, setfield = direct.getfield, direct.setfield
local HLIST, VLIST, PENALTY = node.id 'hlist', node.id 'vlist', node.id 'penalty'
local SPAN = luatexbase.registernumber 'oct@span'
local OVERHANG = luatexbase.registernumber 'oct@overhang'
local HEAD_ENDS, FOOT_BEGINS = 20001, 20002

-- Find the spanning cells in one row: how many rows and how deep below the baseline of the row (sp).
local function spans_in(list, found)
  for n in direct.traverse(list) do
    local id = getid(n)
    if id == HLIST or id == VLIST then
      local rows = id == VLIST and getattr(n, SPAN)
      if rows then
        found[#found + 1] = { rows = rows, depth = getattr(n, OVERHANG) }
      elseif getlist(n) then
        spans_in(getlist(n), found)
      end
    end
  end
  return found
end

local function boxes_of(list)
  local boxes = {}
  for n in direct.traverse(list) do
    local id = getid(n)
    if id == HLIST or id == VLIST then boxes[#boxes + 1] = n end
  end
  return boxes
end

local function fit(rows)
  for number, row in ipairs(rows) do
    for _, span in ipairs(getlist(row) and spans_in(getlist(row), {}) or {}) do
      local last = math.min(number + span.rows - 1, #rows)
      local room = getfield(row, 'depth')
      for covered = number + 1, last do
        room = room + getfield(rows[covered], 'height') + getfield(rows[covered], 'depth')
      end
      if span.depth > room then
        setfield(rows[last], 'depth', getfield(rows[last], 'depth') + span.depth - room)
      end
    end
  end
end

-- Cut a list at the first penalty of that value, which goes: return what was before it and what was after, or nothing
-- where there is no such penalty.
local function cut(list, value)
  for n in direct.traverse(list) do
    if getid(n) == PENALTY and getfield(n, 'penalty') == value then
      local after = getnext(n)
      local before = direct.getprev(n)
      if before then direct.setnext(before, nil) end
      if after then direct.setprev(after, nil) end
      direct.setnext(n, nil)
      direct.free(n)
      return true, before and list, after
    end
  end
end

-- The heads of columns stand on one line at their foot.
local STRUT = token.create('@arstrutbox').mode
local function lower(head)
  local strut = tex.box[STRUT].depth
  for _, row in ipairs(boxes_of(head)) do
    local depth = getfield(row, 'depth')
    for _, cell in ipairs(getlist(row) and boxes_of(getlist(row)) or {}) do
      local _, _, own = direct.dimensions(getlist(cell))
      own = math.max(own or 0, strut) -- a cell as wide as it needs to be ends in no strut
      if getlist(cell) and own < depth then setfield(cell, 'shift', depth - own) end
    end
  end
end

local function store(register, list)
  if list then tex.setbox('global', register, direct.tonode(direct.vpack(list))) end
end

-- Finish the table in a box register. With two more registers, its head and foot go into these.
function octavo.finish_table(register, head_register, foot_register)
  local box = direct.getbox(register)
  while box and getid(box) ~= VLIST do box = getlist(box) and boxes_of(getlist(box))[1] end
  if not box or not getlist(box) then return end
  fit(boxes_of(getlist(box)))
  if not head_register then return end
  local body = getlist(box)
  local found, before, after = cut(body, HEAD_ENDS)
  if found then
    if before then lower(before) end
    store(head_register, before)
    body = after
  end
  if body then found, before, after = cut(body, FOOT_BEGINS) end
  if found and body then
    body = before
    store(foot_register, after)
  end
  direct.setlist(box, body or nil)
end

-- Print how many footnotes stand in some box registers: what has one cannot float.
function octavo.count_notes(...)
  local count = 0
  for _, register in ipairs { ... } do
    local box = tex.box[register]
    for _ in node.traverse_id(node.id 'ins', box and box.head) do count = count + 1 end
  end
  tex.write(count)
end
