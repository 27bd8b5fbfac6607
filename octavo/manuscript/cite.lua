-- Mark the formulas in what citeproc made: in citations with words of their own, and in titles of the bibliography.
local formulas = dofile(pandoc.path.join{pandoc.path.directory(PANDOC_SCRIPT_FILE), 'formulas.lua'})

function Pandoc(document)
  local definitions = document.meta['octavo-definitions']
  local given = definitions and pandoc.utils.stringify(definitions) or ''
  document.blocks = formulas.mark(pandoc.List{document.blocks}, given, true)[1]
  return document
end
