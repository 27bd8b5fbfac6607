"""Check the colours of the layers: that no reader takes one for another, and that text on them can be read.

The stack, the thumb marks and the data figures show a layer in its colour, always with its number beside it. The
check is made on the colour that is printed, which is dark enough for white letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import Final

from octavo.check.colour_vision import GREYSCALE, KINDS, distance, lightness, simulate
from octavo.diagnostics import Ledger, Span
from octavo.figures.colour import INK, LEAST_CONTRAST, WHITE, contrast, shade
from octavo.figures.data import FigureData
from octavo.manifest import Layer

#: CIEDE2000. One step can just be seen with two large fields side by side; chips of 3 mm at opposite ends of a page
#: need several. Colours that are named alike are mostly less than 8 apart.
LEAST_DISTANCE: Final = 8.0
#: Steps of L*: twice the 2.3 that can just be seen (Mahy, Van Eycken and Oosterlinck, Color Res. Appl. 19(2), 1994).
#: Seven colours that are all dark enough for white text stand little farther apart than this.
LEAST_GREY_STEP: Final = 4.5

NORMAL: Final = "with full colour vision"
SEEN: Final = {"protanopia": "with protanopia", "deuteranopia": "with deuteranopia", "tritanopia": "with tritanopia"}


def check_layers(layers: Sequence[Layer], manifest: Callable[[], str], ledger: Ledger) -> None:
    """Report layers whose colours look alike to somebody; `manifest` gives the text of report.yaml if it is needed."""
    for (first, one), (second, other) in combinations(enumerate(layers, start=1), 2):
        how = alike(shade(one.color), shade(other.color))
        if how:
            span = _place(other.color, manifest())
            ledger.report("OCT569", span, first=first, second=second, how=" and ".join(how))
    for number, layer in enumerate(layers, start=1):
        ratio = contrast(layer.color, WHITE)
        if ratio < LEAST_CONTRAST:
            span = _place(layer.color, manifest())
            facts = {"color": layer.color, "number": number, "ratio": f"{ratio:.1f}", "darker": shade(layer.color)}
            ledger.report("OCT570", span, **facts)


def check_figures(figures: Iterable[FigureData], layers: Sequence[Layer], ledger: Ledger) -> None:
    """Report figures in which only color tells two things apart, and not to everybody (WCAG 2.2, 1.4.1)."""
    for figure in figures:
        own = shade(layers[figure.layer - 1].color) if 0 < figure.layer <= len(layers) else INK
        inks = {"own": own} | {f"shade{number}": shade(layer.color) for number, layer in enumerate(layers, start=1)}
        for one, other in combinations(figure.content.series(), 2):
            how = alike(inks.get(one.ink, one.ink), inks.get(other.ink, other.ink)) if one.mark == other.mark else []
            if how:
                names = {"first": one.name, "second": other.name}
                ledger.report("OCT577", Span(figure.key), **names, how=" and ".join(how))


def alike(first: str, second: str) -> list[str]:
    """Return to whom two colours look alike: nothing when all tell them apart."""
    found = [NORMAL] if distance(first, second) < LEAST_DISTANCE else []
    found += [SEEN[kind] for kind in KINDS if distance(simulate(first, kind), simulate(second, kind)) < LEAST_DISTANCE]
    step = abs(lightness(simulate(first, GREYSCALE)) - lightness(simulate(second, GREYSCALE)))
    return [*found, *(["in greyscale"] if step < LEAST_GREY_STEP else [])]


def _place(color: str, manifest: str) -> Span:
    """Return where report.yaml gives a colour, or the file where the design does."""
    found: Iterable[re.Match[str]] = re.finditer(rf"color:\s*[\"']?({color})", manifest, re.I)
    last = None
    for last in found:  # noqa: B007 - the last layer with this colour is the one to change
        pass
    if last is None:
        return Span("report.yaml")
    start = manifest.rfind("\n", 0, last.start(1)) + 1
    return Span("report.yaml", manifest.count("\n", 0, last.start(1)) + 1, last.start(1) - start + 1)
