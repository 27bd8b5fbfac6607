"""Print diagnostics: for eyes with the line and a caret, for machines as JSON, for GitHub as annotations."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from octavo.diagnostics import Diagnostic, Severity

FORMATS = ("text", "json", "github")


def as_text(diagnostics: Iterable[Diagnostic], folder: Path) -> str:
    """Return each diagnostic with the line it is about and a caret below its column."""
    return "\n".join(_text(diagnostic, folder) for diagnostic in diagnostics)


def _text(diagnostic: Diagnostic, folder: Path) -> str:
    place = f"{diagnostic.span}: " if diagnostic.span else ""
    lines = [f"{place}{diagnostic.severity.value} {diagnostic.code}: {diagnostic.problem}"]
    if diagnostic.span and diagnostic.span.line:
        source = _line(folder / diagnostic.span.file, diagnostic.span.line)
        if source:
            shown, column = _excerpt(source, diagnostic.span.column)
            margin = f"{diagnostic.span.line:>5} | "
            lines += [f"{margin}{shown}", " " * (len(margin) + column - 1) + "^"]
    lines.append(f"      {diagnostic.advice}")
    return "\n".join(lines)


def _line(path: Path, number: int) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return lines[number - 1] if number <= len(lines) else ""


def _excerpt(source: str, column: int, width: int = 96) -> tuple[str, int]:
    """Return the part of a long line around a column, and the column within it."""
    start = max(0, column - 1 - width // 2) if len(source) > width else 0
    return source[start : start + width].replace("\t", " "), column - start


def as_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Return the diagnostics as one JSON array."""
    return json.dumps(
        [
            {
                "code": d.code,
                "severity": d.severity.value,
                "file": d.span.file if d.span else None,
                "line": d.span.line if d.span else None,
                "column": d.span.column if d.span else None,
                "problem": d.problem,
                "advice": d.advice,
            }
            for d in diagnostics
        ],
        indent=1,
        ensure_ascii=False,
    )


def as_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Return workflow commands, which GitHub shows as annotations on the changed lines."""
    levels = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
    lines = []
    for d in diagnostics:
        place = f"file={d.span.file},line={max(d.span.line, 1)},col={max(d.span.column, 1)}," if d.span else ""
        text = f"{d.problem} {d.advice}".replace("%", "%25").replace("\n", "%0A")
        lines.append(f"::{levels[d.severity]} {place}title={d.code}::{text}")
    return "\n".join(lines)


def render(diagnostics: Iterable[Diagnostic], form: str, folder: Path) -> str:
    """Return the diagnostics in one of the `FORMATS`."""
    if form == "json":
        return as_json(diagnostics)
    return as_github(diagnostics) if form == "github" else as_text(diagnostics, folder)
