-- Keep lines together that follow each other, whatever paragraphs they belong to.
--
-- TeX's own penalties count the lines of one paragraph. A list may begin a new page after each of its items, and the space
-- between paragraphs is a place to break; so every line that must stay with the next is given a penalty.
octavo = octavo or {}
local HLIST, GLUE, PENALTY = node.id 'hlist', node.id 'glue', node.id 'penalty'
local NEVER = 10000
local LINE_OF_TEXT = 1 -- list subtype, LuaTeX manual, 8.2.3
local count = 0

-- Keep the next so many lines of the text together.
function octavo.keep_lines(lines) count = lines end

local function forbid(head, n)
  if n.id == PENALTY then
    n.penalty = NEVER
    return head
  end
  local penalty = node.new(PENALTY)
  penalty.penalty = NEVER
  head = node.insert_after(head, n, penalty)
  return head
end

luatexbase.add_to_callback('post_linebreak_filter', function(head, group)
  if count == 0 or group ~= '' then return true end
  local open = false -- a line was met that must stay with the next
  local n = head
  while n do
    if n.id == GLUE and open then
      head = forbid(head, n.prev)
      open = false
    elseif n.id == HLIST and n.subtype == LINE_OF_TEXT then
      count = count - 1
      open = count > 0
      if not open then break end
    end
    n = n.next
  end
  return open and forbid(head, node.tail(head)) or head
end, 'octavo keep')
