"""Print one edition of a written book: front and back matter with true pages, and the binding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from octavo.bind.attachments import Source
from octavo.bind.cover import FrontCover
from octavo.bind.document import bind
from octavo.bind.metadata import Details
from octavo.imprint import Imprint
from octavo.latex.context import Printed as Heading
from octavo.latex.environment import Macros
from octavo.latex.escape import Tex
from octavo.latex.matter import DEEPEST_IN_CONTENTS, Matter, SortKey
from octavo.latex.tree import Element
from octavo.latex.volume import Volume
from octavo.press.engine import Press, Printed
from octavo.press.pages import PageMap
from octavo.sealed import read_values, write_values

#: The runs of pages, in the order in which they are bound; what is typeset as a trial is in none of them.
SHEAVES = ("title", "contents", "front", "main")
#: Pages of the title sheaf: half title, blank, title, colophon.
TITLE_PAGES = 4


@dataclass
class Folios:
    """Keep the page that each label had in the last build: the guess for a printed page reference.

    A reference prints the guess. A second engine run is needed only when a guess that was printed is wrong.
    """

    path: Path
    guess: dict[str, str]

    @classmethod
    def load(cls, path: Path) -> Folios:
        """Read the pages of the last build, or none."""
        return cls(path, read_values(path) or {})

    def save(self) -> None:
        """Keep the pages for the next build."""
        write_values(self.path, self.guess)

    def definitions(self, templates: jinja2.Environment, labels: dict[str, int]) -> Tex:
        """Return the LaTeX that tells the engine each guess."""
        macros = Macros(templates, "matter.tex")
        return folio_definitions(macros, self.guess, labels)

    def settle(self, guessed: Iterable[str], referenced: set[str], root: Element, pages: PageMap) -> set[str]:
        """Take over the true pages and return the labels whose page was guessed and printed, and is another."""
        true = folios_in(root, pages)
        wrong = {label for label in guessed if self.guess.get(label) != true.get(label, "")}
        self.guess = {label: true[label] for label in sorted(referenced) if label in true}
        return wrong


def folios_in(root: Element, pages: PageMap) -> dict[str, str]:
    """Return the printed page of every label below an element that is on a page."""
    found = {
        element.identifier: pages.folio_of(element.anchor)
        for element in root.walk()
        if element.identifier and element.anchor
    }
    return {label: folio for label, folio in found.items() if folio}


def folio_definitions(macros: Macros, folios: dict[str, str], labels: dict[str, int]) -> Tex:
    """Return the LaTeX that tells the engine the pages of some labels."""
    known = [(labels[label], folio) for label, folio in sorted(folios.items()) if label in labels]
    return macros("folios", known=known)


@dataclass
class Run:
    """Take one press from the fed main matter to the finished pages."""

    volume: Volume
    press: Press
    templates: jinja2.Environment
    sort_key: Callable[[], SortKey]
    imprint: Imprint

    def __post_init__(self) -> None:
        """Open the templates of front and back matter."""
        self._matter = Matter(self.volume.context, Macros(self.templates, "matter.tex"), self.volume.writer)
        self.headings: list[Heading] = []

    def finish(self) -> tuple[Printed, Element]:
        """Typeset back and front matter and end the run; return the pages and the whole tree.

        Each step needs the pages of the one before: the length of the contents says where the front matter's text
        begins, bibliography and index name pages of all of it, and the contents name theirs.
        """
        volume = self.volume
        pages = self.press.pages()
        resume = max((sheet.number for sheet in pages.sheets if sheet.sheaf == "main"), default=0) + 1
        title, contents, back = Element("Part"), Element("Part"), Element("Part")
        self._feed("title", "roman", 1, self._matter.title_pages(self.imprint, title))
        listed = [*volume.front_headings, *volume.main_headings]
        first = TITLE_PAGES + 1
        self._feed("trial", "roman", first, self._contents([*listed, *self._announced()], pages, Element("Part")))
        pages = self.press.pages()
        length = sum(sheet.sheaf == "trial" for sheet in pages.sheets)
        known = folios_in(volume.main_tree, pages)
        self.press.feed("known", folio_definitions(self._matter.macros, known, volume.context.labels.order()))
        self._feed_front(first + length + length % 2)
        own = self._feed_back(resume, back)
        pages = self.press.pages()
        volume.context.headings = []
        tex = self._contents([*listed, *own], pages, contents)
        self._feed("contents", "roman", first, tex + self._matter.macros("even_page"))
        self.headings = [*volume.context.headings, *listed, *own]
        root = Element("Document", [title, contents, volume.front_tree, volume.main_tree, back])
        root.kids = [part for part in root.kids if isinstance(part, Element) and part.kids]
        return self.press.finish(), root

    def _announced(self) -> list[Heading]:
        """Return a heading for each chapter of the back matter, so that the trial contents has its length."""
        own = self.volume.manuscript.heading
        headings = [self._matter.announce("bibliography", own)] if self._has_sources else []
        return [*headings, self._matter.announce("index")] if self.volume.context.index else headings

    @property
    def _has_sources(self) -> bool:
        """Tell whether the sources stand behind the book."""
        return bool(self.volume.manuscript.entries) and not self.volume.context.entries_placed

    def _feed_front(self, number: int) -> None:
        parts = list(self.volume.front.items())
        for position, (name, tex) in enumerate(parts):
            last = position == len(parts) - 1
            body = tex + self._matter.macros("even_page") if last else tex
            if position == 0:
                self._feed("front", "roman", number, body, name)
            else:
                self.press.feed(name, body)

    def _feed_back(self, number: int, tree: Element) -> list[Heading]:
        """Feed bibliography and index as a continuation of the main matter; return their headings."""
        volume, context = self.volume, self.volume.context
        context.headings = []
        pages = self.press.pages()
        if self._has_sources:
            manuscript = volume.manuscript
            tex = self._matter.bibliography(manuscript.entries, pages, tree, manuscript.heading)
            self._feed("main", "arabic", number, tex, "bibliography")
        if context.index:
            tex = self._matter.index(pages, tree, self.sort_key())
            if self._has_sources:
                self.press.feed("index", tex)
            else:
                self._feed("main", "arabic", number, tex, "index")
        return context.headings

    def _contents(self, headings: list[Heading], pages: PageMap, parent: Element) -> Tex:
        contents = self._matter.contents(headings, pages, parent, DEEPEST_IN_CONTENTS)
        return contents + self._matter.figures(pages, parent)

    def _feed(self, sheaf: str, style: str, number: int, tex: Tex, name: str = "") -> None:
        opening = self._matter.macros("begin_sheaf", sheaf=sheaf, style=style, number=number)
        self.press.feed(name or sheaf, opening + tex)


def bind_edition(
    run: Run,
    printed: Printed,
    root: Element,
    details: Details,
    target: Path,
    sources: Sequence[Source],
    cover: FrontCover | None = None,
) -> int:
    """Bind the pages of a finished run into `target`, behind its cover, and return how many there are."""
    return bind(printed, root, run.headings, SHEAVES, details, target, sources, cover)
