"""Measure the lines and pages of a chapter in a PDF; `beside.py` sets the figures of several next to each other."""

from __future__ import annotations

import ctypes
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median

import pypdfium2

#: A line belongs to the text when that share of its letters has the size of the text.
SHARE = 0.6
#: What a justified line may lack of the measure, and how far a baseline may be from its place, in PDF points.
SLACK, TOLERANCE = 6.0, 0.5
#: A line with a wider space, in ems, is a row of a table or a formula.
TABULAR = 1.5
TENTH = 0.1
#: Feet this near to each other are level.
LEVEL = 1.0
#: A point of TeX is that part of one of PDF.
TEX = 72.27 / 72
#: A page with that many lines of text is one of text.
LINES_OF_TEXT = 10
HYPHENS = "-\N{SOFT HYPHEN}\N{HYPHEN}\x02￾"


@dataclass(frozen=True)
class Letter:
    """Hold a letter with its ends and its size, in points."""

    sign: str
    left: float
    right: float
    size: float


@dataclass(frozen=True)
class Line:
    """Hold a line of letters from left to right, without its spaces."""

    baseline: float
    letters: tuple[Letter, ...]

    @property
    def left(self) -> float:
        """Return where it begins."""
        return self.letters[0].left

    @property
    def width(self) -> float:
        """Return how wide it is."""
        return self.letters[-1].right - self.left

    @property
    def text(self) -> str:
        """Return its letters."""
        return "".join(letter.sign for letter in self.letters)

    def gaps(self, size: float) -> list[float]:
        """Return the spaces between its words; what is smaller than a tenth of an em is none."""
        pairs = pairwise(self.letters)
        return [gap for a, b in pairs if (gap := b.left - a.right) > size / 10]

    def ends(self, size: float) -> tuple[str, str]:
        """Return its first and its last word."""
        words = [""]
        for before, letter in zip((None, *self.letters), self.letters, strict=False):
            if before and letter.left - before.right > size / 10:
                words.append("")
            words[-1] += letter.sign
        return words[0], words[-1]


def measure(document: pypdfium2.PdfDocument, pages: range) -> dict[str, str]:
    """Say what the lines and pages of a chapter measure; lengths in TeX's points."""
    everything = {number: _lines(document[number]) for number in pages}
    sizes = Counter(
        round(letter.size, 2) for found in everything.values() for line in found for letter in line.letters
    )
    size = sizes.most_common(1)[0][0]
    text = {number: [line for line in found if _is_text(line, size)] for number, found in everything.items()}
    column = _column(text)
    runts = sum(_is_runt(line, column) for found in text.values() for line in found)
    text = {number: [line for line in found if _is_long(line, size, column)] for number, found in text.items()}
    leading = _leading(text)
    lines = [line for found in text.values() for line in found]
    # Spaces count as letters of a line.
    letters = mean((len(line.letters) + len(line.gaps(size))) * column / line.width for line in lines)
    gaps = [gap / size for line in lines if line.width > column - SLACK for gap in line.gaps(size)]
    on_grid = [_on_grid(found, leading) for found in text.values() if len(found) >= LINES_OF_TEXT]
    feet = [_foot(found, number + 1, size) for number, found in everything.items()][:-1]
    # A chapter begins on a right-hand page.
    level = [abs(left - right) < LEVEL for left, right in zip(feet[1::2], feet[2::2], strict=False)]
    hyphens = [[line.text[-1] in HYPHENS for line in found] for found in text.values()]
    return {
        "Pages": f"{len(pages)}",
        "Size and leading": f"{size * TEX:.2f}/{leading * TEX:.1f} pt",
        "Column, with what hangs out of it": f"{column / 72 * 25.4:.0f} mm",
        "Letters and spaces in a line": f"{letters:.0f}",
        "Usual space": f"{median(gaps):.2f} em",
        "Widest space": f"{max(gaps):.2f} em",
        "Spaces over half an em": f"{sum(gap > 0.5 for gap in gaps) / len(gaps):.1%}",
        "Lines that end in a hyphen": f"{sum(map(sum, hyphens)) / len(lines):.1%}",
        "Most such lines in a row": f"{max(map(_ladder, hyphens))}",
        "Pages that end in a hyphen": f"{sum(bool(found) and found[-1] for found in hyphens)}",
        "Paragraphs that end in a scrap": f"{runts}",
        "Lines on a grid": f"{mean(on_grid):.0%}",
        "Facing pages that end level": f"{sum(level)} of {len(level)}",
    }


def _lines(page: pypdfium2.PdfPage) -> list[Line]:
    """Return the lines of a page from its head to its foot."""
    text = page.get_textpage()
    rows: dict[float, list[Letter]] = defaultdict(list)
    across, up = ctypes.c_double(), ctypes.c_double()
    for number in range(text.count_chars()):
        sign = chr(pypdfium2.raw.FPDFText_GetUnicode(text, number))
        if sign.isspace() or (pypdfium2.raw.FPDFText_IsGenerated(text, number) == 1 and sign not in HYPHENS):
            continue
        pypdfium2.raw.FPDFText_GetCharOrigin(text, number, across, up)
        left, _, right, _ = text.get_charbox(number, loose=True)
        rows[round(up.value, 1)].append(Letter(sign, left, right, pypdfium2.raw.FPDFText_GetFontSize(text, number)))
    return [
        Line(baseline, tuple(sorted(rows[baseline], key=lambda letter: letter.left)))
        for baseline in sorted(rows, reverse=True)
    ]


def _is_text(line: Line, size: float) -> bool:
    return sum(round(letter.size, 2) == size for letter in line.letters) > SHARE * len(line.letters)


def _is_long(line: Line, size: float, column: float) -> bool:
    return line.width > 0.75 * column and max(line.gaps(size), default=0) < TABULAR * size


def _leading(text: dict[int, list[Line]]) -> float:
    steps = [a.baseline - b.baseline for lines in text.values() for a, b in pairwise(lines)]
    usual = Counter(round(step, 1) for step in steps).most_common(1)[0][0]
    # Baselines are known to a tenth of a point; over a page that would add up to two points.
    return mean(step for step in steps if abs(step - usual) < 2 * TENTH)


def _column(text: dict[int, list[Line]]) -> float:
    """Return how wide the lines are that as many as possible share, or the longest where they end unevenly."""
    widths = sorted(line.width for lines in text.values() for line in lines)
    return widths[int(0.9 * len(widths))]


def _on_grid(lines: list[Line], leading: float) -> float:
    """Return the share of lines that stand a whole number of leadings below the first."""
    steps = [(lines[0].baseline - line.baseline) / leading for line in lines]
    return mean(abs(step - round(step)) * leading < TOLERANCE for step in steps)


def _is_runt(line: Line, column: float) -> bool:
    """Say whether a line ends a paragraph and is shorter than two ems of the book."""
    return line.width < column / 14 and line.text[-1] in ".?!" and len(line.text) > 1


def _foot(lines: list[Line], number: int, size: float) -> float:
    """Return the last baseline of a page above a running foot, if there is one."""
    return next(line.baseline for line in reversed(lines) if str(number) not in line.ends(size))


def _ladder(hyphens: list[bool]) -> int:
    longest = run = 0
    for hyphen in hyphens:
        run = run + 1 if hyphen else 0
        longest = max(longest, run)
    return longest


if __name__ == "__main__":
    raise SystemExit(__doc__)
