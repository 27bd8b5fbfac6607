"""Read a CSL style as far as it must be sound before citeproc gets it.

Citeproc follows a macro that calls itself without end, and Pandoc asks the network for the parent of a style that
has one. Both are seen in the XML, with their line (CSL 1.0.2, "Macro" and "Info").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from octavo.diagnostics import Ledger, Span
from octavo.nearest import nearest


@dataclass(frozen=True)
class _Call:
    """Hold a macro that is called, the macro that it is called in, and the place."""

    name: str
    inside: str
    line: int
    column: int


@dataclass
class _Outline:
    """Collect what the XML says: what is wrong with it by itself, its macros, and what calls them."""

    problems: list[tuple[int, int, str]] = field(default_factory=list)
    macros: set[str] = field(default_factory=set)
    calls: list[_Call] = field(default_factory=list)
    inside: str = ""
    names: set[str] = field(default_factory=set)


def sound_style(path: Path, ledger: Ledger) -> bool:
    """Tell whether citeproc can be given a style; what is wrong with it is reported at its place."""
    outline = _Outline()
    try:
        _read(path, outline)
    except expat.ExpatError as error:
        outline.problems.append((error.lineno, error.offset + 1, f"it is not XML ({expat.ErrorString(error.code)})"))
    else:
        outline.problems += _wrong_calls(outline)
        if not outline.problems and "citation" not in outline.names:
            outline.problems.append((1, 1, "it does not say how a citation is set"))
    for line, column, problem in outline.problems[:5]:
        ledger.report("OCT290", Span(str(path), line, column), problem=problem)
    return not outline.problems


def _read(path: Path, outline: _Outline) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")

    def place() -> tuple[int, int]:
        return parser.CurrentLineNumber, parser.CurrentColumnNumber + 1

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if not outline.names and name != "style":
            outline.problems.append((*place(), f"`<{name}>` is not the beginning of a CSL style"))
        outline.names.add(name)
        called = attributes.get("macro")
        if name == "macro":
            outline.inside = attributes.get("name", "")
            outline.macros.add(outline.inside)
        elif called is not None:
            outline.calls.append(_Call(called, outline.inside, *place()))
        elif name == "link" and attributes.get("rel") == "independent-parent":
            parent = attributes.get("href", "").rpartition("/")[2]
            outline.problems.append((*place(), f"it only says that it is like the style `{parent}`"))

    def end(tag: str) -> None:
        if tag.rpartition(" ")[2] == "macro":
            outline.inside = ""

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(path.read_bytes(), True)


def _wrong_calls(outline: _Outline) -> Iterator[tuple[int, int, str]]:
    """Yield each call of a macro that is not there, and the first call that closes each circle."""
    calls: dict[str, list[_Call]] = {}
    for call in outline.calls:
        if call.name not in outline.macros:
            known = nearest(call.name, outline.macros)
            yield call.line, call.column, f"it has no macro `{call.name}`.{known}".rstrip(".")
        calls.setdefault(call.inside, []).append(call)
    finished: set[str] = set()
    for first in sorted(outline.macros):
        path = [first]
        waiting = [iter(calls.get(first, ()))]
        while path:
            following = next(waiting[-1], None)
            if following is None:
                finished.add(path.pop())
                waiting.pop()
            elif following.name in path:
                yield following.line, following.column, f"its macro `{following.name}` calls itself without end"
            elif following.name not in finished:
                path.append(following.name)
                waiting.append(iter(calls.get(following.name, ())))
