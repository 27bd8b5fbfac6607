-- Read several Markdown texts in one Pandoc process, each in a scope of its own: a division for each, with the title in its
-- metadata before the text, and with what Pandoc says of it in the attribute `messages`.
-- `options` are those of the command line; `pandoc.read` alone would drop its abbreviations and its 72 columns.
local formulas = dofile(pandoc.path.join{pandoc.path.directory(PANDOC_SCRIPT_FILE), 'formulas.lua'})

local function title_of(document)
  local title = document.meta.title
  local kind = title and pandoc.utils.type(title)
  if kind == 'Inlines' then return pandoc.Plain(title) end
  if kind == 'Blocks' then return pandoc.Plain(pandoc.utils.blocks_to_inlines(title)) end
  return pandoc.Plain{}
end

function Reader(input, options)
  local given = pandoc.json.decode(tostring(input))
  if given.formulas then -- of which MathML is to be made, and no chapters
    local lines = pandoc.List(given.formulas):map(function(formula)
      return pandoc.Plain{pandoc.Math(formula.display and 'DisplayMath' or 'InlineMath', formula.tex)}
    end)
    return pandoc.Pandoc{pandoc.Div(formulas.mark(pandoc.List{pandoc.Blocks(lines)})[1])}
  end
  local divisions, places, mathematical = pandoc.List(), {}, pandoc.List()
  for number, text in ipairs(given.texts) do
    local document
    local messages = pandoc.log.silence(function()
      document = pandoc.read(text, given.format, options)
    end)
    local blocks = document.blocks
    blocks:insert(1, title_of(document))
    if text:find('\\begin{', 1, true) then
      blocks = formulas.from_raw(blocks)
    end
    if text:find('$', 1, true) or text:find('\\begin{', 1, true) then
      mathematical:insert(blocks)
      places[#mathematical] = number
    end
    divisions:insert(pandoc.Div(blocks, {messages = #messages > 0 and pandoc.json.encode(messages) or '[]'}))
  end
  for index, blocks in ipairs(formulas.mark(mathematical)) do
    divisions[places[index]].content = blocks
  end
  return pandoc.Pandoc(divisions)
end
