"""Number the items of a list as the author began them: 1, i, (a)."""

from __future__ import annotations

NUMBERINGS = {
    "DefaultStyle": "Decimal",
    "Example": "Decimal",
    "Decimal": "Decimal",
    "LowerRoman": "LowerRoman",
    "UpperRoman": "UpperRoman",
    "LowerAlpha": "LowerAlpha",
    "UpperAlpha": "UpperAlpha",
}
DELIMITERS = {"DefaultDelim": "{}.", "Period": "{}.", "OneParen": "{})", "TwoParens": "({})"}


def roman(value: int) -> str:
    """Write a number in lower-case roman numerals."""
    digits = [(1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
              (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")]  # fmt: skip
    text = ""
    for worth, letters in digits:
        count, value = divmod(value, worth)
        text += letters * count
    return text


def alphabetic(value: int) -> str:
    """Write a number in letters: a to z, then aa, ab and so on."""
    text = ""
    while value > 0:
        value, rest = divmod(value - 1, 26)
        text = chr(ord("a") + rest) + text
    return text


def item_label(value: int, style: str, delimiter: str) -> str:
    """Return the printed label of an ordered item."""
    match style:
        case "LowerRoman":
            number = roman(value)
        case "UpperRoman":
            number = roman(value).upper()
        case "LowerAlpha":
            number = alphabetic(value)
        case "UpperAlpha":
            number = alphabetic(value).upper()
        case _:
            number = str(value)
    return DELIMITERS["TwoParens" if style == "Example" else delimiter].format(number)
