-- The fed press: the engine asks for one part after the other on standard input.
--
-- Octavo writes a line, the engine obeys it:
--   part NAME   typeset the file NAME, then ask again
--   pages       finish the page, write the marks of all pages so far to JOB.marks, answer "pages"
--   end         finish the document
-- Every answer is one line that begins with "octavo:", so that it stands out from TeX's own messages.
octavo = octavo or {}

function octavo.answer(text)
  io.stdout:write('\noctavo: ', text, '\n')
  io.stdout:flush()
end

-- Ask what to read next, and leave its name in \octnext; nothing there ends the document.
function octavo.press()
  local order, name = string.match(io.stdin:read('*l') or 'end', '^(%a+) ?(.*)$')
  if order == 'pages' then name = 'octavo-report.tex' end
  if order == 'end' then name = '' end
  token.set_macro('octnext', name, 'global')
end

function octavo.report()
  octavo.write_marks()
  octavo.answer('pages')
end
