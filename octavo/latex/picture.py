"""Read what an author asks of a picture: its size and its description."""

from __future__ import annotations

import re

from octavo.manuscript import nodes as n

#: A length as Pandoc knows it.
_LENGTH = re.compile(r"(\d+\.?\d*|\.\d+)\s*(%|px|cm|mm|in|pt|em|ex|bp|pc)?")


def description(picture: n.Picture) -> str:
    """Return what an author says of a picture: `alt=`, which Pandoc takes over in a figure only, or the brackets."""
    return picture.attributes.values.get("alt", "").strip() or n.plain_text(picture.children).strip()


def is_decoration(picture: n.Picture) -> bool:
    """Tell whether an author says that there is nothing to say of a picture: `alt=""`, and nothing in the brackets."""
    return "alt" in picture.attributes.values and not description(picture)


def measure(width: str) -> str:
    r"""Return a TeX length for a length as Pandoc writes it, or nothing for what is none.

    That is `50%` of the measure, or a number with a unit; pixels, also without a unit, are 96 to the inch.
    """
    found = _LENGTH.fullmatch(width.strip())
    if found is None:
        return ""
    number, unit = float(found[1]), (found[2] or "")
    if unit == "%":
        return f"{number / 100:.4f}\\linewidth"
    if unit in ("px", ""):
        return f"{number * 0.75:.2f}bp"
    return f"{found[1]}{unit}"
