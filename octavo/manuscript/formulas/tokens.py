r"""Split the TeX of a formula into tokens by TeX's own rules, and put the macros of the report in their places.

What TeX would read otherwise than it looks, such as `^^5c` for a backslash, is refused here, so that no later
stage is shown other characters than the engine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

#: A macro that grows to more tokens than this is taken for one without an end.
MOST_TOKENS = 20_000
_TOKEN = re.compile(r"\\([A-Za-z]+)|\\(.)|(\s+)|(%)|(.)", re.DOTALL)
_COMMENT = re.compile(r"[^\n]*(\n\s*)?")
#: A percent sign behind a number is one unless words follow it in a line that is not the last.
_PERCENTAGE = re.compile(r"(?<=\S)%(?=\Z)|(?<=\d)%(?=[^\n]*\Z|[ \t]*\n|[),.;:\]}&\\])")
#: In the last line of a formula, blank space in front of the sign makes the rest of the line a comment.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


class Token(NamedTuple):
    """Hold one token: `command` (its name), `space`, `end`, or the `char` itself; and where it stands."""

    kind: str
    text: str
    at: int


class FormulaError(Exception):
    """Say what is wrong with a formula: the code of a diagnostic, an offset into the TeX, and the facts."""

    def __init__(self, code: str, at: int, **facts: str) -> None:
        super().__init__(code)
        self.code, self.at, self.facts = code, at, facts


@dataclass(frozen=True)
class Macro:
    """Define one maths macro."""

    arguments: int
    tex: str

    def definition(self, name: str) -> str:
        """Return the macro as LaTeX defines it, in place of one of the same name."""
        arguments = f"[{self.arguments}]" if self.arguments else ""
        return f"\\let\\{name}\\relax\\newcommand{{\\{name}}}{arguments}{{{self.tex}}}"


def mistake(at: int, what: str) -> FormulaError:
    """Return the error of a formula that is not complete, or that says what no formula can."""
    return FormulaError("OCT208", at, what=what)


def tokenize(tex: str) -> tuple[list[Token], bool]:
    """Return the tokens of a formula, and whether a comment was left out of it or a percent sign read in it."""
    found: list[Token] = []
    position, percent = 0, False
    if (odd := _UNPRINTABLE.search(tex)) is not None:
        raise mistake(odd.start(), f"a character that cannot be printed (U+{ord(odd[0]):04X})")
    while position < len(tex):
        match = _TOKEN.match(tex, position)
        if match is None:
            raise mistake(position, "a character that cannot be read")
        name, sign, space, comment, char = match.groups()
        at, position = position, match.end()
        if tex.startswith("^^", at):
            raise mistake(at, "`^^`, which TeX reads as another character")
        if name is not None or sign is not None:
            text = name or sign
            found.append(Token("command", " " if text.isspace() else text, at))
        elif space is not None:
            found.append(Token("space", "\n" if "\n" in space else " ", at))
        elif comment is not None:
            percent = True
            if _PERCENTAGE.match(tex, at):
                found.append(Token("command", "%", at))
            else:
                rest = _COMMENT.match(tex, at)
                position = rest.end() if rest else len(tex)
                found.append(Token("space", "\n" if rest and rest[1] else " ", at))
        elif char == "\\":
            raise mistake(at, "a backslash with nothing behind it")
        else:
            found.append(Token("char", char, at))
    return found, percent


class Stream:
    """Give the tokens of a formula one by one, with macros in their places; a macro may hold others."""

    def __init__(self, tex: str, macros: Mapping[str, Macro], standard: Mapping[str, Macro]) -> None:
        tokens, self.changed = tokenize(tex)
        self._ahead = tokens[::-1]
        self._macros = {**standard, **macros}
        self._bodies: dict[str, list[Token]] = {}
        self._given = 0
        self._end = Token("end", "", len(tex))
        #: Where the token that was taken last stands.
        self.last = 0

    def peek(self) -> Token:
        """Return the next token and leave it there."""
        while self._ahead:
            token = self._ahead[-1]
            macro = self._macros.get(token.text) if token.kind == "command" else None
            if macro is None:
                return token
            self._ahead.pop()
            self._replace(token, macro)
        return self._end

    def next(self) -> Token:
        """Take the next token."""
        token = self.peek()
        if self._ahead:
            self._ahead.pop()
            self.last = token.at
        return token

    def skip_space(self) -> Token:
        """Pass over blank space and return the token behind it, which is left there."""
        while self.peek().kind == "space":
            self.next()
        return self.peek()

    def raw(self) -> tuple[str, int]:
        """Take what stands in the next pair of braces as it is written, or one character, and where it begins."""
        tokens = self._argument(self.skip_space())
        text = "".join(f"\\{token.text}" if token.kind == "command" else token.text for token in tokens)
        return text, tokens[0].at if tokens else self.peek().at

    def push(self, tokens: list[Token]) -> None:
        """Put tokens back, to be read next."""
        self._ahead.extend(reversed(tokens))

    def _replace(self, call: Token, macro: Macro) -> None:
        """Put the body of a macro, with its arguments, in front of what follows."""
        self.changed = True
        arguments = []
        for _ in range(macro.arguments):
            while self._ahead and self._ahead[-1].kind == "space":
                self._ahead.pop()
            arguments.append(self._argument(call))
        if call.text not in self._bodies:
            self._bodies[call.text] = tokenize(macro.tex)[0]
        body: list[Token] = []
        tokens = iter(self._bodies[call.text])
        for token in tokens:
            if (token.kind, token.text) == ("char", "#"):
                number = next(tokens, self._end).text
                if not ("1" <= number <= "9") or int(number) > macro.arguments:
                    raise mistake(call.at, f"a `#` in the macro `\\{call.text}` that names no argument of it")
                body += arguments[int(number) - 1]
            else:
                body.append(Token(token.kind, token.text, call.at))
        self._given += len(body) + 1
        if self._given > MOST_TOKENS:
            raise mistake(call.at, f"the macro `\\{call.text}`, which never comes to an end")
        self._ahead.extend(reversed(body))

    def _argument(self, place: Token) -> list[Token]:
        """Take an argument as TeX does: one token, or what stands in braces; no macro in it is replaced yet."""
        if not self._ahead:
            raise mistake(place.at, "a command without what it needs behind it")
        token = self._ahead.pop()
        if (token.kind, token.text) != ("char", "{"):
            if (token.kind, token.text) == ("char", "}"):
                raise mistake(token.at, "a command without what it needs behind it")
            return [token]
        taken: list[Token] = []
        depth = 1
        while self._ahead:
            token = self._ahead.pop()
            if token.kind == "char":
                depth += {"{": 1, "}": -1}.get(token.text, 0)
            if depth == 0:
                return taken
            taken.append(token)
        raise mistake(place.at, "a brace `{` or `}` without its partner")
