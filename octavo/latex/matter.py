"""Write front and back matter: what is known only when every page is.

The pages come from the run itself: main matter is typeset first, and the contents, the bibliography with the pages
that cite each entry, and the index are written with true numbers and fed to the same engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from octavo.imprint import Imprint
from octavo.latex import maths
from octavo.latex.blocks import BlockWriter
from octavo.latex.context import Context, IndexMark, Printed
from octavo.latex.environment import Macros
from octavo.latex.escape import Tex, escape
from octavo.latex.tree import Element
from octavo.manuscript import nodes as n
from octavo.manuscript.words import numbered
from octavo.press.pages import PageMap

#: Gives each text a key that sorts as the alphabet does.
SortKey: TypeAlias = Callable[[str], tuple[int, ...]]

#: Headings of this level and above stand in the contents.
DEEPEST_IN_CONTENTS = 2


@dataclass
class Matter:
    """Write the parts of a book that are made from the rest of it."""

    context: Context
    macros: Macros
    writer: BlockWriter

    def _leaf(self, element: Element, text: str) -> Tex:
        return Tex(f"\\leaf{{{self.context.leaves.on(element)}}}") + escape(text, self.context.around.rightward)

    def _page(self, folio: str) -> str:
        """Say which page, as a listener hears it."""
        return numbered(self.context.words, "page", folio).replace("\N{NO-BREAK SPACE}", " ")

    def _link(self, element: Element, text: str, goal: Element, place: int = 0) -> Tex:
        alt = self._page(text)
        link = element.add("Link", annotation=self.context.leaves.next(), leads_to=goal, place=place, alt=alt)
        return self.context.macros("link", annotation=link.annotation, content=self._leaf(link, text))

    def _reference(self, item: Element, goal: Element) -> Element:
        """Add the link of a contents entry; PDF/UA-2, 8.2.5.8, ties the entry to what it names."""
        item.related = goal
        return item.add("Reference").add("Link", annotation=self.context.leaves.next(), leads_to=goal)

    def _say(self, title: Sequence[n.Inline]) -> str:
        """Return a title as a listener hears it."""
        language = self.context.language
        return n.plain_text(title, formula=lambda formula: maths.alternative(formula, language, language)[0]).strip()

    def heading(self, key: str, parent: Element, own: n.Heading | None = None) -> tuple[Element, Tex]:
        """Open a chapter of the back or front matter; return its section and its LaTeX.

        `own` is the heading that the author gives it.
        """
        title = self._title(key, own)
        section = parent.add("Sect")
        heading = section.add("H1", identifier=own.attributes.identifier if own else f"octavo-{key}")
        heading.anchor = self.context.leaves.next()
        anchor = self.context.macros("anchor", number=heading.anchor)
        tex = self.context.macros(
            "chapter", number="", label_leaf=0, title=self._leaf(heading, title), plain=title, anchor=anchor,
            notes=Tex(""), kind="", role="back", layer=0, level="", level_leaf=0, question="",
            question_leaf=0, picture=None,
        )  # fmt: skip
        self.context.headings.append(Printed(1, "", title, [], heading.identifier, heading, "back"))
        return section, tex

    def announce(self, key: str, own: n.Heading | None = None) -> Printed:
        """Return the heading that a chapter will have, for a trial of the contents."""
        return Printed(1, "", self._title(key, own), [], "", Element("H1"), "back")

    def _title(self, key: str, own: n.Heading | None) -> str:
        return " ".join(n.plain_text(own.children).split()) if own else self.context.words(key)

    def title_pages(self, imprint: Imprint, parent: Element) -> Tex:
        """Write half title, title page and colophon."""
        section = parent.add("Sect")
        title = section.add("Title")

        def line(text: str) -> Tex:
            return self._leaf(section.add("P"), text) if text else Tex("")

        def title_line(text: str) -> Tex:
            return self._leaf(title, text)

        return self.macros("title_pages", line=line, title_line=title_line, imprint=imprint)

    def contents(self, headings: Sequence[Printed], pages: PageMap, parent: Element, deepest: int) -> Tex:
        """Write the contents: each heading with its page, as one link."""
        section, opener = self.heading("contents", parent)
        root = section.add("TOC")
        stack: list[tuple[int, Element]] = [(0, root)]
        lines = []
        for heading in headings:
            if heading.level > deepest:
                continue
            while stack[-1][0] >= heading.level:
                stack.pop()
            holder = stack[-1][1]
            if holder.tag == "TOCI":
                last = holder.kids[-1]
                holder = last if isinstance(last, Element) and last.tag == "TOC" else holder.add("TOC")
            item = holder.add("TOCI")
            stack.append((heading.level, item))
            link = self._reference(item, heading.element)
            folio = pages.folio_of(heading.element.anchor)
            title = self.context.quote(heading.children) or [n.Text(heading.title)]
            link.alt = f"{self._say(title)}, {self._page(folio)}"
            lines.append(
                {
                    "level": heading.level,
                    "annotation": link.annotation,
                    "number": self._leaf(link, heading.number) if heading.number else "",
                    "title": self.writer.write_line(title, link),
                    "page": self._leaf(link, folio),
                    "question": self._leaf(item.add("P"), heading.question) if heading.question else "",
                }
            )
        return opener + self.macros("contents", lines=lines)

    def figures(self, pages: PageMap, parent: Element) -> Tex:
        """Write the list of figures and tables, or nothing when there is none."""
        captions = [caption for caption in self.context.captions if caption.number]
        if not captions:
            return Tex("")
        section, opener = self.heading("figures", parent)
        root = section.add("TOC")
        lines = []
        for kind in ("figure", "table", "listing"):
            for caption in captions:
                if caption.kind != kind:
                    continue
                link = self._reference(root.add("TOCI"), caption.element)
                label = numbered(self.context.words, kind, caption.number)
                place = next((leaf for leaf in caption.element.leaves()), 0)
                folio = pages.folio_of(place)
                link.alt = f"{label}, {self._page(folio)}"
                lines.append(
                    {
                        "annotation": link.annotation,
                        "label": self._leaf(link, label),
                        "title": self.writer.write_line(caption.title, link),
                        "page": self._leaf(link, folio),
                        "kind": kind,
                    }
                )
        return opener + self.macros("figures", lines=lines)

    def bibliography(
        self, entries: dict[str, list[n.Block]], pages: PageMap, parent: Element, own: n.Heading | None
    ) -> Tex:
        """Write the entries in the order of the style, each with the pages that cite it."""
        section, opener = self.heading("bibliography", parent, own)

        def cited(key: str, entry: Element) -> Tex:
            places = [(place, element) for cited, place, element in self.context.cited if cited == key]
            return self._cited(places, pages, entry)

        return opener + self.writer.write_sources(entries, section, cited)

    def _cited(self, places: Sequence[tuple[int, Element]], pages: PageMap, entry: Element) -> Tex:
        """Return the pages that cite an entry, in brackets, or nothing."""
        if not any(pages.sheet_of(place) is not None for place, _ in places):
            return Tex("")
        return self._leaf(entry, "[") + self._places(places, pages, entry, keep=True) + self._leaf(entry, "]")

    def _places(
        self, places: Iterable[tuple[int, Element]], pages: PageMap, element: Element, keep: bool = False
    ) -> Tex:
        """Return the pages of some places, each once, as links with commas between; runs of pages become ranges.

        `keep` keeps the last two on one line.
        """
        found: dict[int, tuple[int, Element]] = {}
        for place, goal in places:
            sheet = pages.sheet_of(place)
            if sheet is not None:
                found.setdefault(sheet, (place, goal))
        front = {sheet for sheet in found if pages.sheets[sheet].style == "roman"}
        listed = [*runs(sorted(front)), *runs(sorted(found.keys() - front))]
        result = Tex("")
        for number, (first, last) in enumerate(listed):
            place, goal = found[first]
            low, high = pages.sheets[first].folio, pages.sheets[last].folio
            text = low if first == last else f"{low}–{high}"
            if number:
                space = "\N{NO-BREAK SPACE}" if keep and number == len(listed) - 1 else " "
                result += self._leaf(element, f",{space}")
            result += self._link(element, text, goal, place)
        return result

    def index(self, pages: PageMap, parent: Element, sort_key: SortKey) -> Tex:
        """Write the index: entries collated, sub-entries under them, pages as links."""
        if not self.context.index:
            return Tex("")
        section, opener = self.heading("index", parent)
        root = section.add("Index").add("L", attributes={"ListNumbering": "None"})
        groups: dict[str, list[Tex]] = {}
        for name, marks in group_marks(self.context.index, 0, sort_key):
            letter = initial(name)
            lines = groups.setdefault(letter, [])
            self._entry(name, marks, 0, root, lines, pages, sort_key)
        continued = self.context.words("continued")
        return opener + self.macros("index", groups=list(groups.values()), continued=continued)

    def _entry(
        self, name: str, marks: list[IndexMark], depth: int, parent: Element, lines: list[Tex], pages: PageMap,
        sort_key: SortKey,
    ) -> None:  # fmt: skip
        body = parent.add("LI").add("LBody")
        own = [mark for mark in marks if len(mark.entry) == depth + 1]
        title = next((mark.title for mark in own if mark.title), ())
        text = self.writer.write_line(title, body) if title else self._leaf(body, name)
        places = [(mark.place, mark.element) for mark in own if mark.element is not None]
        comma = self._leaf(body, ", ") if places else Tex("")
        numbers = comma + self._places(places, pages, body)
        see = sorted({mark.see for mark in own if mark.see})
        also = sorted({mark.also for mark in own if mark.also})
        notes = [
            (self._leaf(body, ". "), self._leaf(body, f"{_capital(self.context.words(word))} {'; '.join(entries)}"))
            for word, entries in (("see", see), ("see-also", also))
            if entries
        ]
        below = [mark for mark in marks if len(mark.entry) > depth + 1]
        lines.append(
            self.macros("index_entry", depth=depth, text=text, numbers=numbers, notes=notes, has_below=bool(below))
        )
        if below:
            inner = body.add("L", attributes={"ListNumbering": "None"})
            for child, child_marks in group_marks(below, depth + 1, sort_key):
                self._entry(child, child_marks, depth + 1, inner, lines, pages, sort_key)


def runs(numbers: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Yield the first and last of every run of three or more, and other numbers alone."""
    start = 0
    while start < len(numbers):
        end = start
        while end + 1 < len(numbers) and numbers[end + 1] == numbers[end] + 1:
            end += 1
        if end - start >= 2:
            yield numbers[start], numbers[end]
        else:
            for number in numbers[start : end + 1]:
                yield number, number
        start = end + 1


def group_marks(marks: Iterable[IndexMark], depth: int, sort_key: SortKey) -> list[tuple[str, list[IndexMark]]]:
    """Group marks by their heading at one depth, in the order of the alphabet.

    A heading that stands with and without a capital is one heading: a term at the start of a sentence.
    """
    groups: dict[str, list[IndexMark]] = {}
    marks = list(marks)
    names = {mark.entry[depth] for mark in marks}
    for mark in marks:
        name = mark.entry[depth]
        lowered = name[:1].lower() + name[1:]
        groups.setdefault(lowered if lowered in names else name, []).append(mark)
    # What follows a comma counts last: “paper, laid” comes before “paper mill”.
    return sorted(groups.items(), key=lambda item: ([sort_key(part) for part in item[0].split(", ")], item[0]))


def _capital(text: str) -> str:
    """Return a phrase as it begins a sentence."""
    return text[:1].upper() + text[1:]


def initial(name: str) -> str:
    """Return the letter an entry stands under; everything that is no letter stands together."""
    import unicodedata

    first = unicodedata.normalize("NFD", name.lstrip("“‘\"'("))[:1].upper()
    return first if first.isalpha() else "#"


@cache
def collator() -> SortKey:
    """Return the sort key of the Unicode Collation Algorithm (UTS 10, default table)."""
    from pyuca import Collator

    key: SortKey = Collator().sort_key
    return key
