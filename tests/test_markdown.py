"""Check how a chapter is read: blocks that follow without an empty line, and what Pandoc warns of."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from conftest import ROOT, Project, read_part

from octavo.check.listening import read_structure
from octavo.diagnostics import Ledger
from octavo.manuscript import nodes as n
from octavo.manuscript.dangling import report_dangling
from octavo.manuscript.dialect_lines import translate
from octavo.manuscript.parsing import Reading
from octavo.manuscript.part import Part
from octavo.manuscript.parting import Parted, part
from octavo.manuscript.structure import title_of_file

PARAGRAPHS = sorted((ROOT / "chapters").glob("*.md")) + sorted((ROOT / "docs/handbook/chapters").glob("0*.md"))


@pytest.mark.parametrize("path", PARAGRAPHS, ids=lambda path: path.stem)
def test_a_text_with_empty_lines_between_its_blocks_is_left_alone(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    parted = part(source)
    assert parted == Parted(source, tables=parted.tables)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("The steps:\n- one\n- two", "Paragraph List"),
        ("The steps:\n* one\n* two", "Paragraph List"),
        ("The steps:\n+ one", "Paragraph List"),
        ("The steps:\n1. one\n2. two", "Paragraph List"),
        ("The steps:\n1) one", "Paragraph List"),
        ("Born in\n1986. A good year.", "Paragraph"),
        ("See\np. 12 and\n(c) and\n-1 and\n2) no list", "Paragraph"),
        ("Text\n# Heading\nText", "Paragraph Heading Paragraph"),
        ("Text\n#hashtag\ntext", "Paragraph"),
        ("Text\n####### seven\ntext", "Paragraph"),
        ("Text\n> quoted", "Paragraph BlockQuote"),
        ("Text\n***\ntext", "Paragraph Rule Paragraph"),
        ("Text\n- - -\ntext", "Paragraph Rule Paragraph"),
        ("Text\n---\ntext", "Heading Paragraph"),
        ("Text\n===\ntext", "Heading Paragraph"),
        ("Text\n```\ncode\n# code\n```\ntext", "Paragraph CodeBlock Paragraph"),
        ("Text\n~~~\ncode\n- code\n~~~\ntext", "Paragraph CodeBlock Paragraph"),
        ("Text\n::: note\ninside\n:::\ntext", "Paragraph Div Paragraph"),
        ("Text\n| a | b |\n|---|---|\n| 1 | 2 |", "Paragraph Table"),
        ("Text\na | b\n--|--\n1 | 2", "Paragraph Table"),
        ("Text | with a bar\n- item", "Paragraph List"),
        ("- item\n# Heading", "List Heading"),
        ("- item\n---\ntext", "List Rule Paragraph"),
        ("- item\n***\ntext", "List Rule Paragraph"),
        ("- item\n> quoted", "List BlockQuote"),
        ("- item\n::: note\ninside\n:::", "List Div"),
        ("- item\nlazy\n- item", "List"),
        ("- item\n  - in it\n    - deeper\n- item", "List"),
        ("- item\n\n      code\n      # code\n", "List"),
        ("    code\n    # code\n", "CodeBlock"),
        ("```\nText\n# code\n- code\n", "CodeBlock"),
        ("Year  Event\n----  -----\n1986  born\n- 87  - dash\n", "Table"),
        ("| verse\n| - and dash\n", "LineBlock"),
        ("Term\n:   Definition\n# Heading", "DefinitionList Heading"),
        ("<div>\nText\n- item\n</div>", "Div"),
        ("<!--\nText\n- item\n# x\n-->", "RawBlock"),
        ("<pre>\nText\n- item\n</pre>", "CodeBlock"),
        ("$$\na\n- b\n+ c\n$$", "Paragraph"),
        ("  ## Set in\n ### too", "Heading Heading"),
        ("Two\nlines\n---\ntext", "Heading Paragraph"),
        ("Set in\n   ----   \ntext", "Heading Paragraph"),
        ("> Quoted\n---\ntext", "BlockQuote Rule Paragraph"),
        ("> Quoted\n# Heading", "BlockQuote Heading"),
        ("> - quoted\n- not", "BlockQuote List"),
        ("> Quoted\n>\nnot", "BlockQuote Paragraph"),
        ("> Quoted\nlazy\n> again", "BlockQuote"),
        ("> Quoted\n>\n> again", "BlockQuote"),
        ("---\nText\n\n***\ntext", "Rule Paragraph Rule Paragraph"),
        ("    code\n---\ntext", "CodeBlock Rule Paragraph"),
        ('```js title="x.js" {1,3}\ncode\n```', "CodeBlock"),
        ("```{r, echo=FALSE}\ncode\n```", "CodeBlock"),
        ("~~~ ruby startline=3 $%@\ncode\n~~~", "CodeBlock"),
        ("- ```js {1}\n  code\n  ```", "List"),
    ],
)
def test_blocks_follow_without_an_empty_line(text: str, kinds: str) -> None:
    blocks = read_part(f"# Title\n\n{text}\n").blocks[1:]
    assert " ".join(type(block).__name__ for block in blocks) == kinds


def test_a_list_in_an_item_leaves_it_tight() -> None:
    (_, block) = read_part("# Title\n\n1. one\n   - in it\n2. two\n").blocks
    assert isinstance(block, n.List) and block.tight


@pytest.mark.parametrize(
    ("info", "classes"),
    [
        ("python", ("python",)),
        ("c++", ("cpp",)),
        ("js {1,3}", ("js",)),
        ('js title="a b"', ("js",)),
        ("{r, echo=FALSE}", ("r",)),
        ("python:main.py", ("python",)),
        ("{.python .numberLines}", ("python", "numberLines")),
        ("{=html}", None),
        ("?!", ("?!",)),
    ],
)
def test_the_language_of_code_is_the_first_word_behind_its_fence(info: str, classes: tuple[str, ...] | None) -> None:
    (_, *blocks) = read_part(f"# Title\n\n```{info}\ncode\n```\n").blocks
    found = [block.attributes.classes for block in blocks if isinstance(block, n.CodeBlock)]
    assert found == ([] if classes is None else [classes])


def test_a_line_of_the_text_for_pandoc_is_a_line_of_the_file() -> None:
    parted = part("one\n- two\n\nthree\n# four\nfive")
    lines = parted.text.split("\n")
    assert [parted.line(lines.index(word) + 1) for word in ("one", "- two", "three", "# four", "five")] == [
        1,
        2,
        4,
        5,
        6,
    ]


def test_what_pandoc_says_is_told_where_octavo_has_no_words_for_it() -> None:
    ledger = Ledger()
    reading = Reading(part("one\n- two\n\n&"), [])
    message = {"type": "SkippedContent", "verbosity": "WARNING", "pretty": "Skipped &\n", "line": 5, "column": 2}
    reading.messages = [message, {"type": "Fetching", "verbosity": "INFO", "pretty": "Fetching"}]
    source = "one\n- two\n\n&"
    report_dangling(Part("one.md", "chapter", source), reading, translate(source), ledger)
    (entry,) = ledger.entries
    assert (entry.code, str(entry.span)) == ("OCT255", "one.md:4:2") and "Skipped &" in entry.problem


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("chapters/01-first-steps.md", "First steps"),
        ("a_b.md", "A b"),
        ("2026.md", "2026"),
        ("1984-and-after.md", "And after"),
        ("élan.md", "Élan"),
    ],
)
def test_a_file_gives_its_part_a_title(path: str, title: str) -> None:
    assert title_of_file(path) == title


ENTRIES = """
@book{one, author={Ann One}, title={A Book}, year={2001}}
@book{two, author={Bo Two}, title={Other}, year={2002}}
"""


@pytest.mark.tex
def test_the_sources_stand_where_the_author_puts_them(project: Project) -> None:
    project.write("references.bib", ENTRIES)
    chapters = (
        "# One\n\nText [@one].\n",
        "# Two\n\nMore [@one; @two].\n\n# Works cited {#works}\n\n<div id='refs'></div>\n",
    )
    project.chapters(*chapters, bibliography={"files": ["references.bib"]})
    done = project.octavo("build", "--format", "json")
    assert done.status == 0 and done.problems == []
    with pikepdf.open(project.pdfs[0]) as pdf:
        headings = [element for element in read_structure(pdf).elements() if element.role == "H1"]
    assert [" ".join(heading.text.split()) for heading in headings][-1] == "Works cited"
    text = pages(project.pdfs[0])
    assert "A Book. [1, 3] Two, Bo. 2002. Other. [3]" in text
    assert text.count("Works cited") == 2 and "Bibliography" not in text  # in the contents and as a title


@pytest.mark.tex
def test_the_sources_stand_in_the_middle_of_a_book_too(project: Project) -> None:
    project.write("references.bib", ENTRIES)
    chapters = ("# One\n\nText [@one].\n\n::: {#refs}\n:::\n\n## After\n\nText.\n", "# Two\n\nMore [@two].\n")
    project.chapters(*chapters, bibliography={"files": ["references.bib"]})
    assert project.octavo("build", "--format", "json").problems == []
    text = pages(project.pdfs[0])
    assert text.index("Text (One") < text.index("A Book.") < text.index("Other.") < text.index("More (Two")
    assert "Bibliography" not in text


@pytest.mark.tex
def test_one_file_may_hold_several_chapters(project: Project) -> None:
    first = "Before.\n\n## First section\n\nText.\n\n# Second\n\nA note.[^n]\n\n## Its section\n\n[^n]: Here.\n"
    project.chapters(f"{first}\n# Third\n\nEnd.\n", "# Fourth\n\nSee [](#second) and [](#its-section).\n")
    done = project.octavo("build", "--format", "json")
    assert done.status == 0 and done.places == ["OCT206 chapters/1.md:1:1"]
    with pikepdf.open(project.pdfs[0]) as pdf, pdf.open_outline() as outline:
        found = [(item.title, [child.title for child in item.children]) for item in outline.root]
    assert found[-4:] == [
        ("1 1", ["1.1 First section"]),
        ("2 Second", ["2.1 Its section"]),
        ("3 Third", []),
        ("4 Fourth", []),
    ]
    text = pages(project.pdfs[0])
    assert "See Chapter 2 and Section 2.1." in text


def pages(path: Path) -> str:
    """Return the text of a PDF with single spaces."""
    with pypdfium2.PdfDocument(path) as pdf:
        return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pdf)
