"""Draw pairs of values, before and after, as two dots joined by a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar, Self

from octavo.figures.colour import INK
from octavo.figures.kinds.dots import SCALED, Axis, framed, reference_lines
from octavo.figures.kinds.kind import (
    BOUNDS,
    FLAG,
    NUMBER,
    SECOND_HAND,
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
    suffix,
)
from octavo.figures.kinds.scale import Scale, fit
from octavo.latex.escape import Tex
from octavo.schema import Keys, ListOf, Value

PAIR = Keys(
    {
        "label": TEXT, "detail": TEXT, "before": NUMBER, "after": NUMBER, "before-bound": TEXT, "after-bound": TEXT,
        "group": TEXT, "second-hand": FLAG,
    },
    frozenset({"label", "before", "after"}),
)  # fmt: skip
#: Two dots nearer than this share of the scale, or one nearer than that to its beginning, print one label for both.
NEAR, EDGE = 0.02, 0.09


@dataclass(frozen=True)
class Pair:
    """Hold one row: the value before and after, and what is printed for each."""

    label: str
    detail: str
    group: str
    before: float
    after: float
    shown_before: str
    shown_after: str


@dataclass(frozen=True)
class Dumbbell:
    """Hold the rows in the author's order, and the names of the two states."""

    axis: Axis
    before: str
    after: str
    rows: tuple[Pair, ...]

    name: ClassVar[str] = "dumbbell"
    rule: ClassVar[Keys] = keys(
        {**SCALED, "before": TEXT, "after": TEXT, "rows": ListOf(PAIR, least=2, most=16)},
        ("unit", "axis", "before", "after", "rows"),
    )

    @classmethod
    def read(cls, values: Mapping[str, Value], complain: Complain) -> Self:
        """Take over the pairs."""
        axis = Axis.read(values, complain)
        rows = [_read(row, f"rows[{index}]", axis, complain) for index, row in enumerate(values["rows"])]
        groups = [row.group for row in rows]
        ordered = sorted(rows, key=lambda row: groups.index(row.group))
        return cls(axis, values["before"], values["after"], tuple(ordered))

    def describe(self, say: Say) -> str:
        """Say both values of every row."""
        parts = [sentence(f"{say('pairs-of-dots')}: {self.axis.note(say)}")]
        for group, rows in groupby(self.rows, key=lambda row: row.group):
            said = "; ".join(self._said(row) for row in rows)
            parts.append(sentence(f"{group}: {said}" if group else said))
        return " ".join([*parts, *self.axis.lines(say)])

    def _said(self, row: Pair) -> str:
        return f"{_named(row)}, {self.before} {row.shown_before}, {self.after} {row.shown_after}"

    def cells(self, say: Say) -> Cells:
        """Return a row of the table for each pair."""
        grouped = any(row.group for row in self.rows)
        header = (self.axis.head(say), *([say("group")] if grouped else []), self.before, self.after)
        rows = tuple(
            (_named(row), *([row.group] if grouped else []), row.shown_before, row.shown_after) for row in self.rows
        )
        return header, rows

    def series(self) -> tuple[Series, ...]:
        """Tell the states apart by open and full dots."""
        return Series(self.before, INK, "open dot"), Series(self.after, "own", "full dot")

    def draw(self, say: Say) -> Tex:
        """Write an open dot for each state before and a full one for each after, an arrow between them."""
        from octavo.figures import tikz

        numbers = [number for row in self.rows for number in (row.before, row.after)]
        scale = fit([*numbers, *(value for value, _ in self.axis.references)], self.axis.log)
        content: list[object] = []
        place = -0.6
        for number_of_group, (group, rows) in enumerate(groupby(self.rows, key=lambda row: row.group)):
            if group:
                place -= 1.25 if number_of_group else 0.6
                content.append(tikz.node(group, "dots heading", (scale.low, place)))
            for index, row in enumerate(rows):
                first = number_of_group == 0 and index == 0
                place -= 1.4 if first and group else 1.0
                content += [*(self._states(row, place, scale) if first else []), *_row(row, place, scale)]
        content = [*reference_lines(self.axis.references, place), *content]
        labels = [_label(row) for row in self.rows]
        return framed(self.axis.note(say), scale, labels, content, place)

    def _states(self, row: Pair, y: float, scale: Scale) -> list[object]:
        """Name the two states above the dots of the first row."""
        from octavo.figures import tikz

        left, right = sorted([(row.before, self.before), (row.after, self.after)])
        low = (scale.low, y) if left[0] == right[0] else (left[0], y)
        return [
            tikz.node(left[1], "dots state left", low),
            tikz.node(right[1], "dots state right", (right[0], y)),
        ]


def _read(values: Mapping[str, Value], trail: str, axis: Axis, complain: Complain) -> Pair:
    check_numbers(values, ("before", "after"), trail, axis.log, complain)
    shown = []
    for state in ("before", "after"):
        bound = BOUNDS[choice(values, f"{state}-bound", tuple(BOUNDS), complain, f"{trail}.")]
        mark = f" {SECOND_HAND}" if values.get("second-hand") else ""
        shown.append(f"{bound}{number(values[state])}{suffix(axis.unit)}{mark}")
    return Pair(
        values["label"], values.get("detail", ""), values.get("group", ""), values["before"], values["after"], *shown
    )


def _row(row: Pair, y: float, scale: Scale) -> list[object]:
    from octavo.figures import tikz

    low, high = sorted((row.before, row.after))
    content: list[object] = [
        tikz.node(_label(row), "dots row", (scale.low, y)),
        tikz.plot("dots thread", [(scale.low, y), (low, y)]),
    ]
    if row.before != row.after:
        content.append(tikz.plot("dots change", [(row.before, y), (row.after, y)]))
    content.append(tikz.plot("dots mark open", [(row.before, y)]))
    content.append(tikz.plot("dots mark lit", [(row.after, y)]))
    if scale.share(low, high) < NEAR or scale.share(scale.low, low) < EDGE:
        same = row.shown_before == row.shown_after
        text = row.shown_after if same else f"{row.shown_before} → {row.shown_after}"
        return [*content, tikz.node(text, "dots value", (high, y))]
    shown = (row.shown_before, row.shown_after)
    left, right = shown if row.before < row.after else reversed(shown)
    content.append(tikz.node(left, "dots value before", (low, y)))
    return [*content, tikz.node(right, "dots value", (high, y))]


def _label(row: Pair) -> Tex:
    from octavo.figures import tikz

    return tikz.command("dotslabel", row.label, row.detail)


def _named(row: Pair) -> str:
    return f"{row.label}, {row.detail}" if row.detail else row.label
