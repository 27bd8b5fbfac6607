"""Finish the document around its pages: order, outline, page labels, and the file itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf

from octavo.bind.attachments import Source, attach, attach_mathml
from octavo.bind.cover import FrontCover, put_in_front
from octavo.bind.intent import declare
from octavo.bind.metadata import Details, describe, identify, sign
from octavo.bind.structure import StructureTree
from octavo.bind.supplement import Supplement, reference, string
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
    target: Path,
    sources: Sequence[Source] = (),
    cover: FrontCover | None = None,
) -> int:
    """Write the finished PDF to `target` and return its number of pages.

    `sheaves` names the runs of pages in the order of the book; a page of any other sheaf was a trial and is left out.
    `sources` are enclosed, and a `cover` stands before all pages.
    """
    order = [number for sheaf in sheaves for number, sheet in enumerate(printed.map.sheets) if sheet.sheaf == sheaf]
    joined = target.with_suffix(".joined.pdf")
    with pikepdf.open(printed.pdf) as engine:
        shipped = [page.obj for page in engine.pages]
        pages = [shipped[number] for number in order]
        places = [page.objgen for page in pages]
        supplement = Supplement.to(engine)
        added = {"/Pages": _pages(supplement, places)}
        tree = StructureTree(supplement, pages, printed.map, order)
        if details.tagged:
            added |= _structure(supplement, tree, root, headings)
        supplement.write(printed.pdf, joined)
    with pikepdf.open(joined) as pdf:
        _use(pdf, added, [pdf.get_object(place) for place in places])
        _page_labels(pdf, printed.map, order)
        if cover is not None:
            put_in_front(pdf, cover)
        declare(pdf)
        attach(pdf, sources)
        attach_mathml(pdf, tree.formulas)
        count = int(pdf.Root.Pages.Count)
        document = identify(details)
        describe(pdf, details, document, count, has_files=bool(sources or tree.formulas))
        written = BytesIO()
        pdf.save(
            written,
            force_version="2.0",
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
            fix_metadata_version=False,
        )
    joined.unlink()
    target.write_bytes(sign(written.getvalue(), document))
    return count


def _pages(supplement: Supplement, places: list[tuple[int, int]]) -> int:
    """Write the pages in the order of the book, as one flat tree; return its number."""
    kids = " ".join(map(reference, places))
    return supplement.add(f"/Type/Pages/Kids[{kids}]/Count {len(places)}")


def _structure(
    supplement: Supplement, tree: StructureTree, root: Element, headings: Sequence[PrintedHeading]
) -> dict[str, int]:
    """Write structure, links and outline; return the numbers of what goes into the catalog."""
    added = {"/StructTreeRoot": tree.write(root)}
    tree.link()
    outline = _outline(supplement, tree, headings)
    return added | ({"/Outlines": outline} if outline else {})


def _use(pdf: Pdf, added: dict[str, int], pages: Sequence[Object]) -> None:
    """Tell the catalog and the pages of what was added."""
    for name, number in added.items():
        pdf.Root[name] = pdf.get_object(number, 0)
    for page in pages:
        page.Parent = pdf.Root.Pages
    if "/Outlines" in added:
        pdf.Root.PageMode = Name.UseOutlines
    if "/StructTreeRoot" in added:
        pdf.Root.MarkInfo = Dictionary(Marked=True)
        for position, page in enumerate(pages):
            page.StructParents = position
            page.Tabs = Name.S


@dataclass
class Entry:
    """Hold one entry of the outline while its neighbors are not known yet."""

    number: int
    level: int
    body: str
    entries: list[Entry] = field(default_factory=list)

    def count(self) -> int:
        """Return how many entries there are below this one."""
        return sum(1 + entry.count() for entry in self.entries)


def _outline(supplement: Supplement, tree: StructureTree, headings: Sequence[PrintedHeading]) -> int | None:
    """Write the outline from the headings, each entry with a structure destination; return its number."""
    stack = [Entry(supplement.reserve(), 0, "/Type/Outlines")]
    for heading in headings:
        destination = tree.destination(heading.element)
        if destination is None:
            continue
        while stack[-1].level >= heading.level:
            stack.pop()
        title = string(f"{heading.number} {heading.title}".strip())
        entry = Entry(supplement.reserve(), heading.level, f"/Title{title}/A<<{destination}>>")
        stack[-1].entries.append(entry)
        stack.append(entry)
    root = stack[0]
    if root.entries:
        _write_entry(supplement, root, f"/Count {len(root.entries)}")
    return root.number if root.entries else None


def _write_entry(supplement: Supplement, entry: Entry, links: str) -> None:
    """Write an entry and all below it (ISO 32000-2, 12.3.3); chapters are shown closed, so their count is negative."""
    if entry.entries:
        links += f"/First {entry.entries[0].number} 0 R/Last {entry.entries[-1].number} 0 R"
    supplement.bodies[entry.number] = entry.body + links
    numbers = [below.number for below in entry.entries]
    for below, previous, following in zip(entry.entries, [0, *numbers], [*numbers[1:], 0], strict=False):
        links = f"/Parent {entry.number} 0 R" + (f"/Count {-below.count()}" if below.entries else "")
        links += (f"/Prev {previous} 0 R" if previous else "") + (f"/Next {following} 0 R" if following else "")
        _write_entry(supplement, below, links)


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
