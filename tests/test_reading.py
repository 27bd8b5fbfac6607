"""Compare the words of the book in every form: manuscript, structure tree, pages, and the reading copy in HTML.

`docs/reading.md` says what is compared and by which rules; the table there is printed by
`python tests/test_reading.py`.
"""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import lxml.html
import pikepdf
import pypdfium2
import pytest
from conftest import ROOT, Project
from pikepdf import Dictionary, Name

from octavo.book import Book
from octavo.check.listening import Element, Leaf, ObjectNumber, read_structure
from octavo.check.reflow import reading_copy
from octavo.check.relations import INLINE, NOTES, Relations
from octavo.diagnostics import Ledger
from octavo.edition import Folios
from octavo.latex.context import Context
from octavo.latex.maths import alternative
from octavo.latex.volume import Volume
from octavo.manifest import load
from octavo.manuscript import nodes as n
from octavo.manuscript.numbering import reference_text
from octavo.workspace import Workspace

#: Stands between what no space need part: blocks, labels, calls of notes.
EDGE = "\n"
#: Follows a letter of a formula, and one before the call of a note: the space there is too small to be told from none.
CLOSE = "\N{WORD JOINER}"
#: What the page shows elsewhere than at its place in the text: at the foot, or where a float finds room.
MOVED = NOTES | {"Figure", "Table", "Caption"}
#: The operators that put something on a page.
SHOWING = frozenset({"Tj", "TJ", "'", '"', "Do", "sh", "INLINE IMAGE"})
Mark: TypeAlias = tuple[ObjectNumber, int]
#: Stands before an item of a list that is not in another; the book has no other.
BULLET = "•"


def words(text: str) -> list[str]:
    """Part a text into words; the hyphens that the engine put in are none of the author's."""
    return text.replace("\N{SOFT HYPHEN}", "").split()


# The manuscript: the text of Pandoc's tree, and what Octavo adds to it by rule.


@dataclass
class Manuscript:
    """Tell the parts of a written book as the reader of its pages meets them."""

    volume: Volume
    folios: dict[str, str]

    @property
    def context(self) -> Context:
        return self.volume.context

    def parts(self) -> Iterator[tuple[str, str]]:
        """Yield each part with its text."""
        for part in self.volume.manuscript.parts:
            self.context.part = part
            yield part.path, self.blocks(part.blocks)

    def blocks(self, nodes: Iterable[n.Node]) -> str:
        return "".join(map(self._told, nodes))

    def _told(self, node: n.Node) -> str:
        match node:
            case n.Text():
                return node.text.replace("\N{NON-BREAKING HYPHEN}", "-")
            case n.CodeSpan():
                return node.text
            case n.LineBreak():
                return " "
            case n.Math():
                number = f"{EDGE}({node.number}){EDGE}" if node.number else ""
                language = self.context.language
                return EDGE + alternative(node, language, language)[0] + EDGE + number
            case n.Reference():
                return "".join(text for text, _ in reference_text(node, self.context.labels, self.context.words))
            case n.Note():
                return f"{EDGE}{node.number}{EDGE}{self.blocks(node.children)}{EDGE}"
            case n.InlineSpan() if "see" in node.attributes.values:
                return ""
            case n.Link() if "page" in node.attributes.classes:
                label = self.context.labels.find(node.target[1:])
                return f"{self.context.words('page')} {self.folios[label.identifier] if label else ''}"
            case n.Link() if not node.children:
                return self._unnamed(node)
            case n.Picture() | n.RawBlock() | n.Raw() | n.Rule():
                return ""
            case n.Heading():
                return self._heading(node)
            case n.Paragraph():
                return self.blocks(node.children) + EDGE
            case n.List():
                return "".join(f"{item.label or BULLET}{EDGE}{self.blocks(item.children)}" for item in node.items)
            case n.DefinitionList():
                items = ((self.blocks(item.term), "".join(map(self.blocks, item.bodies))) for item in node.items)
                return "".join(f"{term}{EDGE}{body}" for term, body in items)
            case n.LineBlock():
                return EDGE.join(map(self.blocks, node.lines)) + EDGE
            case n.CodeBlock():
                return self._caption("listing", node.number, []) + node.text + EDGE
            case n.Table():
                return self._table(node)
            case n.Figure():
                return self._caption("figure", node.number, node.caption)
            case n.Div():
                return self._div(node)
            case _:
                return self.blocks(n.inner(node))

    def _unnamed(self, link: n.Link) -> str:
        label = self.context.labels.find(link.target[1:]) if link.target.startswith("#") else None
        return self._told(n.Reference((label.identifier,), bare=False, capital=True)) if label else link.target

    def _heading(self, heading: n.Heading) -> str:
        context, role = self.context, self.context.part.role
        kind = context.words("appendix" if role == "appendix" else "chapter") if heading.level == 1 else ""
        number = f"{kind} {heading.number}{EDGE}" if heading.number else ""
        layer = next((layer for layer in context.layers if layer[0] == context.part.path), None)
        beside = EDGE.join(layer[1:]) + EDGE if layer and heading.level == 1 else ""
        return number + self.blocks(heading.children) + EDGE + beside

    def _caption(self, kind: str, number: str, blocks: Sequence[n.Node]) -> str:
        label = f"{self.context.words(kind)} {number}{EDGE}" if number else ""
        return label + self.blocks(blocks) + EDGE

    def _table(self, table: n.Table) -> str:
        cells = (cell for rows in (table.head, table.body, table.foot) for row in rows for cell in row)
        caption = self._caption("table", table.number, table.caption) if table.caption else ""
        return caption + "".join(self.blocks(cell.children) + EDGE for cell in cells)

    def _div(self, div: n.Div) -> str:
        classes, values, context = div.attributes.classes, div.attributes.values, self.context
        if "figure" in classes:
            return self._caption("figure", values.get("number", ""), div.children)
        if "table" in classes:
            caption = self._caption("table", values.get("number", ""), div.children)
            if (data := context.data.get(values.get("data", ""))) is not None:
                cells = [
                    *(name[:1].upper() + name[1:] for name in data.header),
                    *(cell for row in data.rows for cell in row),
                ]
                return caption + data.note + EDGE + EDGE.join(cells) + EDGE
            titles = {label.part: label.title for label in context.labels.targets.values() if label.kind == "chapter"}
            head = [context.words(word) for word in ("piece", "level", "question")]
            rows = [text for path, *rest in context.layers for text in (titles.get(path, path), *rest)]
            return caption + EDGE.join([*head, *rows]) + EDGE
        form = next(
            (name for name in classes if name in {"note", "tip", "warning", "abstract", "summary", "questions"}), ""
        )
        title = values.get("title", context.words(form)) + EDGE if form else ""
        return title + self.blocks(div.children)


# The structure tree.


def text_of(element: Element, relations: Relations) -> str:
    """Return the text of an element: notes where they are called, a formula as it is said, no drawings."""
    text = ""
    for kid in element.kids:
        if isinstance(kid, Leaf):
            text += kid.text or ""
        elif isinstance(kid, Element) and not (kid.role in NOTES and kid.node.objgen in relations.called):
            text += told(kid, relations)
    return text


def told(element: Element, relations: Relations) -> str:
    if element.role == "Formula":
        return EDGE + element.words("/Alt") + EDGE
    if element.role == "Figure":
        return "".join(told(kid, relations) for kid in element.kids if isinstance(kid, Element))
    text = text_of(element, relations)
    note = relations.note(element) if element.role == "Link" else None
    if note is not None:
        return EDGE + text + EDGE + text_of(note, relations).lstrip().removeprefix(text) + EDGE
    is_block = element.role not in INLINE or element.role == "Lbl"
    return EDGE + text + EDGE if is_block else text


# The pages.


@dataclass(frozen=True)
class Home:
    """Say what a mark stands in: its block, and whether that is a formula, a call of a note, a drawing, or moved."""

    block: int = 0
    formula: bool = False
    call: bool = False
    drawing: bool = False
    moved: bool = False

    def inside(self, element: Element, relations: Relations) -> Home:
        """Return the home of what stands in an element that is here."""
        role = element.role
        return Home(
            self.block if role in INLINE and role != "Lbl" else id(element),
            self.formula or role == "Formula",
            role == "Link" and relations.note(element) is not None,
            role == "Figure",
            self.moved or role in MOVED,
        )


def homes_of(relations: Relations) -> dict[Mark, Home]:
    """Return each mark of the tree in reading order with its home."""

    def visit(kids: Iterable[object], home: Home) -> Iterator[tuple[Mark, Home]]:
        for kid in kids:
            if isinstance(kid, Leaf):
                yield kid.mark, home
            elif isinstance(kid, Element):
                yield from visit(kid.kids, home.inside(kid, relations))

    return dict(visit(relations.tree.roots, Home()))


def marked(relations: Relations) -> list[str]:
    """Return the text of each page, mark by mark in the order in which it was drawn, with edges between blocks."""
    homes, tree = homes_of(relations), relations.tree
    result = []
    for page in tree.pdf.pages:
        number, text, last = page.obj.objgen, "", 0
        for mark, said in sorted(tree.content[number].marks.items()):
            home = homes[number, mark]
            if home.drawing:
                continue
            text += CLOSE if home.call else EDGE if home.block != last else ""
            text += "".join(letter + CLOSE for letter in said.strip()) if home.formula else said
            last = home.block
        result.append(text)
    return result


@dataclass
class Gaps:
    """Count where a page and its marks part words: alike, or at the end of a line by a rule, or differently."""

    alike: int = 0
    soft_hyphens: int = 0
    hyphens: int = 0
    addresses: int = 0
    close: int = 0
    different: list[str] = field(default_factory=list)

    def compare(self, page: str, marks: str) -> None:
        """Compare letter by letter: the letters must be the same, and so must the gaps between them."""
        found, said = split(page), split(marks)
        text = "".join(letter for letter, _ in said)
        if "".join(letter for letter, _ in found) != text:
            self.different.append(f"{page[:60]!r} is not {marks[:60]!r}")
            return
        in_address = set(places_in_addresses(said))
        for at, ((letter, gap), (_, wanted)) in enumerate(zip(found, said, strict=True)):
            if CLOSE in wanted:
                self.close += bool(gap)
            elif bool(gap) == bool(wanted):
                self.alike += bool(gap)
            elif gap and letter == "\N{SOFT HYPHEN}":
                self.soft_hyphens += 1
            elif gap and at in in_address:
                self.addresses += 1
            elif "\n" in gap and letter in "-–/":
                self.hyphens += 1
            else:
                self.different.append(f"{text[max(0, at - 20) : at + 1]}{gap!r}{text[at + 1 : at + 20]}")


def places_in_addresses(letters: Sequence[tuple[str, str]]) -> Iterator[int]:
    """Yield the place of each letter of an address that another one follows."""
    begin = 0
    for end, (_, gap) in enumerate(letters):
        if gap:
            address = "".join(letter for letter, _ in letters[begin:end]).find("://")
            yield from range(begin + address, end) if address >= 0 else ()
            begin = end + 1


def split(text: str) -> list[tuple[str, str]]:
    """Part a text into letters, each with the white space behind it; what is at the end parts nothing."""
    return re.findall(rf"([^\s{CLOSE}])([\s{CLOSE}]*)", text.rstrip())


def without_drawings(pdf: pikepdf.Pdf, relations: Relations) -> None:
    """Take running heads, folios, other artifacts and the drawings of figures off the pages."""
    drawn = {mark for mark, home in homes_of(relations).items() if home.drawing}
    for page in pdf.pages:
        kept: list[pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage] = []
        hidden: list[bool] = []
        for instruction in pikepdf.parse_content_stream(page):
            operator = str(instruction.operator)
            if operator in {"BMC", "BDC"}:
                operands = list(instruction.operands)
                properties = operands[1] if len(operands) > 1 and isinstance(operands[1], Dictionary) else Dictionary()
                mark = (page.obj.objgen, int(properties.get("/MCID", -1)))
                hidden.append(operands[0] == Name.Artifact or mark in drawn)
            if not any(hidden) or operator not in SHOWING:
                kept.append(instruction)
            if operator == "EMC":
                hidden.pop()
        page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(kept))


def by_poppler(pdf: Path) -> list[str]:
    """Return the text of each page as `pdftotext` gives it, in the order in which it was drawn."""
    done = subprocess.run(["pdftotext", "-raw", pdf, "-"], capture_output=True, text=True, check=True)
    return done.stdout.split("\f")[:-1]


def by_pdfium(pdf: Path) -> list[str]:
    """Return the text of each page as Chromium copies it."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def as_pdfium_has_it(text: str) -> str:
    """Make texts alike that PDFium gives: its sign for a hyphen at the end of a line, accents before their letters."""
    return re.sub("[\N{SOFT HYPHEN}\ufffe]", "-", text).replace("\N{COMBINING MACRON}", "")


# The reading copy.

LINE_TAGS = frozenset({"span", "em", "strong", "code", "sup", "sub", "s", "u", "abbr", "a", "ruby", "rt", "math"})


def shown(tag: lxml.html.HtmlElement, notes: dict[str, lxml.html.HtmlElement]) -> str:
    """Return the text of an HTML element: notes where they are called, a formula as it is said, no descriptions."""
    if tag.get("class") in {"description", "back"} or tag.get("role") == "doc-footnote":
        return ""
    if tag.tag == "math":
        return EDGE + str(tag.get("alttext")) + EDGE
    text = within(tag, notes)
    if tag.get("role") == "doc-noteref":
        return EDGE + text + EDGE + within(notes[tag.get("href")], notes).lstrip().removeprefix(text) + EDGE
    edged = tag.tag not in LINE_TAGS or tag.get("class") == "label" or tag.get("role") == "math"
    return EDGE + text + EDGE if edged else text


def within(tag: lxml.html.HtmlElement, notes: dict[str, lxml.html.HtmlElement]) -> str:
    return (tag.text or "") + "".join(shown(kid, notes) + (kid.tail or "") for kid in tag)


def notes_of(body: lxml.html.HtmlElement) -> dict[str, lxml.html.HtmlElement]:
    return {"#" + note.get("id"): note for note in body.iter("aside") if note.get("role") == "doc-footnote"}


# The comparison.


@dataclass(frozen=True)
class Row:
    """Hold one line of the table: what was compared, how many words, what rules explain, what differs."""

    compared: str
    words: int
    explained: str
    different: list[str]


@dataclass(frozen=True)
class Forms:
    """Hold the book in all its forms."""

    path: Path
    relations: Relations
    volume: Volume
    folios: dict[str, str]
    scratch: Path

    @cached_property
    def tree(self) -> list[str]:
        return words(told(self.relations.tree.roots[0], self.relations))

    @cached_property
    def body(self) -> lxml.html.HtmlElement:
        return lxml.html.document_fromstring(reading_copy(self.relations).encode()).find("body")

    @cached_property
    def bare(self) -> Path:
        """Write the PDF once more, without artifacts and drawings."""
        copy = self.scratch / "bare.pdf"
        with pikepdf.open(self.path) as pdf:
            without_drawings(pdf, Relations(read_structure(pdf)))
            pdf.save(copy)
        return copy

    def sections(self) -> Iterator[Element]:
        """Yield the chapters that come from parts of the manuscript."""
        made = {self.volume.context.words(key) for key in ("contents", "figures", "bibliography", "index")}
        for section in self.relations.tree.elements():
            heading = section.kids[0] if section.kids else None
            is_chapter = section.role == "Sect" and isinstance(heading, Element) and heading.role == "H1"
            if is_chapter and " ".join(words(first_text(section))) not in made:
                yield section

    def manuscript(self) -> Row:
        """Compare each part with its chapter, and each entry of the bibliography with its element."""
        parts = list(Manuscript(self.volume, self.folios).parts())
        count, different = 0, []
        for (path, text), section in zip(parts, self.sections(), strict=True):
            written = words(text)
            count += len(written)
            different += [f"{path}: {line}" for line in differences(written, words(told(section, self.relations)))]
        manuscript = Manuscript(self.volume, self.folios)
        entries = [element for element in self.relations.tree.elements() if element.role == "BibEntry"]
        for blocks, entry in zip(self.volume.manuscript.entries.values(), entries, strict=True):
            written = words(manuscript.blocks(blocks))
            count += len(written)
            spoken_entry = CITING.sub("", " ".join(words(told(entry, self.relations))))
            different += [f"bibliography: {line}" for line in differences(written, spoken_entry.split())]
        return Row("Markdown and structure tree", count, f"{len(entries)} lists of citing pages", different)

    def html(self) -> Row:
        """Compare the whole tree with the reading copy."""
        found = words(shown(self.body, notes_of(self.body)))
        return Row("structure tree and HTML", len(self.tree), "", differences(self.tree, found))

    def pages(self, name: str, pages: list[str], alike: Callable[[str], str] = str) -> Row:
        """Compare what a program reads on the pages with their marks."""
        gaps = Gaps()
        for page, marks in zip(pages, marked(self.relations), strict=True):
            gaps.compare(alike(page), alike(marks))
        explained = (
            f"{gaps.soft_hyphens + gaps.hyphens} words broken at a hyphen, {gaps.addresses} breaks in addresses, "
            f"{gaps.close} gaps in formulas and before notes"
        )
        return Row(f"structure tree and {name}", gaps.alike, explained, gaps.different)

    def rows(self) -> list[Row]:
        """Make the whole table."""
        return [
            self.manuscript(),
            self.html(),
            self.pages("Poppler", by_poppler(self.bare)),
            self.pages("PDFium", by_pdfium(self.bare), as_pdfium_has_it),
        ]


def first_text(section: Element) -> str:
    """Return the text of the heading that a section begins with."""
    return next(kid.text for kid in section.kids if isinstance(kid, Element))


#: The pages that cite an entry: the edition's, not the manuscript's.
CITING = re.compile(r" \[[\divxlc–, ]+\]$")


def differences(written: list[str], found: list[str]) -> list[str]:
    """Name each place at which two lists of words differ."""
    if written == found:
        return []
    codes = difflib.SequenceMatcher(None, written, found, autojunk=False).get_opcodes()
    return [
        f"{' '.join(written[max(0, a - 3) : b + 3])!r} is {' '.join(found[max(0, c - 3) : d + 3])!r}"
        for tag, a, b, c, d in codes
        if tag != "equal"
    ]


def forms_of(folder: Path, scratch: Path) -> Forms:
    """Take the finished book of a folder, and write its manuscript anew; `scratch` may be written to."""
    ledger = Ledger()
    report = load(folder, ledger)
    assert report is not None, ledger.entries
    volume = Book(report, Workspace(folder), ledger, lambda stage, what: None).examine()
    path = folder / "dist" / report.product(report.editions[0])
    folios = Folios.load(folder / "build" / "cache" / "folios" / f"{report.editions[0].name}.json").guess
    return Forms(path, Relations(read_structure(pikepdf.open(path))), volume, folios, scratch)


@pytest.fixture(scope="module")
def forms(flagship: Project, tmp_path_factory: pytest.TempPathFactory) -> Forms:
    """Read the book once for all tests of this module."""
    return forms_of(flagship.folder, tmp_path_factory.mktemp("forms"))


group = pytest.mark.xdist_group("book")


@group
@pytest.mark.tex
def test_the_book_reads_the_same_in_every_form(forms: Forms) -> None:
    rows = forms.rows()
    assert [row.words > 40_000 for row in rows] == [True] * 4
    assert [line for row in rows for line in row.different] == []


@group
@pytest.mark.tex
def test_a_word_that_is_lost_glued_or_moved_is_found(forms: Forms) -> None:
    right = ["a", "word", "that", "stays"]
    for wrong in (["a", "that", "stays"], ["aword", "that", "stays"], ["word", "a", "that", "stays"]):
        assert differences(right, wrong)
    for page in ("a wordthat stays", "a word that", "a word stays that", "a wo\nrd that stays"):
        gaps = Gaps()
        gaps.compare(page, " ".join(right))
        assert gaps.different, page
    gaps = Gaps()
    gaps.compare(
        "a wo\N{SOFT HYPHEN}\nrd, https://a.b/\nc and well-\nknown",
        "a wo\N{SOFT HYPHEN}rd, https://a.b/c and well-known",
    )
    assert (gaps.different, gaps.soft_hyphens, gaps.addresses, gaps.hyphens) == ([], 1, 1, 1)


@group
@pytest.mark.tex
def test_the_order_of_the_page_is_that_of_the_text(forms: Forms) -> None:
    places = {page.obj.objgen: place for place, page in enumerate(forms.relations.tree.pdf.pages)}
    homes = homes_of(forms.relations)
    marks = [(places[page], mark) for (page, mark), home in homes.items() if not home.moved]
    assert len(marks) > 5_000
    assert marks == sorted(marks)


@group
@pytest.mark.tex
def test_every_character_is_one_that_can_be_searched_for(forms: Forms) -> None:
    texts = {
        "tree": "".join(forms.tree),
        "HTML": forms.body.text_content(),
        "Poppler": "".join(by_poppler(forms.path)),
        "PDFium": "".join(by_pdfium(forms.path)),
    }
    for name, text in texts.items():
        assert len(text) > 200_000, name
        assert {letter for letter in text if is_no_letter_of_an_author(letter)} <= {LINE_END[name]}, name
    assert "\N{SOFT HYPHEN}" not in texts["HTML"] + texts["tree"]


#: What each program puts where a hyphenated line ends.
LINE_END = {"tree": "", "HTML": "", "Poppler": "\f", "PDFium": "\ufffe"}


def is_no_letter_of_an_author(letter: str) -> bool:
    """Tell whether a character is a ligature, a replacement, private, a control, or nothing at all."""
    return (
        "\ufb00" <= letter <= "\ufb06"
        or letter == "\N{REPLACEMENT CHARACTER}"
        or unicodedata.category(letter) in {"Co", "Cn", "Cs"}
        or (unicodedata.category(letter) == "Cc" and letter not in "\r\n")
    )


if __name__ == "__main__":
    print("| Compared | Words | Differences explained by a rule | Differences |")
    print("|:----------------------------|------:|:------------------------|------:|")
    with tempfile.TemporaryDirectory() as scratch:
        for row in forms_of(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT, Path(scratch)).rows():
            print(f"| {row.compared} | {row.words:,} | {row.explained or 'none'} | {len(row.different)} |")
