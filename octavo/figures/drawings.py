"""Draw everything that comes from a report's data, in one engine run at the start of a build.

The layer stack is asked for by kind (`::: {.figure kind=layer-stack}`), a figure of a data file by its path
(`::: {.figure data="figures/prevalence.yaml"}`). What was drawn is found again by the content of all that it is made
of, before PyLaTeX is imported or any TeX written: most builds need neither.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import astuple
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import jinja2

from octavo.design import Face
from octavo.figures.colour import shade, tint
from octavo.figures.cover import Sheet, cover, inks
from octavo.figures.data import FigureData, alternative_text
from octavo.figures.kinds.kind import Say
from octavo.figures.plate import Faces, Family, Plate, PlateError, Plates, engine_version, export
from octavo.latex.escape import Tex, escape
from octavo.manifest import Layer, Report
from octavo.manuscript.scripts import is_usual
from octavo.manuscript.words import Words
from octavo.sealed import is_whole, put, read_values, write_values
from octavo.typefaces import coverage, typefaces
from octavo.workspace import font_cache

#: The kind of the full stack; the small ones are `layer 1`, `layer 2` and so on.
LAYER_STACK = "layer-stack"
COVER = "cover"
#: The colour of a figure that belongs to no layer: the black of the text.
BLACK = "1A1A1A"


class CoverError(PlateError):
    """Report that a cover could not be typeset."""


def draw(
    report: Report, cache: Path, templates: jinja2.Environment, data: Mapping[str, FigureData] | None = None
) -> dict[str, Plate]:
    """Typeset every drawing of a report in one engine run, or take them from the cache.

    The keys are `layer-stack`, `layer 1` and so on, and the path of each data file. Raises `PlateError`.
    """
    figures = dict(data or {})
    if not (report.layers or figures):
        return {}
    plates = _plates(report, cache, templates)
    layers = [astuple(layer) for layer in report.layers]
    facts = [_words(report).items(), layers, [[key, figure.text] for key, figure in figures.items()]]
    index = cache / f"drawings-{_digest(plates, facts)}.json"
    found = _recall(index)
    if found is not None:
        return found
    with _plate_errors():
        bodies = _bodies(report, figures)
    for key, body in bodies.items():
        plates.add(key, body)
    found = plates.typeset()
    _remember(index, found)
    return found


def draw_cover(report: Report, cache: Path, templates: jinja2.Environment, sheet: Sheet, isbn: str = "") -> Plate:
    """Typeset the cover of a report for a sheet, or take it from the cache; raises `CoverError`.

    It has a run of its own: a wrap waits for the number of pages, and no drawing of the book should wait with it.
    """
    plates = _plates(report, cache, templates)
    facts = [report.title, report.subtitle, report.blurb, report.authors, report.language, str(report.date), isbn]
    facts += [astuple(sheet), inks(report), [layer.question for layer in report.layers]]
    index = cache / f"cover-{_digest(plates, facts)}.json"
    found = _recall(index)
    if found is None:
        plates.add(COVER, cover(report, sheet, isbn))
        try:
            found = plates.typeset()
        except PlateError as error:
            raise CoverError(str(error)) from error
        _remember(index, found)
    return found[COVER]


@contextmanager
def _plate_errors() -> Iterator[None]:
    """Turn what a drawing refuses, such as a label that is too long, into the error that an author is told."""
    try:
        yield
    except ValueError as error:
        raise PlateError(str(error)) from error


def announce(report: Report, data: Mapping[str, FigureData]) -> dict[str, Plate]:
    """Return a plate without a page for every drawing that could be made: enough to check a manuscript."""
    keys = [LAYER_STACK, *(f"layer {number}" for number in range(1, len(report.layers) + 1))] if report.layers else []
    return {key: Plate(Path(key), 1, 0.0, 0.0) for key in [*keys, *data]}


def export_stack(plates: dict[str, Plate]) -> dict[str, Path]:
    """Write the layer stack as `export_plate` does, if there is one."""
    plate = plates.get(LAYER_STACK)
    return {} if plate is None else export_plate(LAYER_STACK, plate)


def export_first(name: str, plates: Iterable[Future[Plate]]) -> dict[str, Path]:
    """Write the first of some plates as `export_plate` does, if there is one."""
    first = next(iter(plates), None)
    return {} if first is None else export_plate(name, first.result())


def export_plate(name: str, plate: Plate) -> dict[str, Path]:
    """Write a plate as SVG and PNG beside it, once, and return the two files by their public names.

    They are for pages outside the book, such as a README or a page for the download.
    """
    svg, png = (plate.path.with_name(f"{plate.path.stem}.{kind}") for kind in ("svg", "png"))
    if not (is_whole(svg) and is_whole(png)):
        drawn, shot = (file.with_name(f"unfinished-{os.getpid()}-{file.name}") for file in (svg, png))
        export(plate, drawn, shot)
        put(drawn, svg)
        put(shot, png)
    return {f"{name}{file.suffix}": file for file in (svg, png)}


def alternative_texts(report: Report, data: Mapping[str, FigureData] | None = None) -> dict[str, str]:
    """Return the alternative text of each drawing, made from the same data."""
    say = _words(report)
    texts = {key: alternative_text(figure, say) for key, figure in (data or {}).items()}
    if report.layers:
        from octavo.figures.stack import alt_text

        with _plate_errors():
            texts[LAYER_STACK] = alt_text(report.layers, say)
    return texts


def data_figure(figure: FigureData, layers: tuple[Layer, ...], say: Say) -> Tex:
    """Write the LaTeX of one data figure with its note, in the colour of its layer."""
    from octavo.figures.tikz import command

    color = layers[figure.layer - 1].color if figure.layer else BLACK
    inks = {"own": shade(color), "owntint": tint(color)}
    inks |= {f"shade{number}": shade(layer.color) for number, layer in enumerate(layers, start=1)}
    definitions = "".join(f"{command('definecolor', name, 'HTML', digits)}%\n" for name, digits in inks.items())
    drawing = Tex(f"%\n{figure.content.draw(say)}%\n")
    return Tex(definitions) + command("datafigure", drawing, escape(figure.note))


def _bodies(report: Report, figures: Mapping[str, FigureData]) -> dict[str, Tex]:
    from octavo.figures.stack import layer_stack, small_stack

    say = _words(report)
    bodies: dict[str, Tex] = {}
    if report.layers:
        bodies[LAYER_STACK] = layer_stack(report.layers, say("rests-on"))
        for number in range(1, len(report.layers) + 1):
            bodies[f"layer {number}"] = small_stack(report.layers, number)
    return bodies | {key: data_figure(figure, report.layers, say) for key, figure in figures.items()}


def _words(report: Report) -> Words:
    return Words(report.language, report.words)


def _plates(report: Report, cache: Path, templates: jinja2.Environment) -> Plates:
    """Open an empty set of drawings in the faces of the report."""
    faces = Faces(_family(report.fonts.sans), _family(report.fonts.text))
    own = (report.folder / "fonts" / name for family in (faces.sans, faces.serif) for name in family.files if name)
    fonts = tuple(dict.fromkeys(font for font in own if font.is_file()))
    own_folder = report.folder / "fonts"

    def given() -> str:
        return coverage(typefaces(report.fonts.faces_in_turn(), own_folder, font_cache().parent))

    reads = (own_folder,) if own_folder.is_dir() else ()
    return Plates(cache, templates, faces, fonts=fonts, language=report.language, coverage=given, reads=reads)


def _digest(plates: Plates, facts: Sequence[object]) -> str:
    """Name all that drawings depend on: what they show, fonts, styles, engine, and the code that draws."""
    whole = [
        engine_version(plates.engine),
        plates.styles(),
        astuple(plates.faces),
        plates.language,
        plates.own_fonts(),
        facts,
        _code(),
    ]
    if plates.coverage and not is_usual(str(facts)):
        whole.append(plates.coverage())
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:24]


@cache
def _code() -> str:
    """Return a digest of the code that writes the drawings: this package, and PyLaTeX without importing it."""
    digest = hashlib.sha256()
    spec = find_spec("pylatex")
    pylatex = Path(spec.origin).parent if spec and spec.origin else None
    words = ("latex/escape.py", "latex/scripts.py", "manuscript/scripts.py")
    sources = [*sorted(Path(__file__).parent.rglob("*.py")), *(Path(__file__).parents[1] / name for name in words)]
    if pylatex is not None:
        sources += [pylatex / "tikz.py", *sorted((pylatex / "base_classes").glob("*.py"))]
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _recall(index: Path) -> dict[str, Plate] | None:
    """Return the plates that an index names, if their pages are there still."""
    entries = read_values(index)
    if entries is None:
        return None
    plates = {key: Plate(index.with_name(name), page, width, height) for key, (name, page, width, height) in entries}
    return plates if all(map(is_whole, {plate.path for plate in plates.values()})) else None


def _remember(index: Path, plates: Mapping[str, Plate]) -> None:
    write_values(index, [[key, [p.path.name, p.page, p.width_pt, p.height_pt]] for key, p in plates.items()])


def _family(face: Face) -> Family:
    return Family(face.regular, face.bold, face.italic, face.bold_italic)
