"""Turn an image file of any kind into a one-page PDF.

Each reader says in its own words what is wrong with a file; the caller takes whatever is raised.
"""

from __future__ import annotations

import io
import logging
import subprocess
import zlib
from pathlib import Path
from typing import Any

from octavo.confinement import Walls
from octavo.figures.inks import define_inks
from octavo.runner import Bounds, run

SVG_TIME_LIMIT_SECONDS = 60
#: More pixels than a poster of A0 at 300 dots an inch has; a picture that claims more is not opened.
MOST_PIXELS = 150_000_000
FIRST = "more than one page or frame, of which the first is printed"


def convert(path: Path, data: bytes, target: Path) -> str:
    """Write the one-page PDF of an image; return what of the file is not in it, or nothing.

    Raises an exception of any kind, whose words say what is wrong with the file.
    """
    if not data.strip():
        raise ValueError("the file is empty")
    if b"%PDF-" in data[:1024]:
        return _convert_pdf(data, target)
    if path.suffix.lower() in (".svg", ".svgz") or b"<svg" in data[:4096]:
        _convert_svg(path, target)
        return ""
    return _convert_raster(data, target)


def _convert_pdf(data: bytes, target: Path) -> str:
    """Write the first page by itself: no links, forms or scripts of the file come along, nor what is damaged in it."""
    import pikepdf

    try:
        source = pikepdf.open(io.BytesIO(data))
    except pikepdf.PasswordError:
        raise ValueError("it asks for a password") from None
    except pikepdf.PdfError:
        raise ValueError("it is not a PDF that can be read") from None
    with source, pikepdf.new() as pdf:
        if not source.pages:
            raise ValueError("it has no page")
        pdf.pages.append(source.pages[0])
        for key in ("/Annots", "/AA", "/Tabs", "/StructParents", "/Metadata", "/PieceInfo"):
            if key in pdf.pages[0].obj:
                del pdf.pages[0].obj[key]
        pdf.save(target, deterministic_id=True)
        many = len(source.pages) > 1
    define_inks(target)
    return FIRST if many else ""


def _convert_svg(path: Path, target: Path) -> None:
    try:
        done = run(
            ["rsvg-convert", "-f", "pdf", "-o", str(target.resolve()), path.name],
            Walls(reads=(path.resolve().parent,), writes=(target.resolve().parent,)),
            Bounds(seconds=SVG_TIME_LIMIT_SECONDS),
            path.parent,
            {"SOURCE_DATE_EPOCH": "0"},
        )
    except FileNotFoundError:
        raise ValueError("rsvg-convert is not installed; install the Debian package librsvg2-bin") from None
    except subprocess.TimeoutExpired:
        raise ValueError("it takes too long to draw") from None
    if done.returncode:
        raise ValueError((done.stderr.decode(errors="replace").strip() or "it cannot be drawn").split("\n")[0])


def _convert_raster(data: bytes, target: Path) -> str:
    """Write an image of pixels; one that cannot be decoded to its end is refused here, not in the engine."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        raise ValueError("it is no picture of a kind that is known") from None
    if image.width * image.height > MOST_PIXELS:
        raise ValueError(f"it has {image.width} × {image.height} pixels, which is too many")
    many = getattr(image, "n_frames", 1) > 1
    try:
        image.load()
    except Exception as error:
        raise ValueError(f"its data are damaged ({error})") from None
    if image.format not in ("PNG", "JPEG") or many:
        upright = ImageOps.exif_transpose(image)
        clear = "transparency" in upright.info or "A" in upright.getbands()
        written = io.BytesIO()
        upright.convert("RGBA" if clear else "RGB").save(
            written, "PNG", **({"dpi": image.info["dpi"]} if "dpi" in image.info else {})
        )
        data = written.getvalue()
    _wrap(data, target)
    define_inks(target)
    return FIRST if many else ""


def _wrap(data: bytes, target: Path) -> None:
    import img2pdf

    logging.getLogger("img2pdf").setLevel(logging.ERROR)  # it tells of every image that is not opaque
    try:
        rotation = img2pdf.Rotation.ifvalid
        target.write_bytes(img2pdf.convert(data, nodate=True, producer="", creator="", rotation=rotation))
    except img2pdf.AlphaChannelError:
        _wrap_transparent(data, target)
    except (img2pdf.JpegColorspaceError, img2pdf.UnsupportedColorspaceError, img2pdf.PdfTooLargeError) as error:
        raise ValueError(str(error).split("\n")[0] or "its colors or its size cannot be printed") from None


def _wrap_transparent(data: bytes, target: Path) -> None:
    """Write an image with transparency as a page with a soft mask (ISO 32000-2, 11.6.5.3)."""
    import pikepdf
    from PIL import Image

    image = Image.open(io.BytesIO(data)).convert("RGBA")
    width, height = image.size
    dpi = image.info.get("dpi", (96.0, 96.0))[0] or 96.0
    size = (width * 72 / dpi, height * 72 / dpi)
    with pikepdf.new() as pdf:
        colors: dict[str, Any] = dict(
            Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=width, Height=height, BitsPerComponent=8,
            Filter=pikepdf.Name.FlateDecode,
        )  # fmt: skip
        alpha = pikepdf.Stream(pdf, zlib.compress(image.getchannel("A").tobytes(), 9))
        alpha.stream_dict = pikepdf.Dictionary(**colors, ColorSpace=pikepdf.Name.DeviceGray)
        pixels = pikepdf.Stream(pdf, zlib.compress(image.convert("RGB").tobytes(), 9))
        pixels.stream_dict = pikepdf.Dictionary(**colors, ColorSpace=pikepdf.Name.DeviceRGB, SMask=alpha)
        page = pdf.add_blank_page(page_size=size)
        page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=pixels))
        page.obj.Contents = pikepdf.Stream(pdf, f"q {size[0]:.3f} 0 0 {size[1]:.3f} 0 0 cm /Im Do Q".encode())
        pdf.save(target, deterministic_id=True)
