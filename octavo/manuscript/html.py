"""Read the HTML in a chapter for what it means, before its nodes are made.

Pandoc reads the text between tags as Markdown and leaves the tags as raw nodes. Here they become what Markdown has for
the same: `<b>` is strong, `<ul>` a list, `<table>` a table, `<a id="x">` a label. A tag that has no meaning on paper
stays a raw node, which prints nothing and is reported; what is no tag of HTML at all is text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from octavo.manuscript.depth import running
from octavo.manuscript.html_blocks import block, with_style
from octavo.manuscript.html_edges import is_raw, settle_places, with_edges
from octavo.manuscript.html_inlines import inline, raw, styled, text, tidy
from octavo.manuscript.html_tables import alignment
from octavo.manuscript.html_tags import Element, Json, Piece, Tag, nest, shows, tags_in, vocabulary

_VERBATIM = re.compile(r"\s*<(pre|script|style|textarea)\b", re.IGNORECASE)
_COMMENT = re.compile(r"\s*<!--.*-->\s*", re.DOTALL)
_SPACES = ("Space", "SoftBreak")


@dataclass
class HtmlReader:
    """Read one part; `literal` are the texts that look like tags and are none."""

    literal: set[str] = field(default_factory=set)
    _own: set[str] = field(default_factory=set)
    _foreign: int = 0

    def blocks(self, blocks: Sequence[Json]) -> list[Json]:
        """Return blocks with the HTML in them read."""
        pieces: list[Tag | Json] = []
        for item in with_edges(blocks):
            if item["t"] == "RawBlock" and item["c"][0] == "html":
                pieces += self._tags(item)
            elif item["t"] in ("Para", "Plain") and any(self._breaks(one) for one in item["c"]):
                pieces += self._parted(item)
            else:
                pieces.append(item)
        return settle_places(self._blocks(nest(pieces)))

    def _tags(self, item: Json) -> list[Tag | Json]:
        """Return the tags of a raw block, and the texts between them."""
        written = item["c"][1]
        if _COMMENT.fullmatch(written):
            return [item]
        verbatim = _VERBATIM.match(written)
        keeps_spaces = verbatim and verbatim[1].lower() == "pre"
        found: list[Tag | Json] = []
        for one in tags_in(written):
            if isinstance(one, Tag):
                known = self._known(one)
                found.append(known if keeps_spaces or isinstance(known, Tag) else {"t": "Plain", "c": [known]})
            elif keeps_spaces:
                found.append({"t": "Str", "c": one})
            elif one.strip():
                found.append({"t": "Plain", "c": text(one.strip())})
        return found

    def _breaks(self, item: Json) -> bool:
        """Tell whether a raw tag in a line is one that ends a paragraph: so in the cell of a table."""
        if item["t"] != "RawInline" or item["c"][0] != "html":
            return False
        name = re.match(r"</?([a-zA-Z][\w:-]*)", item["c"][1])
        words = vocabulary()
        return name is not None and name[1].lower() in words["paragraph-breaking"] & (words["blocks"] | words["table"])

    def _parted(self, item: Json) -> list[Tag | Json]:
        """Return the tags that end a paragraph, and the lines between them."""
        found: list[Tag | Json] = []
        line: list[Json] = []
        for one in [*item["c"], None]:
            if one is not None and not self._breaks(one):
                line.append(one)
                continue
            if any(part["t"] not in _SPACES for part in line):
                found.append({"t": "Plain", "c": line})
            line = []
            if one is not None:
                found += self._tags(one)
        return found

    def _known(self, tag: Tag, foreign: bool = False) -> Tag | Json:
        """Return a tag of HTML, or the text for what only looks like one."""
        words = vocabulary()
        if foreign or self._foreign or tag.name in words["known"] | words.meant or not tag.name[:1].isalpha():
            return tag
        if "-" in tag.name and (tag.attributes or tag.name in self._own):
            self._own.add(tag.name)  # an element that a program defines
            return tag
        return self._text(tag)

    def _text(self, tag: Tag) -> Json:
        """Return a tag as the text that it is, and note it."""
        self.literal.add(tag.written)
        return {"t": "Str", "c": tag.written}

    def _is_placeholder(self, element: Element) -> bool:
        """Tell whether a tag stands for a text to put in, as in “run octavo <output>”: it is bare, and alone."""
        words = vocabulary()
        alone = not element.closed or element.name in words["void"]
        prints = element.name in words.meant - words["transparent"]
        return alone and not prints and not (element.tag.attributes or self._foreign)

    def _blocks(self, pieces: Sequence[Piece]) -> list[Json]:
        found: list[Json] = []
        for piece in pieces:
            if isinstance(piece, Element):
                found += self._element(piece)
            elif isinstance(piece, Tag):
                found.append({"t": "RawBlock", "c": ["html", piece.written]})
            else:
                found += self._inside(piece)
        return found

    def _element(self, element: Element) -> list[Json]:
        """Return what an element prints on lines of its own."""
        words = vocabulary()
        if self._is_placeholder(element):
            return [{"t": "Para", "c": [self._text(element.tag)]}, *self._blocks(element.children)]
        unclosed = [] if element.closed else [{"t": "RawBlock", "c": ["html", element.tag.written]}]
        if element.name in words["silent"]:
            return [{"t": "RawBlock", "c": ["html", element.tag.written]}]
        self._foreign += element.name in words["foreign"]
        found = block(element, self._blocks, self._line)
        if found is None:
            found = self._blocks(element.children)
            if element.name in words.meant:
                kept = Tag(element.name, element.tag.written, element.tag.attributes)
                found = with_style(found, lambda line: inline(Element(kept, list(line)), list))
                if not found:
                    found = [{"t": "Para", "c": line}] if (line := tidy(inline(element, self._line))) else []
            elif element.closed and self._foreign == (element.name in words["foreign"]):
                unclosed = [{"t": "RawBlock", "c": ["html", element.tag.written]}]
        self._foreign -= element.name in words["foreign"]
        return [*unclosed, *found]

    def _line(self, pieces: Sequence[Piece]) -> list[Json]:
        """Return blocks or pieces of a line as one line, such as the title of what is folded away."""
        found: list[Json] = []
        for piece in pieces:
            if isinstance(piece, Element):
                inner = self._line(piece.children)
                is_block = piece.name in vocabulary()["paragraph-breaking"]
                if is_block:
                    found += [{"t": "Space"}, *inner, {"t": "Space"}]
                else:
                    found += self._inline(piece)
            elif isinstance(piece, Tag):
                found.append(raw(piece.written))
            elif piece["t"] in ("Para", "Plain", "Header"):
                inlines = self.inlines(piece["c"][-1] if piece["t"] == "Header" else piece["c"])
                found += [{"t": "Space"}, *inlines, {"t": "Space"}]
            elif piece["t"] == "RawBlock":
                found.append(raw(piece["c"][1]))
            elif piece["t"] == "Div":
                found += self._line(piece["c"][1])
            elif isinstance(piece.get("c"), list) and piece["t"] in ("BulletList", "BlockQuote"):
                found += self._line(
                    [one for part in piece["c"] for one in (part if isinstance(part, list) else [part])]
                )
            else:
                found += self.inlines(list(running(piece)))
        return tidy(found)

    def inlines(self, inlines: Sequence[Json]) -> list[Json]:
        """Return the contents of a line with the HTML in them read."""
        pieces: list[Tag | Json] = []
        changed, foreign = False, 0
        for item in inlines:
            if item["t"] == "RawInline" and item["c"][0] == "html":
                changed = True
                if _COMMENT.fullmatch(item["c"][1]):
                    continue
                for one in tags_in(item["c"][1]):
                    if isinstance(one, Tag):
                        foreign += (-1 if one.closes else 1) * (one.name in vocabulary()["foreign"])
                        pieces.append(self._known(one, foreign > 0))
                    else:
                        pieces += text(one)
            else:
                pieces.append(item)
        return tidy(self._pieces(nest(pieces))) if changed else [self._inner(item) for item in inlines]

    def _pieces(self, pieces: Sequence[Piece]) -> list[Json]:
        found: list[Json] = []
        for piece in pieces:
            if isinstance(piece, Element):
                found += self._inline(piece)
            elif isinstance(piece, Tag):
                found.append(raw(piece.written))
            else:
                found.append(self._inner(piece))
        return found

    def _inline(self, element: Element) -> list[Json]:
        """Return what an element of a line prints, behind its tag where that must be reported."""
        words = vocabulary()
        if self._is_placeholder(element):
            return [self._text(element.tag), *self._pieces(element.children)]
        if element.name in words["silent"]:
            return [raw(element.tag.written)]
        before = [] if element.closed else [raw(element.tag.written)]
        if element.name in words["paragraph-breaking"] & words.meant:
            return [*before, {"t": "Space"}, *self._pieces(element.children), {"t": "Space"}]
        if element.name in words.meant:
            return [*before, *inline(element, self._pieces)]
        shown = [] if self._foreign else [raw(element.tag.written)]
        self._foreign += element.name in words["foreign"]
        shown += self._pieces(element.children)
        self._foreign -= element.name in words["foreign"]
        return shown

    def _inner(self, item: Json) -> Json:
        """Read the HTML inside an inline."""
        match item["t"]:
            case "Emph" | "Underline" | "Strong" | "Strikeout" | "Superscript" | "Subscript" | "SmallCaps":
                item["c"] = self.inlines(item["c"])
            case "Quoted" | "Link" | "Image" | "Cite":
                item["c"][1] = self.inlines(item["c"][1])
            case "Span":
                attributes, children = item["c"]
                item["c"][1] = styled(dict(attributes[2]), self.inlines(children))
                attributes[2] = [pair for pair in attributes[2] if pair[0] != "style" or shows(dict(attributes[2]))]
            case "Note":
                item["c"] = self.blocks(item["c"])
        return item

    def _inside(self, item: Json) -> list[Json]:
        """Read the HTML inside a block that is Markdown."""
        content = item.get("c")
        match item["t"]:
            case "Para" | "Plain":
                return self._paragraph(item)
            case "LineBlock":
                item["c"] = [self.inlines(line) for line in content]
            case "BlockQuote":
                item["c"] = self.blocks(content)
            case "BulletList":
                item["c"] = [self.blocks(one) for one in content]
            case "OrderedList":
                content[1] = [self.blocks(one) for one in content[1]]
            case "DefinitionList":
                item["c"] = [[self.inlines(term), [self.blocks(one) for one in bodies]] for term, bodies in content]
            case "Header":
                content[2] = self.inlines(content[2])
            case "Table":
                self._table(content)
            case "Figure":
                content[1][1], content[2] = self.blocks(content[1][1]), self.blocks(content[2])
            case "Div":
                content[1] = self.blocks(content[1])
                values = dict(content[0][2])
                side = alignment(Element(Tag("div", "", values)))
                content[0][2] = [
                    pair for pair in content[0][2] if pair[0] != "align" and (pair[0] != "style" or shows(values))
                ]
                content[0][2] += [["align", side]] if side in ("center", "right") else []
        return [item]

    def _paragraph(self, item: Json) -> list[Json]:
        """Return a paragraph without its HTML; one that breaks its line twice in a row is two."""
        if item["c"] and all(_is_comment(one) or one["t"] in _SPACES for one in item["c"]):
            return []
        parts = _parted_by_breaks(item["c"])
        found = [{"t": item["t"] if len(parts) == 1 else "Para", "c": self.inlines(part)} for part in parts]
        return [one for one in found if one["c"]]

    def _table(self, content: Json) -> None:
        content[1][1] = self.blocks(content[1][1])
        rows = [*content[3][1], *(row for body in content[4] for part in body[2:] for row in part), *content[5][1]]
        for _, cells in rows:
            for cell in cells:
                cell[4] = self.blocks(cell[4])


def _is_comment(item: Json) -> bool:
    return is_raw(item) and bool(_COMMENT.fullmatch(item["c"][1]))


def _parted_by_breaks(inlines: list[Json]) -> list[list[Json]]:
    """Part a line where two `<br>` follow each other."""
    parts: list[list[Json]] = [[]]
    position = 0
    while position < len(inlines):
        after = position
        breaks = 0
        while after < len(inlines) and (inlines[after]["t"] in _SPACES or _is_break(inlines[after])):
            breaks += _is_break(inlines[after])
            after += 1
        if breaks > 1:
            parts.append([])
            position = after
            continue
        parts[-1].append(inlines[position])
        position += 1
    return [part for part in parts if part]


def _is_break(item: Json) -> bool:
    return bool(item["t"] == "RawInline" and re.fullmatch(r"</?br\b[^>]*>", item["c"][1], re.IGNORECASE))
