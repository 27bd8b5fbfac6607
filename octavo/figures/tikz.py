r"""Write TikZ and pgfplots through PyLaTeX, in the few forms that the figures need.

Part of the figures stage, and the only door to PyLaTeX for the kinds of data figures: they import it where they
draw, so that words and tables cost nothing. How things look is in `templates/figures/*.sty`; what is written here
names styles and places.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pylatex import (
    Axis,
    Command,
    NoEscape,
    Plot,
    TikZ,
    TikZCoordinate,
    TikZDraw,
    TikZNode,
    TikZNodeAnchor,
    TikZOptions,
    TikZPath,
    TikZUserPath,
)

from octavo.latex.escape import Tex, escape

#: Places in a drawing are written to a hundredth of their unit; finer than any printer.
DECIMALS = 4


def command(name: str, *arguments: str) -> Tex:
    r"""Write `\name{…}{…}`: arguments that are TeX stay as they are, text is escaped."""
    return Tex(Command(name, arguments=[NoEscape(_tex(argument)) for argument in arguments]).dumps())


def options(*styles: str, **values: str | float) -> TikZOptions:
    """Write options: styles by name, then keys with their values; an underscore in a key stands for a space."""
    return TikZOptions(*styles, **{key.replace("_", " "): value for key, value in values.items()})


def node(text: str, style: str, at: tuple[float, float] | None = None, name: str = "") -> TikZNode:
    """Write a node with one style (and what follows it in options), at a place in the units of the picture."""
    place = TikZCoordinate(round(at[0], DECIMALS), round(at[1], DECIMALS)) if at else None
    return TikZNode(name or None, TikZOptions(style), place, _tex(text))


def line(style: str, *points: tuple[float, float]) -> TikZDraw:
    """Draw straight from point to point, in the units of the picture."""
    path: list[object] = []
    for x, y in points:
        path += ["--", TikZCoordinate(round(x, DECIMALS), round(y, DECIMALS))]
    return TikZDraw(path[1:], TikZOptions(style))


def area(style: str, corner: tuple[float, float], opposite: tuple[float, float]) -> TikZPath:
    """Fill a rectangle, in the units of the picture."""
    corners = [TikZCoordinate(round(x, DECIMALS), round(y, DECIMALS)) for x, y in (corner, opposite)]
    return TikZPath([corners[0], "rectangle", corners[1]], TikZOptions(style))


def connect(style: str, start: str, end: str) -> TikZDraw:
    """Draw from one named anchor, such as `mark3.east`, to another, the way the style's `to path` says."""
    ends = [TikZNodeAnchor(*anchor.split(".", 1)) for anchor in (start, end)]
    return TikZDraw([ends[0], TikZUserPath("to"), ends[1]], TikZOptions(style))


def plot(style: str, points: Sequence[tuple[float, float]]) -> Plot:
    """Plot points in the units of the axis."""
    return Plot(coordinates=list(points), options=TikZOptions(style))


def axis(content: Iterable[object], style: str, **values: str | float) -> TikZ:
    """Put an axis with its plots and nodes into a picture of its own."""
    frame = Axis(options(style, **values))
    frame.extend(content)
    return picture([frame], "data figure")


def picture(content: Iterable[object], *styles: str, **values: str | float) -> TikZ:
    """Put nodes and lines into a picture."""
    drawing = TikZ(options=options(*styles, **values))
    drawing.extend(content)
    return drawing


def block(*pieces: TikZ | Tex) -> Tex:
    """Join TeX and pictures, a line end of TeX's own between them."""
    return Tex("%\n").join(Tex(piece.dumps()) if isinstance(piece, TikZ) else piece for piece in pieces)


def braced(values: Iterable[str]) -> str:
    """Write a list as the value of a pgfplots key, each item in braces."""
    return "{" + ",".join(f"{{{_tex(value)}}}" for value in values) + "}"


def _tex(text: str) -> str:
    return str(text) if isinstance(text, Tex) else str(escape(text))
