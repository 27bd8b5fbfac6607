-- Read several Markdown texts in one Pandoc process, each in a scope of its own: a division for each.
-- `options` are those of the command line; `pandoc.read` alone would drop its abbreviations and its 72 columns.
function Reader(sources, options)
  local parts = pandoc.List()
  for _, text in ipairs(pandoc.json.decode(tostring(sources))) do
    parts:insert(pandoc.Div(pandoc.read(text, 'markdown', options).blocks))
  end
  return pandoc.Pandoc(parts)
end
