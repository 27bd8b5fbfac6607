"""Colour code by its language, with Pygments, and never at the cost of a letter of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from octavo.latex.escape import Tex, escape, escape_breakable

if TYPE_CHECKING:
    from pygments.lexer import Lexer

#: A longer word in code may break after its punctuation.
LONGEST_UNBROKEN = 16
#: What Octavo tells apart, and the Pygments token types that belong to it.
KINDS = {
    "keyword": ("Keyword", "Operator.Word"),
    "string": ("Literal.String", "Literal"),
    "comment": ("Comment",),
    "name": ("Name.Function", "Name.Class", "Name.Tag", "Name.Decorator"),
}
#: Letters of a block, and of one of its lines, that are still coloured: some lexers take the square of the time.
LONGEST_COLOURED: Final = 200_000
LONGEST_LINE: Final = 2_000
#: Seconds that a lexer may take for one block.
PATIENCE: Final = 2.0
#: Characters that control a terminal and have no shape; Unicode has pictures of them.
_CONTROL: Final = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"} | {0x7F: 0x2421}
#: A piece of code with its kind, which is empty for plain code.
Piece: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class CodeLine:
    """Hold a line of code: how many spaces it begins with, then its tokens, each with its kind (empty for plain)."""

    indent: int
    tokens: list[tuple[str, Tex]]


def expanded(text: str, tab: int) -> str:
    """Return code as it is printed: tabs as spaces up to the next stop, control characters as pictures."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROL).expandtabs(tab)


def highlight(text: str, language: str) -> Iterator[CodeLine]:
    """Yield each line as tokens; what Pygments does not know, or would change, is printed plain."""
    for line in _lines(pieces(text, language)):
        kept = [(kind, piece) for kind, piece in line if piece]
        indent = 0
        while kept and kept[0][1][0] == " ":
            kind, piece = kept.pop(0)
            rest = piece.lstrip(" ")
            indent += len(piece) - len(rest)
            kept[:0] = [(kind, rest)] if rest else []
        yield CodeLine(indent, [(kind, literal(piece)) for kind, piece in kept])


def _lines(text: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Part the pieces of a text into those of each line."""
    line: list[Piece] = []
    for kind, value in text:
        first, *rest = value.split("\n")
        line.append((kind, first))
        for piece in rest:
            yield line
            line = [(kind, piece)]
    yield line


def pieces(text: str, language: str) -> list[Piece]:
    """Return the text in pieces with their kinds: put together they are the text, whatever a lexer makes of it."""
    lexer = _lexer(language)
    if lexer is None or len(text) > LONGEST_COLOURED or max(map(len, text.split("\n"))) > LONGEST_LINE:
        return [("", text)]
    # Many lexers need the end of the last line; those of console sessions drop a line that has none.
    whole = f"{text}\n"
    found: list[Piece] = []
    length, until = 0, time.monotonic() + PATIENCE
    try:
        for _, token, value in lexer.get_tokens_unprocessed(whole):
            if time.monotonic() > until or not whole.startswith(value, length):
                return [("", text)]
            length += len(value)
            if value:
                found.append((_kind(str(token).removeprefix("Token.")), value))
    except Exception:
        return [("", text)]
    if length != len(whole) or not found:
        return [("", text)]
    kind, last = found[-1]
    return [*found[:-1], (kind, last.removesuffix("\n"))]


def _lexer(language: str) -> Lexer | None:
    if not language:
        return None
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer: Lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    return lexer


def _kind(token: str) -> str:
    for kind, names in KINDS.items():
        if any(token == name or token.startswith(f"{name}.") for name in names):
            return kind
    return ""


def literal(text: str) -> Tex:
    """Return code that prints as it stands: each space is one space, and a line may break at any of them.

    Long words may break too: a line of code has no other way to stay on the page.
    """
    words = text.split(" ")
    return Tex(r"\octspace{}").join(
        escape_breakable(word) if len(word) > LONGEST_UNBROKEN else escape(word) for word in words
    )
