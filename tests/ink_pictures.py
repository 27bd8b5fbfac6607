"""Make pictures in four inks: one of pixels, one of lines."""

from __future__ import annotations

import io

import pikepdf
from pikepdf import Dictionary, Name, Stream
from PIL import Image


def picture_in_four_inks() -> bytes:
    file = io.BytesIO()
    Image.new("CMYK", (30, 20), (100, 50, 20, 60)).save(file, "JPEG")
    return file.getvalue()


def drawing_in_four_inks() -> bytes:
    """Make a PDF whose page draws in inks only inside a form."""
    file = io.BytesIO()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(60, 20))
        form = Stream(pdf, b"0 1 1 0 k 0 0 60 20 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 60, 20])
        page.obj.Resources = Dictionary(XObject=Dictionary(F=form))
        page.obj.Contents = Stream(pdf, b"/F Do")
        pdf.save(file, deterministic_id=True)
    return file.getvalue()
