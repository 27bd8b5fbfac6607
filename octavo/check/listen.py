"""Listen to a finished PDF: find it, choose what of it is read, and write speech or a reading copy.

The command `octavo listen` is this module. It reads a report only to find its PDF and its parts; any tagged PDF can be
given in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from octavo.check.listening import Element, StructureTree, read_structure
from octavo.check.reflow import reading_copy
from octavo.check.relations import Relations
from octavo.check.speech import Speaker
from octavo.diagnostics import Ledger, Span
from octavo.manifest import FILE, Report
from octavo.manuscript import nodes as n
from octavo.manuscript.bibliography import Bibliography
from octavo.manuscript.part import Part
from octavo.manuscript.reading import read
from octavo.nearest import nearest
from octavo.workspace import Workspace, run_pandoc


@dataclass(frozen=True)
class Wish:
    """Say what is to be heard: an edition or a file, a page by its folio, a part by its file, number or title."""

    file: Path | None = None
    edition: str = ""
    page: str = ""
    part: str = ""
    html: bool = False


def finished_file(wish: Wish, report: Report | None, workspace: Workspace, ledger: Ledger) -> Path | None:
    """Return the PDF to listen to, or report that there is none."""
    path = wish.file
    if path is None and report is not None:
        names = [edition.name for edition in report.editions]
        wanted = wish.edition or names[0]
        if wanted not in names:
            ledger.report("OCT555", Span(FILE), edition=wanted, known=", ".join(names), nearest=nearest(wanted, names))
            return None
        path = workspace.dist / report.product(report.editions[names.index(wanted)])
    if path is not None and not path.is_file():
        ledger.report("OCT550", None, file=path)
        return None
    return path


def listen(path: Path, wish: Wish, report: Report | None, ledger: Ledger) -> str:
    """Return what is heard of a PDF, or its reading copy; an empty text means that something was reported."""
    try:
        with pikepdf.open(path) as pdf:
            tree = read_structure(pdf)
            if not tree.roots:
                ledger.report("OCT552", None, file=path)
                return ""
            relations = Relations(tree)
            return reading_copy(relations) if wish.html else _speech(relations, wish, report, ledger)
    except pikepdf.PasswordError:
        ledger.report("OCT551", None, file=path, problem="it is locked with a password")
    except pikepdf.PdfError as error:
        ledger.report("OCT551", None, file=path, problem=str(error).removeprefix(f"{path}: "))
    return ""


def _speech(relations: Relations, wish: Wish, report: Report | None, ledger: Ledger) -> str:
    tree, count = relations.tree, len(relations.labels)
    elements: Sequence[Element] = tree.roots
    pages = range(-1, count)
    if wish.part:
        elements = _part(tree, wish.part, report, ledger)
        if not elements:
            return ""
    if wish.page:
        number = _page(wish.page, relations.labels)
        if number is None or not any(number in element.pages for element in elements):
            known = _extent(relations.labels)
            ledger.report("OCT553", None, page=wish.page, where="part" if number is not None else "PDF", known=known)
            return ""
        pages = range(number, number + 1)
    language = str(tree.pdf.Root.get("/Lang", ""))
    opening = f"[language {language}]\n" if language else ""
    return opening + "".join(f"{line}\n" for line in Speaker(relations, pages, language).say(elements))


def _page(wanted: str, labels: Sequence[str]) -> int | None:
    """Find a page by its folio as printed; where pages have no labels, by its number."""
    folios = [label.casefold() for label in labels]
    if wanted.casefold() in folios:
        return folios.index(wanted.casefold())
    return None


def _extent(labels: Sequence[str]) -> str:
    """Name the first and last page of each run of folios, such as “iii to xiii and 1 to 164”."""
    runs: list[list[str]] = []
    for label in labels:
        if not runs or runs[-1][-1].isdecimal() != label.isdecimal():
            runs.append([label])
        runs[-1].append(label)
    return " and ".join(f"{run[0]} to {run[-1]}" if run[0] != run[-1] else run[0] for run in runs)


def _part(tree: StructureTree, wanted: str, report: Report | None, ledger: Ledger) -> list[Element]:
    """Find the sections of a part: by the titles in its file, by its number as printed, or by its title."""
    chapters = [(section, *_title(section)) for section in tree.elements() if _is_chapter(section)]
    files = [part.path for part in report.parts] if report else []
    found: list[Element] = []
    if report is not None and (path := _listed(wanted, report, files)):
        titles = [_letters(title) for title in _titles(report, path)]
        found = [section for section, _, title in chapters if _letters(title) in titles]
    if not found:
        key = _letters(wanted)
        found = [section for section, number, title in chapters if key in {_letters(number), _letters(title)} - {""}]
    if not found:
        known = [*files, *(number for _, number, _ in chapters if number), *(title for _, _, title in chapters)]
        ledger.report("OCT554", None, part=wanted, nearest=nearest(wanted, known))
    return found


def _listed(wanted: str, report: Report, files: Sequence[str]) -> str:
    """Return the part that a path names, from the folder of the report or from this one."""
    for path in files:
        if wanted == path or Path(wanted).resolve() == (report.folder / path).resolve():
            return path
    return ""


def _titles(report: Report, path: str) -> list[str]:
    """Read the titles of a part as the manuscript has them."""
    part = Part(path, "chapter", (report.folder / path).read_text(encoding="utf-8-sig"))
    read([part], Bibliography(report.bibliography), report.language, run_pandoc, Ledger())
    tops = [block for block in part.blocks if isinstance(block, n.Heading) and block.level == 1]
    return [n.plain_text(block.children) for block in tops]


def _is_chapter(section: Element) -> bool:
    return section.role == "Sect" and any(isinstance(kid, Element) and kid.role == "H1" for kid in section.kids)


def _title(section: Element) -> tuple[str, str]:
    """Return the number of a chapter as printed, without the word before it, and its title."""
    heading = next(kid for kid in section.kids if isinstance(kid, Element) and kid.role == "H1")
    label = "".join(kid.text for kid in heading.kids if isinstance(kid, Element) and kid.role == "Lbl")
    words = [kid for kid in heading.kids if not isinstance(kid, Element) or kid.role != "Lbl"]
    title = "".join(getattr(kid, "text", "") or "" for kid in words)
    return (label.split() or [""])[-1], " ".join(title.replace("\N{SOFT HYPHEN}", "").split())


def _letters(text: str) -> str:
    """Keep letters and digits alone, in small case: what tells titles apart however they are typed."""
    return "".join(character for character in text.casefold() if character.isalnum())
