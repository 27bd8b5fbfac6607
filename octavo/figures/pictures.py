"""Make pictures ready for the page: every image file becomes a one-page PDF, once.

LuaTeX decodes and packs a PNG again on every run, and cannot read SVG. A picture is converted when it is first
seen and kept by its content (lossless, transparency kept); PDF is placed as it is.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from octavo.diagnostics import Ledger, Span
from octavo.figures.inks import define_inks
from octavo.figures.lettering import absent_fonts
from octavo.figures.plate import Plate
from octavo.latex.context import Picture
from octavo.nearest import nearest
from octavo.workspace import clean_environment

RASTER = {".png", ".jpg", ".jpeg"}
SVG_TIME_LIMIT_SECONDS = 60
#: Changes with how pictures are made ready, so that a cache of before is not taken for it.
MADE_BY = "2"


@dataclass
class Pictures:
    """Find, convert and name the pictures of one report.

    `plates` will hold the drawings made from data, by kind, with their alt texts in `alts`.
    """

    folder: Path
    cache: Path
    ledger: Ledger
    plates: Future[dict[str, Plate]]
    alts: dict[str, str]
    files: dict[str, Path] = field(default_factory=dict)

    def image(self, target: str, span: Callable[[], Span]) -> Picture | None:
        """Return the picture of an image file named from the report's folder, or report what is wrong with it."""
        path = self.folder / target
        if not path.is_file() or not path.resolve().is_relative_to(self.folder.resolve()):
            known = [p.relative_to(self.folder).as_posix() for p in self.folder.glob("*/*.*") if p.suffix != ".md"]
            self.ledger.report("OCT301", span(), target=target, nearest=nearest(target, known))
            return None
        data = path.read_bytes()
        ready = self.cache / "pictures" / MADE_BY / f"{hashlib.sha256(data).hexdigest()[:24]}.pdf"
        if not ready.is_file():
            problem = self._convert(path, data, ready)
            if problem:
                self.ledger.report("OCT302", span(), target=target, problem=problem)
                return None
        if path.suffix.lower() == ".pdf" and (absent := absent_fonts(ready)):
            self.ledger.report("OCT545", span(), target=target, fonts=", ".join(absent))
        self.files[ready.name] = ready
        return Picture(ready.name)

    def _convert(self, path: Path, data: bytes, ready: Path) -> str:
        """Write the one-page PDF of an image, or return why there is none."""
        ready.parent.mkdir(parents=True, exist_ok=True)
        temporary = ready.with_suffix(".tmp")
        kind = path.suffix.lower()
        if kind == ".pdf":
            if not _is_pdf(path):
                return "it is not a PDF that can be read"
            shutil.copyfile(path, temporary)
        elif kind in RASTER:
            problem = _wrap_raster(data, temporary)
            if problem:
                return problem
        elif kind == ".svg":
            problem = _convert_svg(path, temporary)
            if problem:
                return problem
        else:
            return f"Octavo places PNG, JPEG, PDF and SVG, not `{kind}`"
        if kind != ".svg":
            define_inks(temporary)
        temporary.replace(ready)
        return ""

    def drawing(self, kind: str, span: Callable[[], Span]) -> Picture | None:
        """Return the drawing of that kind, or report that the report has no data for it."""
        plates = self.plates.result()
        if kind not in plates:
            self.ledger.report("OCT304", span(), kind=kind or "(none)", nearest=nearest(kind, plates))
            return None
        plate = plates[kind]
        self.files[plate.path.name] = plate.path
        return Picture(plate.path.name, plate.page, self.alts.get(kind, ""))


def _is_pdf(path: Path) -> bool:
    """Tell whether a file is a PDF with a page; the engine would stop the whole book at any other."""
    import pikepdf

    try:
        with pikepdf.open(path) as pdf:
            return len(pdf.pages) > 0
    except pikepdf.PdfError:
        return False


def _wrap_raster(data: bytes, target: Path) -> str:
    import img2pdf

    logging.getLogger("img2pdf").setLevel(logging.ERROR)  # it tells of every image that is not opaque
    try:
        rotation = img2pdf.Rotation.ifvalid
        target.write_bytes(img2pdf.convert(data, nodate=True, producer="", creator="", rotation=rotation))
    except img2pdf.AlphaChannelError:
        return _wrap_transparent(data, target)
    except (img2pdf.JpegColorspaceError, img2pdf.UnsupportedColorspaceError, img2pdf.PdfTooLargeError) as error:
        return str(error).split("\n")[0] or "its colors or its size cannot be printed"
    except img2pdf.ImageOpenError:
        return "it cannot be read as an image"
    except ValueError as error:
        return str(error).split("\n")[0] or "it cannot be read as an image"
    return ""


def _wrap_transparent(data: bytes, target: Path) -> str:
    """Write an image with transparency as a page with a soft mask (ISO 32000-2, 11.6.5.3)."""
    import io
    import zlib

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
    return ""


def _convert_svg(path: Path, target: Path) -> str:
    try:
        done = subprocess.run(
            ["rsvg-convert", "-f", "pdf", "-o", str(target), str(path)],
            capture_output=True,
            text=True,
            check=False,
            timeout=SVG_TIME_LIMIT_SECONDS,
            env=clean_environment() | {"SOURCE_DATE_EPOCH": "0"},
        )
    except FileNotFoundError:
        return "rsvg-convert is not installed; install the Debian package librsvg2-bin"
    except subprocess.TimeoutExpired:
        return "it takes too long to draw"
    return done.stderr.strip().split("\n")[0] if done.returncode else ""
