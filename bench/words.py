"""Compare the words of a manuscript with those that its PDF is read aloud from.

The manuscript is read by Pandoc alone, so that what Octavo makes of it is not its own judge. Words are runs of letters
and figures, in one case: marks, breaks and the look of a word are no loss. Formulas are told by their own words, and
citations by their style; both are counted as one thing each and not word by word.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

from octavo.check.listening import Element, Leaf, read_structure
from octavo.check.relations import INLINE

#: What reads a manuscript: Pandoc's Markdown, with bare addresses as links, so that they are parted as ours are.
READER = "markdown+autolink_bare_uris"
#: The call of a note, which is no part of the word before it.
_CALL = re.compile(r"\s*\d+,?\s*")
_CHUNK = re.compile(r"^([ \t>]*`{3,})[ \t]*\{+[A-Za-z][^\n]*\}+[^\n]*$", re.M)
#: What stands behind the language of a fence, which CommonMark calls its info string and prints nowhere.
_INFO = re.compile(r"^([ \t>]*`{3,}[ \t]*[^\s`{},]+)[, \t][^`{}\n]*$", re.M)
#: References of bookdown, and the label of a formula or a listing, which Pandoc leaves as text.
_REFERENCE = re.compile(r"(?<!`)\\@ref\([^()\s]*\)|\(\\#(?:eq|tab|fig):[^()\s]*\)(?![`\w])")
_EQUATION = re.compile(r"(\$\$|^(?:Listing)?:[ \t].*?)[ \t]*\{#(?:eq|lst)[^\s{}]*\}", re.M)
_OPTIONS = re.compile(r"^[ \t>]*(?:#|%%|//) ?\|[^\n]*$", re.M)
_STYLES = {"Emph", "Strong", "Strikeout", "Underline", "SmallCaps", "Superscript", "Subscript"}
_WORD = re.compile(r"[^\W_]+")
#: Elements that stand in the middle of a line, at whose ends a word goes on; a note or a label begins a new one.
_WITHIN = INLINE - {"Lbl", "FENote", "Note", "Figure", "Formula", "Ruby"}


def words(text: str) -> Counter[str]:
    """Count the words of a text; a soft hyphen parts none, and signs of compatibility count as what they stand for."""
    plain = unicodedata.normalize("NFKC", text.replace("\N{SOFT HYPHEN}", "").replace("\N{ZERO WIDTH SPACE}", ""))
    return Counter(_WORD.findall(plain.casefold()))


def written(source: str, pandoc: Callable[[Sequence[str], str], tuple[str, str]], reader: str = READER) -> str:
    """Return the text of a manuscript as Pandoc reads it: no formulas, no raw markup, and no keys of citations."""
    output, _ = pandoc(["-f", reader, "-t", "json"], source)
    return "".join(_blocks(json.loads(output)["blocks"]))


def without_options(source: str) -> str:
    """Return a manuscript without what Pandoc alone takes for text: options of chunks, labels of formulas."""
    source = _REFERENCE.sub("", _EQUATION.sub(r"\1", source))
    return _OPTIONS.sub("", _INFO.sub(r"\1", _CHUNK.sub(r"\1", source)))


def _blocks(nodes: Iterable[Any]) -> Iterator[str]:
    for node in nodes:
        yield from _told(node)


def _told(node: Any) -> Iterator[str]:
    """Yield the text of one value of Pandoc's JSON; a block ends a word, an inline does not."""
    if isinstance(node, list):
        for one in node:
            yield from _told(one)
    if not isinstance(node, dict) or "t" not in node:
        return
    kind: str = node["t"]
    content: Any = node.get("c")
    match kind:
        case "Str":
            yield content
        case "Space" | "SoftBreak" | "LineBreak":
            yield " "
        case "Code" | "CodeBlock":
            yield content[1]
            yield "\n" if kind == "CodeBlock" else ""
        case "RawInline":
            yield " " if content[1].lower().startswith(("<br", "<img", "<p", "<li", "<td", "<th", "<div")) else ""
        case "Math" | "RawBlock" | "Cite":
            yield " "
        case "Link" | "Image" | "Span" | "Header" | "Div":
            yield from _told(content[2] if kind == "Header" else content[1])
            yield "\n" if kind in ("Header", "Div", "Image") else ""
        case "Quoted":
            yield '"'
            yield from _told(content[1])
            yield '"'
        case "DefinitionList":
            for term, bodies in content:
                yield from _told(term)
                yield "\n"
                yield from _told(bodies)
        case "LineBlock":
            for line in content:
                yield from _told(line)
                yield "\n"
        case "Note":
            yield "\n"
            yield from _told(content)
            yield "\n"
        case "OrderedList":
            yield from _told(content[1])
        case _:
            yield from _told(content)
            yield "" if kind in _STYLES else "\n"


def heard(pdf: Path) -> str:
    """Return what the structure of a PDF holds: its text in reading order, with the descriptions of its pictures."""
    with pikepdf.open(pdf) as book:
        return "".join(piece for root in read_structure(book).roots for piece in _spoken(root))


def _own(element: Element) -> str:
    return "".join(kid.text if isinstance(kid, Element) else (getattr(kid, "text", "") or "") for kid in element.kids)


def _spoken(element: Element) -> Iterator[str]:
    inside = element.role in _WITHIN and not (element.role == "Link" and _CALL.fullmatch(_own(element)))
    yield "" if inside else "\n"
    if element.words("/ActualText"):
        yield element.words("/ActualText")
    for kid in element.kids:
        if isinstance(kid, Element):
            yield from _spoken(kid)
        elif isinstance(kid, Leaf):
            yield kid.text or ""
    if element.words("/Alt"):
        yield f"\n{element.words('/Alt')}"
    yield "" if inside else "\n"


@dataclass(frozen=True)
class Told:
    """Name the lines of one file that a message stands at, and what the messages say."""

    lines: frozenset[int]
    text: str

    @classmethod
    def of(cls, chapter: str, messages: Iterable[Mapping[str, Any]]) -> Told:
        """Gather what the messages of `--format json` say about one file."""
        mine = [one for one in messages if str(one["file"]).endswith(chapter) and one["line"]]
        spans = ((int(one["line"]), int(one.get("end_line") or one["line"])) for one in mine)
        lines = frozenset(line for first, last in spans for line in range(first, last + 1))
        return cls(lines, " ".join(str(one["problem"]) for one in mine))

    def excuses(self, word: str, source: Sequence[str]) -> bool:
        """Tell whether a word stands on a line that has a message, or in a message itself."""
        near = " ".join(source[line - 1] for line in self.lines if 0 < line <= len(source))
        return word in words(near + " " + self.text)


def lost(source: str, text: str, found: Counter[str], told: Told) -> dict[str, int]:
    """Return the words of a manuscript's text that are not found, or less often, without a message that says so."""
    lines = source.splitlines()
    missing = {word: count - found[word] for word, count in words(text).items() if count > found[word]}
    return {word: count for word, count in missing.items() if not told.excuses(word, lines)}


def missing(
    sources: Mapping[str, str],
    found: Counter[str],
    told: Callable[[str], Told],
    pandoc: Callable[[Sequence[str], str], tuple[str, str]],
) -> tuple[int, dict[str, dict[str, int]]]:
    """Return how many words the chapters of a book have, and which of each are not in it, without a message.

    What the chapters say more often together than the book does is looked for in each of them that says it.
    """
    plain = {chapter: written(without_options(source), pandoc) for chapter, source in sources.items()}
    needed = sum((words(text) for text in plain.values()), Counter[str]())
    short = needed - found
    gone: dict[str, dict[str, int]] = {}
    for chapter, source in sources.items():
        present = Counter({word: count for word, count in found.items() if word not in short})
        without = Counter(lost(source, plain[chapter], present, told(chapter))) & short
        short -= without
        if without:
            gone[chapter] = dict(without)
    return needed.total(), gone
