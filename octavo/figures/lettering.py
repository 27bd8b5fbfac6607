"""Find the fonts that a picture's PDF uses and does not hold.

A reader replaces such a font by one of its own, so that the picture looks different everywhere; PDF/A does not allow
it (ISO 19005-4, 6.2.10.4.1), and PDF/UA neither (ISO 14289-2, 8.4.5.5.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream

PROGRAMS = ("/FontFile", "/FontFile2", "/FontFile3")


def absent_fonts(path: Path) -> list[str]:
    """Return the names of the fonts that the first page of a PDF uses and that are not in the file."""
    with pikepdf.open(path) as pdf:
        return sorted({_name(font) for font in _fonts(pdf.pages[0].resources, set()) if not _is_held(font)})


def _fonts(thing: Object, seen: set[tuple[int, int]]) -> Iterator[Object]:
    """Yield the fonts below a resource dictionary, those of the forms and patterns in it too."""
    if thing.is_indirect:
        if thing.objgen in seen:
            return
        seen.add(thing.objgen)
    if isinstance(thing, Dictionary) and thing.get("/Type") == Name.Font and thing.get("/Subtype") != Name.Type3:
        yield from thing.get("/DescendantFonts", [thing])
    elif isinstance(thing, Dictionary | Stream):
        for key in thing.keys() - {"/Parent", "/P"}:
            if isinstance(thing[key], Object):
                yield from _fonts(thing[key], seen)
    elif isinstance(thing, Array):
        for item in thing:
            if isinstance(item, Object):
                yield from _fonts(item, seen)


def _is_held(font: Object) -> bool:
    return "/FontDescriptor" in font and any(program in font.FontDescriptor for program in PROGRAMS)


def _name(font: Object) -> str:
    return str(font.get("/BaseFont", "(no name)")).removeprefix("/")
