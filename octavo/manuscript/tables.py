"""Find the cells of a table that head its rows, so that a listener hears of which row a cell is.

Pandoc's Markdown has heads of columns only. Most tables of a book name what each row is about in their first column.
"""

from __future__ import annotations

from typing import Final

from octavo.manuscript import nodes as n

#: The key in the braces of a caption that says how many columns at the left head the rows.
ROW_HEADS: Final = "row-heads"
#: Characters of a name: what is longer is text, and would be told again with every cell of its row.
LONGEST_NAME: Final = 60


def written_row_heads(table: n.Table) -> int | None:
    """Return how many columns the author says head the rows; none where nothing is said.

    Raises ValueError where what is said is no number, or leaves no column for the cells.
    """
    written = table.attributes.values.get(ROW_HEADS)
    if written is None:
        return None
    count = int(written)
    if not 0 <= count < len(table.columns):
        raise ValueError(written)
    return count


def row_heads(table: n.Table) -> int:
    """Return how many columns at the left head the rows: what the author says, else what the cells show.

    Below a head, the first column heads the rows where it gives each of them a short name of its own.
    """
    try:
        written = written_row_heads(table)
    except ValueError:
        written = 0  # octavo.check.manuscript reports it
    if written is not None:
        return written
    if table.row_heads or len(table.columns) < 2 or len(table.body) < 2:
        return table.row_heads
    if not any(n.plain_text(cell.children).strip() for row in table.head for cell in row):
        return 0
    cells = [cell for row in table.body for cell in row]
    if any(cell.rows > 1 for cell in cells) or any(row[0].columns > 1 for row in table.body if row):
        return 0
    names = [" ".join(n.plain_text(row[0].children).split()) if row else "" for row in table.body]
    return int(len(set(names)) == len(names) and all(0 < len(name) <= LONGEST_NAME for name in names))
