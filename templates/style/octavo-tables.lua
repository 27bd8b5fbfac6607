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
local GLUE, KERN, RULE = node.id 'glue', node.id 'kern', node.id 'rule'
local HEAD_ENDS, FOOT_BEGINS = 20001, 20002
local SLACK = 65536 -- by so much lines that stand side by side may differ (sp)
-- Above this TeX cannot say how high a box is (16,383 pt), and a long table needs no more than that it is long.
local LONG = 8000 * 65536

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

-- Where each box of a cell stands, counted from the head of the row (sp); a cell as wide as it needs to be has none.
local function places_in(cell, row)
  local places = { bottom = 0 }
  for _, box in ipairs(getlist(cell) and boxes_of(getlist(cell)) or {}) do
    if getid(box) == VLIST then places.lines = box break end
  end
  if not places.lines then return places end
  local y = getfield(row, 'height') + getfield(places.lines, 'shift') - getfield(places.lines, 'height')
  local before
  for n in direct.traverse(getlist(places.lines)) do
    local id = getid(n)
    if id == HLIST or id == VLIST or id == RULE then
      local bottom = y + getfield(n, 'height') + getfield(n, 'depth')
      places[#places + 1] = { node = n, before = before, top = y, bottom = bottom }
      y = bottom
    elseif id == GLUE then
      y = y + getfield(n, 'width')
    elseif id == KERN then
      y = y + getfield(n, 'kern')
    end
    before = n
  end
  places.bottom = y
  return places
end

-- The depths at which a row may be cut: below a line of its longest cell, where no picture stands in another. Two lines
-- at least stay together at either end.
local function cuts_in(cells)
  local longest = cells[1]
  for _, places in ipairs(cells) do
    if places.bottom > longest.bottom then longest = places end
  end
  local high, cuts = 2 * tex.baselineskip.width, {}
  for number = 2, #longest - 2 do
    local depth, free = longest[number].bottom, true
    for _, places in ipairs(cells) do
      for _, place in ipairs(places) do
        local crosses = place.top + SLACK < depth and place.bottom - SLACK > depth
        if crosses and place.bottom - place.top > high then free = false end
      end
    end
    if free and depth > (cuts[#cuts] or 0) then cuts[#cuts + 1] = depth end
  end
  return cuts
end

-- A row and as many copies without its lines as it has cuts; the lines stay in the row.
local function empty_copies(row, cells, count)
  local held, pieces = {}, { row }
  for number, places in ipairs(cells) do
    held[number] = places.lines and getlist(places.lines)
    if places.lines then direct.setlist(places.lines, nil) end
  end
  for number = 1, count do pieces[number + 1] = direct.copy(row) end
  for number, places in ipairs(cells) do
    if places.lines then direct.setlist(places.lines, held[number]) end
  end
  return pieces
end

-- Give the lines of a cell to the pieces of its row; a line that a cut would cross goes below it, and all others with it.
-- Return where the cell now ends.
local function share_out(places, column, pieces, cuts)
  local lag, piece = 0, 1
  for _, place in ipairs(places) do
    local first = piece
    while piece <= #cuts and place.bottom + lag - SLACK > cuts[piece] do
      lag = math.max(lag, cuts[piece] - place.top)
      piece = piece + 1
    end
    if piece > first then
      local lead = direct.new(KERN, 1)
      setfield(lead, 'kern', place.top + lag - cuts[piece - 1])
      if place.before then direct.setnext(place.before, nil) else direct.setlist(places.lines, nil) end
      direct.setlink(lead, place.node)
      local box = places_in(boxes_of(getlist(pieces[piece]))[column], pieces[piece]).lines
      direct.setlist(box, lead)
    end
  end
  return places.bottom + lag
end

-- Cut a row into pieces between which a page may end. All of them belong to the same cells, as the lines of a paragraph
-- on two pages belong to one paragraph: the structure is made of the attributes of what is printed.
local function part_row(list, row)
  local cells = {}
  for number, cell in ipairs(boxes_of(getlist(row))) do cells[number] = places_in(cell, row) end
  local cuts = #cells > 0 and cuts_in(cells) or {}
  if #cuts == 0 then return list end
  local pieces = empty_copies(row, cells, #cuts)
  local ends = getfield(row, 'height') + getfield(row, 'depth')
  for column, places in ipairs(cells) do ends = math.max(ends, share_out(places, column, pieces, cuts)) end
  cuts[#pieces] = ends
  setfield(row, 'depth', cuts[1] - getfield(row, 'height'))
  for number = 2, #pieces do
    local piece, height = pieces[number], cuts[number] - cuts[number - 1]
    setfield(piece, 'height', height)
    setfield(piece, 'depth', 0)
    for _, cell in ipairs(boxes_of(getlist(piece))) do
      local box = places_in(cell, piece).lines
      if box then
        setfield(box, 'height', height)
        setfield(box, 'depth', 0)
        setfield(box, 'shift', 0)
      else -- what is printed in the first piece is not printed again
        direct.flush_list(getlist(cell))
        direct.setlist(cell, nil)
      end
    end
    local penalty = direct.new(PENALTY)
    list = direct.insert_after(list, pieces[number - 1], penalty)
    list = direct.insert_after(list, penalty, piece)
  end
  return list
end

-- Cut the rows that are higher than half a page; a row with cells that span rows stays whole.
local function part_rows(list)
  for _, row in ipairs(boxes_of(list)) do
    local is_high = getfield(row, 'height') + getfield(row, 'depth') > tex.dimen.textheight // 2
    if is_high and getid(row) == HLIST and getlist(row) and #spans_in(getlist(row), {}) == 0 then
      list = part_row(list, row)
    end
  end
  return list
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
  body = body and part_rows(body) or nil
  direct.setlist(box, body)
  local height = 0
  for _, row in ipairs(body and boxes_of(body) or {}) do height = height + getfield(row, 'height') + getfield(row, 'depth') end
  if height > LONG then
    setfield(box, 'height', LONG)
    setfield(box, 'depth', 0)
  end
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
