"""Build manuscripts as other people write them, and hostile ones, and hold each to what became of it.

Each folder of `cases/manuscripts` and `cases/attacks` is a report of a few lines. `expect.md` says what a reader
should get; `expected.diagnostics` how `check` ends and what it says where, `expected.aloud` what the chapters of the
PDF are read aloud as. `pytest --accept` writes the two anew; read them.

Cases whose report says nothing of its own are chapters of one book, because an engine's start costs more than a page.
A new case is named at the end of its book: the number of a case is the number of its chapter.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import yaml
from conftest import CASES, Outcome, Project
from words import Told, heard, lost, without_options, words, written

from octavo import cli
from octavo.check.listening import read_aloud
from octavo.workspace import run_pandoc

#: The books that are built: their cases, in the order of their chapters.
BOOKS: Mapping[str, Sequence[str]] = {
    "manuscripts": (
        "admon", "alerts", "anchor-before-heading", "badnotes", "bm", "br", "callout", "chunks", "circ", "console",
        "dollar-at", "emoji", "html-img", "label-choose", "links", "listing-caption", "lists", "long", "micro", "min",
        "mixed", "notetable", "pdf-int", "percent-last", "quarto-theorem", "rel-image", "rtl", "setminus", "space",
        "spaces", "subfig", "twonotes", "unbraced", "wants", "equation-labels",
        "swallowed",
    ),
    "attacks": (
        "double-superscript", "entity-nul", "esc-in-message", "frac-400", "grid-table-head-only", "javascript-links",
        "list-then-dashes", "maths-begin-lua", "maths-hathat-lua", "maths-loop", "pdf-encrypted", "png-bad-data",
        "png-truncated", "read-file-into-pdf", "table-1260-rows", "quotes-500", "brackets-1000",
    ),
}  # fmt: skip
TOGETHER = {name for book in BOOKS.values() for name in book}
FOLDERS = {path.name: path for kind in ("manuscripts", "attacks") for path in sorted((CASES / kind).glob("*/"))}
ALONE = [name for name in FOLDERS if name not in TOGETHER]
#: What Pandoc alone cannot read: its own text of it is no measure.
BEYOND_PANDOC = {"quotes-500", "brackets-1000"}
#: Messages about faces and patterns that are installed here or not.
OF_THE_MACHINE = {"OCT403", "OCT421", "OCT422"}
#: Words of markup that Pandoc alone takes for text, and that Octavo reads.
MARKUP = {
    "admon": "admonition class tip",
    "equation-labels": "ref chf thm other eq pyth label my align pdf lem var z",
    "links": "img",
}
#: What an attack tries to read, to write or to delete: a file beside the report's folder.
SECRET = "nobody may read this"


def folder_of_a_stranger(folder: Path) -> Project:
    """Make a folder for a report, with files beside it that are none of its business."""
    for place in (folder, folder / "report" / "build" / "press" / "screen"):
        (place / "outside").mkdir(parents=True)
        (place / "outside" / "secret.txt").write_text(SECRET, encoding="utf-8")
    return Project(folder / "report")


def report_of(case: Path, folder: Path) -> Project:
    """Copy a case, as it is."""
    project = folder_of_a_stranger(folder)
    shutil.copytree(case, project.folder, ignore=shutil.ignore_patterns("expect*"), dirs_exist_ok=True)
    return project


def report_of_all(names: Sequence[str], folder: Path) -> Project:
    """Write a report whose chapters are these cases, a folder each."""
    project = folder_of_a_stranger(folder)
    chapters: list[str] = []
    for name in names:
        report = yaml.safe_load((FOLDERS[name] / "report.yaml").read_text(encoding="utf-8"))
        assert set(report) <= {"title", "authors", "language", "editions", "parts"}, f"{name} is a book of its own"
        (chapter,) = (Path(path) for path in report["parts"]["chapters"])
        ignored = shutil.ignore_patterns("expect*", "report.yaml", "chapters")
        shutil.copytree(FOLDERS[name], project.folder / name, ignore=ignored)
        shutil.copytree((FOLDERS[name] / chapter).parent, project.folder / name, ignore=ignored, dirs_exist_ok=True)
        chapters.append(f"{name}/{chapter.name}")
    project.describe(parts={"chapters": chapters}, editions={"screen": {"cover": "none"}})
    return project


def compare(path: Path, found: str, accept: bool) -> str:
    """Say which golden is not what was found, or accept what was found."""
    if accept:
        path.write_text(found, encoding="utf-8") if found else path.unlink(missing_ok=True)
    expected = path.read_text(encoding="utf-8") if path.is_file() else ""
    return "" if found == expected else f"{path.parent.name}/{path.name} is not what was found:\n{found[:2000]}"


ADVICE = "if what was found is right, run pytest --accept and read it"


def messages(problems: Sequence[Mapping[str, Any]], of: str = "") -> str:
    """Write the messages about one case, whose files stand in the folder `of`."""
    return "".join(
        f"{p['severity']} {p['code']} {str(p['file']).removeprefix(of)}:{p['line']}:{p['column']} {p['problem']}\n"
        for p in problems
        if p["code"] not in OF_THE_MACHINE and str(p["file"]).startswith(of)
    )


@pytest.mark.parametrize("name", FOLDERS)
def test_a_case_is_told_what_is_expected(
    name: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = report_of(FOLDERS[name], tmp_path)
    monkeypatch.chdir(project.folder)
    status = cli.main(["--project", str(project.folder), "--format", "json", "check"])
    done = Outcome(status, *capsys.readouterr())
    assert "Traceback" not in done.out + done.err
    assert status in (0, 1), done.err
    assert all(problem["line"] for problem in done.problems if str(problem["file"]).endswith(".md"))
    assert secrets_of(tmp_path) == {SECRET}
    found = f"exit {status}\n{messages(done.problems)}".replace(f"{project.folder}/", "")
    wrong = compare(FOLDERS[name] / "expected.diagnostics", found, request.config.getoption("--accept"))
    assert not wrong, f"{wrong}\n{ADVICE}"


@pytest.mark.tex
@pytest.mark.parametrize("book", BOOKS)
def test_cases_become_what_is_expected_and_lose_no_word(
    book: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    project = report_of_all(BOOKS[book], tmp_path)
    done = project.octavo("--format", "json", "build")
    assert "Traceback" not in done.out + done.err
    assert done.status == 0, messages([p for p in done.problems if p["severity"] == "error"]) + done.err
    assert secrets_of(tmp_path) == {SECRET}
    pdf = project.pdfs[0]
    accept = bool(request.config.getoption("--accept"))
    late = [problem for problem in done.problems if problem["code"] > "OCT400" and problem["code"] < "OCT500"]
    wrong = [compare(CASES / book / "expected.lines", messages(late), accept)]
    aloud = chapters_aloud(pdf)
    assert len(aloud) == len(BOOKS[book])
    found = words(heard(pdf))
    for name, told in zip(BOOKS[book], aloud, strict=True):
        assert SECRET not in told, name
        wrong.append(compare(FOLDERS[name] / "expected.aloud", told, accept))
        if name in BEYOND_PANDOC:
            continue
        for chapter, gone in missing_words(project.folder, name, found, done.problems):
            if unexcused := set(gone) - set(MARKUP.get(name, "").split()):
                wrong.append(f"{name}/{chapter} lost {unexcused}")
    assert not any(wrong), "\n".join(filter(None, [*wrong, ADVICE]))


@pytest.mark.tex
@pytest.mark.parametrize("name", ALONE)
def test_a_case_that_is_a_book_becomes_what_is_expected(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    project = report_of(FOLDERS[name], tmp_path)
    done = project.octavo("--format", "json", "build")
    assert "Traceback" not in done.out + done.err
    assert done.status in (0, 1), done.err
    assert bool(project.pdfs) == (done.status == 0), "a PDF is published when nothing stopped it, and only then"
    assert secrets_of(tmp_path) == {SECRET}
    assert f"exit {done.status}\n" == golden(name, "diagnostics").partition("\n")[0] + "\n", done.out
    aloud = "".join(part for pdf in project.pdfs for part in whole_aloud(pdf))
    assert SECRET not in aloud
    wrong = [compare(FOLDERS[name] / "expected.aloud", aloud, bool(request.config.getoption("--accept")))]
    for pdf in project.pdfs[:1]:
        for chapter, gone in missing_words(project.folder, "", words(heard(pdf)), done.problems):
            if unexcused := set(gone) - set(MARKUP.get(name, "").split()):
                wrong.append(f"{name}/{chapter} lost {unexcused}")
    assert not any(wrong), "\n".join(filter(None, [*wrong, ADVICE]))


def golden(name: str, kind: str) -> str:
    """Return what is expected of a case."""
    return (FOLDERS[name] / f"expected.{kind}").read_text(encoding="utf-8")


def secrets_of(folder: Path) -> set[str]:
    """Return what stands in the files that no report may touch; nothing may have been added to them."""
    return {path.read_text(encoding="utf-8") for path in folder.rglob("outside/*")}


def whole_aloud(pdf: Path) -> Iterator[str]:
    """Yield what a PDF is read aloud as, without the versions of programs."""
    with pikepdf.open(pdf) as book:
        for line in read_aloud(book).splitlines(keepends=True):
            if "LuaTeX" not in line:
                yield line


def chapters_aloud(pdf: Path) -> list[str]:
    """Return what each chapter is read aloud as; each counts as the first, so that one more changes no other."""
    parts = re.split(r"(?m)^    (?=Sect\n      H1\n        Lbl \"Chapter \d+ \")", "".join(whole_aloud(pdf)))[1:]
    parts[-1] = re.split(r"(?m)^  Part$", parts[-1])[0]
    told = []
    for number, part in enumerate(parts, 1):
        one = re.sub(rf"\bChapter {number}\b", "Chapter 1", part)
        told.append(re.sub(rf"(?<![\d.]){number}\.(?=\d)", "1.", re.sub(r"(?m)^    ", "", one)))
    return told


def missing_words(
    root: Path, name: str, found: Counter[str], problems: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, Mapping[str, int]]]:
    """Yield the words of each chapter in a folder of a report that are neither in the structure nor near a message."""
    for chapter in sorted((root / name).rglob("*.md")):
        source = chapter.read_text(encoding="utf-8")
        told = Told.of(chapter.relative_to(root).as_posix(), problems)
        if gone := lost(source, written(without_options(source), run_pandoc), found, told):
            yield chapter.name, gone


def test_every_case_has_its_golden_and_stands_in_one_book() -> None:
    listed = [name for book in BOOKS.values() for name in book]
    assert len(listed) == len(set(listed)) and set(listed) <= set(FOLDERS)
    for name, folder in FOLDERS.items():
        assert golden(name, "diagnostics").startswith("exit "), name
        if folder.parent.name == "manuscripts":
            assert (folder / "expect.md").is_file(), name
            assert golden(name, "diagnostics").startswith("exit 1") or golden(name, "aloud"), name
