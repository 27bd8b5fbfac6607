"""Draw what a report asks for by kind: `::: {.figure kind=layer-stack}`."""

from __future__ import annotations

from pathlib import Path

import jinja2

from octavo.figures.plate import Faces, Family, Plate, Plates, export
from octavo.manifest import Face, Report

#: The kind of the full stack; the small ones are `layer 1`, `layer 2` and so on.
LAYER_STACK = "layer-stack"


def draw(report: Report, cache: Path, templates: jinja2.Environment) -> dict[str, Plate]:
    """Typeset every drawing of a report in one engine run, or take them from the cache."""
    if not report.layers:
        return {}
    from octavo.figures.stack import layer_stack, small_stack

    plates = Plates(cache, templates, Faces(_family(report.fonts.sans), _family(report.fonts.text)))
    plates.add(LAYER_STACK, layer_stack(report.layers))
    for number in range(1, len(report.layers) + 1):
        plates.add(f"layer {number}", small_stack(report.layers, number))
    return plates.typeset()


def export_stack(plates: dict[str, Plate]) -> tuple[Path, ...]:
    """Write the layer stack as SVG and PNG beside its plate, once, and return the two files.

    They are for pages outside the book, such as a README.
    """
    plate = plates.get(LAYER_STACK)
    if plate is None:
        return ()
    svg, png = (plate.path.with_name(f"{plate.path.stem}.{kind}") for kind in ("svg", "png"))
    if not (svg.is_file() and png.is_file()):
        export(plate, svg, png)
    return svg, png


def alternative_texts(report: Report) -> dict[str, str]:
    """Return the alternative text of each drawing, made from the same data."""
    if not report.layers:
        return {}
    from octavo.figures.stack import alt_text

    return {LAYER_STACK: alt_text(report.layers)}


def _family(face: Face) -> Family:
    return Family(face.regular, face.bold, face.italic, face.bold_italic)
