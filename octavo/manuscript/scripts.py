"""Know the scripts that a text face does not print as they stand: their signs, direction and line breaks.

Hebrew and Arabic run from right to left; Chinese and Japanese have no spaces, so that a line may break between any two
signs but for some. The blocks are those of Unicode 15, written as contents of a regular expression's `[…]`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HEBREW = "\u0590-\u05ff\ufb1d-\ufb4f"
ARABIC = "\u0600-\u065f\u066a-\u06ef\u06fa-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc"
ARABIC_FIGURES = "\u0660-\u0669\u06f0-\u06f9"
HANGUL = "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
IDEOGRAPHS = (
    "\u2e80-\u2fdf\u3000-\u312f\u31a0-\u31ff\u3200-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f"
    "\uff01-\uffef\U00020000-\U000323af"
)
#: Scripts without spaces in which a syllable shows where it begins or ends, and a line may break there: Thai and Lao
#: before a vowel that is written first and after a short one, Burmese before a letter that begins a syllable, Tibetan
#: after its dot.
SYLLABLES = (
    "(?<=[\u0e01-\u0e3f\u0e45-\u0e5b])(?=[\u0e40-\u0e44])|(?<=[\u0e2f\u0e30\u0e46])(?=[\u0e01-\u0e2e])"
    "|(?<=[\u0e81-\u0ebf\u0ec5-\u0edf])(?=[\u0ec0-\u0ec4])|(?<=[\u0eaf\u0eb0\u0ec6])(?=[\u0e81-\u0eae])"
    "|(?<=[\u1000-\u1038\u103a-\u104f])(?=[\u1000-\u1021\u1023-\u1027\u103f](?![\u1039\u103a]))|(?<=\u0f0b)(?=[\u0f40-\u0f6c])"
)
_WITHOUT_SPACES = "\u0e01-\u0edf\u0f0b\u1000-\u104f"
#: No line begins with the first and none ends with the second (JIS X 4051, 6.1; GB/T 15834).
NOT_FIRST = "、。，．・：；？！）］｝」』】〕〉》〗〙”’ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ…‥％"
NOT_LAST = "（［｛「『【〔〈《〖〘“‘＄￥"

#: What is not in Latin-1 and the punctuation that every text face has.
_UNUSUAL = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\xff\u2002-\u200b\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u202f\u2039\u203a\u2060"
    "\u20ac\u2122\ufeff]"
)
#: Joiners, marks of direction, selectors of a variant, tags: what has no shape of its own.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_OTHER = re.compile(f"[{HEBREW}{ARABIC}{ARABIC_FIGURES}{HANGUL}{IDEOGRAPHS}{_WITHOUT_SPACES}]")
_IDEOGRAPHS = re.compile(f"[{IDEOGRAPHS}]")


@dataclass(frozen=True)
class Script:
    """Hold a script: its signs, the Debian package with a face for it, its languages that run from right to left."""

    tag: str
    signs: re.Pattern[str]
    package: str
    languages: frozenset[str] = frozenset()


SCRIPTS = (
    Script(
        "arab",
        re.compile(f"[{ARABIC}{ARABIC_FIGURES}]"),
        "fonts-hosny-amiri",
        frozenset({"ar", "arc", "ckb", "fa", "ks", "ps", "sd", "ug", "ur"}),
    ),
    Script("hebr", re.compile(f"[{HEBREW}]"), "fonts-linuxlibertine", frozenset({"he", "iw", "yi"})),
    Script("hani", re.compile(f"[{HANGUL}{IDEOGRAPHS}]"), "fonts-noto-cjk"),
)


def has_other_scripts(text: str) -> bool:
    """Tell whether anything in a text needs a face or a direction of its own."""
    return not text.isascii() and _OTHER.search(text) is not None


def is_usual(text: str) -> bool:
    """Tell whether a text has only characters that every text face has."""
    return _UNUSUAL.search(text) is None


def shows(character: str) -> bool:
    """Tell whether a character has a shape that a font must bring."""
    return not character.isspace() and _INVISIBLE.match(character) is None


def script_of(character: str) -> Script | None:
    """Return the script of a character, or None where the text faces have it or nobody does."""
    return next((script for script in SCRIPTS if script.signs.match(character)), None)


def rightward_script(language: str) -> str:
    """Return the tag of the script of a language written from right to left, or nothing; `az-Arab` names it itself."""
    primary, *subtags = language.lower().split("-")
    named = [subtag for subtag in subtags if len(subtag) == 4 and subtag.isalpha()]
    for script in SCRIPTS:
        if script.languages and (script.tag in named if named else primary in script.languages):
            return script.tag
    return ""


def is_ideograph(character: str) -> bool:
    """Tell whether a character is of the scripts that have no spaces."""
    return _IDEOGRAPHS.fullmatch(character) is not None
