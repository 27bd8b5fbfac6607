"""Gather the files that a book is made from, to be enclosed in its PDF.

What is enclosed is what was printed from: the report file, the listed parts, the bibliography, and the data of the
figures and tables that the text places. A file that nothing lists or places stays the author's. Each is described in
the language of the book.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from octavo.bind.attachments import Source
from octavo.manifest import FILE, Report
from octavo.manuscript import nodes as n
from octavo.manuscript.part import Part
from octavo.manuscript.words import numbered

#: The registered type of each kind of file: RFC 7763, RFC 9512; BibTeX has none and is known by this one.
MARKDOWN, YAML, BIBTEX = "text/markdown", "application/yaml", "text/x-bibtex"


def enclose(
    report: Report, parts: Sequence[Part], placed: Iterable[str], words: Callable[[str], str]
) -> tuple[Source, ...]:
    """Return the files of a report, each once, or none where `report.yaml` says `attach: false`.

    `placed` are the paths of the data that the text places.
    """
    if not report.attach:
        return ()
    found: dict[str, Source] = {}

    def add(path: str, mime: str, relationship: str, description: str) -> None:
        if path not in found:
            found[path] = Source(path, (report.folder / path).read_bytes(), mime, relationship, description)

    add(FILE, YAML, "Source", report.title)
    for part in parts:
        add(part.path, MARKDOWN, "Source", _heading(part, words) or part.path)
        for name in part.included:
            add(name, MARKDOWN, "Source", name)
    for path in report.bibliography:
        add(path.relative_to(report.folder).as_posix(), BIBTEX, "Data", words("bibliography"))
    for name in sorted(placed):
        add(name, YAML, "Data", words("figures"))
    return tuple(found.values())


def _heading(part: Part, words: Callable[[str], str]) -> str:
    """Return the first heading of a part as the contents print it: “Chapter 1: The Seat”."""
    title = n.plain_text(part.title).strip()
    return (
        f"{numbered(words, part.role, part.number)}: {title}".replace("\N{NO-BREAK SPACE}", " ")
        if part.number
        else title
    )
