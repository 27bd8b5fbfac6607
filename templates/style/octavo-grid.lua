-- Finish a page: bring its lines back to the grid, and fill it to its last line.
--
-- Lists, formulas, tables and figures are as high as they need to be. Under each, the space is made larger or smaller
-- until the next line of text stands on the grid again. Where the rules against single lines leave a page one or more
-- lines short, paragraphs of that page are given a line more (octavo-paragraphs.lua), and then space goes to headings
-- and around what is set off. A page that ends a chapter stays short.
octavo = octavo or {}
local direct = node.direct
local getid, getsubtype = direct.getid, direct.getsubtype
local getfield, setfield, getattr = direct.getfield, direct.setfield, direct.get_attribute
local HLIST, VLIST, RULE, GLUE, KERN = node.id 'hlist', node.id 'vlist', node.id 'rule', node.id 'glue', node.id 'kern'
local LINE_OF_TEXT, TOP_SKIP, BASELINE_SKIP, LINE_SKIP = 1, 10, 2, 1 -- subtypes, LuaTeX manual, 8.2.2 and 8.2.8
local GRID = luatexbase.registernumber 'oct@grid'
local FOOTNOTES = token.create('footins').mode
local ON_GRID, HEADING = 1, 2
local SMALLEST_STEP = 3277    -- .05 pt: what is nearer to the grid than that is on it
local SMALLEST_SPACE = .3     -- of a line, where space is taken away
local MOST_SHORT = 5          -- lines that a page may lack and still be filled
local MOST_SHORT_SPREAD = 1   -- lines that both pages of a spread may end above the last

-- Space that may grow: above headings and around what is set off, never under a heading.
local function may_grow(n)
  local kind = getsubtype(n)
  return kind ~= BASELINE_SKIP and kind ~= LINE_SKIP and kind ~= TOP_SKIP and getattr(n, GRID) ~= HEADING
    and getfield(n, 'width') > 0
end

local function total(glues)
  local width = 0
  for _, glue in ipairs(glues) do width = width + getfield(glue, 'width') end
  return width
end

-- Make spaces larger or smaller, each as much as it is wide.
local function share(glues, amount)
  local left = total(glues)
  for _, glue in ipairs(glues) do
    local width = getfield(glue, 'width')
    local part = left > 0 and amount * width // left or amount
    setfield(glue, 'width', width + part)
    amount, left = amount - part, left - width
  end
end

-- LaTeX takes a space back before it puts another in its place (\addvspace, \addpenalty): that one is none.
local function take_back(open, amount)
  while #open > 0 and getfield(open[#open], 'width') <= amount + SMALLEST_STEP do
    amount = amount - getfield(open[#open], 'width')
    open[#open] = nil
  end
end

-- Bring every line of text back to the grid. Return the height down to the last baseline, the spaces that stand
-- before lines of text or headings, those after the last of these, and what was added where.
local function snap(head, step)
  local y, baseline = 0, 0
  local open, places, added, under, headed, begun = {}, {}, {}, nil, false, false
  for n in direct.traverse(head) do
    local id = getid(n)
    if id == GLUE then
      y = y + getfield(n, 'width')
      if may_grow(n) then
        open[#open + 1] = n
      elseif getfield(n, 'width') < 0 then
        take_back(open, -getfield(n, 'width'))
      elseif getattr(n, GRID) == HEADING and getfield(n, 'width') > 0 then
        under = n
      end
    elseif id == KERN then
      y = y + getfield(n, 'kern')
    elseif id == HLIST or id == VLIST or id == RULE then
      y = y + getfield(n, 'height')
      local kind = id == HLIST and getsubtype(n) == LINE_OF_TEXT and getattr(n, GRID)
      if kind == ON_GRID then
        local off = y % step
        if off > SMALLEST_STEP and step - off > SMALLEST_STEP then
          local move = step - off
          if off < .5 * step and total(open) - off >= (off < .3 * step and .3 * #open or .9) * step then move = -off end
          -- A heading at the head of a page stays there; what changes is the space below it.
          if #open == 0 and under then
            open = { under }
            if off < .15 * step then move = -off end
          end
          if #open > 0 then
            share(open, move)
            if move > 0 then added[#added + 1] = { glues = open, amount = move } end
            y = y + move
          end
        end
      end
      if kind == HEADING and not headed then
        headed = true
        if begun then places[#places + 1] = { glues = open, heading = true } else open = {} end
      elseif kind == ON_GRID then
        if #open > 0 and not headed and begun then places[#places + 1] = { glues = open } end
        open, under, headed = {}, nil, false
      end
      if getfield(n, 'height') + getfield(n, 'depth') > 0 then
        baseline = y
        begun = true
      elseif id == HLIST and getsubtype(n) == LINE_OF_TEXT then
        baseline = y -- an empty line of code takes its room
      end
      y = y + getfield(n, 'depth')
    end
  end
  return baseline, places, open, added
end

-- Ask that the heading at the foot of the next page go to a box register, and stand before what follows.
local carried
function octavo.carry_heading(register) carried = register end

local function carry(box)
  local register = carried
  carried = nil
  local from
  local n = node.tail(box.head)
  while n and (n.id ~= HLIST and n.id ~= VLIST or node.get_attribute(n, GRID) == HEADING) do
    if n.id == HLIST then from = n end
    n = n.prev
  end
  if not n or not from then return end
  from.prev.next, from.prev = nil, nil
  tex.setbox('global', register, (node.vpack(from)))
end

-- Space below the last thing on a page is none: the page may have been broken at a penalty after it.
local function end_page(head)
  local n = direct.tail(head)
  while n and getid(n) ~= HLIST and getid(n) ~= VLIST and getid(n) ~= RULE do
    if getid(n) == GLUE and getfield(n, 'stretch') == 0 then setfield(n, 'width', 0) end
    n = direct.getprev(n)
  end
end

-- Bring the page in box 255 to its full height.
function octavo.finish_page()
  local box = tex.box[255]
  if not box or not box.head then return end
  if carried then carry(box) end
  local step, head = tex.dimen.octgrid, direct.todirect(box.head)
  head = octavo.avoid_runts(head)
  end_page(head)
  local baseline, places, open, added = snap(head, step)
  local room = tex.dimen['@colroom']
  local notes = tex.box[FOOTNOTES]
  if notes then room = room - notes.height - notes.depth - tex.skip[FOOTNOTES].width end
  local lack = room - baseline
  local short = 0
  -- The grid has cost a line too many: the place that can spare most gives it back.
  local function spare(place)
    local width = 0
    for _, glue in ipairs(place.glues) do width = width + math.max(getfield(glue, 'width') - SMALLEST_SPACE * step, 0) end
    return width
  end
  while lack < -SMALLEST_STEP and #places > 0 do
    table.sort(places, function(a, b) return spare(a) > spare(b) end)
    if spare(places[1]) < step then break end
    share(places[1].glues, -step)
    lack = lack + step
  end
  -- Where none can, the page leaves the grid rather than its foot: what was added goes, from the last to the first.
  for number = #added, 1, -1 do
    if lack < -SMALLEST_STEP then
      local part = math.min(added[number].amount, -lack)
      share(added[number].glues, -part)
      lack = lack + part
    end
  end
  if tex.outputpenalty > -10000 and lack >= -SMALLEST_STEP and lack < (MOST_SHORT + 1) * step then
    local lines = (lack + SMALLEST_STEP) // step
    if lines > 0 then
      local gained
      head, gained = octavo.lengthen(head, lines)
      lines = lines - gained
    end
    -- What is still missing goes above headings, then around what is set off, a line at each place.
    table.sort(places, function(a, b) return total(a.glues) > total(b.glues) end)
    for _, wanted in ipairs { true, false } do
      for _, place in ipairs(places) do
        if lines > 0 and #place.glues > 0 and (place.heading or false) == wanted then
          share(place.glues, step)
          lines = lines - 1
        end
      end
    end
    short = lines
    -- A page that ends within a list or a quotation ends between two lines of the grid.
    local rest = lack % step
    if not notes and rest > SMALLEST_STEP and step - rest > SMALLEST_STEP and #open > 0 then share(open, rest) end
  end
  -- What a left page lacks for good, the right one beside it leaves out too.
  local is_left = tex.count[0] % 2 == 0
  tex.setdimen('global', 'octshort', is_left and short <= MOST_SHORT_SPREAD and short * step or 0)
  box.head = direct.tonode(head)
  octavo.check_edges(box.head)
  octavo.forget_paragraphs(head)
end
