"""Read the data files of a report's figures, and say them in words and as tables.

Part of the figures stage: YAML in, frozen `FigureData` out. Each file names its kind, and a kind brings the rule
that the file must fit. Drawing is elsewhere (`octavo.figures.drawings`), since most builds have it in the cache.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from octavo.diagnostics import Ledger, Span
from octavo.figures.kinds import KINDS
from octavo.figures.kinds.kind import SECOND_HAND, Complain, Content, Say, sentence
from octavo.figures.stack import MOST_LAYERS
from octavo.inside import leads_out
from octavo.manuscript.words import Words
from octavo.nearest import nearest
from octavo.schema import Checker, Keys, Scalar, Value, nested_too_deeply

#: Where a report keeps its data files, and how they are called: `figures/prevalence.yaml`.
FOLDER = "figures"
#: The codes of the schema, which speak of `report.yaml`, and those for data files.
CODES = {"OCT101": "OCT310", "OCT102": "OCT311", "OCT103": "OCT312", "OCT104": "OCT313", "OCT105": "OCT314"}
SOURCE = re.compile(r"(?P<key>[\w][\w:.+/-]*)(?:,\s+(?P<place>\S.*))?")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Source:
    """Name where the data come from: a bibliography key, a place in that source, and the line that says so."""

    key: str
    place: str
    span: Span

    def __str__(self) -> str:
        """Write the source as the data file does."""
        return f"{self.key}, {self.place}" if self.place else self.key


@dataclass(frozen=True)
class FigureData:
    """Hold one checked data file.

    `key` is its path in the report, `layer` the layer of the stack whose colour it takes (0 for none), and `text`
    the file itself, by which a drawing is found in the cache.
    """

    key: str
    kind: str
    content: Content
    shows: str
    note: str
    unit: str
    layer: int
    sources: tuple[Source, ...]
    text: str


@dataclass(frozen=True)
class DataTable:
    """Hold the data of a figure as a table: the first cell of each row heads it."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    unit: str
    note: str
    sources: tuple[Source, ...]
    summary: str = ""


def load_all(folder: Path, ledger: Ledger, layers: int = MOST_LAYERS) -> dict[str, FigureData]:
    """Read every `figures/*.yaml` of the report in `folder`, by its path there.

    A file with a problem is reported, with line and column, and left out. `layers` is how many layers the report's
    stack has, for a file may ask for the colour of one.
    """
    found = {}
    for path in sorted((folder / FOLDER).glob("*.yaml")):
        key = f"{FOLDER}/{path.name}"
        if leads_out(Path(key), folder):
            ledger.report("OCT119", Span(key), path=key)
            continue
        try:
            data = load(key, path.read_text(encoding="utf-8"), ledger, layers)
        except (OSError, UnicodeDecodeError) as error:
            ledger.report("OCT310", Span(key), problem=error)
            continue
        if data is not None:
            found[key] = data
    return found


def load(key: str, text: str, ledger: Ledger, layers: int = MOST_LAYERS) -> FigureData | None:
    """Read one data file, or report what is wrong with it and return None."""
    wording = _Wording(ledger)
    checker = _Checker(key, wording)
    node = checker.compose(text)
    kind = _kind(node, key, wording) if node is not None else None
    if node is None or kind is None:
        return None
    values = checker.check(node, kind.rule)
    if wording.count or values is None:
        return None

    def complain(trail: str, expected: str, found: object) -> None:
        wording.report("OCT103", checker.place(trail), key=trail, expected=expected, found=found)

    sources = tuple(_sources(values["source"], checker, complain))
    layer = values.get("layer", 0)
    if not 0 <= layer <= layers:
        complain("layer", f"a layer of this report, 1 to {layers}", layer)
    content = kind.read(values, complain)
    note = " ".join(values.get("note", "").split())
    if not wording.count:
        _check_signs(content, note, checker, wording)
    if wording.count:
        return None
    return FigureData(key, kind.name, content, values["shows"], note, values.get("unit", ""), layer, sources, text)


def alternative_text(data: FigureData, say: Say) -> str:
    """Say what a sighted reader takes from a figure, then the data, then the note."""
    return " ".join(filter(None, (sentence(data.shows), data.content.describe(say), sentence(data.note))))


def table(data: FigureData, say: Say) -> DataTable:
    """Return the data of a figure as a table, for readers who want the numbers or cannot see the drawing."""
    header, rows = data.content.cells(say)
    return DataTable(header, rows, data.unit, data.note, data.sources, sentence(data.shows))


def check_sources(data: Iterable[FigureData], known: Iterable[str], ledger: Ledger) -> None:
    """Report every source whose key the bibliography does not have."""
    keys = frozenset(known)
    for figure in data:
        for source in figure.sources:
            if source.key not in keys:
                ledger.report("OCT317", source.span, key=source.key, nearest=nearest(source.key, keys))


class _Wording(Ledger):
    """Pass the complaints of the schema on in the words for data files, and count them."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger
        self.count = 0

    def report(self, code: str, span: Span | None = None, **facts: object) -> None:
        self.count += 1
        code = CODES.get(code, code)
        if code == "OCT312" and str(facts["expected"]).startswith("a list of "):
            code = "OCT316"
        self._ledger.report(code, span, **facts)


class _Checker(Checker):
    """Check one data file; its rule is known only when its kind has been read."""

    def compose(self, text: str) -> yaml.Node | None:
        """Return the YAML as nodes, or report why there are none.

        The reader in C is ten times as fast; what it refuses is read again by the schema, which knows how to say why.
        """
        node: yaml.Node | None = None
        if not nested_too_deeply(text):
            with contextlib.suppress(yaml.YAMLError):
                node = yaml.compose(text, Loader=_LOADER)
        if node is None and self.load(text, Scalar()) is not None:
            self.ledger.report("OCT101", Span(self.file), problem="it is no YAML")
        return node

    def check(self, node: yaml.Node, rule: Keys) -> Mapping[str, Value] | None:
        """Return the values that fit the rule; everything else is reported."""
        values: Mapping[str, Value] | None = self._check(node, rule, "")
        return values

    def place(self, trail: str) -> Span:
        """Return where a key stands, or the nearest key above it, or the file."""
        while trail and trail not in self.places:
            trail = re.sub(r"(^|\.)[^.\[]*$|\[\d+\]$", "", trail)
        return self.places.get(trail, Span(self.file))


def _kind(node: yaml.Node, file: str, ledger: Ledger) -> type[Content] | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    name = next((value for key, value in pairs if key.value == "kind"), None)
    if name is None:
        ledger.report("OCT104", Span(file, node.start_mark.line + 1, node.start_mark.column + 1), key="kind")
        return None
    kind = KINDS.get(str(name.value))
    if kind is None:
        span = Span(file, name.start_mark.line + 1, name.start_mark.column + 1)
        known = ", ".join(sorted(KINDS))
        ledger.report("OCT315", span, kind=str(name.value), known=known, nearest=nearest(str(name.value), KINDS))
    return kind


def _sources(texts: list[str], checker: _Checker, complain: Complain) -> Iterable[Source]:
    for index, text in enumerate(texts):
        trail = f"source[{index}]"
        found = SOURCE.fullmatch(text)
        if found:
            yield Source(found["key"], found["place"] or "", checker.place(trail))
        else:
            complain(trail, "a bibliography key and a place, such as `sharma2026whos, Table 4`", text)


def _check_signs(content: Content, note: str, checker: _Checker, ledger: Ledger) -> None:
    """Report a sign in the data that no note explains."""
    marked = any(SECOND_HAND in cell for row in content.cells(Words("en", {}))[1] for cell in row)
    if marked and SECOND_HAND not in note:
        ledger.report("OCT318", checker.place("note"), sign=SECOND_HAND)
