"""Name the parts of a manuscript: Pandoc's AST as typed nodes.

Here a run of words is one `Text`. Numbers are filled in after reading; the rest never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace


@dataclass(slots=True)
class Attributes:
    """Hold the identifier, classes and key-value pairs that Pandoc reads from `{#id .class key=value}`."""

    identifier: str = ""
    classes: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)


class Node:
    """Stand for any node of the tree."""

    __slots__ = ()


class Inline(Node):
    """Stand for anything that lives inside a line of text."""

    __slots__ = ()


class Block(Node):
    """Stand for anything that starts on a line of its own."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class Text(Inline):
    """Hold a run of words with single spaces; smart quotes and dashes are already Unicode."""

    text: str


@dataclass(slots=True, eq=False)
class LineBreak(Inline):
    """Break the line where the author did."""


@dataclass(slots=True, eq=False)
class Styled(Inline):
    """Set text in another style, such as emphasis, strong or smallcaps."""

    style: str
    children: list[Inline]


@dataclass(slots=True, eq=False)
class CodeSpan(Inline):
    """Hold literal text inside a line."""

    text: str
    attributes: Attributes


@dataclass(slots=True, eq=False)
class Math(Inline):
    """Hold TeX mathematics; a displayed formula with an identifier is numbered.

    `mathml` is what Pandoc made of it; where that is empty, `problem` says why. `alt` are the author's own words.
    `press` is what the engine is given, and `displayed` the same as a display of its own; a formula without `press` is
    printed as it was written. `tag` is what stands for its number, `aliases` are further labels of it.
    """

    tex: str
    display: bool
    identifier: str = ""
    number: str = ""
    mathml: str = ""
    problem: str = ""
    alt: str = ""
    press: str = ""
    displayed: str = ""
    tag: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Raw(Inline):
    """Hold raw inline markup of one format, printed only where the report trusts it."""

    format: str
    text: str


@dataclass(slots=True, eq=False)
class Link(Inline):
    """Link text to an address, or to a place in the book when the target starts with `#`."""

    children: list[Inline]
    target: str
    attributes: Attributes


@dataclass(slots=True, eq=False)
class Picture(Inline):
    """Place a picture; `children` is its description in the manuscript."""

    children: list[Inline]
    target: str
    attributes: Attributes


@dataclass(slots=True, eq=False)
class Note(Inline):
    """Hold the blocks of a footnote; one called more than once has a `name`, and blocks at the first call only."""

    children: list[Block]
    name: str = ""
    number: int = 0


@dataclass(slots=True, eq=False)
class InlineSpan(Inline):
    """Mark text with attributes: a language, an index entry, a glossary term."""

    children: list[Inline]
    attributes: Attributes


@dataclass(slots=True, eq=False)
class Citation(Inline):
    """Hold what citeproc made of one citation, with the keys of the entries that it names."""

    children: list[Inline]
    keys: tuple[str, ...]
    anchor: str = ""


@dataclass(slots=True, eq=False)
class Reference(Inline):
    """Point at something numbered in the book; `bare` prints the number without its kind."""

    targets: tuple[str, ...]
    bare: bool
    capital: bool


@dataclass(slots=True, eq=False)
class Paragraph(Block):
    """Hold a paragraph; `plain` ones belong to a tight list or a table cell and take no space around them."""

    children: list[Inline]
    plain: bool = False


@dataclass(slots=True, eq=False)
class Heading(Block):
    """Open a chapter (level 1) or a section; `number` is empty where the heading is unnumbered."""

    level: int
    children: list[Inline]
    attributes: Attributes
    number: str = ""


@dataclass(slots=True, eq=False)
class BlockQuote(Block):
    """Set a passage off as somebody's words."""

    children: list[Block]


@dataclass(slots=True, eq=False)
class ListItem:
    """Hold one item with its printed label; `label` is empty for a bullet."""

    children: list[Block]
    label: str = ""


@dataclass(slots=True, eq=False)
class List(Block):
    """Hold a list; `numbering` is the PDF name of its kind (ISO 32000-2, table 382, ListNumbering)."""

    items: list[ListItem]
    numbering: str
    tight: bool


@dataclass(slots=True, eq=False)
class Definition:
    """Hold one term and its definitions."""

    term: list[Inline]
    bodies: list[list[Block]]


@dataclass(slots=True, eq=False)
class DefinitionList(Block):
    """Hold terms with their definitions."""

    items: list[Definition]
    tight: bool


@dataclass(slots=True, eq=False)
class LineBlock(Block):
    """Hold lines whose breaks and indents are the author's: verse, addresses."""

    lines: list[list[Inline]]


@dataclass(slots=True, eq=False)
class CodeBlock(Block):
    """Hold lines of code, with the language that colours them, and the caption of a listing."""

    text: str
    attributes: Attributes
    number: str = ""
    caption: list[Inline] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class RawBlock(Block):
    """Hold raw markup of one format, printed only where the report trusts it."""

    format: str
    text: str


@dataclass(slots=True, eq=False)
class Rule(Block):
    """Part two passages."""


@dataclass(slots=True, eq=False)
class Cell:
    """Hold a table cell; spans count rows and columns, `align` is left, right, center or empty."""

    children: list[Block]
    align: str
    rows: int
    columns: int
    attributes: Attributes


@dataclass(slots=True, eq=False)
class Column:
    """State a column's alignment and its share of the measure; 0 means as wide as it needs."""

    align: str
    share: float


@dataclass(slots=True, eq=False)
class Table(Block):
    """Hold a table: head rows, body rows (each body may start with rows of its own head), foot rows."""

    caption: list[Block]
    columns: list[Column]
    head: list[list[Cell]]
    body: list[list[Cell]]
    foot: list[list[Cell]]
    row_heads: int
    attributes: Attributes
    number: str = ""


@dataclass(slots=True, eq=False)
class Figure(Block):
    """Hold a captioned figure: a picture, or a drawing made from data when `attributes` names its kind."""

    children: list[Block]
    caption: list[Block]
    attributes: Attributes
    number: str = ""


@dataclass(slots=True, eq=False)
class Div(Block):
    """Hold blocks under a class, such as note or abstract; `title` is its own, `number` that of a theorem."""

    children: list[Block]
    attributes: Attributes
    title: list[Inline] = field(default_factory=list)
    number: str = ""


@dataclass(slots=True, eq=False)
class PageBreak(Block):
    """Begin a new page."""


def inner(node: Node | ListItem | Definition | Cell) -> Iterator[Node]:
    """Yield the nodes directly inside one, in the order of reading."""
    match node:
        case Figure():
            yield from node.children
            yield from node.caption
        case CodeBlock():
            yield from node.caption
        case Table():
            yield from node.caption
            rows = (*node.head, *node.body, *node.foot)
            yield from (child for row in rows for cell in row for child in cell.children)
        case List():
            for item in node.items:
                yield from item.children
        case DefinitionList():
            for definition in node.items:
                yield from definition.term
                yield from (block for body in definition.bodies for block in body)
        case LineBlock():
            for line in node.lines:
                yield from line
        case Div():
            yield from node.title
            yield from node.children
        case (
            Styled() | Link() | Picture() | InlineSpan() | Citation() | Note()
            | Paragraph() | Heading() | BlockQuote()
        ):  # fmt: skip
            yield from node.children


def walk(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield every node below these, parents before children, in the order of reading."""
    for node in nodes:
        yield node
        yield from walk(inner(node))


def written(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield every node that the author wrote, in the order of reading: not what citeproc made of a citation."""
    for node in nodes:
        yield node
        if not isinstance(node, Citation):
            yield from written(inner(node))


def quoted(nodes: Iterable[Node], reference: Callable[[Reference], str], sources: bool = True) -> list[Inline]:
    """Return what a title or a caption shows in another place, such as the contents.

    Notes stay where they are, and of links and marks only the words; `reference` says what a cross-reference prints.
    Without `sources` citations are left out: a list of tables names a table, and its sources stand below it.
    """
    found: list[Inline] = []
    for node in nodes:
        match node:
            case Text() | CodeSpan():
                found.append(node)
            case Math():
                found.append(replace(node, identifier="", number="", display=False, problem=""))
            case LineBreak():
                found.append(Text(" "))
            case Reference():
                found.append(Text(reference(node)))
            case Styled():
                found.append(Styled(node.style, quoted(node.children, reference, sources)))
            case Citation() if not sources:
                if found and isinstance(found[-1], Text):
                    found[-1] = Text(found[-1].text.rstrip(" "))
            case Link() | InlineSpan() | Citation() | Paragraph():
                found += quoted(node.children, reference, sources)
    return found


def plain_text(
    nodes: Iterable[Node],
    reference: Callable[[Reference], str] | None = None,
    formula: Callable[[Math], str] | None = None,
) -> str:
    """Return the words alone: for outlines, running heads, alt text and sorting; notes are left out.

    With `reference`, which says what a cross-reference prints, citations are left out too: a list of tables
    names a table, and its sources stand below it. `formula` says what stands for a formula, otherwise its TeX does.
    """
    words: list[str] = []
    for node in nodes:
        match node:
            case Text() | CodeSpan():
                words.append(node.text)
            case Math():
                words.append(formula(node) if formula else node.tex)
            case LineBreak():
                words.append(" ")
            case Note():
                pass
            case Citation() if reference:
                if words:
                    words[-1] = words[-1].rstrip(" ")
            case Reference():
                words.append(reference(node) if reference else ", ".join(node.targets))
            case Paragraph():
                words.append(plain_text(inner(node), reference, formula) + " ")
            case _:
                words.append(plain_text(inner(node), reference, formula))
    return "".join(words)
