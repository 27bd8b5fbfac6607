"""Finish the document around its pages: order, outline, page labels, and the file itself."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from octavo.bind.attachments import Source, attach
from octavo.bind.intent import declare
from octavo.bind.metadata import Details, describe, identify, sign
from octavo.bind.structure import StructureTree
from octavo.latex.context import Printed as PrintedHeading
from octavo.latex.tree import Element
from octavo.press.engine import Printed
from octavo.press.pages import PageMap


def bind(
    printed: Printed,
    root: Element,
    headings: Sequence[PrintedHeading],
    sheaves: Sequence[str],
    details: Details,
    sources: Sequence[Source],
    target: Path,
) -> int:
    """Write the finished PDF to `target` and return its number of pages.

    `sheaves` names the runs of pages in the order of the book; a page of any other sheaf was a trial and is left out.
    """
    with pikepdf.open(printed.pdf) as pdf:
        order = [
            number for sheaf in sheaves for number, sheet in enumerate(printed.map.sheets) if sheet.sheaf == sheaf
        ]
        pages = _reorder(pdf, order)
        if details.tagged:
            tree = StructureTree(pdf, pages, printed.map, order)
            tree.write(root)
            tree.link(root)
            _outline(pdf, tree, headings)
        _page_labels(pdf, printed.map, order)
        declare(pdf)
        attach(pdf, sources)
        document = identify(details)
        describe(pdf, details, document, len(pages), bool(sources))
        written = BytesIO()
        pdf.save(
            written,
            force_version="2.0",
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
            fix_metadata_version=False,
        )
        target.write_bytes(sign(written.getvalue(), document))
        return len(pages)


def _reorder(pdf: Pdf, order: list[int]) -> list[Object]:
    """Put the pages into the order of the book, as one flat page tree."""
    pages: list[Object] = [page.obj for page in pdf.pages]
    kept: list[Object] = [pages[number] for number in order]
    tree = pdf.make_indirect(Dictionary(Type=Name.Pages, Kids=Array(kept), Count=len(kept)))
    for page in kept:
        page.Parent = tree
    pdf.Root.Pages = tree
    return kept


def _outline(pdf: Pdf, tree: StructureTree, headings: Sequence[PrintedHeading]) -> None:
    """Write the outline from the headings, each entry with a structure destination."""
    root = pdf.make_indirect(Dictionary(Type=Name.Outlines))
    stack: list[tuple[int, Object]] = [(0, root)]
    for heading in headings:
        found = tree.destination(heading.element)
        if found is None:
            continue
        while stack[-1][0] >= heading.level:
            stack.pop()
        parent = stack[-1][1]
        title = f"{heading.number} {heading.title}".strip()
        action = Dictionary(S=Name.GoTo, D=found[0], SD=found[1])
        item = pdf.make_indirect(Dictionary(Title=String(title), Parent=parent, A=action))
        if "/Last" in parent:
            item.Prev = parent.Last
            parent.Last.Next = item
        else:
            parent.First = item
        parent.Last = item
        _count(stack, root)
        stack.append((heading.level, item))
    if "/First" in root:
        pdf.Root.Outlines = root
        pdf.Root.PageMode = Name.UseOutlines


def _count(stack: list[tuple[int, Object]], root: Object) -> None:
    """Count an entry at every level above it; chapters are shown closed, so their count is negative."""
    for _, item in stack:
        sign = 1 if item is root else -1
        if item is root and len(stack) > 1:
            continue
        item.Count = int(item.get("/Count", 0)) + sign


def _page_labels(pdf: Pdf, pages: PageMap, order: list[int]) -> None:
    """Label the pages as their folios read: i, ii, … then 1, 2, … (ISO 32000-2, 12.4.2)."""
    labels = Array()
    expected: tuple[str, int] | None = None
    for position, number in enumerate(order):
        sheet = pages.sheets[number]
        if (sheet.style, sheet.number) != expected:
            labels.append(position)
            labels.append(Dictionary(S=Name.r if sheet.style == "roman" else Name.D, St=sheet.number))
        expected = (sheet.style, sheet.number + 1)
    pdf.Root.PageLabels = Dictionary(Nums=labels)
