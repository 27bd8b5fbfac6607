"""Build manuscripts as other people write them, and hostile ones, and hold each to what became of it.

Each folder of `cases/manuscripts` and `cases/attacks` is a report of a few lines. `expect.md` says what a reader
should get; `expected.diagnostics` how the build ended and what it said where, `expected.aloud` what the PDF is read
aloud as. `pytest --accept` writes the two anew; read them.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pikepdf
import pytest
from conftest import CASES, Outcome, Project

from bench.words import Told, heard, lost, words, written
from octavo.check.listening import read_aloud
from octavo.workspace import run_pandoc

FOLDERS = sorted(path for kind in ("manuscripts", "attacks") for path in (CASES / kind).iterdir() if path.is_dir())
#: What Pandoc alone cannot read: its own text of it is no measure.
BEYOND_PANDOC = {"quotes-500", "brackets-1000"}
#: Messages about faces and patterns that are installed here or not.
OF_THE_MACHINE = {"OCT403", "OCT421", "OCT422"}
#: Words of markup that Pandoc alone takes for text, and that Octavo reads.
MARKUP = {
    "admon": "admonition class tip",
    "chunks": "cell ipython3",
    "links": "img",
    "listing-caption": "lst code",
}
#: What an attack tries to read, to write or to delete: a file beside the report's folder.
SECRET = "nobody may read this"


def report_in(folder: Path, case: Path) -> Project:
    """Copy a case into a folder, with a file beside it that is none of its business."""
    shutil.copytree(case, folder / "report", ignore=shutil.ignore_patterns("expect*"))
    for place in (folder, folder / "report" / "build" / "press" / "screen"):
        (place / "outside").mkdir(parents=True)
        (place / "outside" / "secret.txt").write_text(SECRET, encoding="utf-8")
    return Project(folder / "report")


def build(project: Project) -> Outcome:
    """Build a report from the folder above it, as a stranger would."""
    return project.octavo("--format", "json", "build", cwd=project.folder.parent)


def compare(path: Path, found: str, accept: bool) -> None:
    if accept:
        path.write_text(found, encoding="utf-8") if found else path.unlink(missing_ok=True)
    expected = path.read_text(encoding="utf-8") if path.is_file() else ""
    assert found == expected, (
        f"{path.parent.name}/{path.name}; if what was found is right, run pytest --accept and read it"
    )


@pytest.mark.tex
@pytest.mark.parametrize("case", FOLDERS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_manuscript_becomes_what_is_expected_and_loses_no_word(
    case: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    project = report_in(tmp_path, case)
    done = build(project)
    assert "Traceback" not in done.out + done.err
    assert done.status in (0, 1), done.err
    assert bool(project.pdfs) == (done.status == 0), "a PDF is published when nothing stopped it, and only then"
    assert all(problem["line"] for problem in done.problems if str(problem["file"]).endswith(".md"))
    told = [f"exit {done.status}"]
    told += [
        f"{p['severity']} {p['code']} {p['file']}:{p['line']}:{p['column']} {p['problem']}" for p in done.problems
    ]
    accept = request.config.getoption("--accept")
    compare(case / "expected.diagnostics", "\n".join(told).replace(str(tmp_path) + os.sep, "") + "\n", accept)
    aloud = ""
    for pdf in project.pdfs:
        with pikepdf.open(pdf) as book:
            aloud += read_aloud(book)
    compare(case / "expected.aloud", aloud, accept)
    assert SECRET not in aloud
    assert (tmp_path / "outside" / "secret.txt").read_text(encoding="utf-8") == SECRET
    if project.pdfs and case.name not in BEYOND_PANDOC:
        missing = missing_words(project, done)
        assert set().union(*missing.values()) <= set(MARKUP.get(case.name, "").split())


def missing_words(project: Project, done: Outcome) -> dict[str, dict[str, int]]:
    """Return the words of each chapter that are neither in the structure nor near a message."""
    found = words(heard(project.pdfs[0]))
    missing = {}
    for chapter in sorted(project.folder.rglob("*.md")):
        source = chapter.read_text(encoding="utf-8")
        mine = [one for one in done.problems if str(one["file"]).endswith(chapter.name)]
        near = frozenset(n for one in mine for n in range(one["line"], (one.get("end_line") or one["line"]) + 1))
        told = Told(near, " ".join(one["problem"] for one in mine))
        if gone := lost(source, written(source, run_pandoc), found, told):
            missing[chapter.name] = gone
    return missing
