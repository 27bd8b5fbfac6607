"""Hold the catalogue to its rule: an error means that no right page can be made; all else is a warning or a note."""

from __future__ import annotations

import pikepdf
import pytest
from conftest import Project

from octavo.diagnostics import Ledger, Severity, catalogue

#: Why no right page can be made, and the codes of which that is true.
REASONS = {
    "the machine does not do it": "001 002 010 404",
    "what the report is to be is not known": "100 101 102 103 104 105 110 111 112 113 116 117 123",
    "text or a picture that was asked for would be missing": "106 108 115 118 119 270 290 293 304 305 269 310 317",
    "a link or a citation would lead nowhere, or to a wrong place": "201 202 212",
    "the page cannot be set": "114 220 306 401 402 405 407 415 416 420 590",
    "the data of a figure do not say what to draw": "311 312 313 314 315 316",
    "the finished PDF is not what Octavo promises": "521 523 527 528 529 531 533 572 573 574 575",
    "it is not known what went wrong": "901",
    "what is there already would be in the way": "120",
    "what the command is asked about is not there": "550 551 552 553 554 555",
}


def test_every_error_has_a_reason_and_no_other_code_has_one() -> None:
    named = [f"OCT{number}" for numbers in REASONS.values() for number in numbers.split()]
    assert len(named) == len(set(named))
    errors = {code for code, wording in catalogue().items() if wording.severity is Severity.ERROR}
    assert set(named) == errors


def test_what_withholds_the_claim_is_worded_for_one_and_for_many() -> None:
    withholding = {code: wording for code, wording in catalogue().items() if wording.withholds}
    assert len(withholding) >= 3
    for wording in withholding.values():
        assert wording.severity is Severity.WARNING
        assert len(wording.withholds) == 2
        assert "5 " in wording.withholds[1].format(count=5)


def test_the_reasons_are_counted() -> None:
    ledger = Ledger()
    assert ledger.withheld() == ()
    ledger.report("OCT562")
    for target in ("a.png", "b.png"):
        ledger.report("OCT303", target=target)
    assert ledger.withheld() == ("2 pictures have no description", "1 heading says nothing")


PICTURE = "# One\n\n![](bench.png)\n"


def claims(project: Project) -> bool:
    with pikepdf.open(project.pdfs[0]) as pdf:
        assert pdf.Root.MarkInfo.Marked
        return b"pdfuaid:part" in pdf.Root.Metadata.read_bytes()


@pytest.mark.tex
def test_a_picture_without_a_description_is_printed_and_the_claim_withheld(project: Project) -> None:
    from PIL import Image

    Image.new("RGB", (8, 8), "red").save(project.folder / "bench.png")
    project.chapters(PICTURE)
    done = project.octavo("build")
    assert done.status == 0
    assert "warning OCT303" in done.err
    last = done.out.strip().splitlines()[-1]
    assert last == "This PDF does not claim to be PDF/UA: 1 picture has no description."
    assert not claims(project)
    assert project.octavo("--strict", "build").status == 1
    project.chapters(PICTURE.replace("![]", "![A bench]").replace("png)", 'png){alt="A red bench"}'))
    done = project.octavo("build")
    assert (done.status, done.err.count("warning")) == (0, 0)
    assert "PDF/UA" not in done.out
    assert claims(project)


def test_files_that_no_part_lists_are_one_message(project: Project) -> None:
    project.chapters("# One\n")
    for name in "abcde":
        project.write(f"chapters/{name}.md", "# More\n")
    done = project.octavo("check", "--format", "json")
    assert done.places == ["OCT109 chapters/a.md:0:0"]
    assert "4 more: `chapters/b.md`, `chapters/c.md`, `chapters/d.md`, …" in done.problems[0]["problem"]


def test_an_empty_part_is_left_out_and_a_book_needs_another(project: Project) -> None:
    project.chapters("# One\n", " \n")
    done = project.octavo("check", "--format", "json")
    assert (done.status, [problem["code"] for problem in done.problems]) == (0, ["OCT107"])
    (project.folder / "chapters" / "2.md").unlink()
    project.chapters("\n")
    done = project.octavo("check", "--format", "json")
    assert (done.status, {problem["code"] for problem in done.problems}) == (1, {"OCT104", "OCT107"})


def test_what_nobody_expected_is_a_message_with_a_file_and_no_traceback(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from octavo import cli
    from octavo.book import Book

    def fail(book: Book) -> None:
        raise ZeroDivisionError("so it goes")

    project.chapters("# One\n")
    monkeypatch.setattr(Book, "examine", fail)
    assert cli.main(["--project", str(project.folder), "check"]) == cli.OWN_FAULT
    told = capsys.readouterr().err
    assert "OCT901" in told and "so it goes" in told and "Traceback" not in told
    assert "ZeroDivisionError" in (project.folder / "build" / "fault.txt").read_text(encoding="utf-8")
