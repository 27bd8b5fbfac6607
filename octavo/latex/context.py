"""Carry what every writer of LaTeX needs: the templates, the leaves, the labels, and what it notes down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from octavo.diagnostics import Ledger, Span
from octavo.latex.environment import Macros
from octavo.latex.escape import Tex
from octavo.latex.tree import Element, Leaves
from octavo.manuscript import nodes as n
from octavo.manuscript.numbering import Labels, reference_text
from octavo.manuscript.part import Part


@dataclass(frozen=True)
class Picture:
    """Name a picture that is ready to be placed: a PDF file in the press folder, one of its pages, its alt text."""

    file: str
    page: int = 1
    alt: str = ""


class Pictures(Protocol):
    """Make pictures ready: of an image file named in the manuscript, or drawn from the report's data."""

    def image(self, target: str, span: Callable[[], Span]) -> Picture | None:
        """Return the picture of an image file, or report why there is none."""

    def drawing(self, kind: str, span: Callable[[], Span]) -> Picture | None:
        """Return the drawing of that kind, or report that the report has no data for it."""


@dataclass(frozen=True)
class IndexMark:
    """Note a place that the index names: `entry` is its path of headings, `place` is a leaf or an anchor in the element.

    A mark with `see` or `also` has no place; it sends the reader to another entry.
    """

    entry: tuple[str, ...]
    place: int = 0
    element: Element | None = None
    see: str = ""
    also: str = ""


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
    commands: frozenset[str]
    glossary: frozenset[str] = frozenset()
    layers: tuple[tuple[str, str, str], ...] = ()
    part: Part = field(default_factory=lambda: Part("", "", ""))
    cited: list[tuple[str, int, Element]] = field(default_factory=list)
    index: list[IndexMark] = field(default_factory=list)
    captions: list[Caption] = field(default_factory=list)
    headings: list[Printed] = field(default_factory=list)
    notes: list[Tex] | None = None
    page_references: set[str] = field(default_factory=set)

    def print_reference(self, reference: n.Reference) -> str:
        """Return what a cross-reference prints, without its links."""
        return "".join(text for text, _ in reference_text(reference, self.labels, self.words))

    def report(self, code: str, node: n.Node, needle: str = "", **facts: object) -> None:
        """Report a problem at a node of the part that is being written."""
        self.ledger.report(code, self.part.span(node, needle), **facts)


@dataclass(frozen=True)
class Caption:
    """Note a caption that was printed, for the list of figures and tables."""

    kind: str
    number: str
    text: str
    element: Element


@dataclass(frozen=True)
class Printed:
    """Note a heading that was printed, for the contents and the outline."""

    level: int
    number: str
    title: str
    children: list[n.Inline]
    identifier: str
    element: Element
    role: str
