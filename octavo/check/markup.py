"""Know HTML: what each role of PDF becomes, what may stand in what, and where a space says nothing.

The HTML Living Standard calls what stands in a line phrasing content (3.2.5.2.5). `octavo.check.reflow` is the only
user; roles are those of ISO 32000-2, 14.8.4.
"""

from __future__ import annotations

import re
from typing import Final
from xml.etree.ElementTree import Element as Tag

from octavo.check.listening import Element
from octavo.check.relations import NOTES

#: The HTML element of each role that needs no more thought. The first stands among blocks, the second in a line.
PLAIN: Final = {
    "P": ("p", "span"), "Em": ("em", "em"), "Strong": ("strong", "strong"), "Code": ("code", "code"),
    "Sect": ("section", "span"), "Art": ("article", "span"), "BlockQuote": ("blockquote", "span"),
    "Aside": ("aside", "span"), "Div": ("div", "span"), "Index": ("section", "span"), "THead": ("thead", "span"),
    "TBody": ("tbody", "span"), "TFoot": ("tfoot", "span"), "TR": ("tr", "span"), "LBody": ("div", "span"),
    "Ruby": ("ruby", "ruby"), "RB": ("span", "span"), "RT": ("rt", "rt"), "RP": ("rp", "rp"),
    "BibEntry": ("div", "span"), "FENote": ("aside", "span"), "Note": ("aside", "span"), "Quote": ("span", "span"),
    "Lbl": ("span", "span"), "Span": ("span", "span"), "Caption": ("p", "span"), "Title": ("p", "span"),
}  # fmt: skip
CLASSES: Final = {"Lbl": "label", "Title": "title", "Caption": "caption", "BibEntry": "entry", "Index": "index"}
#: Roles that leave no element behind, only what they hold.
THROUGH: Final = frozenset(
    {
        "Document",
        "DocumentFragment",
        "Part",
        "NonStruct",
        "Private",
        "Reference",
        "Annot",
        "Form",
        "Warichu",
        "WT",
        "WP",
    }
)
#: What may stand in a line; an element with anything else below it is a block.
_PHRASING: Final = frozenset(
    {"Span", "Em", "Strong", "Link", "Code", "Lbl", "Reference", "Quote", "Formula", "Annot", "Form", "Sub", "Ruby",
     "RB", "RT", "RP", "Warichu", "WT", "WP", "NonStruct", "Private", "BibEntry", *NOTES}
)  # fmt: skip
#: HTML elements that hold phrasing content only.
LINES: Final = frozenset(
    {"p", "span", "em", "strong", "code", "sup", "sub", "s", "u", "abbr", "a", "dt", "pre", "ruby", "rt", "rp",
     "h1", "h2", "h3", "h4", "h5", "h6"}
)  # fmt: skip
#: HTML elements at whose edges a space says nothing.
_TRIMMED: Final = LINES - {"span", "em", "strong", "code", "sup", "sub", "s", "u", "abbr", "a", "pre"} | {
    "li", "dd", "td", "th", "div", "aside", "blockquote", "figcaption", "caption", "section"
}  # fmt: skip
#: HTML elements that hold blocks one below the other.
_AMONG_BLOCKS: Final = frozenset(
    {"body", "section", "article", "nav", "div", "ol", "ul", "dl", "table", "thead", "tbody", "tfoot", "tr", "figure",
     "aside", "blockquote"}
)  # fmt: skip
ORDERED: Final = frozenset({"Ordered", "Decimal", "UpperRoman", "LowerRoman", "UpperAlpha", "LowerAlpha"})


def is_phrasing(element: Element) -> bool:
    """Tell whether an element holds nothing but what may stand in a line; notes are taken out."""
    kids = [kid for kid in element.kids if isinstance(kid, Element) and kid.role not in NOTES]
    inline = (kid.role in _PHRASING or (kid.role == "Figure" and kid.words("/Alt") != "") for kid in kids)
    return all(inline) and all(is_phrasing(kid) for kid in kids if kid.role != "Figure")


def styled(element: Element) -> str:
    """Return the HTML element of a span by how it looks."""
    position = str(element.attributes.get("/TextPosition", ""))
    line = str(element.attributes.get("/TextDecorationType", ""))
    if element.words("/E"):
        return "abbr"
    return {"/Sup": "sup", "/Sub": "sub", "/LineThrough": "s", "/Underline": "u"}.get(position or line, "span")


def words(text: str) -> str:
    """Return text as HTML has it: without soft hyphens, with single spaces; other spaces are kept."""
    return re.sub(r"[ \t\r\n\f]+", " ", text.replace("\N{SOFT HYPHEN}", ""))


def append(parent: Tag, text: str) -> None:
    """Add text behind what an element holds."""
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def trim(tag: Tag) -> None:
    """Take away the spaces at the edges of blocks, and end the line behind each block that stands among blocks."""
    for kid in tag:
        trim(kid)
    if tag.tag in _TRIMMED:
        tag.text = (tag.text or "").lstrip(" ") or None
        _trim_end(tag)
    if tag.tag in _AMONG_BLOCKS:
        for kid in tag:
            kid.tail = kid.tail or ("\n" if kid.tag not in LINES - {"p", "pre", "dt"} else None)


def _trim_end(tag: Tag) -> None:
    """Take away the space that a block ends with, however deep it stands in links and spans."""
    if not len(tag):
        tag.text = (tag.text or "").rstrip(" ") or None
        return
    tag[-1].tail = (tag[-1].tail or "").rstrip(" ") or None
    if tag[-1].tail is None and tag[-1].tag in LINES - {"pre"}:
        _trim_end(tag[-1])
