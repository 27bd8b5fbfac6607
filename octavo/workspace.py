"""Touch the machine: folders, programs, the clock.

Nothing else in the pipeline starts a process or reads the environment on its own account. A build has one folder,
`build/` in the report's, with a cache that may be deleted at any time; fonts that the engine has prepared are
kept per user, since every report needs the same ones.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import math
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from octavo.confinement import Walls
from octavo.diagnostics import Span
from octavo.record import Record
from octavo.runner import Bounds, run
from octavo.sealed import read_sealed, write_sealed

#: Pandoc reads a megabyte of Markdown in 3 to 11 seconds, the more the busier the machine is.
PANDOC_BOUNDS = Bounds(seconds=8, memory=0)
PANDOC_SECONDS_PER_MEGABYTE = 30
#: Pandoc reserves more addresses than it uses, so that its own bound is used.
PANDOC_MEMORY = "3g"
PANDOC_OUT_OF_MEMORY = 251


#: What a report's own `.git/config` may not make of a question: programs that Git would run.
GIT_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.untrackedCache=false",
    "submodule.recurse=false",
)
GIT_ENVIRONMENT = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_PAGER": "cat"}


class ProgramStoppedError(Exception):
    """Say that a program was stopped because it took too much: which, of what, and where, if that was found."""

    def __init__(self, program: str, reason: str, place: Span | None = None) -> None:
        super().__init__(f"{program} was stopped: {reason}")
        self.program = program
        self.reason = reason
        self.place = place


class MissingProgramError(Exception):
    """Say that a program which the build needs is not installed."""


def templates_folder() -> Path:
    """Return the standard templates: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent / "templates"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "templates"


def lua_wall() -> Path:
    """Return the Lua that LuaLaTeX runs before all else: Octavo's own, which no report can replace."""
    return templates_folder().resolve() / "engine" / "wall.lua"


@cache
def pandoc_program() -> str:
    """Return the Pandoc that pypandoc brings, without the start-up of asking it for its version."""
    import pypandoc

    beside = Path(pypandoc.__file__).parent / "files" / "pandoc"
    return str(beside) if beside.is_file() else str(pypandoc.get_pandoc_path())


def run_pandoc(arguments: Sequence[str], text: str, seconds: float = math.inf) -> tuple[str, str]:
    """Run Pandoc on a text and return its output and its messages; raises `MissingProgramError`.

    Pandoc may read the files named in the arguments and nothing else of the network or the disk. It may take `seconds`
    or its own bound, whichever is shorter, and more for a long text; else this raises `ProgramStoppedError`.
    """
    command = [pandoc_program(), "+RTS", f"-M{PANDOC_MEMORY}", "-RTS", *arguments]
    files, given = files_of(arguments), text.encode()
    size = (len(given) + sum(path.stat().st_size for path in files)) / 1e6
    allowed = min(seconds, PANDOC_BOUNDS.seconds) + size * PANDOC_SECONDS_PER_MEGABYTE
    too_long = ProgramStoppedError("Pandoc", f"it took more than {allowed:.2g} s")
    try:
        walls = Walls(reads=(Path(__file__).parent, *files))
        done = run(command, walls, Bounds(allowed, PANDOC_BOUNDS.memory), given=given)
    except subprocess.TimeoutExpired:
        raise too_long from None
    except OSError as error:
        raise MissingProgramError(f"pandoc does not run: {error}") from error
    if -done.returncode in (signal.SIGKILL, signal.SIGXCPU):
        raise too_long
    if done.returncode == PANDOC_OUT_OF_MEMORY:
        raise ProgramStoppedError("Pandoc", f"it took more than {PANDOC_MEMORY} of memory")
    done.check_returncode()
    return done.stdout.decode(), done.stderr.decode()


def files_of(arguments: Sequence[str]) -> tuple[Path, ...]:
    """Return the files that a command line names, with or without an option before them."""
    names = (argument.rpartition("=")[2] for argument in arguments)
    return tuple(path for path in map(Path, names) if path.is_file())


def pandoc_stamp() -> str:
    """Return what changes when another Pandoc is installed, without starting it."""
    status = Path(pandoc_program()).stat()
    return f"{pandoc_program()} {status.st_size} {status.st_mtime_ns}"


def pandoc_version(known: TextCache) -> str:
    """Return the version of Pandoc; it is asked for once and then kept with the readings."""
    key = known.key("pandoc --version")
    version = known.get(key)
    if version is None:
        version = run_pandoc(["--version"], "")[0].split("\n", 1)[0].removeprefix("pandoc ").strip()
        known.put(key, version)
    return version


def revision_of(folder: Path) -> str:
    """Return the revision of a folder as Git names it, with a plus where files were changed since; else nothing."""
    quiet = [word for setting in GIT_SETTINGS for word in ("-c", setting)]
    command = ["git", *quiet, "-C", str(folder), "describe", "--always", "--abbrev=7", "--dirty=+"]
    top = next((place for place in (folder.resolve(), *folder.resolve().parents) if (place / ".git").exists()), folder)
    try:
        found = run(command, Walls(reads=(top, *_common_folder(top))), Bounds(seconds=5), environment=GIT_ENVIRONMENT)
        found.check_returncode()
    except (OSError, subprocess.SubprocessError):
        return ""
    return found.stdout.decode().strip()


def _common_folder(top: Path) -> tuple[Path, ...]:
    """Return where the history of a linked worktree is: its `.git` is a file that names a place in it."""
    try:
        named = (top / ".git").read_text(encoding="utf-8").removeprefix("gitdir:").strip()
    except (OSError, UnicodeDecodeError):
        return ()
    place = Path(top, named)
    return (place.parent.parent,) if place.parent.name == "worktrees" else (place,)


def font_cache() -> Path:
    """Return the folder where the engine keeps prepared fonts, one per user (XDG Base Directory)."""
    chosen = os.environ.get("OCTAVO_CACHE")
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "octavo"
    return base / "texmf-var"


def drawings_cache() -> Path:
    """Return the folder of finished drawings, found by their content; one per user, like the fonts."""
    return font_cache().parent / "drawings"


def tagging_wanted() -> bool:
    """Tell whether pages are tagged; `OCTAVO_TAGGING=off` leaves the tags out, to measure what they cost."""
    return os.environ.get("OCTAVO_TAGGING") != "off"


def engine_seconds() -> int:
    """Return how long an engine may take over a book: `OCTAVO_SECONDS`, or ten minutes, which no honest book meets."""
    given = os.environ.get("OCTAVO_SECONDS", "")
    return int(given) if given.isdecimal() and int(given) else 600


@dataclass
class TextCache:
    """Keep results of a program by what they were made from, until a build no longer asks for them.

    `stamp` changes with the program. Without a folder nothing is kept.
    """

    folder: Path | None = None
    stamp: str = ""
    _used: set[str] = field(default_factory=set)

    def key(self, *sources: str | bytes) -> str:
        """Return the name under which a result made from these sources is kept."""
        digest = hashlib.sha256(self.stamp.encode())
        for source in sources:
            data = source.encode() if isinstance(source, str) else source
            digest.update(len(data).to_bytes(8, "big") + data)
        return digest.hexdigest()[:32]

    def get(self, key: str) -> str | None:
        """Return the result kept under a key, or None."""
        self._used.add(key)
        kept = None if self.folder is None else read_sealed(self.folder / key)
        return None if kept is None else kept.decode()

    def put(self, key: str, text: str) -> None:
        """Keep a result; another build at the same time never sees half of it."""
        self._used.add(key)
        if self.folder is not None:
            write_sealed(self.folder / key, text.encode())

    def prune(self) -> None:
        """Delete what this build did not ask for."""
        for path in self.folder.glob("*") if self.folder else ():
            if path.name not in self._used and re.fullmatch("[0-9a-f]{32}", path.name):
                path.unlink(missing_ok=True)


@dataclass
class Workspace:
    """Hold the folders of one build and the seconds that each stage took."""

    folder: Path
    seconds: dict[str, float] = field(default_factory=dict)
    _started: float = field(default_factory=time.perf_counter)
    _lap: float = field(default_factory=time.perf_counter)

    @property
    def build(self) -> Path:
        """Return the folder of intermediate files."""
        return self.folder / "build"

    @property
    def cache(self) -> Path:
        """Return the folder of results that are reused by content."""
        return self.build / "cache"

    @cached_property
    def readings(self) -> TextCache:
        """Return the cache of what Pandoc has read."""
        return TextCache(self.cache / "readings", pandoc_stamp())

    @property
    def dist(self) -> Path:
        """Return the folder of finished files."""
        return self.folder / "dist"

    @cached_property
    def record(self) -> Record:
        """Return the record of what builds made in this folder."""
        return Record(self.folder)

    @contextmanager
    def alone(self, progress: Callable[[str, str], None]) -> Iterator[None]:
        """Keep other runs of Octavo out of this report's folder: one that comes later says so, and waits.

        The lock is one of the kernel on the folder itself, so that it goes with a process that is killed, and leaves
        no file. Where the file system has none, nobody waits.
        """
        try:
            handle = os.open(self.folder, os.O_RDONLY)
        except OSError:
            yield
            return
        try:
            with contextlib.suppress(OSError):
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    progress("wait", "for another run of Octavo in this folder")
                    fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def press(self, edition: str) -> Path:
        """Return a folder for one edition's engine run, without what earlier runs left in it."""
        place = self.build / "press" / edition
        self.record.clear(place)
        place.mkdir(parents=True, exist_ok=True)
        return place

    def publish(self, path: Path, finished: Path, move: bool = True) -> None:
        """Put a finished file, or a copy of it, in its place, and record it; a link there is not followed."""
        if path.is_symlink():
            path.unlink()
        if move:
            replace(path, finished)
        else:
            keep_copy(finished, path)
        self.record.add(path)

    def lap(self, stage: str) -> None:
        """Count the time since the last lap as that stage's."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._lap
        self._lap = now

    def total(self) -> float:
        """Return the seconds since the workspace was opened."""
        return time.perf_counter() - self._started


def write(path: Path, text: str) -> None:
    """Write a text, its folder made first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def keep_copy(source: Path, target: Path) -> None:
    """Copy a file unless the copy is there already."""
    if not target.is_file() or target.read_bytes() != source.read_bytes():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def replace(path: Path, temporary: Path) -> None:
    """Put a finished file in its place in one step, so that a reader never finds half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary.replace(path)
