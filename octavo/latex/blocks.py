"""Write paragraphs, headings, quotes, lists, code and the divs that have a form of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from octavo.latex.code import highlight
from octavo.latex.context import Context, Printed
from octavo.latex.escape import Tex, escape
from octavo.latex.figures import FigureWriter
from octavo.latex.inlines import InlineWriter
from octavo.latex.tables import TableWriter
from octavo.latex.tree import Element
from octavo.manuscript import nodes as n

#: Divs with a label and a form of their own, and the structure type of each.
FORMS = {
    "note": "Aside",
    "tip": "Aside",
    "warning": "Aside",
    "abstract": "Div",
    "summary": "Div",
    "questions": "Div",
}


class BlockWriter:
    """Write blocks one after the other, adding to the logical tree as they go."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._inlines = InlineWriter(context, self.write)
        self._tables = TableWriter(context, self._inlines, self.write)
        self._figures = FigureWriter(context, self._inlines, self._tables, self.write)
        self._depth = 0

    def write(self, blocks: Sequence[n.Block], element: Element) -> Tex:
        """Return the LaTeX of these blocks and add what they are to the element."""
        return Tex("\n").join(self._block(block, element) for block in blocks)

    def write_line(self, inlines: Sequence[n.Inline], element: Element) -> Tex:
        """Write inlines alone, such as an entry of the bibliography."""
        return self._inlines.write(inlines, element)

    def write_part(self, blocks: Sequence[n.Block], parent: Element) -> Tex:
        """Write a whole part: each heading opens a section that holds what follows it."""
        pieces: list[Tex] = []
        stack: list[tuple[int, Element]] = [(0, parent)]
        for number, block in enumerate(blocks):
            pieces.append(Tex(f"% block {number}"))
            if isinstance(block, n.Heading):
                while stack[-1][0] >= block.level:
                    stack.pop()
                stack.append((block.level, stack[-1][1].add("Sect")))
            pieces.append(self._block(block, stack[-1][1]))
        return Tex("\n").join(pieces)

    def _block(self, block: n.Block, element: Element) -> Tex:
        match block:
            case n.Paragraph():
                return self._paragraph(block, element)
            case n.Heading():
                return self._heading(block, element)
            case n.BlockQuote():
                content = self.write(block.children, element.add("BlockQuote"))
                return self._context.macros("quote", content=content)
            case n.List():
                return self._list(block, element)
            case n.DefinitionList():
                return self._definitions(block, element)
            case n.LineBlock():
                return self._lines(block, element)
            case n.CodeBlock():
                return self._code(block, element)
            case n.Rule():
                return self._context.macros("break")
            case n.Table():
                return self._figures.write_table(block, element)
            case n.Figure():
                return self._figures.write(block, element)
            case n.Div():
                return self._div(block, element)
            case n.RawBlock():
                return self._raw(block, element)
        raise TypeError(f"no writer for {type(block).__name__}")

    def _paragraph(self, block: n.Paragraph, element: Element) -> Tex:
        if not block.children:
            return Tex("")
        paragraph = element.add("P")
        content = self._inlines.write(block.children, paragraph)
        if not paragraph.kids:
            element.kids.remove(paragraph)
        return self._context.macros("paragraph", content=content)

    def _heading(self, block: n.Heading, element: Element) -> Tex:
        heading = element.add(f"H{min(block.level, 6)}", identifier=block.attributes.identifier)
        anchor = self._inlines.anchor(heading)
        label_leaf = self._context.leaves.on(heading.add("Lbl")) if block.number else 0
        outer, self._context.notes = self._context.notes, []
        title = self._inlines.write(block.children, heading)
        notes, self._context.notes = self._context.notes, outer
        plain = n.plain_text(block.children)
        role = self._context.part.role
        self._context.headings.append(
            Printed(block.level, block.number, plain, block.children, heading.identifier, heading, role)
        )
        facts: dict[str, object] = {
            "number": block.number, "label_leaf": label_leaf, "title": title, "plain": plain, "anchor": anchor,
            "notes": Tex("").join(notes or []),
        }  # fmt: skip
        if block.level > 1:
            return self._context.macros("section", level=block.level, **facts)
        return self._context.macros("chapter", **facts, **self._opener(block, element))

    def _opener(self, block: n.Heading, element: Element) -> dict[str, object]:
        """Return what stands beside a chapter's title: its kind, and its layer where it has one."""
        role = self._context.part.role
        kind = self._context.words("appendix" if role == "appendix" else "chapter") if block.number else ""
        layers = self._context.layers
        index = next((i for i, layer in enumerate(layers) if layer[0] == self._context.part.path), None)
        facts: dict[str, object] = {"kind": kind, "role": role, "level": "", "question": "", "picture": None}
        if index is None:
            return facts | {"level_leaf": 0, "question_leaf": 0}
        picture = self._context.pictures.drawing(f"layer {index + 1}", lambda: self._context.part.span(block))
        _, level, question = layers[index]
        return facts | {
            "level": level,
            "level_leaf": self._context.leaves.on(element.add("P")),
            "question": question,
            "question_leaf": self._context.leaves.on(element.add("P")),
            "picture": picture,
        }

    def _list(self, block: n.List, element: Element) -> Tex:
        structure = element.add("L", attributes={"ListNumbering": block.numbering})
        self._depth += 1
        items = []
        for item in block.items:
            entry = structure.add("LI")
            leaf = self._context.leaves.on(entry.add("Lbl"))
            body = self.write(item.children, entry.add("LBody"))
            items.append({"leaf": leaf, "label": item.label, "body": body})
        self._depth -= 1
        widest = max((item.label for item in block.items), key=len, default="")
        return self._context.macros(
            "list", items=items, widest=widest, tight=block.tight, bullet=block.numbering == "Unordered"
        )

    def _definitions(self, block: n.DefinitionList, element: Element) -> Tex:
        structure = element.add("L", attributes={"ListNumbering": "Description"})
        items = []
        for definition in block.items:
            entry = structure.add("LI")
            term = self._inlines.write(definition.term, entry.add("Lbl"))
            bodies = entry.add("LBody")
            body = Tex("\n").join(self.write(blocks, bodies) for blocks in definition.bodies)
            items.append({"term": term, "body": body})
        return self._context.macros("definitions", items=items, tight=block.tight)

    def _lines(self, block: n.LineBlock, element: Element) -> Tex:
        paragraph = element.add("P")
        lines = [self._inlines.write(line, paragraph) for line in block.lines]
        return self._context.macros("line_block", lines=lines)

    def _code(self, block: n.CodeBlock, element: Element) -> Tex:
        language = block.attributes.classes[0] if block.attributes.classes else ""
        holder = element.add("P")
        caption = Tex("")
        if block.number:
            text = [n.Text(block.attributes.values["caption"])]
            caption = self._figures.caption("listing", block.number, [n.Paragraph(list(text))], holder)
        holder.identifier = block.attributes.identifier
        code = holder.add("Code")
        lines = []
        for line in highlight(block.text, language):
            leaf = self._context.leaves.on(code.add("Span"))
            lines.append({"leaf": leaf, "tokens": line})
        return self._context.macros("code_block", lines=lines, caption=caption, anchor=self._inlines.anchor(holder))

    def _div(self, block: n.Div, element: Element) -> Tex:
        classes = block.attributes.classes
        if "figure" in classes:
            return self._figures.write_drawing(block, element)
        if "table" in classes:
            return self._figures.write_data_table(block, element)
        form = next((name for name in classes if name in FORMS), "")
        if "epigraph" in classes:
            return self._context.macros("epigraph", content=self.write(block.children, element.add("BlockQuote")))
        holder = element.add(FORMS.get(form, "Div"), identifier=block.attributes.identifier)
        holder.language = block.attributes.values.get("lang", "")
        anchor = self._inlines.anchor(holder)
        if not form:
            return anchor + self.write(block.children, holder)
        title = block.attributes.values.get("title", self._context.words(form))
        label = Tex(f"\\leaf{{{self._context.leaves.on(holder.add('P'))}}}") + escape(title)
        content = self.write(block.children, holder)
        return self._context.macros("form", form=form, label=label, content=anchor + content)

    def _raw(self, block: n.RawBlock, element: Element) -> Tex:
        if block.format in ("tex", "latex") and self._context.raw_latex:
            leaf = self._context.leaves.on(element.add("P"))
            return Tex(f"\\leaf{{{leaf}}}") + Tex(block.text)
        if not (block.format == "html" and block.text.lstrip().startswith("<!--")):
            code = "OCT210" if block.format in ("tex", "latex") else "OCT211"
            first = block.text.strip().splitlines()[0] if block.text.strip() else ""
            self._context.report(code, block, first, text=first, format=block.format)
        return Tex("")


#: Writes blocks under an element; handed to the writers of tables and figures, which hold blocks themselves.
WriteBlocks = Callable[[Sequence[n.Block], Element], Tex]
