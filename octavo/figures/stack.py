"""Draw the layer stack of a report, large for the introduction and small for chapter openers.

Part of the figures stage: layers in, LaTeX and alternative text out. The pictures are PyLaTeX TikZ objects; how
they look is in `templates/figures/layerstack.sty`, and `octavo.figures.plate` typesets them. PyLaTeX is imported only
where something is drawn: the alternative text of a drawing that is in the cache must not pay for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from octavo.figures.colour import LEAST_CONTRAST, check_color, contrast, shade, tint
from octavo.figures.kinds.kind import Say, sentence
from octavo.latex.escape import Tex, escape

if TYPE_CHECKING:
    from pylatex import TikZNode

__all__ = ["LEAST_CONTRAST", "Layer", "alt_text", "contrast", "layer_stack", "shade", "small_stack", "tint"]

FEWEST_LAYERS = 2
MOST_LAYERS = 7

#: The longest label, in characters, that still fits when seven layers have one as long.
LONGEST = {"piece": 48, "level": 48, "question": 120}

SMALL_CEILING_MM = 25.7
SMALL_SLAB_MM = 4.4
SMALL_GAP_MM = 0.8


class Layer(Protocol):
    """Describe one layer; `color` is six hexadecimal digits of sRGB, with or without a leading #."""

    @property
    def piece(self) -> str: ...  # noqa: D102
    @property
    def level(self) -> str: ...  # noqa: D102
    @property
    def question(self) -> str: ...  # noqa: D102
    @property
    def color(self) -> str: ...  # noqa: D102


def layer_stack(layers: Sequence[Layer], relation: str) -> Tex:
    r"""Write the LaTeX of the full stack, first layer at the bottom.

    The picture is an argument of `\layerstack`, which typesets it at the largest setting that fits a text block
    105 mm wide in a height of 120 mm. Raises `ValueError` if the number of layers or the length of a label
    is out of bounds.
    """
    from pylatex import Command, NoEscape, TikZ, TikZNode, TikZOptions, TikZPath

    _check(layers)
    picture = TikZ(options=TikZOptions("layer stack"))
    for number, layer in enumerate(layers, start=1):
        for node in _slab(number, layer):
            picture.append(node)
    for number in range(2, len(layers) + 1):
        steps = [TikZNode(f"block{number}").south, "to", TikZNode(f"block{number - 1}").north]
        picture.append(TikZPath(steps, TikZOptions("foot", fill=f"shade{number}")))
    picture.append(TikZNode(options=TikZOptions(**{"relation on": "layer1"}), text=escape(relation)))
    picture.append(TikZNode(options=TikZOptions(**{"ground under": "layer1"})))
    stack = Command("layerstack", arguments=[len(layers), NoEscape(f"%\n{picture.dumps()}%\n")])
    return Tex(_colours(layers) + stack.dumps())


def small_stack(layers: Sequence[Layer], lit: int) -> Tex:
    """Write the LaTeX of the stack for a chapter opener, 22 mm wide and at most 26 mm high.

    Layer `lit`, counted from 1 at the bottom, is filled with its colour; the others are pale, so that the two
    states also differ in grey. Raises `ValueError` for a wrong number of layers, or if there is no such layer.
    """
    from pylatex import TikZ, TikZCoordinate, TikZNode, TikZOptions

    _check(layers, lit)
    room = (SMALL_CEILING_MM + SMALL_GAP_MM) / len(layers) - SMALL_GAP_MM
    height = min(SMALL_SLAB_MM, int(room * 100) / 100)
    picture = TikZ(options=TikZOptions("small stack"))
    for number in range(1, len(layers) + 1):
        corner = TikZCoordinate(0, round((number - 1) * (height + SMALL_GAP_MM), 2))
        look, ground = ("lit slab", "shade") if number == lit else ("small slab", "tint")
        options = TikZOptions(**{look: f"{height}mm"}, fill=f"{ground}{number}")
        picture.append(TikZNode(options=options, at=corner, text=str(number)))
    picture.append(TikZNode(options=TikZOptions("small ground"), at=TikZCoordinate(0, 0)))
    return Tex(_colours(layers) + picture.dumps())


def alt_text(layers: Sequence[Layer], say: Say) -> str:
    """Say what a sighted reader takes from the stack, from the ground up, in one paragraph of plain text.

    Raises `ValueError` as the drawing does.
    """
    _check(layers)
    sentences = [sentence(say("layer-stack"))]
    for number, layer in enumerate(layers, start=1):
        name = f"{say('layer')} {number}"
        place = name if number == 1 else f"{name} {say('rests-on')} {say('layer')} {number - 1}"
        level, question = (f"{say(key)}: {sentence(getattr(layer, key))}" for key in ("level", "question"))
        sentences.append(f"{place}: {sentence(layer.piece)} {level} {question}")
    return " ".join(sentences)


def _check(layers: Sequence[Layer], lit: int | None = None) -> None:
    count = len(layers)
    if not FEWEST_LAYERS <= count <= MOST_LAYERS:
        raise ValueError(f"a stack has {FEWEST_LAYERS} to {MOST_LAYERS} layers, not {count}: add or join layers")
    if lit is not None and not 1 <= lit <= count:
        raise ValueError(f"layer {lit} cannot be lit: the layers are 1 to {count}, counted from the bottom")
    for number, layer in enumerate(layers, start=1):
        for label, longest in LONGEST.items():
            length = len(_plain(getattr(layer, label)))
            if not 0 < length <= longest:
                raise ValueError(f"the {label} of layer {number} has {length} characters: write 1 to {longest}")
        check_color(layer.color)


def _slab(number: int, layer: Layer) -> list[TikZNode]:
    from pylatex import Command, NoEscape, TikZNode, TikZOptions

    place = {} if number == 1 else {"stands on": f"layer{number - 1}"}
    labels = [NoEscape(_breakable(text)) for text in (layer.piece, layer.level, layer.question)]
    words = Command("layertext", arguments=labels).dumps()
    slab = TikZOptions("slab", **place, fill=f"tint{number}")
    block = TikZOptions(**{"block of": f"layer{number}"}, fill=f"shade{number}")
    return [TikZNode(f"layer{number}", slab, text=words), TikZNode(f"block{number}", block, text=str(number))]


def _colours(layers: Sequence[Layer]) -> str:
    from pylatex import Command

    lines = []
    for number, layer in enumerate(layers, start=1):
        for name, digits in ((f"shade{number}", shade(layer.color)), (f"tint{number}", tint(layer.color))):
            lines.append(Command("definecolor", arguments=[name, "HTML", digits]).dumps() + "%\n")
    return "".join(lines)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _breakable(label: str) -> str:
    """Escape a label for LaTeX; a slash between letters becomes a place where the line may break."""
    parts = _plain(label).split("/")
    pieces = [escape(parts[0])]
    for before, after in itertools.pairwise(parts):
        tight = not before.endswith(" ") and not after.startswith(" ")
        pieces += [Tex(r"\slash{}" if tight else "/"), escape(after)]
    return str(Tex("").join(pieces))
