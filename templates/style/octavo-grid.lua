-- Finish a page: bring its lines back to the grid, and fill it to its last line.
--
-- Lists, formulas, tables and figures are as high as they need to be. Under each, the space is made larger or smaller
-- until the next line of text stands on the grid again. Where the rules against single lines leave a page one or more
-- lines short, paragraphs of that page are set again with one line more (the idea of lua-widow-control, Chernoff,
-- TUGboat 43:1, 2022, put to another use: the page break stays where it is), and then space goes to headings and around
-- what is set off. A page that ends a chapter stays short.
octavo = octavo or {}
local direct = node.direct
local getid, getnext, getprev, getsubtype = direct.getid, direct.getnext, direct.getprev, direct.getsubtype
local getfield, setfield, getattr = direct.getfield, direct.setfield, direct.get_attribute
local HLIST, VLIST, RULE = node.id 'hlist', node.id 'vlist', node.id 'rule'
local GLUE, KERN, INS = node.id 'glue', node.id 'kern', node.id 'ins'
local LINE_OF_TEXT, TOP_SKIP, BASELINE_SKIP, LINE_SKIP, PAR_FILL_SKIP = 1, 10, 2, 1, 15 -- subtypes, LuaTeX manual, 8.2.2 and 8.2.8
local GRID = luatexbase.registernumber 'oct@grid'
local PARAGRAPH = luatexbase.new_attribute 'oct@paragraph'
local FOOTNOTES = token.create('footins').mode
local ON_GRID, HEADING = 1, 2
local SMALLEST_STEP = 3277    -- .05 pt: what is nearer to the grid than that is on it
local SHORTEST_STRETCHED = 4  -- lines of a paragraph that may be given one more
local MOST_SHORT = 5          -- lines that a page may lack and still be filled
local MOST_SHORT_SPREAD = 2   -- lines that both pages of a spread may end above the last
local LOOSEST_LINE = 1.5      -- how far the glue of a line may stretch for that; \tolerance lets any line go to 1.8

local paragraphs = {} -- of the page at hand: copy of the unbroken list, number of lines
local last = 0

local function has_note(head)
  for _ in node.traverse_id(INS, head) do return true end
end

-- Keep an unbroken copy of each plain paragraph of the text, and the number of lines it gets.
local pending
luatexbase.add_to_callback('pre_linebreak_filter', function(head, group)
  pending = nil
  if group == '' and tex.attribute[GRID] == ON_GRID and tex.hangindent == 0 and tex.leftskip.width == 0
    and tex.rightskip.width == 0 and tex.hsize == tex.dimen.textwidth and tex.parshape == nil
    and not has_note(head) then
    pending = node.copy_list(head)
  end
  return true
end, 'octavo grid')

luatexbase.add_to_callback('post_linebreak_filter', function(head, group)
  if not pending then return true end
  last = last + 1
  local lines = 0
  for line in node.traverse_id(node.id 'hlist', head) do
    lines = lines + 1
    node.set_attribute(line, PARAGRAPH, last)
  end
  if lines < SHORTEST_STRETCHED then
    node.flush_list(pending)
  else
    paragraphs[last] = { list = pending, lines = lines }
  end
  pending = nil
  return true
end, 'octavo grid')

local function last_line(list)
  local found
  for line in node.traverse_id(node.id 'hlist', list) do found = line end
  return found
end

-- The glue that fills the last line of a paragraph, and the width of what stands before it.
local function filling(line)
  local glue = node.tail(line.head)
  while glue and glue.subtype ~= PAR_FILL_SKIP do glue = glue.prev end
  return glue, glue and node.dimensions(line.glue_set, line.glue_sign, line.glue_order, line.head, glue) or 0
end

-- Break a kept paragraph again, into so many lines more, its last line not shorter than `shortest`; return its lines and
-- how loose they are, or nothing when that makes holes.
local function again(paragraph, more, shortest)
  local copy = node.copy_list(paragraph.list)
  if shortest then
    local fill = node.tail(copy)
    fill.stretch, fill.stretch_order = tex.dimen.textwidth - shortest, 0
  end
  local list, facts = tex.linebreak(copy, {
    looseness = more, hsize = tex.dimen.textwidth, baselineskip = { width = tex.dimen.octgrid },
    lineskip = { width = 0 }, lineskiplimit = -tex.dimen.octgrid, tolerance = 2000, emergencystretch = tex.sp '12pt',
    pdfadjustspacing = 2, pdfprotrudechars = 2, linepenalty = 10, hyphenpenalty = 60, exhyphenpenalty = 60,
    doublehyphendemerits = 40000, finalhyphendemerits = 50000, adjdemerits = 10000,
  })
  local worst, ending = 0, last_line(list)
  for line in node.traverse_id(node.id 'hlist', list) do
    if line ~= ending and line.glue_sign == 1 and line.glue_order == 0 then worst = math.max(worst, line.glue_set) end
  end
  if facts.prevgraf == paragraph.lines + more and worst <= LOOSEST_LINE then
    local fill = filling(ending)
    if shortest and fill then -- the words of the last line keep their natural spaces
      fill.stretch, fill.stretch_order = 65536, 2
      local packed = node.hpack(ending.head, ending.width, 'exactly')
      ending.glue_set, ending.glue_sign, ending.glue_order = packed.glue_set, packed.glue_sign, packed.glue_order
      packed.head = nil
      node.free(packed)
    end
    return list, worst
  end
  node.flush_list(list)
end

-- The paragraphs that stand on this page as a whole: first and last line of each.
local function whole_paragraphs(head)
  local found, order = {}, {}
  for n in direct.traverse(head) do
    local id = getid(n) == HLIST and getattr(n, PARAGRAPH)
    if id and paragraphs[id] then
      local here = found[id]
      if not here then
        here = { id = id, first = n, count = 0 }
        found[id] = here
        order[#order + 1] = here
      end
      here.last, here.count = n, here.count + 1
    end
  end
  return order
end

-- Interline glue depends on the height and depth of the lines beside it.
local function fit(glue, difference)
  if glue and getid(glue) == GLUE then setfield(glue, 'width', getfield(glue, 'width') + difference) end
end

local function next_glue(n)
  while n and getid(n) ~= GLUE and getid(n) ~= HLIST and getid(n) ~= VLIST do n = getnext(n) end
  return n
end

-- Put a longer version of a paragraph in the place of its lines.
local function exchange(head, here, list)
  list = direct.todirect(list)
  while getid(list) ~= HLIST do -- the space above the first line is on the page already
    local rest = getnext(list)
    direct.setprev(rest, nil)
    direct.free(list)
    list = rest
  end
  for n in direct.traverse(list) do
    if getid(n) == HLIST then
      direct.set_attribute(n, GRID, ON_GRID)
      direct.set_attribute(n, PARAGRAPH, here.id)
    end
  end
  local tail = direct.tail(list)
  local before, after = getprev(here.first), getnext(here.last)
  fit(before, getfield(here.first, 'height') - getfield(list, 'height'))
  fit(next_glue(after), getfield(here.last, 'depth') - getfield(tail, 'depth'))
  if before then direct.setlink(before, list) else head = list end
  direct.setnext(here.last, nil)
  direct.setprev(here.first, nil)
  if after then direct.setlink(tail, after) end
  direct.flush_list(here.first)
  return head
end

-- Give up to `lack` paragraphs one line more, the least loose ones first; return how many.
local function lengthen(head, lack)
  local choices = {}
  for _, here in ipairs(whole_paragraphs(head)) do
    if here.count == paragraphs[here.id].lines then
      local list, worst = again(paragraphs[here.id], 1)
      if list then choices[#choices + 1] = { here = here, list = list, worst = worst } end
    end
  end
  table.sort(choices, function(a, b) return a.worst < b.worst end)
  for number, choice in ipairs(choices) do
    if number <= lack then
      head = exchange(head, choice.here, choice.list)
    else
      node.flush_list(choice.list)
    end
  end
  return head, math.min(lack, #choices)
end

-- Set paragraphs again whose last line is hardly one: a syllable, or a word shorter than the indent and a half.
local function avoid_runts(head)
  local shortest = 2 * tex.parindent
  for _, here in ipairs(whole_paragraphs(head)) do
    local paragraph = paragraphs[here.id]
    if here.count == paragraph.lines then
      local _, width = filling(direct.tonode(here.last))
      if width < shortest then
        local list = again(paragraph, 0, shortest)
        if list then head = exchange(head, here, list) end
      end
    end
  end
  return head
end

-- Space that may grow: above headings and around what is set off, never under a heading.
local function may_grow(n)
  local kind = getsubtype(n)
  return kind ~= BASELINE_SKIP and kind ~= LINE_SKIP and kind ~= TOP_SKIP and getattr(n, GRID) ~= HEADING
    and getfield(n, 'width') > 0
end

local function share(glues, amount)
  for number, glue in ipairs(glues) do
    local part = amount // (#glues - number + 1)
    setfield(glue, 'width', getfield(glue, 'width') + part)
    amount = amount - part
  end
end

local function total(glues)
  local width = 0
  for _, glue in ipairs(glues) do width = width + getfield(glue, 'width') end
  return width
end

-- Bring every line of text back to the grid. Return the height down to the last baseline, the spaces that stand
-- before lines of text or headings, and those after the last of these.
local function snap(head, step)
  local y, baseline = 0, 0
  local open, places, under, headed, begun = {}, {}, nil, false, false
  for n in direct.traverse(head) do
    local id = getid(n)
    if id == GLUE then
      y = y + getfield(n, 'width')
      if may_grow(n) then
        open[#open + 1] = n
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
          if off < .3 * step and total(open) - off > .3 * step * #open then move = -off end
          -- A heading at the head of a page stays there; what changes is the space below it.
          if #open == 0 and under then
            open = { under }
            if off < .4 * step then move = -off end
          end
          if #open > 0 then
            share(open, move)
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
      end
      y = y + getfield(n, 'depth')
    end
  end
  return baseline, places, open
end

-- Forget the paragraphs of this page; what TeX has read beyond it belongs to the next.
local function forget(head)
  local newest = 0
  for n in direct.traverse(head) do
    newest = math.max(newest, getid(n) == HLIST and getattr(n, PARAGRAPH) or 0)
  end
  for id, paragraph in pairs(paragraphs) do
    if id <= newest then
      node.flush_list(paragraph.list)
      paragraphs[id] = nil
    end
  end
end

-- Bring the page in box 255 to its full height.
function octavo.finish_page()
  local box = tex.box[255]
  if not box or not box.head then return end
  local step, head = tex.dimen.octgrid, direct.todirect(box.head)
  head = avoid_runts(head)
  local baseline, places, open = snap(head, step)
  local room = tex.dimen['@colroom']
  local notes = tex.box[FOOTNOTES]
  if notes then room = room - notes.height - notes.depth - tex.skip[FOOTNOTES].width end
  local lack = room - baseline
  local short = 0
  -- The grid has cost a line too many: the widest space gives it back.
  while lack < -SMALLEST_STEP and #places > 0 do
    table.sort(places, function(a, b) return total(a.glues) > total(b.glues) end)
    if total(places[1].glues) < 1.3 * step then break end
    share(places[1].glues, -step)
    lack = lack + step
  end
  if tex.outputpenalty > -10000 and lack >= -SMALLEST_STEP and lack < (MOST_SHORT + 1) * step then
    local lines = (lack + SMALLEST_STEP) // step
    if lines > 0 then
      local gained
      head, gained = lengthen(head, lines)
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
  forget(head)
end
