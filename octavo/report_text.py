"""Print diagnostics: for eyes with the line and a caret, for machines as JSON, for GitHub as annotations."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from octavo.diagnostics import Diagnostic, Severity, Span
from octavo.visible import visible, visible_json

FORMATS = ("text", "json", "github")
#: GitHub's word for each severity.
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
#: What a workflow command may not hold as it stands; a property may hold less than the message (GitHub Actions,
#: "Workflow commands").
_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})

#: What stands at a place whose end nobody knew: a tag, a link, a formula, code, else a word with the sign before it.
_TOKEN = re.compile(
    r"</?[A-Za-z][^<>]*>|!?\[[^\[\]]*\](?:\([^()]*\)|\{[^{}]*\})?|\$[^$]+\$|(`+)[^`]+\1|[@\\#]?\w(?:[\w:./+-]*\w)?|[^\w\s]+"
)
_JOINERS = "\u200c\u200d"


def as_text(diagnostics: Iterable[Diagnostic], folder: Path) -> str:
    """Return each diagnostic with the line it is about and its place in it underlined."""
    return "\n".join(_text(diagnostic, folder) for diagnostic in diagnostics)


def _text(diagnostic: Diagnostic, folder: Path) -> str:
    span = diagnostic.span
    place = f"{visible(str(replace(span, file=_from_here(folder / span.file))))}: " if span else ""
    lines = [f"{place}{diagnostic.severity.value} {diagnostic.code}: {visible(diagnostic.problem)}"]
    source = _line(folder / span.file, span.line) if span else ""
    if span and source:
        margin = f"{span.line:>5} | "
        shown, before, marked = _excerpt(source, span.column, _end(span, source)[1])
        lines += [f"{margin}{shown}", " " * (len(margin) + _columns(before)) + "^" * max(_columns(marked), 1)]
    lines.append(f"      {visible(diagnostic.advice)}")
    return "\n".join(lines)


def _from_here(path: Path) -> str:
    """Return a path as one would write it in the folder where the command runs: the shorter way to it."""
    whole = os.path.normpath(path.absolute())
    near = os.path.relpath(whole)
    return whole if near.startswith("..") and len(whole) < len(near) else near


def _end(span: Span, source: str) -> tuple[int, int]:
    """Return line and column behind the end of a place; where nobody knew it, the word, link or mark there ends it.

    In the first line of a place that has several, that line is its end for the eye.
    """
    if span.end_line == span.line:
        return span.end_line, span.end_column
    if span.end_line or not span.column:
        return span.end_line or span.line, len(source.rstrip()) + 1
    found = _TOKEN.match(source, span.column - 1)
    return span.line, found.end() + 1 if found else span.column + 1


def _line(path: Path, number: int) -> str:
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").split("\n")
    except OSError:
        return ""
    return lines[number - 1] if number <= len(lines) else ""


def _excerpt(source: str, column: int, end: int, width: int = 96) -> tuple[str, str, str]:
    """Return the part of a long line around a column, what of it stands before the column, and what is marked."""
    column = column or len(source) - len(source.lstrip()) + 1
    start = max(0, column - 1 - width // 2) if len(source) > width else 0
    stop = start + width
    marked = source[column - 1 : min(end - 1, stop)]
    return _shown(source[start:stop]), _shown(source[start : column - 1]), _shown(marked)


def _shown(text: str) -> str:
    """Return a stretch of a line with each character that is not printed as a space, or as its code point."""
    plain = visible(text.replace("\t", " "))
    return "".join(character if character.isprintable() or character in _JOINERS else " " for character in plain)


def _columns(text: str) -> int:
    """Count the cells that a text takes on a terminal: two for an ideograph, none for an accent of its own."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.category(character) in ("Mn", "Me", "Cf") for character in text)


def as_json(diagnostics: Iterable[Diagnostic], folder: Path) -> str:
    """Return the diagnostics as one JSON array; a problem without a place has null for file, lines and columns.

    The end of a place is behind its last character; what is about a whole file has 0 for each number.
    """
    found = []
    for diagnostic in diagnostics:
        span = diagnostic.span
        end_line, end_column = (span.end_line, span.end_column) if span else (None, None)
        if span and span.line and not end_line:
            end_line, end_column = _end(span, _line(folder / span.file, span.line))
        found.append(
            {
                "code": diagnostic.code,
                "severity": diagnostic.severity.value,
                "file": Path(_from_here(folder / span.file)).as_posix() if span else None,
                "line": span.line if span else None,
                "column": span.column if span else None,
                "end_line": end_line,
                "end_column": end_column,
                "problem": visible(diagnostic.problem),
                "advice": visible(diagnostic.advice),
            }
        )
    return visible_json(json.dumps(found, indent=1, ensure_ascii=False))


def as_github(diagnostics: Iterable[Diagnostic], folder: Path) -> str:
    """Return workflow commands, which GitHub shows as annotations on the changed lines of the repository."""
    lines = []
    root = _repository(folder)
    for diagnostic in diagnostics:
        properties = [f"title={diagnostic.code}"]
        if span := diagnostic.span:
            path = Path(os.path.relpath((folder / span.file).absolute(), root)).as_posix()
            place = visible(path).translate(_PROPERTY)
            end_line, end_column = _end(span, _line(folder / span.file, span.line)) if span.line else (0, 0)
            # What goes over several lines may have no columns there.
            where = [f"line={max(span.line, 1)}", f"col={max(span.column, 1)}"]
            where += [f"endColumn={end_column}"] if end_line == span.line and span.column else []
            properties = [f"file={place}", *where, *properties]
        text = visible(f"{diagnostic.problem} {diagnostic.advice}").translate(_MESSAGE)
        lines.append(f"::{LEVELS[diagnostic.severity]} {','.join(properties)}::{text}")
    return "\n".join(lines)


def _repository(folder: Path) -> str:
    """Return the root of the Git repository that a report is in; without one, the folder where the command runs."""
    whole = Path(os.path.normpath(folder.absolute()))
    return str(next((place for place in (whole, *whole.parents) if (place / ".git").exists()), Path.cwd()))


def render(diagnostics: Iterable[Diagnostic], form: str, folder: Path) -> str:
    """Return the diagnostics in one of the `FORMATS`."""
    return {"json": as_json, "github": as_github}.get(form, as_text)(diagnostics, folder)
