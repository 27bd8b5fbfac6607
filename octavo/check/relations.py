"""Say what belongs together in a structure tree: a link and its goal, a note and its reference, a cell and its heads.

Speech and the reading copy need the same answers, and both take them from the finished PDF alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, String

from octavo.check.listening import Element, Leaf, ObjectNumber, ObjectReference, StructureTree

NOTES: Final = frozenset({"FENote", "Note"})
#: What stands in a line; everything else begins one.
INLINE: Final = frozenset(
    {"Span", "Em", "Strong", "Link", "Code", "Lbl", "Reference", "Quote", "Formula", "Annot", "Form", "Sub", "Ruby",
     "RB", "RT", "RP", "Warichu", "WT", "WP"}
)  # fmt: skip
_SPANS: Final = {"/ColSpan": 1, "/RowSpan": 1}


@dataclass(frozen=True)
class Goal:
    """Say where a link leads: to an address, to an element, or to a page (from 0; -1 is none)."""

    address: str = ""
    element: Element | None = None
    page: int = -1


@dataclass(frozen=True)
class Cell:
    """Place one cell of a table; `heads` are the header cells that are told with it, columns first."""

    element: Element
    row: int
    column: int
    columns: int
    rows: int
    heads: tuple[Element, ...] = ()


@dataclass(frozen=True)
class Relations:
    """Look up what the elements of one document have to do with each other."""

    tree: StructureTree

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Return the label of each page, as its folio reads."""
        return tuple(page.label for page in self.tree.pdf.pages)

    @cached_property
    def _elements(self) -> Mapping[ObjectNumber, Element]:
        return {element.node.objgen: element for element in self.tree.elements()}

    @cached_property
    def _pages(self) -> Mapping[ObjectNumber, int]:
        return {page.obj.objgen: number for number, page in enumerate(self.tree.pdf.pages)}

    @cached_property
    def _names(self) -> Mapping[str, Object]:
        """Return the named destinations, of either kind (ISO 32000-2, 12.3.2.4)."""
        root = self.tree.pdf.Root
        named = {str(key)[1:]: value for key, value in root.get("/Dests", Dictionary()).items()}
        names = root.get("/Names", Dictionary()).get("/Dests")
        return named | (dict(pikepdf.NameTree(names).items()) if names is not None else {})

    def goal(self, link: Element) -> Goal | None:
        """Return where a link leads, or None when nothing of it is an annotation with a goal."""
        for kid in link.kids:
            if isinstance(kid, ObjectReference):
                return self._goal(kid.target)
        return None

    def _goal(self, annotation: Object) -> Goal | None:
        action = annotation.get("/A", Dictionary())
        if "/URI" in action:
            return Goal(address=str(action.URI))
        inside = action.get("/SD")
        element = self._elements.get(inside[0].objgen) if isinstance(inside, Array) else None
        view = action.get("/D", annotation.get("/Dest"))
        if isinstance(view, String | Name):
            view = self._names.get(str(view).removeprefix("/"))
        if isinstance(view, Dictionary):
            view = view.get("/D")
        page = -1
        if isinstance(view, Array) and isinstance(view[0], Dictionary):
            page = self._pages.get(view[0].objgen, -1)
        return Goal("", element, page) if element is not None or page >= 0 else None

    def note(self, element: Element) -> Element | None:
        """Return the note that a reference calls: by its `/Ref`, or because its link leads there."""
        for target in element.node.get("/Ref", []):
            found = self._elements.get(target.objgen)
            if found is not None and found.role in NOTES:
                return found
        goal = self.goal(element) if element.role == "Link" else None
        return goal.element if goal and goal.element and goal.element.role in NOTES else None

    @cached_property
    def called(self) -> Mapping[ObjectNumber, Element]:
        """Return the reference of each note that has one."""
        found: dict[ObjectNumber, Element] = {}
        for element in self._elements.values():
            if element.role in INLINE and (note := self.note(element)) is not None:
                found.setdefault(note.node.objgen, element)
        return found

    def cells(self, table: Element) -> list[Cell]:
        """Place the cells of a table and find the heads of each (ISO 32000-2, 14.8.5.7).

        Heads that a cell names come first; else a column's heads stand above the cell, and a row's before it.
        """
        placed = list(_placed(table))
        named = {bytes(cell.element.node.ID): cell.element for cell in placed if "/ID" in cell.element.node}
        return [_headed(cell, placed, named) for cell in placed]


def rows(table: Element) -> Iterator[Element]:
    """Walk the rows of a table, those of its head and foot too, but of no table inside it."""
    for kid in table.kids:
        if isinstance(kid, Element):
            if kid.role == "TR":
                yield kid
            elif kid.role in {"THead", "TBody", "TFoot"}:
                yield from rows(kid)


def first_page(element: Element) -> int:
    """Return the page, from 0, of the first text of an element, or -1."""
    for kid in element.kids:
        page = first_page(kid) if isinstance(kid, Element) else kid.page if isinstance(kid, Leaf) else -1
        if page >= 0:
            return page
    return -1


def _placed(table: Element) -> Iterator[Cell]:
    """Count rows and columns from 0, past what cells of rows above still cover."""
    covered: dict[int, int] = {}
    for number, row in enumerate(rows(table)):
        column, covering = 0, {place: left - 1 for place, left in covered.items() if left > 1}
        for kid in row.kids:
            if not isinstance(kid, Element) or kid.role not in {"TH", "TD"}:
                continue
            while covered.get(column, 0) > 0:
                column += 1
            width, height = (max(1, int(str(kid.attributes.get(key, 1)))) for key in _SPANS)
            yield Cell(kid, number, column, width, height)
            covering |= {place: height - 1 for place in range(column, column + width) if height > 1}
            column += width
        covered = covering


def _headed(cell: Cell, placed: list[Cell], named: Mapping[bytes, Element]) -> Cell:
    listed = cell.element.attributes.get("/Headers")
    heads = [named[bytes(key)] for key in listed if bytes(key) in named] if isinstance(listed, Array) else []
    if not heads and cell.element.role == "TD":
        columns = range(cell.column, cell.column + cell.columns)
        lines = range(cell.row, cell.row + cell.rows)
        above = [c for c in placed if _heads(c, "/Column") and c.row < cell.row]
        before = [c for c in placed if _heads(c, "/Row") and c.column < cell.column]
        heads = [c.element for c in above if set(range(c.column, c.column + c.columns)) & set(columns)]
        heads += [c.element for c in before if set(range(c.row, c.row + c.rows)) & set(lines)]
    return Cell(cell.element, cell.row, cell.column, cell.columns, cell.rows, tuple(heads))


def _heads(cell: Cell, scope: str) -> bool:
    """Tell whether a cell is a head of that scope; one without a scope heads its column."""
    return cell.element.role == "TH" and str(cell.element.attributes.get("/Scope", "/Column")) in {scope, "/Both"}
