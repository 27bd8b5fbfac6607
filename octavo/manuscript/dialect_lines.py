"""Read the lines that other tools give a meaning of their own, before Pandoc reads the file.

Pandoc takes MkDocs' `!!! note` for a paragraph and the text below it for code, and runs a chunk of R together into one
line. Such passages are written here in Pandoc's own way: callouts become divs, chunks become code. What stands in code
already is left alone. The file itself keeps its lines; only Pandoc gets others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from octavo.manuscript.dialect_fences import Finding, Opening, directive, opening_of
from octavo.manuscript.dialect_roles import read_roles
from octavo.manuscript.dialects import TITLE, dialects

#: A line of the file with its number, counted from 0.
Line: TypeAlias = tuple[int, str]

#: What must stand in a file for any of this to be looked for.
_SIGNS = re.compile(
    r"^[ >\t]*(?:!!!|\?\?\?|={3}[+!]? \"|/// |[A-Z]>|\{[\w/]|\.\. )|:::"
    r"|(?<![`~])(?:```+|~~~+)[ \t]*(?:[^\s`~]+[ \t]+[^\s`~]|[^\s`~]*[{,])"
    r"|\{\{<|\\[@]ref|\(\\#|\(ref:|\}`|^\([\w:.-]+\)=",
    re.MULTILINE,
)
_FENCE = re.compile(r"(?P<lead>[ >\t]*(?:(?:[-*+]|\d+[.)])[ \t]+)?)(?P<marks>`{3,}|~{3,})[ \t]*(?P<info>.*?)\s*$")
_COLONS = re.compile(r"(?P<lead>[ >\t]*)(?P<marks>:{3,})[ \t]*(?P<info>[^\s:].*?)[ \t]*:*$")
_ADMONITION = re.compile(r"(?P<lead>[ >]*)(?:!!!|\?\?\?\+?)[ \t]+(?P<kind>[\w-]+)[^\"]*?(?:\"(?P<title>.*)\")?\s*$")
_TAB = re.compile(r"(?P<lead>[ >]*)===[+!]?[ \t]+\"(?P<title>.+)\"\s*$")
_BLOCK = re.compile(r"(?P<lead>[ >]*)///[ \t]*(?P<kind>[\w-]+)[ \t]*(?:\|[ \t]*(?P<title>.*?))?\s*$")
_DIRECTIVE = re.compile(r"(?P<lead>[ >]*)\.\.[ \t]+(?P<kind>[\w:-]+)::(?:[ \t]+(?P<title>.*?))?\s*$")
_LEANPUB = re.compile(r"(?P<letter>[A-Z])>[ \t]?(?P<text>.*)$")
_LEANPUB_BLOCK = re.compile(
    r"\{(?P<close>/?)(?P<kind>aside|blurb)(?:,?\s*class:?\s*\"?(?P<class>[\w-]+)\"?)?[^{}]*\}\s*$"
)
_TARGET = re.compile(r"\((?P<label>[\w:.-]+)\)=\s*$")
_TEXT_REFERENCE = re.compile(r"\((?P<name>ref:[\w-]+)\)[ \t]+(?P<text>\S.*)$")
_PAGE_BREAK = re.compile(r"[ \t]*\{\{<\s*pagebreak\s*>\}\}\s*$")
_EQUATION_LABEL = re.compile(r"^(?P<before>(?:[^`]|`[^`]*`)*?)\(\\#(?P<label>eq:[\w-]+)\)")
_MATHS_ENDS = re.compile(r"\\end\{|\$\$")
_MYST_LABEL = re.compile(r"(?P<formula>.*\$\$)[ \t]*\((?P<label>[A-Za-z][\w:.-]*)\)[ \t]*$")
_TABLE_LABEL = re.compile(r"^(?P<head>[ \t]*(?:Table)?:[ \t]+)\(\\#tab:(?P<label>[\w-]+)\)[ \t]*(?P<text>.*)$")
_HEADING = re.compile(r"#{1,6}[ \t]+\S")
_IN_LIST = re.compile(r"\s*([-*+]|\(?(?:\d+|[A-Za-z#]|[ivx]+|@[\w-]*)[.)]|[:~]|\[\^[^\]]+\]:)\s+")
_INDENTED = re.compile(r"(?: {4}|\t)")

#: A reference to a figure or a table, in the spelling of bookdown or of Quarto.
_REFERENCED = re.compile(r"@(?:ref\((?:fig|tab):|(?:fig|tbl)-)([\w-]+)")


@dataclass
class Translation:
    """Hold the text that Pandoc reads, the line of the file behind each of its lines, and what must be said of it."""

    text: str
    findings: list[Finding] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def line(self, line: int) -> int:
        """Return the line of the file for one of the text, both counted from 1."""
        return self.numbers[line - 1] + 1 if 0 < line <= len(self.numbers) else line


def translate(source: str) -> Translation:
    """Return a file in Pandoc's own Markdown."""
    if not _SIGNS.search(source):
        return Translation(source)
    lines = list(enumerate(source.split("\n")))
    texts = {found["name"]: found["text"] for _, line in lines if (found := _TEXT_REFERENCE.match(line))}
    reader = _Reader(texts, frozenset(name for _, line in lines for name in _REFERENCED.findall(line)))
    written = reader.read(lines)
    return Translation("\n".join(text for _, text in written), reader.findings, [number for number, _ in written])


@dataclass
class _Written:
    """Gather the lines that Pandoc reads, each with the number of the line that it was made of."""

    lines: list[Line] = field(default_factory=list)

    @property
    def last(self) -> str:
        """Return the line before."""
        return self.lines[-1][1] if self.lines else ""

    def put(self, number: int, pieces: Sequence[str | Line], lead: str = "") -> None:
        """Add lines that begin with `lead`; those without a number of their own were made of that one."""
        for piece in pieces:
            own, text = (number, piece) if isinstance(piece, str) else piece
            self.lines.append((own, lead + text))


@dataclass
class _Reader:
    """Read the lines of one file; `texts` are the text references in it, `referenced` what it refers to."""

    texts: dict[str, str]
    referenced: frozenset[str] = frozenset()
    findings: list[Finding] = field(default_factory=list)
    _columns: list[int] = field(default_factory=list)

    def read(self, lines: Sequence[Line]) -> list[Line]:
        """Return lines, and those of the passages in them, as Pandoc should read them."""
        written = _Written()
        at, in_list, comment = 0, False, False
        if lines and lines[0] == (0, "---"):
            at = next((i + 1 for i, (_, text) in enumerate(lines) if i and text.rstrip() in ("---", "...")), 0)
            written.put(0, lines[:at])
        while at < len(lines):
            text = lines[at][1]
            blank_before = not written.last.strip(" >\t")
            if comment or ("<!--" in text and "-->" not in text.rpartition("<!--")[2]):
                comment = "-->" not in text.rpartition("<!--")[2] if "<!--" in text else "-->" not in text
                written.put(0, [lines[at]])
                at += 1
                continue
            if text.strip() and not _INDENTED.match(text):
                in_list = bool(_IN_LIST.match(text)) or (in_list and (not blank_before or text[0].isspace()))
            if found := _IN_LIST.match(text):
                self._columns = [column for column in self._columns if column <= found.start(1)] + [found.end()]
            elif not in_list:
                self._columns = []
            if _INDENTED.match(text) and not in_list and blank_before:
                while at < len(lines) and (_INDENTED.match(lines[at][1]) or not lines[at][1].strip()):
                    written.put(0, [lines[at]])
                    at += 1
                continue
            at = self._line(lines, at, written)
        return written.lines

    def _line(self, lines: Sequence[Line], at: int, written: _Written) -> int:
        """Write the line there, or the whole passage that begins with it; return where to go on."""
        text = lines[at][1]
        if found := _FENCE.match(text):
            return self._fence(lines, at, found, written)
        for pattern, read in (
            (_COLONS, self._colons),
            (_ADMONITION, self._admonition),
            (_TAB, self._tab),
            (_BLOCK, self._block),
            (_DIRECTIVE, self._directive),
            (_LEANPUB, self._leanpub),
            (_LEANPUB_BLOCK, self._leanpub_block),
            (_TARGET, self._target),
        ):
            if (found := pattern.match(text)) and (after := read(lines, at, found, written)) > at:
                return after
        if _TEXT_REFERENCE.match(text):
            written.put(lines[at][0], [""])
        elif _PAGE_BREAK.match(text):
            written.put(lines[at][0], ["", "\\newpage", ""])
        else:
            written.put(lines[at][0], [self._plain(lines, at)])
        return at + 1

    def _plain(self, lines: Sequence[Line], at: int) -> str:
        """Return a line of text with the roles and labels in it read."""
        text = lines[at][1]
        if "(\\#" in text or "$$" in text:
            text = self._labelled(lines, at, text)
        return read_roles(text, self.texts)

    def _labelled(self, lines: Sequence[Line], at: int, text: str) -> str:
        r"""Return a line with the label of a formula or a table where Pandoc and Octavo look for it.

        bookdown's `(\#eq:a)` may stand in any line of an environment; MyST writes `(a)` behind the closing `$$`.
        """
        if (found := _EQUATION_LABEL.search(text)) and _MATHS_ENDS.search("\n".join(_until_empty(lines[at:]))):
            text = f"{found['before']}\\label{{{found['label']}}}{text[found.end() :]}"
        elif (found := _MYST_LABEL.match(text)) and _is_closing(lines[: at + 1]):
            text = f"{found['formula']} {{#eq:{found['label'].removeprefix('eq:')}}}"
        return _TABLE_LABEL.sub(lambda found: f"{found['head']}{found['text']} {{#tbl:{found['label']}}}", text)

    def _fence(self, lines: Sequence[Line], at: int, found: re.Match[str], written: _Written) -> int:
        """Write what stands in a fence: as it is, as code without the options of a chunk, or as a passage."""
        lead, marks, info = found["lead"], found["marks"], found["info"]
        end = _closing(lines, at, marks[0], len(marks))
        if end < 0 or (marks[0] == "`" and "`" in info):
            written.put(lines[at][0], [self._plain(lines, at)])
            return at + 1
        body = list(lines[at + 1 : end])
        opening = opening_of(info)
        if opening.kind == "code":
            written.put(0, lines[at : end + 1])
            return end + 1
        number, column = lines[at][0], len(lead) + 1
        if opening.kind == "options":
            self.findings.append(Finding("options", number, column, info))
            written.put(number, [f"{lead}{marks}{opening.name}", *lines[at + 1 : end + 1]])
            return end + 1
        if opening.kind == "chunk":
            self.findings.append(Finding("chunk", number, column, info))
        self._passage(opening, lead, marks, body, (number, column), written)
        return end + 1

    def _passage(
        self, opening: Opening, lead: str, marks: str, body: list[Line], place: tuple[int, int], written: _Written
    ) -> None:
        """Write a directive or a chunk, between empty lines."""
        in_item = bool(lead.strip(" >\t"))
        inside = " " * len(lead) if in_item else self._lead(lead)
        margin = " " * len(lead) if in_item else lead
        made = directive(opening, [(number, text.removeprefix(margin)) for number, text in body], self.referenced)
        if made.unknown:
            self.findings.append(Finding("directive", *place, opening.name))
        pieces: list[str | Line] = []
        if made.attributes:
            pieces += [f"::: {{{made.attributes}}}"]
            if made.title:
                pieces += [f"::: {{.{TITLE}}}", made.title, ":::"]
            pieces += ["", *self.read(made.body), "", ":::"]
        elif made.code is not None:
            pieces += [f"{marks}{made.code}", *made.body, marks]
        else:
            pieces += self.read(made.body)
        if not in_item:
            lead = inside
            written.put(place[0], [lead.rstrip()])
        written.put(place[0], pieces[:1] or [""], lead)
        written.put(place[0], pieces[1:], inside)
        written.put(place[0], [inside.rstrip()])

    def _colons(self, lines: Sequence[Line], at: int, found: re.Match[str], written: _Written) -> int:
        """Write `:::{note} Title` and `::: tip Title`, which are no divs to Pandoc."""
        info, lists = found["info"], dialects()
        lead, marks, place = found["lead"], found["marks"], (lines[at][0], len(found["lead"]) + 1)
        myst = re.fullmatch(r"\{(?P<name>[a-z][\w:.-]*)\}[ \t]*(?P<title>.*)", info)
        if myst:
            end = _closing(lines, at, ":", len(marks))
            if end < 0:
                return at
            opening = Opening("directive", myst["name"], myst["title"])
            self._passage(opening, lead, "```", list(lines[at + 1 : end]), place, written)
            return end + 1
        titled = re.fullmatch(r"(?P<name>[a-z][\w-]*)(?:\[(?P<in>.+)\]|[ \t]+(?P<behind>[^{\s].*))(?:\{.*\})?", info)
        names = set(lists.callouts) | set(lists.titled) | set(lists.theorems.values()) | {"details"}
        if not titled or titled["name"] not in names or not _is_closed(lines, at):
            if not info.startswith("{") and not re.fullmatch(r"[\w-]+", info):
                return at
            written.put(place[0], [*([lead.rstrip()] if written.last.strip(" >\t:") else []), lines[at]])
            return at + 1
        title = titled["in"] or titled["behind"] or ""
        name = "note" if titled["name"] in lists.titled and titled["name"] not in _FORMS else titled["name"]
        opened = [f"::: {{.{name}}}", f"::: {{.{TITLE}}}", title, ":::", ""]
        written.put(place[0], [lead.rstrip(), *(lead + piece for piece in opened)])
        return at + 1

    def _set_in(self, lines: Sequence[Line], at: int, lead: str, least: int) -> tuple[list[Line], int]:
        """Return the lines below one that are set in by so many spaces, moved out, and where they end."""
        margin = len(lead) + least
        end = last = at + 1
        while end < len(lines):
            text = lines[end][1].expandtabs(4)
            if text.strip(" >") and len(text) - len(text.lstrip(" >")) < margin:
                break
            end += 1
            if text.strip(" >"):
                last = end
        return [(number, text.expandtabs(4)[margin:]) for number, text in lines[at + 1 : last]], last

    def _lead(self, lead: str) -> str:
        """Return how far a passage is set in: in a list no more than its item, or Pandoc would not see it."""
        if lead.strip(" ") or not lead:
            return lead
        return " " * max((column for column in self._columns if column <= len(lead)), default=len(lead))

    def _div(self, kind: str, title: str, lead: str, body: Sequence[Line], number: int, written: _Written) -> None:
        """Write a callout of that kind, or one with the kind as its title where Octavo has no form for it."""
        lists, lead = dialects(), self._lead(lead)
        form = lists.callouts.get(kind, "note")
        if not title and kind not in lists.callouts:
            title = lists.titled.get(kind, kind.replace("-", " ").capitalize())
        head = [f"::: {{.{TITLE}}}", title, ":::"] if title else []
        written.put(number, [lead.rstrip()])
        written.put(number, [f"::: {{.{form}}}", *head, "", *self.read(body), "", ":::", ""], lead)

    def _admonition(self, lines: Sequence[Line], at: int, found: re.Match[str], written: _Written) -> int:
        body, end = self._set_in(lines, at, found["lead"], 4)
        self._div(found["kind"].lower(), found["title"] or "", found["lead"], body, lines[at][0], written)
        return end

    def _tab(self, lines: Sequence[Line], at: int, found: re.Match[str], written: _Written) -> int:
        body, end = self._set_in(lines, at, found["lead"], 4)
        if not body:
            return at
        written.put(lines[at][0], ["", f"**{found['title']}**", "", *self.read(body), ""], found["lead"])
        return end

    def _block(self, lines: Sequence[Line], at: int, found: re.Match[str], written: _Written) -> int:
        close = found["lead"] + "///"
        end = next((i for i in range(at + 1, len(lines)) if lines[i][1].rstrip() == close), -1)
        if end < 0:
            return at
        self._div(
            found["kind"].lower(), found["title"] or "", found["lead"], lines[at + 1 : end], lines[at][0], written
        )
        return end + 1

    def _directive(self, lines: Sequence[Line], at: int, found: re.Match[str], written: _Written) -> int:
        body, end = self._set_in(lines, at, found["lead"], 2)
        margin = min((len(text) - len(text.lstrip()) for _, text in body if text.strip()), default=0)
        body = [(number, text[margin:]) for number, text in body]
        kind, title = found["kind"], found["title"] or ""
        if kind not in dialects().callouts and kind not in dialects().code_directives:
            return at
        if title and kind in dialects().callouts and kind != "admonition":
            body, title = [(lines[at][0], title), *body], ""
        place = (lines[at][0], len(found["lead"]) + 1)
        self._passage(Opening("directive", kind, title), found["lead"], "```", body, place, written)
        return end

    def _leanpub(self, lines: Sequence[Line], at: int, found: re.Match[str], written: _Written) -> int:
        letter = found["letter"]
        if letter not in dialects().leanpub or written.last.strip():
            return at
        body: list[Line] = []
        end = at
        while end < len(lines) and (line := _LEANPUB.match(lines[end][1])) and line["letter"] == letter:
            body.append((lines[end][0], line["text"]))
            end += 1
        form, title = dialects().leanpub[letter]
        self._div(form, title, "", body, lines[at][0], written)
        return end

    def _leanpub_block(self, lines: Sequence[Line], at: int, found: re.Match[str], written: _Written) -> int:
        if found["close"]:
            return at
        close = f"{{/{found['kind']}}}"
        end = next((i for i in range(at + 1, len(lines)) if lines[i][1].strip() == close), -1)
        if end < 0:
            return at
        self._div(found["class"] or "note", "", "", lines[at + 1 : end], lines[at][0], written)
        return end + 1

    def _target(self, lines: Sequence[Line], at: int, found: re.Match[str], written: _Written) -> int:
        """Write MyST's label of what follows: on a heading as its identifier, in a paragraph as a place."""
        after = next((i for i in range(at + 1, len(lines)) if lines[i][1].strip()), -1)
        text = lines[after][1] if after > 0 else ""
        if _HEADING.match(text) and not text.rstrip().endswith("}"):
            written.put(lines[after][0], ["", f"{read_roles(text, self.texts).rstrip()} {{#{found['label']}}}"])
            return after + 1
        if text[:1].isalnum():
            written.put(lines[after][0], ["", f"[]{{#{found['label']}}}{read_roles(text, self.texts)}"])
            return after + 1
        return at


#: The passages of Octavo's own that other tools name too.
_FORMS = ("abstract", "summary", "questions", "epigraph", "example", "exercise")


def _until_empty(lines: Sequence[Line]) -> list[str]:
    """Return the texts of the lines down to the first empty one."""
    end = next((i for i, (_, text) in enumerate(lines) if not text.strip()), len(lines))
    return [text for _, text in lines[:end]]


def _is_closing(lines: Sequence[Line]) -> bool:
    """Tell whether the `$$` in the last of these lines closes a formula of its paragraph."""
    return sum(text.count("$$") for text in _until_empty(lines[::-1])) % 2 == 0


def _is_closed(lines: Sequence[Line], at: int) -> bool:
    """Tell whether any fence closes below a line."""
    return any(re.fullmatch(r"[ >\t]*:{3,}\s*", text) for _, text in lines[at + 1 :])


def _closing(lines: Sequence[Line], at: int, sign: str, least: int) -> int:
    """Return the line that closes a fence, or -1."""
    for index in range(at + 1, len(lines)):
        text = lines[index][1].strip(" >\t")
        if len(text) >= least and not text.strip(sign) and (sign != ":" or len(text) == least):
            return index
    return -1
