"""Find where an author wants the sources: a division with the identifier `refs`, as citeproc reads it."""

from __future__ import annotations

from collections.abc import Sequence

from octavo.manuscript import nodes as n
from octavo.manuscript.part import Part

#: The identifier of the division in which the sources stand.
PLACE = "refs"


def take_heading(parts: Sequence[Part]) -> n.Heading | None:
    """Take the heading of the sources out of the last part, where nothing but their place stands below it.

    Such a chapter is the one that the book makes of its own accord, with the author's title.
    """
    part = next((part for part in reversed(parts) if part.role != "front"), None)
    if part is None or not part.blocks or not is_place(part.blocks[-1]):
        return None
    below = next((at for at in range(len(part.blocks) - 2, -1, -1) if not _is_bare(part.blocks[at])), -1)
    heading = part.blocks[below] if below >= 0 else None
    if not isinstance(heading, n.Heading) or heading.level > 1:
        return None
    del part.blocks[below:]
    return heading


def is_place(block: n.Block) -> bool:
    """Tell whether the sources belong here."""
    return isinstance(block, n.Div) and block.attributes.identifier == PLACE


def _is_bare(block: n.Block) -> bool:
    return isinstance(block, n.RawBlock) and block.format == "html"
