-- Load the hyphenation patterns of a language when a passage in it is met.
--
-- TeX Live lists the patterns of the machine in language.dat.lua under the names that Babel uses; manuscripts name
-- languages by their tags (BCP 47).
octavo = octavo or {}
local NAMES = {
  af = 'afrikaans', be = 'belarusian', bg = 'bulgarian', ca = 'catalan', cs = 'czech', cy = 'welsh', da = 'danish', de = 'ngerman', ['de-1901'] = 'german',
  ['de-CH'] = 'nswissgerman', el = 'monogreek', ['el-polyton'] = 'greek', ['en-GB'] = 'ukenglish', eo = 'esperanto',
  es = 'spanish', et = 'estonian', eu = 'basque', fi = 'finnish', fr = 'french', ga = 'irish', gl = 'galician',
  grc = 'ancientgreek', hr = 'croatian', hu = 'hungarian', hy = 'armenian', id = 'indonesian', is = 'icelandic', it = 'italian',
  ka = 'georgian', la = 'latin',
  lt = 'lithuanian', lv = 'latvian', mk = 'macedonian', mn = 'mongolian', nb = 'bokmal', nl = 'dutch', nn = 'nynorsk', no = 'norsk', oc = 'occitan',
  pl = 'polish',
  pt = 'portuguese', ro = 'romanian', ru = 'russian', sk = 'slovak', sl = 'slovenian', sr = 'serbian', sv = 'swedish',
  tk = 'turkmen', tr = 'turkish', uk = 'ukrainian',
}
local ALLOCATED = 19 -- the register in which \newlanguage counts (ltplain.dtx)
local loaded = {}

local function load(name)
  if not luatexhyphen then require 'luatex-hyphen' end
  local entry = luatexhyphen.lookupname(name)
  if not entry or entry.special or not entry.patterns or not kpse.find_file(entry.patterns:match '[^,]+') then return nil end
  local number = tex.count[ALLOCATED] + 1
  tex.setcount('global', ALLOCATED, number)
  luatexhyphen.loadlanguage(name, number)
  return number
end

-- Return the number of a language, or nil where the machine has no patterns for it; English is TeX's first.
function octavo.language(tag)
  local primary = tag:match '^%a+'
  if loaded[tag] == nil then
    local name = NAMES[tag] or NAMES[primary]
    loaded[tag] = name and load(name) or primary == 'en' and 0 or false
  end
  return loaded[tag] or nil
end
