"""Check a YAML file against rules, and name the key and the line of whatever does not fit.

The YAML is walked as nodes, which know their lines; a general schema validator sees only the values.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from octavo.diagnostics import Ledger, Span
from octavo.nearest import nearest

#: A value as YAML gives it, already checked against its rule.
Value: TypeAlias = Any

_LENGTH = re.compile(r"\d+(\.\d+)?(mm|cm|in|pt|bp)")
_COLOR = re.compile(r"[0-9A-Fa-f]{6}")


@dataclass(frozen=True)
class Scalar:
    """Accept one plain value: text, number, flag, date, length or color."""

    kind: str = "text"


@dataclass(frozen=True)
class ListOf:
    """Accept a list whose items fit a rule; a single item may stand without the list."""

    item: Rule
    least: int = 0
    most: int = 10_000


@dataclass(frozen=True)
class MapOf:
    """Accept a mapping with keys of the author's choice."""

    value: Rule


@dataclass(frozen=True)
class Keys:
    """Accept a mapping with these keys and no others."""

    rules: Mapping[str, Rule]
    required: frozenset[str] = frozenset()


Rule: TypeAlias = Scalar | ListOf | MapOf | Keys


@dataclass
class Checker:
    """Check one file and keep the place of every key for later complaints."""

    file: str
    ledger: Ledger
    places: dict[str, Span] = field(default_factory=dict)

    def load(self, text: str, rule: Rule) -> Value:
        """Return the checked values, or None when the text is no YAML; every problem is reported."""
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            span = Span(self.file, mark.line + 1, mark.column + 1) if mark else Span(self.file)
            self.ledger.report("OCT101", span, problem=error.problem or "it cannot be read")
            return None
        if node is None:
            self.ledger.report("OCT101", Span(self.file), problem="the file is empty")
            return None
        return self._check(node, rule, "")

    def _span(self, node: yaml.Node) -> Span:
        return Span(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _check(self, node: yaml.Node, rule: Rule, trail: str) -> Value:
        self.places[trail] = self._span(node)
        match rule:
            case Scalar():
                return self._scalar(node, rule, trail)
            case ListOf():
                items = node.value if isinstance(node, yaml.SequenceNode) else [node]
                if not rule.least <= len(items) <= rule.most:
                    expected = f"{rule.least} to {rule.most} items"
                    self.ledger.report("OCT103", self._span(node), key=trail, expected=expected, found=len(items))
                return [self._check(item, rule.item, f"{trail}[{i}]") for i, item in enumerate(items)]
            case MapOf() | Keys():
                return self._mapping(node, rule, trail)

    def _mapping(self, node: yaml.Node, rule: MapOf | Keys, trail: str) -> dict[str, Value] | None:
        if not isinstance(node, yaml.MappingNode):
            self.ledger.report("OCT103", self._span(node), key=trail, expected="a mapping", found=_shown(node))
            return None
        values: dict[str, Value] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            place = f"{trail}.{key}".lstrip(".")
            inner = rule.value if isinstance(rule, MapOf) else rule.rules.get(key)
            if inner is None:
                assert isinstance(rule, Keys)
                self.ledger.report("OCT102", self._span(key_node), key=place, nearest=nearest(key, rule.rules))
                continue
            if key in values:
                self.ledger.report("OCT105", self._span(key_node), key=place)
            values[key] = self._check(value_node, inner, place)
        if isinstance(rule, Keys):
            for key in sorted(rule.required - values.keys()):
                self.ledger.report("OCT104", self._span(node), key=f"{trail}.{key}".lstrip("."))
        return values

    def _scalar(self, node: yaml.Node, rule: Scalar, trail: str) -> Value:
        if not isinstance(node, yaml.ScalarNode):
            self.ledger.report("OCT103", self._span(node), key=trail, expected=_NAMES[rule.kind], found=_shown(node))
            return None
        text = str(node.value)
        try:
            return _READERS[rule.kind](text)
        except (ValueError, KeyError):
            self.ledger.report("OCT103", self._span(node), key=trail, expected=_NAMES[rule.kind], found=text)
            return None


def _shown(node: yaml.Node) -> str:
    return {"MappingNode": "a mapping", "SequenceNode": "a list"}.get(type(node).__name__, str(node.value))


def _matching(pattern: re.Pattern[str]) -> Any:
    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(text)
        return text

    return read


_NAMES = {
    "text": "text",
    "number": "a number",
    "integer": "a whole number",
    "flag": "true or false",
    "date": "a date such as 2026-11-24",
    "length": "a length such as 105mm",
    "color": "a color of six hexadecimal digits, such as 1F4E79",
}
_READERS: dict[str, Any] = {
    "text": str,
    "number": float,
    "integer": int,
    "flag": {"true": True, "false": False}.__getitem__,
    "date": datetime.date.fromisoformat,
    "length": _matching(_LENGTH),
    "color": _matching(_COLOR),
}
