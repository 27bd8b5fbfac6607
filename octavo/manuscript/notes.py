"""Find the notes that are called more than once, so that each is printed once and both calls have its number.

Pandoc copies the text of a note to each call and forgets its name. The copies are found in its JSON, before
citeproc would take the citations in them for further ones.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

from octavo.manuscript.convert import SHARED_NOTE, Json

_CALL = re.compile(r"(?<!\\)\[\^([^\]\s^\\]+)\](:?)")
_DEFINED = re.compile(r"^[ >]{0,3}\[\^([^\]\s]+)\]:", re.MULTILINE)
#: A definition ends with its file, with another definition, and before a paragraph that is not indented.
_END = re.compile(r"\n\s*\n(?=[^\s])|\n(?=[ >]{0,3}\[\^[^\]\s]+\]:)")
#: What Pandoc counts in citations differs from copy to copy.
_COUNTED = re.compile(r'"citation(?:NoteNum|Hash)": \d+')
_WORD = re.compile(r"\w+")


def share_notes(source: str, blocks: list[Json]) -> list[Json]:
    """Mark the notes with several calls in what Pandoc read; return the citations that stand in the copies only.

    A note belongs to a name when all its words stand in the definition. Where two definitions say the same, it is not
    known which of them is called, and the note is printed for every call.
    """
    calls = Counter(call[1] for call in _CALL.finditer(source) if not call[2])
    several = {name for name, count in calls.items() if count > 1}
    if not several:
        return []
    definitions = _definitions(source)
    copies: dict[str, list[Json]] = {}
    for note in _find(("Note",), blocks):
        copies.setdefault(_COUNTED.sub("", json.dumps(note["c"], sort_keys=True)), []).append(note)
    dropped: list[Json] = []
    for notes in copies.values():
        if len(notes) < 2:
            continue
        name = _name_of(_words(notes[0]["c"]), definitions)
        if name not in several:
            continue
        first, *others = notes
        first["c"] = [_mark(name, first["c"])]
        for other in others:
            dropped += _find(("Cite",), other["c"])
            other["c"] = [_mark(name, [])]
    return dropped


def free_notes(item: Json, in_figure: bool = False) -> list[Json]:
    """Set the notes in the description of a picture behind it; return the citations in those that are left out.

    A description is heard and not printed. In a figure Pandoc gives the picture a copy of the caption, whose notes are
    printed with the caption.
    """
    dropped: list[Json] = []
    if isinstance(item, dict):
        if item.get("t") == "Figure":
            dropped += free_notes(item["c"][1]) + free_notes(item["c"][2], in_figure=True)
        elif "c" in item:
            dropped += free_notes(item["c"], in_figure)
    elif isinstance(item, list):
        for place in range(len(item) - 1, -1, -1):
            one = item[place]
            notes = _take_notes(one["c"][1]) if isinstance(one, dict) and one.get("t") == "Image" else []
            if in_figure:
                dropped += _find(("Cite",), notes)
            else:
                item[place + 1 : place + 1] = notes
            dropped += free_notes(one, in_figure)
    return dropped


def _take_notes(inlines: Json) -> list[Json]:
    """Remove the notes from a description and return them."""
    notes = list(_find(("Note",), inlines))
    waiting = [inlines]
    while notes and waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.append(one.get("c"))
        elif isinstance(one, list):
            one[:] = [item for item in one if not (isinstance(item, dict) and item.get("t") == "Note")]
            waiting += one
    return notes


def _definitions(source: str) -> list[tuple[str, list[str]]]:
    """Return the name of each note that is defined, with its words: to the next paragraph that is not indented."""
    result = []
    for found in _DEFINED.finditer(source):
        end = _END.search(source, found.end())
        text = source[found.end() : end.start() if end else len(source)]
        result.append((found[1], [word.lower() for word in _WORD.findall(text)]))
    return result


def _words(blocks: Json) -> list[str]:
    """Return the words of blocks, which are those of the source but for its markup."""
    texts: list[str] = []
    for leaf in _find(("Str", "Code", "Math", "CodeBlock", "RawInline", "RawBlock"), blocks):
        texts.append(leaf["c"] if leaf["t"] == "Str" else leaf["c"][1])
    return [word.lower() for word in _WORD.findall(" ".join(texts))]


def _name_of(words: list[str], definitions: list[tuple[str, list[str]]]) -> str:
    """Return the name of the note with these words, or nothing where it is not certain."""
    fitting = []
    for name, text in definitions:
        rest = iter(text)
        if words and all(word in rest for word in words):
            fitting.append((len(text), name))
    fitting.sort()
    return fitting[0][1] if fitting and [size for size, _ in fitting].count(fitting[0][0]) == 1 else ""


def _find(kinds: tuple[str, ...], item: Json) -> Iterator[Json]:
    """Yield the nodes of these kinds, outermost first; what stands in them is not looked through again."""
    waiting = [item]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if one.get("t") in kinds:
                yield one
            elif "c" in one:
                waiting.append(one["c"])
        elif isinstance(one, list):
            waiting += reversed(one)


def _mark(name: str, blocks: list[Json]) -> Json:
    return {"t": "Div", "c": [["", [SHARED_NOTE], [["name", name]]], blocks]}
