"""Share what many tests need: small reports, the console command, and the book of this checkout, built once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from octavo.diagnostics import Ledger
from octavo.manuscript.bibliography import Bibliography
from octavo.manuscript.part import Part
from octavo.manuscript.reading import read
from octavo.workspace import run_pandoc

ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases"
NO_PART_OF_THE_BOOK = {"bench", "build", "dist", "docs", "octavo", "templates", "tests"}
#: What every report must say, and no more.
SMALLEST = {"title": "Small", "authors": ["Nobody in particular"], "language": "en-US"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `--accept` write what the tests of the constructs find as what they expect, and `--hunt` look for faults."""
    parser.addoption("--accept", action="store_true", help="write goldens anew; read them before they are kept")
    parser.addoption("--hunt", type=int, metavar="BOOKS", help="build so many random books instead of the same few")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the engine where there is none, and say so."""
    if shutil.which("lualatex"):
        return
    for item in items:
        if item.get_closest_marker("tex"):
            item.add_marker(pytest.mark.skip(reason="LuaLaTeX is not installed"))


@dataclass(frozen=True)
class Outcome:
    """Hold what a run of the console command did: exit status, standard output and standard error."""

    status: int
    out: str
    err: str

    @property
    def problems(self) -> list[dict[str, Any]]:
        """Read the diagnostics of a run with `--format json`."""
        found: list[dict[str, Any]] = json.JSONDecoder().raw_decode(self.out)[0]
        return found

    @property
    def places(self) -> list[str]:
        """Return `CODE file:line:column` for each diagnostic of a run with `--format json`."""
        return [f"{p['code']} {p['file']}:{p['line']}:{p['column']}" for p in self.problems]


@dataclass(frozen=True)
class Project:
    """Stand for a folder with a report in it."""

    folder: Path

    def write(self, path: str, text: str | bytes) -> Path:
        """Write one file of the report."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        return place

    def describe(self, **keys: object) -> None:
        """Write report.yaml with what is required, and these keys."""
        self.write("report.yaml", yaml.safe_dump(SMALLEST | keys, allow_unicode=True, sort_keys=False))

    def chapters(self, *texts: str, **keys: object) -> None:
        """Write a report whose chapters are these texts: `chapters/1.md` and so on."""
        names = [f"chapters/{number}.md" for number in range(1, len(texts) + 1)]
        for name, text in zip(names, texts, strict=True):
            self.write(name, text)
        self.describe(parts={"chapters": names}, **keys)

    def octavo(self, *arguments: str, **options: Any) -> Outcome:
        """Run the console command in the folder of this report; the options are those of `run_octavo`."""
        return run_octavo("--project", str(self.folder), *arguments, **{"cwd": self.folder} | options)

    @property
    def pdfs(self) -> list[Path]:
        """Return the finished files."""
        return sorted((self.folder / "dist").glob("*.pdf"))


def run_octavo(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    prefix: Sequence[str] = (),
    **options: Any,
) -> Outcome:
    """Run the console command of this checkout in a process of its own, after `prefix` if there is one."""
    command = [*prefix, sys.executable, "-m", "octavo", *arguments]
    given = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"} | dict(environment or {})
    done = subprocess.run(
        command, cwd=cwd or ROOT, env=given, capture_output=True, text=True, check=False, timeout=300, **options
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give an empty folder for a report."""
    return Project(tmp_path)


def read_part(source: str, role: str = "chapter") -> Part:
    """Read one text as a part, without a bibliography."""
    part = Part("chapters/1.md", role, source)
    read([part], Bibliography(), "en-US", run_pandoc, Ledger())
    return part


def copy_of_the_book(folder: Path) -> Project:
    """Copy what the book of this checkout is made from: no code, no templates, no finished files."""
    folder.mkdir(parents=True)
    for item in ROOT.iterdir():
        if item.is_dir() and item.name not in NO_PART_OF_THE_BOOK and not item.name.startswith("."):
            shutil.copytree(item, folder / item.name)
    shutil.copyfile(ROOT / "report.yaml", folder / "report.yaml")
    return Project(folder)


@pytest.fixture(scope="session")
def flagship(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Build the book of this checkout once, in a folder of its own."""
    project = copy_of_the_book(tmp_path_factory.mktemp("flagship") / "book")
    done = project.octavo("build")
    assert done.status == 0, done.err
    return project
