r"""Write what stands in mhchem's `\ce{…}` as a plain formula (the manual of mhchem 4.09, parts 3 and 5).

Read are elements and their numbers, charges, states, isotopes, bonds, arrows with texts, precipitate and gas, addition
compounds, brackets, and formulas between dollar signs.
"""

from __future__ import annotations

import re

_ARROWS = {
    "<=>>": r"\xrightleftharpoons", "<<=>": r"\xrightleftharpoons", "<-->": r"\xleftrightarrow",
    "<=>": r"\xrightleftharpoons", "<->": r"\xleftrightarrow", "->": r"\xrightarrow", "<-": r"\xleftarrow",
    "→": r"\xrightarrow", "⟶": r"\xrightarrow", "⇌": r"\xrightleftharpoons", "↔": r"\xleftrightarrow",
}  # fmt: skip
_PLAIN_ARROWS = {
    r"\xrightarrow": r"\longrightarrow ", r"\xleftarrow": r"\longleftarrow ",
    r"\xleftrightarrow": r"\longleftrightarrow ", r"\xrightleftharpoons": r"\rightleftharpoons ",
}  # fmt: skip
_ARROW = re.compile("|".join(re.escape(arrow) for arrow in _ARROWS))
_STATE = re.compile(r"\((?:aq|s|l|g|ads|cr|am|sln|\w{1,3},\s*\w{1,3})\)")
_NUMBER = re.compile(r"\d+(?:[.,/]\d+)?")
_LETTERS = re.compile(r"[A-Za-zα-ωΑ-Ω]+")
_CHARGE = re.compile(r"\d*[+-]+")
_BONDS = {"#": r"\equiv ", "=": "=", "-": "-"}
_COMMAND = re.compile(r"\\([A-Za-z]+)|\\(.)")


class ChemistryError(Exception):
    """Say what cannot be read in a chemical formula, and where."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(what)
        self.at = at


def chemical(text: str) -> str:
    """Return a chemical formula as a formula of plain commands."""
    return _Writer(text).whole()


class _Writer:
    """Write one formula from its left end to its right."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.written = text, 0, ""
        #: Whether an element, a bracket or an index stands directly in front, so that a number is an index of it.
        self.behind = False

    def whole(self) -> str:
        """Write all of it."""
        while self.at < len(self.text):
            self._piece()
        return self.written

    def _put(self, tex: str, behind: bool = False) -> None:
        self.written += tex
        self.behind = behind

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def _piece(self) -> None:
        rest = self.text[self.at :]
        if rest[0].isspace():
            self._space()
        elif found := self._match(_ARROW):
            self._arrow(_ARROWS[found[0]])
        elif self.behind and (state := self._match(_STATE)):
            self._put(rf"\mathrm{{{state[0]}}}")
        elif rest[0] == "$":
            self._dollars()
        elif rest[0] in "^_":
            self._script(rest[0])
        elif found := self._match(_NUMBER):
            self._number(found[0])
        elif found := self._match(_LETTERS):
            self._letters(found[0])
        elif rest[0] == "\\":
            self._command()
        elif rest[0] == "{":
            self._put(rf"{{{chemical(self._braced())}}}", behind=True)
        else:
            self._sign(rest[0])

    def _space(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        rest = self.text[self.at :]
        if re.match(r"\+(\s|$)", rest):
            self.at += 1
            self._put(" + ")
        elif re.match(r"v(\s|$)", rest):
            self.at += 1
            self._put(r"\downarrow ")
        elif re.match(r"\^(\s|$)", rest):
            self.at += 1
            self._put(r"\uparrow ")
        elif self.written and rest and not _ARROW.match(rest) and not self.written.endswith(" "):
            self._put(r"\ ")
        self.behind = False

    def _arrow(self, arrow: str) -> None:
        labels: list[str] = []
        while self.at < len(self.text) and self.text[self.at] == "[" and len(labels) < 2:
            end = self._closing("[", "]")
            labels.append(chemical(self.text[self.at + 1 : end]))
            self.at = end + 1
        above, below = (*labels, "", "")[:2]
        option = f"[{{{below}}}]" if below else ""
        self._put(f"{arrow}{option}{{{above}}} " if labels else _PLAIN_ARROWS[arrow])

    def _dollars(self) -> None:
        end = self.text.find("$", self.at + 1)
        if end < 0:
            raise ChemistryError("a dollar sign without its partner", self.at)
        self._put(f"{{{self.text[self.at + 1 : end]}}}", behind=True)
        self.at = end + 1

    def _script(self, sign: str) -> None:
        self.at += 1
        if self.at < len(self.text) and self.text[self.at] == "{":
            inside = self._braced()
        else:
            found = self._match(_CHARGE) or self._match(re.compile(r"\d+|[A-Za-z]|[+-]|\*|\."))
            if found is None:
                self._put(r"\uparrow ")
                return
            inside = found[0]
        base = "" if self.behind or self.written.endswith("}") else "{}"
        self._put(f"{base}{sign}{{{_upright(inside)}}}", behind=True)

    def _number(self, digits: str) -> None:
        if self.behind:
            self._put(f"_{{{digits}}}", behind=True)
        elif "/" in digits:
            upper, _, lower = digits.partition("/")
            self._put(rf"\tfrac{{{upper}}}{{{lower}}}")
        else:
            space = r"\," if self.at < len(self.text) and not self.text[self.at].isspace() else ""
            self._put(f"{digits}{space}")

    def _letters(self, letters: str) -> None:
        self._put(rf"\mathrm{{{letters}}}", behind=True)
        if found := self._match(re.compile(r"[+-]{1,2}(?=$|[\s)\]}])")):
            self._put(f"^{{{found[0]}}}", behind=True)

    def _command(self) -> None:
        found = self._match(_COMMAND)
        if found is None:
            raise ChemistryError("a backslash with nothing behind it", self.at)
        if found[2]:
            self._put(found[0] if found[2] != "(" else "(", behind=found[2] == "}")
            return
        arguments = ""
        while self.at < len(self.text) and self.text[self.at] == "{":
            arguments += f"{{{self._braced()}}}"
        if found[1] == "bond":
            self._put(_BONDS.get(arguments[1:-1], {"~": r"\sim ", "...": r"\cdots "}.get(arguments[1:-1], "-")))
        else:
            self._put(f"{found[0]}{arguments} ", behind=True)

    def _sign(self, sign: str) -> None:
        self.at += 1
        ends = self.at >= len(self.text) or self.text[self.at] in " )]}"
        if sign in "([":
            self._put(sign)
        elif sign in ")]":
            self._put(sign, behind=True)
            if found := self._match(re.compile(r"[+-]{1,2}(?=$|[\s)\]}])")):
                self._put(f"^{{{found[0]}}}", behind=True)
        elif sign in "+-" and self.behind and ends:
            self._put(f"^{{{sign}}}", behind=True)
        elif sign in "*.·":
            self._put(r"\cdot ")
        elif sign in _BONDS:
            self._put(f"{{{_BONDS[sign].strip()}}}")
        elif sign in "+,;:/|<>'!?" or ord(sign) > 127:
            self._put(sign)
        else:
            raise ChemistryError(f"the sign `{sign}`", self.at - 1)

    def _braced(self) -> str:
        end = self._closing("{", "}")
        inside = self.text[self.at + 1 : end]
        self.at = end + 1
        return inside

    def _closing(self, opening: str, closing: str) -> int:
        depth = 0
        for position in range(self.at, len(self.text)):
            depth += {opening: 1, closing: -1}.get(self.text[position], 0)
            if depth == 0:
                return position
        raise ChemistryError(f"a `{opening}` without its partner", self.at)


def _upright(text: str) -> str:
    """Return a script with its letters upright: charges, numbers, oxidation states."""
    return re.sub(r"(?<![\\A-Za-z])[A-Za-z]+", lambda found: rf"\mathrm{{{found[0]}}}", text)
