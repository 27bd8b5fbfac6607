"""Hold what a changed line once broke without a test that noticed it: pages, counters, guards, bounds and caches."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pypdfium2
import pytest
from conftest import Project, read_part

from octavo.diagnostics import Ledger
from octavo.manuscript import nodes as n
from octavo.manuscript.numbering import Numbering

SMALL = {"editions": {"screen": {"cover": "none"}}}
ROMAN = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv"]


def pages_of(project: Project) -> list[tuple[str, str]]:
    """Return the label and the text of every page."""
    with pypdfium2.PdfDocument(project.pdfs[0]) as pdf:
        return [(pdf.get_page_label(at), pdf[at].get_textpage().get_text_range()) for at in range(len(pdf))]


@pytest.mark.tex
@pytest.mark.parametrize("chapters", [1, 12])
def test_the_front_matter_begins_on_a_right_hand_page(chapters: int, project: Project) -> None:
    names = [f"chapters/{number}.md" for number in range(chapters)]
    for name in names:
        project.write(name, "".join(f"# {name}\n\nText.\n\n") + "## A section\n\nText.\n\n## Another\n\nText.\n")
    project.write("chapters/front.md", "# Preface\n\nBefore all.\n")
    project.describe(parts={"front": ["chapters/front.md"], "chapters": names}, **SMALL)
    done = project.octavo("build")
    assert done.status == 0, done.err
    pages = pages_of(project)
    place = next(at for at, (_, text) in enumerate(pages) if "Before all." in text)
    assert place % 2 == 0, "the first page of the file is a right-hand one"
    assert pages[place][0] == ROMAN[place + 1]
    assert [label for label, _ in pages[: place + 1]] == ROMAN[1 : place + 2]


@pytest.mark.tex
def test_runs_of_pages_in_the_index_are_ranges(project: Project) -> None:
    page = "A [seat]{.index} stands here.\n\n\\newpage\n\n"
    project.write("chapters/front.md", f"# Preface\n\n{page}")
    project.write("chapters/1.md", f"# One\n\n{page * 3}Nothing.\n\n\\newpage\n\n{page}And a [desk]{{.index}}.\n")
    project.describe(parts={"front": ["chapters/front.md"], "chapters": ["chapters/1.md"]}, **SMALL)
    done = project.octavo("build")
    assert done.status == 0, done.err
    pages = pages_of(project)
    index = next(text for _, text in reversed(pages) if "seat" in text)
    folio = next(label for label, text in pages if "Preface" in text and "seat" in text)
    assert re.search(rf"seat,?\s+{folio}, 1\N{{EN DASH}}3, 5", index), index
    assert re.search(r"desk,?\s+6", index), index


def test_what_stands_outside_of_chapters_is_counted_by_itself() -> None:
    picture = "![A](a.png){#fig:%s}\n\n![B](b.png){#fig:%s}\n"
    parts = [
        read_part(f"# F\n\n{picture % ('a', 'b')}", "front"),
        read_part(f"# C\n\n{picture % ('c', 'd')}\n![Z](z.png)\n"),
    ]
    parts += [
        read_part(f"# B\n\n{picture % ('e', 'f')}", "back"),
        read_part(f"# X\n\n{picture % ('g', 'h')}", "appendix"),
    ]
    Numbering(Ledger()).number(parts)
    figures = [node.number for part in parts for node in n.walk(part.blocks) if isinstance(node, n.Figure)]
    assert figures == ["1", "2", "1.1", "1.2", "1.3", "3", "4", "A.1", "A.2"]


@pytest.mark.tex
@pytest.mark.parametrize("written", ["chapters/../../outside.png", "link.png", "folder/outside.png"])
def test_no_picture_outside_of_the_report_is_printed(written: str, project: Project, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (40, 30), (1, 2, 3)).save(tmp_path / "outside.png")
    report = Project(tmp_path / "report")
    report.chapters(f"# One\n\n![Seen]({written})\n\nText.\n", **SMALL)
    (report.folder / "link.png").symlink_to(tmp_path / "outside.png")
    (report.folder / "folder").symlink_to(tmp_path)
    done = report.octavo("build")
    assert re.search(r"chapters/1\.md:3:\d+: (error|warning) OCT", done.err), done.err
    if report.pdfs:
        with pypdfium2.PdfDocument(report.pdfs[0]) as pdf:
            kinds = [thing.type for page in pdf for thing in page.get_objects()]
        assert pypdfium2.raw.FPDF_PAGEOBJ_IMAGE not in kinds


def filled(lines: int, what: str) -> str:
    """Return a chapter that has what stands in it after so many lines."""
    return "# One\n\n" + "".join(f"Line {number}.\n\n" for number in range(lines)) + what


@pytest.mark.tex
def test_a_short_callout_stays_together_and_a_long_one_does_not(project: Project) -> None:
    short = "::: note\n" + "\n\n".join(f"Short {number}." for number in range(5)) + "\n:::\n\nAfter it.\n"
    long = "::: note\n" + "\n\n".join(f"Long {number}." for number in range(14)) + "\n:::\n\nAfter it.\n"
    project.chapters(*(filled(lines, kind) for kind in (short, long) for lines in range(10, 34)), **SMALL)
    done = project.octavo("build")
    assert done.status == 0, done.err
    texts = [text for _, text in pages_of(project)]
    # So many of its paragraphs stand on the page on which a callout begins.
    begun = {name: [text.count(f"{name} ") for text in texts if f"{name} 0." in text] for name in ("Short", "Long")}
    assert len(begun["Short"]) == len(begun["Long"]) == 24
    assert set(begun["Short"]) == {5}
    assert min(begun["Long"]) <= 3 and max(begun["Long"]) == 14


@pytest.mark.tex
def test_the_head_of_a_table_is_never_alone_at_the_foot_of_a_page(project: Project) -> None:
    table = "| Head | Number |\n|------|-----|\n" + "".join(f"| Row{number}. | {number} |\n" for number in range(30))
    project.chapters(*(filled(lines, f"{table}\n: Rows\n") for lines in range(12, 36)), **SMALL)
    done = project.octavo("build")
    assert done.status == 0, done.err
    heads = [text for _, text in pages_of(project) if re.search(r"\bHead\b", text)]
    assert len(heads) > 30
    assert all(re.search(r"Row\d+\.", text) for text in heads)


@pytest.mark.tex
def test_an_engine_that_goes_on_for_ever_is_stopped_and_named(project: Project) -> None:
    project.chapters("# One\n\nText.\n", "# Two\n\n\\loop\\iftrue\\repeat\n", trust={"raw-latex": True}, **SMALL)
    begun = time.monotonic()
    done = project.octavo("build", environment={"OCTAVO_SECONDS": "8"})
    assert time.monotonic() - begun < 90
    assert done.status == 1 and not project.pdfs
    assert "chapters/2.md:3:1: error OCT010: LuaLaTeX was stopped: it took more than 8 seconds" in done.err, done.err


@pytest.mark.tex
def test_readings_that_no_build_asks_for_are_deleted(project: Project) -> None:
    kept = []
    for number in range(3):
        project.chapters(f"# One\n\nText {number} with $x^{number}$.\n", **SMALL)
        assert project.octavo("build").status == 0
        kept.append({path.name for path in (project.folder / "build" / "cache" / "readings").glob("*")})
    assert len(kept[0]) == len(kept[1]) == len(kept[2]) > 0
    assert kept[0] != kept[2]


@pytest.mark.tex
def test_the_caption_of_a_listing_is_never_alone_at_the_foot_of_a_page(project: Project) -> None:
    code = '```{.python caption="Captioned"}\n' + "".join(f"row{number} = 1\n" for number in range(20)) + "```\n"
    project.chapters(*(filled(lines, code) for lines in range(12, 36)), **SMALL)
    done = project.octavo("build")
    assert done.status == 0, done.err
    begun = [text for _, text in pages_of(project) if "Captioned" in text and " . . ." not in text]
    assert len(begun) == 24
    assert all("row0 = 1" in text for text in begun)
