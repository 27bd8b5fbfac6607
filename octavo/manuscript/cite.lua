-- Mark the formulas in what citeproc made: in citations with words of their own, and in titles of the bibliography.
local formulas = dofile(pandoc.path.join{pandoc.path.directory(PANDOC_SCRIPT_FILE), 'formulas.lua'})

function Pandoc(document)
  document.blocks = formulas.mark(pandoc.List{document.blocks}, true)[1]
  return document
end
