"""Draw dated events along a true scale of time, their labels spread out beside it."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from octavo.figures.kinds.kind import TEXT, Cells, Complain, Say, Series, keys, sentence
from octavo.latex.escape import Tex
from octavo.manuscript.words import filled
from octavo.schema import Keys, ListOf, Scalar, Value

DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
EVENT = Keys({"date": TEXT, "event": TEXT, "layer": Scalar("integer")}, frozenset({"date", "event"}))
SPINE_MM = 11


@dataclass(frozen=True)
class Event:
    """Hold one event: its time in years, with the middle of a month or year that has no day, and its words.

    `month` and `day` are 0 where the date has none; `layer` is the layer of the stack that it belongs to, or 0.
    """

    time: float
    year: int
    month: int
    day: int
    event: str
    layer: int

    def date(self, say: Say) -> str:
        """Return the date as the language writes it in short."""
        if not self.month:
            return str(self.year)
        month = say("short-months").split()[self.month - 1]
        written = say("short-date" if self.day else "short-month")
        return filled(written, day=self.day, month=month, number=self.month, year=self.year)


@dataclass(frozen=True)
class Timeline:
    """Hold the events in order of time."""

    events: tuple[Event, ...]

    name: ClassVar[str] = "timeline"
    rule: ClassVar[Keys] = keys({"events": ListOf(EVENT, least=3, most=32)}, ("events",))

    @classmethod
    def read(cls, values: Mapping[str, Value], complain: Complain) -> Self:
        """Take over the events; a date is a day, a month or a year in the order of ISO 8601."""
        events = []
        for index, event in enumerate(values["events"]):
            try:
                time, year, month, day = _date(event["date"])
            except ValueError:
                complain(f"events[{index}].date", "a date such as 2026-02-23, 2026-02 or 2026", event["date"])
                continue
            events.append(Event(time, year, month, day, event["event"], event.get("layer", 0)))
        if len({event.time for event in events}) == 1:
            complain("events", "events at different times", f"one date only, {values['events'][0]['date']}")
        return cls(tuple(sorted(events, key=lambda event: event.time)))

    def describe(self, say: Say) -> str:
        """Say every event with its date."""
        said = " ".join(f"{event.date(say)}: {sentence(event.event)}" for event in self.events)
        ends = " \N{EN DASH} ".join(event.date(say) for event in (self.events[0], self.events[-1]))
        return f"{sentence(say('timeline') + ', ' + ends)} {said}"

    def cells(self, say: Say) -> Cells:
        """Return date, event and, where any event has one, its layer."""
        layers = any(event.layer for event in self.events)
        header = (say("day"), say("event"), *([say("layer")] if layers else []))
        rows = tuple(
            (event.date(say), event.event, *([str(event.layer or "")] if layers else [])) for event in self.events
        )
        return header, rows

    def series(self) -> tuple[Series, ...]:
        """Tell the layers apart by the numbers on their chips."""
        layers = sorted({event.layer for event in self.events if event.layer})
        return tuple(Series(f"layer {layer}", f"shade{layer}", f"number {layer}") for layer in layers)

    def draw(self, say: Say) -> Tex:
        """Write the scale from the first event to the last, with a mark, a thread and a label for each."""
        from octavo.figures import tikz

        first, last = self.events[0].time, self.events[-1].time
        shares = [(event.time - first) / (last - first) for event in self.events]
        labels = [_label(event, event.date(say)) for event in self.events]
        items = [tikz.command("spineitem", f"{share:.4f}", label) for share, label in zip(shares, labels, strict=True)]
        content: list[object] = [tikz.line("spine", (SPINE_MM, 0), (SPINE_MM, 1))]
        for year in range(int(first) + 1, int(last) + 1):
            content.append(tikz.node(str(year), "spine tick", (SPINE_MM, (year - first) / (last - first))))
        for index, (share, label) in enumerate(zip(shares, labels, strict=True), start=1):
            content.append(tikz.node("", "spine mark", (SPINE_MM, share), f"mark{index}"))
            content.append(tikz.node(label, f"spine label={index}", name=f"label{index}"))
            content.append(tikz.connect("spine thread", f"mark{index}.east", f"label{index}.north west"))
        return tikz.block(
            tikz.command("spinemeasure", "timeline", Tex("").join(items)), tikz.picture(content, "spine picture")
        )


def _label(event: Event, date: str) -> Tex:
    from octavo.figures import tikz

    chip = tikz.command("timelinechip", str(event.layer)) if event.layer else Tex("")
    return tikz.command("timelinelabel", date, chip, event.event)


def _date(text: str) -> tuple[float, int, int, int]:
    """Return the time in years, and year, month and day as written; raises `ValueError` if it is no date."""
    found = DATE.fullmatch(text)
    if not found:
        raise ValueError(text)
    year, month, day = (int(part) if part else 0 for part in found.groups())
    if not month:
        return year + 0.5, year, 0, 0
    first = datetime.date(year, month, day or 1)
    length = 366 if calendar.isleap(year) else 365
    time = year + (first.timetuple().tm_yday - 1 + (0 if day else 15)) / length
    return time, year, month, day
