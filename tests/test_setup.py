"""The door sets a checkout up once, says in words what it cannot do, and hands over.

Each test knocks at a copy of `build.py` in a process of its own, with a path and an environment that the test
chooses. Locks name tiny distributions made here, so that pip and uv do real work without a network. It is one long
file because the checkout that is set up, which takes seconds, serves most of its tests.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from octavo import __version__, doctor, toolchain

ROOT = Path(__file__).resolve().parent.parent
DOOR_PARTS = (
    "build.py", "octavo/__init__.py", "octavo/__main__.py", "octavo/confinement.py", "octavo/doctor.py",
    "octavo/ending.py", "octavo/toolchain.py", "octavo/visible.py",)  # fmt: skip
UV = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))

needs_ensurepip = pytest.mark.skipif(
    importlib.util.find_spec("ensurepip") is None, reason="this Python cannot make a virtual environment"
)
needs_uv = pytest.mark.skipif(UV is None, reason="uv is not installed")
needs_debian = pytest.mark.skipif(not toolchain.is_debian(), reason="this is neither Debian nor Ubuntu")

#: Become the command as `build.py` does, by a Python that sees the standard library alone.
WITHOUT_SITE = """
import os, runpy, sys
become = os.execv
os.execv = lambda python, line: become(python, [python, "-S", *line[1:]])
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

PROBE = """
import json, sys
from pathlib import Path

def main():
    import leaflet
    facts = {"arguments": sys.argv[1:], "prefix": sys.prefix, "package": __file__, "folder": str(Path.cwd())}
    try:
        import sheet
        facts["builder"] = sheet.BUILDER
    except ImportError:
        pass
    print(json.dumps(facts))
    return 7
"""

BUILDER = """
import zipfile
from pathlib import Path

def build_wheel(folder, config_settings=None, metadata_directory=None):
    info = "sheet-1.0.dist-info"
    with zipfile.ZipFile(Path(folder) / "sheet-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("sheet.py", "BUILDER = 'the locked one'")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: sheet\\nVersion: 1.0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", f"sheet.py,,\\n{info}/METADATA,,\\n{info}/WHEEL,,\\n{info}/RECORD,,\\n")
    return "sheet-1.0-py3-none-any.whl"
"""

WITNESS = """
import runpy, sys
watched = ("subprocess.Popen", "os.system", "os.posix_spawn", "os.fork", "os.forkpty", "os.exec")
sys.addaudithook(lambda event, _: event in watched and print("WITNESS", event, file=sys.stderr, flush=True))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Shelf:
    """A folder of distributions, and the lock entries that pin them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def wheel(self, name: str, version: str, modules: Mapping[str, str]) -> str:
        """Put a wheel on the shelf and return its lock entry."""
        info = f"{name}-{version}.dist-info"
        files = {
            **modules,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
        path = self.folder / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            for file, text in files.items():
                wheel.writestr(file, text)
        return self.entry(name, version, path)

    def source(self, name: str, version: str) -> str:
        """Put a source distribution on the shelf that setuptools must build, and return its lock entry."""
        path = self.folder / f"{name}-{version}.tar.gz"
        files = {
            "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
            f'[project]\nname = "{name}"\nversion = "{version}"\n',
        }
        with tarfile.open(path, "w:gz") as archive:
            for file, text in files.items():
                member = tarfile.TarInfo(f"{name}-{version}/{file}")
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        return self.entry(name, version, path)

    @staticmethod
    def entry(name: str, version: str, path: Path) -> str:
        """Write a lock entry as uv and pip-tools do."""
        return (
            f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n    # a test\n"
        )

    @property
    def offline(self) -> dict[str, str]:
        """Make pip and uv find distributions on this shelf and nowhere else."""
        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.folder), "PIP_CONFIG_FILE": os.devnull}
        uv = {"UV_OFFLINE": "1", "UV_FIND_LINKS": str(self.folder), "UV_CACHE_DIR": str(self.folder / "cache")}
        return {**pip, **uv}


class Ready(NamedTuple):
    """A checkout that pip has set up, what it was set up from, and how that went."""

    checkout: Path
    shelf: Shelf
    done: subprocess.CompletedProcess[str]


def lay_out(folder: Path, runtime: str, test: str = "") -> Path:
    """Lay a checkout out: the real door, a command that tells what it was given, and these locks."""
    for part in DOOR_PARTS:
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / part, folder / part)
    (folder / "octavo" / "cli.py").write_text(PROBE, encoding="utf-8")
    (folder / "requirements.lock").write_text(runtime, encoding="utf-8")
    (folder / "requirements-test.lock").write_text(test, encoding="utf-8")
    return folder


def surroundings(path: Path | None, environment: Mapping[str, str]) -> dict[str, str]:
    """Make an environment with nothing in it that a test did not choose; `path` is the one folder of the PATH."""
    home = {"HOME": "/nonexistent", "LANG": "C.UTF-8", "PATH": str(path or "/nonexistent")}
    return {**home, "PYTHONDONTWRITEBYTECODE": "1", **environment}


def make_path(folder: Path, uv: bool) -> Path:
    """Make a folder for the PATH that has uv in it, or nothing."""
    programs = folder / "programs"
    programs.mkdir()
    if uv:
        (programs / "uv").symlink_to(str(UV))
    return programs


def with_tex(folder: Path) -> Path:
    """Make a folder for the PATH that has the programs of a book, as far as their names go."""
    folder.mkdir()
    for package in toolchain.PACKAGES:
        if package.program:
            (folder / package.program).write_text("#!/bin/sh\n", encoding="utf-8")
            (folder / package.program).chmod(0o755)
    return folder


def knock(
    checkout: Path, *arguments: str, path: Path | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `build.py` of that checkout from another folder, and check that no failure shows a traceback."""
    done = subprocess.run(
        [sys.executable, str(checkout / "build.py"), *arguments],
        env=surroundings(path, environment or {}),
        cwd=checkout.parent,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


def stamped(checkout: Path, lock: str = "requirements.lock") -> bool:
    """Tell whether the setup of that checkout looks finished."""
    return (checkout / ".venv" / f"{lock}.stamp").exists()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Give a test its own shelf."""
    return Shelf(tmp_path / "shelf")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    """Set one checkout up with pip, in a folder with a blank in its name."""
    folder = tmp_path_factory.mktemp("ready")
    shelf = Shelf(folder / "shelf")
    modules = {"setuptools/__init__.py": "", "setuptools/build_meta.py": BUILDER}
    entries = [
        shelf.source("sheet", "1.0"),
        shelf.wheel("setuptools", "999.0", modules),
        shelf.wheel("leaflet", "1.0", {"leaflet.py": ""}),
    ]
    test = shelf.wheel("gatherings", "1.0", {"gatherings.py": ""})
    checkout = lay_out(folder / "check out", "# a comment\n" + "".join(entries), test)
    done = knock(checkout, "check", "a b", "", environment={**shelf.offline, "PYTHONPATH": "/nonexistent"})
    return Ready(checkout, shelf, done)


@pytest.fixture
def copy(ready: Ready, tmp_path: Path) -> Path:
    """Copy the checkout that is set up, for a test that changes it."""
    return shutil.copytree(ready.checkout, tmp_path / "copy", symlinks=True)


@needs_ensurepip
class TestSetUp:
    """A checkout that pip has set up."""

    def test_hand_over(self, ready: Ready) -> None:
        """The command gets its arguments as they were, this checkout's package, and the caller's folder."""
        assert ready.done.returncode == 7, ready.done.stderr
        facts = json.loads(ready.done.stdout)
        assert facts["arguments"] == ["check", "a b", ""]
        assert facts["prefix"] == str(ready.checkout / ".venv")
        assert facts["package"] == str(ready.checkout / "octavo" / "cli.py")
        assert facts["folder"] == str(ready.checkout.parent)

    def test_progress_is_short_and_plain(self, ready: Ready) -> None:
        """A person reads one line a step; what pip says is in the log."""
        assert ready.done.stderr == "Setting up: Python packages (1 of 1): requirements.lock ...\n"
        assert "leaflet" in (ready.checkout / "build" / "setup.log").read_text(encoding="utf-8")

    def test_sources_are_built_by_the_locked_setuptools(self, ready: Ready) -> None:
        """No build fetches a setuptools that the lock does not name."""
        assert json.loads(ready.done.stdout)["builder"] == "the locked one"

    def test_second_run_starts_no_process(self, ready: Ready) -> None:
        """All that a second run does is become the command: the interpreter's own audit events say so."""
        log = ready.checkout / "build" / "setup.log"
        before = log.stat().st_mtime_ns
        done = subprocess.run(
            [sys.executable, "-c", WITNESS, str(ready.checkout / "build.py"), "check"],
            env=surroundings(None, {}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (7, "WITNESS os.exec\n")
        assert log.stat().st_mtime_ns == before

    def test_changed_lock_is_noticed(self, copy: Path) -> None:
        """A stamp holds for the lock file that it was made for, and the line to run is told."""
        with (copy / "requirements.lock").open("a", encoding="utf-8") as lock:
            lock.write("# one more line\n")
        done = knock(copy, "check", environment={"OCTAVO_SETUP": "never"})
        assert done.returncode == toolchain.NOT_SET_UP
        assert "requirements.lock" in done.stderr
        assert f"env -u OCTAVO_SETUP python3 {copy}/build.py check" in done.stderr

    def test_changed_python_is_noticed(self, copy: Path) -> None:
        """An upgrade of the system's Python leaves a link that leads to another one, or nowhere."""
        assert knock(copy, "check", environment={"OCTAVO_SETUP": "never"}).returncode == 7
        python = copy / ".venv" / "bin" / "python"
        python.unlink()
        python.symlink_to("/usr/bin/python3.0")
        done = knock(copy, "check", environment={"OCTAVO_SETUP": "never"})
        assert done.returncode == toolchain.NOT_SET_UP

    @pytest.mark.tex
    def test_tests_are_topped_up(self, ready: Ready, copy: Path, tmp_path: Path) -> None:
        """`test` adds the second lock to what is there, once, and only `test` asks for it."""
        refused = knock(copy, "--strict", "test", "-x", environment={"OCTAVO_SETUP": "never"})
        assert refused.returncode == toolchain.NOT_SET_UP
        assert "requirements-test.lock" in refused.stderr
        assert "build.py test" in refused.stderr
        mark = copy / ".venv" / "mark"
        mark.touch()
        path = with_tex(tmp_path / "tex")
        done = knock(copy, "test", "-x", path=path, environment=ready.shelf.offline)
        assert (done.returncode, json.loads(done.stdout)["arguments"]) == (7, ["test", "-x"])
        assert done.stderr == "Setting up: Python packages (1 of 1): requirements-test.lock ...\n"
        assert mark.exists()
        assert list(copy.glob(".venv/lib/*/site-packages/gatherings.py"))
        assert knock(copy, "test", "-x", path=path).stderr == ""

    def test_missing_tex_is_named_with_the_line_to_run(self, ready: Ready) -> None:
        """Without LuaLaTeX on the path the book is not begun, and a person reads what to do."""
        done = knock(ready.checkout, "build", environment={"OCTAVO_SETUP": "never"})
        assert (done.returncode, done.stdout) == (toolchain.NOT_SET_UP, "")
        assert "texlive-latex-base         LuaLaTeX, the engine that sets the pages" in done.stderr
        assert re.search(r"^ .*apt-get install .*\btexlive-latex-base\b", done.stderr, re.M)
        assert "requirements.lock" not in done.stderr

    @pytest.mark.parametrize("command", ["clean", "doctor", "check", "listen", "--help", "--version"])
    def test_commands_that_set_no_page_need_no_tex(self, ready: Ready, command: str) -> None:
        """A person can ask what is wrong on a machine where something is."""
        done = knock(ready.checkout, command, environment={"OCTAVO_SETUP": "never"})
        assert (done.returncode, json.loads(done.stdout)["arguments"]) == (7, [command])

    @needs_debian
    def test_apt_that_fails_ends_in_words(self, ready: Ready, tmp_path: Path) -> None:
        """Apt is asked for what is missing and no more; its own words are shown, and the line to run."""
        record = tmp_path / "record"
        apt = f'echo "$@" >> {record}\necho "E: no such mirror"\nexit 100'
        stand_ins = {"apt-get": apt, "sudo": 'shift\n"$@"', "true": "exit 0", "env": '/usr/bin/env "$@"'}
        for name, body in stand_ins.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
            (tmp_path / name).chmod(0o755)
        done = knock(ready.checkout, "build", path=tmp_path)
        update, install = record.read_text(encoding="utf-8").splitlines()
        assert update.endswith("update")
        asked = install.split("--no-install-recommends ")[1].split()
        programs = {package.name for package in toolchain.PACKAGES if package.program}
        assert programs <= set(asked) <= {package.name for package in toolchain.PACKAGES}
        assert done.returncode == toolchain.NOT_SET_UP
        assert "E: no such mirror" in done.stderr
        assert f"apt-get install --yes --no-install-recommends {' '.join(asked)}" in done.stderr


class TestTrouble:
    """A setup that cannot be finished."""

    @pytest.mark.parametrize(
        "uv", [pytest.param(False, id="pip", marks=needs_ensurepip), pytest.param(True, id="uv", marks=needs_uv)]
    )
    def test_wrong_hash(self, tmp_path: Path, shelf: Shelf, uv: bool) -> None:
        """A distribution that is not the locked one is not installed."""
        entry = shelf.wheel("leaflet", "1.0", {"leaflet.py": ""})
        shelf.wheel("leaflet", "1.0", {"leaflet.py": "print('another')"})
        checkout = lay_out(tmp_path / "checkout", entry)
        done = knock(checkout, "check", path=make_path(tmp_path, uv), environment=shelf.offline)
        assert done.returncode == toolchain.NOT_SET_UP
        assert "requirements.lock could not be installed" in done.stderr
        assert "hash" in done.stderr.lower()
        assert not stamped(checkout)
        again = knock(checkout, "check", environment={"OCTAVO_SETUP": "never"})
        assert again.returncode == toolchain.NOT_SET_UP

    @needs_uv
    def test_no_hash(self, tmp_path: Path, shelf: Shelf) -> None:
        """A lock entry that says nothing of its content locks nothing."""
        shelf.wheel("leaflet", "1.0", {"leaflet.py": ""})
        checkout = lay_out(tmp_path / "checkout", "leaflet==1.0\n")
        done = knock(checkout, "check", path=make_path(tmp_path, uv=True), environment=shelf.offline)
        assert done.returncode == toolchain.NOT_SET_UP
        assert not stamped(checkout)

    @needs_ensurepip
    def test_no_network(self, tmp_path: Path, shelf: Shelf) -> None:
        """Nobody answers at the proxy: a person reads that it is the network, and what to run later."""
        entry = shelf.wheel("leaflet", "1.0", {"leaflet.py": ""})
        checkout = lay_out(tmp_path / "checkout", entry)
        proxy = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
        done = knock(checkout, "check", environment={**proxy, "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull})
        assert done.returncode == toolchain.NOT_SET_UP
        assert "They come over the network." in done.stderr
        assert f"python3 {checkout}/build.py check" in done.stderr
        assert f"The end of {checkout}/build/setup.log" in done.stderr
        assert not stamped(checkout)

    @needs_ensurepip
    def test_killed_setup_begins_again(self, tmp_path: Path, shelf: Shelf) -> None:
        """What a killed setup leaves does not look finished, and is made anew."""
        entry = shelf.wheel("leaflet", "1.0", {"leaflet.py": ""})
        checkout = lay_out(tmp_path / "checkout", entry)
        first = subprocess.Popen(
            [sys.executable, str(checkout / "build.py"), "check"],
            env=surroundings(None, shelf.offline),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 30
        while not (checkout / ".venv" / "bin" / "python").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        os.killpg(first.pid, signal.SIGKILL)
        assert first.wait() == -signal.SIGKILL
        assert (checkout / ".venv" / "bin" / "python").exists()
        assert not stamped(checkout)
        refused = knock(checkout, "check", environment={"OCTAVO_SETUP": "never"})
        assert refused.returncode == toolchain.NOT_SET_UP
        assert knock(checkout, "check", environment=shelf.offline).returncode == 7
        assert stamped(checkout)

    def test_never_changes_nothing(self, tmp_path: Path) -> None:
        """Where nothing may be installed, nothing is written either."""
        checkout = lay_out(tmp_path / "checkout", "leaflet==1.0\n")
        done = knock(checkout, "check", environment={"OCTAVO_SETUP": "never"})
        assert done.returncode == toolchain.NOT_SET_UP
        assert "OCTAVO_SETUP=never forbids installing" in done.stderr
        assert not (checkout / ".venv").exists()
        assert not (checkout / "build").exists()

    def test_help_version_and_clean_install_nothing(self, tmp_path: Path) -> None:
        """The standard library is enough for them, on a machine that has nothing else."""
        checkout = lay_out(tmp_path / "checkout", "leaflet==1.0\n")
        shutil.copytree(ROOT / "octavo", checkout / "octavo", dirs_exist_ok=True)
        (tmp_path / "report.yaml").write_text("title: Small\n", encoding="utf-8")
        (tmp_path / "dist").mkdir()
        bare = {"PYTHONSAFEPATH": "1", "PYTHONNOUSERSITE": "1"}
        blind = tmp_path / "blind"
        blind.mkdir()
        for arguments, words in (
            (["--help"], "usage: octavo"), (["check", "--help"], "usage: octavo check"), (["--version"], "Octavo "),
            (["clean"], "Deleted nothing"), (["clean", "--project", "blind"], "error OCT100: There is no report.yaml"),
        ):  # fmt: skip
            done = subprocess.run(
                [sys._base_executable, "-S", "-c", WITHOUT_SITE, str(checkout / "build.py"), *arguments],  # type: ignore[attr-defined]
                env=surroundings(None, bare), cwd=tmp_path, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert words in done.stdout + done.stderr, done
            assert done.returncode == (1 if "blind" in arguments else 0)
        assert not (checkout / ".venv").exists() and not (checkout / "build").exists()

    def test_unknown_setting(self, tmp_path: Path) -> None:
        """A misspelt `never` does not become a permission."""
        checkout = lay_out(tmp_path / "checkout", "leaflet==1.0\n")
        done = knock(checkout, "check", environment={"OCTAVO_SETUP": "nevr"})
        assert done.returncode == toolchain.NOT_SET_UP
        assert "`nevr`" in done.stderr
        assert not (checkout / ".venv").exists()

    @needs_uv
    def test_foreign_environment_is_not_touched(self, tmp_path: Path, shelf: Shelf) -> None:
        """A `.venv` that somebody else made may hold their work."""
        checkout = lay_out(tmp_path / "checkout", shelf.wheel("leaflet", "1.0", {"leaflet.py": ""}))
        work = checkout / ".venv" / "work"
        work.parent.mkdir()
        work.touch()
        done = knock(checkout, "check", path=make_path(tmp_path, uv=True), environment=shelf.offline)
        assert done.returncode == toolchain.NOT_SET_UP
        assert f"{checkout}/.venv was not made by build.py" in done.stderr
        assert work.exists()

    @needs_uv
    def test_fault_of_the_disk_is_told_in_words(self, tmp_path: Path) -> None:
        """Where the log cannot be written, a person reads which name is in the way."""
        checkout = lay_out(tmp_path / "checkout", "leaflet==1.0\n")
        (checkout / "build").touch()
        done = knock(checkout, "check", path=make_path(tmp_path, uv=True))
        assert done.returncode == toolchain.NOT_SET_UP
        assert f"'{checkout}/build': correct that" in done.stderr

    def test_old_python(self, tmp_path: Path) -> None:
        """Python 3.6 can read the door, and every version below 3.11 gets a sentence."""
        source = (ROOT / "build.py").read_text(encoding="utf-8")
        ast.parse(source, feature_version=(3, 6))
        pretend = f"import runpy, sys\nsys.version_info = (3, 10, 12)\nrunpy.run_path({str(ROOT / 'build.py')!r})"
        done = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True, check=False)
        assert done.returncode == toolchain.NOT_SET_UP
        assert done.stderr.startswith("Octavo needs Python 3.11 or newer")


@needs_uv
def test_uv_is_used_when_it_is_on_the_path(tmp_path: Path, shelf: Shelf) -> None:
    """Uv makes the environment and fills it; one that it made serves without it."""
    entry = shelf.wheel("leaflet", "1.0", {"leaflet.py": ""})
    checkout = lay_out(tmp_path / "checkout", entry, shelf.wheel("gatherings", "1.0", {"gatherings.py": ""}))
    done = knock(checkout, "check", path=make_path(tmp_path, uv=True), environment=shelf.offline)
    assert done.returncode == 7, done.stderr
    assert re.search(r"^uv = ", (checkout / ".venv" / "pyvenv.cfg").read_text(encoding="utf-8"), re.M)
    assert knock(checkout, "check").returncode == 7


@pytest.mark.tex
@needs_uv
@needs_ensurepip
def test_environment_of_uv_is_made_anew_when_uv_is_gone(tmp_path: Path, shelf: Shelf) -> None:
    """Uv puts no pip in, so that nothing could be added: pip begins again, with both locks."""
    entry = shelf.wheel("leaflet", "1.0", {"leaflet.py": ""})
    checkout = lay_out(tmp_path / "checkout", entry, shelf.wheel("gatherings", "1.0", {"gatherings.py": ""}))
    path = make_path(tmp_path, uv=True)
    assert knock(checkout, "check", path=path, environment=shelf.offline).returncode == 7
    done = knock(checkout, "test", "-x", path=with_tex(tmp_path / "tex"), environment=shelf.offline)
    assert done.returncode == 7, done.stderr
    assert done.stderr.count("Setting up: Python packages") == 2
    assert list(checkout.glob(".venv/lib/*/site-packages/gatherings.py"))


@needs_debian
@pytest.mark.parametrize("package", toolchain.PACKAGES, ids=lambda package: package.name)
def test_evidence_comes_from_the_package(package: toolchain.DebianPackage) -> None:
    """What proves a package is a file of that package, by dpkg's own list."""
    listing = subprocess.run(["dpkg", "-L", package.name], capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip(f"{package.name} is not installed")
    # From Debian 13 on `fonts-dejavu-core` brings a face by way of a package that it depends on.
    depends = subprocess.run(
        ["dpkg-query", "-W", "-f=${Depends}", package.name], capture_output=True, text=True, check=False
    )
    others = re.findall(r"(?:^|, )([a-z0-9.+-]+)", depends.stdout)
    listed = (
        subprocess.run(["dpkg", "-L", *others], capture_output=True, text=True, check=False) if others else listing
    )
    owned = {*listing.stdout.split("\n"), *listed.stdout.split("\n")}
    if package.program:
        assert f"/usr/bin/{package.program}" in owned
    if package.files:
        assert any(str(tree / file) in owned for file in package.files for tree in toolchain.DEBIAN_TREES)
    assert package not in toolchain.missing_packages((package,))


def test_apt_line_asks_for_root_only_where_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line can be pasted as it stands, by root in a container and by a person on a desk."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert toolchain.apt_line(toolchain.PACKAGES[:1]) == (
        "sudo apt-get update && sudo apt-get install --yes --no-install-recommends texlive-latex-base"
    )
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "sudo" not in toolchain.apt_line(toolchain.PACKAGES[:1])


def test_tex_live_of_its_own_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TeX Live that Debian did not package keeps its files beside its programs, and is found from them."""
    style = "tex/latex/octavo-test/octavo-test.sty"
    package = toolchain.DebianPackage("texlive-octavo-test", "a test", files=(style,))
    monkeypatch.setattr(toolchain, "is_debian", lambda: True)
    engine = tmp_path / "texlive" / "bin" / "x86_64-linux" / "lualatex"
    engine.parent.mkdir(parents=True)
    engine.touch(mode=0o755)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "lualatex").symlink_to(engine)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert toolchain.missing_packages((package,)) == (package,)
    file = tmp_path / "texlive" / "texmf-dist" / style
    file.parent.mkdir(parents=True)
    file.touch()
    assert toolchain.missing_packages((package,)) == ()


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ("language: de-AT", "texlive-lang-german"), ("language: 'fr'  # French", "texlive-lang-french"),
        ("language: en-GB", "texlive-lang-english"), ("language: en-US", ""), ("language: zh-CN", ""),
        ("language: sr-Latn", "texlive-lang-cyrillic"), ("title: language", ""),
    ],
)  # fmt: skip
def test_the_package_with_the_hyphenation_of_a_report_is_known(line: str, package: str, tmp_path: Path) -> None:
    (tmp_path / "report.yaml").write_text(f"title: T\n{line}\n", encoding="utf-8")
    found = toolchain.patterns_package(toolchain.language_of(tmp_path))
    assert (found.name if found else "") == package


def test_every_language_with_patterns_is_one_that_the_engine_can_name() -> None:
    lua = (ROOT / "templates" / "style" / "octavo-languages.lua").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:\[')?\b([a-z]{2,3}(?:-[\w]+)?)(?:'\])? = '", lua))
    assert toolchain.PATTERNS.keys() - named == set()


class TestDoctor:
    """`octavo doctor`."""

    def test_it_says_what_hyphenates_the_report(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "report.yaml").write_text("language: hu\n", encoding="utf-8")
        monkeypatch.setattr(toolchain, "is_debian", lambda: True)
        findings = {finding.name: finding for finding in doctor.examine(project=tmp_path)}
        assert findings["texlive-lang-european"].purpose == "hyphenation for hu"

    def test_it_works_before_anything_is_set_up(self, tmp_path: Path) -> None:
        """The one command that must run on a bare machine says what is missing, and installs nothing."""
        checkout = lay_out(tmp_path / "checkout", "leaflet==1.0\n")
        done = knock(checkout, "doctor")
        assert done.returncode == toolchain.NOT_SET_UP
        assert re.search(r"^missing +LuaLaTeX ", done.stdout, re.M)
        assert re.search(r"^missing +requirements.lock ", done.stdout, re.M)
        assert f"python3 {checkout}/build.py check" in done.stdout
        assert not (checkout / ".venv").exists()

    def test_versions_are_those_of_this_machine(self) -> None:
        """A report of a fault can quote it."""
        findings = {finding.name: finding for finding in doctor.examine()}
        assert findings["Octavo"].version == __version__
        assert findings["Python"].version == ".".join(map(str, sys.version_info[:3]))
        assert re.fullmatch(r"\d+(\.\d+)+", findings["Pandoc"].version)
        assert findings["pikepdf"].verdict == "ok"

    @pytest.mark.tex
    @pytest.mark.skipif(shutil.which("lualatex") is None, reason="LuaLaTeX is not installed")
    def test_engine_tells_its_year(self) -> None:
        """The year of TeX Live is what decides which packages work."""
        engine = next(finding for finding in doctor.examine() if finding.name == "LuaLaTeX")
        assert re.fullmatch(r"TeX Live 20\d\d", engine.version)

    @pytest.mark.parametrize(("year", "verdict"), [("2019/Debian", "too old"), ("2022/Debian", "ok"), ("2026", "ok")])
    def test_old_engine(self, year: str, verdict: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """An engine below the floor is here, and still not good enough."""
        engine = tmp_path / "lualatex"
        engine.write_text(f"#!/bin/sh\necho 'This is LuaHBTeX, Version 1.15.0 (TeX Live {year})'\n", encoding="utf-8")
        engine.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        found = next(finding for finding in doctor.examine() if finding.name == "LuaLaTeX")
        assert found.verdict == verdict

    def test_status_and_remedies(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        """Only what a book needs decides the status, and each remedy is told once."""
        well = doctor.Finding("Pandoc", "3.9", "reads")
        wanting = doctor.Finding("veraPDF", "", "judges", "fetch it", required=False)
        monkeypatch.setattr(doctor, "examine", lambda set_up, project: (well, wanting))
        assert doctor.main() == 0
        assert "Nothing that a book needs is missing." in capsys.readouterr().out
        absent = [doctor.Finding(name, "", "a face", "install them") for name in ("one", "two")]
        monkeypatch.setattr(doctor, "examine", lambda set_up, project: (well, *absent))
        assert doctor.main() == toolchain.NOT_SET_UP
        assert capsys.readouterr().out.count("install them") == 1


def requirements(name: str) -> set[str]:
    """Read the requirements of a file, without its comments and options."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {line.strip() for line in lines if re.match(r"[A-Za-z]", line)}


def pins(name: str) -> dict[str, str]:
    """Read the versions that a lock file pins."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(encoding="utf-8"), re.M))


class TestRequirements:
    """What is locked is what is declared."""

    def test_project_and_files_agree(self) -> None:
        """One list of packages in two places stays one list."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        runtime = {line for line in requirements("requirements.in") if not line.startswith("setuptools")}
        assert runtime == set(project["dependencies"])
        extras = project["optional-dependencies"]
        assert requirements("requirements-test.in") == {*extras["test"], *extras["validate"]} - {"octavo[validate]"}

    def test_doctor_knows_every_package(self) -> None:
        """A new dependency shows up in the doctor's table."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        declared = {re.split("[><=]", line)[0].lower() for line in project["dependencies"]}
        assert declared == {name.lower() for name, _ in doctor.PYTHON_PACKAGES}
        extra = {re.split("[><=]", line)[0] for line in project["optional-dependencies"]["validate"]}
        assert extra == {name for name, _ in doctor.VALIDATION_PACKAGES}

    @pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
    def test_every_pin_has_a_hash_and_no_place(self, name: str) -> None:
        """A lock names distributions by content, and leaves where they come from to the machine."""
        text = (ROOT / name).read_text(encoding="utf-8")
        entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.M)[1:]
        assert len(entries) == len(pins(name)) > 10
        assert all("--hash=sha256:" in entry for entry in entries)
        assert "://" not in text
        assert not re.search(r"^ *--(index-url|extra-index-url|find-links|trusted-host)", text, re.M)

    def test_locks_agree(self) -> None:
        """Topping up for the tests never changes what a book is built with."""
        runtime, test = pins("requirements.lock"), pins("requirements-test.lock")
        shared = runtime.keys() & test.keys()
        assert shared
        assert {name: runtime[name] for name in shared} == {name: test[name] for name in shared}


def test_wheel_holds_the_package_its_templates_and_the_command(tmp_path: Path) -> None:
    """What `pip install` brings is whole: each template of the checkout, every data file, one console command.

    It is made with `pip wheel`, because in this folder `build.py` stands before the PyPA's module `build`.
    """
    source = shutil.copytree(
        ROOT,
        tmp_path / "source",
        ignore=shutil.ignore_patterns(".git", ".venv", "build", "dist", ".*_cache"),
    )
    quiet = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *quiet, "--wheel-dir", str(tmp_path), str(source)],
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ""},
    )
    with zipfile.ZipFile(tmp_path / f"octavo-{__version__}-py3-none-any.whl") as wheel:
        held = set(wheel.namelist())
        commands = wheel.read(f"octavo-{__version__}.dist-info/entry_points.txt").decode()
    files = [file for folder in ("octavo", "templates") for file in (source / folder).rglob("*") if file.is_file()]
    names = [file.relative_to(source) for file in files if "__pycache__" not in file.parts]
    wanted = {str("octavo" / name if name.parts[0] == "templates" else name) for name in names}
    assert any(name.startswith("octavo/templates/") for name in wanted)
    assert {name for name in held if ".dist-info/" not in name} == wanted
    assert "octavo = octavo.cli:main" in commands.splitlines()
