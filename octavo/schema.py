"""Check a YAML file against rules, and name the key and the line of whatever does not fit.

The YAML is walked as nodes, which know their lines; a general schema validator sees only the values. Every value is
checked even where another is wrong, so that an author sees all mistakes at once.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from octavo.diagnostics import Ledger, Span
from octavo.nearest import nearest

#: A value as YAML gives it, already checked against its rule.
Value: TypeAlias = Any

#: The longest excerpt of a wrong value that a message shows.
_LONGEST_SHOWN = 40
#: Control characters and halves of surrogate pairs, which an escape such as `"\\0"` can bring into YAML.
#: Brackets in brackets; a report needs four.
DEEPEST = 100
_BRACKET = re.compile(r"[\[\]{}]")
ISBN_DIGITS = 13
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
#: How YAML writes a value that is not there.
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class Scalar:
    """Accept one plain value of a kind that `KINDS` names."""

    kind: str = "text"


@dataclass(frozen=True)
class ListOf:
    """Accept a list whose items fit a rule; a single item may stand without the list."""

    item: Rule
    least: int = 0
    most: int = 10_000


@dataclass(frozen=True)
class MapOf:
    """Accept a mapping with keys of the author's choice, each of one kind."""

    value: Rule
    key: str = "text"


@dataclass(frozen=True)
class Keys:
    """Accept a mapping with these keys and no others."""

    rules: Mapping[str, Rule]
    required: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Either:
    """Accept one plain value, or else a mapping."""

    plain: Scalar
    mapping: Keys


Rule: TypeAlias = Scalar | ListOf | MapOf | Keys | Either


@dataclass
class Checker:
    """Check one file and keep the place of every key for later complaints."""

    file: str
    ledger: Ledger
    places: dict[str, Span] = field(default_factory=dict)

    def load(self, text: str, rule: Rule) -> Value:
        """Return the checked values, or None when the text is no YAML; every problem is reported.

        A wrong value is left out of its mapping, and is None in its list.
        """
        if nested_too_deeply(text):
            self.ledger.report("OCT101", Span(self.file), problem="its brackets are nested too deeply")
            return None
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            span = Span(self.file, mark.line + 1, mark.column + 1) if mark else Span(self.file)
            self.ledger.report("OCT101", span, problem=error.problem or error.context or "it is no YAML")
            return None
        except yaml.reader.ReaderError as error:
            before = text[: error.position]
            span = Span(self.file, before.count("\n") + 1, error.position - before.rfind("\n"))
            self.ledger.report("OCT101", span, problem=f"it may not hold the character U+{error.character:04X}")
            return None
        if node is None:
            self.ledger.report("OCT101", Span(self.file), problem="the file is empty")
            return None
        return self._check(node, rule, "")

    def _span(self, node: yaml.Node) -> Span:
        """Return the place of a node; what has keys or items of its own has an end only in brackets."""
        begin, end = (Span(self.file, mark.line + 1, mark.column + 1) for mark in (node.start_mark, node.end_mark))
        return begin.until(end) if isinstance(node, yaml.ScalarNode) or getattr(node, "flow_style", False) else begin

    def _refuse(self, node: yaml.Node, trail: str, expected: str, found: str = "") -> None:
        key = trail or "report"
        self.ledger.report("OCT103", self._span(node), key=key, expected=expected, found=found or _shown(node))

    def _check(self, node: yaml.Node, rule: Rule, trail: str) -> Value:
        self.places[trail] = self._span(node)
        match rule:
            case Scalar():
                return self._scalar(node, rule.kind, trail)
            case ListOf():
                return self._list(node, rule, trail)
            case MapOf() | Keys():
                return self._mapping(node, rule, trail)
            case Either():
                return self._check(node, rule.mapping if isinstance(node, yaml.MappingNode) else rule.plain, trail)

    def _list(self, node: yaml.Node, rule: ListOf, trail: str) -> list[Value]:
        items = node.value if isinstance(node, yaml.SequenceNode) else [] if node.tag == _NULL else [node]
        if not rule.least <= len(items) <= rule.most:
            amount = f"at least {rule.least}" if rule.most >= ListOf.most else f"{rule.least} to {rule.most}"
            expected = f"a list of {amount} item{'s' * (amount != 'at least 1')}"
            self._refuse(node, trail, expected, f"a list of {len(items)}")
        return [self._check(item, rule.item, f"{trail}[{number}]") for number, item in enumerate(items)]

    def _mapping(self, node: yaml.Node, rule: MapOf | Keys, trail: str) -> dict[str, Value] | None:
        if not isinstance(node, yaml.MappingNode) and node.tag != _NULL:
            self._refuse(node, trail, "a mapping")
            return None
        values: dict[str, Value] = {}
        seen: set[str] = set()
        for key_node, value_node in node.value if isinstance(node, yaml.MappingNode) else ():
            key = _shown(key_node)
            place = f"{trail}.{key}".lstrip(".")
            inner = self._inner(key_node, key, rule, place)
            if inner is None:
                continue
            if key in seen:
                self.ledger.report("OCT105", self._span(key_node), key=place)
            seen.add(key)
            value = self._check(value_node, inner, place)
            if value is not None:
                values[key] = value
        if isinstance(rule, Keys):
            for key in sorted(rule.required - seen):
                self.ledger.report("OCT104", self._span(node), key=f"{trail}.{key}".lstrip("."))
        return values

    def _inner(self, node: yaml.Node, key: str, rule: MapOf | Keys, place: str) -> Rule | None:
        """Return the rule of one key's value, or report the key."""
        if isinstance(rule, MapOf):
            return rule.value if self._scalar(node, rule.key, place) is not None else None
        if key not in rule.rules:
            self.ledger.report("OCT102", self._span(node), key=place, nearest=nearest(key, rule.rules))
        return rule.rules.get(key)

    def _scalar(self, node: yaml.Node, kind: str, trail: str) -> Value:
        expected, read = KINDS[kind]
        try:
            if isinstance(node, yaml.ScalarNode) and not _UNPRINTABLE.search(node.value):
                return read(str(node.value))
        except (ValueError, KeyError, OverflowError):
            pass
        self._refuse(node, trail, expected)
        return None


def nested_too_deeply(text: str) -> bool:
    """Tell whether brackets open in brackets more often than a person would write; the YAML reader would crash."""
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth = max(depth + (1 if bracket in "[{" else -1), 0)
        if depth > DEEPEST:
            return True
    return False


def _shown(node: yaml.Node) -> str:
    """Say what stands at a node, in a few words."""
    if not isinstance(node, yaml.ScalarNode):
        return "a mapping" if isinstance(node, yaml.MappingNode) else "a list"
    text = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", " ".join(str(node.value).split()))
    return text if 0 < len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…" if text else "empty"


def _matching(pattern: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def read(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(text)
        return text

    return read


def _count(text: str) -> int:
    """Read a number of things, of which there is at least one."""
    if not re.fullmatch(r"[1-9]\d{0,5}", text):
        raise ValueError(text)
    return int(text)


def _length(text: str) -> str:
    """Read a length that TeX knows, and that is more than nothing."""
    if float(_matching(r"\d{1,4}(\.\d{1,4})?(mm|cm|in|pt|bp)")(text)[:-2]) == 0:
        raise ValueError(text)
    return text


def _factor(text: str) -> float:
    """Read a number to multiply a size with."""
    if float(_matching(r"\d{0,2}(\.\d{1,4})?")(text)) == 0:
        raise ValueError(text)
    return float(text)


def _balanced(text: str) -> str:
    """Read TeX whose braces pair, so that it ends where it should."""
    depth = 0
    for token in re.findall(r"\\.|[{}]", text, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth < 0:
            break
    if depth or "%" in re.sub(r"\\.", "", text):
        raise ValueError(text)
    return text


def _weight(text: str) -> float:
    """Read the weight of a paper in grams per square meter."""
    weight = float(_matching(r"\d{1,3}(\.\d{1,2})? ?(gsm|g/m2|g/m²)")(text).partition("g")[0])
    if weight == 0:
        raise ValueError(text)
    return weight


def _caliper(text: str) -> float:
    """Read the thickness of a sheet in millimeters; no book has one of a millimeter or more."""
    return _factor(_matching(r"0?\.\d{1,4} ?mm")(text).removesuffix("mm").strip())


def _isbn(text: str) -> str:
    """Read an ISBN whose last digit checks the others: weighted 1, 3, 1, … they make a multiple of 10 (ISO 2108)."""
    digits = [int(digit) for digit in _matching(r"97[89][\d -]*")(text) if digit.isdigit()]
    if len(digits) != ISBN_DIGITS or (sum(digits) + 2 * sum(digits[1::2])) % 10:
        raise ValueError(text)
    return text


def _path(text: str) -> str:
    """Read a path that stays in the folder of the report."""
    if text.startswith("/") or ".." in text.split("/"):
        raise ValueError(text)
    return _matching(r"[^\x00-\x1f\x7f\\]+")(text)


#: Where Creative Commons itself shows its licenses; SPDX has a page for all others.
_CREATIVE_COMMONS = re.compile(r"CC-(BY(?:-NC)?(?:-ND|-SA)?)-(\d\.\d)")


def _license(text: str) -> str:
    """Read an address, or the SPDX identifier of a license, and return the address of the license."""
    if text.startswith(("https://", "http://")):
        return _matching(r"https?://[^\s<>\"{}|\\^`]+\.[^\s<>\"{}|\\^`]+")(text)
    from packaging.licenses import canonicalize_license_expression

    name = str(canonicalize_license_expression(_matching(r"[A-Za-z0-9.-]+")(text)))
    if name.startswith("LicenseRef-"):
        raise ValueError(text)
    if name == "CC0-1.0":
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    if found := _CREATIVE_COMMONS.fullmatch(name):
        return f"https://creativecommons.org/licenses/{found[1].lower()}/{found[2]}/"
    return f"https://spdx.org/licenses/{name}.html"


#: What each kind of value is called in a message, and what reads it; a reader refuses with ValueError or KeyError.
KINDS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "text": ("plain text", str),
    "phrase": ("text that is not empty", _matching(r"(?s)(?=.*\S).+")),
    "short": ("text of at most 1,000 characters", _matching(r"(?s).{0,1000}")),
    "line": ("text of one to 1,000 characters", _matching(r"(?s)(?=.*\S).{1,1000}")),
    "number": ("a number", float),
    "integer": ("a whole number", int),
    "count": ("a whole number above 0", _count),
    "digit": ("a whole number from 0 to 9", lambda text: int(_matching(r"\d")(text))),
    "factor": ("a number above 0, such as .9", _factor),
    "flag": ("true or false", lambda text: {"true": True, "false": False}[text.lower()]),
    "date": ("a date such as 2026-11-24", datetime.date.fromisoformat),
    "length": ("a length above 0, such as 105mm", _length),
    "color": ("a color of six hexadecimal digits, such as 1F4E79", _matching(r"[0-9A-Fa-f]{6}")),
    "language": ("a language tag such as en-US", _matching(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")),
    "cover": ("front, wrap or none", _matching("front|wrap|none")),
    "caliper": ("the thickness of one sheet, such as 0.11mm", _caliper),
    "weight": ("a weight above 0, such as 90gsm", _weight),
    "isbn": ("an ISBN of 13 digits whose last one is right", _isbn),
    "name": ("a name of letters, digits and hyphens", _matching(r"\w[\w.-]*")),
    "license": ("an SPDX identifier such as CC-BY-4.0, or the address of a license", _license),
    "doi": ("a DOI such as 10.1000/182", _matching(r"10\.\d{4,9}(\.\d+)*/[^\s<>\"]+")),
    "font": ("the name of a font file, such as LinBiolinum_R.otf", _matching(r"[\w .+-]+")),
    "features": ("font features such as +smcp", _matching(r"[\w+=;, -]*")),
    "path": ("a path inside the folder of the report", _path),
    "command": ("the name of a command: letters alone", _matching(r"\\?[A-Za-z]+")),
    "tex": ("TeX whose braces pair, without a `%`", _balanced),
}
