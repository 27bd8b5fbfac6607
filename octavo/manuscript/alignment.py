"""Find where each node of a chapter stands in its file.

Pandoc's Markdown has no source positions. They are recovered here by aligning the words of the tree with the
words of the file: the two sequences differ only by markup. It is done only when something must be reported, so a
clean build never pays for it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from octavo.manuscript import nodes as n
from octavo.manuscript.source import in_reading_order, split

#: Stands in the tree where the words of the file do not go on: at the end of a passage, around attributes.
_BOUNDARY = ""
#: Owns words that belong to no node in particular.
_MARKUP = n.Rule()
#: So many words in a row, once in the tree and once in the file, are the same place in both.
_RUN = 3
#: To compare all with all takes the product's time. Beyond this one, single words that stand once part a stretch too,
#: as in a table, whose cells are no runs; and words that are everywhere no longer help to match it.
_LONG_STRETCH = 4_000_000
#: How many words of a note or a caption tell where it stands, and how far apart they may be there.
_OPENING = 8
_GAP = 40


@dataclass
class _Aside:
    """Hold words that need not stand where they are read: a note or the caption of a table.

    `first` and `last` count the words of the running text before and after which it is to be looked for: a caption
    stands above or below its table. A note may also be defined anywhere.
    """

    words: list[tuple[str, n.Node]]
    first: int
    last: int
    anywhere: bool = False


class Alignment:
    """Match the words of a tree with those of its source."""

    def __init__(self, source: str) -> None:
        """Split the source once."""
        found = in_reading_order(source)
        self._words = [match[0].casefold() for match in found]
        self._starts = [match.start() for match in found]
        self._taken = bytearray(len(found))
        self._offsets: dict[int, int] = {}

    def of(self, blocks: list[n.Block]) -> dict[int, int]:
        """Return the offset of each node by its `id`; a node without words gets that of what follows or holds it."""
        running: list[tuple[str, n.Node]] = []
        asides: list[_Aside] = []
        _gather(blocks, running, running, asides)
        matched = [-1] * len(running)
        for index, position in sorted(_align([word for word, _ in running], self._words)):
            matched[index] = position
            self._take(running[index][1], position)
        for aside in asides:
            self._match_aside(aside, matched)
        last = 0
        for block in blocks:
            last = self._spread(block, last)
        return self._offsets

    def _take(self, node: n.Node, position: int) -> None:
        self._taken[position] = 1
        self._offsets.setdefault(id(node), self._starts[position])

    def _match_aside(self, aside: _Aside, matched: list[int]) -> None:
        """Match the words of an aside with those that are still free between its neighbors, else anywhere."""
        before = next((p for p in reversed(matched[: aside.first]) if p >= 0), -1)
        after = next((p for p in matched[aside.last :] if p >= 0), len(self._words))
        words = [word for word, _ in aside.words]
        for low, high in ((before + 1, after), (0, len(self._words)))[: 1 + aside.anywhere]:
            free = [p for p in range(low, high) if not self._taken[p]]
            start = _best_place(words, [self._words[p] for p in free])
            if start is not None:
                free = free[start : start + 2 * len(words) + _GAP]
                for index, position in sorted(_align(words, [self._words[p] for p in free])):
                    self._take(aside.words[index][1], free[position])
                return

    def _spread(self, node: n.Node, outer: int) -> int:
        """Give a node the first offset matched inside it, else that of its place; return the last one reached."""
        inside = (self._offsets[id(child)] for child in n.walk([node]) if id(child) in self._offsets)
        own = last = self._offsets.setdefault(id(node), next(inside, outer))
        for child in n.inner(node):
            last = self._spread(child, last)
        return max(last, own)


def _gather(
    nodes: Iterable[n.Node], words: list[tuple[str, n.Node]], running: list[tuple[str, n.Node]], asides: list[_Aside]
) -> None:
    """Collect each word with the node it belongs to, in the order of the source; set asides apart."""
    for node in nodes:
        words.extend((word, node) for word in split(_own_text(node)))
        match node:
            case n.Note():
                asides.append(_Aside([], len(running), len(running), anywhere=True))
                _gather(node.children, asides[-1].words, running, asides)
            case n.Table():
                caption = _Aside([], len(running), len(running))
                asides.append(caption)
                _gather(node.caption, caption.words, running, asides)
                cells = (cell for row in (*node.head, *node.body, *node.foot) for cell in row)
                _gather((block for cell in cells for block in cell.children), words, running, asides)
                caption.last = len(running)
            case n.Figure():
                _gather(node.caption, words, running, asides)
                if n.plain_text(node.children).strip() == n.plain_text(node.caption).strip():
                    # The caption is also the description of the picture; it stands in the file once.
                    pictures = (child for child in n.walk(node.children) if isinstance(child, n.Picture))
                    words.extend((word, child) for child in pictures for word in split(child.target))
                else:
                    _gather(node.children, words, running, asides)
            case n.Picture():
                _gather(node.children, words, running, asides)
                words.extend((word, node) for word in split(node.target))
            case n.Link() if node.children and node.target.startswith("#"):
                _gather(node.children, words, running, asides)
                words.extend((word, _MARKUP) for word in split(node.target))
            case n.InlineSpan() if node.children:
                _gather(node.children, words, running, asides)
                values = split(" ".join(node.attributes.values.values()))
                words.extend((word, _MARKUP) for word in (_BOUNDARY, *values, _BOUNDARY))
            case n.Citation():
                pass  # What citeproc made of it stands in no file.
            case _:
                _gather(n.inner(node), words, running, asides)
        if isinstance(node, n.Paragraph | n.Heading):
            words.append((_BOUNDARY, node))


def _own_text(node: n.Node) -> str:
    """Return what a node itself writes into the source, before anything inside it."""
    match node:
        case n.Text() | n.CodeSpan() | n.Raw() | n.RawBlock():
            return node.text
        case n.CodeBlock():
            return f"{node.attributes.identifier} {node.text}"
        case n.Math():
            return f"{node.tex} {node.alt}" if node.alt else node.tex
        case n.Citation():
            return " ".join(node.keys)
        case n.Reference():
            return " ".join(node.targets)
        case n.Div():
            return node.attributes.identifier or " ".join(node.attributes.classes)
        case n.Link() if not node.children:
            return node.target
        case n.InlineSpan() if not node.children:
            return " ".join([node.attributes.identifier, *node.attributes.values.values()])
    return ""


def _align(tree: Sequence[str], source: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield pairs of equal words: first runs that are unique in both, then what lies between them.

    This is the patience method of comparing files; where a run recurs, the longest common stretches decide.
    """
    low = (0, 0)
    for high in [*_unique_runs(tree, source, _RUN), (len(tree), len(source))]:
        if high[0] >= low[0] and high[1] >= low[1]:
            yield from _align_stretch(tree, source, low, high)
            low = high


def _align_stretch(
    tree: Sequence[str], source: Sequence[str], low: tuple[int, int], high: tuple[int, int]
) -> Iterator[tuple[int, int]]:
    left, right = tree[low[0] : high[0]], source[low[1] : high[1]]
    head, tail = _common_ends(left, right)
    yield from ((low[0] + step, low[1] + step) for step in range(head))
    yield from ((high[0] - step, high[1] - step) for step in range(1, tail + 1))
    left, right = left[head : len(left) - tail], right[head : len(right) - tail]
    begin = (low[0] + head, low[1] + head)
    long = len(left) * len(right) > _LONG_STRETCH
    if long and (anchors := _unique_runs(left, right, 1)):
        edge = (0, 0)
        for corner in [*anchors, (len(left), len(right))]:
            for one, other in _align_stretch(left, right, edge, corner):
                yield begin[0] + one, begin[1] + other
            edge = corner
        return
    for block in SequenceMatcher(None, left, right, autojunk=long).get_matching_blocks():
        for step in range(block.size):
            yield begin[0] + block.a + step, begin[1] + block.b + step


def _common_ends(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """Return how many words two stretches share at their heads and at their tails; the longer run has the choice."""
    most = min(len(left), len(right))
    head = next((step for step in range(most) if left[step] != right[step]), most)
    tail = next((step for step in range(most) if left[-1 - step] != right[-1 - step]), most)
    return (head, min(tail, most - head)) if head >= tail else (min(head, most - tail), tail)


def _unique_runs(tree: Sequence[str], source: Sequence[str], length: int) -> list[tuple[int, int]]:
    """Return where runs of words begin that stand once in both sequences, as the longest rising chain of pairs."""
    runs = (_once(tree, length), _once(source, length))
    pairs = sorted((index, runs[1][run]) for run, index in runs[0].items() if run in runs[1])
    tails: list[int] = []
    chain: list[int] = []
    previous = [-1] * len(pairs)
    for number, (_, position) in enumerate(pairs):
        rank = bisect_left(tails, position)
        previous[number] = chain[rank - 1] if rank else -1
        tails[rank : rank + 1] = [position]
        chain[rank : rank + 1] = [number]
    rising: list[tuple[int, int]] = []
    at = chain[-1] if chain else -1
    while at >= 0:
        rising.append(pairs[at])
        at = previous[at]
    return rising[::-1]


def _once(words: Sequence[str], length: int) -> dict[tuple[str, ...], int]:
    """Return the place of each run of words that stands only once."""
    places: dict[tuple[str, ...], int] = {}
    for index in range(len(words) - length + 1):
        run = tuple(words[index : index + length])
        places[run] = -1 if run in places else index
    return {run: index for run, index in places.items() if index >= 0}


def _best_place(words: Sequence[str], free: Sequence[str]) -> int | None:
    """Return the first place where most of the opening words stand in order, or None where too few do."""
    opening = list(words[:_OPENING])
    best, place = 0, None
    for skipped, first in enumerate(opening[:3]):
        for start in (position for position, word in enumerate(free) if word == first):
            found = _count_in_order(opening[skipped:], free[start : start + _OPENING * _GAP])
            if found > best:
                best, place = found, start
        if best >= 0.75 * len(opening):
            return place
    return place if 2 * best >= len(opening) else None


def _count_in_order(words: Sequence[str], free: Sequence[str]) -> int:
    """Count the words that follow one another, each not far behind the one before."""
    found = position = 0
    for word in words:
        near = list(free[position : position + _GAP])
        if word in near:
            found += 1
            position += near.index(word) + 1
    return found
