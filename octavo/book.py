"""Make the book: run the stages of the pipeline for every edition of a report.

Order is speed here. The engine is started as soon as the design is known; the figures are drawn and the manuscript is
read while it loads its fonts; each part is typeset while the next is written. What a stage alone needs is imported in
that stage, while the engine works.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from octavo import __version__
from octavo.diagnostics import Ledger
from octavo.latex.blocks import BlockWriter
from octavo.latex.context import Context, Surroundings
from octavo.latex.environment import Macros, open_templates
from octavo.latex.escape import Tex
from octavo.latex.tree import Leaves
from octavo.latex.volume import Volume
from octavo.manifest import Edition, Report
from octavo.manuscript.bibliography import Bibliography
from octavo.manuscript.glossary import define_terms
from octavo.manuscript.inclusion import open_part
from octavo.manuscript.numbering import Numbering
from octavo.manuscript.part import Part
from octavo.manuscript.reading import read
from octavo.manuscript.scripts import rightward_script
from octavo.manuscript.words import Words
from octavo.press.driver import driver, own_fonts, own_styles, styles
from octavo.press.engine import EngineStoppedError, Press
from octavo.press.lines import report_lines
from octavo.press.log import overtime, report_errors, report_missing_characters
from octavo.typefaces import Typeface, coverage, typefaces
from octavo.workspace import (
    Workspace,
    drawings_cache,
    font_cache,
    pandoc_version,
    revision_of,
    run_pandoc,
)

if TYPE_CHECKING:
    from octavo.bind.metadata import Details
    from octavo.edition import Folios
    from octavo.figures.pictures import Pictures
    from octavo.figures.plate import Plate
    from octavo.imprint import Imprint
    from octavo.latex.matter import SortKey
    from octavo.latex.tree import Element

#: How often an edition is typeset until every printed page reference is right.
MOST_PASSES = 4
#: How often the book is begun anew because the engine cannot set formulas in it.
MOST_TRIALS = 3


class _FormulasFailedError(Exception):
    """Say that the engine stopped, and that it was told which formulas it cannot set."""


@dataclass(frozen=True)
class Product:
    """Name a finished file, its number of pages, how many engine runs it took, and the tree that it was bound from."""

    edition: str
    path: Path
    pages: int
    passes: int
    tree: Element


@dataclass
class Book:
    """Build one report; `progress` is told the stage and what is being done in it."""

    report: Report
    workspace: Workspace
    ledger: Ledger
    progress: Callable[[str, str], None]
    strict: bool = False
    tagging: bool = True
    #: What the engine cannot set, as it was given it, with its complaint.
    unset: dict[str, str] = dataclasses.field(default_factory=dict)

    @cached_property
    def _templates(self) -> jinja2.Environment:
        place = font_cache().parent / "templates"
        place.mkdir(parents=True, exist_ok=True)
        return open_templates(self.report.theme.folders, place)

    @cached_property
    def _typefaces(self) -> tuple[Typeface, ...]:
        report = self.report
        return typefaces(report.fonts.faces_in_turn(), report.folder / "fonts", font_cache().parent)

    def _parts(self) -> list[Part]:
        return [open_part(self.report.folder, p.path, p.role, self.ledger) for p in self.report.parts]

    def examine(self) -> Volume:
        """Read and write the manuscript without an engine; report what is wrong with it, return what was written."""
        own_fonts(self.report, self.ledger, without_engine=True)
        volume, _ = self._read(self._parts(), None)
        volume.write(lambda name, tex: None)
        self._check(volume)
        return volume

    def build(self) -> list[Product]:
        """Return what was made; empty when an error stopped it, and then nothing in `dist/` has changed."""
        report = self.report
        parts = self._parts()
        sources = [*(part.source.encode() for part in parts), *(path.read_bytes() for path in report.bibliography)]
        self._maths = any(b"$" in source or b"\\begin{" in source for source in sources)
        self._fonts = own_fonts(report, self.ledger)
        if self.ledger.failed(self.strict):
            return []
        for _ in range(MOST_TRIALS):
            presses: dict[str, Press] = {}
            try:
                for edition in report.editions:
                    presses[edition.name] = self._start(edition)
                self.workspace.lap("start")
                return self._make(parts, presses)
            except _FormulasFailedError:
                parts = self._parts()
            finally:
                for press in presses.values():
                    press.stop()
        return []

    def _make(self, parts: list[Part], presses: dict[str, Press]) -> list[Product]:
        """Run every stage after the start of the engines."""
        from octavo.figures.drawings import CoverError, export_first, export_stack
        from octavo.figures.plate import PlateError
        from octavo.imprint import Imprint
        from octavo.latex.matter import collator

        with ThreadPoolExecutor(max_workers=2) as pool:
            try:
                volume, pictures = self._read(parts, pool)
                covered = [edition for edition in self.report.editions if edition.cover != "none"]
                fronts = {
                    e.name: pool.submit(self._front, e) for e in covered if e.cover == "front" or e is covered[0]
                }
                self._write(volume, pictures, presses)
                self._check(volume)
                sort_key = pool.submit(collator)
                tools = pool.submit(self._tools)
                stack = pool.submit(lambda: export_stack(pictures.plates.result()))
                picture = pool.submit(lambda: export_first("cover", fronts.values()))
                if self.ledger.failed(self.strict):
                    return []

                def imprint(edition: Edition) -> Imprint:
                    return Imprint.of(self.report, edition, volume.context.words, *tools.result())

                finished = [
                    product
                    for edition in self.report.editions
                    for product in self._print(edition, presses, volume, pictures, sort_key.result, imprint, fronts)
                ]
                shown = stack.result() | picture.result()
            except CoverError as error:
                self.ledger.report("OCT590", None, problem=error)
                return []
            except PlateError as error:
                self.ledger.report("OCT306", None, problem=error)
                return []
            except EngineStoppedError as stop:
                if stop.seconds:
                    raise overtime(stop.log, stop.seconds, volume.parts) from stop
                if self._try_formulas(volume):
                    raise _FormulasFailedError from stop
                report_errors(stop.log, volume.parts, own_styles(self.report), self.ledger)
                return []
        return self._publish(finished, shown)

    def _front(self, edition: Edition) -> Plate:
        from octavo.figures.cover import Sheet
        from octavo.figures.drawings import draw_cover

        return draw_cover(self.report, drawings_cache(), self._templates, Sheet.of(edition.page))

    def _tools(self) -> tuple[str, str]:
        """Return the revision of the manuscript and the version of Pandoc, which are programs' answers."""
        return revision_of(self.report.folder), pandoc_version(self.workspace.readings)

    def _start(self, edition: Edition) -> Press:
        """Start the engine on everything that is known before the manuscript is read."""
        press = self._press(self.workspace.press(edition.name), edition, self._maths)
        if self._maths:
            press.bring_coverage()
        return press

    def _try_formulas(self, volume: Volume) -> bool:
        """Set every formula by itself when the engine has stopped; tell whether some were found that it cannot set."""
        if not self._maths:
            return False
        from octavo.press.trial import failing

        self.progress("typeset", "every formula by itself")
        found = failing(volume.formulas(), self._start_trial, volume.context.macros)
        is_news = bool(found.keys() - self.unset.keys())
        self.unset.update(found)
        return is_news

    def _start_trial(self, seconds: int) -> Press:
        """Start an engine that goes on behind errors."""
        return self._press(self.workspace.press("trial"), self.report.editions[0], True, seconds)

    def _press(self, folder: Path, edition: Edition, maths: bool, seconds: int = 0) -> Press:
        text = driver(self.report, edition, self._templates, maths)
        support, reads = styles(self.report.theme.folders), (self.report.folder / "fonts",)
        given = lambda: coverage(self._typefaces)  # noqa: E731
        return Press(folder, text, support, self._fonts, self.tagging, given, seconds, reads)

    def _read(self, parts: list[Part], pool: ThreadPoolExecutor | None) -> tuple[Volume, Pictures]:
        """Read the manuscript and settle all that does not depend on pages.

        The figures are drawn beside it, in `pool`; without one they are not drawn at all.
        """
        from octavo.check.colours import check_figures
        from octavo.figures.data import check_sources, load_all, table
        from octavo.figures.drawings import alternative_texts, announce, draw
        from octavo.figures.pictures import Pictures

        report = self.report
        self.progress("read", f"{len(parts)} parts")
        figures = self._drawn = load_all(report.folder, self.ledger, len(report.layers))
        plates: Future[dict[str, Plate]] = Future()
        if pool is None:
            plates.set_result(announce(report, figures))
        else:
            plates = pool.submit(draw, report, drawings_cache(), self._templates, figures)
        bibliography = Bibliography(report.bibliography, report.style, report.listed)
        readings = self.workspace.readings
        manuscript = read(
            parts, bibliography, report.language, run_pandoc, self.ledger, readings, report.maths, self.unset
        )
        check_sources(figures.values(), bibliography.keys(), self.ledger)
        check_figures(figures.values(), report.layers, self.ledger)
        glossary = define_terms(parts)
        alts = alternative_texts(report, figures)
        words = Words(report.language, report.words)
        pictures = Pictures(report.folder, self.workspace.cache, self.ledger, plates, alts)
        context = Context(
            macros=Macros(self._templates, "elements.tex"),
            leaves=Leaves(),
            labels=Numbering(self.ledger).number(parts, manuscript.heading),
            words=words,
            pictures=pictures,
            ledger=self.ledger,
            raw_latex=report.raw_latex,
            language=report.language,
            around=Surroundings(rightward=rightward_script(report.language)),
            tab=report.tab,
            glossary=glossary,
            layers=tuple((layer.chapter, layer.level, layer.question) for layer in report.layers),
            data={path: table(figure, words) for path, figure in figures.items()},
            entries=manuscript.entries,
        )
        self.workspace.lap("read")
        return Volume(context, manuscript, BlockWriter(context)), pictures

    def _write(self, volume: Volume, pictures: Pictures, presses: dict[str, Press]) -> None:
        """Write the parts and hand each to every press as soon as it is there."""
        folios = {name: self._folios(name) for name in presses}
        for name, press in presses.items():
            press.feed("folios", folios[name].definitions(self._templates, volume.context.labels.order()))

        def ready(name: str, tex: Tex) -> None:
            self.progress("write", volume.parts[name].path)
            for press in presses.values():
                for path in pictures.files.values():
                    press.link(path)
                press.feed(name, tex)

        volume.write(ready)
        self.workspace.lap("write")

    def _check(self, volume: Volume) -> None:
        """Report what a reader would miss who listens, or who does not see all colours; the engine works meanwhile."""
        from octavo.check.report import check_report

        self._told = check_report(self.report, volume.manuscript, lambda: self._typefaces, self._drawn, self.ledger)

    def _folios(self, edition: str) -> Folios:
        from octavo.edition import Folios

        return Folios.load(self.workspace.cache / "folios" / f"{edition}.json")

    def _print(
        self,
        edition: Edition,
        presses: dict[str, Press],
        volume: Volume,
        pictures: Pictures,
        sort_key: Callable[[], SortKey],
        imprint: Callable[[Edition], Imprint],
        fronts: dict[str, Future[Plate]],
    ) -> list[tuple[Product, Path]]:
        """Typeset one edition until its page references are right, and bind it and its cover into the build folder."""
        from octavo.bind.cover import FrontCover
        from octavo.edition import Run, bind_edition
        from octavo.enclosures import enclose

        self.progress("typeset", edition.name)
        folios = self._folios(edition.name)
        for passes in range(1, MOST_PASSES + 1):
            run = Run(volume, presses[edition.name], self._templates, sort_key, imprint(edition))
            printed, root = run.finish()
            wrong = folios.settle(volume.guessed, volume.referenced, root, printed.map)
            if not wrong:
                break
            if passes == MOST_PASSES:
                for label in sorted(wrong):
                    part, link = volume.guessed[label]
                    self.ledger.report("OCT405", part.span(link, link.target), label=label, passes=passes)
                break
            presses[edition.name] = press = self._start(edition)
            for path in pictures.files.values():
                press.link(path)
            press.feed("folios", folios.definitions(self._templates, volume.context.labels.order()))
            for name, tex in volume.main.items():
                press.feed(name, tex)
        folios.save()
        report_missing_characters(printed.log, volume.parts, self._told, self.ledger)
        report_lines(printed.log, volume.parts, self.ledger)
        self.workspace.lap("typeset")
        self.progress("bind", edition.name)
        target = self.workspace.build / "bound" / f"{edition.name}.pdf"
        target.parent.mkdir(parents=True, exist_ok=True)
        context = volume.context
        sources = enclose(self.report, volume.manuscript.parts, context.placed, context.words)
        front = None
        if edition.cover == "front":
            labels = ("cover", "inside-cover") if edition.page.two_sided else ("cover",)
            front = FrontCover(fronts[edition.name].result(), tuple(context.words(label) for label in labels))
        pages = bind_edition(run, printed, root, self._details(edition), target, sources, front)
        self.workspace.lap("bind")
        path = self.workspace.dist / self.report.product(edition)
        finished = [(Product(edition.name, path, pages, passes, root), target)]
        if edition.cover == "wrap":
            finished.append(self._wrap(edition, pages))
        return finished

    def _wrap(self, edition: Edition, pages: int) -> tuple[Product, Path]:
        """Draw the wrap for a block of so many pages, and bind it as a file of its own."""
        from octavo.bind.wrap import bind_wrap
        from octavo.figures.cover import Sheet, spine_width, words
        from octavo.figures.drawings import draw_cover

        sheet = Sheet.of(edition.page, spine_width(pages, edition.caliper))
        plate = draw_cover(self.report, drawings_cache(), self._templates, sheet, edition.isbn)
        name = f"{edition.name}-cover"
        target = self.workspace.build / "bound" / f"{name}.pdf"
        details = dataclasses.replace(self._details(edition), edition=name)
        tree = bind_wrap(plate, words(self.report, edition.isbn), details, target)
        self.workspace.lap("bind")
        return Product(name, self.workspace.dist / self.report.wrap(edition), 1, 1, tree), target

    def _publish(self, finished: list[tuple[Product, Path]], pictures: dict[str, Path]) -> list[Product]:
        """Put every finished file into `dist/` at once, unless something went wrong on the way."""
        if self.ledger.failed(self.strict):
            return []
        self.workspace.readings.prune()
        for product, bound in finished:
            self.workspace.publish(product.path, bound)
        for name, picture in pictures.items():
            self.workspace.publish(self.workspace.dist / "figures" / name, picture, move=False)
        return [product for product, _ in finished]

    def _details(self, edition: Edition) -> Details:
        from octavo.bind.metadata import Details, Publication

        report = self.report
        return Details(
            title=report.whole_title,
            authors=report.authors,
            subject=report.subtitle,
            language=report.language,
            rights=report.rights,
            keywords=report.keywords,
            producer=f"Octavo {__version__}",
            tagged=self.tagging,
            accessible=not self.ledger.withheld(),
            date=report.date.isoformat() if report.date else "",
            license=report.license,
            publication=Publication(**report.publication),
            edition=edition.name,
        )
