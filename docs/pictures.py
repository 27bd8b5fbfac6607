"""Draw the pictures of the README from the built book: `.venv/bin/python docs/pictures.py` after a build.

The pages are those of `dist/`; a picture of anything else would be a promise.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pypdfium2
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "dist" / "persona-and-alignment.pdf"
TARGET = ROOT / "docs" / "images"
#: Page labels of the left page of each spread that is shown.
SPREADS = ("4", "62")
WIDTH = 1400
GROUND = (214, 214, 218)
GAP = 28


def main() -> None:
    """Write `pages.png` and copy the layer stack."""
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
    sheet.quantize(64).save(TARGET / "pages.png", optimize=True)
    for name in ("layer-stack.svg", "layer-stack.png"):
        shutil.copyfile(ROOT / "dist" / "figures" / name, TARGET / name)


if __name__ == "__main__":
    main()
