"""Write figures: pictures from files, drawings from data, and the captions of everything that has one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from octavo.latex.context import Caption, Context, Picture
from octavo.latex.escape import Tex, escape
from octavo.latex.inlines import InlineWriter, measure
from octavo.latex.tables import TableWriter
from octavo.latex.tree import Element
from octavo.manuscript import nodes as n


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

    def caption(self, kind: str, number: str, blocks: Sequence[n.Block], element: Element) -> Tex:
        """Write a caption with its label, such as “Figure 1.2”."""
        caption = element.add("Caption")
        label = Tex("")
        if number:
            text = escape(f"{self._context.words(kind)}\N{NO-BREAK SPACE}{number}")
            label = Tex(f"\\leaf{{{self._context.leaves.on(caption.add('Lbl'))}}}") + text
        pieces = [
            self._inlines.write(block.children, caption)
            if isinstance(block, n.Paragraph)
            else self._blocks([block], caption)
            for block in blocks
        ]
        plain = n.plain_text(blocks, self._context.print_reference).strip()
        self._context.captions.append(Caption(kind, number, plain, element))
        return self._context.macros("caption", label=label, content=Tex("\\par ").join(pieces))

    def write(self, figure: n.Figure, element: Element) -> Tex:
        """Write a figure from the manuscript; pictures in it are its content, anything else stays what it is."""
        structure = element.add("Figure", identifier=figure.attributes.identifier)
        anchor = self._inlines.anchor(structure)
        pictures = [node for node in n.walk(figure.children) if isinstance(node, n.Picture)]
        caption_text = n.plain_text(list(figure.caption)).strip()
        alts: list[str] = []
        content: list[Tex] = []
        for picture in pictures:
            alt = n.plain_text(picture.children).strip()
            if not alt or alt == caption_text:
                self._context.report("OCT303", picture, picture.target, target=picture.target)
            alts.append(alt)
            content.append(self._place(picture, structure))
        structure.alt = " ".join(alt for alt in alts if alt)
        if not pictures:
            structure.tag = "Div"
            content.append(self._blocks(figure.children, structure))
        return self._float("figure", figure.number, figure.caption, structure, anchor, Tex("\n").join(content))

    def _place(self, picture: n.Picture, structure: Element) -> Tex:
        ready = self._context.pictures.image(
            picture.target, lambda: self._context.part.span(picture, picture.target)
        )
        if ready is None:
            return Tex("")
        values = picture.attributes.values
        return self._picture(ready, structure, measure(values.get("width", "")), measure(values.get("height", "")))

    def _picture(self, picture: Picture, structure: Element, width: str = "", height: str = "") -> Tex:
        return self._context.macros(
            "picture", file=picture.file, page=picture.page, width=Tex(width), height=Tex(height),
            leaf=self._context.leaves.on(structure),
        )  # fmt: skip

    def write_drawing(self, block: n.Div, element: Element) -> Tex:
        """Write a figure that is drawn from data: `::: {.figure kind=layer-stack}` with the caption inside."""
        values = block.attributes.values
        picture = self._context.pictures.drawing(values.get("kind", ""), lambda: self._context.part.span(block))
        if picture is None:
            return Tex("")
        structure = element.add("Figure", identifier=block.attributes.identifier, alt=values.get("alt", picture.alt))
        anchor = self._inlines.anchor(structure)
        content = self._picture(picture, structure)
        return self._float("figure", values.get("number", ""), block.children, structure, anchor, content)

    def write_data_table(self, block: n.Div, element: Element) -> Tex:
        """Write a table that is made from data: `::: {.table kind=layers}` with the caption inside."""
        kind = block.attributes.values.get("kind", "")
        if kind != "layers" or not self._context.layers:
            self._context.report("OCT305", block, kind=kind or "(none)")
            return Tex("")
        table = self._layers_table()
        table.attributes, table.caption = block.attributes, block.children
        table.number = block.attributes.values.get("number", "")
        return self.write_table(table, element)

    def _layers_table(self) -> n.Table:
        def cell(text: str) -> n.Cell:
            return n.Cell([n.Paragraph([n.Text(text)], plain=True)], "", 1, 1, n.Attributes())

        labels = self._context.labels.targets.values()
        titles = {label.part: label.title for label in labels if label.kind == "chapter"}
        rows = [[titles.get(path, path), level, question] for path, level, question in self._context.layers]
        head = [self._context.words(word) for word in ("piece", "level", "question")]
        columns = [n.Column("left", share) for share in (0.3, 0.27, 0.43)]
        return n.Table([], columns, [[cell(t) for t in head]], [[cell(t) for t in row] for row in rows], [], 1, n.Attributes())

    def write_table(self, table: n.Table, element: Element) -> Tex:
        """Write a table with its caption above it, or without one."""
        if not table.caption:
            return self._tables.write(table, element)
        return self._tables.write(
            table, element, lambda structure: self.caption("table", table.number, table.caption, structure)
        )

    def _float(
        self, kind: str, number: str, caption: Sequence[n.Block], structure: Element, anchor: Tex, content: Tex
    ) -> Tex:
        outer, self._context.notes = self._context.notes, []
        text = self.caption(kind, number, caption, structure) if caption else Tex("")
        notes, self._context.notes = self._context.notes, outer
        return self._context.macros(
            "float", content=content, caption=text, anchor=anchor, notes=Tex("").join(notes or [])
        )
