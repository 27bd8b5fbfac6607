r"""Write the passages of a text that need a face or a direction of their own, and leave their order as it is.

TeX is told where a run of another script begins and ends; `style/octavo-scripts.sty` chooses its face. The directions
are those of the Unicode bidirectional algorithm (UAX #9) as far as a text of the usual kind goes: a run of Hebrew or
Arabic with what stands inside it, numbers and words of other scripts the other way in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from octavo.manuscript.scripts import (
    ARABIC,
    ARABIC_FIGURES,
    HANGUL,
    HEBREW,
    IDEOGRAPHS,
    NOT_FIRST,
    NOT_LAST,
    SYLLABLES,
    has_other_scripts,
    is_ideograph,
    script_of,
)

_RIGHTWARD = f"{HEBREW}{ARABIC}"
#: Closing brackets at the end of a run, of which only those belong to it that were opened in it (UAX #9, N0).
_BRACKETS = r"[)\]}]*"
_OPENING = {")": "(", "]": "[", "}": "{"}
#: A number that follows belongs to the run (UAX #9, W2 and N1); one before it does not.
_RUN = re.compile(
    f"(?P<rightward>[{_RIGHTWARD}]+(?:[^\\w{IDEOGRAPHS}]*[\\d{_RIGHTWARD}]+)*{_BRACKETS})"
    f"|(?P<arab>[{ARABIC_FIGURES}]+)|(?P<hani>[{HANGUL}{IDEOGRAPHS}]+)"
)
#: What runs the other way in such a run: numbers.
_NUMBER = re.compile(r"\d(?:[\d.,:/-]*\d)?")
#: What does so in a passage of such a language: words too, with all that stands between two of them.
_LEFTWARD = re.compile(f"[^\\W{_RIGHTWARD}](?:[^{_RIGHTWARD}]*[^\\W{_RIGHTWARD}])?{_BRACKETS}")
_BREAK = re.compile(f"(?<=[{IDEOGRAPHS}])(?<![{NOT_LAST}])(?=[{IDEOGRAPHS}])(?![{NOT_FIRST}])")
_SCRIPTS = re.compile(f"(?P<arab>[{ARABIC}][^{HEBREW}]*)|(?P<hebr>[{HEBREW}][^{ARABIC}]*)|[^{_RIGHTWARD}]+")
_PLACE = r"\octideographs "
_SYLLABLE = re.compile(SYLLABLES)

Characters = Mapping[int, str]


def write_runs(text: str, special: Characters) -> str:
    """Return TeX for a text from left to right, with runs of other scripts in it."""

    def write(found: re.Match[str]) -> str:
        if found["hani"]:
            return _write_ideographs(found, special)
        if found["arab"]:
            return f"\\octscript{{arab}}{{{found[0]}}}"
        run, rest = _part_brackets(found[0])
        script = script_of(run)
        assert script is not None, "a run begins with a letter of its script"
        return f"\\octrightward{{{_write(run, _NUMBER, special, script.tag)}}}{rest.translate(special)}"

    return _replace(_RUN, text, write, lambda between: _write_syllables(between, special))


def write_rightward(text: str, special: Characters, script: str) -> str:
    """Return TeX for a text in a passage of that script from right to left, with runs the other way in it."""
    return _write(text, _LEFTWARD, special, script)


def _write(text: str, leftward: re.Pattern[str], special: Characters, script: str) -> str:
    def plain(text: str) -> str:
        pieces = []
        for piece in _SCRIPTS.finditer(text):
            inner = piece[0].translate(special)
            tag = piece.lastgroup or script
            pieces.append(f"\\octscript{{{tag}}}{{{inner}}}" if piece[0].strip() else inner)
        return "".join(pieces)

    def write(found: re.Match[str]) -> str:
        run, rest = _part_brackets(found[0])
        inner = write_runs(run, special) if has_other_scripts(run) else run.translate(special)
        return f"\\octleftward{{{inner}}}{plain(rest)}"

    return _replace(leftward, text, write, plain)


def _part_brackets(run: str) -> tuple[str, str]:
    """Part a run from the closing brackets at its end that nothing in it opens."""
    rest = ""
    while run[-1] in _OPENING and run.count(run[-1]) > run.count(_OPENING[run[-1]]):
        run, rest = run[:-1], run[-1] + rest
    return run, rest


def _write_ideographs(found: re.Match[str], special: Characters) -> str:
    """Write a run with a mark wherever a line may break: in it, and between it and a word beside it."""
    run, text = found[0], found.string
    before, after = text[: found.start()][-1:], text[found.end() :][:1]
    opens = before.isalnum() and is_ideograph(run[0]) and run[0] not in NOT_FIRST
    closes = after.isalnum() and is_ideograph(run[-1]) and run[-1] not in NOT_LAST
    inner = _PLACE.join(piece.translate(special) for piece in _BREAK.split(run))
    return f"{_PLACE * opens}\\octscript{{hani}}{{{inner}}}{_PLACE * closes}"


def _write_syllables(text: str, special: Characters) -> str:
    """Write text that is none of these runs; the scripts in it that have no spaces break between syllables."""
    return r"\octbreak{}".join(piece.translate(special) for piece in _SYLLABLE.split(text))


def _replace(
    pattern: re.Pattern[str], text: str, write: Callable[[re.Match[str]], str], plain: Callable[[str], str]
) -> str:
    """Write what matches in one way, and what lies between in another."""
    pieces, last = [], 0
    for found in pattern.finditer(text):
        pieces += [plain(text[last : found.start()]), write(found)]
        last = found.end()
    return "".join([*pieces, plain(text[last:])])
