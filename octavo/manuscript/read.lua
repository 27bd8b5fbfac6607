-- Read several Markdown texts in one Pandoc process, each in a scope of its own.
-- Standard input: a JSON array of texts. Standard output: the JSON of each document, one a line.
for _, text in ipairs(pandoc.json.decode(io.read 'a')) do
  io.stdout:write(pandoc.write(pandoc.read(text, 'markdown'), 'json'), '\n')
end
