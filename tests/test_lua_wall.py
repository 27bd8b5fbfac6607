"""Attack the wall inside the engine by itself: no kernel's wall stands, and Web2C checks nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from octavo.workspace import lua_wall

pytestmark = pytest.mark.tex

DRIVER = r"\directlua{dofile 'attack.lua'}\csname @@end\endcsname\end"
#: Each is Lua that ends with an error where the wall stands. HOME is a folder of the reader's, HERE that of the job.
ATTACKS = (
    "assert(io.open 'HOME/secret')",
    "assert(io.open('HERE/../home/secret'))",
    "assert(io.open '../home/secret')",
    "assert(io.open('./../home/secret', 'rb'))",
    "assert(io.open '/etc/passwd')",
    "assert(io.open('/usr/share/../../etc/passwd'))",
    "assert(io.open('HOME/new', 'w'))",
    "assert(io.open('HOME/victim', 'a'))",
    "assert(io.open('HOME/victim', 'r+'))",
    "assert(io.open('linked', 'w'))",
    "assert(io.open('linked', 'a+'))",
    "io.lines 'HOME/secret'",
    "io.input 'HOME/secret'",
    "io.output 'HOME/victim'",
    "assert(io.tmpfile())",
    "assert(os.remove 'HOME/victim')",
    "assert(os.rename('HOME/victim', 'HERE/mine'))",
    "assert(os.rename('attack.lua', 'HOME/new'))",
    "assert(os.tmpname())",
    "assert(os.execute 'touch HOME/ran')",
    "assert(io.popen 'touch HOME/ran')",
    "assert(os.kpsepopen 'touch HOME/ran')",
    "assert(os.exec {'touch', 'HOME/ran'})",
    "assert(os.spawn {'touch', 'HOME/ran'})",
    "assert(os.setenv('openin_any', 'a'))",
    "assert(lfs.mkdir 'HOME/new')",
    "assert(lfs.rmdir 'HOME/empty')",
    "assert(lfs.touch 'HOME/new')",
    "assert(lfs.link('HOME/victim', 'mine', true))",
    "assert(lfs.chdir 'HOME')",
    "assert(lfs.attributes 'HOME/secret')",
    "lfs.dir 'HOME'",
    "assert(loadfile 'HOME/secret')",
    "dofile 'HOME/secret'",
    "assert(gzip.open 'HOME/secret')",
    "assert(gzip.open('HOME/new', 'wb'))",
    "assert(zip.open 'HOME/secret.zip')",
    "assert(pdfe.open 'HOME/secret.pdf')",
    "assert(fontloader.open 'HOME/secret.ttf')",
    "assert(require('ffi').C)",
    "assert(require('socket.core').tcp())",
    "assert(package.loadlib('libc.so.6', '*'))",
    "assert(debug.getupvalue(io.open, 1))",
    "assert(debug.getregistry())",
    # What the font loader defines from the same functions.
    "assert(io.savedata('HOME/new', 'x'))",
    "assert(io.loaddata('HOME/secret'))",
    "assert(table.load and table.load('HOME/secret'))",
    "assert(file.savedata('HOME/new', 'x'))",
    "assert(os.resultof('touch HOME/ran') ~= '')",
    "table.save('HOME/new', {1}) assert(false)",
    "lfs.mkdirs('HOME/new/deep') assert(false)",
    # Where a type that is no path passes for one.
    "assert(io.open(setmetatable({}, {__tostring = function() return 'HOME/secret' end})))",
    "assert(io.open('HOME/secret\\0.tex'))",
)


def sheltered(folder: Path, lua: str) -> str:
    """Run Lua in the engine behind its own wall and return what it said: `true`, or `false` with the error."""
    place = folder / "press"
    (place / "attack.lua").write_text(
        f"local ok, why = pcall(function() {lua} end)\n"
        "io.open('verdict', 'w'):write(tostring(ok), ' ', tostring(why)):close()",
        encoding="utf-8",
    )
    (place / "job.tex").write_text(DRIVER, encoding="utf-8")
    settings = {"PATH": os.environ["PATH"], "HOME": str(place), "TEXMFVAR": str(place), "TEXMFCACHE": str(place)}
    settings |= {"openin_any": "a", "openout_any": "a"}
    command = ["lualatex", f"--lua={lua_wall()}", "-no-shell-escape", "-interaction=batchmode", "job"]
    subprocess.run(command, cwd=place, env=settings, capture_output=True, timeout=60, check=False)
    return (place / "verdict").read_text(encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    place = tmp_path / "home"
    (place / "empty").mkdir(parents=True)
    (tmp_path / "press").mkdir()
    (place / "secret").write_text("return 1", encoding="utf-8")
    (place / "victim").write_text("mine", encoding="utf-8")
    shutil.copy(Path(__file__).parent.parent / "LICENSE", place / "secret.pdf")
    (tmp_path / "press" / "linked").symlink_to(place / "victim")
    return place


def test_lua_reaches_no_file_beside_its_folder_and_no_program(home: Path) -> None:
    before = sorted(home.rglob("*"))
    checks = []
    for number, attack in enumerate(ATTACKS):
        attack = attack.replace("HOME", str(home)).replace("HERE", str(home.parent / "press"))
        checks.append(f"results[{number + 1}] = pcall(function() {attack} end)")
    lua = (
        "local results = {} "
        + "\n".join(checks)
        + " local out = {} for n, ok in ipairs(results) do if ok then out[#out + 1] = n end end"
        + " error(table.concat(out, ' '), 0)"
    )
    succeeded = [ATTACKS[int(number) - 1] for number in sheltered(home.parent, lua).split()[1:]]
    assert succeeded == []
    assert sorted(home.rglob("*")) == before
    assert (home / "victim").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    "lua",
    [
        "io.open('own', 'w'):write('x'):close() assert(io.open('own'):read() == 'x') assert(os.remove 'own')",
        "assert(lfs.mkdir 'own') assert(lfs.attributes('own', 'mode') == 'directory') assert(lfs.rmdir 'own')",
        "assert(lfs.isfile 'attack.lua' and not lfs.isfile 'HOME/secret')",
        "assert(io.open(kpse.find_file('article.cls', 'tex')))",
        "assert(os.getenv 'TEXMFVAR')",
        "assert(require 'lualibs')",
    ],
)
def test_lua_works_in_its_folder_and_the_trees(home: Path, lua: str) -> None:
    assert sheltered(home.parent, lua.replace("HOME", str(home))).startswith("true")
