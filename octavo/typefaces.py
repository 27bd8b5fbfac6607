"""Know which fonts the machine has and which characters each of them holds, without an engine.

A text face lacks most of what a manuscript may hold. `fonts: fallback:` names the faces that are asked next, and this
module says which of them has a character: to the check, which names the package that would help, and to the engine,
which gets the same list as a table of Lua (`templates/style/octavo-signs.lua`). Of a font only its table `cmap` is
read (OpenType 1.9, "cmap"), and what was read is kept until the font changes.
"""

from __future__ import annotations

import json
import os
import struct
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from octavo.design import Fallback

#: Where Debian and TeX Live keep fonts; the engine looks there too.
PLACES = (
    "/usr/local/share/fonts",
    "/usr/share/fonts",
    "/usr/share/texmf/fonts/opentype",
    "/usr/share/texmf/fonts/truetype",
    "/usr/share/texlive/texmf-dist/fonts/opentype",
    "/usr/share/texlive/texmf-dist/fonts/truetype",
)
ENDINGS = (".otf", ".ttf", ".ttc")
#: The subtables that map Unicode: platform and encoding, the widest first.
_UNICODE = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0))

Ranges = list[tuple[int, int]]


@dataclass(frozen=True)
class Typeface:
    """Hold a face that is on the machine: its four files, and the first and last of each range of characters."""

    files: tuple[Path, Path, Path, Path]
    scale: float
    shaping: bool
    number: int
    maths: bool
    own: bool
    ranges: tuple[tuple[int, int], ...]

    def has(self, code: int) -> bool:
        """Tell whether the face has a glyph of its own for a character."""
        at = bisect_right(self.ranges, (code, 0x110000)) - 1
        return at >= 0 and code <= self.ranges[at][1]


@cache
def _installed() -> dict[str, Path]:
    """Return every font file of the machine by its name."""
    found: dict[str, Path] = {}
    for place in PLACES:
        for folder, folders, names in os.walk(place):
            folders.sort()
            for name in sorted(names):
                if name.endswith(ENDINGS):
                    found.setdefault(name, Path(folder, name))
    return found


def find_font(name: str, own: Path) -> Path | None:
    """Return the file of that name: from the report's own folder, else from the machine."""
    beside = own / name
    return beside if beside.is_file() else _installed().get(name)


def typefaces(fallback: Sequence[Fallback], own: Path, cache_folder: Path) -> tuple[Typeface, ...]:
    """Return those of the faces that are there, in order."""
    known = _Known(cache_folder)
    found: list[Typeface] = []
    for face in fallback:
        files = [find_font(name, own) for name in face.files()]
        regular = files[0]
        if regular is None:
            continue
        regular_, italic, bold, bold_italic = (path or regular for path in files)
        ranges = known.ranges(regular, face.number)
        found.append(
            Typeface(
                (regular_, italic, bold, bold_italic),
                face.scale,
                face.shaping,
                face.number,
                face.maths,
                face.own,
                ranges,
            )
        )
    known.save()
    return tuple(found)


def has_character(faces: Iterable[Typeface], character: str) -> bool:
    """Tell whether one of the faces has a character."""
    return any(face.has(ord(character)) for face in faces)


class _Known:
    """Keep the characters of each font file by its path, size and time."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "characters.json"
        self._changed = False
        try:
            self._ranges: dict[str, list[int]] = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._ranges = {}

    def ranges(self, path: Path, number: int) -> tuple[tuple[int, int], ...]:
        status = path.stat()
        key = sha256(f"{path} {number} {status.st_size} {status.st_mtime_ns}".encode()).hexdigest()
        flat = self._ranges.get(key)
        if flat is None:
            flat = [code for pair in read_characters(path.read_bytes(), number) for code in pair]
            self._ranges[key] = flat
            self._changed = True
        return tuple(zip(flat[::2], flat[1::2], strict=True))

    def save(self) -> None:
        if self._changed:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self._file.with_suffix(f".{os.getpid()}")
            unfinished.write_text(json.dumps(self._ranges), encoding="utf-8")
            unfinished.replace(self._file)


def read_characters(font: bytes, number: int = 0) -> Ranges:
    """Return the ranges of characters that a font maps to glyphs; none where the file is no font."""
    try:
        table = _cmap(font, number)
        subtables = {
            struct.unpack_from(">HH", table, 4 + 8 * entry): struct.unpack_from(">I", table, 8 + 8 * entry)[0]
            for entry in range(struct.unpack_from(">H", table, 2)[0])
        }
        offset = next((subtables[key] for key in _UNICODE if key in subtables), None)
        if offset is None:
            return []
        form = struct.unpack_from(">H", table, offset)[0]
        codes = {4: _segments, 12: _groups}.get(form)
        return _joined(codes(table[offset:])) if codes else []
    except struct.error:
        return []


def _cmap(font: bytes, number: int) -> bytes:
    start = struct.unpack_from(">I", font, 12 + 4 * number)[0] if font[:4] == b"ttcf" else 0
    for entry in range(struct.unpack_from(">H", font, start + 4)[0]):
        tag, _, offset, length = struct.unpack_from(">4sIII", font, start + 12 + 16 * entry)
        if tag == b"cmap":
            return font[offset : offset + length]
    return b""


def _segments(table: bytes) -> Ranges:
    """Read format 4, in which a segment may map single characters to no glyph."""
    count = struct.unpack_from(">H", table, 6)[0] // 2
    row = struct.Struct(f">{count}H")
    ends, starts = row.unpack_from(table, 14), row.unpack_from(table, 16 + 2 * count)
    deltas, offsets = row.unpack_from(table, 16 + 4 * count), row.unpack_from(table, 16 + 6 * count)
    found: Ranges = []
    for at in range(count):
        first, last = starts[at], min(ends[at], 0xFFFE)
        if offsets[at] == 0:
            found += [(code, code) for code in range(first, last + 1) if (code + deltas[at]) & 0xFFFF]
            continue
        place = 16 + 6 * count + 2 * at + offsets[at]
        glyphs = struct.unpack_from(f">{max(last - first + 1, 0)}H", table, place)
        found += [(first + step, first + step) for step, glyph in enumerate(glyphs) if glyph]
    return found


def _groups(table: bytes) -> Ranges:
    """Read format 12."""
    count = struct.unpack_from(">I", table, 12)[0]
    groups = (struct.unpack_from(">III", table, 16 + 12 * at) for at in range(count))
    return [(first + (glyph == 0), last) for first, last, glyph in groups if last >= first + (glyph == 0)]


def _joined(ranges: Ranges) -> Ranges:
    joined: Ranges = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def coverage(faces: Sequence[Typeface]) -> str:
    """Return the faces that stand in for others as a table of Lua, with the characters that each of them has."""
    rows = []
    for face in faces:
        names = zip(("regular", "italic", "bold", "bolditalic"), face.files, strict=True)
        files = " ".join(f"{style} = [[{path}]]," for style, path in names)
        ranges = ",".join(f"{first},{last}" for first, last in face.ranges)
        flags = {"shaping": face.shaping, "maths": face.maths, "own": face.own}
        facts = ", ".join(
            [f"scale = {face.scale}", *(f"{key} = {str(value).lower()}" for key, value in flags.items())]
        )
        rows.append(f"{{ {files} number = {face.number}, {facts}, ranges = {{{ranges}}} }},\n")
    return f"return {{\n{''.join(rows)}}}\n"
