-- Set paragraphs of a finished page again: with one line more, or without a syllable alone in the last line.
--
-- The page break stays where it is. The idea of keeping a copy of every unbroken paragraph comes from lua-widow-control
-- (Chernoff, TUGboat 43:1, 2022), which puts it to another use: it moves the break.
octavo = octavo or {}
local direct = node.direct
local getid, getnext, getprev = direct.getid, direct.getnext, direct.getprev
local getfield, setfield, getattr = direct.getfield, direct.setfield, direct.get_attribute
local HLIST, VLIST, GLUE, INS = node.id 'hlist', node.id 'vlist', node.id 'glue', node.id 'ins'
local PAR_FILL_SKIP = 15 -- glue subtype, LuaTeX manual, 8.2.8
local GRID = luatexbase.registernumber 'oct@grid'
local PARAGRAPH = luatexbase.new_attribute 'oct@paragraph'
local ON_GRID = 1
local SHORTEST_STRETCHED = 4  -- lines of a paragraph that may be given one more
local LOOSEST_LINE = 1.5      -- how far the glue of a line may stretch for that
local LOOSEST_WITHOUT_RUNT = 1.8 -- as far as \tolerance lets any line go

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
end, 'octavo paragraphs')

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
end, 'octavo paragraphs')

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
local function again(paragraph, more, loosest, shortest)
  local copy = node.copy_list(paragraph.list)
  if shortest then
    local fill = node.tail(copy)
    fill.stretch, fill.stretch_order = tex.dimen.textwidth - shortest, 0
  end
  -- A page may end within code, whose leading is then at hand; that of the parameters below is not taken.
  local leading = { tex.getglue('baselineskip', true) }
  tex.setglue('baselineskip', tex.dimen.octgrid)
  local list, facts = tex.linebreak(copy, {
    looseness = more, hsize = tex.dimen.textwidth, lineskiplimit = -tex.dimen.octgrid, tolerance = 2000, emergencystretch = tex.sp '12pt',
    pdfadjustspacing = 2, pdfprotrudechars = 2, linepenalty = 10, hyphenpenalty = 60, exhyphenpenalty = 60,
    doublehyphendemerits = 40000, finalhyphendemerits = 50000, adjdemerits = 10000,
  })
  tex.setglue('baselineskip', table.unpack(leading))
  local worst, ending = 0, last_line(list)
  for line in node.traverse_id(node.id 'hlist', list) do
    if line ~= ending and line.glue_sign == 1 and line.glue_order == 0 then worst = math.max(worst, line.glue_set) end
  end
  if facts.prevgraf == paragraph.lines + more and worst <= loosest then
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
function octavo.lengthen(head, lack)
  local choices = {}
  for _, here in ipairs(whole_paragraphs(head)) do
    if here.count == paragraphs[here.id].lines then
      local list, worst = again(paragraphs[here.id], 1, LOOSEST_LINE)
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
function octavo.avoid_runts(head)
  local shortest = 3 * tex.parindent
  for _, here in ipairs(whole_paragraphs(head)) do
    local paragraph = paragraphs[here.id]
    if here.count == paragraph.lines then
      local _, width = filling(direct.tonode(here.last))
      if width < shortest then
        local list = again(paragraph, 0, LOOSEST_WITHOUT_RUNT, shortest)
        if list then head = exchange(head, here, list) end
      end
    end
  end
  return head
end

-- Forget the paragraphs of this page; what TeX has read beyond it belongs to the next.
function octavo.forget_paragraphs(head)
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
