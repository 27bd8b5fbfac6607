"""Lead from the structure tree of a finished PDF back to the line of Markdown that an element was written for.

The binder writes the logical tree as it is, less the elements of which nothing is printed. So the same steps lead down
both trees: a *trail* is the position of each element among its sisters, first the root's. Only `octavo.check` uses
this, and only when there is something to report, for finding a line means to align a chapter with its file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from octavo.diagnostics import Span
from octavo.latex.tree import Element

Trail: TypeAlias = tuple[int, ...]


class Places:
    """Find the place in the manuscript for any trail of one edition's PDF."""

    def __init__(self, root: Element) -> None:
        """Take the tree that was bound, from the Document down."""
        self._root = root

    def span(self, trail: Sequence[int]) -> Span | None:
        """Return where the element stands in the manuscript, or None for what Octavo wrote itself.

        An element that no node was written for, such as a table cell, has the place of the first that stands in it,
        or else of the nearest around it. A trail that leads out of the tree ends at the last element on its way.
        """
        way = self._way(trail)
        part = next((element.part for element in reversed(way) if element.part), None)
        if part is None:
            return None
        for element in reversed(way):
            node = next((inner.node for inner in element.walk() if inner.node), None)
            if node is not None:
                return part.span(node)
            if element.part:
                break
        return Span(part.path)

    def _way(self, trail: Sequence[int]) -> list[Element]:
        """Return the elements on the trail, from the root on."""
        way = [self._root]
        for position in trail[1:]:
            kids = [kid for kid in way[-1].kids if isinstance(kid, Element) and kid.bound]
            if position >= len(kids):
                break
            way.append(kids[position])
        return way
