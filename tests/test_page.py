"""Check the printed page: the grid, where pages end, what the gates catch, themes, front matter and index."""

from __future__ import annotations

import ctypes
import itertools
import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pypdfium2
import pytest
from conftest import Project
from pypdfium2 import raw

from octavo.design import points, standard_theme
from octavo.diagnostics import Ledger
from octavo.manifest import load

pytestmark = pytest.mark.tex
#: PDF points (1/72 inch) in a point of TeX (1/72.27 inch).
BIG_POINTS = 72 / 72.27
A5 = standard_theme().values["trims"]["a5"]
STEP = points(A5["leading"]) * BIG_POINTS
#: The first baseline stands three lines below the distance of the running head from the trim.
TOP = points(A5["top"]) * BIG_POINTS + 3 * STEP
SENTENCE = (
    "The binder folds each sheet once and lays it into the next, until the whole signature is ready to be sewn. "
)


@dataclass(frozen=True)
class Line:
    """Hold one line of a page: how many lines of the grid it is below the first, size of its letters, and how many."""

    position: float
    size: float
    letters: int

    @property
    def on_grid(self) -> bool:
        return abs(self.position - round(self.position)) < 0.02


def lines_of(page: pypdfium2.PdfPage) -> list[Line]:
    """Return the lines of a page from its top, told apart by the baseline and the size of their letters."""
    text = page.get_textpage()
    x, y = ctypes.c_double(), ctypes.c_double()
    found: Counter[tuple[float, float]] = Counter()
    for index in range(text.count_chars()):
        raw.FPDFText_GetCharOrigin(text.raw, index, ctypes.byref(x), ctypes.byref(y))
        found[round(y.value, 2), round(raw.FPDFText_GetFontSize(text.raw, index), 1)] += 1
    height = page.get_height()
    lines = [Line((height - at - TOP) / STEP, size, count) for (at, size), count in found.items()]
    return sorted(lines, key=lambda line: line.position)


def text_lines(page: pypdfium2.PdfPage) -> list[Line]:
    """Return the lines of running text: as large as the text, and longer than what stands in a formula or a head."""
    size = points(A5["size"]) * BIG_POINTS
    return [line for line in lines_of(page) if abs(line.size - size) < 0.1 and line.letters > 25]


@pytest.mark.xdist_group("book")
def test_lines_of_text_stand_on_the_grid_and_pages_end_on_its_last_line(flagship: Project) -> None:
    document = pypdfium2.PdfDocument(flagship.pdfs[0])
    pages = [text_lines(document[number]) for number in range(len(document))]
    lines = [line for page in pages for line in page]
    off = [line for line in lines if not line.on_grid]
    assert len(lines) > 2500 and len(off) < 0.05 * len(lines), f"{len(off)} of {len(lines)} lines are off the grid"
    # Facing pages of text end on the same line; the pages that end a chapter have no partner.
    folios = [document.get_page_label(number) for number in range(len(document))]
    ends = [round(max((line.position for line in lines_of(page)), default=0), 1) for page in document]
    starts = [min((line.position for line in lines_of(page) if line.position > -1), default=9) for page in document]
    spreads = [
        (folios[at], ends[at], ends[at + 1])
        for at in range(len(document) - 2)
        if folios[at].isdigit()
        and int(folios[at]) % 2 == 0
        and len(pages[at]) > 12
        and len(pages[at + 1]) > 12
        # Neither page begins a chapter, well below its first line, nor ends one: the next begins one, or is blank.
        and all(start < 1.5 for start in starts[at : at + 3])
    ]
    uneven = [spread for spread in spreads if abs(spread[1] - spread[2]) > 0.5]
    assert len(spreads) > 20 and len(uneven) <= 0.2 * len(spreads), uneven
    assert sum(abs(max(spread[1:]) + 1 - A5["lines"]) < 0.5 for spread in spreads) > 0.8 * len(spreads), spreads


SPANNED = (
    f"{SENTENCE}\n\n+-----+-----+\n| A   | B   |\n+=====+=====+\n" + "{}|     +-----+\n|     | c   |\n+-----+-----+\n"
)


@pytest.mark.parametrize(
    ("text", "keys", "place", "problem"),
    [
        pytest.param(
            f"{SENTENCE}\n\nSee ${{{'+'.join('x' * 19)}}}$ there.\n", {}, "OCT410 chapters/1.md:5",
            "leaves the measure by",
            id="overfull"
        ),
        pytest.param(
            f"{SENTENCE}\n\n" + f"A [{('q' * 24 + ' ') * 6}]{{lang=xx}}.\n",
            {}, "OCT411 chapters/1.md:5", "times as wide", id="loose",
        ),
        pytest.param(
            f"{SENTENCE}\n\n```{{=latex}}\n\\clubpenalty=0 \\widowpenalty=0\n```\n\n"
            + f"{SENTENCE * 2}\n\n{SENTENCE * 3}\n\n{SENTENCE}\n\n" * 20,
            {"trust": {"raw-latex": True}}, "OCT413", "stands alone at the", id="edges",
        ),
        pytest.param(
            f"{'Unconstitutionality institutionalization misrepresentation interdisciplinary. ' * 30}\n",
            {"editions": {"screen": {"page": {"measure": "34mm"}}}}, "OCT412 chapters/1.md:3",
            "Three lines", id="ladder",
        ),
        pytest.param(
            SPANNED.format("| a   | b   |\n|     |     |\n" * 37), {}, "OCT414 chapters/1.md",
            "higher than the page", id="tall",
        ),
        pytest.param(
            SPANNED.format("| a   | b   |\n|     |     |\n" * 60), {}, "OCT416 chapters/1.md",
            "leaves the paper", id="sunk",
        ),
    ],
)  # fmt: skip
def test_what_a_reader_would_stumble_over_is_told(
    project: Project, text: str, keys: dict[str, object], place: str, problem: str
) -> None:
    project.chapters(f"# One\n\n{text}", **keys)
    done = project.octavo("--format", "json", "build")
    found = [p for p in done.problems if f"{p['code']} {p['file']}:{p['line']}:{p['column']}".startswith(place)]
    assert found, done.places
    assert problem in found[0]["problem"]
    assert project.octavo("--strict", "build").status == 1, "a strict build does not print it"


def test_a_clean_page_is_not_complained_about(project: Project) -> None:
    project.chapters("# One\n\n" + f"{SENTENCE * 5}\n\n" * 30)
    done = project.octavo("--strict", "build")
    assert done.status == 0, done.err


def test_a_table_that_does_not_fit_moves_and_the_text_goes_on(project: Project) -> None:
    row = "| A word | and another |\n"
    table = f"| One | Two |\n|---|---|\n{row * 14}\n: A table. {{#tbl:one}}\n\n"
    project.chapters("# One\n\n" + f"{SENTENCE * 4}\n\n" * 6 + f"See @tbl:one.\n\n{table}" + f"{SENTENCE * 4}\n\n" * 6)
    assert project.octavo("--strict", "build").status == 0
    document = pypdfium2.PdfDocument(project.pdfs[0])
    texts = [document[number].get_textpage().get_text_range() for number in range(len(document))]
    first = next(number for number, text in enumerate(texts) if "See Table" in text)
    assert "A table." not in texts[first] and "A table." in texts[first + 1]
    assert round(text_lines(document[first])[-1].position) + 1 == A5["lines"], "the text goes on to the foot"


def test_a_row_higher_than_a_page_goes_on_over_the_pages(project: Project) -> None:
    spoken = " ".join(f"word{number} of what was said" for number in range(300))
    short = " ".join(f"aside{number}" for number in range(90))
    project.chapters(
        f"# One\n\n{SENTENCE}\n\n| Who | What | Aside |\n|---|-------|---|\n"
        f"| t0 | Short. | |\n| t1 | {spoken} | {short} |\n| t2 | Last. | |\n"
    )
    done = project.octavo("--strict", "build")
    assert done.status == 0, done.err
    document = pypdfium2.PdfDocument(project.pdfs[0])
    texts = [document[number].get_textpage().get_text_bounded() for number in range(len(document))]
    printed = re.findall(r"\b(?:word|aside)\d+\b", " ".join(texts))
    assert sorted(printed) == sorted(re.findall(r"(?:word|aside)\d+", spoken + short)), "each word is printed once"
    on = [number for number, text in enumerate(texts) if re.search(r"word\d", text)]
    assert len(on) > 3 and on == list(range(on[0], on[-1] + 1)) and "Short." in texts[on[0]], "no page is left empty"
    assert all("Aside" in texts[number] for number in on), "the head is repeated"


def test_a_table_of_five_thousand_rows_is_printed(project: Project) -> None:
    rows = "".join(f"| b{number} | c |\n" for number in range(5000))
    project.chapters(f"# One\n\nA table.\n\n| a | b |\n|---|---|\n{rows}")
    assert project.octavo("--strict", "build").status == 0
    document = pypdfium2.PdfDocument(project.pdfs[0])
    texts = "\n".join(document[number].get_textpage().get_text_bounded() for number in range(len(document)))
    assert len(set(re.findall(r"\bb\d+\b", texts))) == 5000


def test_code_keeps_its_distance_from_text_and_heading_and_leaves_the_text_on_the_grid(project: Project) -> None:
    chapter = "# Code and text\n\n"
    for number in range(1, 40):
        listing = "line = 1\n" * (1 + number % 7)
        chapter += f"{'##' if number % 3 else '###'} A heading\n\n{SENTENCE * 2}\n\n~~~\n{listing}~~~\n\n"
    project.chapters(chapter)
    done = project.octavo("build", "--format", "json")
    assert done.status == 0 and done.problems == []
    document = pypdfium2.PdfDocument(project.pdfs[0])
    scale = standard_theme().values["fonts"]["mono"]["scale"]
    code = standard_theme().values["type"]["code"][0] * points(A5["size"]) * scale * BIG_POINTS
    below, above = [], []
    for page in document:
        lines = [line for line in lines_of(page) if -0.5 < line.position < A5["lines"] and line.letters > 5]
        for line, following in pairwise(lines):
            is_code = abs(line.size - code) < 0.1, abs(following.size - code) < 0.1
            gap = following.position - line.position
            below += [gap] if is_code == (True, False) else []
            above += [gap] if is_code == (False, True) else []
        assert all(line.on_grid for line in text_lines(page))
    # From baseline to baseline, in lines of text: more than to the next line of the code, which is 0.79 lines away.
    assert len(below) > 8 and min(below) > 1.3, below
    assert len(above) > 8 and min(above) > 1.05, above


def test_no_letter_is_kerned_with_a_hyphen_which_luatex_would_hang_on_node_0(project: Project) -> None:
    kern = r"\directlua{tex.print(tostring(font.getfont(font.current()).characters[0x72].kerns[%s]))}"
    text = f"hyphen {kern % '0x2D'}, comma {kern % '0x2C'}\n"
    project.chapters(f"# Kerns\n\n```{{=latex}}\n{text}```\n", trust={"raw-latex": True})
    assert project.octavo("build").status == 0
    document = pypdfium2.PdfDocument(project.pdfs[0])
    (found,) = (
        re.findall(r"hyphen (\S+), comma (\S+)", text)
        for text in (page.get_textpage().get_text_range() for page in document)
        if "hyphen" in text
    )
    assert found[0][0] == "nil" and float(found[0][1].replace("\N{MINUS SIGN}", "-")) < 0


def test_a_theme_is_chosen_by_one_key(project: Project) -> None:
    project.chapters(f"# One\n\n## Part\n\n{SENTENCE}\n", theme="working-paper")
    done = project.octavo("--strict", "build")
    assert done.status == 0, done.err
    document = pypdfium2.PdfDocument(project.pdfs[0])
    width, height = document[0].get_size()
    assert (round(width / BIG_POINTS / points("1mm")), round(height / BIG_POINTS / points("1mm"))) == (210, 297)
    fonts = {line.size for line in lines_of(document[len(document) - 1])}
    assert round(10.8 * BIG_POINTS, 1) in fonts


def test_a_report_brings_a_theme_of_its_own(project: Project) -> None:
    project.write("templates/themes/pocket/design.yaml", "edition: {trim: tiny}\ntrims: {tiny: {" + TINY + "}}\n")
    project.chapters(f"# One\n\n{SENTENCE}\n", theme="pocket")
    ledger = Ledger()
    report = load(project.folder, ledger)
    assert report is not None and ledger.entries == []
    assert report.editions[0].page.width == "100mm" and report.theme.values["type"]["opener"] == [2.1, 2]
    assert project.octavo("--strict", "build").status == 0
    project.describe(parts={"chapters": ["chapters/1.md"]}, theme="pockt")
    done = project.octavo("--format", "json", "check")
    assert done.places == ["OCT116 report.yaml:8:8"]
    assert "Did you mean `pocket`?" in done.problems[0]["advice"]


@pytest.mark.parametrize(
    ("design", "code"),
    [(b"fonts: {fallback: [{scale: 1}]}\n", "OCT104"), (b"edition: {trim: caf\xe9}\n", "OCT113"), (b"a: [", "OCT101")],
)
def test_design_values_that_cannot_be_used_are_told_in_their_file(project: Project, design: bytes, code: str) -> None:
    project.write("templates/design.yaml", design)
    project.chapters("# One\n\nText.\n")
    done = project.octavo("--format", "json", "check")
    (problem,) = done.problems
    assert (problem["code"], problem["file"]) == (code, "templates/design.yaml") and done.status == 1


@pytest.mark.parametrize(
    ("name", "text", "advice"),
    [
        ("style/octavo-pge.sty", "% Nothing", "Did you mean `style/octavo-page.sty`?"),
        ("elemets.tex", "", "Did you mean `elements.tex`?"),
        ("desing.yaml", "colors: {}", "Did you mean `design.yaml`?"),
        ("design.yaml", "colors: {mutd: '112233'}\n", "Did you mean `muted`?"),
        ("design.yaml", "type: {sectoin: [1, 1]}\n", "Did you mean `section`?"),
    ],
)
def test_what_a_report_brings_and_nothing_reads_is_told(project: Project, name: str, text: str, advice: str) -> None:
    project.chapters("# One\n\nText.\n")
    project.write(f"templates/{name}", text)
    done = project.octavo("--format", "json", "check")
    (problem,) = done.problems
    assert (problem["code"], problem["file"], done.status) == ("OCT121", f"templates/{name}", 0)
    assert advice in problem["advice"]


def test_what_a_report_brings_and_its_own_files_ask_for_is_read(project: Project) -> None:
    project.chapters("# One\n\nText.\n")
    project.write("templates/design.yaml", "colors: {sea: '224466'}\n")
    project.write("templates/style/octavo-theme.sty", "\\RequirePackage{octavo-extra}\\color{octsea}\n")
    project.write("templates/style/octavo-extra.sty", "% More\n")
    project.write("templates/figures/own.sty", "% Drawings\n")
    project.write("templates/notes.txt", "For me.\n")
    assert project.octavo("--format", "json", "check").problems == []


TINY = "width: 100mm, height: 150mm, measure: 76mm, inner: 10mm, top: 8mm, lines: 24, size: 9pt, leading: 12pt"


@pytest.mark.xdist_group("book")
def test_the_contents_name_the_question_of_each_layer(flagship: Project) -> None:
    report = load(flagship.folder, Ledger())
    assert report is not None
    document = pypdfium2.PdfDocument(flagship.pdfs[0])
    texts = [document[number].get_textpage().get_text_range() for number in range(14)]
    contents = " ".join(" ".join(texts).split())
    for layer in report.layers:
        assert layer.question in contents


@pytest.mark.xdist_group("book")
def test_the_colophon_says_what_the_book_is_and_what_it_was_made_with(flagship: Project) -> None:
    document = pypdfium2.PdfDocument(flagship.pdfs[0])
    texts = [" ".join(document[number].get_textpage().get_text_range().split()) for number in range(8)]
    colophon = next(text for text in texts if "Cite as" in text)
    for expected in (
        r"Edition: screen, 148 × 210 mm", r"November 24, 2026", r"Creative Commons",
        r"Set in TeX Gyre Pagella, Linux Biolinum and DejaVu Sans Mono\.",
        r"Made with Octavo \d+\.\d+\.\d+, Pandoc \d+\.\d+(\.\d+)*, LuaTeX \d+\.\d+\.",
    ):  # fmt: skip
        assert re.search(expected, colophon), (expected, colophon)


def test_a_heading_of_the_index_goes_on_in_the_next_column(project: Project) -> None:
    below = "".join(f'[]{{.index entry="paper!kind {number:03d}"}}' for number in range(120))
    project.chapters(f"# One\n\nWord.{below}[]{{.index entry=zebra}}\n")
    assert project.octavo("--strict", "build").status == 0
    document = pypdfium2.PdfDocument(project.pdfs[0])
    texts = [document[number].get_textpage().get_text_range() for number in range(len(document))]
    pages = [text for text in texts if "kind 0" in text or "kind 1" in text]
    assert sum(text.count("paper (continued)") for text in pages) >= 2
    lines = [line for text in pages for line in text.split("\r\n")]
    found = [line for line in lines if re.match(r"kind \d{3}, 1", line)]
    assert [int(line[5:8]) for line in found] == list(range(120)), "no line is lost and each stands in its place"
    listened = project.octavo("check")
    assert listened.status == 0


def test_the_revision_is_named_where_there_is_one(project: Project, tmp_path: Path) -> None:
    from octavo.workspace import revision_of

    assert revision_of(project.folder) == ""
    assert re.fullmatch(r"[0-9a-f]{7,}\+?|v?[\w.-]+\+?", revision_of(Path(__file__).parent))


def test_front_matter_names_pages_without_a_second_run(project: Project) -> None:
    project.write("chapters/0.md", "# Before\n\nThe second chapter is on [](#sec:two){.page}.\n")
    project.write("chapters/1.md", f"# One\n\n{SENTENCE}\n")
    project.write("chapters/2.md", f"# Two {{#sec:two}}\n\n{SENTENCE}\n")
    project.describe(parts={"front": ["chapters/0.md"], "chapters": ["chapters/1.md", "chapters/2.md"]})
    done = project.octavo("--strict", "build")
    assert done.status == 0 and "engine runs" not in done.out, done.out
    document = pypdfium2.PdfDocument(project.pdfs[0])
    texts = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    assert any("The second chapter is on page 3." in text for text in texts)


@pytest.mark.xdist_group("book")
def test_pages_that_begin_a_chapter_show_no_folio(flagship: Project) -> None:
    document = pypdfium2.PdfDocument(flagship.pdfs[0])
    texts = [document[number].get_textpage().get_text_range().split() for number in range(len(document))]
    folios = [document.get_page_label(number) for number in range(len(document))]
    shown = {number for number, words in enumerate(texts) if folios[number] in (words[:1] + words[-1:] + words[3:12])}
    openers = {
        number for number, words in enumerate(texts) if {"Chapter", "Appendix"} & set(words[:6]) and number > 16
    }
    named = {number for number in openers if re.search(r"(Chapter|Appendix) [1-4A-E] ", " ".join(texts[number][:8]))}
    assert len(named) == 9 and not named & shown and len(shown) > 110


#: Callouts by their words, each with the lines that it has; the last two are longer than what is kept whole.
CALLOUTS = {
    "lines": [f"Callout line {number:02d}." for number in range(6)],
    "list": ["Callout line 00.", "\n".join(f"* Callout line {number:02d}." for number in range(1, 7))],
    "many": [f"Callout line {number:02d}." for number in range(14)],
    "tail": [SENTENCE * 4, SENTENCE * 4, "Callout line 00."],
}


@pytest.mark.parametrize("kind", CALLOUTS)
def test_a_callout_is_kept_whole_or_parted_after_its_second_line(project: Project, kind: str) -> None:
    """At each height of the page: a short one moves where the page left behind can be filled, a long one is parted."""
    callout = "\n\n".join(CALLOUTS[kind])
    text = "# Chapter\n\n" + f"{SENTENCE * 6}\n\n" * 4
    fillings = ("".join(f"Filling line {number}.\n\n" for number in range(count)) for count in range(1, 18))
    after = f"{SENTENCE * 5}\n\n" * 4
    project.chapters(*(f"{text}{filling}::: note\n{callout}\n:::\n\n{after}" for filling in fillings))
    assert project.octavo("build").status == 0
    document = pypdfium2.PdfDocument(project.pdfs[0])
    pages = [document[number].get_textpage().get_text_range().split("\r\n") for number in range(len(document))]
    parted = []
    for page, following in itertools.pairwise(pages):
        if "Note" not in [line.strip() for line in page]:
            continue
        under = page[[line.strip() for line in page].index("Note") + 1 :]
        mine = sum(line.startswith(("Callout", "• Callout")) for line in under)
        rest = sum(line.startswith(("Callout", "• Callout")) for line in following)
        assert len(under) >= 2, (under, following)
        if rest:
            parted.append((len(under) if kind == "tail" else mine, rest))
    assert parted, "at some height it does not fit"
    if kind == "tail":
        assert all("Callout" not in line for page in pages for line in page[1:2]), parted
    else:
        least = 2 if kind == "many" else 4
        assert all(mine >= least and (rest >= 2 or kind != "many") for mine, rest in parted), parted
