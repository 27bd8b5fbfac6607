"""Find the characters that no face of the report has, before a page is set.

What the engine will print as a code point in a frame is told once for each sign, or once for a script, with its places
and the Debian package that would help. The tables of the fonts say what is there (`octavo.typefaces`), so that `check`
needs no engine; a character that only the engine meets is told from its log (`octavo.press.log`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from octavo.diagnostics import Ledger, Span
from octavo.figures.data import FigureData
from octavo.manifest import FILE, Report
from octavo.manuscript import nodes as n
from octavo.manuscript.part import Part
from octavo.manuscript.scripts import is_usual, shows
from octavo.press.signs import Missing, report_signs
from octavo.typefaces import Typeface, has_character


def check_signs(
    parts: Sequence[Part],
    entries: Iterable[n.Block],
    report: Report,
    faces: Callable[[], Sequence[Typeface]],
    drawn: Mapping[str, FigureData],
    ledger: Ledger,
) -> frozenset[str]:
    """Report each sign of the report that no face has, and return them; the `faces` are read only if need be.

    `drawn` are the data of its figures, by path.
    """
    missing = Missing()
    known: dict[str, bool] = {}

    def is_missing(character: str) -> bool:
        if character not in known:
            known[character] = shows(character) and not has_character(faces(), character)
        return known[character]

    for part in parts:
        if is_usual(part.source) and "&" not in part.source:
            continue
        for node, text in _texts(part.blocks):
            for character in dict.fromkeys(text):
                if not is_usual(character) and is_missing(character):
                    missing.add(character, part.span(node, character), text.count(character))
    others: list[tuple[Span | None, str]] = [(None, text) for _, text in _texts(entries)]
    others += [(Span(FILE), text) for text in (report.title, report.subtitle, *report.authors, report.blurb)]
    others += [(Span(FILE), text) for layer in report.layers for text in (layer.piece, layer.level, layer.question)]
    others += [(Span(path), figure.text) for path, figure in drawn.items() if not is_usual(figure.text)]
    for span, text in others:
        for character in dict.fromkeys(text):
            if not is_usual(character) and is_missing(character):
                missing.add(character, span, text.count(character))
    report_signs(missing, ledger)
    return frozenset(character for character, lacking in known.items() if lacking)


def _texts(blocks: Iterable[n.Block]) -> Iterator[tuple[n.Node, str]]:
    """Yield what is printed as text; formulas have faces of their own."""
    for node in n.walk(blocks):
        if isinstance(node, n.Text | n.CodeSpan | n.CodeBlock):
            yield node, node.text
