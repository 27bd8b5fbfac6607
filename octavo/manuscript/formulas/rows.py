"""Read what stands side by side in a formula: rows, groups, scripts, and the arguments of commands."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from octavo.manuscript.formulas.notation import notation
from octavo.manuscript.formulas.tokens import FormulaError, Macro, Stream, Token, mistake

#: Groups in groups: TeX gives up at 255 of its own, and takes up to four for a fraction.
DEEPEST = 40
#: The longest length that a formula may ask for, in points.
LONGEST = 600
_POINTS = {"pt": 1.0, "em": 10.0, "ex": 5.0, "mu": 0.6, "mm": 2.85, "cm": 28.5, "in": 72.3, "bp": 1.0, "pc": 12.0}
_LENGTH = re.compile(r"([+-]?)\s*(\d*\.?\d+)\s*(pt|em|ex|mu|mm|cm|in|bp|pc)\s*")
_OPERATORS = frozenset("∑∏∐∫∬∭∮∯∰⋀⋁⋂⋃⨀⨁⨂⨃⨄⨅⨆")
_LIMITS = ("\\limits", "\\nolimits", "\\displaylimits")
_WORD_END = re.compile(r"\\[A-Za-z]+\Z")
_PLACEHOLDER = re.compile(r"#(\d)")
_HEXADECIMAL = re.compile(r"#?([0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})")


class Written(NamedTuple):
    """Hold a piece of a formula as the engine is given it, and as Pandoc is."""

    press: str = ""
    pandoc: str = ""

    def then(self, *others: Written) -> Written:
        """Return this piece with others behind it."""
        press, pandoc = self
        for other in others:
            press, pandoc = _joined(press, other.press), _joined(pandoc, other.pandoc)
        return Written(press, pandoc)

    def within(self, opening: str, closing: str) -> Written:
        """Return the piece with the same in front of it and behind it for both."""
        return both(opening).then(self, both(closing))


def both(text: str) -> Written:
    """Return a piece that the engine and Pandoc are given alike."""
    return Written(text, text)


def _joined(left: str, right: str) -> str:
    """Put one piece behind another; the name of a command does not go on in a letter."""
    first = right[:1]
    is_letter = first.isalpha() or first > "\x7f"
    return f"{left} {right}" if is_letter and _WORD_END.search(left) else left + right


def filled(template: str, arguments: list[str]) -> str:
    """Return a template with its blanks filled: `#1` is the first argument."""
    text, position = "", 0
    for found in _PLACEHOLDER.finditer(template):
        text = _joined(text, template[position : found.start()] + arguments[int(found[1]) - 1])
        position = found.end()
    return _joined(text, template[position:])


@dataclass
class Row:
    """Keep what is known of a row while it is read; `scripts` are those that the last atom has already."""

    stops: frozenset[str]
    depth: int
    pieces: Written = field(default_factory=Written)
    scripts: str = ""
    is_operator: bool = False
    operator_before: bool = False
    infix: str = ""
    left: Written = field(default_factory=Written)

    def add(self, piece: Written) -> None:
        """Put a piece behind the others."""
        self.pieces = self.pieces.then(piece)


class RowReader(ABC):
    """Read rows of a formula; what a command means is read by a class above this one."""

    def __init__(self, tex: str, macros: Mapping[str, Macro]) -> None:
        self.tex = tex
        self.notation = notation()
        self.stream = Stream(tex, macros, self.notation.macros)
        self.changed = False
        self.errors: list[FormulaError] = []
        self._depth = 0

    @abstractmethod
    def command(self, token: Token, row: Row) -> Written:
        """Read a command with all that belongs to it."""

    def row(self, *stops: str) -> Written:
        """Read until one of these tokens, which is left there: a character, or a command with its backslash."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise mistake(self.stream.peek().at, f"more than {DEEPEST} groups, one within the other")
        row = Row(frozenset(stops), self._depth)
        opened = self.stream.last
        while (token := self.stream.peek()).kind != "end" and key_of(token) not in row.stops:
            self.stream.next()
            self._take(token, row)
        if token.kind == "end" and "" not in row.stops:
            raise mistake(opened, self._unclosed(row.stops))
        self._depth -= 1
        return self._closed(row)

    def _unclosed(self, stops: frozenset[str]) -> str:
        if "\\right" in stops:
            return "`\\left` and `\\right` that do not pair"
        if "\\end" in stops:
            return "`\\begin` without its `\\end`"
        return "a bracket `[` that is not closed" if "]" in stops else "a brace `{` or `}` without its partner"

    def _closed(self, row: Row) -> Written:
        r"""Return a row that is read; `a \over b` in it is written as `\frac{a}{b}`."""
        if not row.infix:
            return row.pieces
        name = self.notation.infixes[row.infix]
        return self.applied(name, [row.left.within("{", "}"), row.pieces.within("{", "}")])

    def _take(self, token: Token, row: Row) -> None:
        if token.kind == "space":
            row.add(both(token.text))
        elif token.kind == "char" and token.text in "^_":
            self._script(token, row)
        elif token.kind == "char" and token.text == "'":
            self._primes(token, row)
        else:
            row.operator_before, row.is_operator = row.is_operator, token.text in _OPERATORS
            piece = self._atom(token, row)
            row.add(piece)
            if key_of(token) not in _LIMITS:
                row.scripts = ""

    def _atom(self, token: Token, row: Row) -> Written:
        """Read what scripts can stand at: a sign, a group, a command."""
        if token.kind == "command":
            return self.command(token, row)
        if token.text == "{":
            return self.group()
        if token.text == "}":
            raise mistake(token.at, "a brace `{` or `}` without its partner")
        if token.text == "&":
            raise mistake(token.at, "`&` outside of an environment with columns, such as `aligned`, or one too many")
        if token.text in "#$":
            raise mistake(token.at, f"a `{token.text}`; as a sign it is written `\\{token.text}`")
        return both(token.text)

    def group(self) -> Written:
        """Read what stands in braces, the first of which is read."""
        inside = self.row("}")
        self.stream.next()
        return inside.within("{", "}")

    def _script(self, token: Token, row: Row) -> None:
        if token.text in row.scripts:
            kind = "superscripts" if token.text == "^" else "subscripts"
            raise mistake(token.at, f"two {kind} at one place; braces say what belongs to what, as in `a^{{b^c}}`")
        argument = self.argument("what is raised or lowered", is_script=True)
        row.scripts += token.text
        row.add(both(token.text).then(argument))

    def _primes(self, token: Token, row: Row) -> None:
        """Read primes; a superscript may follow them and goes on with them."""
        if "^" in row.scripts:
            raise mistake(token.at, "a prime behind a superscript; braces say what belongs to what")
        primes = "'"
        while key_of(self.stream.peek()) == "'":
            self.stream.next()
            primes += "'"
        row.scripts += "^"
        if key_of(self.stream.skip_space()) != "^":
            row.add(both(primes))
            return
        self.stream.next()
        argument = self.argument("what is raised", is_script=True)
        self.changed = True
        raised = "^{" + "\\prime " * len(primes) + argument.pandoc + "}"
        row.add(Written(f"{primes}^{argument.press}", raised))

    def argument(self, what: str, is_script: bool = False) -> Written:
        """Read an argument: a sign, what stands in braces, or a command, which is set as in braces."""
        token = self.stream.skip_space()
        if token.kind == "end" or key_of(token) in ("}", "&", "^", "_", "'", "\\\\", "\\right", "\\end"):
            raise mistake(token.at, f"a place without {what}")
        self.stream.next()
        if token.kind == "char" and token.text == "{":
            return self.group()
        row = Row(frozenset(), self._depth)
        piece = self._atom(token, row)
        if token.kind == "command":
            self.changed = self.changed or token.text not in self.notation.plain
            is_plain = token.text in self.notation.plain
            is_bare = is_plain and bool(piece.pandoc)
            return Written(f"{{{piece.press}}}", piece.pandoc if is_bare else f"{{{piece.pandoc}}}")
        return Written(piece.press if token.text.isascii() else f"{{{piece.press}}}", piece.pandoc)

    def optional(self) -> Written | None:
        """Read an argument in brackets, where one stands."""
        if key_of(self.stream.skip_space()) != "[":
            return None
        self.stream.next()
        inside = self.row("]")
        self.stream.next()
        return inside

    def raw_option(self) -> str:
        """Take the text of an argument in brackets, or nothing where none stands."""
        if key_of(self.stream.peek()) != "[":
            return ""
        start = self.stream.next()
        text = ""
        while key_of(token := self.stream.next()) != "]":
            if token.kind == "end":
                raise mistake(start.at, "a bracket `[` that is not closed")
            text += key_of(token)
        return text.strip()

    def starred(self) -> bool:
        """Take a star, where one stands."""
        is_starred = key_of(self.stream.peek()) == "*"
        if is_starred:
            self.stream.next()
        return is_starred

    def delimiter(self) -> Written:
        r"""Read a delimiter, such as `(` or `\langle`."""
        token = self.stream.skip_space()
        key = key_of(token)
        if key == "{":
            self.stream.next()
            inside = self.delimiter()
            if key_of(self.stream.skip_space()) != "}":
                raise mistake(token.at, "more than one delimiter where one is needed")
            self.stream.next()
            self.changed = True
            return inside
        if token.kind == "end" or key not in self.notation.delimiters:
            found = f"`{key}`" if token.kind != "end" else "nothing"
            raise mistake(token.at, f"{found} where a delimiter such as `(` or `\\langle` is needed")
        self.stream.next()
        return both(key)

    def length(self, name: str) -> str:
        """Read a length, in braces or without, and return it as TeX is to have it."""
        token = self.stream.skip_space()
        if key_of(token) == "{":
            text, at = self.stream.raw()
        else:
            text, at = "", token.at
            while (token := self.stream.peek()).kind != "end" and len(text) < 24:
                if _LENGTH.fullmatch(text) and not _LENGTH.fullmatch(text + key_of(token)):
                    break
                if token.kind == "command" or key_of(token) in "{}":
                    break
                text += key_of(self.stream.next())
        return self.measured(text, at, name)

    def measured(self, text: str, at: int, name: str) -> str:
        """Return a length of sensible size, or refuse it."""
        found = _LENGTH.fullmatch(text.strip())
        if found is None or float(found[2]) * _POINTS[found[3]] > LONGEST:
            raise mistake(at, f"`{text.strip()}` behind `\\{name}` where a length such as `1em` is needed")
        points = float(found[1] + found[2]) * _POINTS[found[3]]
        if name in ("mkern", "mskip", "mspace"):
            return f"{points * 1.8:g}mu" if found[3] != "mu" else f"{found[1]}{found[2]}mu"
        return f"{points / 10:.4f}em" if found[3] == "mu" else f"{found[1]}{found[2]}{found[3]}"

    def color(self) -> Written:
        """Read a color: a name, or six hexadecimal digits; return its red, green and blue."""
        text, at = self.stream.raw()
        name = text.strip()
        digits = self.notation.colors.get(name, "")
        if not digits and (found := _HEXADECIMAL.fullmatch(name)):
            digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
        if not digits:
            raise mistake(at, f"the color `{name}`, which is no known one; write `#1F4E79` or a name such as `teal`")
        return both(",".join(f"{int(digits[start : start + 2], 16) / 255:.3f}" for start in (0, 2, 4)))

    def applied(self, name: str, arguments: list[Written]) -> Written:
        """Return a command with its arguments, as the engine and as Pandoc know it."""
        plain = both(f"\\{name}").then(*arguments)
        press, pandoc = plain
        if (template := self.notation.press.get(name)) is not None:
            press = filled(template, [unwrapped(piece.press) for piece in arguments])
        if (template := self.notation.pandoc.get(name)) is not None:
            pandoc = filled(template, [unwrapped(piece.pandoc) for piece in arguments])
            self.changed = True
        return Written(press, pandoc)


def unwrapped(text: str) -> str:
    """Return what stands in the braces of an argument, or an argument without braces as it is."""
    return text[1:-1] if text.startswith("{") else text


def key_of(token: Token) -> str:
    """Return a token as it is written; nothing at the end."""
    return f"\\{token.text}" if token.kind == "command" else token.text
