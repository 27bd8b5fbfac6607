"""Make Pandoc read tags in a line as tags in a line, where it would end the paragraph or lose the text at them.

Pandoc loses the text of a table's cell behind a tag such as `<ul>`, takes a heading with one for a paragraph, and
ends a paragraph at a placeholder such as `<output>`. Before it reads, the names of such tags are written with other
letters, one for one so that nothing moves; they are written back in what it read, wherever that stands.
"""

from __future__ import annotations

import re
from string import ascii_letters

from octavo.manuscript.html_tags import vocabulary

#: The letters of a name and those that stand for them (Mathematical Alphanumeric Symbols, sans-serif).
_PLAIN = ascii_letters[26:] + ascii_letters[:26]
_OTHER = "".join(chr(0x1D5A0 + number) for number in range(52))
_DISGUISE = str.maketrans(_PLAIN, _OTHER)
_UNDISGUISE = str.maketrans(_OTHER, _PLAIN)
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)(?=[\s/>]|$)")
_OTHER_TAG = re.compile(f"</?[{_OTHER[0]}-{_OTHER[-1]}]")
_NAME = re.compile(f"(?<=<)/?[{_OTHER[0]}-{_OTHER[-1]}][{_OTHER[0]}-{_OTHER[-1]}0-9-]*")
_HEADING = re.compile(r"[ >]*#{1,6}\s")
_ALONE = re.compile(r"[ >\t]*</?[a-zA-Z][^<>]*>\s*")
#: The line below the head of a table whose cells stand between bars.
_DELIMITERS = re.compile(r"[ >]*\|?\s*:?-+:?\s*((\||\+)\s*:?-+:?\s*)*\|?\s*")


def disguise(source: str) -> str:
    """Return a text in which the tags that stand in a line have names that Pandoc does not know."""
    if not _TAG.search(source):
        return source
    lines = source.split("\n")
    rows = _rows(lines)
    for number, line in enumerate(lines):
        if "<" in line:
            in_line = number in rows or _HEADING.match(line) is not None
            lines[number] = _TAG.sub(lambda tag: _disguised(tag, in_line), line)  # noqa: B023
    return "\n".join(lines)


def _disguised(tag: re.Match[str], in_line: bool) -> str:
    """Return a tag, with a name unknown to Pandoc where Pandoc would not read on in the line."""
    name, line, words = tag[1].lower(), tag.string, vocabulary()
    breaking = words["paragraph-breaking"]
    if in_line:
        hides = name != "span"
    elif line.lstrip(" >\t").startswith("<"):
        loose = (breaking & words["transparent"]) | (breaking - words.meant)
        is_open = f"</{name}" not in line.lower()
        hides = name in words["either"] or (name in loose - words["silent"] - {"textarea"} and is_open)
        hides = hides and not _ALONE.fullmatch(line)
    else:
        hides = name in (breaking | words["either"]) - words["silent"] - {"pre", "textarea"}
    return tag[0].translate(_DISGUISE) if hides else tag[0]


def _rows(lines: list[str]) -> set[int]:
    """Return the lines that are rows of a table whose cells stand between bars."""
    found: set[int] = set()
    for number, line in enumerate(lines[1:], 1):
        if "|" in line and _DELIMITERS.fullmatch(line) and "|" in lines[number - 1]:
            found.add(number - 1)
            after = number + 1
            while after < len(lines) and lines[after].strip(" >"):
                found.add(after)
                after += 1
    return found


def undisguise(text: str) -> str:
    """Return what Pandoc read with the names of its tags as they were."""
    if not _OTHER_TAG.search(text):
        return text
    return _NAME.sub(lambda name: name[0].translate(_UNDISGUISE), text)
