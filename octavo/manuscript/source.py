"""Split a Markdown file into words, in the order in which they are read.

That is the order of the file but in tables whose cells have several lines: these stand side by side and are read one
after the other.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeAlias

#: A word without the underscores that may be emphasis around it.
WORD = re.compile(r"[^\W_]+")
_GRID_RULE = re.compile(r"\+[-=:]{2,}\+")
_COLUMNS_RULE = re.compile(r"[ >]*-{2,}( +-{2,})+ *")

#: For each line of a table: the first line of its row, and the columns at which cells begin.
_Rows: TypeAlias = dict[int, tuple[int, tuple[int, ...]]]


def split(text: str) -> list[str]:
    """Return the words of a text, all in one case."""
    return [word.casefold() for word in WORD.findall(text)]


def in_reading_order(source: str) -> list[re.Match[str]]:
    """Return the words of a file as they are read: in a table with cells of several lines, cell by cell."""
    lines = source.split("\n")
    tables = {**_grid_tables(lines), **_multiline_tables(lines)}
    keyed: list[tuple[tuple[int, int, int], re.Match[str]]] = []
    start, number = 0, 0
    for match in WORD.finditer(source):
        while match.start() > start + len(lines[number]):
            start, number = start + len(lines[number]) + 1, number + 1
        row, breaks = tables.get(number, (number, ()))
        keyed.append(((row, bisect_right(breaks, match.start() - start), match.start()), match))
    return [match for _, match in sorted(keyed, key=lambda item: item[0])]


def table_lines(lines: Sequence[str]) -> set[int]:
    """Return the lines that belong to a table whose cells are told by columns: grid, simple and multiline tables."""
    found = {*_grid_tables(lines), *_multiline_tables(lines)}
    for number, line in enumerate(lines):
        if _COLUMNS_RULE.fullmatch(line) or _GRID_RULE.search(line):
            first, last = number, number
            while first and lines[first - 1].strip(" >"):
                first -= 1
            while last + 1 < len(lines) and lines[last + 1].strip(" >"):
                last += 1
            found.update(range(first, last + 1))
    return found


def _grid_tables(lines: Sequence[str]) -> _Rows:
    """Find the rows of grid tables (Pandoc's manual, `grid_tables`)."""
    rows: _Rows = {}
    breaks: tuple[int, ...] = ()
    row = 0
    for number, line in enumerate(lines):
        if _GRID_RULE.search(line):
            row = number + 1
            if line.strip(" >").startswith("+"):
                breaks = tuple(match.start() for match in re.finditer(r"\+", line))
        elif breaks and line.strip(" >").startswith("|"):
            rows[number] = (row, breaks)
        else:
            breaks = ()
    return rows


def _multiline_tables(lines: Sequence[str]) -> _Rows:
    """Find the rows of multiline tables (Pandoc's manual, `multiline_tables`): blank lines part their rows."""
    rows: _Rows = {}
    for number, line in enumerate(lines):
        if number in rows or not _COLUMNS_RULE.fullmatch(line):
            continue
        first = number
        while first and lines[first - 1].strip() and first - 1 not in rows:
            first -= 1
        has_head = first < number and not lines[first].strip(" >-")
        closing = lines[first].strip(" >") if has_head else line.strip(" >")
        end = next((n for n in range(number + 1, len(lines)) if lines[n].strip(" >") == closing), number)
        if has_head or "" in (inside.strip(" >") for inside in lines[number:end]):
            breaks = tuple(match.start() for match in re.finditer("-+", line))
            row = first
            for inside in range(first, end):
                row = inside + 1 if not lines[inside].strip(" >-") else row
                rows[inside] = (row, breaks)
    return rows
