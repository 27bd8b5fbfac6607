-- Give each formula its MathML, which Pandoc itself makes from the TeX (texmath): a span around it takes the result
-- along, in the attribute `mathml`, or in `problem` why there is none. One writing for all formulas of a process, since
-- each call of the writer costs half a millisecond and a thousand formulas in one call cost eighty.

local MARK = 'octavo-formula'
local OUTER = {align = true, alignat = true, equation = true, flalign = true, gather = true, multline = true,
  eqnarray = true}

-- Raw TeX that is nothing but a displayed formula, such as an `align` that stands without dollar signs.
local function displayed(raw)
  local opened, closed = raw.text:match('^%s*\\begin{(%a+%*?)}.*\\end{(%a+%*?)}%s*$')
  local is_tex = raw.format == 'tex' or raw.format == 'latex'
  return is_tex and opened == closed and opened ~= nil and OUTER[opened:gsub('%*$', '')] ~= nil
end

local function key(formula)
  return formula.mathtype .. formula.text
end

-- Return in one line each what Pandoc could not read, first formula first: `unexpected control sequence \foo`.
local function reasons(messages)
  local found = pandoc.List()
  for _, message in ipairs(messages) do -- the log has the newest first
    local entry = pandoc.json.decode(pandoc.json.encode(message))
    if entry.type == 'CouldNotConvertTeXMath' then
      local said = entry.message:match('(unexpected[^\n]*)') or entry.message:match('([^\n]*)$')
      found:insert(1, (said:gsub('"', '')))
    end
  end
  return found
end

local function convert(formulas)
  local lines = formulas:map(function(formula)
    return pandoc.Plain{pandoc.Math(formula.mathtype, formula.text)}
  end)
  local messages, html = pandoc.log.silence(function()
    return pandoc.write(pandoc.Pandoc(lines), 'html', {html_math_method = 'mathml', wrap_text = 'none'})
  end)
  local position, problems, results = 1, reasons(messages), {}
  for _, formula in ipairs(formulas) do
    local first = html:find('<', position, true)
    if html:sub(first, first + 4) == '<math' then
      local last = select(2, html:find('</math>', first, true))
      local mathml = html:sub(first, last):gsub('<annotation encoding="application/x%-tex">.-</annotation>', '')
      results[key(formula)] = {mathml = mathml:gsub('</?semantics>', '')}
      position = last + 1
    else
      results[key(formula)] = {problem = problems:remove(1)}
      position = select(2, html:find('</span>', first, true)) + 1
    end
  end
  return results
end

-- Make formulas of raw TeX that is nothing else.
local function from_raw(blocks)
  return blocks:walk{
    RawInline = function(raw)
      return displayed(raw) and pandoc.Math('DisplayMath', raw.text) or nil
    end,
    RawBlock = function(raw)
      return displayed(raw) and pandoc.Para{pandoc.Math('DisplayMath', raw.text)} or nil
    end,
  }
end

-- Mark every formula in these lists of blocks; `marked` says that there may be formulas with a mark. Each walk of a
-- chapter costs some milliseconds, so there are two.
local function mark(parts, marked)
  local formulas, results = pandoc.List(), {}
  local function visit(found)
    return parts:map(function(blocks)
      return blocks:walk{
        traverse = 'topdown',
        Math = function(formula) return found(formula), false end,
        Span = marked and function(span)
          if span.classes:includes(MARK) then return span, false end
        end or nil,
      }
    end)
  end
  visit(function(formula)
    if not results[key(formula)] then
      results[key(formula)] = {}
      formulas:insert(formula)
    end
  end)
  if #formulas == 0 then
    return parts
  end
  results = convert(formulas)
  return visit(function(formula)
    return pandoc.Span({formula}, {'', {MARK}, results[key(formula)]})
  end)
end

return {from_raw = from_raw, mark = mark}
