"""Keep a chapter with its source, and find the line of anything in it.

Pandoc's Markdown has no source positions. They are recovered here by aligning the words of the tree with the
words of the file: the two sequences differ only by markup. It is done only when something must be reported, so a
clean build never pays for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from octavo.diagnostics import Span
from octavo.manuscript import nodes as n

_WORD = re.compile(r"\w+")
#: How far ahead the next word may be in the source: a long address or a table rule lies between at the most.
_REACH = 400
#: How near the following word must be for a match to count.
_CONFIRM = 12


@dataclass
class Part:
    """Hold one file of the manuscript and what was read from it.

    `role` is front, chapter, appendix or back; `number` and `title` are those of its first chapter heading.
    """

    path: str
    role: str
    source: str
    blocks: list[n.Block] = field(default_factory=list)
    number: str = ""
    title: list[n.Inline] = field(default_factory=list)
    identifier: str = ""

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
        found = self.source.find(needle, max(offset - len(needle) - 2, 0))
        if found < 0:
            found = self.source.find(needle)
        return self.at(offset if found < 0 else found)

    def at(self, offset: int) -> Span:
        """Return the line and column of an offset into the source, both counted from 1."""
        line = self.source.count("\n", 0, offset) + 1
        column = offset - (self.source.rfind("\n", 0, offset) + 1) + 1
        return Span(self.path, line, column)


@dataclass
class Alignment:
    """Match the words of a tree with those of its source."""

    source: str

    def __post_init__(self) -> None:
        """Split the source once."""
        found = list(_WORD.finditer(self.source))
        self._words = [match[0].lower() for match in found]
        self._starts = [match.start() for match in found]

    def of(self, blocks: list[n.Block]) -> dict[int, int]:
        """Return the offset of each node by its `id`; a node without words gets that of what follows or holds it."""
        self._offsets: dict[int, int] = {}
        notes: list[n.Note] = []
        self._match(list(_words(blocks, notes)), 0)
        for note in notes:
            inside: list[n.Note] = []
            words = list(_words(note.children, inside))
            notes.extend(inside)
            self._match(words, self._start_of(words))
        for block in blocks:
            self._spread(block, 0)
        return self._offsets

    def _match(self, words: list[tuple[str, n.Node]], position: int) -> None:
        for index, (word, node) in enumerate(words):
            following = words[index + 1][0] if index + 1 < len(words) else ""
            found = self._next(word, following, position)
            if found is not None:
                self._offsets.setdefault(id(node), self._starts[found])
                position = found + 1

    def _next(self, word: str, following: str, position: int) -> int | None:
        for candidate in range(position, min(position + _REACH, len(self._words))):
            if self._words[candidate] == word:
                near = self._words[candidate + 1 : candidate + 1 + _CONFIRM]
                if candidate == position or not following or following in near:
                    return candidate
        return None

    def _start_of(self, words: list[tuple[str, n.Node]]) -> int:
        """Find a reference note's definition, which stands apart from the place that calls it."""
        opening = [word for word, _ in words[:6]]
        for candidate in range(len(self._words)):
            if self._words[candidate : candidate + 1] == opening[:1] and all(
                word in self._words[candidate : candidate + 2 * _CONFIRM] for word in opening
            ):
                return candidate
        return 0

    def _spread(self, node: n.Node, outer: int) -> int:
        """Give a node the first offset found inside it, else that of its place."""
        children = list(n.inner(node))
        first = self._offsets.get(id(node))
        last = outer
        for child in children:
            last = self._spread(child, last)
            if first is None:
                first = self._offsets.get(id(child))
        self._offsets.setdefault(id(node), outer if first is None else first)
        return max(last, self._offsets[id(node)])


def _words(nodes: Iterable[n.Node], notes: list[n.Note]) -> Iterator[tuple[str, n.Node]]:
    """Yield each word with the node it belongs to; notes are put aside, since they may stand elsewhere."""
    for node in nodes:
        own = ""
        match node:
            case n.Text() | n.CodeSpan() | n.CodeBlock() | n.Raw() | n.RawBlock():
                own = node.text
            case n.Math():
                own = node.tex
            case n.Citation():
                own = " ".join(node.keys)
            case n.Reference():
                own = " ".join(node.targets)
            case n.Picture():
                own = node.target
        for word in _WORD.findall(own.lower()):
            yield word, node
        if isinstance(node, n.Note):
            notes.append(node)
        elif not isinstance(node, n.Citation):
            yield from _words(n.inner(node), notes)
