"""Draw the cover of a report: the front alone, or the wrap of back, spine and front that a printer folds round a book.

Part of the figures stage. The cover is a section through the stack: the first layer is the ground, and carries the
words; the others lie on it as strata, each thinner than the one below, under an empty sky. A report without layers has
the ground alone. How things look is in `templates/figures/cover.sty`; here is what depends on the report and on the
page. All lengths are millimeters from the lower left corner of the trimmed sheet.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from octavo.design import Page, millimeters
from octavo.figures.colour import shade
from octavo.figures.kinds.kind import sentence
from octavo.latex.escape import Tex, escape
from octavo.manifest import Report

if TYPE_CHECKING:
    from pylatex import TikZNode, TikZPath

#: What is printed beyond the trim, so that no white shows where the knife is off (ISO 15930-7 calls it the bleed).
BLEED = 3.0
#: A spine below this carries no words: folds are off by up to a millimeter and a half to either side.
LEAST_LETTERED_SPINE = 6.0
SPINE_MARGIN = 1.6
#: What printers ask to be left free for their barcode, 2 by 1.2 inches, and its distance from spine and foot.
BARCODE = (50.8, 30.5)
BARCODE_MARGIN = 6.4
#: Languages whose spines are read from the bottom up; the others follow ISO 6357, top to bottom.
BOTTOM_UP = {"bg", "ca", "cs", "de", "es", "fr", "hu", "it", "pl", "pt", "ro", "ru", "sk", "sl", "uk"}

#: PDF points in a millimeter.
POINTS = 72 / 25.4

#: Shares of the height: the ground, and all strata on it by their number.
GROUND = 0.56
LONE_GROUND = 0.62
STRATA = (0.0, 0.14, 0.22, 0.285, 0.31, 0.34, 0.365)
SEAM = 0.0042
#: Shares of the width and of the height: the margins of what is written.
MARGIN = 0.088
HEAD = 0.08
LONE_HEAD = 0.066
QUESTION = 0.036
FOOT = 0.06
#: What a text face may lack: the blocks of `templates/style/octavo-scripts.sty`.
RARE = re.compile(
    "([\u0180-\u02af\u0370-\u052f\u1d00-\u1dbf\u1e00-\u1fff\u2070-\u23ff\u2460-\u29ff\u2b00-\u2bff\U0001f600-\U0001f64f])"
)
#: The trim that the sizes in the style are made for.
STANDARD = (148.0, 210.0)
#: More names than these run on in one paragraph.
MOST_NAMES_IN_LINES = 3


@dataclass(frozen=True)
class Sheet:
    """Hold the sizes of a cover: the trimmed page, and for a wrap the spine; without a spine there is no bleed."""

    width: float
    height: float
    spine: float | None = None

    @property
    def bleed(self) -> float:
        """Return how far colour runs beyond the trim."""
        return 0.0 if self.spine is None else BLEED

    @property
    def across(self) -> float:
        """Return the trimmed width of the whole sheet."""
        return self.width if self.spine is None else 2 * self.width + self.spine

    @property
    def trim(self) -> tuple[float, float, float, float]:
        """Return the box that is left when the bleed is cut off, in PDF points from the lower left of the sheet."""
        bleed = self.bleed * POINTS
        return bleed, bleed, bleed + self.across * POINTS, bleed + self.height * POINTS

    @property
    def media(self) -> tuple[float, float, float, float]:
        """Return the box of the whole sheet with its bleed, in PDF points."""
        return 0.0, 0.0, (self.across + 2 * self.bleed) * POINTS, (self.height + 2 * self.bleed) * POINTS

    @property
    def front(self) -> float:
        """Return where the front begins."""
        return self.across - self.width

    @property
    def scale(self) -> float:
        """Return the size of type against the standard trim."""
        return round(min(self.width / STANDARD[0], self.height / STANDARD[1]), 4)

    @classmethod
    def of(cls, page: Page, spine: float | None = None) -> Sheet:
        """Return the cover of a book with such pages."""
        return cls(round(millimeters(page.width), 4), round(millimeters(page.height), 4), spine)


def spine_width(pages: int, caliper: float) -> float:
    """Return the thickness of a block of pages: a sheet for every two of them, each as thick as its caliper.

    The board of the cover is not counted, as printers do not in the sizes that they ask of artwork.
    """
    return round(math.ceil(pages / 2) * caliper, 2)


def strata(height: float, count: int) -> list[tuple[float, float]]:
    """Return the lower and upper edge of ground and strata, from below, on a page of that height.

    Each stratum is thinner than the one below by one ratio, which is gentler the more there are, so that the topmost
    still holds a line of words. Seams of paper lie between them.
    """
    above = count - 1
    if not above:
        return [(0.0, LONE_GROUND * height)]
    top = GROUND * height
    edges = [(0.0, top)]
    ratio = 0.85 + 1.95 / above
    seam = SEAM * height
    thinnest = (STRATA[above] * height - above * seam) / sum(ratio**power for power in range(above))
    for power in reversed(range(above)):
        bottom, top = top + seam, top + seam + thinnest * ratio**power
        edges.append((bottom, top))
    return edges


def inks(report: Report) -> list[str]:
    """Return the colours of ground and strata, each dark enough for white words on it."""
    return [shade(layer.color) for layer in report.layers] or [shade(report.theme.values["layer-colors"][0])]


def cover(report: Report, sheet: Sheet, isbn: str = "") -> Tex:
    """Write the LaTeX of a cover; the sheet says whether it is a front or a wrap."""
    from octavo.figures.tikz import block, command, picture

    colors = inks(report)
    edges = strata(sheet.height, len(colors))
    content: list[TikZNode | TikZPath] = [_area("sky", -sheet.bleed, sheet.height + sheet.bleed, sheet)]
    for number, (bottom, top) in enumerate(edges):
        content.append(_area(f"stratum={number + 1}", bottom if number else -sheet.bleed, top, sheet))
    content += _front(report, sheet, edges)
    if sheet.spine is not None:
        content += _spine(report, sheet)
        content += _back(report, sheet, isbn)
    definitions = [command("definecolor", f"stratum{n}", "HTML", digits) for n, digits in enumerate(colors, start=1)]
    drawing = Tex(f"%\n{picture(content, 'cover').dumps()}%\n")
    sizes = [_mm(sheet.across + 2 * sheet.bleed), _mm(sheet.height + 2 * sheet.bleed)]
    if sheet.spine is None:
        return block(*definitions, command("coverfront", *sizes, drawing))
    boxes = [_box(corners) for corners in (sheet.trim, sheet.media)]
    return block(*definitions, command("coverwrap", *boxes, *sizes, drawing))


def words(report: Report, isbn: str) -> str:
    """Return what stands on a wrap, for those who do not see it."""
    parts = [report.title, report.subtitle, ", ".join(report.authors), report.blurb, f"ISBN {isbn}" if isbn else ""]
    return " ".join(sentence(" ".join(part.split())) for part in parts if part.strip())


def _area(style: str, bottom: float, top: float, sheet: Sheet) -> TikZPath:
    from octavo.figures.tikz import area

    return area(style, (-sheet.bleed, bottom), (sheet.across + sheet.bleed, top))


def _front(report: Report, sheet: Sheet, edges: list[tuple[float, float]]) -> list[TikZNode]:
    from octavo.figures.tikz import command, node

    left, width = sheet.front + MARGIN * sheet.width, _measure(sheet)
    nodes = []
    if report.layers:
        questions = [_words(layer.question) for layer in report.layers]
        font = command("coverquestions", _mm(width), str(sheet.scale), Tex("").join(_item(text) for text in questions))
        middles = [edges[0][1] - QUESTION * sheet.height, *((bottom + top) / 2 for bottom, top in edges[1:])]
        for number, (text, middle) in enumerate(zip(questions, middles, strict=True)):
            setting = font if number == 0 else Tex("")
            nodes.append(node(setting + command("coverquestion", text), "cover question", (left, middle)))
    top, bottom = _head(report, sheet), FOOT * sheet.height
    names = [_words(author) for author in report.authors]
    joint = Tex(r"\\") if len(names) <= MOST_NAMES_IN_LINES else Tex(", ")
    text = command(
        "covertitle",
        _mm(width),
        _mm(top - bottom),
        str(sheet.scale),
        _words(report.title),
        _words(report.subtitle),
        joint.join(names),
        str(report.date.year) if report.date else "",
    )
    return [*nodes, node(text, "cover text", (left, top))]


def _spine(report: Report, sheet: Sheet) -> list[TikZNode]:
    from octavo.figures.tikz import command, node

    assert sheet.spine is not None
    if sheet.spine < LEAST_LETTERED_SPINE:
        return []
    foot = FOOT * sheet.height
    head = (GROUND if report.layers else LONE_GROUND) * sheet.height - foot
    upwards = report.language.split("-")[0] in BOTTOM_UP
    names = Tex(", ").join(_words(author) for author in report.authors)
    room, across = _mm(head - foot), _mm(sheet.spine - 2 * SPINE_MARGIN)
    text = command("coverspine", room, across, str(sheet.scale), _words(report.title), names)
    style = "cover spine upwards" if upwards else "cover spine downwards"
    return [node(text, style, (sheet.width + sheet.spine / 2, foot if upwards else head))]


def _back(report: Report, sheet: Sheet, isbn: str) -> list[TikZNode | TikZPath]:
    from octavo.figures.tikz import area, command, node

    nodes: list[TikZNode | TikZPath] = []
    floor = BARCODE_MARGIN + BARCODE[1]
    paragraphs = [_words(text) for text in report.blurb.split("\n\n") if text.strip()]
    if paragraphs:
        top = _head(report, sheet)
        room = top - floor - BARCODE_MARGIN
        text = command("coverblurb", _mm(_measure(sheet)), _mm(room), str(sheet.scale), Tex(r"\par ").join(paragraphs))
        nodes.append(node(text, "cover text", (MARGIN * sheet.width, top)))
    if isbn:
        left, right = sheet.width - BARCODE_MARGIN - BARCODE[0], sheet.width - BARCODE_MARGIN
        nodes.append(area("barcode panel", (left, BARCODE_MARGIN), (right, floor)))
        nodes.append(node(f"ISBN {isbn}", "barcode words", ((left + right) / 2, floor - 2)))
    return nodes


def _head(report: Report, sheet: Sheet) -> float:
    """Return where the words on the ground begin; the question of the first layer stands above them."""
    share = GROUND - HEAD if report.layers else LONE_GROUND - LONE_HEAD
    return share * sheet.height


def _measure(sheet: Sheet) -> float:
    return (1 - 2 * MARGIN) * sheet.width


def _mm(length: float) -> Tex:
    return Tex(f"{length:.4f}mm")


def _box(corners: tuple[float, float, float, float]) -> Tex:
    return Tex(" ".join(f"{corner:.4f}" for corner in corners))


def _item(text: Tex) -> Tex:
    return Tex("{") + text + Tex("}")


def _words(text: str) -> Tex:
    """Write words for TeX; a character that a text face may lack asks for another face."""
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    pieces = re.split(RARE, text)
    return Tex("").join(
        escape(piece) if number % 2 == 0 else Tex(rf"\coverask{{{ord(piece)}}}") for number, piece in enumerate(pieces)
    )
