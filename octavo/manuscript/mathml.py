"""Read MathML as Pandoc writes it: rows flattened to the tokens that count, scripts separated from what bears them."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

OPENING, CLOSING = frozenset("([{⟨⌊⌈"), frozenset(")]}⟩⌋⌉")
#: Operators that reach over what follows them.
BIG = frozenset("∑∏∐∫∬∭∮⋃⋂⨁⨂⋁⋀")
APPLY = "\N{FUNCTION APPLICATION}"
_UNSEEN = frozenset(("mspace", "mphantom", "none", "mprescripts", "annotation"))
_GROUPS = frozenset(("mrow", "mstyle", "mpadded", "math", "semantics", "merror"))
SCRIPTED = frozenset(("msub", "msup", "msubsup", "munder", "mover", "munderover"))
#: The variants in which letters side by side are a name: Pandoc writes `\mathrm{default}` letter by letter.
_UPRIGHT = frozenset(("normal", "sans-serif", "monospace"))


def tokens(nodes: Sequence[Element]) -> list[Element]:
    """Return the parts of a row, with the rows inside it unpacked and the spaces left out."""
    found: list[Element] = []
    for node in nodes:
        tag = tag_of(node)
        if tag in _GROUPS:
            inner = tokens(list(node))
            found += [_name(inner)] if tag == "mrow" and len(inner) > 1 and _is_name(inner) else inner
        elif tag not in _UNSEEN:
            found.append(node)
    return found


def _is_name(parts: list[Element]) -> bool:
    variants = {part.get("mathvariant") if tag_of(part) == "mi" else None for part in parts}
    return len(variants) == 1 and variants <= _UPRIGHT


def _name(letters: list[Element]) -> Element:
    name = Element("mi", {"mathvariant": "normal"})
    name.text = "".join(map(text_of, letters))
    return name


def core_of(node: Element) -> Element:
    """Return what scripts and accents are set on; an element without any is its own."""
    while tag_of(node) in SCRIPTED or (tag_of(node) == "mrow" and len(node)):
        node = node[0]
    return node


def innermost(node: Element) -> list[Element]:
    """Return the parts that scripts and accents are set on."""
    while tag_of(node) in SCRIPTED:
        node = node[0]
    return tokens([node])


def tag_of(node: Element) -> str:
    """Return the name of an element without its namespace."""
    return node.tag.rpartition("}")[2]


def text_of(node: Element) -> str:
    """Return the text of a token; an element that holds others has none."""
    return "" if len(node) else " ".join((node.text or "").split())
