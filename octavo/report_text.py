"""Print diagnostics: for eyes with the line and a caret, for machines as JSON, for GitHub as annotations."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from octavo.diagnostics import Diagnostic, Severity, Span

FORMATS = ("text", "json", "github")
#: GitHub's word for each severity.
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
#: What a workflow command may not hold as it stands; a property may hold less than the message (GitHub Actions,
#: "Workflow commands").
_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def as_text(diagnostics: Iterable[Diagnostic], folder: Path) -> str:
    """Return each diagnostic with the line it is about and a caret below its column."""
    return "\n".join(_text(diagnostic, folder) for diagnostic in diagnostics)


def _text(diagnostic: Diagnostic, folder: Path) -> str:
    span = _within(diagnostic.span, folder)
    place = f"{span}: " if span else ""
    lines = [f"{place}{diagnostic.severity.value} {diagnostic.code}: {diagnostic.problem}"]
    if span and span.line:
        source = _line(folder / span.file, span.line)
        if source:
            shown, before = _excerpt(source, span.column)
            margin = f"{span.line:>5} | "
            lines += [f"{margin}{shown}", " " * (len(margin) + _columns(before)) + "^"]
    lines.append(f"      {diagnostic.advice}")
    return "\n".join(lines)


def _within(span: Span | None, folder: Path) -> Span | None:
    """Name the file from the folder of the report, wherever it was named from."""
    if span is None or not Path(span.file).is_absolute():
        return span
    path = Path(span.file).resolve()
    inside = path.is_relative_to(folder.resolve())
    return Span(path.relative_to(folder.resolve()).as_posix(), span.line, span.column) if inside else span


def _line(path: Path, number: int) -> str:
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").split("\n")
    except OSError:
        return ""
    return lines[number - 1] if number <= len(lines) else ""


def _excerpt(source: str, column: int, width: int = 96) -> tuple[str, str]:
    """Return the part of a long line around a column, and what of it stands before the column."""
    start = max(0, column - 1 - width // 2) if len(source) > width else 0
    shown = "".join(character if character.isprintable() else " " for character in source[start : start + width])
    return shown, shown[: max(column - 1 - start, 0)]


def _columns(text: str) -> int:
    """Count the cells that a text takes on a terminal: two for an ideograph, none for an accent of its own."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.category(character) in ("Mn", "Me") for character in text)


def as_json(diagnostics: Iterable[Diagnostic], folder: Path) -> str:
    """Return the diagnostics as one JSON array; a problem without a place has null for file, line and column."""
    found = []
    for diagnostic in diagnostics:
        span = _within(diagnostic.span, folder)
        found.append(
            {
                "code": diagnostic.code,
                "severity": diagnostic.severity.value,
                "file": span.file if span else None,
                "line": span.line if span else None,
                "column": span.column if span else None,
                "problem": diagnostic.problem,
                "advice": diagnostic.advice,
            }
        )
    return json.dumps(found, indent=1, ensure_ascii=False)


def as_github(diagnostics: Iterable[Diagnostic], folder: Path) -> str:
    """Return workflow commands, which GitHub shows as annotations on the changed lines of the repository."""
    lines = []
    for diagnostic in diagnostics:
        properties = [f"title={diagnostic.code}"]
        if span := _within(diagnostic.span, folder):
            path = (folder / span.file).resolve()
            known = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
            place = known.as_posix().translate(_PROPERTY)
            properties = [f"file={place}", f"line={max(span.line, 1)}", f"col={max(span.column, 1)}", *properties]
        text = f"{diagnostic.problem} {diagnostic.advice}".translate(_MESSAGE)
        lines.append(f"::{LEVELS[diagnostic.severity]} {','.join(properties)}::{text}")
    return "\n".join(lines)


def render(diagnostics: Iterable[Diagnostic], form: str, folder: Path) -> str:
    """Return the diagnostics in one of the `FORMATS`."""
    return {"json": as_json, "github": as_github}.get(form, as_text)(diagnostics, folder)
