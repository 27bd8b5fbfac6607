"""Make Pandoc's table of a table in HTML: its caption, its columns, its rows with the cells that span several."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from octavo.manuscript.html_tags import Element, Json, Piece, elements, style_of

#: Reads the pieces inside an element as blocks.
Inside = Callable[[Sequence[Piece]], list[Json]]

_ALIGNMENTS = {"left": "AlignLeft", "right": "AlignRight", "center": "AlignCenter"}
_PARTS = {"thead": "head", "tbody": "body", "tfoot": "foot"}
_NO_ATTRIBUTES: Json = ["", [], []]
#: More columns or rows than this belong to no table that a page can hold.
_MOST = 1000


def alignment(element: Element) -> str:
    """Return how the text of an element is ranged: left, right, center or nothing."""
    wanted = style_of(element.tag.attributes).get("text-align") or element.get("align")
    return {"start": "left", "end": "right", "middle": "center"}.get(wanted.lower(), wanted.lower())


@dataclass
class _Rows:
    """Collect the rows of the three parts of a table."""

    head: list[list[Element]] = field(default_factory=list)
    body: list[list[Element]] = field(default_factory=list)
    foot: list[list[Element]] = field(default_factory=list)
    caption: list[Piece] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    #: What stands in the table and in none of its cells.
    loose: list[Piece] = field(default_factory=list)

    def gather(self, pieces: Sequence[Piece], part: str = "") -> None:
        """Sort what stands in a table, or in one of its parts."""
        cells: list[Element] = []
        for piece in pieces:
            if not isinstance(piece, Element):
                self.loose.append(piece)
            elif piece.name in ("td", "th"):
                cells.append(piece)
            elif piece.name in _PARTS:
                self.gather(piece.children, _PARTS[piece.name])
            elif piece.name == "tr":
                row = [kid for kid in elements(piece.children) if kid.name in ("td", "th")]
                self.loose += [kid for kid in piece.children if kid not in row]
                self._add(row, part)
            elif piece.name == "caption":
                self.caption += piece.children
            elif piece.name in ("col", "colgroup"):
                columns = [kid for kid in elements(piece.children) if kid.name == "col"] or [piece]
                self.shares += [share for column in columns for share in _shares(column)]
            else:
                self.loose.append(piece)
        if cells:
            self._add(cells, part)

    def _add(self, row: list[Element], part: str) -> None:
        if not row:
            return
        leads = not part and not self.body and all(cell.name == "th" for cell in row)
        {"head": self.head, "foot": self.foot}.get("head" if leads else part, self.body).append(row)


def _shares(column: Element) -> list[float]:
    """Return the share of the measure that a `col` gives to each of its columns; 0 is as wide as needed."""
    wanted = style_of(column.tag.attributes).get("width") or column.get("width")
    found = re.fullmatch(r"(\d+\.?\d*)\s*%", wanted)
    return [float(found[1]) / 100 if found else 0.0] * _number(column, "span")


def _number(element: Element, name: str) -> int:
    """Return an attribute that counts rows or columns."""
    written = element.get(name)
    return min(max(int(written), 1), _MOST) if written.isdecimal() else 1


def table(element: Element, inside: Inside) -> list[Json]:
    """Return the table, after what stands in it outside of its cells."""
    rows = _Rows()
    rows.gather(element.children)
    before = inside(rows.loose)
    every = [*rows.head, *rows.body, *rows.foot]
    if not every:
        return [*before, *inside(rows.caption)]
    if not rows.body:
        rows.body, rows.foot = rows.foot, []
    if not rows.body:
        rows.head, rows.body = [], rows.head
    count = max(_width(part) for part in (rows.head, rows.body, rows.foot))
    shares = [*rows.shares, *[0.0] * count][:count]
    columns = [
        [{"t": "AlignDefault"}, {"t": "ColWidth", "c": share} if share else {"t": "ColWidthDefault"}]
        for share in shares
    ]
    attributes: Json = [element.get("id"), element.get("class").split(), []]
    if element.get("summary"):
        attributes[2].append(["summary", element.get("summary")])
    head, body, foot = ([_row(row, inside) for row in part] for part in (rows.head, rows.body, rows.foot))
    content = [
        attributes,
        [None, inside(rows.caption)],
        columns,
        [_NO_ATTRIBUTES, _filled(head, count)],
        [[_NO_ATTRIBUTES, _row_heads(rows.body), [], _filled(body, count)]],
        [_NO_ATTRIBUTES, _filled(foot, count)],
    ]
    return [*before, {"t": "Table", "c": content}]


def _row(row: list[Element], inside: Inside) -> list[Json]:
    cells = []
    for cell in row:
        side = {"t": _ALIGNMENTS.get(alignment(cell), "AlignDefault")}
        rows = _MOST if cell.get("rowspan") == "0" else _number(cell, "rowspan")
        attributes = [cell.get("id"), [], []]
        cells.append([attributes, side, rows, _number(cell, "colspan"), inside(cell.children)])
    return cells


def _row_heads(rows: list[list[Element]]) -> int:
    """Return 1 where the first cell of every row is one of head."""
    return int(all(row[0].name == "th" and len(row) > 1 for row in rows))


def _places(rows: Sequence[Sequence[tuple[int, int]]]) -> list[int]:
    """Return how many columns are filled in each row, with the cells that reach into it from above."""
    covered: dict[int, int] = {}
    widths = []
    for row in rows:
        column = 0
        held = dict(covered)
        for down, across in row:
            while held.get(column, 0) > 0:
                column += 1
            for place in range(column, column + across):
                covered[place] = max(covered.get(place, 0), down)
            column += across
        widths.append(max([column, *(place + 1 for place, rest in held.items() if rest > 0)]))
        covered = {place: rest - 1 for place, rest in covered.items() if rest > 1}
    return widths


def _width(rows: list[list[Element]]) -> int:
    """Return how many columns the widest of these rows has."""
    spans = [[(_number(cell, "rowspan"), _number(cell, "colspan")) for cell in row] for row in rows]
    return max(_places(spans), default=0)


def _filled(rows: list[list[Json]], count: int) -> list[Json]:
    """Return rows with empty cells where they have too few, and no cell that reaches below the last row."""
    for number, row in enumerate(rows):
        for cell in row:
            cell[2] = min(cell[2], len(rows) - number)
    widths = _places([[(cell[2], cell[3]) for cell in row] for row in rows])
    for row, width in zip(rows, widths, strict=True):
        row += [[_NO_ATTRIBUTES, {"t": "AlignDefault"}, 1, 1, []] for _ in range(count - width)]
    return [[_NO_ATTRIBUTES, row] for row in rows]
