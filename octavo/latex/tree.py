"""Hold the logical structure that the finished PDF will carry.

The tree is built while the LaTeX is written. What the LaTeX prints is numbered in *leaves*: in TeX a leaf is the
value of a node attribute, in the tree it is an `int` among an element's kids. `octavo.bind` joins the two again
through the marks that the engine leaves on each page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from octavo.manuscript.nodes import Node
from octavo.manuscript.part import Part


@dataclass(slots=True, eq=False, repr=False)
class Element:
    """Stand for one structure element (ISO 32000-2, 14.8.4).

    `identifier` is what a link in the book points at; `target` is where a Link leads, an address or `#` and an
    identifier; `annotation` is the number that its annotations carry, `parent` the element it was added to. A Link may
    lead straight to an element (`leads_to`), at the leaf or anchor `place` in it. `related` ties a note to its
    reference and back. A Formula brings its `mathml` along. `node` is what it was written for, and `part` the file
    that holds that, where either begins here; `bound` tells whether the PDF has it.
    """

    tag: str
    kids: list[Element | int] = field(default_factory=list)
    identifier: str = ""
    alt: str = ""
    language: str = ""
    expansion: str = ""
    target: str = ""
    annotation: int = 0
    anchor: int = 0
    attributes: dict[str, str | int] = field(default_factory=dict)
    parent: Element | None = None
    related: Element | None = None
    further: list[Element] = field(default_factory=list)
    leads_to: Element | None = None
    place: int = 0
    node: Node | None = None
    part: Part | None = None
    bound: bool = False
    mathml: str = ""

    def __repr__(self) -> str:
        """Name the element alone: it holds its parent and its goals, so that all of it would be written many times."""
        return f"Element({self.tag!r}, kids={len(self.kids)}, identifier={self.identifier!r})"

    def add(self, tag: str, **facts: object) -> Element:
        """Append a new element of that tag and return it."""
        child = Element(tag, parent=self)
        for name, value in facts.items():
            setattr(child, name, value)
        self.kids.append(child)
        return child

    def written_for(self, node: Node, before: int) -> None:
        """Note which node of the manuscript the kids from `before` on were written for, where none below it is."""
        for kid in self.kids[before:]:
            if isinstance(kid, Element) and kid.node is None:
                kid.node = node

    def leaves(self) -> Iterator[int]:
        """Yield the leaves at and below this element, in the order of reading."""
        for kid in self.kids:
            if isinstance(kid, int):
                yield kid
            else:
                yield from kid.leaves()

    def ancestors(self) -> Iterator[Element]:
        """Yield this element and those it stands in, innermost first."""
        element: Element | None = self
        while element is not None:
            yield element
            element = element.parent

    def walk(self) -> Iterator[Element]:
        """Yield this element and all below it, parents first."""
        yield self
        for kid in self.kids:
            if isinstance(kid, Element):
                yield from kid.walk()


#: What an element of this type may not be put into (ISO 32005:2023, table 5); a Div takes its place.
NOT_INSIDE = {"Aside": {"Aside", "BlockQuote", "TD", "TH", "Caption"}, "BlockQuote": {"TD", "TH"}}


def allowed_tag(tag: str, parent: Element) -> str:
    """Return the type that a block of this type has under that parent: its own, or Div.

    A Div changes nothing about what may stand in it: what counts is the element around.
    """
    while parent.tag == "Div" and parent.parent is not None:
        parent = parent.parent
    return "Div" if parent.tag in NOT_INSIDE.get(tag, ()) else tag


@dataclass(slots=True)
class Leaves:
    """Number the leaves of one book; 0 and below are kept for artifacts."""

    last: int = 0

    def next(self) -> int:
        """Return a number that no leaf, anchor or annotation of this book has yet."""
        self.last += 1
        return self.last

    def on(self, element: Element) -> int:
        """Add a new leaf to the element and return its number."""
        leaf = self.next()
        element.kids.append(leaf)
        return leaf


def outline_of(element: Element, depth: int = 0) -> str:
    """Write the tree as indented text, for tests and for eyes; leaves are shown by how many there are."""
    facts = [element.tag]
    facts += [f"{name}={value}" for name, value in sorted(element.attributes.items())]
    for name in ("identifier", "language", "alt", "expansion", "target"):
        value = getattr(element, name)
        if value:
            facts.append(f"{name}={value!r}")
    facts += ["mathml"] if element.mathml else []
    count = sum(isinstance(kid, int) for kid in element.kids)
    if count:
        facts.append(f"({count})")
    lines = ["  " * depth + " ".join(facts)]
    lines += [outline_of(kid, depth + 1) for kid in element.kids if isinstance(kid, Element)]
    return "\n".join(lines)
