"""Say which text a tree of Pandoc's AST holds, and which text a section of a finished book gives to its reader."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from manuscripts import FIGURE, FORMULA, Json

from octavo.check.listening import Element, Leaf
from octavo.latex.blocks import FORMS
from octavo.manuscript.words import Words


def written(tree: list[Json], chrome: Words) -> list[str]:
    """Return the text of a chapter's tree, and that of each of its notes."""
    return _Reading(tree, chrome).result()


def _notes(item: Json) -> Iterator[list[Json]]:
    """Yield the blocks of the notes in a description, which are printed behind its picture."""
    if isinstance(item, dict) and item.get("t") == "Note":
        yield item["c"]
    elif isinstance(item, dict):
        yield from _notes(item.get("c"))
    elif isinstance(item, list):
        for one in item:
            yield from _notes(one)


class _Reading:
    """Say what a tree says: its text, and apart from it each note, as a note may be printed anywhere."""

    def __init__(self, tree: list[Json], chrome: Words) -> None:
        self._words = chrome
        self.texts: list[list[str]] = [[]]
        self._into = self.texts[0]
        self._blocks(tree)

    def result(self) -> list[str]:
        """Return the text and the notes, without what leaves no trace in them."""
        return [settled("".join(text)) for text in self.texts]

    def _say(self, text: str) -> None:
        self._into.append(text)

    def _inlines(self, items: list[Json]) -> None:
        for item in items:
            kind, content = item["t"], item.get("c")
            match kind:
                case "Str":
                    self._say(content)
                case "Space" | "SoftBreak" | "LineBreak":
                    self._say(" ")
                case "Code":
                    self._say(content[1])
                case "Math":
                    self._say(FORMULA if content[1].strip("\\ ~") else " ")  # a space is not heard
                case "RawInline":
                    assert content[0] == "html", content
                    self._say(re.sub(r"<!--.*?-->", "", content[1]))
                case "Image":
                    self._say(FIGURE)
                    for note in _notes(content[1]):
                        self._note(note)
                case "Note":
                    self._note(content)
                case "Link":
                    self._inlines(content[1])
                    if not content[1]:
                        self._say(content[2][0])
                case "Quoted" | "Span" | "Cite":
                    self._inlines(content[1])
                case _:
                    self._inlines(content)

    def _note(self, content: list[Json]) -> None:
        outer, self._into = self._into, []
        self.texts.append(self._into)
        self._blocks(content)
        self._into = outer

    def _blocks(self, blocks: list[Json]) -> None:
        for block in blocks:
            self._block(block["t"], block.get("c"))

    def _block(self, kind: str, content: Json) -> None:
        match kind:
            case "Para" | "Plain":
                self._inlines(content)
            case "Header":
                self._inlines(content[2])
            case "BlockQuote":
                self._blocks(content)
            case "BulletList":
                for item in content:
                    self._blocks(item)
            case "OrderedList":
                for item in content[1]:
                    self._blocks(item)
            case "DefinitionList":
                for term, bodies in content:
                    self._inlines(term)
                    for body in bodies:
                        self._blocks(body)
            case "LineBlock":
                for line in content:
                    self._inlines(line)
            case "CodeBlock":
                self._say(content[1])
            case "Table":
                self._table(content)
            case "Figure":
                self._say(FIGURE)
                self._blocks(content[1][1])
            case "Div":
                form = next((name for name in content[0][1] if name in FORMS), None)
                self._say(self._words(form) if form else "")
                self._blocks(content[1])

    def _table(self, content: Json) -> None:
        _, (_, caption), _, (_, head), bodies, (_, foot) = content
        self._blocks(caption)
        for rows in (head, *(rows for _, _, inner, body in bodies for rows in (inner, body)), foot):
            for _, cells in rows:
                for cell in cells:
                    self._blocks(cell[4])


def settled(text: str) -> str:
    """Leave out spaces, invisible characters and quotation marks, which depend on language."""
    composed = unicodedata.normalize("NFKC", text)
    return "".join(c for c in composed if not c.isspace() and unicodedata.category(c) != "Cf" and c not in QUOTES)


QUOTES = "\"'“”‘’‚„«»‹›"


def heard(section: Element) -> list[str]:
    """Return the text of a part of the structure and each of its notes, without labels and numbers."""
    texts: list[list[str]] = [[]]

    def listen(element: Element, into: list[str], descriptive: bool) -> None:
        for place, kid in enumerate(element.kids):
            if isinstance(kid, Leaf):
                into.append("" if parts_calls(element, place) else kid.text or "")
            elif isinstance(kid, Element):
                match kid.role:
                    case "Lbl" if not descriptive:
                        pass
                    case "Link" if "/Ref" in kid.node:
                        pass
                    case "Formula":
                        into.append(FORMULA)
                    case "Figure":
                        into.append(FIGURE)
                        listen_captions(kid, into)
                    case "FENote":
                        texts.append([])
                        listen(kid, texts[-1], False)
                    case "LI":
                        listen(kid, into, element.attributes.get("/ListNumbering") == "/Description")
                    case _:
                        listen(kid, into, False)

    def parts_calls(element: Element, place: int) -> bool:
        """Tell whether a comma is the one between the calls of two notes."""
        kid = element.kids[place]
        beside = [other for other in element.kids[place + 1 :] if not (isinstance(other, Element) and is_note(other))]
        before = [other for other in element.kids[:place] if not (isinstance(other, Element) and is_note(other))]
        text = kid.text if isinstance(kid, Leaf) else ""
        return (text or "").strip() == "," and bool(before and beside) and is_call(before[-1]) and is_call(beside[0])

    def is_note(kid: Element) -> bool:
        return kid.role == "FENote"

    def is_call(kid: object) -> bool:
        return isinstance(kid, Element) and kid.role == "Link" and "/Ref" in kid.node

    def listen_captions(figure: Element, into: list[str]) -> None:
        for kid in figure.kids:
            if isinstance(kid, Element):
                listen(kid, into, False)

    listen(section, texts[0], False)
    return [settled("".join(text)) for text in texts]
