"""Draw values as dots on a common scale: ranked by value, or grouped by category (Cleveland's dot plot)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar, Self

from octavo.figures.colour import INK, NOTE
from octavo.figures.kinds.kind import (
    NUMBER,
    ROW,
    TEXT,
    Cells,
    Complain,
    Quantity,
    Say,
    Series,
    check_numbers,
    choice,
    interval,
    keys,
    number,
    read_quantity,
    sentence,
)
from octavo.figures.kinds.scale import Scale, fit
from octavo.latex.escape import Tex
from octavo.schema import Keys, ListOf, Rule, Value

REFERENCES = ListOf(Keys({"value": NUMBER, "label": TEXT}, frozenset({"value", "label"})), most=3)
SCALED: Mapping[str, Rule] = {"unit": TEXT, "axis": TEXT, "rows-are": TEXT, "scale": TEXT, "references": REFERENCES}
SCALES = ("linear", "log")


@dataclass(frozen=True)
class Axis:
    """Hold what a scale says of itself: its name and unit, whether it is logarithmic, and its reference lines."""

    title: str
    unit: str
    rows_are: str
    log: bool
    references: tuple[tuple[float, str], ...]

    @property
    def words(self) -> str:
        """Return name and unit as they stand under the scale and at the head of a table."""
        return f"{self.title}, {self.unit}"

    def note(self, say: Say) -> str:
        """Return what stands under the scale."""
        return f"{self.words} ({say('logarithmic-scale')})" if self.log else self.words

    def head(self, say: Say) -> str:
        """Return what heads the rows in a table."""
        return self.rows_are or say("row")

    def lines(self, say: Say) -> list[str]:
        """Say every reference line."""
        return [f"{say('reference-line')}, {number(value)}: {sentence(label)}" for value, label in self.references]

    @classmethod
    def read(cls, values: Mapping[str, Value], complain: Complain) -> Self:
        """Take over the keys of a scale."""
        log = choice(values, "scale", SCALES, complain) == "log"
        references = values.get("references", [])
        for index, line in enumerate(references):
            check_numbers(line, ("value",), f"references[{index}]", log, complain)
        lines = tuple((line["value"], line["label"]) for line in references)
        return cls(values["axis"], values["unit"], values.get("rows-are", ""), log, lines)


@dataclass(frozen=True)
class Dots:
    """Hold the rows of a dot plot in the order in which they are drawn, from the top."""

    axis: Axis
    rows: tuple[Quantity, ...]
    grouped: ClassVar[bool]

    def describe(self, say: Say) -> str:
        """Say the scale, then each row with its value."""
        parts = [sentence(f"{say('dot-plot')}: {self.axis.note(say)}")]
        for group, rows in groupby(self.rows, key=lambda row: row.group):
            said = "; ".join(f"{_named(row)}, {row.shown}" for row in rows)
            parts.append(sentence(f"{group}: {said}" if group else said))
        return " ".join([*parts, *self.axis.lines(say)])

    def cells(self, say: Say) -> Cells:
        """Return a row of the table for each row of the plot; an interval stands in a column of its own."""
        ranged = any(row.low is not None and row.value is not None for row in self.rows)
        # Where values are told as “1 in 300”, the unit belongs to the intervals alone.
        told = any(re.search(r"\d in \d", row.shown) for row in self.rows)
        groups = [say("group")] if self.grouped else []
        header = [self.axis.head(say), *groups, self.axis.title if told else self.axis.words]
        rows = []
        for row in self.rows:
            cells = [_named(row), *([row.group] if self.grouped else []), row.shown]
            rows.append((*cells, *([_interval(row)] if ranged else [])))
        if ranged:
            header.append(f"{say('interval')}, {self.axis.unit}" if told else say("interval"))
        return tuple(header), tuple(rows)

    def series(self) -> tuple[Series, ...]:
        """Tell the rows that the figure is about from the others: by full and open dots, bars by color alone."""
        if all(row.lit == self.rows[0].lit for row in self.rows):
            return (Series("all rows", "own", "dot"),)
        looks = {(row.lit, row.value is not None) for row in self.rows}
        kinds = {
            (True, True): Series("the rows with `lit`", "own", "full dot"),
            (False, True): Series("the other rows", INK, "open dot"),
            (True, False): Series("the bars with `lit`", "own", "bar"),
            (False, False): Series("the other bars", NOTE, "bar"),
        }
        return tuple(kinds[look] for look in sorted(looks, reverse=True))

    def draw(self, say: Say) -> Tex:
        """Write the rows as an axis, one unit of height each; a heading takes a unit too."""
        from octavo.figures import tikz

        heights, headings, last = _places(self.rows)
        points = [point for row in self.rows for point in row.points]
        scale = fit([*points, *(value for value, _ in self.axis.references)], self.axis.log)
        content: list[object] = reference_lines(self.axis.references, last)
        plain = not any(row.lit for row in self.rows)
        for row, y in zip(self.rows, heights, strict=True):
            content += _row(row, y, scale, row.lit or plain)
        content += [tikz.node(text, "dots heading", (scale.low, y)) for text, y in headings]
        return framed(self.axis.note(say), scale, [row_label(row) for row in self.rows], content, last)


@dataclass(frozen=True)
class RankedDots(Dots):
    """Rank one value a row from the highest down, each with an interval if it has one."""

    name: ClassVar[str] = "ranked-dots"
    rule: ClassVar[Keys] = keys({**SCALED, "rows": ListOf(ROW, least=2, most=20)}, ("unit", "axis", "rows"))
    grouped: ClassVar[bool] = False

    @classmethod
    def read(cls, values: Mapping[str, Value], complain: Complain) -> Self:
        """Take over the rows and put them in order."""
        axis = Axis.read(values, complain)
        rows = [
            read_quantity(row, f"rows[{index}]", axis.unit, axis.log, complain)
            for index, row in enumerate(values["rows"])
        ]
        return cls(axis, tuple(sorted(rows, key=lambda row: -row.rank)))


GROUP = Keys({"label": TEXT, "rows": ListOf(ROW, least=1, most=12)}, frozenset({"label", "rows"}))


@dataclass(frozen=True)
class GroupedDots(Dots):
    """Show rows by category, in the author's order."""

    name: ClassVar[str] = "grouped-dots"
    rule: ClassVar[Keys] = keys({**SCALED, "groups": ListOf(GROUP, least=2, most=6)}, ("unit", "axis", "groups"))
    grouped: ClassVar[bool] = True

    @classmethod
    def read(cls, values: Mapping[str, Value], complain: Complain) -> Self:
        """Take over the groups."""
        axis = Axis.read(values, complain)
        rows = [
            read_quantity(row, f"groups[{place}].rows[{index}]", axis.unit, axis.log, complain, group["label"])
            for place, group in enumerate(values["groups"])
            for index, row in enumerate(group["rows"])
        ]
        return cls(axis, tuple(rows))


def framed(note: str, scale: Scale, labels: Sequence[Tex], content: Sequence[object], last: float) -> Tex:
    """Put plots and nodes between the labels at the left and the scale with its note; `last` is the lowest place."""
    from octavo.figures import tikz

    plot = tikz.axis(
        content,
        "dots axis",
        xmode="log" if scale.log else "normal",
        xmin=scale.low,
        xmax=scale.high,
        ymin=round(last - 0.7, 2),
        ymax=-0.4,
        xtick="{" + ",".join(repr(tick) for tick in scale.ticks) + "}",
        xticklabels=tikz.braced(scale.labels),
        xlabel=tikz.braced([note]),
    )
    return tikz.block(tikz.command("dotsmeasure", Tex("").join(labels)), plot)


def row_label(row: Quantity) -> Tex:
    """Write what stands at the left of a row, and is measured before anything is drawn."""
    from octavo.figures import tikz

    return tikz.command("dotslabel", row.label, row.detail)


def reference_lines(references: Sequence[tuple[float, str]], last: float) -> list[object]:
    """Draw each reference line from the scale to its label above the rows."""
    from octavo.figures import tikz

    content: list[object] = []
    for value, label in references:
        content.append(tikz.line("dots reference", (value, last - 0.7), (value, -0.4)))
        content.append(tikz.node(label, "dots reference label", (value, -0.4)))
    return content


def _places(rows: Sequence[Quantity]) -> tuple[list[float], list[tuple[str, float]], float]:
    """Return the place of each row, the headings with theirs, and the lowest place; they count down from -1."""
    place = 0.0
    heights: list[float] = []
    headings: list[tuple[str, float]] = []
    for group, members in groupby(rows, key=lambda row: row.group):
        if group:
            place -= 1.0 if not headings else 1.25
            headings.append((group, place))
        for _ in members:
            place -= 1.0
            heights.append(place)
    return heights, headings, place


def _row(row: Quantity, y: float, scale: Scale, lit: bool) -> list[object]:
    from octavo.figures import tikz

    style = "lit" if lit else "dark"
    end = row.points[-1]
    content: list[object] = [
        tikz.node(row_label(row), "dots row", (scale.low, y)),
        tikz.plot("dots thread", [(scale.low, y), (row.points[0], y)]),
    ]
    if row.low is not None and row.high is not None:
        content.append(tikz.plot(f"dots interval {style}", [(row.low, y), (row.high, y)]))
    if row.value is not None:
        content.append(tikz.plot(f"dots mark {style}", [(row.value, y)]))
    return [*content, tikz.node(row.shown, "dots value", (end, y))]


def _named(row: Quantity) -> str:
    return f"{row.label}, {row.detail}" if row.detail else row.label


def _interval(row: Quantity) -> str:
    return interval(row.low, row.high) if row.low is not None and row.high is not None else ""
