"""See colours as other eyes do: three kinds of colour blindness, and greyscale.

The simulation is that of Machado, Oliveira and Fernandes, “A Physiologically-based Model for Simulation of Color
Vision Deficiency” (IEEE TVCG 15(6), 2009), table 1, severity 1.0: one matrix a kind, applied to linear sRGB. The
distance of two colours is CIEDE2000 (ISO/CIE 11664-6:2022), in steps of which one can just be seen. The libraries
that offer both bring NumPy and more; these are three matrices and one formula.
"""

from __future__ import annotations

from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt
from typing import Final, TypeAlias

Channels: TypeAlias = tuple[float, float, float]
Matrix: TypeAlias = tuple[Channels, Channels, Channels]

#: How each kind of colour blindness changes linear red, green and blue.
KINDS: Final[dict[str, Matrix]] = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
GREYSCALE: Final = "greyscale"
_LUMINANCE: Final[Channels] = (0.2126, 0.7152, 0.0722)
#: Linear sRGB to CIE XYZ, and the white of D65 (IEC 61966-2-1).
_TO_XYZ: Final[Matrix] = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_WHITE: Final[Channels] = (0.95047, 1.0, 1.08883)


def simulate(color: str, kind: str) -> str:
    """Return the colour that a reader of that kind sees, or the grey that a printer without colour prints."""
    linear = _linear(color)
    if kind == GREYSCALE:
        grey = _dot(_LUMINANCE, linear)
        return _digits((grey, grey, grey))
    return _digits(_times(KINDS[kind], linear))


def lightness(color: str) -> float:
    """Return CIE L*, from 0 for black to 100 for white: even steps of it look even."""
    return _lab(color)[0]


def distance(first: str, second: str) -> float:
    """Return how far two colours look apart (CIEDE2000): 1 can just be seen, black and white are 100 apart."""
    (l1, a1, b1), (l2, a2, b2) = _lab(first), _lab(second)
    mean_chroma = (hypot(a1, b1) + hypot(a2, b2)) / 2
    stretch = 1 + 0.5 * (1 - sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7)))
    c1, c2 = hypot(a1 * stretch, b1), hypot(a2 * stretch, b2)
    h1, h2 = (degrees(atan2(b, a * stretch)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = 0.0 if not c1 * c2 else (h2 - h1 + 180) % 360 - 180
    lightness_step, chroma_step = l2 - l1, c2 - c1
    hue_step = 2 * sqrt(c1 * c2) * sin(radians(turn / 2))
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = h1 + h2 if not c1 * c2 else (h1 + turn / 2) % 360
    weight = 1 - 0.17 * _cos(mean_h - 30) + 0.24 * _cos(2 * mean_h)
    weight += 0.32 * _cos(3 * mean_h + 6) - 0.20 * _cos(4 * mean_h - 63)
    scale_l = 1 + 0.015 * (mean_l - 50) ** 2 / sqrt(20 + (mean_l - 50) ** 2)
    scale_c, scale_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * weight
    rotation = -2 * sqrt(mean_c**7 / (mean_c**7 + 25**7)) * sin(radians(60 * exp(-(((mean_h - 275) / 25) ** 2))))
    chroma, hue = chroma_step / scale_c, hue_step / scale_h
    return sqrt((lightness_step / scale_l) ** 2 + chroma**2 + hue**2 + rotation * chroma * hue)


def _cos(angle: float) -> float:
    return cos(radians(angle))


def _linear(color: str) -> Channels:
    red, green, blue = (value / 255 for value in bytes.fromhex(color.removeprefix("#")))
    return _decode(red), _decode(green), _decode(blue)


def _decode(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _digits(linear: Channels) -> str:
    """Encode linear channels as six digits; what the screen cannot show is cut off."""
    digits = ""
    for value in linear:
        value = min(max(value, 0.0), 1.0)
        digits += f"{round(255 * (12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055)):02X}"
    return digits


def _lab(color: str) -> Channels:
    x, y, z = (_root(value / white) for value, white in zip(_times(_TO_XYZ, _linear(color)), _WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _root(value: float) -> float:
    return float(value ** (1 / 3)) if value > (6 / 29) ** 3 else value / (3 * (6 / 29) ** 2) + 4 / 29


def _times(matrix: Matrix, vector: Channels) -> Channels:
    first, second, third = (_dot(row, vector) for row in matrix)
    return first, second, third


def _dot(first: Channels, second: Channels) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))
