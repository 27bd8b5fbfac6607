"""Colour code by its language, with Pygments."""

from __future__ import annotations

from collections.abc import Iterator

from octavo.latex.escape import Tex, escape, escape_breakable

#: A longer word in code may break after its punctuation.
LONGEST_UNBROKEN = 16
#: What Octavo tells apart, and the Pygments token types that belong to it.
KINDS = {
    "keyword": ("Keyword", "Operator.Word"),
    "string": ("Literal.String", "Literal"),
    "comment": ("Comment",),
    "name": ("Name.Function", "Name.Class", "Name.Tag", "Name.Decorator"),
}


def highlight(text: str, language: str) -> Iterator[list[tuple[str, Tex]]]:
    """Yield each line as tokens: what kind each is (empty for plain) and its TeX.

    A language that Pygments does not know is printed plain. Spaces keep their number.
    """
    if not language:
        for line in text.split("\n"):
            yield [("", literal(line))]
        return
    from pygments import lex
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        yield from highlight(text, "")
        return
    line_tokens: list[tuple[str, Tex]] = []
    for token, value in lex(text, lexer):
        kind = _kind(str(token).removeprefix("Token."))
        first, *rest = value.split("\n")
        line_tokens.append((kind, literal(first)))
        for piece in rest:
            yield line_tokens
            line_tokens = [(kind, literal(piece))]
    yield line_tokens


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
