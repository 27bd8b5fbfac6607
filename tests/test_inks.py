"""Check the color profiles, and what becomes of pictures in four inks, in gray, or with fonts that they lack."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ink_pictures import drawing_in_four_inks, picture_in_four_inks
from pikepdf import Dictionary, Name, Stream
from PIL import Image, ImageCms

from octavo.figures.inks import define_inks
from octavo.figures.lettering import absent_fonts
from octavo.icc import plain_cmyk, srgb

# Colors.


def through(profile: bytes, picture: Image.Image) -> list[tuple[int, ...]]:
    """Return the colors of sRGB that LittleCMS sees in a picture with that profile."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    exact = ImageCms.Flags.NOOPTIMIZE
    transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), picture.mode, "RGB", flags=exact)
    seen = ImageCms.applyTransform(picture, transform)
    assert seen is not None
    return [color for color in seen.get_flattened_data() if isinstance(color, tuple)]


@settings(deadline=None)
@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_the_profile_of_srgb_changes_no_color(color: tuple[int, int, int]) -> None:
    (seen,) = through(srgb(), Image.new("RGB", (1, 1), color))
    assert max(abs(a - b) for a, b in zip(seen, color, strict=True)) <= 1
    assert len(srgb()) < 1000


@settings(deadline=None)
@given(st.tuples(*[st.integers(0, 255)] * 4))
def test_inks_look_as_viewers_show_them(inks: tuple[int, int, int, int]) -> None:
    (seen,) = through(plain_cmyk(), Image.new("CMYK", (1, 1), inks))
    *colors, black = inks
    shown = [(255 - color) * (255 - black) / 255 for color in colors]
    off = max(abs(a - b) for a, b in zip(seen, shown, strict=True))
    assert off <= 24, "two curves of sRGB are multiplied, where viewers multiply the numbers themselves"
    if black in (0, 255) or not any(colors):
        assert off <= 12


def test_the_profiles_have_the_signature_of_their_content() -> None:
    """A program that knows a profile by its signature must find the same (ISO 15076-1, 7.2.18)."""
    import hashlib

    for profile in (srgb(), plain_cmyk()):
        unsigned = profile[:44] + bytes(4) + profile[48:64] + bytes(4) + profile[68:84] + bytes(16) + profile[100:]
        assert profile[84:100] == hashlib.md5(unsigned).digest()
        assert int.from_bytes(profile[:4], "big") == len(profile)


@pytest.mark.parametrize("make", [picture_in_four_inks, drawing_in_four_inks])
def test_only_a_picture_in_four_inks_gets_their_color_space(make: object, tmp_path: Path) -> None:
    import img2pdf

    data = picture_in_four_inks() if make is picture_in_four_inks else drawing_in_four_inks()
    path = tmp_path / "inks.pdf"
    path.write_bytes(data if data[:4] == b"%PDF" else img2pdf.convert(data, nodate=True))
    before = path.read_bytes()
    define_inks(path)
    with pikepdf.open(path) as pdf:
        assert pdf.pages[0].resources.ColorSpace.DefaultCMYK[0] == Name.ICCBased
        forms = [o for o in pdf.objects if isinstance(o, Stream) and o.get("/Subtype") == Name.Form]
        assert all("/DefaultCMYK" in form.Resources.ColorSpace for form in forms)
    assert path.read_bytes() != before


def test_a_gray_picture_stays_as_it_is(tmp_path: Path) -> None:
    import img2pdf

    gray = io.BytesIO()
    Image.new("L", (30, 20), 128).save(gray, "PNG")
    path = tmp_path / "gray.pdf"
    path.write_bytes(before := img2pdf.convert(gray.getvalue(), nodate=True))
    define_inks(path)
    assert path.read_bytes() == before


def lettered(path: Path, **font: Any) -> Path:
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(60, 20))
        face = Dictionary(Type=Name.Font, Subtype=Name.TrueType, BaseFont=Name.Seat, **font)
        form = Stream(pdf, b"", Subtype=Name.Form, Resources=Dictionary(Font=Dictionary(F=face)))
        page.obj.Resources = Dictionary(XObject=Dictionary(X=form))
        pdf.save(path)
    return path


def test_a_font_that_a_picture_does_not_hold_is_found(tmp_path: Path) -> None:
    """OCT545, whose example is in the handbook."""
    assert absent_fonts(lettered(tmp_path / "a.pdf")) == ["Seat"]
    assert absent_fonts(lettered(tmp_path / "b.pdf", FontDescriptor=Dictionary())) == ["Seat"]
    assert absent_fonts(lettered(tmp_path / "c.pdf", FontDescriptor=Dictionary(FontFile2=Dictionary()))) == []
