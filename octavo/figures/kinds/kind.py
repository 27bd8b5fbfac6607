"""Say what every kind of data figure must offer, and read what several kinds share.

Part of the figures stage. A kind turns the checked values of a data file into a frozen record that can say itself
in words, in table cells and in TikZ. Only `draw` may import PyLaTeX, since a build that finds its drawings in the
cache needs the words alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Protocol, Self, TypeAlias

from octavo.latex.escape import Tex
from octavo.schema import Keys, ListOf, Rule, Scalar, Value

TEXT, NUMBER, FLAG = Scalar("phrase"), Scalar("number"), Scalar("flag")

#: What every data file may say, whatever its kind.
COMMON: Mapping[str, Rule] = {
    "kind": TEXT,
    "source": ListOf(TEXT, least=1, most=12),
    "shows": TEXT,
    "note": TEXT,
    "layer": Scalar("integer"),
}
REQUIRED = frozenset({"kind", "source", "shows"})

#: Marks a value that comes from a summary or a note; the note of its figure explains the sign.
SECOND_HAND = "†"

#: Report that the value of a key is not what it must be: the key's trail, what is expected, what is there.
Complain: TypeAlias = Callable[[str, str, object], None]

#: Give a word of the book's own, by its key, in the language of the report.
Say: TypeAlias = Callable[[str], str]

#: The header and the rows of a table.
Cells: TypeAlias = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]


@dataclass(frozen=True)
class Series:
    """Name what a drawing tells apart: its ink (`own`, `shade3`, or six digits), and the mark that it has besides."""

    name: str
    ink: str
    mark: str


class Content(Protocol):
    """Hold the checked data of one figure; one class a kind."""

    #: What an author writes after `kind`.
    name: ClassVar[str]
    #: What the data file may hold.
    rule: ClassVar[Keys]

    @classmethod
    def read(cls, values: Mapping[str, Value], complain: Complain) -> Self:
        """Take over values that fit the rule, and complain of those that make no sense together."""

    def describe(self, say: Say) -> str:
        """Return the data in sentences, for a reader who cannot see the drawing."""

    def cells(self, say: Say) -> Cells:
        """Return the data as a table: each row begins with the cell that heads it."""

    def series(self) -> tuple[Series, ...]:
        """Return what the drawing tells apart by color; whatever has a mark or a label of its own may have any."""

    def draw(self, say: Say) -> Tex:
        r"""Write the LaTeX of the drawing, at most 104 mm wide; colours are `own`, and `shade1` and so on by layer."""


def keys(own: Mapping[str, Rule], required: Iterable[str]) -> Keys:
    """Return the rule of a kind: the common keys and its own."""
    return Keys({**COMMON, **own}, REQUIRED | frozenset(required))


def choice(values: Mapping[str, Value], key: str, known: tuple[str, ...], complain: Complain, trail: str = "") -> str:
    """Return the word under a key, which is the first of `known` where the key is missing."""
    word = str(values.get(key, known[0]))
    if word not in known:
        complain(f"{trail}{key}", " or ".join(f"`{name}`" for name in known), word)
        return known[0]
    return word


def number(value: float) -> str:
    """Write a number as figures print it: no trailing zeros, thousands set apart by commas."""
    return f"{Decimal(repr(value)).normalize():,f}"


def sentence(text: str) -> str:
    """End a text with a full stop unless it ends a sentence already."""
    text = " ".join(text.split())
    return text if not text or text.endswith((*"।。.؟？?！!", ".”", "?”")) else f"{text}."


#: A row that carries one value.
ROW = Keys(
    {
        "label": TEXT, "detail": TEXT, "value": NUMBER, "low": NUMBER, "high": NUMBER, "shown": TEXT, "bound": TEXT,
        "second-hand": FLAG, "lit": FLAG,
    },
    frozenset({"label"}),
)  # fmt: skip
#: How a value may be bounded, and how that is printed.
BOUNDS = {"exact": "", "about": "≈ ", "under": "< ", "over": "> "}


@dataclass(frozen=True)
class Quantity:
    """Hold one row: a value, or the interval from `low` to `high`, or both; `group` heads it, if anything does.

    `shown` is what the figure prints for it; `lit` rows are the ones that the figure is about.
    """

    label: str
    detail: str
    value: float | None
    low: float | None
    high: float | None
    shown: str
    lit: bool
    group: str = ""

    @property
    def points(self) -> tuple[float, ...]:
        """Return every number that the scale must hold."""
        return tuple(number for number in (self.low, self.value, self.high) if number is not None)

    @property
    def rank(self) -> float:
        """Return the number that orders rows: the value, or the middle of the interval."""
        return self.value if self.value is not None else sum(self.points) / len(self.points)


def read_quantity(
    values: Mapping[str, Value], trail: str, unit: str, log: bool, complain: Complain, group: str = ""
) -> Quantity:
    """Read one row, and complain of a value that its scale or its interval cannot hold."""
    value, low, high = (values.get(key) for key in ("value", "low", "high"))
    bound = choice(values, "bound", tuple(BOUNDS), complain, f"{trail}.")
    if value is None and (low is None or high is None):
        complain(trail, "a row with a `value`, or with `low` and `high`", "without them")
        value = 1.0
    if (low is None) != (high is None):
        complain(trail, "a row with both ends of its interval", "without `low`" if low is None else "without `high`")
        low = high = None
    check_numbers(values, ("value", "low", "high"), trail, log, complain)
    if low is not None and high is not None and not low <= (low if value is None else value) <= high:
        middle = f", {number(value)}" if value is not None else ""
        complain(f"{trail}.low", "numbers in order: `low`, `value`, `high`", f"{number(low)}{middle}, {number(high)}")
    shown = values.get("shown") or _shown(value, low, high, BOUNDS[bound], unit)
    mark = f" {SECOND_HAND}" if values.get("second-hand") else ""
    label, detail = values["label"], values.get("detail", "")
    return Quantity(label, detail, value, low, high, shown + mark, bool(values.get("lit")), group)


def check_numbers(
    values: Mapping[str, Value], names: Iterable[str], trail: str, log: bool, complain: Complain
) -> None:
    """Complain of a number that is none, or that a logarithmic scale has no place for."""
    for key in names:
        value = values.get(key)
        if value is not None and not abs(value) < float("inf"):
            complain(f"{trail}.{key}", "a number", value)
        elif value is not None and log and value <= 0:
            complain(f"{trail}.{key}", "a number above zero, for the scale is logarithmic", number(value))


def interval(low: float, high: float) -> str:
    """Write the ends of an interval with the dash of a range between them."""
    return f"{number(low)}\N{EN DASH}{number(high)}"


def suffix(unit: str) -> str:
    """Return what follows a number directly: the percent sign, where the unit begins with one."""
    return "%" if unit.startswith("%") else ""


def _shown(value: float | None, low: float | None, high: float | None, bound: str, unit: str) -> str:
    if value is not None:
        return f"{bound}{number(value)}{suffix(unit)}"
    assert low is not None and high is not None
    return interval(low, high) + suffix(unit)
