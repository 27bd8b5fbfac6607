"""Put the front of a cover before the first page of a book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String

if TYPE_CHECKING:
    from octavo.figures.plate import Plate


@dataclass(frozen=True)
class FrontCover:
    """Hold a drawn front, and a page label for it and for each blank page behind it.

    A two-sided book has one: without the inside of its cover, a viewer that shows spreads would pair the wrong pages.
    """

    plate: Plate
    labels: tuple[str, ...]


def put_in_front(pdf: Pdf, cover: FrontCover) -> None:
    """Put the front and its inside before the first page; they have labels and no folios, and say nothing aloud."""
    tree = pdf.Root.Pages
    size = tree.Kids[0].MediaBox
    with pikepdf.open(cover.plate.path) as plates:
        front = pdf.copy_foreign(plates.pages[cover.plate.page - 1].obj)
    blank = Dictionary(Type=Name.Page, Resources=Dictionary())
    pages = [front, *(pdf.make_indirect(blank) for _ in cover.labels[1:])]
    for page in pages:
        page.Parent = tree
        page.MediaBox = Array(list(size))
    tree.Kids = Array([*pages, *tree.Kids])
    tree.Count = len(tree.Kids)
    numbers = Array()
    for position, label in enumerate(cover.labels):
        numbers.append(position)
        numbers.append(Dictionary(P=String(label)))
    old = list(pdf.Root.PageLabels.Nums)
    for first, style in zip(old[::2], old[1::2], strict=True):
        numbers.append(int(first) + len(cover.labels))
        numbers.append(style)
    pdf.Root.PageLabels.Nums = numbers
