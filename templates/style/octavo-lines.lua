-- Report what the author should mend: lines that leave the measure, loose lines, ladders of hyphens, single lines.
--
-- Each report is one line of the log, which octavo/press/lines.py reads:
--   octavo line: KIND AMOUNT FILE LINE TEXT
-- FILE and LINE are where TeX was in what Octavo fed it; TEXT are the letters of the line of print, by which its place in
-- the Markdown is found.
octavo = octavo or {}
local HLIST, VLIST, GLYPH, DISC, GLUE = node.id 'hlist', node.id 'vlist', node.id 'glyph', node.id 'disc', node.id 'glue'
local LINE = 1                -- subtype of a line of a paragraph, LuaTeX manual, 8.2.2
local OVERFULL = tex.sp '1pt' -- a line that sticks out by less is not seen
local LOOSE = 3.3             -- a space as wide as that, in its natural width, is a hole
local LADDER = 3              -- so many hyphens below each other are one too many

-- What a glyph stands for: a ligature or a small capital has a number of its own.
local function text_of(glyph)
  local face = font.getfont(glyph.font)
  local known = face and face.characters and face.characters[glyph.char]
  local code = known and known.tounicode
  if type(code) ~= 'string' then
    return glyph.char < 0x110000 and utf8.char(glyph.char) or '' -- HarfBuzz numbers shaped glyphs beyond Unicode
  end
  return (code:gsub('%x%x%x%x', function(unit) return utf8.char(tonumber(unit, 16)) end))
end

local function letters(list, found)
  for n in node.traverse(list) do
    if n.id == GLYPH then
      found[#found + 1] = text_of(n)
    elseif n.id == GLUE and #found > 0 and found[#found] ~= ' ' then
      found[#found + 1] = ' '
    elseif n.id == DISC and n.replace then
      letters(n.replace, found)
    elseif (n.id == HLIST or n.id == VLIST) and n.head then
      letters(n.head, found)
    end
  end
  return found
end

local function report(kind, amount, list, file, line)
  local text = table.concat(letters(list, {}), '', 1):sub(1, 160):gsub('%s+', ' ')
  texio.write_nl('log', string.format('octavo line: %s %s %s %d %s', kind, amount, file, line, text))
  texio.write_nl('log', '')
end
local function here() return status.filename or '?', status.linenumber or 0 end

-- Say that a run of letters is broken where nothing lets it break, or that a formula in a box register is set smaller.
function octavo.report_parted(head)
  local file, line = here()
  report('parted', 0, head, file, line)
end
function octavo.report_shrunk(register, width)
  local file, line = here()
  local box = tex.box[register]
  report('shrunk', math.floor(100 * width / box.width), box.head, file, line)
end
-- Print a box register at the size at which it is as wide as that.
function octavo.shrink(register, width)
  local box = tex.box[register]
  local scale = width / box.width
  local height, depth = math.floor(box.height * scale), math.floor(box.depth * scale)
  local matrix = string.format('%.5f 0 0 %.5f', scale, scale)
  box.width, box.height, box.depth = 0, 0, 0
  tex.sprint(luatexbase.registernumber 'catcodetable@latex', string.format(
    '\\vrule width 0pt height %dsp depth %dsp\\pdfextension save\\pdfextension setmatrix{%s}\\box%d\\pdfextension restore ',
    height, depth, matrix, register))
end

-- The narrowest margin at the side of the text, and the one below it: what leaves the measure by more is not on the paper.
local function side_margin()
  local right = tex.pagewidth - tex.sp '1in' - tex.hoffset - tex.dimen.oddsidemargin - tex.dimen.textwidth
  local other = tex.pagewidth - tex.sp '1in' - tex.hoffset - tex.dimen.evensidemargin - tex.dimen.textwidth
  return math.min(right, other)
end
local function foot_margin()
  local above = tex.sp '1in' + tex.voffset + tex.dimen.topmargin + tex.dimen.headheight + tex.dimen.headsep
  return tex.pageheight - above - tex.dimen.textheight
end

luatexbase.add_to_callback('hpack_quality', function(incident, detail, head)
  if incident == 'overfull' and detail > OVERFULL then
    local file, line = here()
    report(detail > side_margin() and 'lost' or 'overfull', string.format('%.1f', detail / 65536), head, file, line)
  end
end, 'octavo lines')

luatexbase.add_to_callback('vpack_quality', function(incident, detail, head)
  if incident == 'overfull' and detail > tex.dimen.octgrid // 2 then -- the depth of a last line is not seen
    local file, line = here()
    report(detail > foot_margin() and 'sunk' or 'tall', string.format('%.1f', detail / 65536), head, file, line)
  end
end, 'octavo lines')

-- A line ends with a hyphen when a discretionary is the last thing in it that prints.
local function ends_with_hyphen(line)
  local n = node.tail(line.head)
  while n and n.id ~= GLYPH do
    if n.id == DISC then return true end
    if n.id == HLIST then return false end
    n = n.prev
  end
  return n and (n.char == 0x2D or n.char == 0x2010)
end

-- How many times its natural width the widest space of a line is.
local function looseness(line)
  if line.glue_sign ~= 1 or line.glue_order ~= 0 then return 0 end
  local widest = 0
  for glue in node.traverse_id(GLUE, line.head) do
    if glue.width > 0 and glue.stretch_order == 0 and glue.subtype == 13 then
      widest = math.max(widest, 1 + line.glue_set * glue.stretch / glue.width)
    end
  end
  return widest
end

local EDGE = luatexbase.new_attribute 'oct@edge'     -- 1 on the first line of a paragraph, 2 on its last
local SOURCE = luatexbase.new_attribute 'oct@source' -- the number of a paragraph of the page, under which its place is kept
local FIRST, LAST = 1, 2
local GRID, HEADING = luatexbase.registernumber 'oct@grid', 2
local sources = {}

local function remember_edges(head)
  local first, last
  sources[#sources + 1] = { here() }
  for line in node.traverse_id(HLIST, head) do
    if line.subtype == LINE then
      first, last = first or line, line
      node.set_attribute(line, SOURCE, #sources)
    end
  end
  if first ~= last then
    node.set_attribute(first, EDGE, FIRST)
    node.set_attribute(last, EDGE, LAST)
  end
end

-- Look at the first and the last line of a page: neither may be parted from its paragraph, nor a heading from its text.
function octavo.check_edges(head)
  local first, last
  for n in node.traverse_id(HLIST, head) do
    if n.subtype == LINE and n.head then first, last = first or n, n end
  end
  local function complain(kind, line)
    local source = sources[node.get_attribute(line, SOURCE) or 0] or { '?', 0 }
    report(kind, tex.count[0], line.head, source[1], source[2])
  end
  if not first or first == last then return end
  if node.get_attribute(first, EDGE) == LAST then complain('widow', first) end
  if node.get_attribute(last, EDGE) == FIRST then complain('club', last) end
  -- What ends where a chapter ends has nothing to be parted from.
  if tex.outputpenalty > -10000 and node.get_attribute(last, GRID) == HEADING then complain('heading', last) end
  if ends_with_hyphen(last) then complain('hyphen', last) end
end

luatexbase.add_to_callback('post_linebreak_filter', function(head, group)
  local ladder = 0
  if group == '' then remember_edges(head) end
  for line in node.traverse_id(HLIST, head) do
    if line.subtype == LINE and line.head then
      if ends_with_hyphen(line) then ladder = ladder + 1 else ladder = 0 end
      if ladder == LADDER then report('ladder', ladder, line.head, here()) end
      local space = looseness(line)
      if space > LOOSE then report('loose', string.format('%.1f', space), line.head, here()) end
    end
  end
  return true
end, 'octavo lines')
