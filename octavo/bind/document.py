"""Finish the document around its pages: order, outline, page labels, metadata, and the file itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from octavo.bind.structure import StructureTree
from octavo.latex.context import Printed as PrintedHeading
from octavo.latex.tree import Element
from octavo.press.engine import Printed
from octavo.press.pages import PageMap

UA_NAMESPACE = "http://www.aiim.org/pdfua/ns/id/"


@dataclass(frozen=True)
class Details:
    """Hold what a document says about itself."""

    title: str
    authors: tuple[str, ...]
    subject: str
    language: str
    rights: str
    keywords: tuple[str, ...]
    producer: str
    tagged: bool = True


def bind(
    printed: Printed,
    root: Element,
    headings: Sequence[PrintedHeading],
    sheaves: Sequence[str],
    details: Details,
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
        _describe(pdf, details)
        pdf.save(
            target,
            force_version="2.0",
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
        )
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


def _describe(pdf: Pdf, details: Details) -> None:
    """Write the metadata; PDF 2.0 keeps it in XMP alone (ISO 16684-1)."""
    pdf.Root.Lang = String(details.language)
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    for key in ("/OpenAction", "/Dests"):
        if key in pdf.Root:
            del pdf.Root[key]
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        metadata.register_xml_namespace(UA_NAMESPACE, "pdfuaid")
        metadata["dc:title"] = details.title
        metadata["dc:creator"] = list(details.authors)
        metadata["dc:language"] = [details.language]
        if details.subject:
            metadata["dc:description"] = details.subject
        if details.rights:
            metadata["dc:rights"] = details.rights
        if details.keywords:
            metadata["dc:subject"] = list(details.keywords)
            metadata["pdf:Keywords"] = ", ".join(details.keywords)
        metadata["pdf:Producer"] = details.producer
        metadata[f"{{{UA_NAMESPACE}}}part"] = "2"
        metadata[f"{{{UA_NAMESPACE}}}rev"] = "2024"
