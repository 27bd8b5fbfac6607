"""Set the same spread in several combinations of faces: `.venv/bin/python docs/specimen.py`.

For each combination in `specimen/combinations.yaml` Octavo builds a report of one chapter, whose second and third page
become `images/specimen-NAME.png`, and the whole book, whose pages and lines are counted. The figures in `type.md` are
what this prints. It needs the fonts (`apt-get install` with the packages named in the file).
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import pypdfium2
import yaml
from PIL import Image, ImageFont, ImageStat

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "docs" / "specimen"
TARGET = ROOT / "docs" / "images"
FONT_PLACES = (Path("/usr/share/texmf/fonts"), Path("/usr/share/fonts"))
REPORT = {
    "title": "Specimen",
    "authors": ["Octavo"],
    "date": "2026-11-24",
    "language": "en-US",
    "output": "specimen",
    "parts": {"chapters": ["specimen.md"]},
    "bibliography": {"files": ["references.bib"]},
}
#: Pages of the specimen by label: the first spread.
SPREAD = ("2", "3")
WIDTH = 1120
#: Where the enlargement begins, how wide and high it is in points, and how much larger.
DETAIL, DETAIL_SIZE, DETAIL_SCALE = "Names with many capitals", (300, 63), 3.4
GAP = 6
#: The measure and the size of the text in PDF points, and what a line may lack of the measure.
MEASURE, SIZE, SLACK = 104 * 72 / 25.4, 9.96, 6.0
#: Notes and tables have no letter so large, headings have larger ones; a space may have any size.
SMALLEST, LARGEST = 9.5, 10.5
#: A page with that many full lines is one of text alone.
LINES_OF_TEXT = 24
GRAY_SCALE = 3
#: Pixels to the em when a face is measured; the cuts of a family.
EM = 1000
CUTS = ("regular", "italic", "bold", "bold-italic")
#: Letters that a face for a language needs and others seldom have; and a code that no face has.
SCRIPTS = {
    "Central European": "ąčđőřșż",
    "Vietnamese": "ằệợữ",
    "IPA": "əʃŋɹʔ",
    "Greek": "αθλψώ",
    "polytonic Greek": "ἄῥᾷ",
    "Cyrillic": "джщяё",
    "Hebrew": "אשת",
}
NO_LETTER = "\U0010ffff"


class Line(NamedTuple):
    """Hold the left end and the baseline of a line, in points, and the number of its letters and spaces."""

    left: float
    baseline: float
    letters: int


def main() -> None:
    """Write the pictures and print what was measured."""
    standard = yaml.safe_load((ROOT / "templates" / "design.yaml").read_text(encoding="utf-8"))["fonts"]
    details = []
    print(
        "name        pages  letters/line  gray  x-height  capital  small capitals         old-style figures      has"
    )
    for combination in yaml.safe_load((SOURCE / "combinations.yaml").read_text(encoding="utf-8")):
        name, fonts = combination["name"], combination["fonts"]
        with tempfile.TemporaryDirectory() as folder:
            specimen = _build(_specimen(Path(folder) / "specimen", fonts), "specimen")
            _picture(specimen).save(TARGET / f"specimen-{name}.png", optimize=True)
            details.append(_detail(specimen))
            book = _build(_book(Path(folder) / "book", fonts), "persona-and-alignment")
            pages, letters, gray = _lines(book)
        faces = {cut: _face(file) for cut, file in fonts.get("text", standard["text"]).items() if cut in CUTS}
        x_height, capital = (-faces["regular"].getbbox(letter, anchor="ls")[1] / EM for letter in "xH")
        print(
            f"{name:<11} {pages:5} {letters:13.1f} {gray:5.1%} {x_height:9.3f} {capital:8.3f}"
            f"  {_cuts_with(faces, 'smcp', 'a'):22} {_cuts_with(faces, 'onum', '3'):22} {_scripts(faces['regular'])}"
        )
    sheet = Image.new("L", (details[0].width, sum(image.height + GAP for image in details) - GAP), 200)
    for number, image in enumerate(details):
        sheet.paste(image, (0, number * (image.height + GAP)))
    _gray(sheet).save(TARGET / "specimen-details.png", optimize=True)


def _specimen(folder: Path, fonts: object) -> Path:
    folder.mkdir()
    shutil.copyfile(SOURCE / "specimen.md", folder / "specimen.md")
    shutil.copyfile(ROOT / "bibliography" / "references.bib", folder / "references.bib")
    _write(folder, {**REPORT, "fonts": fonts} if fonts else REPORT)
    return folder


def _book(folder: Path, fonts: object) -> Path:
    for part in ("chapters", "bibliography", "figures"):
        shutil.copytree(ROOT / part, folder / part)
    report = yaml.safe_load((ROOT / "report.yaml").read_text(encoding="utf-8"))
    _write(folder, {**report, "fonts": fonts} if fonts else report)
    return folder


def _write(folder: Path, report: object) -> None:
    (folder / "report.yaml").write_text(yaml.safe_dump(report, sort_keys=False), encoding="utf-8")


def _build(folder: Path, output: str) -> Path:
    command = [sys.executable, "-m", "octavo", "build", "--project", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=sys.stderr)
    return folder / "dist" / f"{output}.pdf"


def _picture(file: Path) -> Image.Image:
    with pypdfium2.PdfDocument(file) as document:
        labels = [document.get_page_label(number) for number in range(len(document))]
        pages = [document[labels.index(label)] for label in SPREAD]
        scale = WIDTH / sum(page.get_width() for page in pages)
        # Small letters keep their shape when the page is drawn larger first.
        images = [page.render(scale=2 * scale).to_pil().convert("L") for page in pages]
    spread = Image.new("L", (sum(image.width for image in images), images[0].height), 255)
    spread.paste(images[0], (0, 0))
    spread.paste(images[1], (images[0].width, 0))
    return _gray(spread.resize((WIDTH, round(spread.height * WIDTH / spread.width)), Image.Resampling.LANCZOS))


def _gray(image: Image.Image) -> Image.Image:
    return image.convert("RGB").quantize(16, dither=Image.Dither.NONE)


def _detail(file: Path) -> Image.Image:
    width, height = DETAIL_SIZE
    with pypdfium2.PdfDocument(file) as document:
        for page in document:
            text = page.get_textpage()
            found = text.search(DETAIL).get_next()
            if found:
                left, _, _, top = text.get_charbox(found[0])
                box = (left - 15, page.get_height() - top - 2)
                image: Image.Image = page.render(scale=DETAIL_SCALE).to_pil().convert("L")
                return image.crop(tuple(round(DETAIL_SCALE * at) for at in (*box, box[0] + width, box[1] + height)))
    raise SystemExit(f"{file}: the words '{DETAIL}' are on no page.")


def _lines(file: Path) -> tuple[int, float, float]:
    """Return the pages of the book, the letters on a full line of its text, and how gray its pages of text are."""
    counts, grays = [], []
    with pypdfium2.PdfDocument(file) as document:
        pages = len(document)
        for page in document:
            lines = _full_lines(page)
            counts += [line.letters for line in lines]
            if len(lines) >= LINES_OF_TEXT:
                grays.append(_gray_of(page, lines))
    return pages, mean(counts), mean(grays)


def _full_lines(page: pypdfium2.PdfPage) -> list[Line]:
    """Return the lines in the size of the text that are as wide as the measure."""
    text = page.get_textpage()
    letters: dict[float, list[tuple[float, float, float]]] = defaultdict(list)
    across, up = ctypes.c_double(), ctypes.c_double()
    for number in range(text.count_chars()):
        pypdfium2.raw.FPDFText_GetCharOrigin(text, number, across, up)
        left, _, right, _ = text.get_charbox(number, loose=True)
        letters[round(up.value, 1)].append((left, right, pypdfium2.raw.FPDFText_GetFontSize(text, number)))
    lines = []
    for baseline, line in letters.items():
        left, right = min(left for left, _, _ in line), max(right for _, right, _ in line)
        if right - left >= MEASURE - SLACK and SMALLEST < max(size for _, _, size in line) < LARGEST:
            lines.append(Line(left, baseline, len(line)))
    return lines


def _gray_of(page: pypdfium2.PdfPage, lines: list[Line]) -> float:
    """Return how much of the block of text is ink."""
    left, height = min(line.left for line in lines), page.get_height()
    top, bottom = max(line.baseline for line in lines) + SIZE, min(line.baseline for line in lines)
    image = page.render(scale=GRAY_SCALE).to_pil().convert("L")
    edges = (left, height - top, left + MEASURE, height - bottom)
    return 1 - ImageStat.Stat(image.crop(tuple(round(GRAY_SCALE * edge) for edge in edges))).mean[0] / 255


def _face(file: str) -> ImageFont.FreeTypeFont:
    path = next(found for place in FONT_PLACES for found in place.rglob(file))
    return ImageFont.truetype(str(path), EM, layout_engine=ImageFont.Layout.RAQM)


def _cuts_with(faces: dict[str, ImageFont.FreeTypeFont], feature: str, letter: str) -> str:
    """Name the cuts of a family in which a feature of OpenType changes a letter."""
    plain = {cut: bytes(face.getmask(letter, features=[f"-{feature}"])) for cut, face in faces.items()}
    return " ".join(
        cut for cut, face in faces.items() if bytes(face.getmask(letter, features=[feature])) != plain[cut]
    )


def _scripts(face: ImageFont.FreeTypeFont) -> str:
    """Name the scripts and alphabets whose sample letters the face has."""
    missing = bytes(face.getmask(NO_LETTER))
    return ", ".join(
        name for name, letters in SCRIPTS.items() if all(bytes(face.getmask(x)) != missing for x in letters)
    )


if __name__ == "__main__":
    main()
