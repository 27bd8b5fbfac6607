r"""Run LuaLaTeX once and feed it.

The engine is started before there is anything to typeset: it reads its preamble and fonts while Pandoc converts,
and then asks for one part after the other on standard input (`templates/style/octavo-press.lua`). It gets no
shell, a clean environment, no file outside its folder and the TeX trees (Web2C manual, "Safe filenames"), and
limits on time and memory.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from octavo.confinement import Walls
from octavo.manuscript.scripts import is_usual
from octavo.press.pages import PageMap
from octavo.runner import Bounds, engine_environment, start, stop
from octavo.workspace import MissingProgramError, engine_seconds, font_cache, lua_wall

ENGINE = "lualatex"
JOB = "book"
#: So long an engine past its time may take to say where it is.
LAST_WORDS_SECONDS = 10
MEMORY_LIMIT_BYTES = 6 * 2**30
FILE_LIMIT_BYTES = 2**30


class EngineStoppedError(Exception):
    """Say that the engine gave up before the book was whole: the log says why, or it took so many `seconds`."""

    def __init__(self, log: Path, seconds: int = 0) -> None:
        super().__init__(log)
        self.log = log
        self.seconds = seconds


@dataclass(frozen=True)
class Printed:
    """Hold what a finished run left behind."""

    pdf: Path
    map: PageMap
    log: Path


class Press:
    """Feed one engine run in one folder.

    `support` are the style and Lua files by name, `links` files outside the folder that the job reads by their
    name: fonts; `reads` is what else it may read. A press for a trial goes on behind errors, for so many `seconds`.
    """

    def __init__(
        self,
        folder: Path,
        driver: str,
        support: Mapping[str, str],
        links: Sequence[Path],
        tagging: bool = True,
        coverage: Callable[[], str] | None = None,
        seconds: int = 0,
        reads: Sequence[Path] = (),
    ) -> None:
        self.folder = folder
        self._coverage = coverage
        self._has_signs = False
        self._seconds = seconds or engine_seconds()
        #: The last line that the engine said.
        self.heard = ""
        for name, text in {**support, f"{JOB}.tex": driver}.items():
            (folder / name).write_text(text, encoding="utf-8")
        for path in links:
            (folder / path.name).symlink_to(path.resolve())
        environment = engine_environment(folder, font_cache()) | {
            "max_print_line": "10000",
            "OCTAVO_TAGGING": "on" if tagging else "off",
            "OCTAVO_READS": ":".join(str(path.resolve()) for path in reads),
        }
        command = [
            ENGINE,
            f"--lua={lua_wall()}",
            "-no-shell-escape",
            "-interaction=batchmode",
            "-file-line-error",
            JOB,
        ]
        if not seconds:
            command.insert(1, "-halt-on-error")
        font_cache().mkdir(parents=True, exist_ok=True)
        walls = Walls(
            reads=tuple(path.resolve() for path in (lua_wall(), *links, *reads)), writes=(folder, font_cache())
        )
        bounds = Bounds(self._seconds + 2 * LAST_WORDS_SECONDS, MEMORY_LIMIT_BYTES, FILE_LIMIT_BYTES)
        try:
            self._process = start(command, walls, bounds, folder, environment, text=True, together=True)
        except OSError as error:
            raise MissingProgramError(f"{ENGINE} does not run: {error}") from error
        self._started = time.monotonic()
        # Interrupted, TeX would ask for advice in a trial, which goes on behind errors: that is ended at once.
        self._timer = threading.Timer(self._seconds, self.stop if seconds else self._interrupt)
        self._timer.daemon = True
        self._timer.start()

    def link(self, path: Path) -> None:
        """Let the job read a file of another folder by its name alone: it gets a copy, and sees no other folder."""
        place = self.folder / path.name
        if not place.exists():
            shutil.copyfile(path, place)

    def feed(self, name: str, tex: str) -> None:
        """Hand the engine the next part; it is typeset while the caller goes on.

        The first part with a character that a text face may lack brings the table of the faces that have it.
        """
        if not self._has_signs and (not is_usual(tex) or "\\symbol{" in tex):
            self.bring_coverage()
            self._has_signs = True
            tex = "\\octsigns\n" + tex
        (self.folder / f"{name}.tex").write_text(tex, encoding="utf-8")
        self._order(f"part {name}.tex")

    def bring_coverage(self) -> None:
        """Write the table of which face has which characters, which running text and formulas ask."""
        if self._coverage:
            (self.folder / "octavo-coverage.lua").write_text(self._coverage(), encoding="utf-8")
            self._coverage = None

    def pages(self) -> PageMap:
        """Wait until all that was fed is on finished pages, and return where everything is."""
        self._order("pages")
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.heard = line.strip() or self.heard
            if line.startswith("octavo: pages"):
                return self._map()
        self._fail()
        raise EngineStoppedError(self.log, self._overtime())

    def finish(self) -> Printed:
        """End the document and return its pages."""
        self._order("end")
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.read()
        if self._fail():
            raise EngineStoppedError(self.log, self._overtime())
        return Printed(self.folder / f"{JOB}.pdf", self._map(), self.log)

    def _map(self) -> PageMap:
        return PageMap.parse((self.folder / f"{JOB}.marks").read_text(encoding="utf-8"))

    @property
    def log(self) -> Path:
        """Return the engine's log file."""
        return self.folder / f"{JOB}.log"

    def _order(self, line: str) -> None:
        assert self._process.stdin is not None
        # A broken pipe means that the engine has stopped: whoever waits for its answer learns it and reads the log.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def _interrupt(self) -> None:
        """Ask TeX to stop where it is, which it writes in its log (tex.web, 1337); end it where it does not hear."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)
        ended = time.monotonic() + LAST_WORDS_SECONDS
        while self._process.poll() is None and time.monotonic() < ended:
            time.sleep(0.05)
        stop(self._process)

    def _overtime(self) -> int:
        """Return how many seconds the engine had, if that is why it ended: by our clock or by the kernel's."""
        return self._seconds if time.monotonic() - self._started >= self._seconds - 1 else 0

    def _fail(self) -> bool:
        """Wait for the end and tell whether it was a bad one."""
        self._timer.cancel()
        return self._process.wait() != 0

    def stop(self) -> None:
        """End the run at once; a warmed engine that is not needed, or one past its time."""
        self._timer.cancel()
        stop(self._process)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None and not stream.closed:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
