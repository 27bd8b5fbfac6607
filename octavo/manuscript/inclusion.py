"""Open a chapter with the files and values that it asks for: `{{< include file.md >}}`, `{{< var name >}}`.

What is put in stands in the text of the chapter from then on, and each stretch of that text remembers which file and
line it came from, so that a message names the place where the fault can be mended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from octavo.diagnostics import Ledger, Span
from octavo.manuscript.part import Part, Piece
from octavo.nearest import nearest

#: The values of a report, as Quarto names their file.
VARIABLES = ("_variables.yml", "_variables.yaml")
_MARKS = re.compile(r"\{\{<|\{\{\s*#|\{include\}")
_CALL = re.compile(
    r"(?<!`)(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)|<!--.*?-->"
    r"|(?<!\{)\{\{<\s*(?P<name>include|var|meta)\s+(?P<quote>[\"']?)(?P<value>[^\s{}]+?)(?P=quote)\s*>\}\}(?!\})"
    r"|\{\{\s*#include\s+(?P<file>[^\s{}:]+)\s*\}\}"
)
_FENCE = re.compile(r"[ >\t]*(?P<marks>`{3,}|~{3,}|:{3,})\s*(?P<info>.*?)\s*$")
_MYST = re.compile(r"\{include\}\s+(?P<file>\S+)$")
_HEADER = re.compile(r"---[ \t]*\n(?P<yaml>.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)


@dataclass
class _Spliced:
    """Hold the text of a chapter as it grows, where its stretches come from, and which files were put in."""

    text: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    length: int = 0

    def add(self, text: str, path: str, line: int, column: int, fixed: bool = False) -> None:
        """Add a stretch that stands at that line and column of a file; a `fixed` one stands there as a whole."""
        if text:
            self.pieces.append(Piece(self.length, path, line, column, fixed))
            self.text.append(text)
            self.length += len(text)


def open_part(folder: Path, path: str, role: str, ledger: Ledger) -> Part:
    """Read a file of the report as a part, with everything that it includes."""
    source = (folder / path).read_text(encoding="utf-8")
    if not _MARKS.search(source):
        return Part(path, role, source)
    splicer = _Splicer(folder.resolve(), ledger, _header(source))
    splicer.read(source, path, (path,))
    spliced = splicer.spliced
    return Part(path, role, "".join(spliced.text), pieces=tuple(spliced.pieces), included=tuple(spliced.files))


@dataclass
class _Splicer:
    """Put files and values into one chapter, whose own YAML gives the values of `meta`."""

    folder: Path
    ledger: Ledger
    header: Mapping[str, Any]
    spliced: _Spliced = field(default_factory=_Spliced)

    def read(self, source: str, path: str, chain: tuple[str, ...], first: int = 1) -> None:
        """Add a file, the lines of which count from `first`; `chain` are the files that it is being read for."""
        fence = ""
        for number, line in enumerate(source.splitlines(keepends=True), first):
            found = _FENCE.match(line)
            if found and not fence and (myst := _MYST.match(found["info"])):
                self._include(myst["file"], Span(path, number, found.start("info") + 1), chain)
                fence = f"-{found['marks']}"
                continue
            if found and found["marks"][0] != ":" and not fence.startswith("-"):
                if not fence and not ("`" in found["info"] and found["marks"][0] == "`"):
                    fence = found["marks"]
                elif fence and found["marks"].startswith(fence) and not found["info"]:
                    fence = ""
            elif found and fence.startswith("-") and found["marks"].startswith(fence[1:]):
                fence = ""
                continue
            if fence.startswith("-"):
                continue
            if fence or "{{" not in line:
                self.spliced.add(line, path, number, 1)
            else:
                self._line(line, path, number, chain)

    def _line(self, line: str, path: str, number: int, chain: tuple[str, ...]) -> None:
        """Add a line with what it asks for."""
        at = 0
        for found in _CALL.finditer(line):
            name = found["name"] or ("include" if found["file"] else "")
            if not name:
                continue
            self.spliced.add(line[at : found.start()], path, number, at + 1)
            at = found.end()
            place = Span(path, number, found.start() + 1)
            if name == "include":
                self._include(found["file"] or found["value"], place, chain)
            else:
                self._value(name, found["value"], place)
        self.spliced.add(line[at:], path, number, at + 1)

    def _include(self, target: str, place: Span, chain: tuple[str, ...]) -> None:
        """Add another file of the report; one outside of it, or one that is being read already, is refused."""
        beside = (self.folder / place.file).parent / target
        candidates = [path.resolve() for path in (beside, self.folder / target)]
        inside = [path for path in candidates if path.is_relative_to(self.folder)]
        found = next((path for path in inside if path.is_file()), None)
        if found is None:
            problem = "it does not exist" if inside else "it is not in the folder of the report"
            self.ledger.report("OCT269", place, target=target, problem=problem)
            return
        name = found.relative_to(self.folder).as_posix()
        if name in chain:
            problem = f"it includes itself ({' → '.join((*chain, name))})"
            self.ledger.report("OCT269", place, target=target, problem=problem)
            return
        try:
            source = found.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            problem = "it is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error.strerror)
            self.ledger.report("OCT269", place, target=target, problem=problem)
            return
        if name not in self.spliced.files:
            self.spliced.files.append(name)
        header = _HEADER.match(source)
        body = source[header.end() :] if header else source
        lines_before = source[: header.end()].count("\n") if header else 0
        self.read(body.rstrip("\n"), name, (*chain, name), lines_before + 1)

    def _value(self, name: str, key: str, place: Span) -> None:
        """Add the value of a variable, or of a key in the YAML of the chapter or of the report."""
        value, known, where = _NOTHING, [], " or ".join(VARIABLES[:1])
        for values in self._variables() if name == "var" else self._metadata():
            known += list(values)
            value = _look_up(values, key) if value is _NOTHING else value
        if name == "meta":
            where = "the YAML at the head of the chapter"
        if isinstance(value, str | int | float):
            self.spliced.add(str(value), place.file, place.line, place.column, fixed=True)
        else:
            self.ledger.report("OCT270", place, key=key, where=where, nearest=nearest(key, map(str, known)))

    def _variables(self) -> list[Mapping[str, Any]]:
        return [_load(self.folder / name) for name in VARIABLES if (self.folder / name).is_file()]

    def _metadata(self) -> list[Mapping[str, Any]]:
        return [self.header, _load(self.folder / "report.yaml")]


_NOTHING = object()


def _header(source: str) -> Mapping[str, Any]:
    found = _HEADER.match(source)
    return _parse(lambda: found["yaml"]) if found else {}


def _load(path: Path) -> Mapping[str, Any]:
    return _parse(lambda: path.read_text(encoding="utf-8"))


def _parse(text: Callable[[], str]) -> Mapping[str, Any]:
    """Return a mapping from YAML; of what is none nothing is known."""
    try:
        values = yaml.safe_load(text())
    except (yaml.YAMLError, OSError, UnicodeDecodeError):
        return {}
    return values if isinstance(values, Mapping) else {}


def _look_up(values: Mapping[str, Any], key: str) -> object:
    """Follow a key such as `release.version`."""
    value: object = values
    for step in key.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return _NOTHING
        value = value[step]
    return value
