"""Read the entries of a BibTeX file with the place of each, and mend what Pandoc would lose text at.

Pandoc reads the fields as TeX: behind a percent sign the rest of a field is a comment, a number sign or an odd dollar
sign loses the whole field, and an entry that gets its fields from itself never ends. What is mended stays on its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_HEAD = re.compile(r"@(\w+)\s*([{(])", re.ASCII)
_KEY = re.compile(r"\s*([^\s,{}()=]+)\s*(?=[,})])")
_FIELD = re.compile(r"[\s,]*([A-Za-z][\w:.+/-]*)\s*=\s*")
_BARE = re.compile(r"[^\s,#{}\"]+")
_JOINED = re.compile(r"\s*#\s*")
_SIGN = re.compile(r'\\.|[{}"]', re.DOTALL)
#: Fields that Pandoc reads as they stand.
_VERBATIM = frozenset(["url", "doi", "file", "eprint", "pdf", "verba", "verbb", "verbc", "urlraw", "bdsk-url-1"])
_OPEN = re.compile(r"(?<!\\)((?:\\\\)*)([%#])")
_DOLLAR = re.compile(r"(?<!\\)((?:\\\\)*)\$")


@dataclass(frozen=True)
class Field:
    """Hold one literal of a field, without its braces or quotation marks, and where it begins in the file."""

    name: str
    text: str
    start: int


@dataclass(frozen=True)
class Entry:
    """Hold one entry: its key, where it begins, and its literals."""

    key: str
    start: int
    fields: tuple[Field, ...] = ()

    def value(self, name: str) -> Field | None:
        """Return the field of that name."""
        return next((one for one in self.fields if one.name == name), None)


def entries(text: str) -> list[Entry]:
    """Return every entry of a file; what is no entry is passed over, for Pandoc says what is wrong with it."""
    result: list[Entry] = []
    position = 0
    while head := _HEAD.search(text, position):
        position = head.end()
        if head[1].lower() in ("comment", "preamble", "string"):
            continue
        key = _KEY.match(text, position)
        if key is None:
            continue
        fields, position = _fields(text, key.end())
        result.append(Entry(key[1], head.start(), tuple(fields)))
    return result


def _fields(text: str, position: int) -> tuple[list[Field], int]:
    result: list[Field] = []
    while name := _FIELD.match(text, position):
        position = name.end()
        while True:
            if text[position : position + 1] in ("{", '"'):
                end = _closing(text, position)
                if end < 0:
                    return result, position
                result.append(Field(name[1].lower(), text[position + 1 : end], position + 1))
                position = end + 1
            elif bare := _BARE.match(text, position):
                result.append(Field(name[1].lower(), bare[0], position))
                position = bare.end()
            joined = _JOINED.match(text, position)
            if not joined:
                break
            position = joined.end()
    return result, position


def _closing(text: str, opening: int) -> int:
    """Return where a literal in braces or quotation marks ends, or -1."""
    depth, quoted = 0, text[opening] == '"'
    for sign in _SIGN.finditer(text, opening + 1):
        if sign[0] == "{":
            depth += 1
        elif sign[0] == "}":
            if depth == 0:
                return -1 if quoted else sign.start()
            depth -= 1
        elif sign[0] == '"' and quoted and depth == 0:
            return sign.start()
    return -1


def mended(text: str, read: Sequence[Entry], circles: Sequence[Field]) -> str:
    """Return a file in which no sign of a field begins a comment, and no entry gets its fields from itself."""
    pieces: list[str] = []
    position = 0
    for field in sorted((field for entry in read for field in entry.fields), key=lambda field: field.start):
        if field.name in _VERBATIM:
            continue
        new = "" if field in circles else _mend(field.text)
        if new != field.text:
            pieces += [text[position : field.start], new]
            position = field.start + len(field.text)
    return "".join(pieces) + text[position:]


def _mend(text: str) -> str:
    if "%" in text or "#" in text:
        text = _OPEN.sub(r"\1\\\2", text)
    if "$" in text and len(_DOLLAR.findall(text)) == 1:
        text = _DOLLAR.sub(r"\1\\$", text)
    return text


def circular(read: Sequence[Entry]) -> Iterator[tuple[Entry, Field]]:
    """Yield each entry that gets fields from itself, if by way of others, with the field that closes the circle."""
    known = {entry.key.lower(): entry for entry in read}
    for entry in read:
        own = entry.key.lower()
        for field in entry.fields:
            seen: set[str] = set()
            waiting = _parents(field)
            while waiting and own not in seen:
                name = waiting.pop()
                if name in known and name not in seen:
                    waiting += [parent for one in known[name].fields for parent in _parents(one)]
                seen.add(name)
            if own in seen:
                yield entry, field


def _parents(field: Field) -> list[str]:
    """Return the keys of the entries that a field takes other fields from."""
    if field.name not in ("crossref", "xdata"):
        return []
    return [key.strip().lower() for key in field.text.split(",")]
