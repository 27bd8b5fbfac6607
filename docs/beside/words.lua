-- Say what Octavo prints for the marks that Pandoc does not know: `words` in the metadata has the text of every
-- cross-reference, by label, and a figure is a picture of the same name in `pictures`.
local words, pictures = {}, ""

local function canonical(label)
  return label:sub(1, 1):lower() .. label:sub(2)
end

local function Meta(meta)
  for label, text in pairs(meta.words) do
    words[label] = pandoc.utils.stringify(text)
  end
  pictures = pandoc.utils.stringify(meta.pictures)
  return nil
end

local function Cite(cite)
  local text = words[canonical(cite.citations[1].id)]
  return text and pandoc.Str(text)
end

local function Span(span)
  return span.content
end

local function Div(div)
  if div.classes:includes("figure") then
    local picture = pandoc.Image({}, pictures .. "/" .. div.identifier:gsub(":", "-") .. ".pdf")
    return pandoc.Figure({ pandoc.Plain({ picture }) }, { long = div.content }, { id = div.identifier })
  end
end

local function Math(math)
  -- Pandoc has no number for a formula; what LaTeX has for one is the environment.
  if math.mathtype == "DisplayMath" then
    return pandoc.RawInline("latex", "\\begin{equation}" .. math.text .. "\\end{equation}")
  end
end

local function label(inlines)
  -- `$$…$$ {#eq:x}`: the label has done its work.
  local kept = pandoc.Inlines({})
  for _, inline in ipairs(inlines) do
    if not (inline.t == "Str" and inline.text:match("^{#eq:[%w-]+}$")) then
      kept:insert(inline)
    end
  end
  return kept
end

return { { Meta = Meta }, { Cite = Cite, Span = Span, Div = Div, Inlines = label }, { Math = Math } }
