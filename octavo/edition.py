"""Print one edition of a written book: front and back matter with true pages, and the binding."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jinja2

from octavo.bind.document import Details, bind
from octavo.latex.context import Printed as Heading
from octavo.latex.environment import Macros
from octavo.latex.escape import Tex
from octavo.latex.matter import DEEPEST_IN_CONTENTS, Matter, SortKey
from octavo.latex.tree import Element
from octavo.latex.volume import Volume
from octavo.press.engine import Press, Printed
from octavo.press.pages import PageMap

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
        try:
            return cls(path, json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return cls(path, {})

    def save(self) -> None:
        """Keep the pages for the next build."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.guess, indent=0, sort_keys=True), encoding="utf-8")

    def definitions(self, templates: jinja2.Environment, labels: dict[str, int]) -> Tex:
        """Return the LaTeX that tells the engine each guess."""
        macros = Macros(templates, "matter.tex")
        known = [(labels[label], folio) for label, folio in sorted(self.guess.items()) if label in labels]
        return macros("folios", known=known)

    def settle(self, used: set[str], root: Element, pages: PageMap) -> set[str]:
        """Take over the true pages and return the labels whose printed page was wrong."""
        true: dict[str, str] = {}
        for element in root.walk():
            if element.identifier and element.anchor:
                folio = pages.folio_of(element.anchor)
                if folio:
                    true[element.identifier] = folio
        wrong = {label for label in used if self.guess.get(label) != true.get(label, "")}
        self.guess = {label: true[label] for label in sorted(used) if label in true}
        return wrong


@dataclass
class Run:
    """Take one press from the fed main matter to the finished pages."""

    volume: Volume
    press: Press
    templates: jinja2.Environment
    sort_key: Callable[[], SortKey]
    facts: dict[str, object]

    def __post_init__(self) -> None:
        """Copy the list of headings, which this edition completes with its own matter."""
        self._matter = Matter(self.volume.context, Macros(self.templates, "matter.tex"))

    def finish(self) -> tuple[Printed, Element]:
        """Typeset back and front matter and end the run; return the pages and the whole tree."""
        volume, context = self.volume, self.volume.context
        macros = self._matter.macros
        pages = self.press.pages()
        context.headings = list(volume.main_headings)
        captions = list(context.captions)
        back = Element("Part")
        if volume.manuscript.entries:
            entries = volume.manuscript.entries
            self.press.feed("bibliography", self._matter.bibliography(entries, pages, back, volume.writer))
        if context.index:
            self.press.feed("index", self._matter.index(pages, back, self.sort_key()))
        pages = self.press.pages()
        main_headings = context.headings
        title, contents, trial = Element("Part"), Element("Part"), Element("Part")
        self._feed("title", "roman", 1, self._matter.title_pages(self.facts, title))
        headings = [*volume.front_headings, *main_headings]
        context.headings = []
        first = TITLE_PAGES + 1
        self._feed("trial", "roman", first, self._contents(headings, pages, trial))
        pages = self.press.pages()
        length = sum(sheet.sheaf == "trial" for sheet in pages.sheets)
        start = first + length + length % 2
        for name, tex in volume.front.items():
            self._feed("front", "roman", start, tex + macros("even_page"), name)
        pages = self.press.pages()
        context.headings = []
        context.captions = captions
        self._feed("contents", "roman", first, self._contents(headings, pages, contents) + macros("even_page"))
        self.headings = [*context.headings, *headings]
        root = Element("Document", [title, contents, volume.front_tree, volume.main_tree, back])
        root.kids = [part for part in root.kids if isinstance(part, Element) and part.kids]
        return self.press.finish(), root

    def _contents(self, headings: list[Heading], pages: PageMap, parent: Element) -> Tex:
        contents = self._matter.contents(headings, pages, parent, DEEPEST_IN_CONTENTS)
        return contents + self._matter.figures(pages, parent)

    def _feed(self, sheaf: str, style: str, number: int, tex: Tex, name: str = "") -> None:
        opening = self._matter.macros("begin_sheaf", sheaf=sheaf, style=style, number=number)
        self.press.feed(name or sheaf, opening + tex)


def bind_edition(run: Run, printed: Printed, root: Element, details: Details, target: Path) -> int:
    """Bind the pages of a finished run into `target` and return how many there are."""
    return bind(printed, root, run.headings, SHEAVES, details, target)
