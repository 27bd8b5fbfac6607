"""Write figures: pictures from files, drawings from data, and the captions of everything that has one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from octavo.latex.context import Caption, Context, NoteText, Picture
from octavo.latex.escape import Tex
from octavo.latex.inlines import InlineWriter
from octavo.latex.picture import description
from octavo.latex.tables import TableWriter
from octavo.latex.tree import Element
from octavo.manuscript import nodes as n
from octavo.manuscript.divs import COLUMNS
from octavo.nearest import nearest


class FigureWriter:
    """Write figures and captions."""

    def __init__(
        self,
        context: Context,
        inlines: InlineWriter,
        tables: TableWriter,
        blocks: Callable[[Sequence[n.Block], Element], Tex],
    ) -> None:
        self._context = context
        self._inlines = inlines
        self._tables = tables
        self._blocks = blocks

    def caption(
        self, kind: str, number: str, blocks: Sequence[n.Block], element: Element, tag: str = "Caption"
    ) -> Tex:
        """Write a caption with its label, such as “Figure 1.2”."""
        caption = element.add(tag)
        label = self._context.name(kind, number)
        if label:
            holder = caption.add("Lbl" if tag == "Caption" else "Span")
            label = Tex(f"\\leaf{{{self._context.leaves.on(holder)}}}") + label
        pieces = [
            self._inlines.write(block.children, caption)
            if isinstance(block, n.Paragraph)
            else self._blocks([block], caption)
            for block in blocks
        ]
        title = first_sentence(self._context.quote(blocks[:1], sources=False))
        if title:
            self._context.captions.append(Caption(kind, number, title, element))
        return self._context.macros("caption", label=label, content=Tex("\\par ").join(pieces))

    def write(self, figure: n.Figure, element: Element) -> Tex:
        """Write a figure from the manuscript: its pictures with one description, or whatever else stands in it."""
        if parts := [child for child in figure.children if isinstance(child, n.Figure)]:
            return self._write_parts(figure, parts, element)
        pictures = [node for node in n.walk(figure.children) if isinstance(node, n.Picture)]
        words = (node for node in n.walk(figure.children) if isinstance(node, n.Text | n.CodeSpan | n.CodeBlock))
        if not pictures or any(node.text.strip() for node in words if not _describes(node, pictures)):
            return self._write_group(figure, element)
        structure = element.add("Figure", identifier=figure.attributes.identifier, attributes={"Placement": "Block"})
        anchor = self._inlines.anchor(structure)
        structure.alt = self._described(pictures, n.plain_text(figure.caption).strip())
        content = Tex("\n").join(self._place(picture, structure) for picture in pictures)
        text, notes = self._float_caption(figure.number, figure.caption, structure)
        return self._float(anchor, content, text, notes)

    def _write_parts(self, figure: n.Figure, parts: Sequence[n.Figure], element: Element) -> Tex:
        """Write a figure of figures: in rows, each with its letter and caption, under one caption."""
        structure = element.add("Div", identifier=figure.attributes.identifier)
        anchor = self._inlines.anchor(structure)
        written = figure.attributes.values.get(COLUMNS, "1")
        columns = max(1, min(int(written) if written.isdecimal() else 1, len(parts)))
        shelf: list[NoteText] = []
        with self._context.within(shelf=shelf, fixed=True):
            cells = [self._write_part(part, structure, columns) for part in parts]
        rows = [cells[at : at + columns] for at in range(0, len(cells), columns)]
        text, notes = self._float_caption(figure.number, figure.caption, structure, tag="P")
        return self._float(anchor, self._context.macros("subfigures", rows=rows), text, [*shelf, *notes])

    def _write_part(self, figure: n.Figure, element: Element, columns: int) -> dict[str, object]:
        """Write one of the figures in a figure, with its letter in front of its caption."""
        structure = element.add("Figure", identifier=figure.attributes.identifier, attributes={"Placement": "Block"})
        anchor = self._inlines.anchor(structure)
        pictures = [node for node in n.walk(figure.children) if isinstance(node, n.Picture)]
        structure.alt = self._described(pictures, n.plain_text(figure.caption).strip())
        content = anchor + Tex("\n").join(self._place(picture, structure) for picture in pictures)
        caption = structure.add("Caption")
        leaf = self._context.leaves.on(caption.add("Lbl"))
        label = Tex(f"\\leaf{{{leaf}}}") + Tex(figure.number)
        pieces = [self._inlines.write(b.children, caption) for b in figure.caption if isinstance(b, n.Paragraph)]
        text = self._context.macros("caption", label=label, content=Tex("\\par ").join(pieces))
        return {"share": f"{1 / columns:.4f}", "content": content, "caption": text}

    def _described(self, pictures: Sequence[n.Picture], caption: str) -> str:
        """Return what is said of pictures; one of which nothing is said beyond the caption is reported."""
        alts = [description(picture) for picture in pictures]
        for picture, alt in zip(pictures, alts, strict=True):
            if not alt or alt == caption:
                self._context.report("OCT303", picture, picture.target, target=picture.target)
        return " ".join(alt for alt in alts if alt)

    def _write_group(self, figure: n.Figure, element: Element) -> Tex:
        """Write a figure that is more than pictures: each part stays what it is, under one caption."""
        structure = element.add("Div", identifier=figure.attributes.identifier)
        anchor = self._inlines.anchor(structure)
        shelf: list[NoteText] = []
        with self._context.within(shelf=shelf, fixed=True):
            content = self._blocks(figure.children, structure)
        text, notes = self._float_caption(figure.number, figure.caption, structure, tag="P")
        return self._float(anchor, content, text, [*shelf, *notes])

    def _place(self, picture: n.Picture, structure: Element) -> Tex:
        ready = self._context.image(picture)
        if ready is None:
            return self._inlines.missing_picture(picture, structure)
        width, height = (self._inlines.measure(picture, name) for name in ("width", "height"))
        return self._picture(ready, structure, width, height)

    def _picture(self, picture: Picture, structure: Element, width: str = "", height: str = "") -> Tex:
        leaf = self._context.leaves.on(structure)
        return self._context.macros(
            "picture", file=picture.file, page=picture.page, width=Tex(width), height=Tex(height), leaf=leaf
        )

    def write_drawing(self, block: n.Div, element: Element) -> Tex:
        """Write a figure that is drawn: `{.figure data="figures/x.yaml"}` or `kind=layer-stack`, caption inside."""
        values = block.attributes.values
        wanted = values.get("data") or values.get("kind", "")
        picture = self._context.pictures.drawing(wanted, lambda: self._context.part.span(block))
        if picture is None:
            return Tex("")
        if wanted in self._context.data:
            self._context.placed.add(wanted)
        alt = values.get("alt", picture.alt)
        structure = element.add(
            "Figure", identifier=block.attributes.identifier, alt=alt, attributes={"Placement": "Block"}
        )
        anchor = self._inlines.anchor(structure)
        content = self._picture(picture, structure)
        text, notes = self._float_caption(values.get("number", ""), block.children, structure)
        return self._float(anchor, content, text, notes)

    def write_data_table(self, block: n.Div, element: Element) -> Tex:
        """Write a table that is made from data: `::: {.table kind=layers}` or `::: {.table data="figures/x.yaml"}`."""
        values = block.attributes.values
        data = self._context.data.get(values.get("data", ""))
        if data is not None:
            self._context.placed.add(values["data"])
            texts = [[row[at] for row in data.rows] for at in range(len(data.header))]
            columns = [n.Column("right" if _are_numbers(cells) else "left", 0.0) for cells in texts]
            table = _table(columns, [head[:1].upper() + head[1:] for head in data.header], data.rows)
            note = [n.Paragraph([n.Text(data.note)])] if data.note else []
            caption: list[n.Block] = [*block.children, *note]
        elif values.get("kind") == "layers" and self._context.layers:
            table, caption = self._layers_table(), block.children
        else:
            wanted = values.get("data") or values.get("kind") or "(none)"
            self._context.report("OCT305", block, kind=wanted, nearest=nearest(wanted, self._context.data))
            return Tex("")
        summary = values.get("summary") or (data.summary if data else "")
        attributes = replace(block.attributes, values=values | {"summary": summary})
        table.attributes, table.caption, table.number = attributes, caption, values.get("number", "")
        return self.write_table(table, element)

    def _layers_table(self) -> n.Table:
        """Return the stack as a table: each piece with its level and question."""
        labels = self._context.labels.targets.values()
        titles = {label.part: label.title for label in labels if label.kind == "chapter"}
        rows = [(titles.get(path, path), level, question) for path, level, question in self._context.layers]
        head = [self._context.words(word) for word in ("piece", "level", "question")]
        return _table([n.Column("left", share) for share in (0.28, 0.25, 0.47)], head, rows)

    def write_table(self, table: n.Table, element: Element) -> Tex:
        """Write a table with its caption above it, or without one."""
        if not table.caption:
            return self._tables.write(table, element)
        return self._tables.write(
            table, element, lambda structure: self.caption("table", table.number, table.caption, structure)
        )

    def listing_caption(self, number: str, caption: list[n.Inline], element: Element) -> Tex:
        """Write the caption of a listing, which stands above it as a paragraph."""
        return self.caption("listing", number, [n.Paragraph(caption)], element, tag="P")

    def _float_caption(
        self, number: str, caption: Sequence[n.Block], structure: Element, tag: str = "Caption"
    ) -> tuple[Tex, list[NoteText]]:
        shelf: list[NoteText] = []
        with self._context.within(shelf=shelf, fixed=True):
            text = self.caption("figure", number, caption, structure, tag) if caption else Tex("")
        return text, shelf

    def _float(self, anchor: Tex, content: Tex, caption: Tex, notes: list[NoteText]) -> Tex:
        """Write a float whose notes stand below it; where nothing floats it stays in its place."""
        return self._context.macros(
            "float",
            content=content,
            caption=caption,
            anchor=anchor,
            notes=self._context.print_notes(notes, below=True),
            fixed=self._context.around.fixed,
        )


def first_sentence(caption: list[n.Inline]) -> list[n.Inline]:
    """Return a caption's first sentence without its stop; it names the figure, and the rest explains it."""
    sentence: list[n.Inline] = []
    for inline in caption:
        if isinstance(inline, n.Text):
            head, stop, _ = inline.text.partition(". ")
            sentence.append(n.Text(head))
            if stop:
                return sentence
        else:
            sentence.append(inline)
    if sentence and isinstance(sentence[-1], n.Text):
        sentence[-1] = n.Text(sentence[-1].text.rstrip(". "))
    return sentence


def _describes(node: n.Node, pictures: Sequence[n.Picture]) -> bool:
    """Tell whether a text is the description of one of these pictures, which is not printed."""
    return any(node is inner for picture in pictures for inner in n.walk(picture.children))


def _are_numbers(texts: Sequence[str]) -> bool:
    """Tell whether a column holds numbers alone, which are ranged right."""
    return all(re.fullmatch(r"[<>≈]?\s?−?[\d.,]+\s?%?", text) for text in texts)


def _table(columns: list[n.Column], head: Sequence[str], rows: Iterable[Sequence[str]]) -> n.Table:
    """Return a table of plain texts, each row headed by its first cell."""

    def cells(texts: Sequence[str]) -> list[n.Cell]:
        return [n.Cell([n.Paragraph([n.Text(text)], plain=True)], "", 1, 1, n.Attributes()) for text in texts]

    return n.Table([], columns, [cells(head)], [cells(row) for row in rows], [], 1, n.Attributes())
