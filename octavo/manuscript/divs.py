"""Say what a division is: a figure or a table with a caption of its own, a theorem, or a passage with a title."""

from __future__ import annotations

import re
from dataclasses import replace

from octavo.manuscript import nodes as n
from octavo.manuscript.dialects import TITLE, dialects

_PREFIX = re.compile(r"([a-z]{3,4})[:-]\S")
#: Says how many pictures of a figure stand side by side.
COLUMNS = "layout-ncol"


def read_div(blocks: list[n.Block], attributes: n.Attributes) -> n.Block:
    """Return a division as what it is.

    One with the label of a figure or a table is that, and its last paragraph the caption: Quarto and pandoc-crossref
    both read `::: {#fig:pair}` so.
    """
    title: list[n.Inline] = []
    if blocks and isinstance(first := blocks[0], n.Div) and TITLE in first.attributes.classes:
        title = [child for block in first.children if isinstance(block, n.Paragraph) for child in block.children]
        blocks = blocks[1:]
    kind = theorem_of(attributes)
    if kind:
        return _theorem(kind, blocks, attributes, title)
    caption = blocks[-1:]
    if title or len(blocks) < 2 or not isinstance(caption[0], n.Paragraph):
        return n.Div(blocks, attributes, title)
    label = attributes.identifier[:4].lower()
    if label in ("fig:", "fig-") and any(isinstance(node, n.Picture) for node in n.walk(blocks[:-1])):
        return _figure(blocks[:-1], caption, attributes)
    table = blocks[0]
    if label in ("tbl:", "tbl-", "tab:") and len(blocks) == 2 and isinstance(table, n.Table) and not table.caption:
        table.caption, table.attributes = caption, attributes
        return table
    return n.Div(blocks, attributes)


def theorem_of(attributes: n.Attributes) -> str:
    """Return the kind of theorem that a label or a class says, or nothing."""
    kinds = dialects().theorems
    found = _PREFIX.match(attributes.identifier)
    if found and found[1] in kinds:
        return kinds[found[1]]
    return next((name for name in attributes.classes if name in kinds.values()), "")


def _theorem(kind: str, blocks: list[n.Block], attributes: n.Attributes, title: list[n.Inline]) -> n.Div:
    """Return a theorem: its kind is its first class; a heading at its head is its title, and so is `name=`."""
    if not title and blocks and isinstance(first := blocks[0], n.Heading):
        title, blocks = first.children, blocks[1:]
    values = dict(attributes.values)
    named = values.pop("name", "") or values.pop("title", "")
    if not title and named:
        title = [n.Text(named)]
    found = _PREFIX.match(attributes.identifier)
    identifier = attributes.identifier
    if found and found[1] in dialects().theorems:
        identifier = f"{found[1]}:{identifier[found.end(1) + 1 :]}"
    classes = (kind, *(name for name in attributes.classes if name != kind))
    return n.Div(blocks, n.Attributes(identifier, classes, values), title)


def _figure(blocks: list[n.Block], caption: list[n.Block], attributes: n.Attributes) -> n.Figure:
    """Return a figure of pictures; where these have captions or labels of their own, each stays a figure in it."""
    parts: list[n.Block] = []
    for block in blocks:
        parts += _pictures(block) or [block]
    together = max((len(_pictures(block)) for block in blocks), default=1)
    if len(parts) > 1 and all(isinstance(part, n.Figure) for part in parts):
        values = attributes.values | {COLUMNS: attributes.values.get(COLUMNS) or str(together)}
        return n.Figure(parts, caption, replace(attributes, values=values))
    content: list[n.Block] = []
    for block in blocks:
        content += [*block.children, *block.caption] if isinstance(block, n.Figure) else [block]
    return n.Figure(content, caption, attributes)


def _pictures(block: n.Block) -> list[n.Block]:
    """Return the figures that a block is: one, or a line of pictures of which some have a caption or a label."""
    if isinstance(block, n.Figure):
        return [block]
    if not isinstance(block, n.Paragraph):
        return []
    pictures = [child for child in block.children if isinstance(child, n.Picture)]
    others = [child for child in block.children if not isinstance(child, n.Picture)]
    if any(not (isinstance(child, n.LineBreak) or n.plain_text([child]).strip() == "") for child in others):
        return []
    if not any(picture.children or picture.attributes.identifier for picture in pictures):
        return []
    return [_alone(picture) for picture in pictures]


def _alone(picture: n.Picture) -> n.Figure:
    """Return a picture of a line as a figure, as Pandoc reads one that stands alone."""
    place = n.Attributes(picture.attributes.identifier)
    inner = replace(picture.attributes, identifier="")
    caption: list[n.Block] = [n.Paragraph(picture.children, plain=True)] if picture.children else []
    return n.Figure([n.Paragraph([n.Picture(picture.children, picture.target, inner)], plain=True)], caption, place)
