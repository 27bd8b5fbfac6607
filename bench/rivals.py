"""Build the same manuscript with Pandoc and LuaLaTeX, and with Pandoc and Typst, for `bench.py` to time.

Both get what a user would give them: Pandoc's standard templates, class `book`, the page and the faces of the report,
numbered headings, a contents list, and citeproc. Octavo's own marks are left in the Markdown: Pandoc prints the text
of a marked span or block, and takes a cross-reference for a citation that it does not know.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from builders import BuilderError, call, copy_project
from PIL import ImageFont

from octavo.design import Face, Page
from octavo.manifest import Report
from octavo.press.driver import FONT_PLACES
from octavo.workspace import pandoc_program

#: Millimetres in each unit of length that a report may use.
MILLIMETRES = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 25.4 / 72.27}
#: Typst's names of papers (its manual, `page.paper`) by width and height in millimetres.
TYPST_PAPERS = {
    (148.0, 210.0): "a5",
    (210.0, 297.0): "a4",
    (139.7, 215.9): "us-statement",
    (215.9, 279.4): "us-letter",
}
TYPST = "import sys, typst; typst.compile(sys.argv[1], output=sys.argv[2], font_paths=sys.argv[3:])"
DEFAULTS = "rival.yaml"
PDF = "rival.pdf"


class PandocLatex:
    """Build with Pandoc's LaTeX template; Pandoc runs LuaLaTeX until the cross-references are settled."""

    def __init__(self, report: Report, folder: Path, name: str) -> None:
        copy_project(report, folder)
        self.name = name
        self._report, self._folder = report, folder

    def prepare(self) -> None:
        """Write Pandoc's defaults file, and delete the PDF of the last run."""
        page, fonts = self._report.editions[0].page, self._report.fonts
        size, leading = _points(page.size), _points(page.leading)
        variables: dict[str, object] = {
            "documentclass": "book",
            "classoption": "twoside" if page.two_sided else "oneside",
            "fontsize": f"{size:.0f}pt",
            "linestretch": f"{leading / (1.2 * size):.3f}",  # the classes of LaTeX lead 10 pt type by 12 pt
            "geometry": _geometry(page),
            "mainfont": fonts.text.regular,
            "mainfontoptions": _fontspec(fonts.text),
            "monofont": fonts.mono.regular,
            "monofontoptions": _fontspec(fonts.mono),
            "mathfont": fonts.math,
        }
        _write_defaults(self._report, self._folder, variables)
        (self._folder / PDF).unlink(missing_ok=True)

    def run(self) -> Path:
        """Build the book with one command."""
        options = ["--pdf-engine=lualatex", "--top-level-division=chapter", f"--output={PDF}"]
        fonts = {"OSFONTDIR": str(self._folder / "fonts")}
        call([pandoc_program(), f"--defaults={DEFAULTS}", *options], self._folder, fonts)
        return self._folder / PDF


class PandocTypst:
    """Build with Pandoc's Typst template, and with the compiler in Typst's Python package."""

    def __init__(self, report: Report, folder: Path, name: str) -> None:
        copy_project(report, folder)
        self.name = name
        self._report, self._folder = report, folder
        self._places: list[str] = []

    def prepare(self) -> None:
        """Write Pandoc's defaults file, find the fonts, and delete the PDF of the last run."""
        page, fonts = self._report.editions[0].page, self._report.fonts
        text, mono, math = (self._font(name) for name in (fonts.text.regular, fonts.mono.regular, fonts.math))
        variables: dict[str, object] = {
            "papersize": _typst_paper(page),
            "margin": _typst_margins(page),
            "fontsize": page.size,
            "mainfont": _family(text),
            "codefont": [_family(mono)],
            "mathfont": [_family(math)],
            "section-numbering": "1.1",
            "page-numbering": "1",
        }
        _write_defaults(self._report, self._folder, variables)
        self._places = sorted({str(path.parent) for path in (text, mono, math)})
        (self._folder / PDF).unlink(missing_ok=True)

    def _font(self, name: str) -> Path:
        for place in (self._report.folder / "fonts", *map(Path, FONT_PLACES)):
            for path in place.rglob(name):
                return path
        raise BuilderError(f"the font {name} is not below {' or '.join(FONT_PLACES)}, where Typst could read it")

    def run(self) -> Path:
        """Build the book with two commands."""
        call([pandoc_program(), f"--defaults={DEFAULTS}", "--to=typst", "--output=rival.typ"], self._folder)
        call([sys.executable, "-c", TYPST, "rival.typ", PDF, *self._places], self._folder)
        return self._folder / PDF


def _write_defaults(report: Report, folder: Path, variables: dict[str, object]) -> None:
    """Write what both rivals are told, as a defaults file (Pandoc's manual, "Defaults files"); JSON is YAML too."""
    metadata: dict[str, object] = {"title": report.title, "author": list(report.authors), "lang": report.language}
    metadata |= {"subtitle": report.subtitle} if report.subtitle else {}
    metadata |= {"nocite": ", ".join(f"@{key}" for key in report.listed)} if report.listed else {}
    defaults: dict[str, object] = {
        "input-files": [part.path for part in report.parts],
        "standalone": True,
        "table-of-contents": True,
        "number-sections": True,
        "citeproc": True,
        "metadata": metadata,
        "variables": variables,
        "bibliography": [str(path.resolve()) for path in report.bibliography],
    }
    defaults |= {"csl": str(report.style.resolve())} if report.style else {}
    (folder / DEFAULTS).write_text(json.dumps(defaults, indent=1), encoding="utf-8")


def _geometry(page: Page) -> list[str]:
    height = page.lines * _points(page.leading)
    return [
        f"paperwidth={page.width}",
        f"paperheight={page.height}",
        f"textwidth={page.measure}",
        f"textheight={height:g}pt",
        f"inner={page.inner}",
        f"top={page.top}",
    ]


def _typst_paper(page: Page) -> str:
    size = (round(_millimetres(page.width), 1), round(_millimetres(page.height), 1))
    if size not in TYPST_PAPERS:
        raise BuilderError(f"Pandoc's Typst template has no paper of {page.width} by {page.height}")
    return TYPST_PAPERS[size]


def _typst_margins(page: Page) -> dict[str, str]:
    outside = _millimetres(page.width) - _millimetres(page.inner) - _millimetres(page.measure)
    foot = _millimetres(page.height) - _millimetres(page.top) - page.lines * _millimetres(page.leading)
    return {"inside": page.inner, "outside": f"{outside:.2f}mm", "top": page.top, "bottom": f"{foot:.2f}mm"}


def _millimetres(length: str) -> float:
    match = re.fullmatch(r"([\d.]+)\s*(mm|cm|in|pt)", length)
    if match is None:
        raise BuilderError(f"{length} is not a length in {', '.join(MILLIMETRES)}")
    return float(match[1]) * MILLIMETRES[match[2]]


def _points(length: str) -> float:
    return _millimetres(length) / MILLIMETRES["pt"]


def _fontspec(face: Face) -> list[str]:
    """Return the other faces of a family as fontspec's options, and its scale."""
    return [
        f"ItalicFont={face.italic}",
        f"BoldFont={face.bold}",
        f"BoldItalicFont={face.bold_italic}",
        f"Scale={face.scale}",
    ]


def _family(path: Path) -> str:
    """Return the name by which Typst knows a font: the family in its name table."""
    return str(ImageFont.truetype(path).getname()[0])
