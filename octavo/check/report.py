"""Run the checks that every build can afford, while the engine works on the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from octavo.check.colours import check_layers
from octavo.check.languages import check_languages
from octavo.check.manuscript import check_manuscript
from octavo.check.names import check_names
from octavo.check.signs import check_signs
from octavo.diagnostics import Ledger
from octavo.figures.data import FigureData
from octavo.manifest import FILE, Report
from octavo.manuscript.reading import Manuscript
from octavo.typefaces import Typeface


def check_report(
    report: Report,
    manuscript: Manuscript,
    faces: Callable[[], Sequence[Typeface]],
    drawn: Mapping[str, FigureData],
    ledger: Ledger,
) -> frozenset[str]:
    """Report what a reader would miss who listens, or who does not see all colours; return the signs no face has.

    `drawn` are the data of the figures, by path.
    """
    entries = [block for blocks in manuscript.entries.values() for block in blocks]
    check_languages(report, manuscript.parts, ledger)
    lacking = check_signs(manuscript.parts, entries, report, faces, drawn, ledger)
    check_manuscript(manuscript.parts, report.language, ledger)
    check_names(manuscript.parts, ledger)
    check_layers(report.layers, (report.folder / FILE).read_text, ledger)
    return lacking
