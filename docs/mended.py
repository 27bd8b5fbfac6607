"""Draw pages before and after they were mended: `.venv/bin/python docs/mended.py BEFORE.pdf AFTER.pdf`.

BEFORE is the book of revision 5df0728, from before the baseline grid; to build it again:

    git worktree add ../before 5df0728 && (cd ../before && python3 build.py)

AFTER is `dist/persona-and-alignment.pdf`. Pages are found by words that stand on them, so that the pictures can be
drawn again when pages have moved. Look at each picture then: what `page.md` says of it may no longer hold.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import pypdfium2
import yaml
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
PAIRS = ROOT / "docs" / "mended.yaml"
TARGET = ROOT / "docs" / "images"
WIDTH, GAP, FRAME, GROUND, COLORS = 880, 12, 1, 150, 6


class Part(NamedTuple):
    """Say what a picture shows: so many pages from the first on which the words stand, cut to a share of them."""

    words: str
    pages: int
    left: float
    top: float
    right: float
    bottom: float


def main(before: Path, after: Path) -> None:
    """Write a picture for each entry of `mended.yaml`."""
    with pypdfium2.PdfDocument(before) as old, pypdfium2.PdfDocument(after) as new:
        for pair in yaml.safe_load(PAIRS.read_text(encoding="utf-8")):
            shape = (pair.get("pages", 1), *pair.get("cut", (0, 0, 1, 1)))
            rows = [_row(old, Part(pair["old"], *shape)), _row(new, Part(pair["new"], *shape))]
            picture = _beside_or_below(rows).quantize(pair.get("colors", COLORS), dither=Image.Dither.NONE)
            picture.save(TARGET / f"mended-{pair['name']}.png", optimize=True)


def _row(document: pypdfium2.PdfDocument, part: Part) -> Image.Image:
    first = _find(document, part.words)
    # One page is half as wide as a spread. What is drawn larger first keeps the shape of its letters.
    scale = WIDTH / 2 / document[first].get_width() / (part.right - part.left)
    images = [document[first + number].render(scale=2 * scale).to_pil() for number in range(part.pages)]
    row = Image.new("RGB", (sum(image.width for image in images), images[0].height), "white")
    for number, image in enumerate(images):
        row.paste(image, (number * images[0].width, 0))
    edges = (part.left * row.width, part.top * row.height, part.right * row.width, part.bottom * row.height)
    left, top, right, bottom = map(round, edges)
    row = row.crop((left, top, right, bottom))
    return row.resize((row.width // 2, row.height // 2), Image.Resampling.LANCZOS)


def _find(document: pypdfium2.PdfDocument, words: str) -> int:
    """Return the first page that has these words, in whatever lines they stand."""
    for number in range(len(document)):
        text = document[number].get_textpage().get_text_range()
        if words in " ".join(text.split()):
            return number
    raise SystemExit(f"No page has the words “{words}”.")


def _beside_or_below(rows: list[Image.Image]) -> Image.Image:
    """Put single pages side by side, and spreads one below the other, the old one first."""
    old, new = rows
    beside = old.width + new.width <= WIDTH + GAP
    place = (old.width + GAP, 0) if beside else (0, old.height + GAP)
    sheet = Image.new("RGB", (place[0] + new.width, place[1] + new.height), (GROUND,) * 3)
    sheet.paste(old, (0, 0))
    sheet.paste(new, place)
    framed = Image.new("RGB", (sheet.width + 2 * FRAME, sheet.height + 2 * FRAME), (GROUND,) * 3)
    framed.paste(sheet, (FRAME, FRAME))
    return framed


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
