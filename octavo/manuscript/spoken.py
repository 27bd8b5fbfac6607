"""Say a formula in words, from the MathML that Pandoc makes of it.

The wording follows two published styles: ClearSpeak (Educational Testing Service, “ClearSpeak Speech Styles”) for what
is short, and MathSpeak (gh, LLC, after Abraham Nemeth) for the words that end a fraction, a root or a script: a
listener must not take `a/(b + c)` for `a/b + c`. Words and phrases of each language are in `spoken.yaml`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from xml.etree.ElementTree import Element, fromstring

from octavo.manuscript.lexicon import Lexicon, lexicon
from octavo.manuscript.mathml import (
    APPLY,
    BIG,
    CLOSING,
    OPENING,
    SCRIPTED,
    core_of,
    innermost,
    tag_of,
    text_of,
    tokens,
)

_BARS = {"|": "magnitude", "∣": "magnitude", "‖": "norm", "∥": "norm"}
_SIGNS = {"−": "negative", "-": "negative", "+": "positive", "±": "plus or minus", "∓": "minus or plus"}
#: What may follow a value; a minus behind anything else is a sign.
_AFTER_VALUE = CLOSING | frozenset("!′″‴°%")
_LIMITS = frozenset(("lim", "limsup", "liminf", "lim sup", "lim inf"))
_BIG_NAMES = _LIMITS | {"max", "min", "sup", "inf", "argmax", "argmin", "arg max", "arg min"}
_STOPS = frozenset(".,;")
#: Letters that are said as functions where a bracket follows, and those that can depend on what stands behind a bar.
_FUNCTIONS, _CONDITIONAL = frozenset("fgFGPpqQ𝔼ℙ"), frozenset(("P", "p", "Q", "q", "𝔼", "ℙ", "Pr", "E"))


@lru_cache(maxsize=4096)
def spoken(mathml: str, language: str) -> str:
    """Return the formula in words of a language, or nothing where there are no words in it."""
    words = lexicon(language.split("-")[0])
    if words is None or not mathml:
        return ""
    parts = tokens([fromstring(mathml)])
    if len(parts) > 1 and text_of(parts[-1]) in _STOPS:  # it ends the sentence around the formula
        parts.pop()
    said = _Speaker(words).row(parts)
    return re.sub(r" +(?=[,;:] )", "", " ".join(said.split()))


@dataclass(frozen=True)
class _Speaker:
    """Say elements with the words of one language."""

    words: Lexicon

    def say(self, node: Element) -> str:
        """Say one element; one without a rule of its own is said as the row of what it holds."""
        rule = getattr(self, f"_{tag_of(node)}", None)
        return str(rule(node)) if rule else self.row(list(node))

    def row(self, nodes: Sequence[Element]) -> str:
        """Say what stands side by side; brackets and signs are said by what stands around them."""
        parts, said = tokens(nodes), list[str]()
        heads: list[tuple[str, str]] = []  # each open bracket, and what stands before it
        position = 0
        while position < len(parts):
            node, text = parts[position], text_of(parts[position])
            following = parts[position + 1] if position + 1 < len(parts) else None
            before = text_of(core_of(parts[position - 1])) if position else ""
            bracket, step = text_of(core_of(node)), 1
            if (group := self._group(parts, position, heads)) is not None:
                words, step = group
                said.append(words)
            elif text in _SIGNS and not self._is_value(parts, position - 1):
                said.append(self.words.phrase(_SIGNS[text]))
            elif text == APPLY:
                is_said = f" {said[-1]}".endswith(f" {self.words.phrase('of')}") if said else True
                said.append("" if is_said or following is None or before == "mod" else self.words.phrase("of"))
            else:
                if bracket in OPENING:
                    heads.append((bracket, before))
                elif bracket in CLOSING and heads:
                    heads.pop()
                said.append(self.say(node))
                if self._asks_for_of(node, following):
                    said.append(self.words.phrase("of"))
            position += step
        return " ".join(said)

    def _asks_for_of(self, node: Element, following: Element | None) -> bool:
        if following is None or text_of(following) == APPLY:
            return False
        is_applied = tag_of(node) in SCRIPTED and any(text_of(part) == APPLY for part in innermost(node)[-1:])
        is_function = text_of(core_of(node)) in _FUNCTIONS and text_of(core_of(following)) == "("
        return self._is_big(node) or is_applied or is_function

    def _group(self, parts: list[Element], at: int, heads: list[tuple[str, str]]) -> tuple[str, int] | None:
        """Say what only makes sense together, and return how many parts it takes: tables, bars, short arguments."""
        text = text_of(parts[at])
        behind = parts[at + 1 :]
        third = text_of(behind[1]) if len(behind) > 1 else ""
        if tag_of(parts[at]) == "mtable":
            return self._table(parts[at], "lines"), 1
        if (text in OPENING or text in _BARS) and behind and tag_of(behind[0]) == "mtable":
            if text == "{" and third not in CLOSING | {"."}:
                return self._table(behind[0], "cases"), 2
            return self._table(behind[0], "determinant" if text in _BARS else "matrix"), 3 if third else 2
        if text == "(" and third == ")" and behind:
            if tag_of(behind[0]) == "mfrac" and behind[0].get("linethickness") == "0":
                return self.say(behind[0]), 3
            if at and tag_of(behind[0]) in ("mi", "mn") and self._is_function(parts, at - 1):
                return self.say(behind[0]), 3
        if text in _BARS and tag_of(parts[at]) == "mo":
            return self._bar(parts, at, heads)
        return None

    def _is_function(self, parts: list[Element], at: int) -> bool:
        return text_of(parts[at]) == APPLY or text_of(core_of(parts[at])) in _FUNCTIONS

    def _bar(self, parts: list[Element], at: int, heads: list[tuple[str, str]]) -> tuple[str, int] | None:
        """Say a bar: as “given” or “such that” where one may be, else as a pair with the next, else by its name."""
        text = text_of(parts[at])
        if heads and _BARS[text] == "magnitude" and self._is_value(parts, at - 1):
            bracket, head = heads[-1]
            if bracket == "{" or head in _CONDITIONAL:
                heads[-1] = ("", "")  # the next bar in these brackets is another one
                return self.words.phrase("such that" if bracket == "{" else "given"), 1
        if "form" not in parts[at].attrib:  # `\mid` and `\parallel`
            return None
        texts = [text_of(core_of(part)) for part in parts]
        width = 2 if text == "|" and texts[at + 1 : at + 2] == ["|"] else 1
        depth = 0
        for end in range(at + width, len(parts)):
            depth += (texts[end] in OPENING) - (texts[end] in CLOSING)
            if depth < 0:
                break
            if texts[end : end + width] == [text] * width and depth == 0 and end > at + width:
                inside = self.row(parts[at + width : end])
                last = end + width - 1
                whole = self.words.phrase("norm" if width == 2 else _BARS[text], inside)
                return f"{whole} {self._scripts(parts[last])}", last - at + 1
        return self.words.character({"∣": "|", "∥": "‖"}.get(text, text)), 1

    def _is_value(self, parts: list[Element], at: int) -> bool:
        """Tell whether what stands there is a value, so that a sign behind it joins two."""
        if at < 0:
            return False
        last = (innermost(parts[at]) or [parts[at]])[-1]
        text = text_of(last)
        return text not in _SIGNS and (tag_of(last) != "mo" or text[-1:] in _AFTER_VALUE or text in _BARS)

    def _is_big(self, node: Element) -> bool:
        core = text_of(core_of(node))
        return core in BIG or core in _BIG_NAMES

    def _mi(self, node: Element) -> str:
        return self.words.name(text_of(node))

    def _mo(self, node: Element) -> str:
        text = text_of(node)
        return self.words.name(text) if text.isalpha() else self.words.characters(text)

    def _mn(self, node: Element) -> str:
        text = text_of(node)
        return text if text.isascii() else self.words.characters(text)

    def _mtext(self, node: Element) -> str:
        return unicodedata.normalize("NFKC", text_of(node))

    def _marked(self, key: str, node: Element) -> str:
        """Say a script: its end is said where it is more than one value."""
        parts = tokens([node])
        signed = len(parts) == 2 and text_of(parts[0]) in _SIGNS and tag_of(parts[1]) in ("mi", "mn")
        short = signed or (len(parts) == 1 and len(parts[0]) == 0)
        return self.words.phrase(key if short else f"{key} end", self.row([node]))

    def _base(self, node: Element) -> str:
        """Say what bears a script; its end is said where it is more than one value, for instance a quotient."""
        parts = tokens([node])
        named = [part for part in parts if text_of(part) != APPLY]
        if len(named) == 1 or self._is_big(node):
            return self.say(named[0])
        is_fenced = bool(parts) and (text_of(parts[0]) in OPENING or text_of(parts[-1]) in _BARS)
        said = self.row(parts)
        return said if is_fenced or not named else self.words.phrase("quantity", said)

    def _msub(self, node: Element) -> str:
        return self._big(node, node[1], None) if self._is_big(node) else self._with_scripts(node)

    def _msup(self, node: Element) -> str:
        return self._big(node, None, node[1]) if self._is_big(node) else self._with_scripts(node)

    def _msubsup(self, node: Element) -> str:
        return self._big(node, node[1], node[2]) if self._is_big(node) else self._with_scripts(node)

    def _with_scripts(self, node: Element) -> str:
        return f"{self._base(node[0])} {self._scripts(node)}"

    def _scripts(self, node: Element) -> str:
        """Say the scripts of an element without what they are set on."""
        tag = tag_of(node)
        if tag == "msub":
            return self._marked("base" if text_of(core_of(node)) == "log" else "sub", node[1])
        if tag == "msup":
            return self._superscript(node[1], "power" if tokens([node[0]]) else "superscript")
        if tag == "msubsup":
            return f"{self._marked('sub', node[1])} {self._superscript(node[2], 'superscript')}"
        return ""

    def _superscript(self, node: Element, usual: str) -> str:
        """Say a superscript: a power, or what is only written high, such as the name of a variant."""
        parts = tokens([node])
        first = parts[0] if parts else node
        text = text_of(first)
        if len(parts) == 1 and text in self.words.superscripts:
            return str(self.words.superscripts[text])
        if len(parts) == 1 and text == "T" and first.get("mathvariant") == "normal":
            return str(self.words.superscripts["⊤"])
        if len(parts) == 1 and text in _SIGNS:
            return self.words.phrase("superscript", self.words.character(text))
        numeric = all(tag_of(part) == "mn" or text_of(part) in _SIGNS for part in parts) and usual == "power"
        named = tag_of(first) in ("mtext", "mo") and text not in _SIGNS
        named = named or (tag_of(first) == "mi" and len(text) > 1 and len(parts) == 1)
        return self._marked("superscript" if named else "power" if numeric else usual, node)

    def _big(self, node: Element, low: Element | None, high: Element | None) -> str:
        """Say a sum, an integral, a limit with its bounds."""
        base, name = self._base(node[0]), text_of(core_of(node))
        below = self.row([low]) if low is not None else ""
        above = self.row([high]) if high is not None else ""
        if name in _LIMITS and low is not None:
            arrow = self.words.character("→")
            return self.words.phrase("limit", base, below.replace(arrow, self.words.phrase("approaches")))
        is_start = low is not None and any(text_of(part) == "=" for part in tokens([low]))
        if below and above:
            return self.words.phrase("from to", base, below, above)
        if below:
            return self.words.phrase("from" if is_start else "over", base, below)
        return self.words.phrase("up to", base, above)

    def _mfrac(self, node: Element) -> str:
        if node.get("linethickness") == "0":
            return self.words.phrase("binomial", self.row([node[0]]), self.row([node[1]]))
        upper, lower = (text_of(child) if tag_of(child) == "mn" else "" for child in node)
        if upper in self.words.numbers and lower in self.words.denominators:
            return f"{self.words.numbers[upper]} {self.words.denominators[lower][upper != '1']}"
        return self.words.phrase("fraction", self.row([node[0]]), self.row([node[1]]))

    def _msqrt(self, node: Element) -> str:
        return self.words.phrase("square root", self.row(list(node)))

    def _mroot(self, node: Element) -> str:
        index = self.row([node[1]])
        return self.words.phrase("cube root" if index == "3" else "root", self.row([node[0]]), index)

    def _munder(self, node: Element) -> str:
        return self._big(node, node[1], None) if self._is_big(node) else self._accent(node, "below")

    def _mover(self, node: Element) -> str:
        return self._big(node, None, node[1]) if self._is_big(node) else self._accent(node, "above")

    def _munderover(self, node: Element) -> str:
        if self._is_big(node):
            return self._big(node, node[1], node[2])
        return self.words.phrase(
            "above", self.words.phrase("below", self._base(node[0]), self.row([node[1]])), self.row([node[2]])
        )

    def _accent(self, node: Element, where: str) -> str:
        base, mark = self.row([node[0]]), text_of(node[1])
        accent = self.words.accents.get(mark, "")
        is_arrow = mark in "→←" and not node[1].get("accent")
        if not accent or is_arrow:
            return self.words.phrase(where, base, self.row([node[1]]))
        if len(tokens([node[0]])) > 1:
            return self.words.phrase("accent over" if where == "above" else "accent under", base, accent)
        return self.words.phrase("vector" if mark in "→⃗" else "accent", base, accent)

    def _menclose(self, node: Element) -> str:
        crossed = "strike" in node.get("notation", "")
        return self.words.phrase("crossed out" if crossed else "enclosed", self.row(list(node)))

    def _table(self, node: Element, kind: str) -> str:
        """Say a table row by row: a matrix, the cases of a definition, or formulas one below the other."""
        rows = [list(row) for row in node]
        width = max((len(row) for row in rows), default=0)
        cells = [cell for row in rows for cell in row]
        if kind == "lines" and width > 1 and all(cell.get("columnalign") == "center" for cell in cells):
            kind = "matrix"
        joint = " " if kind == "lines" else ", "
        texts = [joint.join(self._cell(cell, kind) for cell in row) for row in rows]
        if kind == "lines" and len(rows) == 1:
            return texts[0]
        unit = {"cases": "case", "lines": "line"}.get(kind, "row")
        whole = "; ".join(self.words.phrase(unit, number, text) for number, text in enumerate(texts, 1))
        counts = (len(rows),) if kind in ("cases", "lines") else (len(rows), width)
        return self.words.phrase(kind, *counts, whole)

    def _cell(self, cell: Element, kind: str) -> str:
        said = self.row(list(cell))
        return said or ("" if kind in ("lines", "cases") else self.words.phrase("blank"))
