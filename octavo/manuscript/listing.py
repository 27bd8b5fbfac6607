"""Read what the attributes of a code block ask for, in the spellings of the tools that authors come from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from octavo.manuscript import nodes as n
from octavo.manuscript.punctuation import typographic

#: Classes that ask for line numbers: Pandoc's two, and that of Sphinx and MyST.
NUMBERED: Final = frozenset({"numberLines", "number-lines", "lineno", "linenos"})
#: Attributes that name lines to be marked: those of MkDocs, Sphinx and MyST, and of Docusaurus-like tools.
MARKED: Final = ("hl_lines", "highlight-lines", "emphasize-lines", "highlight", "mark")
STARTS: Final = ("startFrom", "start-from", "lineno-start", "linenostart")
CAPTIONS: Final = ("caption", "lst-cap")
TITLES: Final = ("filename", "title")
_LABEL = re.compile(r"lst[:-]\S+", re.I)
#: How the paragraph of a caption begins, and how it ends.
_CAPTION_OPENING = re.compile(r"(?:[Ll]isting|[Cc]ode)?\s*:\s*")
_CAPTION_LABEL = re.compile(r"\s*\{#(lst[:-][^\s{}]+)\}\s*$")
_RANGE = re.compile(r"(\d+)(?:\s*[-–]\s*(\d+))?")
#: No listing has more lines than this; a range up to a number without end would take all memory.
_MOST_LINES: Final = 100_000


@dataclass(frozen=True)
class Listing:
    """Say how a code block is set: its language, the name of its file, the number of its first line, marked lines.

    `first` is 0 for a block without line numbers; `marked` counts the lines of the block from 1.
    """

    language: str
    title: str
    first: int
    marked: frozenset[int]


def listing(block: n.CodeBlock) -> Listing:
    """Return what a code block asks for."""
    classes, values = block.attributes.classes, block.attributes.values
    language = next((name for name in classes if name not in NUMBERED | {"sourceCode", "cell-code"}), "")
    start = next((values[key] for key in STARTS if key in values), "")
    numbered = bool(NUMBERED & set(classes)) or values.get("code-line-numbers") == "true" or bool(start)
    numbered = numbered or values.get("linenums", "") not in ("", "false")
    first = start or values.get("linenums", "")
    return Listing(
        language=language,
        title=next((values[key] for key in TITLES if key in values), ""),
        first=(int(first) if first.isdecimal() else 1) if numbered else 0,
        marked=_marked(next((values[key] for key in MARKED if key in values), "")),
    )


def is_numbered(block: n.CodeBlock) -> bool:
    """Tell whether a code block is a listing with a number: it has a caption, or a label that says so."""
    return bool(block.caption) or _LABEL.fullmatch(block.attributes.identifier) is not None


def give_captions(blocks: list[n.Block], language: str) -> list[n.Block]:
    """Return the blocks with each listing's caption in it: that of its attributes, or a paragraph before it.

    The paragraph is that of pandoc-crossref: `Listing: What it shows {#lst:label}`, or a colon alone.
    """
    found: list[n.Block] = []
    for block in blocks:
        if isinstance(block, n.CodeBlock):
            written = next((block.attributes.values[key] for key in CAPTIONS if key in block.attributes.values), "")
            if written:
                block.caption = [n.Text(typographic(written, language))]
            elif found and isinstance(found[-1], n.Paragraph) and _adopt(found[-1], block):
                found.pop()
        found.append(block)
    return found


def _adopt(paragraph: n.Paragraph, block: n.CodeBlock) -> bool:
    """Take a paragraph that is a caption into the code block behind it, and tell whether it was one."""
    children = paragraph.children
    first, last = (children[0], children[-1]) if children else (None, None)
    if not (isinstance(first, n.Text) and isinstance(last, n.Text)):
        return False
    label = _CAPTION_LABEL.search(last.text)
    if label is None or not (opening := _CAPTION_OPENING.match(first.text)):
        return False
    last.text = last.text[: label.start()]
    first.text = first.text[opening.end() :]
    block.caption = [child for child in children if not isinstance(child, n.Text) or child.text]
    block.attributes.identifier = block.attributes.identifier or label[1]
    return True


def _marked(written: str) -> frozenset[int]:
    """Return the lines that `1 3-5` or `1,3-5` name."""
    lines: set[int] = set()
    for first, last in _RANGE.findall(written):
        lines.update(range(int(first), min(int(last or first), _MOST_LINES) + 1))
    return frozenset(lines)
