"""Bind a wrap, the cover of a printed book, as a tagged file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from octavo.bind.document import bind
from octavo.bind.metadata import Details
from octavo.latex.tree import Element
from octavo.press.engine import Printed
from octavo.press.pages import PageMap, Sheet

if TYPE_CHECKING:
    from octavo.figures.plate import Plate

SHEAF = "cover"
#: The leaf of the picture, which its page marks as the first (`\coverwrap` in `templates/figures/cover.sty`).
PICTURE = 1


def bind_wrap(plate: Plate, words: str, details: Details, target: Path) -> Element:
    """Write a wrap with the metadata of its book: one figure, with the words that stand on it; return the tree."""
    root = Element("Document")
    root.add("Figure", alt=words, kids=[PICTURE], attributes={"Placement": "Block"})
    page = PageMap((Sheet(SHEAF, "arabic", 1, (PICTURE,)),))
    bind(Printed(plate.path, page, plate.path), root, [], [SHEAF], details, target)
    return root
