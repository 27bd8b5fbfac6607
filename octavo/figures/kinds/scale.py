"""Lay out a horizontal scale, linear or logarithmic: where it begins and ends and which numbers it prints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from octavo.figures.kinds.kind import number

#: A linear scale has about this many intervals, a logarithmic one at most this many decades with a tick.
INTERVALS, MOST_DECADES = 4, 6


@dataclass(frozen=True)
class Scale:
    """Hold the ends of a scale and its ticks, in the unit of the data."""

    log: bool
    low: float
    high: float
    ticks: tuple[float, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Return what stands under each tick."""
        return tuple(number(tick) for tick in self.ticks)

    def share(self, first: float, second: float) -> float:
        """Return how far apart two numbers stand, as a share of the whole scale."""
        low, high = math.log10(self.low) if self.log else self.low, math.log10(self.high) if self.log else self.high
        ends = (math.log10(first), math.log10(second)) if self.log else (first, second)
        return abs(ends[1] - ends[0]) / (high - low)


def fit(points: Sequence[float], log: bool) -> Scale:
    """Return the scale that holds all points: from zero, where it is linear, and between tidy numbers."""
    return _logarithmic(points) if log else _linear(points)


def _logarithmic(points: Sequence[float]) -> Scale:
    """Begin and end at 1, 2 or 5 times a power of ten; ticks at the powers, and between where there are few."""
    low = _tidy(min(points), up=False)
    high = max(_tidy(max(points), up=True), low * 10)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1,) if last - first > 2 else (1, 2, 5)
    stride = math.ceil((last - first) / MOST_DECADES)
    ticks = [_power(step, exponent) for exponent in range(first, last + 1, stride) for step in steps]
    return Scale(True, low, high, tuple(tick for tick in ticks if low <= tick <= high))


def _linear(points: Sequence[float]) -> Scale:
    low, high = min(0.0, *points), max(0.0, *points)
    if low == high:
        high = 1.0
    raw = (high - low) / INTERVALS
    exponent = math.floor(math.log10(raw))
    step = next(s for s in (_power(1, exponent), _power(2, exponent), _power(5, exponent), _power(1, exponent + 1))
                if s >= raw * 0.999)  # fmt: skip
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(index * step, 10) for index in range(first, last + 1))
    return Scale(False, ticks[0], ticks[-1], ticks)


def _tidy(value: float, up: bool) -> float:
    """Return 1, 2 or 5 times a power of ten, at or beyond the value in one direction."""
    exponent = math.floor(math.log10(value))
    steps = [_power(step, exponent) for step in (1, 2, 5, 10)]
    if up:
        return min(step for step in steps if step >= value * 0.9999999)
    return max(step for step in steps if step <= value * 1.0000001)


def _power(step: int, exponent: int) -> float:
    return float(f"{step}e{exponent}")
