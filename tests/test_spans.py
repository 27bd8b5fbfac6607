"""Check that every node of a chapter is found where the author wrote it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from conftest import ROOT, read_part
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from octavo.diagnostics import Ledger, Span
from octavo.manifest import load
from octavo.manuscript import alignment
from octavo.manuscript import nodes as n
from octavo.manuscript.bibliography import Bibliography
from octavo.manuscript.part import Part
from octavo.manuscript.reading import read
from octavo.workspace import run_pandoc

WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(text)]


def written(nodes: Iterable[n.Node]) -> Iterator[n.Node]:
    """Walk what the author wrote: all nodes but those that citeproc made of a citation."""
    for node in nodes:
        yield node
        if not isinstance(node, n.Citation):
            yield from written(n.inner(node))


def own_text(node: n.Node) -> str:
    """Return what a node without children writes into the source."""
    match node:
        case n.Text() | n.CodeSpan() | n.CodeBlock() | n.Raw() | n.RawBlock():
            return node.text
        case n.Math():
            return node.tex
        case n.Citation():
            return node.keys[0]
        case n.Reference():
            return node.targets[0]
        case n.Picture():
            return node.target
        case n.InlineSpan():
            return next(iter(node.attributes.values.values()), "")
        case n.Link():
            return node.target
    return ""


def first_word(node: n.Node) -> str:
    """Return the first word inside a node, or of the node itself; a note is somewhere else."""
    for child in () if isinstance(node, n.Citation) else n.inner(node):
        word = "" if isinstance(child, n.Note) else first_word(child)
        if word:
            return word
    return next(iter(words(own_text(node))), "")


def misplaced(part: Part, kind: type[n.Node]) -> tuple[list[str], int]:
    """Return the nodes whose line does not hold their first word, and how many were looked at."""
    lines = part.source.split("\n")
    wrong, count = [], 0
    for node in written(part.blocks):
        word = first_word(node)
        if not isinstance(node, kind) or not word or isinstance(node, n.Div):
            continue
        count += 1
        span = part.span(node)
        found = words(lines[span.line - 1][span.column - 1 :])[:1]
        if found != [word]:
            wrong.append(f"{span}: {type(node).__name__} {word!r}")
    return wrong, count


@pytest.fixture(scope="module")
def book() -> list[Part]:
    """Read the chapters of this checkout."""
    ledger = Ledger()
    report = load(ROOT, ledger)
    assert report is not None
    parts = [Part(p.path, p.role, (ROOT / p.path).read_text(encoding="utf-8")) for p in report.parts]
    read(parts, Bibliography(report.bibliography, report.style, report.listed), report.language, run_pandoc, ledger)
    return parts


def test_every_block_of_the_book_is_found_at_its_first_word(book: list[Part]) -> None:
    results = [misplaced(part, n.Block) for part in book]
    assert [place for wrong, _ in results for place in wrong] == []
    assert sum(count for _, count in results) > 1000


def test_inlines_of_the_book_are_found_at_their_first_word(book: list[Part]) -> None:
    results = [misplaced(part, n.Inline) for part in book]
    wrong = [place for wrong, _ in results for place in wrong]
    count = sum(count for _, count in results)
    assert count > 4000
    assert len(wrong) <= 0.001 * count, wrong


def test_text_of_the_book_stands_whole_where_it_is_found(book: list[Part]) -> None:
    """A first word may stand on the right line by chance; all words of a text in a row do not."""
    wrong, count = [], 0
    for part in book:
        lines = part.source.split("\n")
        for node in written(part.blocks):
            if not isinstance(node, n.Text) or len(words(node.text)) < 2:
                continue
            span = part.span(node)
            rest = "\n".join(lines[span.line - 1 : span.line + 40])[span.column - 1 :]
            in_grid = lines[span.line - 1].startswith("|")
            expected = words(node.text)[:2] if in_grid else words(node.text)
            count += 1
            if words(rest)[: len(expected)] != expected and not in_grid:
                wrong.append(f"{span}: {node.text[:40]!r}")
    assert wrong == []
    assert count > 1500


def test_aligning_a_chapter_takes_no_time_to_speak_of(book: list[Part]) -> None:
    """All chapters together are about 60,000 words; a message must not take longer than the build."""
    import time

    before = time.process_time()
    for part in book:
        Part(part.path, part.role, part.source, part.blocks).span(part.blocks[-1])
    assert time.process_time() - before < 3


# Crafted cases: what is asked for stands behind `>>>`, and the marker is not part of the word.


def locate(source: str, *, crlf: bool = False) -> dict[str, Span]:
    """Return the place of each text, code or formula of a chapter by its first word."""
    part = read_part(source.replace("\n", "\r\n") if crlf else source)
    places: dict[str, Span] = {}
    for node in written(part.blocks):
        word = first_word(node)
        if isinstance(node, n.Inline) and word:
            places.setdefault(word, part.span(node))
    return places


def place_of(needle: str, source: str, occurrence: int = 1) -> tuple[int, int]:
    """Return line and column of a word in a source."""
    offset = -1
    for _ in range(occurrence):
        offset = source.index(needle, offset + 1)
    return source.count("\n", 0, offset) + 1, offset - source.rfind("\n", 0, offset)


def assert_found(source: str, *needles: str) -> None:
    places = locate(source)
    for needle in needles:
        span = places[words(needle)[0]]
        assert (span.line, span.column) == place_of(needle, source), needle


NOTES = """# Notes

One sentence.[^late] The same words again, the same words again.[^early]

[^early]: The same words again stand *inside* the early note.

Between the two definitions.^[An `inline` note stands where it is.]

[^late]: First paragraph of the late note.

    Second paragraph with **bold** words.
"""


def test_notes_are_found_where_they_are_defined() -> None:
    assert_found(NOTES, "inside", "inline", "First", "bold", "Second", "Between")
    part = read_part(NOTES)
    notes = [node for node in n.walk(part.blocks) if isinstance(node, n.Note)]
    assert [part.span(note.children[0]).line for note in notes] == [9, 5, 7]


REPEATED = """# Again

the cat and the dog and the cat and the dog

- yes
- no
- yes

the cat and the *dog* and the cat and the dog

| A | B |
|---|---|
| yes | no |
| no | **yes** |

the cat and the dog and the **cat** and the dog
"""


def test_repeated_words_are_told_apart_by_their_order() -> None:
    part = read_part(REPEATED)
    kinds = n.Styled | n.Paragraph
    nodes = [node for node in n.walk(part.blocks) if isinstance(node, kinds)]
    spans = [str(part.span(node)).removeprefix("chapters/1.md:") for node in nodes]
    assert spans == [
        "3:1", "5:3", "6:3", "7:3", "9:1", "9:18",
        "11:3", "11:7", "13:3", "13:9", "14:3", "14:10", "14:10", "16:1", "16:31",
    ]  # fmt: skip


GRID = """Before the table.

+-----------------+-----------------+
| one two         | the left the    |
| three [four]    | right `middle`  |
+=================+=================+
| - item one      | the same        |
| - item *two*    | the same words  |
+-----------------+-----------------+

: The caption of the *grid* table.

After the table.
"""
MULTILINE = """Before the table.

: The caption of the *multiline* table.

----------------------------------
Heading          Another heading
with more        with `still` more
---------------- -----------------
one two          the left the
three            right *middle*

the same         the same words
again            again **last**
----------------------------------

After the table.
"""
PIPE = """Before the table.

| the left | the right |
|:---------|----------:|
| the *same* | the same |
| the same | the **other** |

Table: The caption of the `pipe` table.

The caption of the next paragraph.
"""


@pytest.mark.parametrize(
    ("source", "needles"),
    [
        (GRID, ["one two", "middle", "item one", "two*", "grid", "After", "Before"]),
        (MULTILINE, ["Heading", "Another", "still", "one two", "middle", "last", "multiline", "After"]),
        (PIPE, ["same*", "other", "pipe", "Before"]),
    ],
    ids=["grid", "multiline", "pipe"],
)
def test_cells_and_captions_are_found(source: str, needles: list[str]) -> None:
    if source is GRID:
        needles.remove("two*")
        part = read_part(source)
        styled = [node for node in n.walk(part.blocks) if isinstance(node, n.Styled)]
        assert [part.span(node).line for node in styled] == [11, 8]
    assert_found(source, *needles)
    part = read_part(source)
    tables = [node for node in part.blocks if isinstance(node, n.Table)]
    caption = source.split("\n").index(next(line for line in source.split("\n") if "caption" in line)) + 1
    assert part.span(tables[0].caption[0]).line == caption


SCRIPTS = """---
title: Words before the first *heading*
---

<!-- a comment with the words Ἐν ἀρχῇ in it -->

# Ἐν ἀρχῇ ἦν ὁ λόγος {#sec:arche .unnumbered}

素粒子の標準模型は*電磁気*を含む。

\tتاريخ

العربية *الفصحى* لغة.

हिन्दी में **अनुभाग** यहाँ है।

Cafe\N{COMBINING ACUTE ACCENT} is *re\N{COMBINING ACUTE ACCENT}sume\N{COMBINING ACUTE ACCENT}* in two ways.

Snake\\_case, _under_score_ and H~2~O^+^, caf&eacute; and *afterwards*.

\ta tab stands\tbefore\t`code`

x\ta tab in a\tline and\t`marker`
"""


def test_scripts_entities_and_tabs_are_found() -> None:
    assert_found(SCRIPTS, "Ἐν ἀρχῇ ἦν", "電磁気", "الفصحى", "अनुभाग", "afterwards", "marker")


SIMPLE = """Before it.

Name     Value
-------- -----
the left   the
same     other

A paragraph that runs on beyond the columns of the table,
and on in a second line with `code` in it.

Section heading
---------------

Text after *it*.
"""
HEADLESS = """Before it.

---------------- -----------------
the left one     the right
goes on          *other*

the same         the `right`
words            goes on
---------------- -----------------

After *it*.
"""


def test_tables_without_a_head_or_a_foot_scramble_nothing() -> None:
    assert_found(SIMPLE, "Name", "Value", "code", "Before", "Section")
    assert (locate(SIMPLE)["it"].line, locate(SIMPLE)["text"].line) == (14, 14)
    assert_found(HEADLESS, "other", "After", "Before")
    assert str(locate(HEADLESS)["right"]) == "chapters/1.md:7:23"


def test_what_follows_a_figure_without_a_description_is_found() -> None:
    source = "# One\n\n![The caption](a/picture.png)\n\nThe *words* after it.\n"
    assert_found(source, "words")
    part = read_part(source)
    figure = next(node for node in part.blocks if isinstance(node, n.Figure))
    assert part.span(figure.caption[0]) == Span("chapters/1.md", 3, 3)
    picture = next(node for node in n.walk(part.blocks) if isinstance(node, n.Picture))
    assert part.span(picture, "a/picture.png") == Span("chapters/1.md", 3, 16)


@pytest.mark.parametrize("source", [NOTES, REPEATED, GRID, MULTILINE, PIPE, SCRIPTS])
def test_windows_line_ends_change_no_place(source: str, tmp_path: Path) -> None:
    """Files are read with universal newlines; a part that was not is still found line by line."""
    assert locate(source, crlf=True) == locate(source)


def test_a_byte_order_mark_takes_no_column() -> None:
    source = "\N{ZERO WIDTH NO-BREAK SPACE}*Marked* first line.\n\nSecond `line`.\n"
    places = locate(source)
    assert (places["marked"].line, places["marked"].column) == (1, 2)
    assert (places["line"].line, places["line"].column) == (3, 9)


def test_a_node_without_words_is_found_by_its_neighbors() -> None:
    part = read_part("# One\n\nText before.\n\n***\n\nText after.\\\nNext line.\n\n> —\n> *Someone*\n")
    rule = next(node for node in part.blocks if isinstance(node, n.Rule))
    dash = part.blocks[-1]
    assert part.span(rule).line == 3
    assert part.span(dash) == Span("chapters/1.md", 11, 4)


def test_a_text_is_looked_for_from_its_node_on() -> None:
    source = (
        "# One\n\nSee [@lee2026b; @lee2026] and\n\nagain [@lee2026], and a formula $a +\nb \\foo c$ that\nbreaks.\n"
    )
    part = read_part(source)
    first, second = (node for node in n.walk(part.blocks) if isinstance(node, n.Citation))
    formula = next(node for node in n.walk(part.blocks) if isinstance(node, n.Math))
    assert part.span(first, "@lee2026") == Span("chapters/1.md", 3, 17)
    assert part.span(first, "@lee2026b") == Span("chapters/1.md", 3, 6)
    assert part.span(second, "@lee2026") == Span("chapters/1.md", 5, 8)
    assert part.span(formula, "a + b \\foo") == Span("chapters/1.md", 5, 34)
    assert part.span(formula, "\\foo") == Span("chapters/1.md", 6, 3)
    assert part.span(formula, "not there") == part.span(formula)


def test_the_attributes_of_a_div_stand_before_its_words() -> None:
    source = "# One\n\nSee @fig:two and [there](#fig:two).\n\n::: {.figure #fig:two kind=x}\nCaption of it.\n:::\n"
    part = read_part(source)
    assert part.span(part.blocks[-1], "#fig:two") == Span("chapters/1.md", 5, 14)


# A property: the generator knows the line of every block.

TABLE = "| {} | same |\n|---|---|\n| no | the same |"
VOCABULARY = ["the", "same", "few", "words", "again", "and", "no"]


@st.composite
def chapters(draw: st.DrawFn) -> tuple[str, dict[str, int]]:
    """Draw a chapter of few different words; each block begins with a word of its own, whose line is returned."""
    randomness = random.Random(draw(st.integers(0, 2**32)))
    lines, expected = ["# Start", ""], {}
    notes: list[str] = []
    for number in range(draw(st.integers(1, 25))):
        marker = f"marker{number}"
        filler = [randomness.choice(VOCABULARY) for _ in range(randomness.randrange(30))]
        form = randomness.choice(["{}", "> {}", "- {}", "*{}*", "## {}", TABLE, "note"])
        text = " ".join([marker, *filler])
        if form == "note":
            lines += [f"Kept{number} the same few words.[^{number}]", ""]
            notes += [f"[^{number}]: {text}", ""]
            continue
        expected[marker] = len(lines) + 1
        lines += [*form.format(text).split("\n"), ""]
    randomness.shuffle(pairs := [notes[at : at + 2] for at in range(0, len(notes), 2)])
    for definition in pairs:
        expected[definition[0].split()[1]] = len(lines) + 1
        lines += definition
    return "\n".join(lines), expected


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chapters())
def test_every_block_is_found_among_words_that_repeat(chapter: tuple[str, dict[str, int]]) -> None:
    source, expected = chapter
    places = locate(source)
    assert {marker: places[marker].line for marker in expected} == expected


def test_the_rows_of_a_long_table_are_found_in_the_time_of_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare words only within what single words part: to compare all with all takes the square of the time."""
    rows, products = 10_000, []

    class Recording(SequenceMatcher):  # type: ignore[type-arg]
        def __init__(self, junk: None, left: list[str], right: list[str], autojunk: bool) -> None:
            products.append(len(left) * len(right))
            super().__init__(junk, left, right, autojunk=autojunk)

    monkeypatch.setattr(alignment, "SequenceMatcher", Recording)
    source = "# One\n\n| a | b |\n|---|---|\n" + "".join(f"| {row} | x |\n" for row in range(rows))
    part = read_part(source)
    offsets = alignment.Alignment(source).of(part.blocks)
    cells = [node for node in n.walk(part.blocks) if isinstance(node, n.Text) and node.text.isdigit()]
    assert len(cells) == rows
    assert all(source.startswith(f"{node.text} ", offsets[id(node)]) for node in cells)
    assert products and sum(products) < 100 * rows
