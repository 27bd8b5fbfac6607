"""Measure the contrast of every text in a finished PDF with what is painted behind it.

The content streams are read as a printer reads them: each fill is remembered with its outline, and the colour of a
text is held against the last fill below the point where it begins, or against the white of the page. Text on a picture
made of pixels is left out, because its ground has no one colour. A colour counts as six digits of sRGB; greys and
CMYK are converted as a screen without profiles does (ISO 32000-2, 10.4.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import pikepdf
from pikepdf import Dictionary, Name, Object

from octavo.figures.colour import LEAST_CONTRAST, WHITE, contrast

Point: TypeAlias = tuple[float, float]
Matrix: TypeAlias = tuple[float, float, float, float, float, float]

_OPERATORS: Final = (
    "q Q cm re m l c v y h n f F f* B B* b b* S s W W* g rg k cs sc scn BT ET Tm Td TD T* TL Tf Tr Tj TJ ' \" BMC BDC "
    "EMC Do"
)
_IDENTITY: Final[Matrix] = (1, 0, 0, 1, 0, 0)
_FILLS: Final = frozenset({"f", "F", "f*", "B", "B*", "b", "b*"})
_BLACK: Final = "000000"
_INVISIBLE: Final = 3


@dataclass(frozen=True)
class FaintText:
    """Name a text that is hard to read: page from 0, the mark that it stands in or -1, the two colours, the ratio."""

    page: int
    mark: int
    color: str
    ground: str
    ratio: float


def faint_texts(pdf: pikepdf.Pdf, least: float = LEAST_CONTRAST) -> Iterator[FaintText]:
    """Find each pair of colours whose contrast is below `least`, at its first place (WCAG 2.2, 1.4.3)."""
    seen: set[tuple[str, str]] = set()
    for number, page in enumerate(pdf.pages):
        painter = _Painter(page.resources)
        painter.paint(page.obj, page.resources, _State(), -1)
        for mark, color, ground in painter.texts:
            ratio = contrast(color, ground)
            if ratio < least and (color, ground) not in seen:
                seen.add((color, ground))
                yield FaintText(number, mark, color, ground, ratio)


@dataclass(frozen=True)
class _State:
    """Hold what `q` keeps: the matrix, the colour of fills (None where it is a pattern), the font's size."""

    matrix: Matrix = _IDENTITY
    color: str | None = _BLACK
    size: float = 0.0
    leading: float = 0.0
    mode: int = 0


@dataclass
class _Painter:
    """Paint one page with its forms, in order."""

    resources: Object
    texts: list[tuple[int, str, str]] = field(default_factory=list)
    fills: list[tuple[list[list[Point]], str | None]] = field(default_factory=list)

    def paint(self, stream: Object, resources: Object, state: _State, mark: int) -> None:
        """Interpret a page or a form; what it shows belongs to `mark` unless it has marks of its own."""
        stack, marks = [state], [mark]
        outline: list[list[Point]] = []
        line = text = _IDENTITY
        for instruction in pikepdf.parse_content_stream(stream, _OPERATORS):
            operands, operator = list(instruction.operands), str(instruction.operator)
            state = stack[-1]
            match operator:
                case "q":
                    stack.append(state)
                case "Q" if len(stack) > 1:
                    stack.pop()
                case "cm":
                    stack[-1] = replace(state, matrix=_times(_matrix(operands), state.matrix))
                case "m" | "l" | "c" | "v" | "y" | "re":
                    _extend(outline, operator, [float(number) for number in operands], state.matrix)
                case "n" | "S" | "s":
                    outline = []
                case _ if operator in _FILLS:
                    self.fills.append((outline, state.color))
                    outline = []
                case "g" | "rg" | "k" | "sc" | "scn" | "cs":
                    stack[-1] = replace(state, color=_color(operator, operands))
                case "BT":
                    line = text = _IDENTITY
                case "Tf":
                    stack[-1] = replace(state, size=float(operands[1]))
                case "TL":
                    stack[-1] = replace(state, leading=float(operands[0]))
                case "Tr":
                    stack[-1] = replace(state, mode=int(operands[0]))
                case "Tm":
                    line = text = _matrix(operands)
                case "Td" | "TD" | "T*" | "'" | '"':
                    if operator == "TD":
                        stack[-1] = state = replace(state, leading=-float(operands[1]))
                    down = -state.leading
                    step = (float(operands[0]), float(operands[1])) if operator in ("Td", "TD") else (0.0, down)
                    line = text = _times((1, 0, 0, 1, *step), line)
                case "BMC" | "BDC":
                    marks.append(_mark(operands, resources, marks[-1]))
                case "EMC" if len(marks) > 1:
                    marks.pop()
                case "Do":
                    self._do(resources, operands[0], state, marks[-1])
            if operator in ("Tj", "TJ", "'", '"') and state.mode != _INVISIBLE:
                self._show(_times(text, state.matrix), state, marks[-1])

    def _do(self, resources: Object, name: Object, state: _State, mark: int) -> None:
        """Paint a form, or remember where a picture hides what is below it."""
        shown = resources.get("/XObject", Dictionary()).get(str(name))
        if shown is None:
            return
        if shown.get("/Subtype") != Name.Form:
            outline: list[list[Point]] = []
            _extend(outline, "re", [0, 0, 1, 1], state.matrix)
            self.fills.append((outline, None))
            return
        inner = _matrix(list(shown.get("/Matrix", _IDENTITY)))
        self.paint(shown, shown.get("/Resources", resources), replace(state, matrix=_times(inner, state.matrix)), mark)

    def _show(self, matrix: Matrix, state: _State, mark: int) -> None:
        """Hold a text against what is painted a little inside its first letter."""
        at = _apply(matrix, (state.size * 0.2, state.size * 0.25))
        ground: str | None = WHITE
        for outline, color in reversed(self.fills):
            if _holds(outline, at):
                ground = color
                break
        if state.color is not None and ground is not None:
            self.texts.append((mark, state.color, ground))


def _matrix(operands: Sequence[object]) -> Matrix:
    a, b, c, d, e, f = (float(str(number)) for number in operands)
    return a, b, c, d, e, f


def _times(first: Matrix, second: Matrix) -> Matrix:
    """Apply one matrix, then the other (ISO 32000-2, 8.3.4)."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _apply(matrix: Matrix, point: Point) -> Point:
    a, b, c, d, e, f = matrix
    return a * point[0] + c * point[1] + e, b * point[0] + d * point[1] + f


def _extend(outline: list[list[Point]], operator: str, numbers: list[float], matrix: Matrix) -> None:
    """Add to an outline; of a curve its middle and its end are kept, which is near enough for a letter's ground."""
    if operator == "re":
        x, y, width, height = numbers
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        outline.append([_apply(matrix, corner) for corner in corners])
        return
    points = [_apply(matrix, (x, y)) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    if operator == "m" or not outline:
        outline.append(points[-1:])
        return
    if operator == "c":
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = outline[-1][-1], *points
        outline[-1].append(((x0 + 3 * x1 + 3 * x2 + x3) / 8, (y0 + 3 * y1 + 3 * y2 + y3) / 8))
    outline[-1].append(points[-1])


def _holds(outline: list[list[Point]], at: Point) -> bool:
    """Tell whether a point is inside an outline, by the even-odd rule."""
    x, y = at
    inside = False
    for ring in outline:
        for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
    return inside


def _color(operator: str, operands: Sequence[object]) -> str | None:
    """Return the colour that an operator chooses, or None for a pattern; a new colour space begins with black."""
    if operator == "cs":
        return _BLACK
    try:
        values = [float(str(value)) for value in operands]
    except ValueError:
        return None
    if len(values) == 1:
        values *= 3
    if len(values) == 4:
        values = [1 - min(1.0, value + values[3]) for value in values[:3]]
    return "".join(f"{round(255 * min(max(value, 0.0), 1.0)):02X}" for value in values) if len(values) == 3 else None


def _mark(operands: Sequence[Object], resources: Object, around: int) -> int:
    """Return the mark that a marked-content sequence opens, -1 for an artifact."""
    if operands[0] == Name.Artifact:
        return -1
    if len(operands) < 2:
        return around
    properties = operands[1]
    if not isinstance(properties, Dictionary):
        properties = resources.get("/Properties", Dictionary()).get(str(properties), Dictionary())
    return int(properties.get("/MCID", around))
