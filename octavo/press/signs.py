"""Tell of the characters that no face has: once for each sign, or for a script, with the package that would help."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from octavo.diagnostics import Ledger, Span
from octavo.manuscript.scripts import script_of

#: Places and signs that a message names; of the others it tells how many there are.
MOST_NAMED = 3
#: A face for every assigned character up to Unicode 15, drawn on a grid of dots.
LAST_RESORT = "fonts-unifont"


@cache
def _noto_core() -> frozenset[str]:
    text = (Path(__file__).parent / "noto-core.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


@dataclass
class Missing:
    """Gather the signs that no face has, with their places, by what they are told together under."""

    places: dict[str, dict[str, list[Span | None]]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, character: str, span: Span | None, count: int = 1) -> None:
        """Note a sign at a place where it stands so many times."""
        group = group_of(character)
        self.places.setdefault(group, {}).setdefault(character, []).append(span)
        self.counts[group] = self.counts.get(group, 0) + count


def report_signs(missing: Missing, ledger: Ledger) -> None:
    """Report each group at its first place."""
    for group, signs in missing.places.items():
        spans = sorted({span for spans in signs.values() for span in spans if span})
        first = spans[0] if spans else None
        ledger.report(
            "OCT403",
            first,
            signs=_named(list(signs)),
            times=_times(missing.counts[group], spans),
            remedy=_remedy(package_of(next(iter(signs)))),
        )


def _remedy(package: str) -> str:
    return f"Install the Debian package {package}, or name" if package else "Name"


def _times(count: int, spans: list[Span]) -> str:
    """Say how often they stand there, and where else."""
    if count < 2:
        return ""
    others = ", ".join(map(str, spans[1 : 1 + MOST_NAMED]))
    rest = f" and {len(spans) - 1 - MOST_NAMED} more places" if len(spans) > 1 + MOST_NAMED else ""
    return f" ({count} times{f'; also {others}' if others else ''}{rest})"


def _named(signs: list[str]) -> str:
    shown = ", ".join(f"{as_escape(sign)} (U+{ord(sign):04X})" for sign in signs[:MOST_NAMED])
    rest = len(signs) - MOST_NAMED
    return f"{shown} and {rest} more of the same script" if rest > 0 else shown


def as_escape(character: str) -> str:
    """Return a character, or its escape where it would not show."""
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def group_of(character: str) -> str:
    """Return what a sign is told together with: its script, where it is a letter, or itself."""
    script = script_of(character)
    if script:
        return script.tag
    word = unicodedata.name(character, "").split(" ")[0]
    return word if word in _noto_core() and unicodedata.category(character)[0] in "LMN" else character


def package_of(character: str) -> str:
    """Name the Debian package that has a face for a character, or nothing."""
    script = script_of(character)
    word = unicodedata.name(character, "").split(" ")[0]
    if script:
        package = script.package
    elif word in _noto_core():
        package = "fonts-noto-core"
    elif word and unicodedata.category(character) != "Co":
        package = LAST_RESORT
    else:
        return ""
    return package
