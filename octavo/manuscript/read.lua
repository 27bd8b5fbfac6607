-- Read several Markdown texts in one Pandoc process, each in a scope of its own: a division for each.
-- `options` are those of the command line; `pandoc.read` alone would drop its abbreviations and its 72 columns.
local formulas = dofile(pandoc.path.join{pandoc.path.directory(PANDOC_SCRIPT_FILE), 'formulas.lua'})

function Reader(input, options)
  local given = pandoc.json.decode(tostring(input))
  local parts, places, mathematical = pandoc.List(), {}, pandoc.List()
  for number, text in ipairs(given.texts) do
    local blocks = pandoc.read(text, 'markdown', options).blocks
    if text:find('\\begin{', 1, true) then
      blocks = formulas.from_raw(blocks)
    end
    if text:find('$', 1, true) or text:find('\\begin{', 1, true) then
      mathematical:insert(blocks)
      places[#mathematical] = number
    end
    parts:insert(blocks)
  end
  for index, blocks in ipairs(formulas.mark(mathematical, given.definitions)) do
    parts[places[index]] = blocks
  end
  return pandoc.Pandoc(parts:map(function(blocks) return pandoc.Div(blocks) end))
end
