"""Let nothing of a PDF run in the reading copy: a PDF may come from anybody, and a page of HTML runs what it holds.

MathML is taken over element by element: those of MathML Core (2.2 and 3 to 5) and of MathML 3 that Pandoc writes.
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree

_NAMESPACES: Final = frozenset({"", "{http://www.w3.org/1998/Math/MathML"})
_ELEMENTS: Final = frozenset(
    {
        "math", "semantics", "annotation", "mrow", "mi", "mn", "mo", "mtext", "ms", "mspace", "msub", "msup",
        "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none", "mfrac", "msqrt", "mroot",
        "mstyle", "merror", "mpadded", "mphantom", "menclose", "mtable", "mtr", "mlabeledtr", "mtd"
    }
)  # fmt: skip
_ATTRIBUTES: Final = frozenset(
    {
        "accent", "accentunder", "align", "bevelled", "close", "columnalign", "columnlines", "columnspacing",
        "columnspan", "denomalign", "depth", "dir", "display", "displaystyle", "encoding", "fence", "form", "frame",
        "height", "intent", "arg", "largeop", "lang", "linethickness", "lquote", "lspace", "mathbackground",
        "mathcolor", "mathsize", "mathvariant", "maxsize", "minsize", "movablelimits", "notation", "numalign", "open",
        "rowalign", "rowlines", "rowspacing", "rowspan", "rquote", "rspace", "scriptlevel", "separator", "separators",
        "side", "stretchy", "subscriptshift", "superscriptshift", "symmetric", "title", "voffset", "width"
    }
)  # fmt: skip


def mathml(source: bytes) -> ElementTree.Element | None:
    """Return the MathML without namespaces, or nothing where it cannot be read or holds more than mathematics."""
    try:
        math = ElementTree.fromstring(source)
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    for part in math.iter():
        namespace, _, name = part.tag.rpartition("}") if isinstance(part.tag, str) else ("?", "", "")
        if namespace not in _NAMESPACES or name not in _ELEMENTS:
            return None
        part.tag = name
        part.tail = (part.tail or "").strip() or None
        part.text = (part.text or "").strip() or None
        for key in set(part.attrib) - _ATTRIBUTES:
            del part.attrib[key]
    return math if math.tag == "math" else None
