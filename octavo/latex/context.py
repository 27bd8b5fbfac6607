"""Carry what every writer of LaTeX needs: the templates, the leaves, the labels, and what it notes down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from octavo.diagnostics import Ledger, Span
from octavo.latex.environment import Macros
from octavo.latex.escape import Tex, escape
from octavo.latex.tree import Element, Leaves
from octavo.manuscript import nodes as n
from octavo.manuscript.numbering import Labels, reference_text
from octavo.manuscript.part import Part
from octavo.manuscript.punctuation import typographic
from octavo.manuscript.words import numbered


@dataclass(frozen=True)
class Picture:
    """Name a picture that is ready to be placed: a PDF file in the press folder, one of its pages, its alt text."""

    file: str
    page: int = 1
    alt: str = ""


class DataTable(Protocol):
    """Hold the data of a figure as a table: the first cell of each row heads it."""

    @property
    def header(self) -> tuple[str, ...]:
        """Return the heads of the columns."""

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Return the cells of each row."""

    @property
    def note(self) -> str:
        """Return what must be known to read the values."""

    @property
    def summary(self) -> str:
        """Return what the data show, in a sentence, or nothing."""


class Pictures(Protocol):
    """Make pictures ready: of an image file named in the manuscript, or drawn from the report's data."""

    def image(self, target: str, beside: str, span: Callable[[], Span]) -> Picture | None:
        """Return the picture of an image file, or report why there is none."""

    def drawing(self, kind: str, span: Callable[[], Span]) -> Picture | None:
        """Return the drawing of that kind, or report that the report has no data for it."""


@dataclass(frozen=True)
class IndexMark:
    """Note a place that the index names.

    `entry` is its path of headings, `place` a leaf or an anchor in the element.

    A mark with `see` or `also` has no place; it sends the reader to another entry. A heading with a formula in it is
    set as `title`.
    """

    entry: tuple[str, ...]
    place: int = 0
    element: Element | None = None
    see: str = ""
    also: str = ""
    title: tuple[n.Inline, ...] = ()


@dataclass(frozen=True)
class NoteText:
    """Hold the text of a note whose number stands where TeX can set no footnote."""

    number: int
    leaf: int
    content: Tex


@dataclass(frozen=True)
class Surroundings:
    """Say what what is written now stands in.

    `shelf` takes the notes of a place where TeX can set no footnote; whoever put it there prints them. `note_home` is
    the element that notes belong to, when it is not the one that calls them. In a `fixed` place (a cell, a note, a
    figure) nothing can float or break over pages. Inside a `linked` text there can be no second link. `rightward` is
    the script of a passage that runs from right to left.
    """

    shelf: list[NoteText] | None = None
    note_home: Element | None = None
    fixed: bool = False
    linked: bool = False
    rightward: str = ""


@dataclass
class Context:
    """Hold the state of one rendering of the book."""

    macros: Macros
    leaves: Leaves
    labels: Labels
    words: Callable[[str], str]
    pictures: Pictures
    ledger: Ledger
    raw_latex: bool
    language: str = "en"
    tab: int = 4
    glossary: frozenset[str] = frozenset()
    layers: tuple[tuple[str, str, str], ...] = ()
    data: Mapping[str, DataTable] = field(default_factory=dict)
    entries: Mapping[str, list[n.Block]] = field(default_factory=dict)
    #: Whether the sources stand where the author put them, and not behind the book.
    entries_placed: bool = False
    part: Part = field(default_factory=lambda: Part("", "", ""))
    cited: list[tuple[str, int, Element]] = field(default_factory=list)
    #: The notes that are called more than once, by part and name.
    notes: dict[tuple[str, str], Element] = field(default_factory=dict)
    index: list[IndexMark] = field(default_factory=list)
    captions: list[Caption] = field(default_factory=list)
    headings: list[Printed] = field(default_factory=list)
    around: Surroundings = field(default_factory=Surroundings)
    page_references: dict[str, n.Link] = field(default_factory=dict)
    placed: set[str] = field(default_factory=set)
    #: Files that links lead to and that are no part of the book.
    missing: set[str] = field(default_factory=set)

    @contextmanager
    def within(
        self,
        shelf: list[NoteText] | None = None,
        note_home: Element | None = None,
        fixed: bool = False,
        linked: bool = False,
        rightward: str | None = None,
    ) -> Iterator[None]:
        """Write what follows in narrower surroundings; what is not given stays as it is around them."""
        outer = self.around
        self.around = Surroundings(
            outer.shelf if shelf is None else shelf,
            outer.note_home if note_home is None else note_home,
            outer.fixed or fixed,
            outer.linked or linked,
            outer.rightward if rightward is None else rightward,
        )
        try:
            yield
        finally:
            self.around = outer

    def print_notes(self, shelf: list[NoteText], below: bool = False) -> Tex:
        """Return the notes of a shelf: footnotes, or `below` what may move to another page with them."""
        macro = "note_below" if below else "note_text"
        return Tex("").join(
            self.macros(macro, number=note.number, leaf=note.leaf, content=note.content) for note in shelf
        )

    def print_reference(self, reference: n.Reference) -> str:
        """Return what a cross-reference prints, without its links."""
        return "".join(text for text, _ in reference_text(reference, self.labels, self.words))

    def name(self, kind: str, number: str) -> Tex:
        """Return what names a numbered thing, such as “Figure 1.2”, or nothing where it has no number."""
        return escape(numbered(self.words, kind, number), self.around.rightward) if number else Tex("")

    def quote(self, nodes: Iterable[n.Node], sources: bool = True) -> list[n.Inline]:
        """Return what a title shows in another place: no notes, links or marks, and without `sources` no citations."""
        return n.quoted(nodes, self.print_reference, sources)

    def image(self, picture: n.Picture) -> Picture | None:
        """Return the picture of an image file that is ready to be placed, or nothing where that was reported."""
        return self.pictures.image(picture.target, self.part.path, lambda: self.part.span(picture, picture.target))

    def report(self, code: str, node: n.Node, needle: str = "", **facts: object) -> None:
        """Report a problem at a node of the part that is being written."""
        self.ledger.report(code, self.part.span(node, needle), **facts)

    def index_path(self, mark: n.InlineSpan, text: str) -> tuple[str, ...]:
        """Return the levels of an index entry: those that `entry` names, or the marked words; an empty one is told."""
        values = mark.attributes.values
        levels = typographic(values["entry"], self.language).split("!") if "entry" in values else [text]
        path = tuple(level.strip() for level in levels if level.strip())
        if len(path) < len(levels):
            self.report("OCT223", mark, ".index", entry=values.get("entry", ""))
        return path


@dataclass(frozen=True)
class Caption:
    """Note a caption that was printed, for the list of figures and tables: the sentence that names the thing."""

    kind: str
    number: str
    title: list[n.Inline]
    element: Element


@dataclass(frozen=True)
class Printed:
    """Note a heading that was printed: `children` for the contents, `title` as plain text for the outline."""

    level: int
    number: str
    title: str
    children: list[n.Inline]
    identifier: str
    element: Element
    role: str
    question: str = ""
