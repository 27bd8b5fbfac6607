"""Say what the inks of a picture look like.

The colors of a book are those of sRGB, and say nothing of cyan, magenta, yellow and black. A picture in these inks
keeps its numbers, and a default color space beside them says what they mean (ISO 32000-2, 8.6.5.6; ISO 19005-4,
6.2.4.3). A picture with a profile of its own, or in other colors, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from octavo.icc import plain_cmyk

#: What sets a color in four inks (ISO 32000-2, 8.6.8 and 8.9.7); a false find costs the picture two kilobytes.
SETS_INKS = re.compile(rb"[\s\]][kK]\s|/(Device)?CMYK\b")


def define_inks(path: Path) -> None:
    """Give a picture's PDF the color space of its inks, if it has any."""
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        if not _has_inks(pdf):
            return
        profile = pdf.make_indirect(pdf.make_stream(plain_cmyk(), N=4))
        space = pdf.make_indirect(Array([Name.ICCBased, profile]))
        for resources in _resources(pdf):
            if "/ColorSpace" not in resources:
                resources.ColorSpace = Dictionary()
            resources.ColorSpace.DefaultCMYK = space
        pdf.save(path, deterministic_id=True)


def _has_inks(pdf: Pdf) -> bool:
    """Tell whether anything in the file names the four inks or draws with them."""
    return any(map(_draws_inks, pdf.pages)) or any(map(_names_inks, pdf.objects))


def _draws_inks(page: pikepdf.Page) -> bool:
    if "/Contents" not in page.obj:
        return False
    page.contents_coalesce()
    return bool(SETS_INKS.search(b"\n" + page.obj.Contents.read_bytes() + b"\n"))


def _names_inks(thing: Object) -> bool:
    if isinstance(thing, Stream):
        if thing.get("/Subtype") == Name.Form or "/PatternType" in thing:
            return bool(SETS_INKS.search(b"\n" + thing.read_bytes() + b"\n"))
        thing = thing.stream_dict
    return b"/DeviceCMYK" in thing.unparse(resolved=True)


def _resources(pdf: Pdf) -> Iterator[Object]:
    """Yield the resources of everything that draws: pages, forms, patterns and fonts made of drawings."""
    yield from (page.resources for page in pdf.pages)
    for thing in pdf.objects:
        draws = isinstance(thing, Stream) and (thing.get("/Subtype") == Name.Form or "/PatternType" in thing)
        if draws or (isinstance(thing, Dictionary) and "/CharProcs" in thing):
            if "/Resources" not in thing:
                thing.Resources = Dictionary()
            yield thing.Resources
