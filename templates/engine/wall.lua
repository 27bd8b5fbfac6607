-- The wall: what Lua keeps of files and programs, settled before the engine reads a byte of any document.
--
-- The engine runs this file first (`--lua`), so that whatever is loaded later, the font loader among it, holds the
-- functions of this file and not the ones behind them. Lua may read its folder, the TeX trees, the system's fonts and
-- what OCTAVO_READS names; it may write its folder and the cache of prepared fonts. It starts no program, changes no
-- variable, and gets no function of C. This wall stands by itself: the kernel's is not asked for.
local attributes, link_attributes = lfs.attributes, lfs.symlinkattributes
local here = lfs.currentdir()
local expand = kpse.expand_braces

local function places(text, into)
  for place in string.gmatch(text or '', '[^:]+') do
    place = place:gsub('^!+', ''):gsub('/+$', '')
    if place:sub(1, 1) == '/' then into[#into + 1] = place end
  end
  return into
end

local writable = places(os.getenv 'TEXMFVAR', places(os.getenv 'TEXMFCACHE', { here }))
local given = places(os.getenv 'OCTAVO_READS', { '/usr/share', '/usr/local/share/fonts', '/etc/fonts' })
local readable

-- The TeX trees are known once the engine has read its settings; what asks before that asks for none of them.
local function readable_places()
  if readable then return readable end
  local known, trees = pcall(expand, '$TEXMF')
  local found = { table.unpack(given) }
  if known then readable = places(trees, found) end
  return found
end

local function is_below(path, list)
  for _, place in ipairs(list) do
    if path == place or path:sub(1, #place + 1) == place .. '/' then return true end
  end
  return false
end

local function absolute(path)
  path = tostring(path)
  if path:find '%z' then return nil end
  for part in path:gmatch '[^/]+' do
    if part == '..' then return nil end
  end
  path = path:gsub('^%./', ''):gsub('/%.%f[/%z]', ''):gsub('//+', '/')
  if path == '.' then return here end
  return path:sub(1, 1) == '/' and path or here .. '/' .. path
end

local function may_write(path)
  local place = absolute(path)
  -- A link in the folder leads to a file of the report.
  return place and is_below(place, writable) and link_attributes(place, 'mode') ~= 'link'
end

local function may_read(path)
  local place = absolute(path)
  return place and (is_below(place, writable) or is_below(place, readable_places()))
end

local function refuse(path)
  return nil, tostring(path) .. ': Permission denied', 13
end

local function guard(library, name, allows)
  local behind = library[name]
  if not behind then return end
  library[name] = function(path, ...)
    if allows(path, ...) then return behind(path, ...) end
    return refuse(path)
  end
end

-- A function that throws where it cannot open a file goes on throwing.
local function guard_strictly(library, name, allows)
  local behind = library[name]
  if not behind then return end
  library[name] = function(path, ...)
    if path == nil or type(path) == 'userdata' or allows(path, ...) then return behind(path, ...) end
    error(select(2, refuse(path)), 2)
  end
end

local function by_mode(path, mode)
  return (mode == nil or mode == 'r' or mode == 'rb') and may_read(path) or mode ~= nil and may_write(path)
end

guard(io, 'open', by_mode)
guard_strictly(io, 'lines', may_read)
guard_strictly(io, 'input', may_read)
guard_strictly(io, 'output', may_write)
guard(os, 'remove', may_write)
local rename = os.rename
os.rename = function(from, to)
  if may_write(from) and may_write(to) then return rename(from, to) end
  return refuse(from)
end
guard(_G, 'loadfile', may_read)
guard_strictly(_G, 'dofile', may_read)
guard(package, 'searchpath', function() return true end)

guard(lfs, 'attributes', may_read)
guard(lfs, 'symlinkattributes', may_read)
guard_strictly(lfs, 'dir', may_read)
for _, name in ipairs { 'mkdir', 'rmdir', 'touch' } do guard(lfs, name, may_write) end
for _, name in ipairs { 'isfile', 'isdir' } do
  local mode = name == 'isfile' and 'file' or 'directory'
  lfs[name] = function(path) return may_read(path) and attributes(path, 'mode') == mode or false end
end

guard(pdfe, 'open', may_read)
guard(fontloader, 'open', may_read)
guard(fontloader, 'info', may_read)
guard(gzip, 'open', by_mode)
guard(gzip, 'lines', may_read)
guard(zip, 'open', may_read)
guard(zip, 'openfile', may_read)

local function nothing() return nil, 'Octavo allows no programs', 13 end
for _, name in ipairs { 'execute', 'exec', 'spawn', 'kpsepopen', 'setenv', 'tmpname', 'tmpdir' } do os[name] = nothing end
for _, name in ipairs { 'popen', 'tmpfile' } do io[name] = nothing end
for _, name in ipairs { 'chdir', 'link', 'lock', 'lock_dir', 'setmode', 'unlock' } do lfs[name] = nothing end
package.loadlib = nothing
package.cpath = ''
-- These look into functions, and would find the ones behind the wall.
for name in pairs(debug) do
  if name ~= 'traceback' and name ~= 'getinfo' and name ~= 'sethook' and name ~= 'gethook' then debug[name] = nil end
end
for _, name in ipairs { 'socket', 'socket.core' } do
  package.loaded[name], package.preload[name], _G[name] = nil, nil, nil
end
