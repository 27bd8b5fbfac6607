"""Show the characters of a text that a terminal would obey instead of showing them.

A chapter, a name of a file or a word of the command line may hold an escape sequence, or a mark that turns the order
of a line round: raw, either makes a message say something else than it does. They are shown as their code point.
"""

from __future__ import annotations

import re

#: Controls (Cc), marks of direction (UAX #9), other breaks of lines, marks that no eye sees, tags, and halves of
#: pairs, which stand for bytes of a file name. Joiners are left: words of Persian and pictures of families need them.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_BREAKS = re.compile(r"[ \t]*(?:\r\n|\r|\n)[ \t]*")


def visible(text: str) -> str:
    """Return one line in which each such character is its code point, `U+001B`; line ends are spaces."""
    return _UNSEEN.sub(_name, _BREAKS.sub(" ", text))


def visible_lines(text: str) -> str:
    """Do the same for a text of several lines, which stay."""
    return "\n".join(_UNSEEN.sub(_name, line) for line in text.split("\n"))


def visible_json(text: str) -> str:
    r"""Return JSON in which each such character is escaped, `\u202e`, so that a program gets what was written."""
    return "\n".join(_UNSEEN.sub(_escape, line) for line in text.split("\n"))


def _name(found: re.Match[str]) -> str:
    return f"U+{ord(found[0]):04X}"


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
