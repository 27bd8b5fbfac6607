"""Check every construct of the manuscript: its LaTeX, its structure, and how it stands in a real book.

Each case is a chapter `cases/constructs/NAME.md`. Beside it stand the expected LaTeX (`NAME.tex`), structure
(`NAME.tree`) and, where something must be reported, the diagnostics (`NAME.diagnostics`). `NAME.yaml` adds keys to the
report, `NAME.back.md` and `NAME.appendix.md` add parts. `pytest --accept` writes what was found as expected; read it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import html5lib
import pikepdf
import pypdfium2
import pytest
import yaml

from octavo.book import Book
from octavo.check.conformance import validate
from octavo.check.listening import Element, ObjectReference, read_aloud, read_structure
from octavo.check.reflow import reading_copy
from octavo.check.relations import Relations
from octavo.check.structure import inspect_structure
from octavo.diagnostics import Ledger, Severity, catalogue
from octavo.latex.tree import outline_of
from octavo.latex.volume import Volume
from octavo.manifest import load
from octavo.manuscript import nodes as n
from octavo.workspace import Workspace, pandoc_program

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
        return yaml.safe_load(self.read("yaml")) or {}

    @property
    def parts(self) -> dict[str, str]:
        """Return the files of the case by their role in the report."""
        found = {role: f"{self.name}{'.' if kind else ''}{kind}.md" for kind, role in ROLES.items()}
        return {role: name for role, name in found.items() if (CONSTRUCTS / name).is_file()}

    def read(self, kind: str) -> str:
        """Return what stands in a file beside the case, or nothing."""
        path = CONSTRUCTS / f"{self.name}.{kind}"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

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


def open_book(folder: Path, ledger: Ledger, workshop: Path | None = None) -> Book:
    """Return the book of the report in that folder; books that share a workshop compile the templates once."""
    report = load(folder, ledger)
    assert report is not None, ledger.entries
    return Book(report, Workspace(workshop or folder), ledger, lambda stage, what: None)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give one folder for what all cases build."""
    return tmp_path_factory.mktemp("workshop")


def compare(path: Path, found: str, accept: bool) -> None:
    """Compare with what is expected, or accept what was found; a golden that would be empty is not kept."""
    if accept:
        path.write_text(found, encoding="utf-8") if found else path.unlink(missing_ok=True)
    expected = path.read_text(encoding="utf-8") if path.is_file() else ""
    assert found == expected, f"{path.name} is not what was found; if that is right, run pytest --accept and read it"


@pytest.mark.parametrize("name", NAMES)
def test_construct_becomes_latex_and_structure(
    name: str, tmp_path: Path, workshop: Path, request: pytest.FixtureRequest
) -> None:
    case, ledger = Case(name), Ledger()
    write_report(tmp_path, [case])
    volume = open_book(tmp_path, ledger, workshop).examine()
    accept = bool(request.config.getoption("--accept"))
    told = (entry for entry in ledger.entries if name == OF_NO_FONT or entry.code not in OF_THE_MACHINE)
    lines = (f"{entry.code} {entry.span}: {entry.problem}\n" for entry in told)
    compare(case.expected("diagnostics"), "".join(lines), accept)
    compare(case.expected("tex"), "\n".join(map(readable, volume.main.values())), accept)
    compare(case.expected("tree"), outline_of(volume.main_tree) + "\n", accept)


def readable(tex: str) -> str:
    """Leave out empty lines in a row, which TeX does not see."""
    return re.sub(r"\n{3,}", "\n\n", tex).strip("\n") + "\n"


#: Whether a sign or hyphenation is missing depends on the machine, but for one case.
OF_THE_MACHINE, OF_NO_FONT = {"OCT403", "OCT422"}, "scripts-missing"
#: Only some machines have a font for these; where there is none, the case is in no book.
NEED_FONTS = {"scripts-ideographs": "NotoSerifCJK-Regular.ttc"}
#: The keys of a report that a whole book must agree on.
OF_THE_BOOK = ("language", "bibliography")
#: Cases with a book of their own, so that they renumber no golden of the others.
OWN_BOOK = {"foreign-chunks", "nesting", "links-over-pages", *NEED_FONTS}
#: The rule of ISO 14289-2 that a PDF breaks which does not claim to be PDF/UA.
NO_CLAIM = ("5", 1)
#: Cases of which a PDF does not claim to be PDF/UA: a picture without a description, a heading without words.
WITHHELD = {"image-without-alt", "structure-levels"}
#: Cases whose structure, as a screen reader meets it, is compared with a golden `NAME.aloud`.
HEARD = (
    "abbreviations", "block-quotes", "citations-notes", "code-captions", "emphasis", "figure-captions",
    "list-contents", "list-definitions", "maths-numbered", "nesting", "notes-in-places", "notes-with-blocks",
    "references", "scripts-ideographs", "scripts-rightward", "smart-punctuation-fr", "table-grid", "table-spans",
)  # fmt: skip


def books() -> dict[str, list[Case]]:
    """Group the cases into books: all in the first, but for those that set a language or a style of citation."""
    grouped: dict[str, list[Case]] = {}
    for name in NAMES:
        case = Case(name)
        codes = [line.split()[0] for line in case.read("diagnostics").splitlines()]
        stops = any(catalogue()[code].severity is Severity.ERROR for code in codes)
        if not stops:
            own = name in OWN_BOOK or any(key in case.options for key in OF_THE_BOOK)
            shared = "withheld" if name in WITHHELD else "corpus"
            grouped.setdefault(name if own else shared, []).append(case)
    for cases in grouped.values():
        cases.sort(key=lambda case: (case.name not in HEARD, case.name))  # so that a new case renumbers no golden
    return grouped


@dataclass(frozen=True)
class Bound:
    """Hold a finished book of cases: its PDF, the log of the engine, the chapters of each case in the tree."""

    cases: list[Case]
    pdf: Path
    log: str
    volume: Volume


@pytest.fixture(scope="module")
def bound(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Bound]:
    """Build each book of cases once."""

    @cache
    def build(name: str) -> Bound:
        if name in NEED_FONTS and not any(Path("/usr/share/fonts").rglob(NEED_FONTS[name])):
            pytest.skip(f"{NEED_FONTS[name]} is not installed")
        folder, ledger = tmp_path_factory.mktemp(name), Ledger()
        cases = books()[name]
        write_report(folder, cases)
        volume = open_book(folder, Ledger()).examine()
        products = open_book(folder, ledger).build()
        unexpected = [entry for entry in ledger.entries if entry.severity is Severity.ERROR]
        assert products and not unexpected, unexpected
        log = (folder / "build" / "press" / "screen" / "book.log").read_text(encoding="utf-8", errors="replace")
        return Bound(cases, products[0].path, log, volume)

    return build


@pytest.mark.tex
@pytest.mark.parametrize("book", books())
def test_every_construct_conforms_to_pdf_ua_2_and_pdf_a_4f(book: str, bound: Callable[[str], Bound]) -> None:
    for verdict in validate(bound(book).pdf, ("ua2", "a4f")):
        if book == "withheld" and verdict.flavour == "ua2":
            assert [(failure.clause, failure.test_number) for failure in verdict.failures] == [NO_CLAIM]
        else:
            assert verdict.passed, "\n".join(map(str, verdict.failures)) or verdict.status
    with pikepdf.open(bound(book).pdf) as pdf:
        found = {finding.code for finding in inspect_structure(pdf)}
    assert found == ({"OCT525", "OCT526"} if book == "withheld" else set())


@pytest.mark.tex
@pytest.mark.parametrize("book", books())
def test_the_reading_copy_of_every_construct_is_valid_html(book: str, bound: Callable[[str], Bound]) -> None:
    with pikepdf.open(bound(book).pdf) as pdf:
        source = reading_copy(Relations(read_structure(pdf)))
    html5lib.HTMLParser(strict=True).parse(source)
    names = re.findall(r' id="([^"]+)"', source)
    goals = re.findall(r' href="#([^"]+)"', source)
    assert len(names) == len(set(names)) and goals and set(goals) <= set(names)


@pytest.mark.tex
@pytest.mark.parametrize("book", books())
def test_no_line_leaves_the_measure(book: str, bound: Callable[[str], Bound]) -> None:
    wide = re.findall(r"^Overfull \\[hv]box \((\d+\.\d+)pt too (?:wide|high)\).*\n.*", bound(book).log, re.MULTILINE)
    assert "Output written on" in bound(book).log
    assert [excess for excess in wide if float(excess) > 1] == []


@pytest.mark.tex
@pytest.mark.parametrize("book", books())
def test_every_word_is_read_in_its_order(book: str, bound: Callable[[str], Bound]) -> None:
    with pikepdf.open(bound(book).pdf) as pdf:
        sections = chapters_of(pdf)
    for part, section in zip(bound(book).volume.manuscript.parts, sections, strict=True):
        spoken, position = letters_of(section.text), 0
        written = [letters for text in texts_of(part.blocks) if len(letters := letters_of(text)) > 2]
        for letters in written:
            found = spoken.find(letters, position)
            assert found >= 0, f"{part.path}: “{letters}” is lost or out of order after “{spoken[:position][-40:]}”"
            position = found + len(letters)
        assert written, part.path


@pytest.mark.tex
@pytest.mark.parametrize("book", books())
def test_every_long_word_can_be_found_and_copied(book: str, bound: Callable[[str], Bound]) -> None:
    with pypdfium2.PdfDocument(bound(book).pdf) as pdf:
        pages = (page.get_textpage().get_text_range() for page in pdf)
        copied = letters_of(" ".join(pages))
    for part in bound(book).volume.manuscript.parts:
        words = {letters_of(word) for text in texts_of(part.blocks) for word in text.split() if len(word) > 6}
        words = {word for word in words if "لا" not in word}  # PDFium turns the letters of this ligature around
        assert {word for word in words if word not in copied} == set(), part.path


@pytest.mark.tex
@pytest.mark.parametrize("name", HEARD)
def test_construct_is_read_aloud(name: str, bound: Callable[[str], Bound], request: pytest.FixtureRequest) -> None:
    case = Case(name)
    book = next(book for book, cases in books().items() if case in cases)
    names = [Path(part.path).stem for part in bound(book).volume.manuscript.parts]
    with pikepdf.open(bound(book).pdf) as pdf:
        heard = read_aloud(pdf, chapters_of(pdf)[names.index(name)].pages)
    compare(case.expected("aloud"), heard, bool(request.config.getoption("--accept")))


#: Say, for each extension that Pandoc's Markdown has switched on, in which text it changes what is read, if in any.
EXTENSIONS = """
function Reader(texts)
  local chapters = pandoc.json.decode(tostring(texts))
  local shown, wholes = {}, {}
  for case, text in pairs(chapters) do
    local readable, whole = pcall(pandoc.read, text, 'markdown') -- one has metadata that nobody can read
    wholes[case] = readable and whole or nil
    chapters[case] = readable and text or nil
  end
  for name, is_on in pairs(pandoc.format.extensions 'markdown') do
    shown[name] = is_on and '' or nil
    for case, text in pairs(is_on and chapters or {}) do
      if pandoc.read(text, 'markdown-' .. name) ~= wholes[case] then
        shown[name] = case
        break
      end
    end
  end
  return pandoc.Pandoc { pandoc.CodeBlock(pandoc.json.encode(shown)) }
end
"""


def test_every_extension_of_pandocs_markdown_has_a_case(tmp_path: Path) -> None:
    (tmp_path / "extensions.lua").write_text(EXTENSIONS, encoding="utf-8")
    texts = json.dumps({name: Case(name).read("md") for name in NAMES})
    command = [pandoc_program(), "-f", str(tmp_path / "extensions.lua"), "-t", "json"]
    output = subprocess.run(command, input=texts, capture_output=True, text=True, check=True).stdout
    shown = json.loads(json.loads(output)["blocks"][0]["c"][1])
    assert len(shown) > 40 and [name for name, case in shown.items() if not case] == []


@pytest.mark.tex
def test_a_table_goes_over_five_pages_with_label_and_head_on_each_and_read_once(bound: Callable[[str], Bound]) -> None:
    heads = "No.", "Text", "Square", "Remark"
    with pikepdf.open(bound("corpus").pdf) as pdf, pypdfium2.PdfDocument(bound("corpus").pdf) as printed:
        tables = [element for element in read_structure(pdf).elements() if element.role == "Table"]
        (table,) = (found for found in tables if "The word number 100" in found.text)
        pages = sorted(table.pages)
        assert pages == list(range(pages[0], pages[0] + len(pages))) and len(pages) >= 5
        (head,) = (element for element in table.descendants() if element.role == "THead")
        assert [cell.text.strip() for cell in head.descendants() if cell.role == "TH"] == list(heads)
        label = next(element.text.strip() for element in table.descendants() if element.role == "Lbl")
        line = f"{label}, continued {' '.join(heads)}".replace("\N{NO-BREAK SPACE}", " ")
        assert line.startswith("Table") and "continued" not in table.text
        for page in pages:
            words = " ".join(printed[page].get_textpage().get_text_range().split())
            assert " ".join(heads) in words
            assert (line in words) is (page != pages[0])


@pytest.mark.tex
def test_a_link_over_pages_is_one_link(bound: Callable[[str], Bound]) -> None:
    with pikepdf.open(bound("links-over-pages").pdf) as pdf:
        (section,) = chapters_of(pdf)
        (link,) = (element for element in section.descendants() if element.role == "Link")
        pages = [kid.page for kid in link.kids if isinstance(kid, ObjectReference)]
        assert len(set(pages)) > 1 and pages == sorted(pages)
        assert link.text.startswith("It starts here line 1") and link.text.endswith("ends here")


def chapters_of(pdf: pikepdf.Pdf) -> list[Element]:
    """Return the section of each part in order, without contents, lists, bibliography and index."""
    made = {"Contents", "Figures and tables", "Bibliography", "Index"}
    made |= {"Inhalt", "Abbildungen und Tabellen", "Literatur", "Register"}
    made |= {"Table des matières", "Figures et tableaux", "Bibliographie"}
    sections = []
    for section in read_structure(pdf).elements():
        heading = section.kids[0] if section.kids else None
        if section.role == "Sect" and isinstance(heading, Element) and heading.role == "H1":
            sections.append(section)
    return [section for section in sections if " ".join(first_text(section).split()) not in made]


def first_text(section: Element) -> str:
    """Return the text of a section's heading."""
    heading = section.kids[0]
    return heading.text if isinstance(heading, Element) else ""


def texts_of(nodes: Iterable[n.Node]) -> Iterator[str]:
    """Yield each text that is read, in the order of reading; the notes of a heading come after it."""
    for node in nodes:
        match node:
            case n.Heading():
                notes = [inner for inner in n.walk(node.children) if isinstance(inner, n.Note)]
                yield from (text for text in texts_of(node.children) if text not in texts_of(notes))
                yield from texts_of(notes)
            case n.Text() | n.CodeSpan():
                yield node.text
            case n.CodeBlock():
                yield from node.text.split("\n")
            case n.Picture():
                pass
            case _:
                yield from texts_of(n.inner(node))


def letters_of(text: str) -> str:
    """Keep the letters alone, composed and in small case, since spaces, hyphens and ligatures are the engine's."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalpha())
