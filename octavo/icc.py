"""Build the two color profiles that a book may need (ISO 15076-1, version 4.2).

TeX writes plain red, green, blue and gray numbers; without a profile they are the colors of whatever screen or
printer shows them. The profiles are built here from published numbers: a file of another maker has a license of its
own and may have other bytes on another machine, and these take half a kilobyte and two kilobytes.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import accumulate, product
from math import log10

#: The white of the profile connection space, and sRGB's primaries seen under it (ICC, "sRGB_v4_ICC_preference").
WHITE = (0.9642, 1.0, 0.8249)
PRIMARIES = {
    b"rXYZ": (0.43606567, 0.22248840, 0.01391602),
    b"gXYZ": (0.38514709, 0.71687317, 0.09707642),
    b"bXYZ": (0.14306641, 0.06060791, 0.71409607),
}
#: What takes the white of sRGB, D65, to that white (Bradford; ISO 15076-1, annex E).
ADAPTATION = (
    1.04788208, 0.02291870, -0.05020142,
    0.02958679, 0.99047852, -0.01707458,
    -0.00924683, 0.01507568, 0.75167847,
)  # fmt: skip
#: The curve of sRGB: gamma, and the line near black (IEC 61966-2-1, 4.2).
CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
PARAMETRIC_WITH_LINE = 3
VERSION = 0x04200000
PERCEPTUAL = 0
HEADER_BYTES = 128
STEPS = 511
#: The density of one full ink; what is darker is black.
DENSITY = 4.0
DARKEST = 10**-DENSITY


@cache
def srgb() -> bytes:
    """Return the profile of sRGB: three primaries and one curve."""
    curve = b"para" + bytes(4) + struct.pack(">HH", PARAMETRIC_WITH_LINE, 0) + _numbers(CURVE)
    primaries = {tag: b"XYZ " + bytes(4) + _numbers(point) for tag, point in PRIMARIES.items()}
    adaptation = {b"chad": b"sf32" + bytes(4) + _numbers(ADAPTATION)}
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return _profile(b"mntrRGB ", "sRGB", {**adaptation, **primaries, **curves})


@cache
def plain_cmyk() -> bytes:
    """Return a profile of four inks in which cyan, magenta, yellow and black are the colors of sRGB.

    An ink takes away its share of the light, and black takes its share of the rest: what viewers do with ink values
    that nobody has described. Light is a product, so the table adds densities: it then has two steps an ink and is
    exact however a program interpolates (10.12: curves, table, curves, matrix).
    """
    dense = [min(-log10(_light(1 - ink / STEPS) or DARKEST), DENSITY) / DENSITY for ink in range(STEPS + 1)]
    light = [max(10 ** (-2 * DENSITY * step / STEPS) - DARKEST, 0) / (1 - DARKEST) for step in range(STEPS + 1)]
    table = [(ink + inks[3]) / 2 for inks in product((0, 1), repeat=4) for ink in inks[:3]]
    matrix = [value * 32768 / 65535 for column in zip(*PRIMARIES.values(), strict=True) for value in column]
    parts = {
        "B": _curve([]) * 3,
        "matrix": _numbers([*matrix, 0, 0, 0]),
        "M": _curve(light) * 3,
        "table": bytes((2, 2, 2, 2)).ljust(16, b"\0") + bytes((2, 0, 0, 0)) + _shares(table),
        "A": _curve(dense) * 4,
    }
    places = accumulate(map(len, parts.values()), initial=32)
    head = b"mAB " + bytes(4) + bytes((4, 3, 0, 0)) + b"".join(struct.pack(">I", next(places)) for _ in parts)
    return _profile(b"scnrCMYK", "Plain inks seen as sRGB", {b"A2B0": head + b"".join(parts.values())})


def _curve(values: Sequence[float]) -> bytes:
    """Write a curve as a table over even steps; an empty one changes nothing (10.6)."""
    data = b"curv" + bytes(4) + struct.pack(">I", len(values)) + _shares(values)
    return data + bytes(-len(data) % 4)


def _shares(values: Sequence[float]) -> bytes:
    """Write numbers from 0 to 1 with 16 bits."""
    return struct.pack(f">{len(values)}H", *(round(value * 65535) for value in values))


def _light(value: float) -> float:
    """Return the light of a value of sRGB."""
    gamma, scale, offset, slope, edge = CURVE
    return (scale * value + offset) ** gamma if value >= edge else slope * value


def _profile(kind: bytes, name: str, tags: Mapping[bytes, bytes]) -> bytes:
    """Put a profile together: header, table of tags, and each different element once; then sign it (7.2.18)."""
    words = {b"desc": _words(name), b"cprt": _words("No copyright, use freely")}
    elements = {**words, b"wtpt": b"XYZ " + bytes(4) + _numbers(WHITE), **tags}
    position = HEADER_BYTES + 4 + 12 * len(elements)
    places: dict[bytes, int] = {}
    table, body = struct.pack(">I", len(elements)), b""
    for tag, element in elements.items():
        if element not in places:
            places[element] = position + len(body)
            body += element + bytes(-len(element) % 4)
        table += tag + struct.pack(">II", places[element], len(element))
    whole = _header(kind, position + len(body)) + table + body
    return whole[:84] + hashlib.md5(whole, usedforsecurity=False).digest() + whole[100:]


def _header(kind: bytes, size: int) -> bytes:
    """Return the header with a fixed date and no signature yet (7.2)."""
    head = struct.pack(">I4sI", size, bytes(4), VERSION) + kind + b"XYZ " + struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    return (head + b"acsp" + bytes(24) + struct.pack(">I", PERCEPTUAL) + _numbers(WHITE)).ljust(HEADER_BYTES, b"\0")


def _numbers(values: Sequence[float]) -> bytes:
    """Write numbers with 16 bits before the point and 16 behind it."""
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _words(text: str) -> bytes:
    """Write a text in English (10.15)."""
    data = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(data), 28) + data
