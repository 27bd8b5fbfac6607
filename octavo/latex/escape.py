"""Make any text safe to print with TeX, and mark what already is TeX."""

from __future__ import annotations

import re

from markupsafe import Markup

from octavo.latex.scripts import write_rightward, write_runs
from octavo.manuscript.scripts import has_other_scripts

#: Text that is TeX already and is not escaped again; everything else in a template is.
Tex = Markup

_SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "%": r"\%",
        "#": r"\#",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "\N{NO-BREAK SPACE}": "~",
        "\N{NARROW NO-BREAK SPACE}": r"\octthinspace{}",
        "\N{SOFT HYPHEN}": r"\-",
        "\N{EN SPACE}": r"\octspaceof{.5em}",
        "\N{EM SPACE}": r"\octspaceof{1em}",
        "\N{FIGURE SPACE}": r"\nobreak\octspaceof{.5em}",
        "\N{THIN SPACE}": r"\octspaceof{.17em}",
        "\N{HAIR SPACE}": r"\octspaceof{.08em}",
        "\N{ZERO WIDTH SPACE}": r"\octbreak{}",
        "\N{WORD JOINER}": r"\nobreak{}",
        "\N{NON-BREAKING HYPHEN}": r"\octtiedhyphen{}",
        "\N{ZERO WIDTH NO-BREAK SPACE}": "",
        "\n": " ",
    }
)
#: What has no shape prints the replacement character, whose number is written: for LuaTeX the sign is a broken file.
UNPRINTABLE = "\N{REPLACEMENT CHARACTER}" + "".join(map(chr, (*range(9), 11, 12, *range(14, 32), *range(127, 160))))
REPLACEMENT = r"\symbol{65533}"
_SPECIAL |= str.maketrans(dict.fromkeys(UNPRINTABLE, REPLACEMENT))
#: An address may break after these, where a reader does not miss a hyphen.
_BREAKABLE = re.compile(r"(?<=[/.?&=_:%#+,;@-])(?=[^/.?&=_:%#+,;@-])|(?<=[a-z0-9])(?=[A-Z(\[])")
#: Longer runs without punctuation may break inside.
_LONGEST_WHOLE = 20


def escape(text: str, rightward: str = "") -> Tex:
    """Return text that TeX prints as it stands; `rightward` is the script of a passage from right to left."""
    if rightward:
        return Tex(write_rightward(text, _SPECIAL, rightward))
    return Tex(write_runs(text, _SPECIAL) if has_other_scripts(text) else text.translate(_SPECIAL))


def escape_breakable(text: str) -> Tex:
    """Return literal text (an address, a name in code) that may break after punctuation, without a hyphen.

    A run with no such place, such as a hash in an address, may break anywhere rather than leave the page.
    """
    pieces = []
    for piece in _BREAKABLE.split(text):
        if has_other_scripts(piece):
            pieces.append(write_runs(piece, _SPECIAL))
        elif len(piece) <= _LONGEST_WHOLE:
            pieces.append(piece.translate(_SPECIAL))
        else:
            pieces.append(r"\octbreakhard{}".join(character.translate(_SPECIAL) for character in piece))
    return Tex(r"\octbreak{}".join(pieces))


def finalize(value: object) -> Tex:
    """Escape whatever a template prints, unless it is TeX already; Jinja2 calls this for every expression."""
    if isinstance(value, Markup):
        return value
    return escape("" if value is None else str(value))
