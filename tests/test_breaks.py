"""Hold every line to the paper: what has no place to break is broken between letters, and told."""

from __future__ import annotations

import pypdfium2
import pypdfium2.raw
import pytest
from conftest import Project
from PIL import Image

SUM = "+".join(f"a_{{{number}}}" for number in range(60))
LETTERS = "xyzwvnhtdblq"
MANUSCRIPT = f"""# Wide

Long {"x" * 400} word.

- item {"y" * 300}

> quote {"z" * 300}

| a | b |
|---|---|
| {"w" * 300} | {"v" * 200} |

Note.^[note {"n" * 300}]

## Head {"h" * 200}

Term {"t" * 200}
:   of {"d" * 300}

**{"b" * 300}** and [{"l" * 300}](https://example.org/) and {"q" * 200}{chr(0x301)}.

$$ \\begin{{pmatrix}} {" & ".join(f"a_{{{number}}}" for number in range(60))} \\end{{pmatrix}} $$

$$ \\sqrt{{{SUM}}} $$ {{#eq:sum}}

$$\\begin{{aligned}} x &= \\sqrt{{{SUM}}} \\\\ y &= 2 \\end{{aligned}}$$
"""


@pytest.mark.tex
def test_what_is_longer_than_a_line_is_printed_whole_within_the_measure(project: Project) -> None:
    project.chapters(MANUSCRIPT)
    done = project.octavo("build", "--format", "json")
    told = [problem["code"] for problem in done.problems]
    assert done.status == 0
    assert told.count("OCT424") == 3 and set(told) - {"OCT412"} == {"OCT406", "OCT423", "OCT424"}
    assert {problem["line"] for problem in done.problems if problem["code"] == "OCT424"} == {22, 24, 26}
    with pypdfium2.PdfDocument(next((project.folder / "dist").glob("*.pdf"))) as pdf:
        texts = [page.get_textpage() for page in pdf]
        printed = "".join(text.get_text_range() for text in texts)
        for page, text in zip(pdf, texts, strict=True):
            boxes = [text.get_charbox(place) for place in range(text.count_chars())]
            assert all(left > 20 and right < page.get_width() - 20 for left, _, right, _ in boxes)
    written = {letter: MANUSCRIPT.count(letter * 100) * 100 for letter in LETTERS}
    assert {letter for letter, count in written.items() if printed.count(letter) < count} == set()


@pytest.mark.tex
def test_long_words_side_by_side_leave_no_line(project: Project) -> None:
    """Draw the spaces of a line apart where words of half a line stand in a row that nothing hyphenates."""
    words = " ".join(letter * count for letter, count in zip("mnowucesz" * 4, range(20, 56), strict=True))
    frames = "\U0001fffd\U0001fffe" * 60
    framed = " ".join("\U0001fffd" * (2 + number % 4) for number in range(60))
    project.chapters(f"# Long\n\n[{words}]{{lang=tlh}}\n\nSigns {frames}.\n\n{framed} end.\n")
    done = project.octavo("build", "--format", "json")
    assert done.status == 0 and {problem["code"] for problem in done.problems} & {"OCT410", "OCT415"} == set()


@pytest.mark.tex
def test_contents_of_several_pages_are_higher_than_none(project: Project) -> None:
    chapter = "# Start\n\n" + "".join(f"## Part {number}\n\nText.\n\n" for number in range(90))
    project.chapters(chapter)
    assert project.octavo("build", "--strict", "--format", "json").problems == []


@pytest.mark.tex
def test_what_leaves_the_paper_is_an_error_at_its_place(project: Project) -> None:
    rows = " \\\\ ".join(f"x_{{{number}}} &= 1" for number in range(90))
    tall = f"$$\\begin{{aligned}} {rows} \\end{{aligned}}$$"
    project.chapters(f"# Wide\n\nShort.\n\nA formula ${{{SUM}}}$ in one piece.\n\n{tall}\n")
    done = project.octavo("build", "--format", "json")
    assert done.status == 1 and not list((project.folder / "dist").glob("*.pdf"))
    assert [(problem["code"], problem["line"]) for problem in done.problems if problem["severity"] == "error"] == [
        ("OCT415", 5), ("OCT416", 7),
    ]  # fmt: skip


@pytest.mark.tex
def test_a_tall_picture_and_a_long_note_leave_a_title_on_its_right_hand_page(project: Project) -> None:
    (project.folder / "images").mkdir()
    Image.new("RGB", (600, 1400), (120, 140, 160)).save(project.folder / "images" / "tall.png", dpi=(150, 150))
    picture, note = '(images/tall.png){alt="Wood, standing"}', "A note of more than a page. " * 250
    project.chapters(
        f"# First\n\n![]{picture}\n\nText.\n",
        f"# Second\n\n![A post]{picture}\n\nText.\n",
        f"# Third\n\nA paragraph.[^n]\n\nMore.\n\n[^n]: {note}\n",
        f"# Fourth\n\nText.\n\n## Section\n\n![]{picture}\n",
        editions={"print": {"trim": "a5", "two-sided": True}},
    )
    done = project.octavo("build", "--format", "json")
    assert done.status == 0 and [problem["code"] for problem in done.problems] == []
    with pypdfium2.PdfDocument(project.pdfs[0]) as pdf:
        texts = [page.get_textpage().get_text_range() for page in pdf]
        items = [item for page in pdf for item in page.get_objects()]
        pictures = [item for item in items if item.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
    openers = (f"Chapter {number}" for number in range(1, 5))
    titles = [next(page for page, text in enumerate(texts, start=1) if opener in text) for opener in openers]
    assert len(pictures) == 3
    assert [page % 2 for page in titles] == [1, 1, 1, 1]
