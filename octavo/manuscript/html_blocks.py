"""Say what the elements of HTML that stand on lines of their own mean, as Pandoc's JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from octavo.manuscript.html_inlines import span
from octavo.manuscript.html_tables import alignment, table
from octavo.manuscript.html_tags import Element, Json, Piece, Tag, elements

#: Reads the pieces inside an element, as blocks or as a line.
Inside = Callable[[Sequence[Piece]], list[Json]]

_NUMBERINGS = {"a": "LowerAlpha", "A": "UpperAlpha", "i": "LowerRoman", "I": "UpperRoman"}
_HEADING = re.compile(r"h[1-6]")


def block(element: Element, blocks: Inside, line: Inside) -> list[Json] | None:
    """Return what an element prints on lines of its own, or None for one that stands in a line."""
    name = element.name
    if _HEADING.fullmatch(name):
        return _heading(element, line)
    match name:
        case "hr":
            return [{"t": "HorizontalRule"}]
        case "pre":
            return [_code(element, blocks)]
        case "table":
            return table(element, blocks)
        case "ul" | "ol" | "menu":
            return _list(element, blocks)
        case "li":
            return [{"t": "BulletList", "c": [blocks(element.children)]}]
        case "dl":
            return _definitions(element, blocks, line)
        case "figure":
            return _figure(element, blocks)
        case "details":
            return [_details(element, blocks, line)]
        case "summary":
            return [_summary(element, line)]
        case "blockquote":
            return [passage(element, [{"t": "BlockQuote", "c": blocks(element.children)}], bare=True)]
        case "p":
            children = blocks(element.children)
            paragraphs = [one | {"t": "Para"} if one["t"] == "Plain" else one for one in children]
            return _held(element, paragraphs)
        case "center" | "div" | "caption" | "figcaption" | "dt" | "dd" | "td" | "th" | "tr" | "thead" | "tbody":
            return _held(element, blocks(element.children))
        case "tfoot" | "col" | "colgroup":
            return _held(element, blocks(element.children))
    return None


def _held(element: Element, children: list[Json]) -> list[Json]:
    """Return the contents of an element, in a division where it says something of them."""
    found = passage(element, children, bare=True)
    return found["c"][1] if found["t"] == "Div" and not any(found["c"][0]) else [found]


def passage(element: Element, children: list[Json], bare: bool = False) -> Json:
    """Return blocks in a division with the attributes of an element; `bare` without one where it has none."""
    side = "center" if element.name == "center" else alignment(element)
    values = [["align", side]] if side in ("center", "right") else []
    if language := element.get("lang") or element.get("xml:lang"):
        values.append(["lang", language])
    if title := element.get("title"):
        values.append(["title", title])
    classes = element.get("class").split()
    if bare and len(children) == 1 and not (element.get("id") or classes or values):
        return children[0]
    return {"t": "Div", "c": [[element.get("id"), classes, values], children]}


def _heading(element: Element, line: Inside) -> list[Json]:
    inlines = line(element.children)
    identifier = element.get("id") or slug(words_of(inlines))
    values = [[name, element.get(name)] for name in ("short", "lang") if element.get(name)]
    return [{"t": "Header", "c": [int(element.name[1]), [identifier, element.get("class").split(), values], inlines]}]


def slug(words: str) -> str:
    """Return the identifier that Pandoc makes of the words of a heading (its manual, `auto_identifiers`)."""
    kept = re.sub(r"[^\w\s.-]", "", words.lower())
    return re.sub(r"^[\W\d_]+", "", re.sub(r"\s+", "-", kept.strip())) or "section"


def words_of(value: Json) -> str:
    """Return the words of Pandoc's JSON; those of notes are none of a heading's."""
    if isinstance(value, list):
        return "".join(map(words_of, value))
    if not isinstance(value, dict) or value.get("t") == "Note":
        return ""
    match value["t"]:
        case "Str":
            return str(value["c"])
        case "Space" | "SoftBreak" | "LineBreak":
            return " "
        case "Code" | "Math":
            return str(value["c"][1])
        case "RawInline" | "RawBlock":
            return ""
        case "Span" | "Link" | "Quoted" | "Cite" | "Image" | "Div" | "Header":
            return words_of(value["c"][-1] if value["t"] in ("Span", "Div", "Header") else value["c"][1])
    return words_of(value.get("c"))


def _code(element: Element, blocks: Inside) -> Json:
    """Return a block of code: the text of `pre` as it stands, in the language of a `code` in it."""
    classes = element.get("class").split()
    found: list[str] = []

    def gather(pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            if isinstance(piece, Element):
                classes.extend(piece.get("class").split() if piece.name == "code" else [])
                found.append("\n" if piece.name == "br" else "")
                gather(piece.children)
            elif not isinstance(piece, Tag):
                found.append(piece["c"] if piece["t"] == "Str" else words_of(piece))

    gather(element.children)
    classes = [
        name.removeprefix("language-").removeprefix("lang-") for name in [*classes, element.get("lang")] if name
    ]
    text = "".join(found).removeprefix("\n")
    return {"t": "CodeBlock", "c": [[element.get("id"), classes, []], text.removesuffix("\n")]}


def _list(element: Element, blocks: Inside) -> list[Json]:
    """Return a list, parted where an item has a number of its own."""
    items: list[tuple[int | None, list[Json]]] = []
    for piece in element.children:
        if isinstance(piece, Element) and piece.name == "li":
            items.append((_integer(piece.get("value")), _item(piece, blocks)))
        elif rest := blocks([piece]):
            items[-1][1].extend(rest) if items else items.append((None, rest))
    if element.name != "ol":
        return [{"t": "BulletList", "c": [item for _, item in items]}] if items else []
    style = {"t": _NUMBERINGS.get(element.get("type"), "Decimal")}
    number = _integer(element.get("start"))
    number = 1 if number is None else number
    lists: list[Json] = []
    for value, item in items:
        if not lists or (value is not None and value != number):
            number = number if value is None else value
            lists.append({"t": "OrderedList", "c": [[number, style, {"t": "Period"}], []]})
        lists[-1]["c"][1].append(item)
        number += 1
    return lists


def _item(element: Element, blocks: Inside) -> list[Json]:
    children = blocks(element.children)
    if element.get("id"):
        return [mark(element.get("id")), *children]
    return children


def mark(identifier: str) -> Json:
    """Return a paragraph that is nothing but a place that links lead to."""
    return {"t": "Plain", "c": [span([], identifier)]}


def _integer(written: str) -> int | None:
    return int(written) if re.fullmatch(r"-?\d{1,6}", written) else None


def _definitions(element: Element, blocks: Inside, line: Inside) -> list[Json]:
    """Return a list of definitions; terms that follow each other share what follows them, in one line."""
    items: list[list[Json]] = []
    for piece in _of_definitions(element.children):
        if isinstance(piece, Element) and piece.name == "dt":
            term = line(piece.children)
            if items and not items[-1][1]:
                items[-1][0] += [{"t": "Str", "c": ","}, {"t": "Space"}, *term]
            else:
                items.append([term, []])
        elif body := blocks(piece.children if isinstance(piece, Element) and piece.name == "dd" else [piece]):
            if not items:
                items.append([[], []])
            items[-1][1].append(body)
    return [{"t": "DefinitionList", "c": items}] if items else []


def _of_definitions(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield terms and definitions; a division may hold some of them."""
    for piece in pieces:
        if isinstance(piece, Element) and piece.name == "div":
            yield from _of_definitions(piece.children)
        else:
            yield piece


def _figure(element: Element, blocks: Inside) -> list[Json]:
    """Return a figure with its caption, or the table in it with that caption."""
    captions = [kid for kid in elements(element.children) if kid.name == "figcaption"]
    caption = blocks([piece for kid in captions for piece in kid.children])
    children = blocks([piece for piece in element.children if piece not in captions])
    only = children[0] if len(children) == 1 else None
    if only and only["t"] == "Table" and not only["c"][1][1]:
        only["c"][1][1] = caption
        only["c"][0][0] = only["c"][0][0] or element.get("id")
        return children
    attributes = [element.get("id"), element.get("class").split(), []]
    return [{"t": "Figure", "c": [attributes, [None, caption], children]}]


def _details(element: Element, blocks: Inside, line: Inside) -> Json:
    """Return what a page cannot fold away: the summary as a title, and below it the rest."""
    title = next((kid for kid in elements(element.children) if kid.name == "summary"), None)
    rest = blocks([piece for piece in element.children if piece is not title])
    held = passage(element, [*([_summary(title, line)] if title else []), *rest])
    held["c"][0][1].insert(0, "details")
    return held


def _summary(element: Element, line: Inside) -> Json:
    return {"t": "Para", "c": [{"t": "Strong", "c": line(element.children)}]}


def with_style(blocks: list[Json], wrap: Callable[[list[Json]], list[Json]]) -> list[Json]:
    """Set the paragraphs of these blocks, at any depth, in the style of an element around them."""
    for item in blocks:
        match item["t"]:
            case "Para" | "Plain":
                item["c"] = wrap(item["c"])
            case "Div" | "Figure":
                with_style(item["c"][-1], wrap)
            case "BlockQuote":
                with_style(item["c"], wrap)
            case "BulletList" | "OrderedList":
                for children in item["c"] if item["t"] == "BulletList" else item["c"][1]:
                    with_style(children, wrap)
    return blocks
