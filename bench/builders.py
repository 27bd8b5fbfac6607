"""Build one book with Octavo, and its generated TeX with a bare engine, for `bench.py` to time.

Every builder works in a folder of its own on a copy of the project. Preparing a run is not timed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Protocol

import pikepdf

from octavo.manifest import Report
from octavo.press.engine import JOB, EngineStoppedError, Press
from octavo.workspace import drawings_cache

ROOT = Path(__file__).resolve().parent.parent
#: What stands at the top of a project folder and is no source of its book; then the same for this repository.
NO_SOURCES = {"build", "dist", "__pycache__"}
NO_SOURCES_HERE = {"octavo", "tests", "bench", "docs"}
TIME_LIMIT_SECONDS = 900


class BuilderError(Exception):
    """Say in one sentence why a builder made no book."""


class Builder(Protocol):
    """Name a way to build the book; only `run` is timed. Both methods raise `BuilderError`."""

    name: str

    def prepare(self) -> None:
        """Bring the folder into the state in which the run begins."""

    def run(self) -> Path:
        """Build the book and return the PDF."""


def call(command: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None) -> None:
    """Run a command as a user does, in the user's environment; raises `BuilderError` with its last words."""
    environment = {**os.environ, **(variables or {})}
    name = Path(command[0]).name
    try:
        subprocess.run(
            command, cwd=folder, env=environment, check=True, capture_output=True, timeout=TIME_LIMIT_SECONDS
        )
    except OSError as error:
        raise BuilderError(f"{name} does not run: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise BuilderError(f"{name} took more than {TIME_LIMIT_SECONDS} s") from error
    except subprocess.CalledProcessError as error:
        words = [line.strip() for line in error.stderr.decode(errors="replace").splitlines() if line.strip()]
        last = words[-1] if words else "it said nothing"
        raise BuilderError(f"{name} ended with status {error.returncode}: {last}") from error


def copy_project(report: Report, folder: Path) -> None:
    """Copy the sources of a book, so that the project's own `build/` and `dist/` stay as they are."""
    others = NO_SOURCES | (NO_SOURCES_HERE if report.folder == ROOT else set())

    def ignore(place: str, names: list[str]) -> list[str]:
        at_top = Path(place) == report.folder
        return [name for name in names if at_top and (name in others or name.startswith("."))]

    shutil.copytree(report.folder, folder, ignore=ignore)


def is_tagged(path: Path) -> bool:
    """Tell whether a PDF has a structure tree (ISO 32000-2, 14.7.2)."""
    with pikepdf.open(path) as pdf:
        return "/StructTreeRoot" in pdf.Root


class Octavo:
    """Build with Octavo as a whole process, cold: without the `build/` and `dist/` of an earlier run."""

    def __init__(self, report: Report, folder: Path, name: str, tagging: bool = True) -> None:
        # A report that names no output file is called after its folder.
        self._folder = folder / report.folder.name
        copy_project(report, self._folder)
        self.name, self._tagging = name, tagging
        self._pdf = self._folder / "dist" / f"{report.output}.pdf"
        self.press = self._folder / "build" / "press" / report.editions[0].name

    def prepare(self) -> None:
        """Delete all that a build makes; the fonts that the engine prepared for this user stay."""
        for name in ("build", "dist"):
            shutil.rmtree(self._folder / name, ignore_errors=True)

    def run(self) -> Path:
        """Build the book, and see to it that the switch for tagging was heeded."""
        switch = "on" if self._tagging else "off"
        variables = {"PYTHONPATH": str(ROOT), "OCTAVO_TAGGING": switch}
        call([sys.executable, "-m", "octavo", "build"], self._folder, variables)
        if is_tagged(self._pdf) != self._tagging:
            raise BuilderError(f"the command did not heed OCTAVO_TAGGING={switch}")
        return self._pdf


class FirstOctavo(Octavo):
    """Build with Octavo as on the first day: every drawing is made anew too."""

    def prepare(self) -> None:
        """Delete the drawings that are kept for this user as well."""
        super().prepare()
        shutil.rmtree(drawings_cache(), ignore_errors=True)


class EditedOctavo(Octavo):
    """Build with Octavo after one word of the longest part was changed, with everything else kept."""

    def __init__(self, report: Report, folder: Path, name: str) -> None:
        super().__init__(report, folder, name)
        self._part = max((self._folder / part.path for part in report.parts), key=lambda path: path.stat().st_size)
        self._source = self._part.read_text(encoding="utf-8")
        self._changes = count(1)

    def prepare(self) -> None:
        """Change the word again."""
        self._part.write_text(change_word(self._source, next(self._changes)), encoding="utf-8")


def change_word(source: str, number: int) -> str:
    """Return Markdown with the third word of a line near the middle replaced, by another for each of 26 numbers.

    Only a line of plain words is touched, so that no mark-up changes with it.
    """
    lines = source.split("\n")
    plain = [at for at, line in enumerate(lines) if re.fullmatch(r"[A-Za-z ,.;]+", line) and line.count(" ") > 4]
    if not plain:
        raise BuilderError("the longest part has no line of plain words to change")
    middle = min(plain, key=lambda at: abs(at - len(lines) // 2))
    words = lines[middle].split(" ")
    words[2] = "change" + "abcdefghijklmnopqrstuvwxyz"[number % 26]
    lines[middle] = " ".join(words)
    return "\n".join(lines)


class BarePass:
    r"""Typeset what Octavo fed its engine in one plain run, without tags and with nobody feeding.

    The driver inputs the same files in the order in which the press took them. The trial setting of the contents is
    left out: its pages are not in the book. The engine is started through `Press`, so that its environment, files
    and limits are the same.
    """

    def __init__(self, press: Path, folder: Path, name: str) -> None:
        self.name = name
        self._press, self._folder = press, folder
        self._driver = ""

    def prepare(self) -> None:
        r"""Take over the files of the last Octavo build and write a driver that inputs them one after the other."""
        log = self._press / f"{JOB}.log"
        if not log.is_file():
            raise BuilderError("Octavo left no TeX to typeset")
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.copytree(self._press, self._folder, symlinks=True)
        read = re.findall(r"\(\./([\w-]+)\.tex", log.read_text(encoding="utf-8", errors="replace"))
        fed = [name for name in dict.fromkeys(read) if name not in (JOB, "octavo-report", "trial")]
        driver = (self._folder / f"{JOB}.tex").read_text(encoding="utf-8")
        inputs = "\n".join(rf"\input{{{name}}}" for name in fed)
        self._driver = re.sub(r"^\\octpress$", lambda _: inputs, driver, flags=re.MULTILINE)
        if self._driver == driver:
            raise BuilderError(r"the driver document has no line \octpress that could be replaced")

    def run(self) -> Path:
        """Run the engine once."""
        press = Press(self._folder, self._driver, {}, [], tagging=False)
        try:
            return press.finish().pdf
        except EngineStoppedError as stopped:
            raise BuilderError("the engine stopped before the end of the book") from stopped
        finally:
            press.stop()
