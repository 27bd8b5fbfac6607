"""Say what the title pages say: title, people, date, license, and what the book was made with."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from octavo import __version__
from octavo.design import POINTS, points
from octavo.manifest import Edition, Report
from octavo.manuscript.words import filled


@dataclass(frozen=True)
class Imprint:
    """Hold the lines of the title page and of the colophon, in the language of the report."""

    title: str
    subtitle: str
    authors: tuple[str, ...]
    date: str
    colophon: tuple[str, ...]
    #: What stands before and after the name of the engine, which knows its own version.
    made: tuple[str, str]

    @classmethod
    def of(cls, report: Report, edition: Edition, words: Callable[[str], str], revision: str, pandoc: str) -> Imprint:
        """Return the imprint of an edition; `revision` is empty where the manuscript is under no version control."""
        date = _date(report.date, words)
        width, height = (
            round(points(length) / POINTS["mm"], 1) for length in (edition.page.width, edition.page.height)
        )
        sizes = filled(words("edition"), name=edition.name, width=f"{width:g}", height=f"{height:g}")
        year = f" ({report.date.year})" if report.date else ""
        faces = dict.fromkeys(face.name for face in (report.fonts.text, report.fonts.sans, report.fonts.mono))
        lines = [
            report.whole_title,
            " · ".join(filter(None, [sizes, date, f"{words('revision')} {revision}" if revision else ""])),
            report.rights,
            f"{words('cite-as')}: {_list(report.authors, words)}{year}. {report.whole_title}.",
            f"{words('set-in')} {_list(tuple(faces), words)}.",
        ]
        return cls(
            title=report.title,
            subtitle=report.subtitle,
            authors=report.authors,
            date=date,
            colophon=tuple(filter(None, lines)),
            made=(f"{words('made-with')} Octavo {__version__}, Pandoc {pandoc}, ", "."),
        )


def _list(items: tuple[str, ...], words: Callable[[str], str]) -> str:
    *first, last = items
    return f"{', '.join(first)} {words('and')} {last}" if first else last


def _date(date: datetime.date | None, words: Callable[[str], str]) -> str:
    if date is None:
        return ""
    return filled(words("date"), day=date.day, month=words("months").split()[date.month - 1], year=date.year)
