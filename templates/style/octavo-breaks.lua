-- Let a line break between letters where nothing else lets it break: in what is longer than a line and has no place for it.
--
-- Such a run would leave the paper, and its end would be on no page. A break is a penalty with a glue of nothing behind it,
-- which stretches a little, so that the letters fill their line.
octavo = octavo or {}
local direct = node.direct
local getid, getnext, getfont, getchar, getfield = direct.getid, direct.getnext, direct.getfont, direct.getchar, direct.getfield
local GLYPH, GLUE, PENALTY, DISC, KERN = node.id 'glyph', node.id 'glue', node.id 'penalty', node.id 'disc', node.id 'kern'
local HLIST, VLIST, RULE, MATH, DIR = node.id 'hlist', node.id 'vlist', node.id 'rule', node.id 'math', node.id 'dir'
local BREAK = 500               -- dearer than a hyphen
local STRETCH = tex.sp '.25pt'
local NEVER = 10000
local LONG_RUN = .4             -- of the measure
local WIDE = { [GLYPH] = true, [HLIST] = true, [VLIST] = true, [RULE] = true, [KERN] = true, [MATH] = true }

-- A mark stays with its letter, and so does what joins.
local function is_bound(char)
  return char >= 0x300 and char <= 0x36F or char >= 0x200B and char <= 0x200D or char >= 0xFE00 and char <= 0xFE0F
    or char >= 0x1AB0 and char <= 0x1AFF or char >= 0x1DC0 and char <= 0x1DFF or char >= 0x20D0 and char <= 0x20FF
end

local SIGN = luatexbase.registernumber 'oct@sign'
-- A letter, or the code point that stands for one in a frame.
local function is_letter(n)
  return n and (getid(n) == GLYPH or getid(n) == HLIST and (direct.get_attribute(n, SIGN) or -1) > 0)
end

local function part(list, from, to)
  local n, is_told = from, false
  while n and n ~= to do
    local after = getnext(n)
    if after and after ~= to and is_letter(n) then
      local beside = after
      while beside ~= to and getid(beside) == KERN do beside = getnext(beside) end
      if beside ~= to and is_letter(beside) and not (getid(beside) == GLYPH and is_bound(getchar(beside))) then
        if not is_told then octavo.report_parted(direct.tonode(from)) end
        is_told = true
        local penalty, glue = direct.new(PENALTY), direct.new(GLUE)
        direct.setfield(penalty, 'penalty', BREAK)
        direct.setfield(glue, 'stretch', STRETCH)
        direct.setattributelist(penalty, direct.getattributelist(n))
        direct.setattributelist(glue, direct.getattributelist(n))
        list = direct.insert_after(list, n, penalty)
        list = direct.insert_after(list, penalty, glue)
        n = glue
      end
    end
    n = getnext(n)
  end
  return list
end

-- What stands between two places where a line may break, and how wide it is.
local function part_long_runs(head)
  local measure, hung = tex.hsize - tex.leftskip.width - tex.rightskip.width, math.abs(tex.hangindent)
  local list, widest = direct.todirect(head), 0
  local n, from, width, back = list, list, 0, 0
  while n do
    local id = getid(n)
    if id == GLUE or id == DISC or id == PENALTY and getfield(n, 'penalty') < NEVER then
      if width > measure + back - (from == list and 0 or hung) then
        list = part(list, from, n)
      end
      widest = math.max(widest, width)
      from, width = getnext(n), 0
      back = id == GLUE and math.max(0, -getfield(n, 'width')) or 0 -- a first line may begin left of the others
    elseif WIDE[id] then
      if id == HLIST and is_letter(n) then widest = measure end -- words of code points are long ones
      width = width + (id == KERN and getfield(n, 'kern') or getfield(n, 'width') or 0)
    end
    n = getnext(n)
  end
  return direct.tonode(list), widest > LONG_RUN * measure
end

-- Where long runs stand side by side, TeX would rather let one leave the measure than draw its neighbours apart.
local usual
luatexbase.add_to_callback('pre_linebreak_filter', function(head)
  local list, has_long = part_long_runs(head)
  if has_long then
    usual = tex.emergencystretch
    tex.emergencystretch = math.max(usual, tex.hsize)
  end
  return list
end, 'octavo breaks')
luatexbase.add_to_callback('post_linebreak_filter', function(head)
  if usual then tex.emergencystretch, usual = usual, nil end
  return true
end, 'octavo breaks')
