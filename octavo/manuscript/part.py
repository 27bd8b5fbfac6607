"""Keep a chapter with its source, and find the line of anything in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

from octavo.diagnostics import Span
from octavo.manuscript import nodes as n
from octavo.manuscript.alignment import Alignment
from octavo.manuscript.source import WORD

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def locate(source: str, tex: str, offset: int, start: int = 0) -> int:
    """Return where an offset into a formula stands in a source, or -1; its lines may be indented or quoted there."""
    words = r"(?:\s|(?<=\n)[ \t]*>)*".join(re.escape(word) for word in tex.split())
    patterns = [re.compile(rf"(?<=\$)\s*({words})(?=\s*\$)"), re.compile(f"({words})")]
    found = next(filter(None, (pattern.search(source, at) for at in (start, 0) for pattern in patterns)), None)
    if found is None:
        return -1
    position = found.start(1)
    for character in tex[:offset]:
        if character.isspace():
            continue
        position = source.find(character, position) + 1
    while offset < len(tex) and not tex[offset].isspace() and source[position : position + 1] not in (tex[offset], ""):
        position += 1
    return position


@dataclass(frozen=True, slots=True)
class Piece:
    """Say where a stretch of a part's text comes from: a file, and where in it the stretch begins.

    A `fixed` one, such as the value of a variable, has no lines of its own there.
    """

    start: int
    path: str
    line: int
    column: int
    fixed: bool = False


@dataclass
class Part:
    """Hold one file of the manuscript and what was read from it.

    `role` is front, chapter, appendix or back; `number` and `title` are those of its first chapter heading. Where
    other files are `included` in the source, its `pieces` say what comes from which.
    """

    path: str
    role: str
    source: str
    blocks: list[n.Block] = field(default_factory=list)
    number: str = ""
    title: list[n.Inline] = field(default_factory=list)
    identifier: str = ""
    pieces: tuple[Piece, ...] = ()
    included: tuple[str, ...] = ()

    @cached_property
    def _offsets(self) -> dict[int, int]:
        return Alignment(self.source).of(self.blocks)

    def span(self, node: n.Node | None = None, needle: str = "") -> Span:
        """Return where a node begins; with `needle`, where that text next stands from there on."""
        offset = 0 if node is None else self._offsets.get(id(node), -1)
        if offset < 0:
            return self._find(needle, 0) if needle else Span(self.path)
        return self._find(needle, offset) if needle else self.at(offset)

    def _find(self, needle: str, offset: int) -> Span:
        """Find a text from an offset on, else before it; a text may be broken into lines in the source.

        A whole word is preferred: `@lee2026` is not found in `@lee2026b`.
        """
        text = r"\s+(?:>\s*)*".join(re.escape(word) for word in needle.split())
        whole = text + r"(?!\w)" if needle[-1:].isalnum() else text
        start = max(offset - len(needle) - 2, 0)
        for pattern in (whole, text):
            found = re.compile(pattern).search(self.source, start)
            if found:
                return self.at(found.start()).until(self.at(found.end()))
        *_, last = [None, *re.finditer(whole, self.source[:start])]
        return self.at(last.start()).until(self.at(last.end())) if last else self.at(offset)

    def place(self, formula: n.Math, offset: int) -> Span:
        """Return where an offset into the TeX of a formula stands."""
        start = max(self._offsets.get(id(formula), 0) - len(formula.tex) - 2, 0)
        found = locate(self.source, formula.tex, offset, start)
        return self.span(formula) if found < 0 else self.at(found)

    def offsets(self, node: n.Text, character: str) -> list[int]:
        """Return where each occurrence of a character in a text stands in the source, or -1."""
        word = WORD.search(node.text)
        before = node.text.count(character, 0, word.start() if word else 0)
        found: list[int] = []
        offset = start = max(self._offsets.get(id(node), 0), 0)
        for _ in range(before):
            offset = self.source.rfind(character, 0, max(offset, 0))
            found.insert(0, offset)
        offset = start - 1
        for _ in range(node.text.count(character) - before):
            offset = self.source.find(character, offset + 1) if offset >= 0 or not found[before:] else -1
            found.append(offset)
        return found

    def at(self, offset: int) -> Span:
        """Return the line and column of an offset into the source, both counted from 1."""
        if self.pieces:
            return self._at_piece(offset)
        line = self.source.count("\n", 0, offset) + 1
        column = offset - (self.source.rfind("\n", 0, offset) + 1) + 1
        if line == 1 and column > 1 and self.source.startswith(BYTE_ORDER_MARK):
            column -= 1
        return Span(self.path, line, column)

    def at_line(self, line: int, column: int) -> Span:
        """Return the place of a line and a column of the source, in the file that they were taken from."""
        if not self.pieces:
            return Span(self.path, line, column)
        before = self.source.split("\n")[: line - 1]
        return self.at(sum(len(text) + 1 for text in before) + max(column - 1, 0))

    def _at_piece(self, offset: int) -> Span:
        """Return the place of an offset in the file that the text there was taken from."""
        at = bisect_right(self.pieces, offset, key=lambda piece: piece.start) - 1
        piece = self.pieces[max(at, 0)]
        if piece.fixed:
            return Span(piece.path, piece.line, piece.column)
        return Span(piece.path, piece.line, piece.column + offset - piece.start)
