"""Check every construct of the manuscript: its LaTeX, its structure, and how it stands in a real book.

Each case is a chapter `cases/constructs/NAME.md`. Beside it stand the expected LaTeX (`NAME.tex`), structure
(`NAME.tree`) and, where something must be reported, the diagnostics (`NAME.diagnostics`). `NAME.yaml` adds keys to the
report, `NAME.back.md` and `NAME.appendix.md` add parts. `pytest --accept` writes what was found as expected; read it.
"""

# ruff: noqa: D103 - the name of a test says what it shows

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from octavo.book import Book
from octavo.diagnostics import Ledger
from octavo.latex.tree import outline_of
from octavo.manifest import load
from octavo.workspace import Workspace

CONSTRUCTS = Path(__file__).parent / "cases" / "constructs"
NAMES = sorted(path.stem for path in CONSTRUCTS.glob("*.md") if "." not in path.stem)
ROLES = {"": "chapters", "appendix": "appendices", "back": "back"}


@dataclass(frozen=True)
class Case:
    """Name one case and what the report must say for it."""

    name: str

    @property
    def options(self) -> dict[str, Any]:
        """Return the keys that the case adds to the report."""
        path = CONSTRUCTS / f"{self.name}.yaml"
        return yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}

    @property
    def parts(self) -> dict[str, str]:
        """Return the files of the case by their role in the report."""
        found = {role: f"{self.name}{'.' if kind else ''}{kind}.md" for kind, role in ROLES.items()}
        return {role: name for role, name in found.items() if (CONSTRUCTS / name).is_file()}

    def expected(self, kind: str) -> Path:
        """Return the file that holds what is expected of the case."""
        return CONSTRUCTS / f"{self.name}.{kind}"


def write_report(folder: Path, cases: Sequence[Case]) -> None:
    """Write a report whose chapters are these cases; their keys must agree."""
    for name in ("references.bib", "notes.csl", "numeric.csl"):
        shutil.copyfile(CONSTRUCTS / name, folder / name)
    shutil.copytree(CONSTRUCTS / "images", folder / "images", dirs_exist_ok=True)
    report: dict[str, Any] = {
        "title": "Constructs",
        "authors": ["The makers of Octavo"],
        "language": "en-US",
        "bibliography": {"files": ["references.bib"]},
        "output": "constructs",
        "editions": {"screen": {"trim": "a5", "two-sided": False}},
        "parts": {},
    }
    for case in cases:
        report |= case.options
        for role, name in case.parts.items():
            (folder / "parts").mkdir(exist_ok=True)
            shutil.copyfile(CONSTRUCTS / name, folder / "parts" / name)
            report["parts"].setdefault(role, []).append(f"parts/{name}")
    (folder / "report.yaml").write_text(yaml.safe_dump(report, allow_unicode=True), encoding="utf-8")


def open_book(folder: Path, ledger: Ledger) -> Book:
    """Return the book of the report in that folder."""
    report = load(folder, ledger)
    assert report is not None, ledger.entries
    return Book(report, Workspace(folder), ledger, lambda stage, what: None)


def compare(path: Path, found: str, accept: bool) -> None:
    """Compare with what is expected, or accept what was found; a golden that would be empty is not kept."""
    if accept:
        path.write_text(found, encoding="utf-8") if found else path.unlink(missing_ok=True)
    expected = path.read_text(encoding="utf-8") if path.is_file() else ""
    assert found == expected, f"{path.name} is not what was found; if that is right, run pytest --accept and read it"


@pytest.mark.parametrize("name", NAMES)
def test_construct_becomes_latex_and_structure(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    case, ledger = Case(name), Ledger()
    write_report(tmp_path, [case])
    volume = open_book(tmp_path, ledger).examine()
    accept = bool(request.config.getoption("--accept"))
    lines = (f"{entry.code} {entry.span}: {entry.problem}\n" for entry in ledger.entries)
    compare(case.expected("diagnostics"), "".join(lines), accept)
    compare(case.expected("tex"), "\n".join(map(readable, volume.main.values())), accept)
    compare(case.expected("tree"), outline_of(volume.main_tree) + "\n", accept)


def readable(tex: str) -> str:
    """Leave out empty lines in a row, which TeX does not see."""
    return re.sub(r"\n{3,}", "\n\n", tex).strip("\n") + "\n"
