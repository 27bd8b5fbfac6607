"""Draw the pictures of the README from the built book: `.venv/bin/python docs/pictures.py` after a build.

The pages are those of `dist/`; a picture of anything else would be a promise. `colour-vision.png` shows the layer
colours and the stack as they are and as four other pairs of eyes see them. `all-pages.png` and
`all-pages-working-paper.png` are contact sheets of the book in both themes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pypdfium2
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "dist" / "persona-and-alignment.pdf"
TARGET = ROOT / "docs" / "images"
#: Page labels of the left page of each spread that is shown.
SPREADS = ("4", "62")
WIDTH = 1400
COVER_WIDTH = 480
GROUND = (214, 214, 218)
GAP = 28
#: A contact sheet: pages in a row, and pixels.
PAGES_ACROSS, PAGE_WIDTH, SMALL_GAP = 16, 84, 6
#: A column of the picture of colour vision, in pixels, and the chips above the stack in it.
COLUMN = 400
CHIP = 64

sys.path.insert(0, str(ROOT))

from octavo.check.colour_vision import GREYSCALE, KINDS, simulate  # noqa: E402
from octavo.diagnostics import Ledger  # noqa: E402
from octavo.manifest import load  # noqa: E402


def main() -> None:
    """Write `pages.png` and `cover.png`, and copy the layer stack."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with pypdfium2.PdfDocument(BOOK) as document:
        labels = [document.get_page_label(number) for number in range(len(document))]
        rows = [[document[labels.index(left) + side] for side in (0, 1)] for left in SPREADS]
        scale = (WIDTH - 2 * GAP) / (2 * rows[0][0].get_width())
        images = [[page.render(scale=scale).to_pil().convert("RGB") for page in row] for row in rows]
    height = images[0][0].height
    sheet = Image.new("RGB", (WIDTH, len(rows) * (height + GAP) + GAP), GROUND)
    for number, row in enumerate(images):
        top = GAP + number * (height + GAP)
        sheet.paste(row[0], (GAP, top))
        sheet.paste(row[1], (GAP + row[0].width, top))
    sheet.quantize(128, dither=Image.Dither.NONE).save(TARGET / "pages.png", optimize=True)
    with Image.open(ROOT / "dist" / "figures" / "cover.png") as cover:
        cover.thumbnail((COVER_WIDTH, COVER_WIDTH * 2), Image.Resampling.LANCZOS)
        cover.convert("RGB").quantize(64).save(TARGET / "cover.png", optimize=True)
    for name in ("layer-stack.svg", "layer-stack.png"):
        shutil.copyfile(ROOT / "dist" / "figures" / name, TARGET / name)
    colour_vision().save(TARGET / "colour-vision.png", optimize=True)
    contact_sheet(BOOK, spreads=True).save(TARGET / "all-pages.png", optimize=True)
    with tempfile.TemporaryDirectory() as folder:
        contact_sheet(working_paper(Path(folder)), spreads=False).save(
            TARGET / "all-pages-working-paper.png", optimize=True
        )


def contact_sheet(path: Path, spreads: bool) -> Image.Image:
    """Show every page of a PDF, small; in a bound book a right page touches the left one before it."""
    with pypdfium2.PdfDocument(path) as document:
        scale = PAGE_WIDTH / document[len(document) - 1].get_width()
        pages = [page.render(scale=scale).to_pil().convert("RGB") for page in document]
    # The cover and its inside are a leaf of their own, the first page of the block stands alone on the right.
    places = [number + 1 if spreads else number for number in range(len(pages))]
    width = pages[-1].width
    height = pages[-1].height + SMALL_GAP
    across = PAGES_ACROSS * width + (PAGES_ACROSS // 2 if spreads else PAGES_ACROSS) * SMALL_GAP
    sheet = Image.new("RGB", (across, (places[-1] // PAGES_ACROSS + 1) * height), GROUND)
    for place, page in zip(places, pages, strict=True):
        column = place % PAGES_ACROSS
        gaps = column // 2 if spreads else column
        sheet.paste(page, (column * width + gaps * SMALL_GAP, place // PAGES_ACROSS * height))
    return sheet.quantize(128, dither=Image.Dither.NONE)


def working_paper(folder: Path) -> Path:
    """Build the book with the other theme, which one key of report.yaml chooses."""
    for name in ("chapters", "bibliography", "figures"):
        shutil.copytree(ROOT / name, folder / name)
    text = (ROOT / "report.yaml").read_text(encoding="utf-8").partition("\neditions:")[0]
    (folder / "report.yaml").write_text(f"{text}\ntheme: working-paper\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "octavo", "--project", folder, "build"], cwd=ROOT, check=True)
    (built,) = (folder / "dist").glob("*.pdf")
    return built


def colour_vision() -> Image.Image:
    """Show the colours of the layers and the stack to five pairs of eyes, one column each."""
    report = load(ROOT, Ledger())
    assert report is not None
    with Image.open(ROOT / "dist" / "figures" / "layer-stack.png") as picture:
        stack = picture.convert("RGB")
    stack = stack.resize((COLUMN, stack.height * COLUMN // stack.width), Image.Resampling.LANCZOS)
    # As few colours as the eye needs: each is simulated once.
    stack = stack.quantize(128, dither=Image.Dither.NONE)
    seen = ("full colour vision", *KINDS, GREYSCALE)
    width = len(seen) * (COLUMN + GAP) + GAP
    sheet = Image.new("RGB", (width, stack.height + CHIP + 4 * GAP), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(22)
    for column, kind in enumerate(seen):
        left = GAP + column * (COLUMN + GAP)
        draw.text((left, GAP // 2), kind, "black", font)
        step = COLUMN // len(report.layers)
        for number, layer in enumerate(report.layers):
            color = layer.color if kind == seen[0] else simulate(layer.color, kind)
            place = (left + number * step, 2 * GAP, left + (number + 1) * step - 6, 2 * GAP + CHIP)
            draw.rectangle(place, f"#{color}")
        sheet.paste(_as_seen(stack, "" if kind == seen[0] else kind), (left, CHIP + 3 * GAP))
    return sheet


def _as_seen(stack: Image.Image, kind: str) -> Image.Image:
    palette = bytes(stack.getpalette() or [])
    colors = [palette[at : at + 3].hex() for at in range(0, len(palette), 3)]
    seen = stack.copy()
    if kind:
        seen.putpalette(bytes.fromhex("".join(simulate(color, kind) for color in colors)))
    return seen.convert("RGB")


if __name__ == "__main__":
    main()
