"""Know what other tools write in Markdown: their callouts, theorems and shortcodes, and the names of their classes.

All of it is data, in `dialects.yaml`; the modules that read, translate and report it share it from here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

#: The class of the passage that is the title of the one around it.
TITLE = "octavo-title"


@dataclass(frozen=True)
class Leftover:
    """Name a kind of markup that Pandoc leaves as text: how it looks, whose it is, what to write instead.

    `at_head` is looked for where a paragraph begins alone; `before_code` in front of code.
    """

    name: str
    written: str
    dialect: str
    advice: str
    at_head: bool
    before_code: bool
    any_case: bool

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return what it looks like; it is compiled when it is first looked for."""
        return re.compile(self.written, re.IGNORECASE if self.any_case else 0)


@dataclass(frozen=True)
class Dialects:
    """Hold the lists of `dialects.yaml`."""

    callouts: Mapping[str, str]
    titled: Mapping[str, str]
    leanpub: Mapping[str, tuple[str, str]]
    formats: frozenset[str]
    in_place: frozenset[str]
    page_breaks: frozenset[str]
    theorems: Mapping[str, str]
    upright: frozenset[str]
    unnumbered: frozenset[str]
    languages: Mapping[str, str]
    plain: frozenset[str]
    code_directives: frozenset[str]
    classes: frozenset[str]
    keys: frozenset[str]
    harmless_classes: frozenset[str]
    harmless_keys: frozenset[str]
    harmless_prefixes: tuple[str, ...]
    leftovers: tuple[Leftover, ...]

    def knows_class(self, name: str) -> bool:
        """Tell whether a class does something, or is known to lose nothing on paper."""
        known = (self.classes, self.harmless_classes, self.callouts, self.titled, self.in_place)
        return any(name in names for names in known) or name.startswith(self.harmless_prefixes)

    def knows_key(self, name: str) -> bool:
        """Tell the same of the key of an attribute."""
        return name in self.keys or name in self.harmless_keys or name.startswith(self.harmless_prefixes)


@cache
def dialects() -> Dialects:
    """Read the lists, once."""
    text = (Path(__file__).parent / "dialects.yaml").read_text(encoding="utf-8")
    lists: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))

    def names(key: str) -> frozenset[str]:
        return frozenset(lists[key])

    return Dialects(
        lists["callouts"],
        lists["titled"],
        {letter: (form, title) for letter, (form, title) in lists["leanpub"].items()},
        names("formats"),
        names("in-place"),
        names("page-breaks"),
        lists["theorems"],
        names("upright"),
        names("unnumbered"),
        lists["languages"],
        names("plain"),
        names("code-directives"),
        names("classes"),
        names("keys"),
        names("harmless-classes"),
        names("harmless-keys"),
        tuple(lists["harmless-prefixes"]),
        tuple(_leftover(entry) for entry in lists["leftovers"]),
    )


def _leftover(entry: Mapping[str, Any]) -> Leftover:
    wishes = (bool(entry.get(key)) for key in ("at-head", "before-code", "ignore-case"))
    return Leftover(entry["name"], entry["pattern"], entry["dialect"], entry["advice"], *wishes)
