"""Say what the colors of a PDF mean: an output intent with the sRGB profile (ISO 19005-4, 6.2.3).

TeX writes plain red, green, blue and gray numbers; without a profile they are the colors of whatever screen or
printer shows them. The profile is built here from the published numbers: a file of another maker has a license of
its own and other bytes on other machines, and this one is half a kilobyte.
"""

from __future__ import annotations

import hashlib
import struct
from functools import cache

from pikepdf import Array, Dictionary, Name, Object, Pdf, String

#: Of the International Color Consortium's registry of characterizations.
CONDITION = "sRGB IEC61966-2.1"
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
#: The curve of sRGB: gamma, and the line near black (IEC 61966-2-1, 4.2; ISO 15076-1, table 68, function type 3).
CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
VERSION = 0x04200000
PERCEPTUAL = 0


@cache
def profile() -> bytes:
    """Return the ICC profile of sRGB, version 4.2 (ISO 15076-1): three primaries and one curve."""
    curve = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + _numbers(CURVE)
    data = {
        b"desc": _words("sRGB"),
        b"cprt": _words("No copyright, use freely"),
        b"wtpt": b"XYZ " + bytes(4) + _numbers(WHITE),
        b"chad": b"sf32" + bytes(4) + _numbers(ADAPTATION),
        **{tag: b"XYZ " + bytes(4) + _numbers(point) for tag, point in PRIMARIES.items()},
    }
    tags = {**data, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    position = 128 + 4 + 12 * len(tags)
    places: dict[bytes, int] = {}
    table, body = struct.pack(">I", len(tags)), b""
    for tag, element in tags.items():
        if element not in places:
            places[element] = position + len(body)
            body += element + bytes(-len(element) % 4)
        table += tag + struct.pack(">II", places[element], len(element))
    whole = _header(position + len(body)) + table + body
    return whole[:84] + hashlib.md5(whole, usedforsecurity=False).digest() + whole[100:]


def _header(size: int) -> bytes:
    """Return the header, its identifier and its date left empty (ISO 15076-1, 7.2)."""
    kind = b"mntrRGB XYZ "
    date = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    head = struct.pack(">I4sI", size, bytes(4), VERSION) + kind + date + b"acsp" + bytes(24)
    return (head + struct.pack(">I", PERCEPTUAL) + _numbers(WHITE)).ljust(128, b"\0")


def _numbers(values: tuple[float, ...]) -> bytes:
    """Write numbers with 16 bits before the point and 16 behind it."""
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _words(text: str) -> bytes:
    """Write a text in English (ISO 15076-1, 10.15)."""
    data = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(data), 28) + data


def declare(pdf: Pdf) -> Object:
    """Give the document its output intent and return it."""
    stream = pdf.make_stream(profile(), N=3)
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier=String(CONDITION),
        RegistryName=String("http://www.color.org"),
        Info=String(CONDITION),
        DestOutputProfile=stream,
    )
    pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])
    return pdf.Root.OutputIntents[0]
