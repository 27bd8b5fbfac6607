"""Part the blocks that follow each other without an empty line, as CommonMark does and Pandoc does not.

Pandoc's Markdown wants an empty line before a list, a heading, a quotation, a table, a fence of tildes, a division or
a note, and glues them to the paragraph before them where there is none. Here the line is added before Pandoc reads. A
number begins a list in a paragraph only if it is 1, so that a line may begin with a year. Headings that are set in and
words behind the language of a fence, which Pandoc takes for text, are written as it reads them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
#: What Pandoc reads behind a fence: a language, attributes, or both.
_INFO = re.compile(r"[ \t]*([^\s{}`=\"',:;]+)?[ \t]*(\{[ \t]*([.#=-][^{}]*|[^{}\s=,]+=[^{}]*)?\})?[ \t]*")
_LANGUAGE = re.compile(r"[\s{.]*([\w+#.-]*[\w+#])")
_ATTRIBUTES = re.compile(r"\{[.#][^{}]*\}[ \t]*$")
_VERBATIM = re.compile(r"<(pre|script|style|textarea)\b", re.IGNORECASE)
_ENVIRONMENT = re.compile(r"\\begin\{([^}]+)\}")
_BLOCK_TAG = re.compile(r"</?[a-zA-Z][^>]*>[ \t]*$")


@dataclass(frozen=True)
class Parted:
    """Hold a text for Pandoc, and which of its lines were added.

    `unclosed` is the line of the file where code begins that never ends, `tables` the lines, counted from 0, that are
    the head of a table whose cells stand between bars.
    """

    text: str
    added: tuple[int, ...] = ()
    unclosed: int = 0
    tables: tuple[int, ...] = ()

    def line(self, number: int) -> int:
        """Return the line of the file that a line of the text is, both counted from 1."""
        return number - sum(1 for added in self.added if added < number)


@dataclass
class _Line:
    """Hold a line: the signs of quotations at its head and how many, its indent behind them, and its text."""

    written: str
    prefix: str = ""
    depth: int = 0
    indent: int = 0
    text: str = ""

    @classmethod
    def of(cls, written: str) -> _Line:
        """Take a line apart."""
        prefix = match[0] if (match := _QUOTE.match(written)) else ""
        rest = written[len(prefix) :].expandtabs(4)
        return cls(written, prefix, prefix.count(">"), len(rest) - len(rest.lstrip(" ")), rest.strip())


@dataclass
class _Scanner:
    """Go through the lines and add empty ones."""

    lines: list[str]
    result: list[str] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    tables: list[int] = field(default_factory=list)
    #: What ends the passage whose lines mean nothing here: code, a comment, a formula.
    until: re.Pattern[str] | None = None
    opened: int = 0
    #: Whether the line before belongs to a paragraph, with which line of the result that begins, how deep it is
    #: quoted, and where the text of each item begins.
    in_paragraph: bool = False
    first: int = 0
    depth: int = 0
    offsets: list[int] = field(default_factory=list)
    #: Whether what stands on the line before ends there, although Pandoc would go on: code, a break, a quotation.
    ended: bool = False
    #: Whether the line before is empty, or code that is set in.
    code_may_follow: bool = True

    def scan(self, passed: set[int]) -> Parted:
        """Return the text; the lines that are passed by are metadata."""
        passed |= table_lines(self.lines)
        for number, written in enumerate(self.lines):
            if self.until is not None:
                self.until = None if self.until.search(written) else self.until
                self.result.append(written)
            elif number in passed:
                self.in_paragraph = self.ended = False
                self.result.append(written)
            elif self._goes_on(written):
                self.result.append(written)
            else:
                self._line(number, _Line.of(written))
        unclosed = self.opened if self.until is not None else 0
        if unclosed and (fence := re.match(r"`{3,}|~{3,}", self.lines[unclosed - 1])):
            self.result += [fence[0], ""]
        return Parted("\n".join(self.result), tuple(self.added), unclosed, tuple(self.tables))

    def _goes_on(self, written: str) -> bool:
        """Tell at a glance that a line is one more of a paragraph, as most lines of a book are."""
        plain = self.in_paragraph and not (self.offsets or self.depth or self.ended)
        return plain and written[:1].isalpha() and "|" not in written

    def _line(self, number: int, line: _Line) -> None:
        if not line.text:
            self.ended = line.depth > 0
            self.in_paragraph, self.code_may_follow = False, True
            self.depth = line.depth
            self.result.append(line.written)
            return
        if not self.in_paragraph:
            self._leave(line.indent)
        inside = self.offsets[-1] if self.offsets else 0
        if self.code_may_follow and line.indent >= inside + 4 and line.depth == self.depth:
            self.ended = True
            self.result.append(line.written)
            return
        self.code_may_follow = False
        if (self.ended and line.depth <= self.depth) or (self.in_paragraph and self._interrupts(number, line)):
            if not self.in_paragraph and line.depth == self.depth > 0:
                pass  # the quotation goes on below its empty line
            else:
                self._part(line)
        self.ended = False
        if not self.in_paragraph:
            self.first = len(self.result)
        self.result.append(self._as_pandoc_reads(line))
        self._note_state(number, line)

    def _part(self, line: _Line) -> None:
        """Add an empty line before a line."""
        self.added.append(len(self.result) + 1)
        self.result.append(line.prefix.rstrip() if line.depth <= self.depth else "")
        self.in_paragraph = False
        self._leave(line.indent)

    def _leave(self, indent: int) -> None:
        """Leave the items whose text begins further in."""
        while self.offsets and indent < self.offsets[-1]:
            self.offsets.pop()

    def _as_pandoc_reads(self, line: _Line) -> str:
        """Return a line in the form in which Pandoc knows it for what it is."""
        at_margin = not self.offsets and line.indent < 4
        if at_margin and _HEADING.match(line.text) and line.indent:
            return line.prefix + line.text
        if at_margin and self.in_paragraph and _SETEXT.match(line.text):
            lines = self.result[self.first :]
            if not line.depth and len(lines) > 1 and len(line.text) > 2:
                # Pandoc knows no heading of several lines.
                self.result[self.first :] = [""] * (len(lines) - 1) + [" ".join(one.strip() for one in lines)]
            return line.prefix + line.text
        fence = _FENCE.search(line.written)
        if fence and not _INFO.fullmatch(info := line.written[fence.end() :]) and _FENCE.match(self._content(line)):
            language = match[1] if (match := _LANGUAGE.match(info)) else ""
            attributes = match[0] if (match := _ATTRIBUTES.search(info)) else ""
            return line.written[: fence.end()] + f"{language} {attributes}".rstrip()
        return line.written

    def _content(self, line: _Line) -> str:
        """Return what stands on a line behind the mark of an item."""
        item = None if self.in_paragraph and not self.offsets else _ITEM.match(line.text)
        return line.text[item.end() :] if item else line.text

    def _interrupts(self, number: int, line: _Line) -> bool:
        """Tell whether a line begins something new although the line before is a paragraph."""
        text = line.text
        inside = self.offsets[-1] if self.offsets else 0
        lazy = line.indent < inside or line.depth < self.depth
        if line.indent >= inside + 4:
            return False
        if line.depth > self.depth or _HEADING.match(text) or _DIVISION.match(text) or _NOTE.match(text):
            return True
        if _SETEXT.match(text):
            return lazy and len(text) > 2 and text[0] == "-"
        if _BREAK.match(text):
            return True
        if (text.startswith("~~~") or line.depth < self.depth) and _FENCE.match(text):
            return True
        if _INTERRUPTING.match(text):
            return not self.offsets or line.depth < self.depth
        return self._heads_table(number, line)

    def _below(self, number: int) -> _Line | None:
        return _Line.of(self.lines[number + 1]) if number + 1 < len(self.lines) else None

    def _heads_table(self, number: int, line: _Line) -> bool:
        """Tell whether a line is the head of a table whose cells stand between bars."""
        below = self._below(number)
        return below is not None and "|" in below.text and self._heads(line.text, below.text)

    def _is_head_to_pandoc(self, number: int, line: _Line, text: str) -> bool:
        """Tell whether Pandoc takes what stands before a table for its first cell, and drops its last."""
        below = self._below(number)
        if below is None:
            return False
        before, bar, row = (text if line.text[0] in "-*+" else line.text).partition("|")
        inside = self.offsets[-1] if self.offsets else 0
        begins = (not self.in_paragraph or text is not line.text) and below.indent < inside + 4
        return begins and bool(before and bar) and "|" in below.text and self._heads(f"|{row}", below.text)

    @staticmethod
    def _heads(row: str, below: str) -> bool:
        return "|" in row and bool(_DELIMITERS.fullmatch(below)) and _columns(row) == _columns(below)

    def _note_state(self, number: int, line: _Line) -> None:
        """Note what stands after a line."""
        if not (self.in_paragraph and line.depth < self.depth):
            self.depth = line.depth
        text = self._content(line)
        if text is not line.text:
            self._leave(line.indent)
            mark = line.text[: len(line.text) - len(text)].rstrip()
            self.offsets.append(line.indent + len(mark) + 1)
        if fence := _FENCE.match(text):
            most = len(line.prefix) + max(line.indent, *self.offsets[-1:], 0) + 3
            sign, count = re.escape(fence[1][0]), len(fence[1])
            self.until = re.compile(rf"^[ >\t]{{0,{most}}}{sign}{{{count},}}[ \t]*$")
            self.opened, self.in_paragraph = number + 1, False
        elif opened := _VERBATIM.match(text):
            self._skip(text, re.compile(rf"</{opened[1]}", re.IGNORECASE))
        elif text.startswith("<!--"):
            self._skip(text, re.compile("-->"))
        elif text.startswith("$$"):
            self._skip(text[2:], re.compile(r"\$\$|^\s*$"))
        elif opened := _ENVIRONMENT.match(text):
            self._skip(text, re.compile(rf"\\end\{{{re.escape(opened[1])}\}}|^\s*$"))
        else:
            is_break = bool(_BREAK.match(text)) and not (self.in_paragraph and _SETEXT.match(text))
            self.ended = is_break and (text[0] != "-" or text == "---")
            heads = self._heads_table(number, line)
            self.tables += [number] if heads or (text and self._is_head_to_pandoc(number, line, text)) else []
            self.in_paragraph = bool(text) and not (
                is_break or heads or _HEADING.match(text) or _DIVISION.match(text) or _END_OF_DIVISION.match(text)
                or _SETEXT.match(text) or _BLOCK_TAG.match(text) or (_REFERENCE.match(text) and not self.in_paragraph)
                or text.startswith("|")
            )  # fmt: skip

    def _skip(self, text: str, until: re.Pattern[str]) -> None:
        """Pass by what follows up to its end, if that is not on the same line."""
        self.until = None if until.search(text) and text.strip() else until
        self.opened, self.in_paragraph = 0, False


def _columns(row: str) -> int:
    return len(re.findall(r"(?<!\\)\|", row.strip().strip("|")))


def part(source: str, metadata: Sequence[tuple[int, int]] = ()) -> Parted:
    """Return a text with an empty line wherever CommonMark begins a block without one.

    `metadata` are the first and the last line of each of its blocks, counted from 0.
    """
    passed = {number for first, last in metadata for number in range(first, last + 1)}
    return _Scanner(source.split("\n")).scan(passed)
