"""Draw a space and its leading axis: two labelled poles, and points placed between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from octavo.figures.colour import INK
from octavo.figures.kinds.kind import (
    FLAG,
    NUMBER,
    TEXT,
    Cells,
    Complain,
    Say,
    Series,
    check_numbers,
    choice,
    keys,
    number,
    sentence,
)
from octavo.latex.escape import Tex
from octavo.schema import Keys, ListOf, Value

POLE = Keys({"label": TEXT, "text": TEXT}, frozenset({"label"}))
POINT = Keys(
    {"label": TEXT, "x": NUMBER, "y": NUMBER, "side": TEXT, "lit": FLAG, "text": TEXT}, frozenset({"label", "x", "y"})
)
SIDES = ("right", "left", "above", "below")
WIDTH_MM, HEIGHT_MM = 104, 62


@dataclass(frozen=True)
class Point:
    """Hold one point: its place along the axis and across it, each from 0 to 1, and the side of its label."""

    label: str
    text: str
    x: float
    y: float
    side: str
    lit: bool


@dataclass(frozen=True)
class Space:
    """Hold the axis with its poles, the name of what lies across it, and the points."""

    axis: str
    poles: tuple[tuple[str, str], tuple[str, str]]
    across: str
    points: tuple[Point, ...]

    name: ClassVar[str] = "space"
    rule: ClassVar[Keys] = keys(
        {"axis": TEXT, "low": POLE, "high": POLE, "across": TEXT, "points": ListOf(POINT, least=1, most=24)},
        ("axis", "low", "high", "points"),
    )

    @classmethod
    def read(cls, values: Mapping[str, Value], complain: Complain) -> Self:
        """Take over poles and points."""
        points = []
        for index, point in enumerate(values["points"]):
            trail = f"points[{index}]"
            check_numbers(point, ("x", "y"), trail, False, complain)
            for key in ("x", "y"):
                if not 0 <= point[key] <= 1:
                    complain(f"{trail}.{key}", "a place from 0 to 1", number(point[key]))
            side = choice(point, "side", SIDES, complain, f"{trail}.")
            points.append(
                Point(point["label"], point.get("text", ""), point["x"], point["y"], side, bool(point.get("lit")))
            )
        poles = [(values[end]["label"], values[end].get("text", "")) for end in ("low", "high")]
        return cls(values["axis"], (poles[0], poles[1]), values.get("across", ""), tuple(points))

    def describe(self, say: Say) -> str:
        """Say the axis and its poles, then every point from the first pole to the second."""
        (low, low_text), (high, high_text) = self.poles
        ends = " ".join(
            sentence(f"{say(side)}: {label}{f' ({text})' if text else ''}")
            for side, label, text in (("left", low, low_text), ("right", high, high_text))
        )
        placed = "; ".join(self._placed(point) for point in sorted(self.points, key=lambda point: point.x))
        across = f" {say('across')}: {sentence(self.across)}" if self.across else ""
        space = f"{sentence(say('space-diagram'))} {say('axis')}: {sentence(self.axis)}"
        return f"{space} {ends}{across} {say('left-to-right')}: {sentence(placed)}"

    def _placed(self, point: Point) -> str:
        text = f" ({point.text})" if point.text else ""
        return f"{point.label}{text}"

    def cells(self, say: Say) -> Cells:
        """Return the points from the first pole to the second, with their place along the axis."""
        header = (say("point"), f"{self.poles[0][0]} (0) \N{EN DASH} {self.poles[1][0]} (1)", say("remark"))
        points = sorted(self.points, key=lambda point: point.x)
        rows = tuple((point.label, number(point.x), point.text) for point in points)
        if not any(row[2] for row in rows):
            return header[:2], tuple(row[:2] for row in rows)
        return header, rows

    def series(self) -> tuple[Series, ...]:
        """Tell points with `lit` from the others by a large full dot."""
        return Series("the points with `lit`", "own", "large full dot"), Series("the others", INK, "open dot")

    def draw(self, say: Say) -> Tex:
        """Write the field, the axis through its middle, the poles below its ends, and the points."""
        from octavo.figures import tikz

        content: list[object] = [
            tikz.line("space axis", (0.5, HEIGHT_MM / 2), (WIDTH_MM - 0.5, HEIGHT_MM / 2)),
        ]
        if self.across:
            content.append(tikz.line("space across", (WIDTH_MM / 2, 0), (WIDTH_MM / 2, HEIGHT_MM)))
            content.append(tikz.node(self.across, "space across name", (WIDTH_MM / 2, HEIGHT_MM)))
        # The name of the axis hides the line that goes through it.
        content.append(tikz.node(self.axis, "space axis name", (WIDTH_MM / 2, HEIGHT_MM / 2)))
        for end, (label, text) in zip(("low", "high"), self.poles, strict=True):
            x = 0 if end == "low" else WIDTH_MM
            content.append(tikz.node(tikz.command("spacepole", label, text), f"space pole {end}", (x, 0)))
        for point in self.points:
            place = (round(point.x * WIDTH_MM, 2), round(point.y * HEIGHT_MM, 2))
            label = tikz.command("spacelabel", point.label, point.text if point.lit else "")
            content.append(tikz.node("", f"space {'lit' if point.lit else 'dark'} mark", place))
            away = ", beside lit" if point.lit else ""
            content.append(tikz.node(label, f"space label {point.side}{away}", place))
        return tikz.block(tikz.picture(content, "space picture"))
