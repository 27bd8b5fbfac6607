"""Read tags of HTML, and nest what stands between them.

Pandoc leaves each tag as a raw node among the text, which it has read as Markdown. Here the tags of one list of nodes
become elements with the nodes between them, closed where HTML says that an element ends by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeAlias

import yaml

#: One value of Pandoc's JSON.
Json: TypeAlias = Any


@dataclass(frozen=True)
class Vocabulary:
    """Say how the elements of HTML are read (html.yaml)."""

    styles: dict[str, str]
    groups: dict[str, frozenset[str]]

    def __getitem__(self, group: str) -> frozenset[str]:
        """Return the names of one group."""
        return self.groups[group]

    @property
    def meant(self) -> frozenset[str]:
        """Return every element that is printed as what it means."""
        names = ("spans", "code", "inlines", "blocks", "table", "transparent")
        return frozenset(self.styles).union(*(self.groups[name] for name in names))


@cache
def vocabulary() -> Vocabulary:
    """Read how elements are read; cached, since every chapter with a tag needs it."""
    data = yaml.safe_load(Path(__file__).with_name("html.yaml").read_text(encoding="utf-8"))
    styles = data.pop("styles")
    return Vocabulary(styles, {name: frozenset(names) for name, names in data.items()})


@dataclass(frozen=True)
class Tag:
    """Hold one tag: its name in small letters, its attributes, how it was written, whether it closes an element."""

    name: str
    written: str
    attributes: dict[str, str] = field(default_factory=dict)
    closes: bool = False


@dataclass
class Element:
    """Hold an element with what stands in it.

    `closed` is false where the author closed it nowhere but had to; `short` is a paragraph that ends by itself.
    """

    tag: Tag
    children: list[Piece] = field(default_factory=list)
    closed: bool = True
    short: bool = False

    @property
    def name(self) -> str:
        """Return the name of the element."""
        return self.tag.name

    def get(self, name: str) -> str:
        """Return an attribute, or nothing where it has none."""
        return self.tag.attributes.get(name, "").strip()


Piece: TypeAlias = "Element | Tag | Json"


class _TagReader(HTMLParser):
    """Read raw HTML; a comment is nothing, and a text keeps its spaces."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Tag | str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values: dict[str, str] = {}
        for name, value in attrs:
            values.setdefault(name, value or "")
        self.found.append(Tag(tag, self.get_starttag_text() or "", values))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(Tag(tag, f"</{tag}>", closes=True))

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_pi(self, data: str) -> None:
        self.found.append(Tag("?", f"<?{data}>"))


def tags_in(text: str) -> list[Tag | str]:
    """Return the tags of raw HTML and the texts between them."""
    reader = _TagReader()
    reader.feed(text)
    reader.close()
    found = reader.found
    if len(found) == 1 and isinstance(found[0], Tag) and found[0].closes:
        return [Tag(found[0].name, text, closes=True)]
    return found


#: What the opening tag of an element closes: these elements, up to one of those.
_CLOSES = {
    "li": ({"li"}, {"ul", "ol", "menu"}),
    "dt": ({"dt", "dd"}, {"dl"}),
    "dd": ({"dt", "dd"}, {"dl"}),
    "td": ({"td", "th"}, {"tr", "table"}),
    "th": ({"td", "th"}, {"tr", "table"}),
    "tr": ({"tr", "td", "th", "caption", "colgroup"}, {"table"}),
    "rt": ({"rt", "rp"}, {"ruby"}),
    "rp": ({"rt", "rp"}, {"ruby"}),
}
for _name in ("thead", "tbody", "tfoot"):
    _CLOSES[_name] = ({"thead", "tbody", "tfoot", "tr", "td", "th", "caption", "colgroup"}, {"table"})
#: A closing tag closes nothing outside of the innermost of these.
_WALLS = {"td", "th", "table", "li", "caption"}


def nest(pieces: Sequence[Tag | Json]) -> list[Piece]:
    """Return the pieces with the elements that their tags make; a closing tag that closes nothing stays a tag."""
    root: list[Piece] = []
    stack: list[Element] = []
    for position, piece in enumerate(pieces):
        if not isinstance(piece, Tag):
            if stack and stack[-1].short and stack[-1].children:
                stack.pop()  # a paragraph that is closed nowhere is one paragraph
            (stack[-1].children if stack else root).append(piece)
        elif piece.closes:
            _close(piece, stack, root)
        else:
            _make_room(piece.name, stack)
            element = Element(piece)
            (stack[-1].children if stack else root).append(element)
            if piece.name not in vocabulary()["void"]:
                element.short = piece.name == "p" and not _is_closed(pieces[position + 1 :])
                stack.append(element)
    for element in stack:
        element.closed = element.name in vocabulary()["open"]
    return root


def _close(tag: Tag, stack: list[Element], root: list[Piece]) -> None:
    """Close the innermost element of that name, with what is open in it."""
    for depth in range(len(stack) - 1, -1, -1):
        if stack[depth].name == tag.name:
            for element in stack[depth + 1 :]:
                element.closed = element.name in vocabulary()["open"]
            stack[depth].closed = True
            del stack[depth:]
            return
        if stack[depth].name in _WALLS and tag.name not in vocabulary()["blocks"] | vocabulary()["table"]:
            break
    if tag.name == "br":
        (stack[-1].children if stack else root).append(Element(Tag("br", tag.written)))
    elif tag.name not in ("p", *vocabulary()["void"]):
        (stack[-1].children if stack else root).append(tag)


def _make_room(name: str, stack: list[Element]) -> None:
    """Close what the opening tag of that name closes by itself."""
    closes, walls = _CLOSES.get(name, (set(), set()))
    for depth in range(len(stack) - 1, -1, -1):
        if stack[depth].name in walls:
            break
        if stack[depth].name in closes:
            outermost = depth
            while outermost and stack[outermost - 1].name in closes:
                outermost -= 1
            del stack[outermost:]
            break
    if stack and stack[-1].name == "p" and name in vocabulary()["paragraph-breaking"]:
        stack.pop()


def _is_closed(following: Sequence[Tag | Json]) -> bool:
    """Tell whether the next tag of a block after that of a paragraph closes it."""
    names = vocabulary()["paragraph-breaking"]
    tag = next((piece for piece in following if isinstance(piece, Tag) and piece.name in names), None)
    return tag is not None and tag.closes and tag.name == "p"


def elements(pieces: Sequence[Piece]) -> Iterator[Element]:
    """Yield the elements among these pieces."""
    for piece in pieces:
        if isinstance(piece, Element):
            yield piece


def style_of(attributes: dict[str, str]) -> dict[str, str]:
    """Return the properties of a `style` attribute."""
    pairs = (one.partition(":") for one in attributes.get("style", "").split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}


def shows(attributes: dict[str, str]) -> bool:
    """Tell whether a `style` attribute asks for a look that a reader could miss, and that no page here has."""
    return bool(style_of(attributes).keys() & vocabulary()["looks"])
