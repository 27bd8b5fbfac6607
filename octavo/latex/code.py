"""Colour code by its language, with Pygments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

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


@dataclass(frozen=True)
class CodeLine:
    """Hold a line of code: how many spaces it begins with, then its tokens, each with its kind (empty for plain)."""

    indent: int
    tokens: list[tuple[str, Tex]]


def highlight(text: str, language: str) -> Iterator[CodeLine]:
    """Yield each line as tokens; a language that Pygments does not know is printed plain."""
    for line in _tokens(text, language):
        kept = [(kind, piece) for kind, piece in line if piece]
        indent = 0
        while kept and kept[0][1][0] == " ":
            kind, piece = kept.pop(0)
            rest = piece.lstrip(" ")
            indent += len(piece) - len(rest)
            kept[:0] = [(kind, rest)] if rest else []
        yield CodeLine(indent, [(kind, literal(piece)) for kind, piece in kept])


def _tokens(text: str, language: str) -> Iterator[list[tuple[str, str]]]:
    """Yield the pieces of each line with their kinds."""
    lexer = _lexer(language)
    if lexer is None:
        yield from ([("", line)] for line in text.split("\n"))
        return
    from pygments import lex

    line: list[tuple[str, str]] = []
    for token, value in lex(text, lexer):
        kind = _kind(str(token).removeprefix("Token."))
        first, *rest = value.split("\n")
        line.append((kind, first))
        for piece in rest:
            yield line
            line = [(kind, piece)]
    yield line


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
