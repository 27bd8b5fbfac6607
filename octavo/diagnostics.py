"""Collect what an author must know, and say it in one voice.

Every stage reports to a `Ledger` and goes on; only `octavo.cli` prints it and decides the exit status. The
wording of each code lives in `diagnostics.yaml`, so that a message, its advice and its handbook entry cannot
drift apart. Any module may import this one; it imports none of Octavo's.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any


class Severity(Enum):
    """Say what a diagnostic does to the build.

    An error stops publication: the last good PDF stays. A warning is printed and the book is published, unless
    the build is strict. A note only informs.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, order=True)
class Span:
    """Name a place in an author's file; line and column count from 1, and 0 means the whole file.

    The end is the place behind the last character, where it is known; places are the same that begin at the same.
    """

    file: str
    line: int = 0
    column: int = 0
    end_line: int = field(default=0, compare=False)
    end_column: int = field(default=0, compare=False)

    def until(self, end: Span) -> Span:
        """Return this place with an end, unless that is in another file or before it."""
        if end.file != self.file or (end.line, end.column) <= (self.line, self.column):
            return self
        return replace(self, end_line=end.line, end_column=end.column)

    def __str__(self) -> str:
        """Write the place the way compilers do, so that editors and terminals make it a link."""
        parts = [self.file, *(str(number) for number in (self.line, self.column) if number)]
        return ":".join(parts)


@dataclass(frozen=True)
class Wording:
    """Hold the catalogue's text for one code; both sentences are `str.format` templates.

    `withholds` says of one and of many such problems why a PDF with them does not claim to be PDF/UA.
    """

    severity: Severity
    problem: str
    advice: str
    withholds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diagnostic:
    """State one problem: its code, where it is, and the two sentences an author reads."""

    code: str
    severity: Severity
    span: Span | None
    problem: str
    advice: str


@cache
def catalogue() -> dict[str, Wording]:
    """Read the wording of every code; cached, because one build may report hundreds."""
    text = (Path(__file__).parent / "diagnostics.yaml").read_text(encoding="utf-8")
    try:
        import yaml
    except ImportError:
        entries = _read_plainly(text)
    else:
        entries = yaml.safe_load(text)
    return {
        code: Wording(
            Severity(entry["severity"]), entry["problem"], entry["advice"], tuple(entry.get("withholds", ()))
        )
        for code, entry in entries.items()
    }


def _read_plainly(text: str) -> dict[str, dict[str, Any]]:
    """Read those codes whose texts are of one line each: `octavo clean` works where nothing is installed yet."""
    pattern = r'^(OCT\d{3}):\n  severity: (\w+)\n  problem: (".*")\n  advice: (".*")$'
    found = re.findall(pattern, text, re.MULTILINE)
    return {code: {"severity": kind, "problem": json.loads(a), "advice": json.loads(b)} for code, kind, a, b in found}


@dataclass
class Ledger:
    """Gather diagnostics in the order they are found, each once."""

    entries: list[Diagnostic] = field(default_factory=list)

    def report(self, code: str, span: Span | None = None, **facts: object) -> None:
        """Add the diagnostic of that code; `facts` fill the blanks of its two sentences.

        Raises `KeyError` when the catalogue has no such code or a blank stays empty: both are bugs of ours.
        """
        wording = catalogue()[code]
        diagnostic = Diagnostic(
            code, wording.severity, span, wording.problem.format(**facts), wording.advice.format(**facts)
        )
        if diagnostic not in self.entries:
            self.entries.append(diagnostic)

    def in_order(self) -> list[Diagnostic]:
        """Return the diagnostics file by file as they were found, and in a file from its head to its foot."""
        files: dict[str, int] = {}
        for entry in self.entries:
            if entry.span:
                files.setdefault(entry.span.file, len(files))

        def place(entry: Diagnostic) -> tuple[int, int, int]:
            span = entry.span
            return (files[span.file], span.line, span.column) if span else (len(self.entries), 0, 0)

        return sorted(self.entries, key=place)

    def failed(self, strict: bool = False) -> bool:
        """Tell whether the book must not be published."""
        stopping = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
        return any(entry.severity in stopping for entry in self.entries)

    def has(self, code: str) -> bool:
        """Tell whether a problem of that code was found."""
        return any(entry.code == code for entry in self.entries)

    def withheld(self) -> tuple[str, ...]:
        """Return why the PDF does not claim to be PDF/UA, a reason for each kind of problem; nothing where it may."""
        counts = Counter(entry.code for entry in self.entries if catalogue()[entry.code].withholds)
        return tuple(
            catalogue()[code].withholds[count > 1].format(count=count) for code, count in sorted(counts.items())
        )
