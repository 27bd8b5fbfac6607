"""Read the marks that the engine leaves: which leaf is on which page, and where each anchor stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from octavo.manuscript.enumeration import roman


@dataclass(frozen=True)
class Sheet:
    """Hold one page as it was shipped out: the sheaf it belongs to, its folio, the leaf of each mark in order."""

    sheaf: str
    style: str
    number: int
    leaves: tuple[int, ...]

    @property
    def folio(self) -> str:
        """Return the page number as it is printed."""
        return roman(self.number) if self.style == "roman" else str(self.number)


@dataclass(frozen=True)
class Place:
    """Say where an anchor stands: its sheet, counted from 0, and its point from the lower left corner."""

    sheet: int
    x: float
    y: float


@dataclass(frozen=True)
class Box:
    """Say where a picture stands: its sheet, counted from 0, and left, bottom, right and top on it in points."""

    sheet: int
    corners: tuple[float, float, float, float]


@dataclass(frozen=True)
class PageMap:
    """Find the page of a leaf or an anchor, and the place of a picture by its leaf."""

    sheets: tuple[Sheet, ...] = ()
    anchors: dict[int, Place] = field(default_factory=dict)
    boxes: dict[int, Box] = field(default_factory=dict)
    _first: dict[int, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> PageMap:
        """Read the lines that `octavo-marks.lua` writes."""
        sheets: list[Sheet] = []
        anchors: dict[int, Place] = {}
        boxes: dict[int, Box] = {}
        first: dict[int, int] = {}
        for line in text.splitlines():
            kind, *rest = line.split()
            if kind == "page":
                sheaf, style, number, *leaves = rest
                marked = tuple(int(leaf) for leaf in leaves)
                for leaf in marked:
                    first.setdefault(leaf, len(sheets))
                sheets.append(Sheet(sheaf, style, int(number), marked))
            elif kind == "anchor":
                number, sheet, x, y = rest
                anchors[int(number)] = Place(int(sheet) - 1, float(x), float(y))
            else:
                number, sheet, left, bottom, right, top = rest
                boxes[int(number)] = Box(int(sheet) - 1, (float(left), float(bottom), float(right), float(top)))
        return cls(tuple(sheets), anchors, boxes, first)

    def sheet_of(self, leaf: int) -> int | None:
        """Return the sheet that a leaf or an anchor begins on, or None when it was not printed."""
        if leaf in self.anchors:
            return self.anchors[leaf].sheet
        return self._first.get(leaf)

    def folio_of(self, leaf: int) -> str:
        """Return the printed page number of a leaf or an anchor, or nothing when it was not printed."""
        sheet = self.sheet_of(leaf)
        return "" if sheet is None else self.sheets[sheet].folio
