"""Draw the figures that come from a report's data, and typeset them beside the book."""

from __future__ import annotations

from octavo.figures.plate import Faces, Family, Plate, PlateError, Plates, export
from octavo.figures.stack import Layer, alt_text, layer_stack, small_stack

__all__ = [
    "Faces",
    "Family",
    "Layer",
    "Plate",
    "PlateError",
    "Plates",
    "alt_text",
    "export",
    "layer_stack",
    "small_stack",
]
