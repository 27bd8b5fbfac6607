"""Set quotation marks, spaces and stops as the language asks, and notes of citations as note styles ask."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import yaml

from octavo.manuscript import nodes as n

EQUATION_LABEL = re.compile(r"\s*\{#(eq[:-][^\s}]+)\}")
#: French puts a space in front of these, at which no line breaks.
FRENCH_STOP = re.compile(r" (?=[;:!?»])")

APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
_FIRST_WORD = re.compile(r"\w+")
#: The last digits of a year, and those of a decade.
_YEARS = re.compile(r"\d\d(?:s|er)?")
#: Marks in pairs: outside of them stands no letter, inside of them no space.
_DOUBLE = re.compile(r"(?<!\w)\"(?=\S)([^\"]*)(?<=\S)\"(?!\w)")
_SINGLE = re.compile(r"(?<!\w)'(?=\S)([^'\n]*(?:(?<=\w)'(?=\w)[^'\n]*)*)(?<=\S)'(?!\w)")


@cache
def _quotes() -> dict[str, list[str]]:
    text = (Path(__file__).parent / "quotes.yaml").read_text(encoding="utf-8")
    marks: dict[str, list[str]] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return marks


def quotation_marks(language: str, double: bool) -> tuple[str, str]:
    """Return the opening and the closing mark; a language without an entry quotes as English does."""
    known = _quotes()
    primary, *subtags = language.split("-")
    tags = (*(f"{primary}-{subtag}" for subtag in subtags), primary)
    marks = next((known[tag] for tag in tags if tag in known), known["en"])
    return (marks[0], marks[1]) if double else (marks[2], marks[3])


@cache
def _elisions() -> dict[str, list[str]]:
    text = (Path(__file__).parent / "elisions.yaml").read_text(encoding="utf-8")
    words: dict[str, list[str]] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return words


def is_elision(language: str, text: str) -> bool:
    """Tell whether a text in single quotation marks begins with a word that has lost its first letters.

    Pandoc pairs the marks of `'tis the dogs' bone` and of `rock 'n' roll`; both are apostrophes there.
    """
    word = _FIRST_WORD.match(text)
    if word is None or (len(text) == 1 and text.lower() not in _elisions()["alone"]):
        return False
    return bool(_YEARS.fullmatch(word[0])) or word[0].lower() in _elisions().get(language.partition("-")[0], ())


def typographic(text: str, language: str) -> str:
    """Return a text that Pandoc does not read, such as the value of an attribute, with the marks of its language."""
    if '"' not in text and "'" not in text:
        return text

    def double(found: re.Match[str]) -> str:
        opening, closing = quotation_marks(language, double=True)
        return f"{opening}{found[1]}{closing}"

    def single(found: re.Match[str]) -> str:
        opening, closing = quotation_marks(language, double=False)
        if is_elision(language, found[1]):
            opening = closing = APOSTROPHE
        return f"{opening}{found[1]}{closing}"

    return _SINGLE.sub(single, _DOUBLE.sub(double, text)).replace("'", APOSTROPHE)


#: What goes before the note of a citation: behind a name stops alone, behind other words what closes as well.
_STOPS = re.compile(r"[.,;:!?]+")
_CLOSING = re.compile(r"[.,;:!?)\]\N{RIGHT DOUBLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}]+")
_QUOTED = re.compile(r"[\N{RIGHT DOUBLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}]+$")


def set_stops(inlines: list[n.Inline], language: str) -> None:
    """Keep the stops of French with their words."""
    if language.split("-")[0] == "fr":
        for inline in inlines:
            if isinstance(inline, n.Text):
                inline.text = FRENCH_STOP.sub("\N{NARROW NO-BREAK SPACE}", inline.text)


def settle_neighbors(inlines: list[n.Inline], language: str) -> list[n.Inline]:
    """Join what belongs together, and drop the texts that are empty then.

    `$$…$$ {#eq:one}` gets its identifier, which Pandoc leaves as text; a displayed formula has no spaces around it;
    the note that a citation became follows the word and the stop behind it.
    """
    moved: list[tuple[n.Inline, n.Text]] = []
    for left, right in pairwise(inlines):
        if isinstance(left, n.Math) and left.display and isinstance(right, n.Text):
            found = EQUATION_LABEL.match(right.text)
            if found:
                left.identifier = found[1]
                right.text = right.text[found.end() :]
            right.text = right.text.lstrip(" ")
        if isinstance(left, n.Text):
            is_display = isinstance(right, n.Math) and right.display
            if is_display or _note_of(right, 0):
                left.text = left.text.rstrip(" ")
        if _note_of(left, -1) and isinstance(right, n.Text):
            moved.append((left, right))
    for note, after in moved:
        _set_before_note(inlines, note, after, language)
    return [item for item in inlines if not (isinstance(item, n.Text) and not item.text)]


def _note_of(inline: n.Inline, end: int) -> bool:
    """Tell whether a citation begins (0) or ends (-1) with a note, as it does in a note style."""
    return isinstance(inline, n.Citation) and bool(inline.children) and isinstance(inline.children[end], n.Note)


def _set_before_note(inlines: list[n.Inline], citation: n.Inline, after: n.Text, language: str) -> None:
    """Move the stop behind a citation in front of the note that it became, as Pandoc does.

    A citation that names its author in the sentence keeps the note at the name: a bracket behind it is not moved.
    """
    place = next(index for index, inline in enumerate(inlines) if inline is citation)
    is_named = isinstance(citation, n.Citation) and len(citation.children) > 1
    found = (_STOPS if is_named else _CLOSING).match(after.text)
    if not found or not (is_named or place):
        return
    row, note = (citation.children, -1) if is_named and isinstance(citation, n.Citation) else (inlines, place)
    before = row[note - 1]
    after.text = after.text[found.end() :]
    if isinstance(before, n.Text):
        before.text = _with_stop(before.text, found[0], language)
    else:
        row.insert(note, n.Text(found[0]))


def _with_stop(text: str, stop: str, language: str) -> str:
    """Return a text with the stop behind it; a point is not doubled, and American English sets it before the mark."""
    if stop.startswith(".") and text.endswith("."):
        return text + stop[1:]
    quoted = _QUOTED.search(text) if language in ("en", "en-US") and stop[0] in ".," else None
    if quoted is None:
        return text + stop
    inside = "" if text[: quoted.start()].endswith((".", ",", "!", "?")) else stop[0]
    return text[: quoted.start()] + inside + quoted[0] + stop[1:]


def without_notes(inlines: list[n.Inline]) -> list[n.Inline]:
    """Unpack what a note style made a note: in a note of the author's the citation is part of the text.

    It loses its full stop there, and follows the name of its author after a comma.
    """
    result: list[n.Inline] = []
    for inline in inlines:
        if not isinstance(inline, n.Note):
            result.append(inline)
            continue
        if result:
            result.append(n.Text(", "))
        for block in inline.children:
            result += block.children if isinstance(block, n.Paragraph) else []
        if result and isinstance(result[-1], n.Text):
            result[-1].text = result[-1].text.removesuffix(".")
    return result
