"""Give every part the shape of a chapter: a heading at its head, and none where a heading cannot stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from octavo.diagnostics import Ledger, Span
from octavo.manuscript import nodes as n
from octavo.manuscript.dialects import dialects
from octavo.manuscript.html_blocks import slug
from octavo.manuscript.part import Part

#: The classes of divisions that have a form of their own; a heading in one is its title.
FORMS = frozenset(
    {
        "note", "tip", "warning", "important", "caution", "abstract", "summary", "questions", "epigraph", "details",
        "figure", "table",
    }
    | set(dialects().theorems.values())
)  # fmt: skip


def settle_structure(part: Part, title: list[n.Inline], headings: int, ledger: Ledger) -> None:
    """Bring the headings of a part in order, and report what was guessed.

    `title` is that of its metadata, `headings` says how many Pandoc found anywhere.
    """
    at_top = sum(isinstance(block, n.Heading) for block in part.blocks)
    _Headings(part, ledger).settle(title, at_top < headings or "<h" in part.source.lower())


class _Headings:
    """Settle the headings of one part."""

    def __init__(self, part: Part, ledger: Ledger) -> None:
        self._part = part
        self._ledger = ledger

    def settle(self, title: list[n.Inline], nested: bool) -> None:
        """Bring the headings in order; `nested` where some may stand in other blocks."""
        blocks = self._part.blocks
        if nested:
            blocks = list(self._lifted(blocks))
            for block in blocks:
                self._flatten(block)
        self._part.blocks = self._with_chapter(blocks, title)

    def _lifted(self, blocks: Sequence[n.Block]) -> Iterator[n.Block]:
        """Yield blocks with the headings of divisions that say nothing of them beside what is left of the division."""
        for block in blocks:
            if not isinstance(block, n.Div) or FORMS & set(block.attributes.classes):
                yield block
                continue
            children = list(self._lifted(block.children))
            if not any(isinstance(child, n.Heading) for child in children):
                yield block
                continue
            yield from _split(block, children)

    def _flatten(self, outer: n.Node) -> None:
        """Make a heading that stands in something else a paragraph in bold."""
        for holder in _holders(outer):
            for position, block in enumerate(holder):
                if isinstance(block, n.Heading):
                    holder[position] = self._as_paragraph(block, outer)
                else:
                    self._flatten(block)
        for inline in (node for node in n.inner(outer) if isinstance(node, n.Inline)):
            self._flatten(inline)

    def _as_paragraph(self, heading: n.Heading, outer: n.Node) -> n.Paragraph:
        text = " ".join(n.plain_text(heading.children).split())
        if not (isinstance(outer, n.Div) and FORMS & set(outer.attributes.classes)):
            self._ledger.report("OCT244", self._part.span(heading), text=text, place=_place(outer))
        children: list[n.Inline] = [n.Styled("strong", heading.children)]
        if heading.attributes.identifier:
            children = [n.InlineSpan(children, n.Attributes(heading.attributes.identifier))]
        return n.Paragraph(children)

    def _title(self, title: list[n.Inline]) -> tuple[list[n.Inline], str]:
        """Return the title of the part from its metadata, else from the name of its file, with an identifier."""
        words = title or [n.Text(title_of_file(self._part.path))]
        return words, slug(n.plain_text(words))

    def _with_chapter(self, blocks: list[n.Block], title: list[n.Inline]) -> list[n.Block]:
        """Return blocks that begin with a chapter's heading."""
        head = next((block for block in blocks if not isinstance(block, n.RawBlock)), None)
        if isinstance(head, n.Heading) and head.level == 1:
            if not n.plain_text(head.children).strip() and not _shows(head):
                head.children, head.attributes.identifier = self._title(title)
                words = n.plain_text(head.children)
                self._report(f"its heading has no words, and “{words}” is set there", self._part.span(head, "#"))
            return blocks
        headings = [block for block in blocks if isinstance(block, n.Heading)]
        span = self._part.span(head) if head else self._part.at(0)
        chapter = next((block for block in headings if block.level == 1), None)
        if chapter is not None and headings[0] is chapter and not title:
            self._report("its first one is set above the text before it", span)
            blocks.remove(chapter)
            return [chapter, *blocks]
        least = min((block.level for block in headings), default=0)
        leads = bool(headings) and head is headings[0] and headings[0].level == least and not title
        if leads and sum(block.level == least for block in headings) == 1:
            for heading in headings:
                heading.level -= least - 1
            self._report("its first heading is taken for that of the chapter, and the others rise with it", span)
            return blocks
        children, identifier = self._title(title)
        source = "its metadata" if title else "its file"
        if not title or chapter is not None:
            self._report(f"“{n.plain_text(children)}” is taken from {source}", span)
        return [n.Heading(1, children, n.Attributes(identifier)), *blocks]

    def _report(self, guess: str, span: Span) -> None:
        self._ledger.report("OCT206", span, guess=guess)


def title_of_file(path: str) -> str:
    """Return a title for a file: its name without the numbers at its head, with spaces for hyphens and a capital."""
    stem = PurePosixPath(path).stem
    words = re.sub(r"[-_\s]+", " ", re.sub(r"^[\d\W_]+(?=\S*[^\W\d_])", "", stem)).strip() or stem
    return words[:1].upper() + words[1:]


def _shows(heading: n.Heading) -> bool:
    return any(isinstance(node, n.Picture | n.Math | n.Reference | n.Citation) for node in n.walk(heading.children))


def _split(division: n.Div, children: Sequence[n.Block]) -> Iterator[n.Block]:
    """Yield headings, and what stands between them in divisions with the same attributes."""
    held: list[n.Block] = []
    attributes = division.attributes
    for child in [*children, None]:
        if child is not None and not isinstance(child, n.Heading):
            held.append(child)
            continue
        if held:
            yield n.Div(held, attributes)
            attributes, held = replace(attributes, identifier=""), []
        if child is not None:
            if attributes.identifier:
                child.children = [n.InlineSpan([], n.Attributes(attributes.identifier)), *child.children]
                attributes = replace(attributes, identifier="")
            yield child


def _holders(node: n.Node) -> Iterator[list[n.Block]]:
    """Yield the lists of blocks directly inside a node."""
    match node:
        case n.BlockQuote() | n.Div() | n.Note():
            yield node.children
        case n.Figure():
            yield node.children
            yield node.caption
        case n.List():
            yield from (item.children for item in node.items)
        case n.DefinitionList():
            yield from (body for item in node.items for body in item.bodies)
        case n.Table():
            yield node.caption
            rows = (*node.head, *node.body, *node.foot)
            yield from (cell.children for row in rows for cell in row)


def _place(node: n.Node) -> str:
    match node:
        case n.List():
            return "an item of a list"
        case n.BlockQuote():
            return "a quotation"
        case n.Table():
            return "a table"
        case n.Note():
            return "a note"
        case n.DefinitionList():
            return "a definition"
    return "a passage"
