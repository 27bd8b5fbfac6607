"""Say what the elements of HTML that stand in a line mean, as Pandoc's JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from octavo.manuscript.html_tags import Element, Json, Piece, style_of, vocabulary

#: Reads the pieces inside an element.
Inside = Callable[[Sequence[Piece]], list[Json]]

_SPACES = ("Space", "SoftBreak")
#: What the properties of a `style` attribute make of a text, by the beginning of their value.
_STYLES = {
    ("font-weight", "bold"): "Strong",
    ("font-weight", "7"): "Strong",
    ("font-weight", "8"): "Strong",
    ("font-weight", "9"): "Strong",
    ("font-style", "italic"): "Emph",
    ("font-style", "oblique"): "Emph",
    ("text-decoration", "underline"): "Underline",
    ("text-decoration", "line-through"): "Strikeout",
    ("font-variant", "small-caps"): "SmallCaps",
    ("vertical-align", "super"): "Superscript",
    ("vertical-align", "sub"): "Subscript",
}
#: What Pandoc's smart punctuation made of plain signs, which code has as they were typed.
_TYPED = {"–": "--", "—": "---", "…": "...", "’": "'", "\N{NO-BREAK SPACE}": " "}
_QUOTES = {"SingleQuote": "'", "DoubleQuote": '"'}
#: Inlines whose contents are their last value, and those that hold contents beside others.
_HOLDERS = {"Emph", "Underline", "Strong", "Strikeout", "Superscript", "Subscript", "SmallCaps"}


def text(words: str) -> list[Json]:
    """Return a text as Pandoc's words and spaces."""
    found: list[Json] = []
    for part in re.findall(r"[^\S\u00a0]+|(?:\S|\u00a0)+", words):
        found.append({"t": "Space"} if part.isspace() and "\u00a0" not in part else {"t": "Str", "c": part})
    return found


def raw(written: str) -> Json:
    """Return a tag as it stands, which is not printed but reported."""
    return {"t": "RawInline", "c": ["html", written]}


def span(children: list[Json], identifier: str = "", classes: Sequence[str] = (), **values: str) -> Json:
    """Return a span with these attributes."""
    return {"t": "Span", "c": [[identifier, list(classes), [[key, value] for key, value in values.items()]], children]}


def image(element: Element) -> Json:
    """Return the picture that Markdown would have; an empty description says that there is nothing to describe."""
    style = style_of(element.tag.attributes)
    values = []
    for name in ("width", "height"):
        size = style.get(name) or element.get(name)
        values += [[name, size]] if size and size != "auto" else []
    alt = element.tag.attributes.get("alt")
    if alt is not None and not alt.strip():
        values.append(["alt", ""])
    attributes = [element.get("id"), [], values]
    return {"t": "Image", "c": [attributes, text(alt or ""), [element.get("src"), ""]]}


def inline(element: Element, inside: Inside) -> list[Json]:
    """Return what an element of a line prints."""
    name, words = element.name, vocabulary()
    if name == "br":
        return [{"t": "LineBreak"}]
    if name == "wbr":
        return [{"t": "Str", "c": "\N{ZERO WIDTH SPACE}"}]
    if name == "img":
        return [image(element)]
    children = inside(element.children)
    if name in words.styles:
        children = [{"t": words.styles[name], "c": children}] if children else []
    elif name in words["code"]:
        children = as_code(children)
    elif name == "kbd":
        nested = any(child["t"] == "Span" and "kbd" in child["c"][0][1] for child in children)
        children = children if nested else [span(children, classes=["kbd"])]
    elif name in words["spans"]:
        children = [span(children, classes=[name])]
    elif name == "q":
        children = [{"t": "Quoted", "c": [{"t": "DoubleQuote"}, _inner_quotes(children)]}]
    elif name in ("abbr", "acronym") and element.get("title"):
        children = [span(children, expansion=element.get("title"))]
    elif name == "rt" and not element.get("data-parenthesized"):
        children = [{"t": "Str", "c": "("}, *children, {"t": "Str", "c": ")"}]
    elif name == "a":
        return _anchor(element, children)
    return _with_attributes(element, children)


def styled(attributes: dict[str, str], children: list[Json]) -> list[Json]:
    """Return inlines in the styles that a `style` attribute asks for."""
    style = style_of(attributes)
    for (name, value), kind in _STYLES.items():
        given = style.get(name) or (style.get("text-decoration-line", "") if name == "text-decoration" else "")
        if value in given.split() or (value.isdigit() and re.fullmatch(value + r"00", given)):
            children = [{"t": kind, "c": children}]
    return children


def _with_attributes(element: Element, children: list[Json]) -> list[Json]:
    """Put the identifier, the language and the classes of an element around its contents."""
    children = styled(element.tag.attributes, children)
    language = element.get("lang") or element.get("xml:lang")
    classes = element.get("class").split() if element.name == "span" else []
    values = {"lang": language} if language else {}
    if element.name == "span":
        values |= {name: value for name, value in element.tag.attributes.items() if name in ("entry", "key", "see")}
    if element.get("id") or values or classes:
        return [span(children, element.get("id"), classes, **values)]
    return children


def _anchor(element: Element, children: list[Json]) -> list[Json]:
    """Return a link, or a place that links lead to."""
    identifier = element.get("id") or element.get("name")
    if "href" not in element.tag.attributes:
        return [span(children, identifier)] if identifier else children
    language = element.get("lang")
    attributes = [identifier, element.get("class").split(), [["lang", language]] if language else []]
    target = [re.sub(r"\s+", "%20", element.get("href")), element.get("title")]
    return [{"t": "Link", "c": [attributes, styled(element.tag.attributes, children), target]}]


def _inner_quotes(children: list[Json]) -> list[Json]:
    """Give quotations in a quotation the marks of the second rank."""
    for child in children:
        if child["t"] == "Quoted":
            single = child["c"][0]["t"] == "SingleQuote"
            child["c"][0] = {"t": "DoubleQuote" if single else "SingleQuote"}
    return children


def as_code(children: list[Json]) -> list[Json]:
    """Return inlines with each of their words as code; what Markdown made of the text stays around it."""
    found: list[Json] = []
    for child in children:
        kind = child["t"]
        if kind in ("Str", *_SPACES):
            _add_code(found, "".join(_TYPED.get(letter, letter) for letter in child.get("c", " ")))
        elif kind == "Code":
            _add_code(found, child["c"][1])
        elif kind == "Quoted":
            mark = _QUOTES[child["c"][0]["t"]]
            for inner in as_code([{"t": "Str", "c": mark}, *child["c"][1], {"t": "Str", "c": mark}]):
                if inner["t"] == "Code":
                    _add_code(found, inner["c"][1])
                else:
                    found.append(inner)
        elif kind in _HOLDERS:
            found.append({"t": kind, "c": as_code(child["c"])})
        elif kind in ("Span", "Link"):
            child["c"][1] = as_code(child["c"][1])
            found.append(child)
        else:
            found.append(child)
    return found


def _add_code(found: list[Json], words: str) -> None:
    if found and found[-1]["t"] == "Code":
        found[-1]["c"][1] += words
    else:
        found.append({"t": "Code", "c": [["", [], []], words]})


def tidy(inlines: list[Json]) -> list[Json]:
    """Leave out the spaces that a comment doubled or that stand at a break of a line or at an end."""
    found: list[Json] = []
    for item in inlines:
        kind = item["t"]
        before = found[-1]["t"] if found else "LineBreak"
        if kind in _SPACES and (before in _SPACES or before == "LineBreak"):
            continue
        if kind == "LineBreak":
            while found and found[-1]["t"] in _SPACES:
                found.pop()
            if not found or found[-1]["t"] == "LineBreak":
                continue
        if kind == before == "Span" and item["c"][0][1] == found[-1]["c"][0][1] == ["kbd"]:
            found.append({"t": "Space"})  # two keys are two words
        found.append(item)
    while found and found[-1]["t"] in (*_SPACES, "LineBreak"):
        found.pop()
    return found
