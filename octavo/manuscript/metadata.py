"""Find the blocks of metadata in a chapter, which Pandoc reads and nobody prints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

_KEY = re.compile(r"[^\s:#\-][^:]*:(\s|$)")


@dataclass(frozen=True)
class Metadata:
    """Hold one block between `---` lines: its first and its last line, counted from 0, and what stands between."""

    first: int
    last: int
    text: str

    @cached_property
    def problem(self) -> tuple[str, int, int] | None:
        """Return why this is no YAML, with the line and the column in the file, counted from 1."""
        import yaml

        try:
            yaml.load(self.text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line, mark.column) if mark else (0, 0)
            return error.problem or "it is no YAML", self.first + 2 + line, column + 1
        except (yaml.YAMLError, ValueError) as error:
            return str(error).split("\n")[0], self.first + 1, 1
        return None


def find_metadata(source: str) -> list[Metadata]:
    """Return every block of metadata in a file: at its head, and behind an empty line anywhere below."""
    text = source.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}")
    if not text.startswith("---") and "\n---" not in text:
        return []
    lines = source.split("\n")
    found: list[Metadata] = []
    fence = ""
    number = 0
    while number < len(lines):
        line = lines[number]
        if mark := re.match(r" {0,3}(`{3,}|~{3,})", line):
            fence = "" if fence and mark[1].startswith(fence) else (fence or mark[1])
        follows = lines[number + 1] if number + 1 < len(lines) else ""
        begins = not fence and line.rstrip().lstrip("\N{ZERO WIDTH NO-BREAK SPACE}") == "---"
        if begins and (number == 0 or not lines[number - 1].strip()) and _KEY.match(follows):
            ends = (at for at in range(number + 1, len(lines)) if lines[at].rstrip() in ("---", "..."))
            last = next(ends, 0)
            if last:
                found.append(Metadata(number, last, "\n".join(lines[number + 1 : last]) + "\n"))
                number = last
        number += 1
    return found


def without(source: str, blocks: list[Metadata]) -> str:
    """Return a file with empty lines instead of these blocks."""
    lines = source.split("\n")
    for block in blocks:
        lines[block.first : block.last + 1] = [""] * (block.last - block.first + 1)
    return "\n".join(lines)
