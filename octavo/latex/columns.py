"""Fit the columns of a table to the measure.

Nothing has been typeset when a table is written, so widths are estimated from the letters: in ems of the table's
size, for a face of usual width. TeX breaks the lines in the columns that result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from octavo.latex import maths
from octavo.manuscript import nodes as n

#: The sizes a table can be set in, largest first: how many ems fill the measure of an A5 page, and the gutter in ems.
SIZES = {"normal": (34.0, 1.0), "small": (36.6, 0.8), "smallest": (41.8, 0.5)}
#: Widths of letters in ems: those that are narrower or wider than most.
NARROW, WIDE = frozenset("iljtfrI.,:;'|!()[]"), frozenset("mwMW%@—…&")
NARROW_EMS, DIGIT_EMS, USUAL_EMS, CAPITAL_EMS, WIDE_EMS = 0.31, 0.5, 0.54, 0.68, 0.86
#: What a column needs beyond its letters, since the estimate may be short.
PADDING_EMS = 0.3
#: A list in a cell needs room for its labels.
LABEL_EMS = 2.0
CODE_EMS = 0.5


@dataclass(frozen=True)
class Fit:
    """Hold each column's share of the measure (all 0: as wide as needed), the size, and whether the words fit."""

    shares: list[float]
    size: str
    holds: bool


def fit_columns(table: n.Table) -> Fit:
    """Choose the largest size in which every column holds its longest word, and share out the measure.

    Widths that the author gave are kept as far as every column still holds its longest word. Otherwise a column
    gets what its longest word needs, and the rest is shared out by how much text there is, as CSS 2.1 (17.5.2.2)
    does for automatic table layout. Where all cells fit on one line each, columns are as wide as they need.
    """
    needed, natural = _demands(table)
    gutters = len(table.columns) - 1
    for size, (measure, gutter) in SIZES.items():
        room = measure - gutter * gutters
        if sum(needed) <= room or size == "smallest":
            break
    holds = sum(needed) - PADDING_EMS * len(needed) <= room
    if _are_given(table.columns):
        total = max(sum(column.share for column in table.columns), 1.0)
        wanted = [column.share / total * room for column in table.columns]
        return Fit(_fit([max(pair) for pair in zip(wanted, needed, strict=True)], needed, room), size, holds)
    if sum(natural) <= room and not any(is_flowing(cell) for cell in _cells(table)):
        return Fit([0.0] * len(table.columns), size, holds)
    return Fit(_share_out(needed, natural, room), size, holds)


def _are_given(columns: Sequence[n.Column]) -> bool:
    """Tell whether the author gave widths.

    Pandoc takes the dashes under the head of a pipe table for widths as soon as one line of it is long; equal shares
    of the whole measure then only mean that nobody counted dashes.
    """
    shares = [column.share for column in columns]
    is_equal = max(shares) - min(shares) < 0.001 and sum(shares) > 0.99
    return any(shares) and not is_equal


def is_flowing(cell: n.Cell) -> bool:
    """Tell whether a cell holds more than one line can: blocks, several paragraphs, breaks, displayed formulas."""
    if len(cell.children) > 1 or any(not isinstance(child, n.Paragraph) for child in cell.children):
        return True
    return any(
        isinstance(node, n.LineBreak) or (isinstance(node, n.Math) and node.display) for node in n.walk(cell.children)
    )


def _cells(table: n.Table) -> list[n.Cell]:
    return [cell for row in (*table.head, *table.body, *table.foot) for cell in row]


def _demands(table: n.Table) -> tuple[list[float], list[float]]:
    """Return what each column needs for its longest word, and for its longest cell on one line."""
    count = len(table.columns)
    needed, natural = [1.0] * count, [1.0] * count
    covered = [0] * count
    for row in [*table.head, *table.body, *table.foot]:
        position = 0
        for cell in row:
            while position < count and covered[position] > 0:
                covered[position] -= 1
                position += 1
            narrow, wide = _cell_demands(cell)
            last = min(position + cell.columns, count)
            for column in range(position, last):
                needed[column] = max(needed[column], narrow / cell.columns)
                natural[column] = max(natural[column], wide / cell.columns)
                covered[column] = cell.rows - 1
            position = last
        while position < count:
            covered[position] = max(covered[position] - 1, 0)
            position += 1
    return needed, natural


def _cell_demands(cell: n.Cell) -> tuple[float, float]:
    text = n.plain_text(cell.children, formula=maths.plain).strip()
    extra = PADDING_EMS + (LABEL_EMS if any(isinstance(child, n.List) for child in cell.children) else 0.0)
    blocks = [child.text for child in n.walk(cell.children) if isinstance(child, n.CodeBlock)]
    longest_code = max((len(line) * CODE_EMS for block in blocks for line in block.split("\n")), default=0.0)
    narrow = max((width(word) for word in text.split()), default=0.0)
    return max(narrow, min(longest_code, 20.0)) + extra, max(width(text), longest_code) + extra


def width(text: str) -> float:
    """Estimate the width of a text in ems."""
    ems = 0.0
    for letter in text:
        if letter in NARROW or letter == " ":
            ems += NARROW_EMS
        elif letter in WIDE:
            ems += WIDE_EMS
        elif letter.isdigit():
            ems += DIGIT_EMS
        else:
            ems += CAPITAL_EMS if letter.isupper() else USUAL_EMS
    return ems


def _share_out(needed: Sequence[float], natural: Sequence[float], room: float) -> list[float]:
    """Give each column what its longest word needs, and the rest by how much text there is."""
    spare = max(room - sum(needed), 0.0)
    weights = [max(wide - narrow, 0.01) ** 0.75 for wide, narrow in zip(natural, needed, strict=True)]
    widths = [narrow + spare * weight / sum(weights) for narrow, weight in zip(needed, weights, strict=True)]
    return [width / sum(widths) for width in widths]


def _fit(widths: list[float], needed: list[float], room: float) -> list[float]:
    """Take what is too much from the columns that have more than they need; return shares of the measure."""
    over = sum(widths) - room
    loose = sum(width - narrow for width, narrow in zip(widths, needed, strict=True))
    if over > 0 and loose > 0:
        part = min(over / loose, 1.0)
        widths = [width - (width - narrow) * part for width, narrow in zip(widths, needed, strict=True)]
    whole = max(sum(widths), room)
    return [width / whole for width in widths]
