"""Write tables: columns fitted to the measure, spans, head rows that repeat on every page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from octavo.latex.columns import fit_columns
from octavo.latex.context import Context, NoteText
from octavo.latex.escape import Tex
from octavo.latex.inlines import InlineWriter
from octavo.latex.tree import Element
from octavo.manuscript import nodes as n

#: A cell over so many rows keeps them on one page; one over more may be broken.
LONGEST_KEPT_SPAN = 8


@dataclass(frozen=True)
class PlacedCell:
    """Hold one cell as it is printed; `share` is the width of its columns, empty where they are as wide as needed.

    A place that a cell from a row above covers is an empty cell. Heads of columns look otherwise than cells; heads of
    rows are told by their place.
    """

    content: str = ""
    columns: int = 1
    rows: int = 1
    align: str = "left"
    share: str = ""
    head: bool = False


@dataclass(frozen=True)
class Line:
    """Hold one printed row; a row that is kept stands on the same page as the next."""

    cells: list[PlacedCell]
    keep: bool


class TableWriter:
    """Write tables, with and without captions."""

    def __init__(
        self, context: Context, inlines: InlineWriter, blocks: Callable[[Sequence[n.Block], Element], Tex]
    ) -> None:
        self._context = context
        self._inlines = inlines
        self._blocks = blocks

    def write(self, table: n.Table, element: Element, caption: Callable[[Element], Tex] | None = None) -> Tex:
        """Return the LaTeX of a table and add it to the element; `caption` writes what stands above it.

        A head that every page repeats cannot hold a footnote: its notes are printed with the caption. Where a table
        cannot break over pages, that goes for all its notes.
        """
        structure = element.add("Table", identifier=table.attributes.identifier)
        if summary := table.attributes.values.get("summary", "").strip():
            structure.attributes["Summary"] = summary
        anchor = self._inlines.anchor(structure)
        title = caption(structure) if caption else Tex("")
        fixed = self._context.around.fixed
        fit = fit_columns(table)
        if not fit.holds:
            self._context.report("OCT406", table)
        shelf: list[NoteText] = []
        with self._context.within(fixed=True):
            with self._context.within(shelf=shelf):
                head = self._rows(table.head, structure, "THead", table, fit.shares)
            with self._context.within(shelf=shelf if fixed else None):
                body = self._rows(table.body, structure, "TBody", table, fit.shares)
                foot = self._rows(table.foot, structure, "TFoot", table, fit.shares)
        if self._context.around.shelf is not None:
            self._context.around.shelf.extend(shelf)
            shelf = []
        columns = [
            {"align": self._align(column.align), "share": f"{share:.4f}" if share else ""}
            for column, share in zip(table.columns, fit.shares, strict=True)
        ]
        return self._context.macros(
            "fixed_table" if fixed else "table",
            columns=columns[::-1] if self._context.around.rightward else columns,
            size=fit.size,
            caption=title,
            label=self._context.name("table", table.number) if caption else "",
            continued=self._context.words("continued"),
            anchor=anchor,
            notes=self._context.print_notes(shelf),
            head=head,
            body=body,
            foot=foot,
        )

    def _align(self, written: str) -> str:
        """Return on which side a column is ranged: where the lines of its language begin, if nothing is written."""
        return written or ("right" if self._context.around.rightward else "left")

    def _rows(
        self, rows: list[list[n.Cell]], structure: Element, tag: str, table: n.Table, shares: Sequence[float]
    ) -> list[Line]:
        if not rows:
            return []
        section = structure.add(tag)
        covered = [0] * len(table.columns)
        result: list[Line] = []
        for number, row in enumerate(rows):
            line = section.add("TR")
            cells: list[PlacedCell] = []
            position = _skip_covered(covered, 0, cells)
            for cell in row:
                cells.append(self._cell(cell, line, tag, position, table, shares))
                for column in range(position, min(position + cell.columns, len(covered))):
                    covered[column] = min(cell.rows, len(rows) - number) - 1
                position = _skip_covered(covered, position + cell.columns, cells)
            long = any(rest >= LONGEST_KEPT_SPAN for rest in covered)
            is_edge = len(rows) > 2 and number in (0, len(rows) - 2)
            cells = cells[::-1] if self._context.around.rightward else cells
            result.append(Line(cells, is_edge or (any(covered) and not long)))
        return result

    def _cell(
        self, cell: n.Cell, line: Element, tag: str, position: int, table: n.Table, shares: Sequence[float]
    ) -> PlacedCell:
        is_head = tag == "THead" or position < table.row_heads
        item = line.add("TH" if is_head else "TD")
        if is_head:
            item.attributes["Scope"] = "Column" if tag == "THead" else "Row"
        if cell.columns > 1:
            item.attributes["ColSpan"] = cell.columns
        if cell.rows > 1:
            item.attributes["RowSpan"] = cell.rows
        share = sum(shares[position : position + cell.columns])
        return PlacedCell(
            self._blocks(cell.children, item),
            cell.columns,
            cell.rows,
            self._align(cell.align or table.columns[position].align),
            f"{share:.4f}" if share else "",
            tag == "THead",
        )


def _skip_covered(covered: list[int], position: int, cells: list[PlacedCell]) -> int:
    """Leave the columns empty that a cell from a row above still covers; return the next free one."""
    while position < len(covered) and covered[position] > 0:
        covered[position] -= 1
        cells.append(PlacedCell())
        position += 1
    return position
