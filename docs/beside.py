"""Set a chapter of the book with other templates: `.venv/bin/python docs/beside.py [--eisvogel eisvogel.latex]`.

Each gets the words that Octavo prints, Octavo's drawings, and citations by the style of the book, through Pandoc; its
page, its faces and all else are its own. Two spreads of each become `images/beside-NAME-N.png`; those of Octavo are of
`dist/persona-and-alignment.pdf`, which must be built. The table in `beside.md` is what this prints.

A template that is not on the machine is left out. tufte-latex needs the Debian packages texlive-pictures,
texlive-latex-extra, texlive-humanities and texlive-fonts-recommended; Eisvogel needs the path of its template,
texlive-latex-extra and texlive-fonts-extra.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2
from beside_measure import measure
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from octavo.book import Book  # noqa: E402
from octavo.diagnostics import Ledger  # noqa: E402
from octavo.figures.data import load_all  # noqa: E402
from octavo.figures.drawings import draw  # noqa: E402
from octavo.latex.environment import open_templates  # noqa: E402
from octavo.manifest import Report, load  # noqa: E402
from octavo.workspace import Workspace, drawings_cache, pandoc_program  # noqa: E402

SOURCE = ROOT / "docs" / "beside"
TARGET = ROOT / "docs" / "images"
CHAPTER, LABEL, TITLE = "chapters/02-assistant-axis.md", "sec:axis", "The Assistant Axis"
BOOK, LOG = ROOT / "dist" / "persona-and-alignment.pdf", ROOT / "build" / "press" / "screen" / "book.log"
#: Words on the first page of each spread that is shown: a table, a figure and a heading; a formula and a note.
SPREADS = ("lists the sizes. Because one role", "a difference of means, computed at")
WIDTH, GAP, COLORS = 1120, 2, 12
OVERFULL = re.compile(r"^Overfull \\hbox \(([\d.]+)pt too wide\)", re.MULTILINE)
#: PDFium writes a hyphen at the end of a line as U+FFFE, or leaves a soft one as it is.
HYPHEN = re.compile("[\ufffe\N{SOFT HYPHEN}]\\s*")


@dataclass(frozen=True)
class Rival:
    """Say how Pandoc is called: the engine, a template of its own or none, what it needs, and whether pages face."""

    name: str
    engine: str
    template: Path | None = None
    needs: tuple[str, ...] = ()
    two_sided: bool = True
    variables: dict[str, object] = field(default_factory=dict)


def main(eisvogel: Path | None) -> None:
    """Write the pictures and print what was measured."""
    report = load(ROOT, Ledger())
    if report is None or not (BOOK.is_file() and LOG.is_file()):
        raise SystemExit("Build the book first: python3 build.py")
    facts = {"octavo": _show("octavo", BOOK, LOG.read_text(errors="replace"), two_sided=True)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _draw(report, folder)
        metadata = _metadata(report, folder)
        for rival in _rivals(eisvogel):
            missing = [file for file in rival.needs if not _finds(file)]
            if rival.template and not rival.template.is_file():
                missing.append(str(rival.template))
            if missing:
                print(f"{rival.name}: left out, not on this machine: {', '.join(missing)}", file=sys.stderr)
                continue
            pdf = _set(rival, report, metadata, folder)
            log = pdf.with_suffix(".log").read_text(errors="replace")
            facts[rival.name] = _show(rival.name, pdf, log, rival.two_sided)
    if eisvogel is None:
        print("eisvogel: left out, no template was named (--eisvogel)", file=sys.stderr)
    _print(facts)


def _print(facts: dict[str, dict[str, str]]) -> None:
    """Print what was measured as a table in Markdown."""
    print(f"| | {' | '.join(facts)} |\n|---|{'---|' * len(facts)}")
    for fact in facts["octavo"]:
        print(f"| {fact} | {' | '.join(found[fact] for found in facts.values())} |")


def _rivals(eisvogel: Path | None) -> Iterator[Rival]:
    yield Rival("pandoc", "pdflatex", variables={"documentclass": "book", "papersize": "a5"})
    # Quarto itself is no Debian package and none that PyPI or npm could install. These are the class, the options and
    # the engine that it documents for books (quarto.org/docs/output-formats/pdf-basics, "Document Class").
    yield Rival(
        "quarto",
        "lualatex",
        needs=("scrreprt.cls",),
        two_sided=False,
        variables={
            "documentclass": "scrreprt",
            "papersize": "a5",
            "classoption": ["DIV=11", "numbers=noendperiod"],
            "block-headings": True,
            "header-includes": r"\KOMAoption{captions}{tableheading}",
        },
    )
    needs: tuple[str, ...]
    if eisvogel:
        needs = ("scrbook.cls", "sourcesanspro.sty", "mdframed.sty", "footnotebackref.sty", "titling.sty")
        yield Rival("eisvogel", "pdflatex", eisvogel.resolve(), needs, variables={"book": True, "papersize": "a5"})
    needs = ("tufte-book.cls", "hardwrap.sty", "optparams.sty", "paralist.sty", "fplrc8a.pfb", "phvr8t.tfm")
    yield Rival("tufte", "pdflatex", SOURCE / "tufte.latex", needs, variables={"indent": True})


def _finds(file: str) -> bool:
    return subprocess.run(["kpsewhich", file], capture_output=True, check=False).returncode == 0


def _draw(report: Report, folder: Path) -> None:
    """Write each drawing of the chapter as a PDF by its label."""
    templates = open_templates(report.theme.folders, folder)
    plates = draw(report, drawings_cache(), templates, load_all(report.folder, Ledger(), len(report.layers)))
    text = (ROOT / CHAPTER).read_text(encoding="utf-8")
    for label, path in re.findall(r'^::: \{#([\w:-]+) \.figure data="([^"]+)"\}$', text, re.MULTILINE):
        with pypdfium2.PdfDocument(plates[path].path) as document, pypdfium2.PdfDocument.new() as picture:
            picture.import_pages(document, [plates[path].page - 1])
            picture.save(folder / f"{label.replace(':', '-')}.pdf")


def _metadata(report: Report, folder: Path) -> Path:
    """Write what Pandoc is told of the book; JSON is YAML too."""
    volume = Book(report, Workspace(ROOT), Ledger(), lambda stage, what: None).examine()
    context = volume.context
    words = {
        label: f"{context.words(target.kind)}\N{NO-BREAK SPACE}{target.number}"
        for label, target in context.labels.targets.items()
        if ":" in label and target.number
    }
    path = folder / "metadata.json"
    facts = {
        "title": report.title,
        "author": list(report.authors),
        "date": f"{report.date:%B %-d, %Y}" if report.date else "",
        "lang": report.language,
        "words": words,
        "pictures": str(folder),
        # The letters behind the years are those of the book only if all its works are known.
        "nocite": "@*",
        "suppress-bibliography": True,
        "include-before": rf"\setcounter{{chapter}}{{{int(context.labels.targets[LABEL].number) - 1}}}",
    }
    path.write_text(json.dumps(facts), encoding="utf-8")
    return path


def _set(rival: Rival, report: Report, metadata: Path, folder: Path) -> Path:
    """Return the PDF of the chapter; its log lies beside it."""
    tex = folder / f"{rival.name}.tex"
    variables = {"graphics": True, **rival.variables}
    defaults = folder / f"{rival.name}.json"
    settings: dict[str, object] = {
        "standalone": True,
        "number-sections": True,
        "top-level-division": "chapter",
        "metadata-files": [str(metadata)],
        "variables": variables,
        "filters": [str(SOURCE / "words.lua"), "citeproc"],
        "bibliography": [str(path) for path in report.bibliography],
        "output-file": str(tex),
    }
    settings |= {"csl": str(report.style)} if report.style else {}
    settings |= {"template": str(rival.template)} if rival.template else {}
    defaults.write_text(json.dumps(settings), encoding="utf-8")
    subprocess.run([pandoc_program(), f"--defaults={defaults}", str(ROOT / CHAPTER)], check=True)
    for _ in range(2):
        command = [rival.engine, "-interaction=nonstopmode", "-file-line-error", tex.name]
        subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False)
    log = tex.with_suffix(".log").read_text(errors="replace")
    errors = re.findall(r"^\S+:\d+: .*", log, re.MULTILINE)
    if errors:
        raise SystemExit(f"{rival.name}: {errors[0]}")
    return tex.with_suffix(".pdf")


def _chapter_of(file: Path) -> range:
    """Return the pages of the chapter: all of a PDF that holds no other."""
    with pypdfium2.PdfDocument(file) as document:
        entries = ((entry.get_title(), entry.get_dest()) for entry in document.get_toc() if entry.level == 0)
        starts = [(title, place.get_index()) for title, place in entries if place]
        (place,) = (at for at, (title, _) in enumerate(starts) if title.endswith(TITLE))
        end = starts[place + 1][1] if place + 1 < len(starts) else len(document)
        return range(starts[place][1], end)


def _show(name: str, file: Path, log: str, two_sided: bool) -> dict[str, str]:
    """Draw the spreads of a PDF, and return what its pages and its log say."""
    pages = _chapter_of(file)
    with pypdfium2.PdfDocument(file) as document:
        facts = measure(document, pages)
        for number, words in enumerate(SPREADS, 1):
            first = _find(document, pages, words)
            # A right-hand page has an odd number, and so an even index.
            first -= two_sided and first % 2 == 0
            _picture(document, first).save(TARGET / f"beside-{name}-{number}.png", optimize=True)
    widest = [float(width) for width in OVERFULL.findall(log)]
    facts["Overfull lines in the log"] = f"{len(widest)}, by {max(widest):.1f} pt at most" if widest else "none"
    return facts


def _find(document: pypdfium2.PdfDocument, pages: range, words: str) -> int:
    """Return the first page that has these words, in whatever lines they stand."""
    for number in pages:
        text = HYPHEN.sub("", document[number].get_textpage().get_text_range())
        if words in " ".join(text.split()):
            return number
    raise SystemExit(f"No page has the words “{words}”.")


def _picture(document: pypdfium2.PdfDocument, first: int) -> Image.Image:
    scale = (WIDTH - GAP) / 2 / document[first].get_width()
    # What is drawn larger first keeps the shape of its letters.
    images = [document[first + side].render(scale=2 * scale).to_pil().convert("RGB") for side in (0, 1)]
    size = ((WIDTH - GAP) // 2, images[0].height // 2)
    spread = Image.new("RGB", (WIDTH, size[1]), (200,) * 3)
    for side, image in enumerate(images):
        spread.paste(image.resize(size, Image.Resampling.LANCZOS), (side * (size[0] + GAP), 0))
    return spread.quantize(COLORS, dither=Image.Dither.NONE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--eisvogel", type=Path, help="the template of Eisvogel, with the files beside it")
    main(parser.parse_args().eisvogel)
