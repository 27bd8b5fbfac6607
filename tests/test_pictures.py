"""Give Octavo pictures of every kind, whole and damaged, and hold it to a page or a message at their line."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from conftest import Project
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from octavo.figures.conversion import convert


def pixels(kind: str, mode: str = "RGB", **options: object) -> bytes:
    written = io.BytesIO()
    image = Image.new(mode, (6, 4), 1 if mode in ("1", "P") else None)
    image.save(written, kind, **options)
    return written.getvalue()


def page(**keys: object) -> bytes:
    written = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(72, 36))
        pdf.pages[0].obj.Contents = pikepdf.Stream(pdf, b"0 0 10 10 re f 0 0 0 1 k")
        pdf.save(written, **keys)  # type: ignore[arg-type]
    return written.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="9" height="9"/></svg>'
WHOLE = {
    "png": pixels("PNG"),
    "png, sixteen bits": pixels("PNG", "I;16"),
    "png, palette": pixels("PNG", "P"),
    "png, clear": pixels("PNG", "RGBA"),
    "jpeg": pixels("JPEG"),
    "jpeg, four inks": pixels("JPEG", "CMYK"),
    "gif": pixels("GIF", "P"),
    "tiff": pixels("TIFF"),
    "bmp": pixels("BMP"),
    "pdf": page(),
    "pdf with an owner's password": page(encryption=pikepdf.Encryption(owner="o", user="")),
    "svg": SVG,
}
if features.check("webp"):
    WHOLE["webp"] = pixels("WEBP")
if features.check("avif"):
    WHOLE["avif"] = pixels("AVIF")


@pytest.mark.parametrize("kind", WHOLE)
def test_a_picture_of_any_kind_becomes_a_page(kind: str, tmp_path: Path) -> None:
    source = tmp_path / ("x.svg" if kind == "svg" else "x.bin")
    source.write_bytes(WHOLE[kind])
    assert convert(source, WHOLE[kind], tmp_path / "y.pdf") == ""
    with pikepdf.open(tmp_path / "y.pdf") as pdf:
        assert len(pdf.pages) == 1
        assert not pdf.is_encrypted


def test_of_several_frames_the_first_is_printed(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    written = io.BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:])
    assert "first is printed" in convert(tmp_path / "x.gif", written.getvalue(), tmp_path / "y.pdf")


def test_of_several_pages_the_first_is_printed_and_told(project: Project) -> None:
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(page())) as pdf:
        pdf.pages.append(pdf.pages[0])
        pdf.save(written)
    project.write("two.pdf", written.getvalue())
    for _ in range(2):
        assert with_pictures(project, '![Seats](two.pdf){alt="Two"}') == ["OCT320:3"]


def test_a_picture_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for kind in ("JPEG", "TIFF"):
        data = pixels(kind, exif=exif)
        convert(tmp_path / "x", data, tmp_path / "y.pdf")
        with pikepdf.open(tmp_path / "y.pdf") as pdf:
            box = [float(value) for value in pdf.pages[0].mediabox]
            upright = (box[2] - box[0] < box[3] - box[1]) != (int(pdf.pages[0].obj.get("/Rotate", 0)) % 180 == 90)
            assert upright, kind


HOSTILE = {
    "empty": (b"", "is empty"),
    "text": (b"not a picture", "no picture of a kind"),
    "png, cut": (pixels("PNG")[:-30], ""),
    "png, too many pixels": (
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\0\0\0\1\0\0\x08\2\0\0\0" + b"\0" * 4 + pixels("PNG")[33:], "",
    ),
    "pdf, locked": (page(encryption=pikepdf.Encryption(owner="o", user="u")), "asks for a password"),
    "pdf, cut": (page()[:60], ""),
    "svg, broken": (b"<svg", ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_that_cannot_be_read_says_why(kind: str, tmp_path: Path) -> None:
    data, words = HOSTILE[kind]
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(Exception, match=words) as raised:
        convert(tmp_path / "x", data, tmp_path / "y.pdf")
    assert not isinstance(raised.value, RecursionError | MemoryError)


@settings(max_examples=150, deadline=None, database=None)
@given(
    st.sampled_from([data for kind, data in sorted(WHOLE.items()) if kind != "svg"]),
    st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=4)), max_size=6),
    st.integers(0, 4000),
)
def test_damaged_files_are_read_or_refused(data: bytes, patches: list[tuple[int, bytes]], length: int) -> None:
    """Whatever a reader throws is an `Exception` and is taken by the caller; nothing crashes or leaves half a file."""
    import tempfile

    for at, patch in patches:
        at %= len(data)
        data = data[:at] + patch + data[at + len(patch) :]
    data = data[: max(1, length % (len(data) + 1))] if length % 3 == 0 else data
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "y.pdf"
        try:
            convert(Path(folder) / "x.bin", data, target)
        except Exception:
            return
        with pikepdf.open(target) as pdf:
            assert len(pdf.pages) == 1


def with_pictures(project: Project, text: str) -> list[str]:
    for name in ("a b.png", "images/p.png", "chapters/own.png", "ü.png"):
        project.write(name, WHOLE["png"])
    project.chapters(f"# One\n\n{text}\n")
    return [f"{p['code']}:{p['line']}" for p in project.octavo("check", "--format", "json").problems]


@pytest.mark.parametrize(
    "written",
    ["<a b.png>", "a%20b.png", "images/p.png", "../images/p.png", "own.png", "chapters/own.png", "/images/p.png",
     "images/p.png?raw=true", "images\\\\p.png", "./own.png", "%C3%BC.png", "ü.png"],
)  # fmt: skip
def test_a_path_leads_from_the_chapter_or_from_the_report(written: str, project: Project) -> None:
    assert with_pictures(project, f'![Seats]({written}){{alt="Two"}}') == []


def test_a_path_that_both_have_is_that_of_the_chapter(project: Project) -> None:
    project.write("p.png", b"broken")
    project.write("chapters/p.png", WHOLE["png"])
    assert with_pictures(project, '![Seats](p.png){alt="Two"}') == []


def test_a_message_stands_on_the_line_of_its_own_picture(project: Project) -> None:
    text = '![Seats](own.png){alt="Two"}\n\n![Seats](none.png){alt="Two"}\n\n- ![Seats](none.png){alt="Two"}\n'
    assert with_pictures(project, text) == ["OCT301:5", "OCT301:7"]


def test_nothing_is_taken_from_outside_or_from_the_network(project: Project) -> None:
    outside = project.folder.parent / "outside.png"
    outside.write_bytes(WHOLE["png"])
    (project.folder / "link.png").symlink_to(outside)
    text = "\n\n".join(f'![Seats]({target}){{alt="Two"}}' for target in ("../outside.png", "link.png", str(outside)))
    assert with_pictures(project, text) == ["OCT301:3", "OCT301:5", "OCT301:7"]
    assert with_pictures(project, '![Seats](https://example.org/p.png){alt="Two"}') == ["OCT319:3"]


@pytest.mark.parametrize(("name", "make"), [("pipe.png", os.mkfifo), ("folder.png", os.mkdir)])
def test_what_is_no_file_is_no_picture(name: str, make: Callable[[Path], None], project: Project) -> None:
    make(project.folder / name)
    assert with_pictures(project, f'![Seats]({name}){{alt="Two"}}') == ["OCT301:3"]


@pytest.mark.tex
def test_a_picture_that_is_not_there_is_a_frame_with_its_description(project: Project) -> None:
    project.write("bad.png", WHOLE["png"][:-20])
    project.chapters('# One\n\nA ![](none.png){alt="small one"} in a line.\n\n![Seats](bad.png){alt="Two seats"}\n')
    done = project.octavo("build")
    assert done.status == 0
    assert "OCT301" in done.err and "OCT302" in done.err
    heard = project.octavo("listen").out
    assert "small one" in heard and "Two seats" in heard and "Seats" in heard
    assert project.octavo("--strict", "build").status == 1
