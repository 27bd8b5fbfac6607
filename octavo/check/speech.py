"""Say a tagged PDF as a screen reader does: what each thing is, then its words, in reading order.

The words stand as they are in the file; what a reader adds of its own stands in square brackets or before a colon. A
description takes the place of what it describes, a note is told at its reference, a cell with its heads.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from octavo.check.listening import Element, Leaf, ObjectReference
from octavo.check.relations import INLINE, NOTES, Relations, first_page, rows

#: What holds other things and is not told itself.
_SILENT: Final = frozenset({"Document", "DocumentFragment", "Part", "Art", "Sect", "Div", "NonStruct", "Private"})
_NUMBERING: Final = {"Description": "definitions", "Unordered": "bullets", "None": "", "Ordered": "numbers"}
_SURROUNDED: Final = {"BlockQuote": "quotation", "Aside": "aside", "Index": "index"}
_HEADING: Final = re.compile(r"H(\d+)")
_STEP: Final = "  "


@dataclass
class Speaker:
    """Say elements, line by line; `wanted` are the pages, from 0, whose text is told."""

    relations: Relations
    wanted: Collection[int]
    language: str = ""
    _told_pages: set[int] = field(default_factory=set)

    def say(self, elements: Sequence[Element]) -> Iterator[str]:
        """Yield the lines of some elements."""
        for element in elements:
            if self._is_wanted(element):
                yield from self._block(element, "")

    def _is_wanted(self, element: Element) -> bool:
        return not element.pages or any(page in self.wanted for page in element.pages)

    def _kids(self, element: Element, indent: str, first: str = "") -> Iterator[str]:
        """Yield the lines of what an element holds: text and inline elements run together, blocks stand alone.

        `first` is said at the beginning of the first line.
        """
        run, is_label = "", True
        for kid in element.kids:
            if not isinstance(kid, Element) or kid.role in INLINE or _is_inline_figure(kid):
                run += self._inline(kid)
                is_label = is_label and isinstance(kid, Element) and kid.role == "Lbl"
                continue
            if run.strip() and is_label:
                first += f"{_plain(run)} "
            elif run.strip():
                yield from self._line(indent, first + run)
                first = ""
            run, is_label = "", True
            if self._is_wanted(kid) and kid.node.objgen not in self.relations.called:
                yield from self._page(kid, indent)
                for line in self._block(kid, indent):
                    yield indent + first + line.removeprefix(indent)
                    first = ""
        yield from self._line(indent, first + run)

    def _line(self, indent: str, text: str) -> Iterator[str]:
        said = _plain(text)
        if said:
            yield indent + said

    def _block(self, element: Element, indent: str) -> Iterator[str]:
        yield from self._page(element, indent)
        language = element.words("/Lang")
        if language and language != self.language and element.role not in INLINE and element.role != "Document":
            yield f"{indent}[language {language}]"
            yield from self._told(element, indent)
            yield f"{indent}[end of language {language}]"
        else:
            yield from self._told(element, indent)

    def _page(self, element: Element, indent: str) -> Iterator[str]:
        """Say that a page begins, the first time that something on it is told."""
        page = first_page(element)
        if page >= 0 and element.role not in _SILENT and page in self.wanted and page not in self._told_pages:
            self._told_pages.add(page)
            yield f"{indent}[page {self.relations.labels[page]}]"

    def _told(self, element: Element, indent: str) -> Iterator[str]:
        role = element.role
        heading = _HEADING.fullmatch(role)
        if "/ActualText" in element.node or role in INLINE or _is_inline_figure(element):
            yield from self._line(indent, self._inline(element))
        elif heading:
            yield from self._kids(element, indent, f"heading level {heading[1]}: ")
        elif role == "Title":
            yield from self._kids(element, indent, "title: ")
        elif role == "L":
            yield from self._list(element, indent)
        elif role == "TOC":
            entries = sum(isinstance(kid, Element) and kid.role == "TOCI" for kid in element.kids)
            yield from self._surrounded(element, indent, "contents", f" with {_counted(entries, 'entry', 'entries')}")
        elif role == "Table":
            yield from self._table(element, indent)
        elif role == "Figure":
            yield from self._figure(element, indent)
        elif role == "Caption":
            yield from self._kids(element, indent, "caption: ")
        elif role in NOTES:
            yield from self._kids(element, indent, "note: ")
        elif role in _SURROUNDED:
            yield from self._surrounded(element, indent, _SURROUNDED[role])
        elif role == "P" and code_block(element) is not None:
            yield from self._code(element, indent)
        elif role != "Artifact":
            yield from self._kids(element, indent)

    def _surrounded(self, element: Element, indent: str, name: str, facts: str = "") -> Iterator[str]:
        yield f"{indent}{name}{facts}:"
        yield from self._kids(element, indent + _STEP)
        yield f"{indent}end of {name}"

    def _list(self, element: Element, indent: str) -> Iterator[str]:
        items = [kid for kid in element.kids if isinstance(kid, Element) and kid.role == "LI"]
        kind = str(element.attributes.get("/ListNumbering", "/None"))[1:]
        words = _NUMBERING.get(kind, kind)
        yield f"{indent}list{f' of {words}' if words else ''} with {_counted(len(items), 'item', 'items')}:"
        for kid in element.kids:
            if not isinstance(kid, Element) or not self._is_wanted(kid):
                continue
            if kid.role != "LI":
                yield from self._block(kid, indent + _STEP)
                continue
            yield from self._page(kid, indent + _STEP)
            yield from self._item(kid, indent + _STEP)
        yield f"{indent}end of list"

    def _item(self, item: Element, indent: str) -> Iterator[str]:
        label = ""
        for kid in item.kids:
            if isinstance(kid, Element) and kid.role == "Lbl":
                label += self._inline(kid)
        first = f"{_plain(label)} " if label.strip() else ""
        for kid in item.kids:
            if isinstance(kid, Element) and kid.role != "Lbl":
                for at, line in enumerate(self._kids(kid, indent + _STEP, first)):
                    yield line.removeprefix(_STEP) if first and not at else line
                first = ""
        yield from self._line(indent, first)

    def _table(self, table: Element, indent: str) -> Iterator[str]:
        cells = self.relations.cells(table)
        columns = max((cell.column + cell.columns for cell in cells), default=0)
        height = sum(1 for _ in rows(table))
        yield f"{indent}table with {_counted(height, 'row', 'rows')} and {_counted(columns, 'column', 'columns')}:"
        if table.words("/Summary") or "/Summary" in table.attributes:
            yield f"{indent}{_STEP}summary: {_plain(str(table.attributes.get('/Summary', '')))}"
        for kid in table.kids:
            if isinstance(kid, Element) and kid.role not in {"THead", "TBody", "TFoot", "TR"} and self._is_wanted(kid):
                yield from self._block(kid, indent + _STEP)
        row = -1
        for cell in cells:
            if not self._is_wanted(cell.element):
                continue
            yield from self._page(cell.element, indent + _STEP)
            if cell.row != row:
                row = cell.row
                yield f"{indent}{_STEP}row {row + 1}:"
            heads = ", ".join(filter(None, (_plain(self._head_words(head)) for head in cell.heads)))
            spans = (("columns", cell.columns), ("rows", cell.rows))
            name = "header" if cell.element.role == "TH" else "cell"
            name += "".join(f" over {count} {word}" for word, count in spans if count > 1)
            lines = list(self._kids(cell.element, indent + _STEP * 3)) or [f"{indent}{_STEP * 3}blank"]
            told = f"{name} [{heads}]" if heads else name
            yield f"{indent}{_STEP * 2}{told}: {lines[0].strip()}"
            yield from lines[1:]
        yield f"{indent}end of table"

    def _head_words(self, kid: Element | Leaf | ObjectReference) -> str:
        """Return the words by which a head is told again with each of its cells: its notes were told with the head."""
        if isinstance(kid, Leaf):
            return kid.text or ""
        if isinstance(kid, ObjectReference) or kid.role in NOTES or self.relations.note(kid) is not None:
            return ""
        return kid.words("/ActualText") or kid.words("/Alt") or "".join(map(self._head_words, kid.kids))

    def _figure(self, figure: Element, indent: str) -> Iterator[str]:
        described = figure.words("/Alt")
        yield f"{indent}graphic: {_plain(described) or '[no description]'}"
        for kid in figure.kids:
            if isinstance(kid, Element) and (kid.role == "Caption" or not described) and self._is_wanted(kid):
                yield from self._block(kid, indent + _STEP)

    def _code(self, paragraph: Element, indent: str) -> Iterator[str]:
        code = code_block(paragraph)
        lines = code_lines(code, self.wanted) if code is not None else []
        yield f"{indent}code with {_counted(len(lines), 'line', 'lines')}:"
        yield from (f"{indent}{_STEP}{line}".rstrip() for line in lines)
        yield f"{indent}end of code"

    def _inline(self, kid: Element | Leaf | ObjectReference) -> str:
        """Return the words of something in a line, with what is told of it."""
        if isinstance(kid, Leaf):
            return (kid.text or "") if kid.page in self.wanted else ""
        if isinstance(kid, ObjectReference) or not self._is_wanted(kid):
            return ""
        if kid.role in NOTES and kid.node.objgen in self.relations.called:
            return ""
        said = kid.words("/ActualText") or kid.words("/Alt") or "".join(map(self._inline, kid.kids))
        if not said.strip() and kid.role != "Figure":
            return said
        note = self.relations.note(kid)
        match kid.role:
            case _ if note is not None:
                said = self._note(note, said)
            case "Formula":
                said = f"[formula: {_plain(said)}]"
            case "Figure":
                said = f"[graphic: {_plain(said) or 'no description'}]"
            case "Link":
                goal = "" if kid.words("/Alt") else self._leads_to(kid, said)
                said = f"[link: {_plain(said)}{goal}]" + (" " if said.endswith(" ") else "")
        if "/E" in kid.node:
            said += f" [for: {kid.words('/E')}]"
        language = kid.words("/Lang")
        return f"[{language}: {said}]" if language and language != self.language else said

    def _note(self, note: Element, mark: str) -> str:
        """Say a note where it is called; a listener cannot look down the page."""
        label = _plain("".join(k.text for k in note.kids if isinstance(k, Element) and k.role == "Lbl"))
        everywhere = range(-1, len(self.relations.labels))
        inner = Speaker(self.relations, everywhere, self.language, set(everywhere))
        lines = " ".join(line.strip() for line in inner._kids(note, ""))
        said = lines.removeprefix(label).strip()
        called = "" if _plain(mark) == label else mark.rstrip()
        return f"{called} [note {label or _plain(mark)}: {said} End of note.]" + (" " if mark.endswith(" ") else "")

    def _leads_to(self, link: Element, said: str) -> str:
        """Say where a link leads, unless its words do."""
        goal = self.relations.goal(link)
        if goal is None:
            return ", leads nowhere"
        if goal.address:
            known = goal.address.removeprefix("mailto:").rstrip("/")
            return "" if known in re.sub(r"\s", "", _plain(said)) else f", to {goal.address}"
        page = goal.page if goal.page >= 0 else first_page(goal.element) if goal.element is not None else -1
        label = self.relations.labels[page] if page >= 0 else ""
        return f", to page {label}" if label and not re.search(rf"\b{re.escape(label)}$", _plain(said)) else ""


def _is_inline_figure(element: Element) -> bool:
    return element.role == "Figure" and str(element.attributes.get("/Placement", "/Inline")) == "/Inline" and not any(
        isinstance(kid, Element) for kid in element.kids
    )  # fmt: skip


def code_block(paragraph: Element) -> Element | None:
    """Return the code that a paragraph consists of, if each of its lines is an element."""
    kids = [kid for kid in paragraph.kids if isinstance(kid, Element)]
    if len(kids) != 1 or len(paragraph.kids) != 1 or kids[0].role != "Code":
        return None
    return kids[0] if kids[0].kids and all(isinstance(kid, Element) for kid in kids[0].kids) else None


def code_lines(code: Element, wanted: Collection[int] | None = None) -> list[str]:
    """Return the lines of a code block; a line that the engine broke is one line."""
    return [
        "".join(
            (leaf.text or "")
            for leaf in kid.kids
            if isinstance(leaf, Leaf) and (wanted is None or leaf.page in wanted)
        )
        for kid in code.kids
        if isinstance(kid, Element)
    ]


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _plain(text: str) -> str:
    """Return words as they are said: without soft hyphens, with single spaces."""
    return " ".join(text.replace("\N{SOFT HYPHEN}", "").split())
