r"""Write the rows of amscd's commutative diagrams (`CD`) as an array of objects and arrows."""

from __future__ import annotations

from octavo.manuscript.formulas.rows import RowReader, Written, both, key_of
from octavo.manuscript.formulas.tokens import mistake

_ACROSS = {">": "xrightarrow", "<": "xleftarrow"}
_DOWN = {"V": "\\downarrow", "A": "\\uparrow"}
_SIGNS = {"=": "=", "|": "\\Vert", ".": ""}


def diagram(reader: RowReader) -> Written:
    r"""Read a diagram until its `\end`, which is left there."""
    found, widest, row = Written(), 1, list[Written]()
    lines: list[list[Written]] = []
    while True:
        row.append(reader.row("@", "\\\\", "\\end"))
        token = reader.stream.peek()
        if key_of(token) == "@":
            reader.stream.next()
            row.append(_arrow(reader))
            continue
        lines.append(_placed(row))
        widest, row = max(widest, len(lines[-1])), []
        if key_of(token) == "\\end":
            break
        reader.stream.next()
    for number, cells in enumerate(lines):
        found = found.then(*([both("\\\\ ")] if number else []), cells[0])
        for cell in cells[1:]:
            found = found.then(both("&"), cell)
    reader.changed = True
    return found.within(f"\\begin{{array}}{{{'c' * widest}}}", "\\end{array}")


def _placed(cells: list[Written]) -> list[Written]:
    """Return the cells of a row; arrows that have no objects beside them stand under those of the row before."""
    is_bare = len(cells) > 1 and not any(cell.press.strip() for cell in cells[::2])
    return cells[1:-1] if is_bare else cells


def _arrow(reader: RowReader) -> Written:
    sign = reader.stream.next()
    key = key_of(sign)
    if key in _SIGNS:
        return both(_SIGNS[key] + " ")
    if key not in _ACROSS and key not in _DOWN:
        raise mistake(
            sign.at, f"an arrow `@{key}` in a diagram; there are `@>>>`, `@<<<`, `@VVV`, `@AAA`, `@=`, `@|` and `@.`"
        )
    first = reader.row(key)
    reader.stream.next()
    second = reader.row(key)
    reader.stream.next()
    if key in _ACROSS:
        below = Written(f"[{{{second.press}}}]", f"[{second.pandoc}]") if second.press.strip() else Written()
        return both(f"\\{_ACROSS[key]}").then(below, first.within("{", "}"))
    arrow = both(_DOWN[key] + " ")
    left = first.within("{\\scriptstyle ", "}") if first.press.strip() else Written()
    right = second.within("{\\scriptstyle ", "}") if second.press.strip() else Written()
    return Written(f"\\octdown{{{first.press}}}{{{_DOWN[key]}}}{{{second.press}}}", left.then(arrow, right).pandoc)
