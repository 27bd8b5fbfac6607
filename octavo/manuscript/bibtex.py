"""Read the entries of a BibTeX file with the place of each, and mend what Pandoc would lose text at.

Pandoc reads the fields as TeX: behind a percent sign the rest of a field is a comment, a number sign or an odd dollar
sign loses the whole field, and an entry that gets its fields from itself never ends. What is mended stays on its line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_HEAD = re.compile(r"@(\w+)\s*([{(])", re.ASCII)
_KEY = re.compile(r"\s*([^\s,{}()=]+)\s*(?=[,})])")
_FIELD = re.compile(r"[\s,]*([A-Za-z][\w:.+/-]*)\s*=\s*")
_BARE = re.compile(r"[^\s,#{}\"]+")
_CLOSED = re.compile(r"[\s,]*\)")
_JOINED = re.compile(r"\s*#\s*")
_SIGN = re.compile(r'\\.|[{}"]', re.DOTALL)
#: Fields that Pandoc reads as they stand.
_VERBATIM = frozenset(["url", "doi", "file", "eprint", "pdf", "verba", "verbb", "verbc", "urlraw", "bdsk-url-1"])
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_OPEN = re.compile(r"(?<!\\)((?:\\\\)*)([%#])")
_DOTLESS = re.compile(r"(\\[`'^\"~=.]\s*\{?)\s*\\([ij])(?![A-Za-z])\s*")
_ACCENTS = {"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308"}
_ACCENTED = re.compile(r"\\([`'^~\"])\s*\{?([A-Za-z])\}?")
_TEX = re.compile(r"\\([%&_#$])|\\[A-Za-z]+\s*|[{}]")
_DOLLAR = re.compile(r"(?<!\\)((?:\\\\)*)\$")


@dataclass(frozen=True)
class Field:
    """Hold one literal of a field, without its braces or quotation marks, and where it begins in the file."""

    name: str
    text: str
    start: int
    #: Without braces or quotation marks: a number, or the name of a string.
    bare: bool = False


@dataclass(frozen=True)
class Entry:
    """Hold one entry: its key, where it begins, and its literals."""

    key: str
    start: int
    fields: tuple[Field, ...] = ()
    #: Where its parentheses are, if it stands in those: Pandoc reads braces only.
    parentheses: tuple[int, int] | None = None

    def value(self, name: str) -> Field | None:
        """Return the field of that name."""
        return next((one for one in self.fields if one.name == name), None)


def entries(text: str) -> list[Entry]:
    """Return every entry of a file; what is no entry is passed over, for Pandoc says what is wrong with it."""
    return [entry for entry in _all(text) if entry.key]


def strings(text: str) -> list[Entry]:
    """Return every `@string` of a file, as an entry without a key."""
    return [entry for entry in _all(text) if not entry.key]


def _all(text: str) -> Iterator[Entry]:
    position = 0
    while head := _HEAD.search(text, position):
        position = head.end()
        kind = head[1].lower()
        key = None if kind == "string" else _KEY.match(text, position)
        if kind in ("comment", "preamble") or (key is None and kind != "string"):
            continue
        fields, position = _fields(text, key.end() if key else position)
        closed = _CLOSED.match(text, position) if head[2] == "(" else None
        parentheses = (head.end() - 1, closed.end() - 1) if closed else None
        yield Entry(key[1] if key else "", head.start(), tuple(fields), parentheses)


def unknown_strings(text: str) -> Iterator[tuple[Entry, Field]]:
    """Yield each field that names a string which is not defined above it: Pandoc prints the name."""
    known = set(_MONTHS)
    for entry in _all(text):
        for field in entry.fields:
            if field.bare and not field.text.isdigit() and field.text.lower() not in known:
                yield entry, field
        if not entry.key:
            known |= {field.name for field in entry.fields}


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
                result.append(Field(name[1].lower(), bare[0], position, bare=True))
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
    """Return a file in which no sign of a field begins a comment, and no entry gets its fields from itself.

    `read` are the entries and the strings; what stands in parentheses is put in braces.
    """
    changes: list[tuple[int, int, str]] = []
    for entry in read:
        if entry.parentheses:
            opening, closing = entry.parentheses
            changes += [(opening, opening + 1, "{"), (closing, closing + 1, "}")]
        for field in entry.fields:
            if field.name not in _VERBATIM or not entry.key:
                new = "" if field in circles else field.text if field.bare else _mend(field)
                changes.append((field.start, field.start + len(field.text), new))
    pieces: list[str] = []
    position = 0
    for start, end, new in sorted(changes):
        pieces += [text[position:start], new]
        position = end
    return "".join(pieces) + text[position:]


def _mend(field: Field) -> str:
    text = field.text
    if field.name == "type":  # the one field whose words Pandoc prints with all their TeX
        accented = _ACCENTED.sub(lambda one: unicodedata.normalize("NFC", one[2] + _ACCENTS[one[1]]), text)
        return _TEX.sub(r"\1", accented).replace("~", "\N{NO-BREAK SPACE}")
    if "\\i" in text or "\\j" in text:  # with its accent the letter has no dot anyway, and is one sign
        text = _DOTLESS.sub(r"\1\2", text)
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
