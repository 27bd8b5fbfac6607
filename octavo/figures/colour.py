"""Choose inks that can be read: the two tones that a figure makes of each colour of a report.

Part of the figures stage. Nothing here draws, so that a build which finds its drawings in the cache pays for none
of it.
"""

from __future__ import annotations

import re

#: Contrast of text with its ground: WCAG 2.2, success criterion 1.4.3.
LEAST_CONTRAST = 4.5
WHITE = "FFFFFF"
#: The black and the grey of every drawing, as `datafigure.sty` defines them.
INK = "1A1A1A"
NOTE = "4D4D4D"
COLOR = re.compile(r"#?[0-9A-Fa-f]{6}")
TINT_STRENGTH = 0.11


def shade(color: str) -> str:
    """Darken a colour just until white text on it reaches 4.5:1, and return its six digits."""
    channels = _channels(color)
    darker = (_digits(*(channel * percent / 100 for channel in channels)) for percent in range(100, -1, -1))
    return next(digits for digits in darker if contrast(digits, WHITE) >= LEAST_CONTRAST)


def tint(color: str) -> str:
    """Thin a colour with white to the ground of a slab, and return its six digits."""
    red, green, blue = (255 - (255 - channel) * TINT_STRENGTH for channel in _channels(shade(color)))
    return _digits(red, green, blue)


def contrast(first: str, second: str) -> float:
    """Compute the contrast ratio of two sRGB colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def check_color(color: str) -> None:
    """Raise `ValueError` unless `color` is six hexadecimal digits, with or without a leading #."""
    _channels(color)


def _channels(color: str) -> tuple[int, int, int]:
    if not COLOR.fullmatch(color):
        raise ValueError(f"{color!r} is not a colour: write six hexadecimal digits, such as 1F4E79")
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue


def _digits(red: float, green: float, blue: float) -> str:
    return "".join(f"{round(channel):02X}" for channel in (red, green, blue))


def _luminance(color: str) -> float:
    linear = []
    for channel in _channels(color):
        value = channel / 255
        linear.append(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
