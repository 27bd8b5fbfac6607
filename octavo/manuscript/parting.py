"""Part the blocks that follow each other without an empty line, as CommonMark does and Pandoc does not.

Pandoc's Markdown wants an empty line before a list, a heading, a quotation, a table, a fence of tildes, a division or
a note, and glues them to the paragraph before them where there is none. Here the line is added before Pandoc reads. A
number begins a list in a paragraph only if it is 1, so that a line may begin with a year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from octavo.manuscript.source import table_lines

_QUOTE = re.compile(r"( {0,3}> ?)+")
_HEADING = re.compile(r"#{1,6}[ \t]+\S")
_BREAK = re.compile(r"([*_-])[ \t]*(\1[ \t]*){2,}$")
_SETEXT = re.compile(r"(-+|=+)[ \t]*$")
_FENCE = re.compile(r"(`{3,}(?=[^`]*$)|~{3,})")
_DIVISION = re.compile(r":{3,}[ \t]*(\{|[\w-])")
_END_OF_DIVISION = re.compile(r":{3,}[ \t]*$")
_INTERRUPTING = re.compile(r"([-*+]|1[.)])[ \t]+\S")
#: What begins an item of a list for Pandoc, or a definition, with the spaces behind it.
_ITEM = re.compile(r"([-*+:]|\(?(?:\d+|#|[a-zA-Z]|[ivxlcdmIVXLCDM]+|@[\w-]*)[.)])(?:[ \t]+|$)")
_NOTE = re.compile(r"\[\^[^\]\s]+\]:")
_REFERENCE = re.compile(r"\[[^\]^][^\]]*\]:")
_DELIMITERS = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_VERBATIM = re.compile(r"<(pre|script|style|textarea)\b", re.IGNORECASE)
_ENVIRONMENT = re.compile(r"\\begin\{([^}]+)\}")
_BLOCK_TAG = re.compile(r"</?[a-zA-Z][^>]*>[ \t]*$")


@dataclass(frozen=True)
class Parted:
    """Hold a text for Pandoc, which of its lines were added, and where a fence of code opens that never closes."""

    text: str
    added: tuple[int, ...] = ()
    unclosed: int = 0

    def line(self, number: int) -> int:
        """Return the line of the file that a line of the text is, both counted from 1."""
        return number - sum(1 for added in self.added if added < number)


@dataclass
class _Scanner:
    """Go through the lines and add empty ones."""

    lines: list[str]
    result: list[str] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    #: What ends the passage whose lines mean nothing here: code, a comment, a formula.
    until: re.Pattern[str] | None = None
    opened: int = 0
    #: Whether the line before belongs to a paragraph, with which line of the result that begins, how deep it is
    #: quoted, and where the text of each item begins.
    in_paragraph: bool = False
    first: int = 0
    depth: int = 0
    offsets: list[int] = field(default_factory=list)

    def scan(self) -> Parted:
        tables = table_lines(self.lines)
        start = self._metadata()
        self.result += self.lines[:start]
        for number in range(start, len(self.lines)):
            if self.until is None and number in tables:
                self.in_paragraph = False
                self.result.append(self.lines[number])
            else:
                self._line(number)
        unclosed = self.opened if self.until is not None else 0
        if unclosed and (fence := re.match(r"`{3,}|~{3,}", self.lines[unclosed - 1])):
            self.result += [fence[0], ""]
        return Parted("\n".join(self.result), tuple(self.added), unclosed)

    def _metadata(self) -> int:
        """Return how many lines at the head are metadata."""
        if not self.lines or self.lines[0].rstrip() != "---" or not "".join(self.lines[1:2]).strip():
            return 0
        ends = (number for number, line in enumerate(self.lines[1:], 2) if line.rstrip() in ("---", "..."))
        return next(ends, 0)

    def _line(self, number: int) -> None:
        line = self.lines[number]
        if self.until is not None:
            if self.until.search(line):
                self.until, self.opened = None, 0
            self.result.append(line)
            return
        prefix = match[0] if (match := _QUOTE.match(line)) else ""
        rest = line[len(prefix) :].expandtabs(4)
        depth = prefix.count(">")
        if not rest.strip():
            self.in_paragraph = False
            self.result.append(line)
            self.depth = depth
            return
        indent = len(rest) - len(rest.lstrip(" "))
        text = rest.strip()
        if not self.in_paragraph:
            while self.offsets and indent < self.offsets[-1]:
                self.offsets.pop()
        inside = self.offsets[-1] if self.offsets else 0
        if not self.in_paragraph and indent >= inside + 4:
            self.result.append(line)  # code
            return
        if self.in_paragraph and self._interrupts(number, text, indent, depth):
            self.added.append(len(self.result) + 1)
            self.result.append((prefix if depth <= self.depth else "").rstrip())
            self.in_paragraph = False
            while self.offsets and indent < self.offsets[-1]:
                self.offsets.pop()
        if not self.in_paragraph:
            self.first = len(self.result)
        elif len(text) > 2 and _SETEXT.match(text) and not (self.offsets or depth):
            self._join()
        self.result.append(line)
        self._note_state(number, text, indent, depth)

    def _join(self) -> None:
        """Make one line of the lines of a heading that is underlined, since Pandoc knows none of several lines."""
        lines = self.result[self.first :]
        self.result[self.first :] = [""] * (len(lines) - 1) + [" ".join(line.strip() for line in lines)]

    def _interrupts(self, number: int, text: str, indent: int, depth: int) -> bool:
        """Tell whether a line begins something new although the line before is a paragraph."""
        lazy = bool(self.offsets) and indent < self.offsets[-1]
        inside = self.offsets[-1] if self.offsets else 0
        if indent >= inside + 4 or depth < self.depth:
            return False
        if depth > self.depth or _HEADING.match(text) or _DIVISION.match(text) or _NOTE.match(text):
            return True
        if _SETEXT.match(text):
            return lazy and len(text) > 2 and text[0] == "-"
        if _BREAK.match(text):
            return True
        if text.startswith("~~~") and _FENCE.match(text):
            return True
        if _INTERRUPTING.match(text):
            return not self.offsets
        below = self.lines[number + 1] if number + 1 < len(self.lines) else ""
        below = below[len(match[0]) :] if (match := _QUOTE.match(below)) else below
        return (
            "|" in text and "|" in below and bool(_DELIMITERS.fullmatch(below.strip()))
            and _columns(text) == _columns(below)
        )  # fmt: skip

    def _note_state(self, number: int, text: str, indent: int, depth: int) -> None:
        """Note what stands after a line."""
        self.depth = depth
        item = None if self.in_paragraph and not self.offsets else _ITEM.match(text)
        if item:
            while self.offsets and indent < self.offsets[-1]:
                self.offsets.pop()
            self.offsets.append(indent + len(item[0].rstrip()) + 1)
            text = text[item.end() :]
        if fence := _FENCE.match(text):
            closing = re.compile(rf"^[ >\t]*{re.escape(fence[1][0])}{{{len(fence[1])},}}[ \t]*$")
            self.until, self.opened, self.in_paragraph = closing, number + 1, False
            return
        if opened := _VERBATIM.match(text):
            self._skip_inside(text, re.compile(rf"</{opened[1]}", re.IGNORECASE))
        elif text.startswith("<!--"):
            self._skip_inside(text, re.compile("-->"))
        elif text.startswith("$$"):
            self._skip_inside(text[2:], re.compile(r"\$\$|^\s*$"))
        elif opened := _ENVIRONMENT.match(text):
            self._skip_inside(text, re.compile(rf"\\end\{{{re.escape(opened[1])}\}}|^\s*$"))
        else:
            self.in_paragraph = bool(text) and not (
                _HEADING.match(text) or _DIVISION.match(text) or _END_OF_DIVISION.match(text) or _BREAK.match(text)
                or _SETEXT.match(text) or _BLOCK_TAG.match(text) or (_REFERENCE.match(text) and not self.in_paragraph)
                or text.startswith("|")
            )  # fmt: skip
            return
        self.in_paragraph = False

    def _skip_inside(self, text: str, until: re.Pattern[str]) -> None:
        self.until = None if until.search(text) and text.strip() else until


def _columns(row: str) -> int:
    return len(re.findall(r"(?<!\\)\|", row.strip().strip("|")))


def part(source: str) -> Parted:
    """Return a text with an empty line wherever CommonMark begins a block without one."""
    return _Scanner(source.split("\n")).scan()
