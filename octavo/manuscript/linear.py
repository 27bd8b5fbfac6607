"""Write a formula on one line of plain text, for outlines and for sorting: x², h⁽ˡ⁾, (a + b)/2, √x.

The notation is that of UnicodeMath (Unicode Technical Note 28), with superscript and subscript characters wherever
Unicode has all that a script needs.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from xml.etree.ElementTree import Element, fromstring

from octavo.manuscript.mathml import BIG, CLOSING, OPENING, core_of, tag_of, text_of, tokens

_HIGH = str.maketrans(
    "0123456789+-−=()abcdefghijklmnoprstuvwxyzβγδεθχℓ′″∗",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵝᵞᵟᵋᶿᵡˡ′″*",
)
_LOW = str.maketrans("0123456789+-−=()aehijklmnoprstuvxβγρφχℓ", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪₗ")
_ACCENTS = {"¯": "\u0304", "‾": "\u0304", "^": "\u0302", "ˆ": "\u0302", "~": "\u0303", "˜": "\u0303", "→": "\u20d7",
            "˙": "\u0307", "¨": "\u0308", "ˇ": "\u030c", "˘": "\u0306"}  # fmt: skip
_UNPRINTED = frozenset("\u2061\u2062\u2063\u2064")
#: Signs that stand close to what is beside them.
_TIGHT = OPENING | CLOSING | _UNPRINTED | frozenset("|‖∥!′″/.∇∂¬∀∃√")
_BARS = frozenset("|‖∥∣")
_STOPS = frozenset(",;:")
_SIGNS = frozenset("+-−±∓")


@lru_cache(maxsize=4096)
def linear(mathml: str) -> str:
    """Return the formula as plain text; letters of a mathematical alphabet become plain ones."""
    return unicodedata.normalize("NFC", " ".join(_row([fromstring(mathml)]).split()))


def _row(nodes: list[Element]) -> str:
    parts = tokens(nodes)
    text = ""
    for position, node in enumerate(parts):
        piece, sign = _write(node), text_of(node)
        before = text_of(parts[position - 1]) if position else ""
        is_operator = tag_of(node) == "mo" or sign in _SIGNS
        if not is_operator:
            is_apart = text[-1:].isalnum() and (len(sign) > 1 or before in _UNPRINTED)
            is_apart = is_apart or (position > 0 and _asks_for_space(parts[position - 1]))
            text += f" {piece} " if tag_of(node) == "mtext" else f" {piece}" if is_apart else piece
        elif sign in _STOPS:
            text = f"{text.rstrip()}{piece} "
        elif sign in _TIGHT:
            text += "" if sign in _UNPRINTED else piece
        elif sign in _SIGNS and (not text or text.endswith(" ") or text[-1:] in OPENING):
            text += piece
        else:
            text = f"{text.rstrip()} {piece} "
    return text.strip()


def _asks_for_space(node: Element) -> bool:
    """Tell whether a space belongs behind it: a sum, or a function with an index."""
    core = text_of(core_of(node))
    return core in BIG or (core_of(node) is not node and len(core) > 1)


def _write(node: Element) -> str:
    tag = tag_of(node)
    if tag in ("msub", "munder") and len(node) == 2:
        return _accented(node) or _base(node) + _script(node[1], _LOW, "_")
    if tag in ("msup", "mover") and len(node) == 2:
        return _accented(node) or _base(node) + _script(node[1], _HIGH, "^")
    if tag in ("msubsup", "munderover") and len(node) == 3:
        return _base(node) + _script(node[1], _LOW, "_") + _script(node[2], _HIGH, "^")
    if tag == "mfrac" and len(node) == 2:
        joint = "¦" if node.get("linethickness") == "0" else "/"
        return f"{_argument(node[0])}{joint}{_argument(node[1])}"
    if tag == "msqrt":
        inside = _row(list(node))
        return f"√{inside}" if len(inside) == 1 else f"√({inside})"
    if tag == "mroot" and len(node) == 2:
        return f"{_script(node[1], _HIGH, '')}√({_row([node[0]])})"
    if tag == "mtable":
        return "; ".join(" ".join(filter(None, (_row(list(cell)) for cell in row))) for row in node)
    if len(node):
        return _row(list(node))
    plain = (unicodedata.normalize("NFKC", c) if c > "\uffff" else c for c in text_of(node))
    return "".join(plain)


def _script(node: Element, letters: dict[int, int], mark: str) -> str:
    """Write a script with the characters that Unicode has for it, or else behind a mark, in brackets if it is long."""
    text = _row([node])
    raised = text.replace(" ", "").translate(letters)
    if all(ord(letter) in letters for letter in text if letter != " "):
        return raised
    return mark + (text if len(text) == 1 or text.startswith("(") else f"({text})")


def _base(node: Element) -> str:
    """Write what bears a script, in brackets where it is more than one value."""
    parts, text = tokens([node[0]]), _row([node[0]])
    parts = [part for part in parts if text_of(part) not in _UNPRINTED]
    is_one = len(parts) < 2 and "/" not in text
    return text if is_one or text[:1] in OPENING or text[-1:] in _BARS else f"({text})"


def _accented(node: Element) -> str:
    """Write a letter with its accent; what Unicode cannot put over more than one letter stands behind them."""
    base, accent = _row([node[0]]), _ACCENTS.get(text_of(node[1]), text_of(node[1]))
    if not accent or not unicodedata.combining(accent[0]):
        return ""
    return base + accent if len(base) == 1 else f"({base}){text_of(node[1])}"


def _argument(node: Element) -> str:
    """Write one side of a fraction, in brackets where it is more than one value."""
    text = _row([node])
    return text if "/" not in text and (text.isalnum() or len(tokens([node])) == 1) else f"({text})"
