"""Write tables: columns fitted to the measure, spans, head rows that repeat on every page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from octavo.latex.context import Context
from octavo.latex.escape import Tex
from octavo.latex.inlines import InlineWriter
from octavo.latex.tree import Element
from octavo.manuscript import nodes as n

#: Widths are counted in characters of the table's size; about this many fill the measure of an A5 page.
CHARACTERS_IN_MEASURE = 66
#: What a cell needs beyond its letters: capitals and bold are wider than the average.
PADDING = 1.5
#: What the space between two columns takes, in characters.
GUTTER = 2.5


class TableWriter:
    """Write tables, with and without captions."""

    def __init__(
        self, context: Context, inlines: InlineWriter, blocks: Callable[[Sequence[n.Block], Element], Tex]
    ) -> None:
        self._context = context
        self._inlines = inlines
        self._blocks = blocks

    def write(self, table: n.Table, element: Element, caption: Callable[[Element], Tex] | None = None) -> Tex:
        """Return the LaTeX of a table and add it to the element; `caption` writes what stands above it."""
        structure = element.add("Table", identifier=table.attributes.identifier)
        anchor = self._inlines.anchor(structure)
        outer, self._context.notes = self._context.notes, []
        title = caption(structure) if caption else Tex("")
        notes, self._context.notes = self._context.notes, outer
        widths = column_shares(table)
        sections = {
            name: self._rows(rows, structure, tag, table, widths)
            for name, tag, rows in (
                ("head", "THead", table.head),
                ("body", "TBody", table.body),
                ("foot", "TFoot", table.foot),
            )
        }
        return self._context.macros(
            "table",
            columns=[
                {"align": column.align or "left", "share": f"{share:.4f}" if share else ""}
                for column, share in zip(table.columns, widths, strict=True)
            ],
            gutters=len(table.columns) - 1,
            caption=title,
            anchor=anchor,
            notes=Tex("").join(notes or []),
            **sections,
        )

    def _rows(
        self, rows: list[list[n.Cell]], structure: Element, tag: str, table: n.Table, widths: list[float]
    ) -> list[list[dict[str, object]]]:
        if not rows:
            return []
        section = structure.add(tag)
        covered: dict[int, int] = {}
        result = []
        for row in rows:
            line = section.add("TR")
            cells: list[dict[str, object]] = []
            position = 0
            for cell in row:
                position = self._skip_covered(covered, position, cells)
                cells.append(self._cell(cell, line, tag, position, table, widths))
                for column in range(position, position + cell.columns):
                    covered[column] = cell.rows - 1
                position += cell.columns
            self._skip_covered(covered, position, cells)
            result.append(cells)
        return result

    def _skip_covered(self, covered: dict[int, int], position: int, cells: list[dict[str, object]]) -> int:
        """Leave the columns empty that a cell from a row above still covers."""
        while covered.get(position, 0) > 0:
            covered[position] -= 1
            cells.append({"content": Tex(""), "columns": 1, "rows": 1, "align": "left", "share": ""})
            position += 1
        return position

    def _cell(
        self, cell: n.Cell, line: Element, tag: str, position: int, table: n.Table, widths: list[float]
    ) -> dict[str, object]:
        is_head = tag == "THead" or position < table.row_heads
        item = line.add("TH" if is_head else "TD")
        if is_head:
            item.attributes["Scope"] = "Column" if tag == "THead" else "Row"
        if cell.columns > 1:
            item.attributes["ColSpan"] = cell.columns
        if cell.rows > 1:
            item.attributes["RowSpan"] = cell.rows
        share = sum(widths[position : position + cell.columns])
        return {
            "content": self._blocks(cell.children, item),
            "columns": cell.columns,
            "rows": cell.rows,
            "align": cell.align or table.columns[position].align or "left",
            "share": f"{share:.4f}" if share else "",
            "spanned": cell.columns - 1,
            "head": is_head,
        }


def column_shares(table: n.Table) -> list[float]:
    """Return each column's share of the measure; all 0 when every cell fits on one line as it is.

    Widths that the author gave are kept as far as every column still holds its longest word. Otherwise a column
    gets what its longest word needs, and the rest is shared out by how much text there is, as CSS 2.1 (17.5.2.2)
    does for automatic table layout.
    """
    needed, natural = _demands(table)
    room = CHARACTERS_IN_MEASURE - GUTTER * (len(table.columns) - 1)
    if any(column.share for column in table.columns):
        total = max(sum(column.share for column in table.columns), 1.0)
        wanted = [column.share / total * room for column in table.columns]
        return _fit([max(want, narrow) for want, narrow in zip(wanted, needed, strict=True)], needed, room)
    if sum(natural) <= room:
        return [0.0] * len(table.columns)
    spare = max(room - sum(needed), 0.0)
    weights = [max(wide - narrow, 0.01) ** 0.75 for wide, narrow in zip(natural, needed, strict=True)]
    widths = [narrow + spare * weight / sum(weights) for narrow, weight in zip(needed, weights, strict=True)]
    return [width / sum(widths) for width in widths]


def _demands(table: n.Table) -> tuple[list[float], list[float]]:
    """Return what each column needs for its longest word, and for its longest cell on one line."""
    count = len(table.columns)
    needed, natural = [1.0] * count, [1.0] * count
    for row in [*table.head, *table.body, *table.foot]:
        position = 0
        for cell in row:
            text = n.plain_text(cell.children).strip()
            if cell.columns == 1 and position < count:
                natural[position] = max(natural[position], len(text) + PADDING)
                needed[position] = max(needed[position], *(len(word) + PADDING for word in text.split() or [""]))
                if any(not isinstance(child, n.Paragraph) for child in cell.children):
                    natural[position] = max(natural[position], CHARACTERS_IN_MEASURE)
            position += cell.columns
    return needed, natural


def _fit(widths: list[float], needed: list[float], room: float) -> list[float]:
    """Take what is too much from the columns that have more than they need; return shares of the measure."""
    over = sum(widths) - room
    loose = sum(width - narrow for width, narrow in zip(widths, needed, strict=True))
    if over > 0 and loose > 0:
        part = min(over / loose, 1.0)
        widths = [width - (width - narrow) * part for width, narrow in zip(widths, needed, strict=True)]
    whole = max(sum(widths), room)
    return [width / whole for width in widths]
