"""Write paragraphs, headings, quotes, lists, code and the divs that have a form of their own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

from octavo.latex import maths
from octavo.latex.code import expanded, highlight
from octavo.latex.context import Context, NoteText, Printed
from octavo.latex.escape import Tex, escape
from octavo.latex.figures import FigureWriter
from octavo.latex.inlines import InlineWriter
from octavo.latex.tables import TableWriter
from octavo.latex.tree import Element, allowed_tag
from octavo.manuscript import nodes as n
from octavo.manuscript.dialects import dialects
from octavo.manuscript.divs import theorem_of
from octavo.manuscript.listing import listing
from octavo.manuscript.punctuation import typographic
from octavo.manuscript.sources import is_place
from octavo.manuscript.words import around_number, numbered

#: Divs with a label and a form of their own, and the structure type of each.
FORMS = {
    "note": "Aside",
    "tip": "Aside",
    "warning": "Aside",
    "important": "Aside",
    "caution": "Aside",
    "abstract": "Div",
    "summary": "Div",
    "questions": "Div",
}


#: LaTeX that defines macros, a line each, and prints nothing.
_DEFINITIONS = re.compile(r"(\s*\\((re)?newcommand|providecommand|def|DeclareMathOperator)\b[^\n]*)+\s*")
#: What a proof ends with.
PROOF_END = "□"
#: A callout of so many lines goes to the next page as a whole.
LONGEST_KEPT_CALLOUT = 8
LETTERS_OF_A_LINE = 60
#: The classes that number the lines of code.
#: So many letters stand in the head of a page without touching the folio.
LONGEST_RUNNING_HEAD = 56


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

    def write_sources(
        self, entries: Mapping[str, list[n.Block]], parent: Element, cited: Callable[[str, Element], Tex]
    ) -> Tex:
        """Write the entry of each source; `cited` says behind it where it is cited."""
        items = []
        listing = parent.add("L", attributes={"ListNumbering": "None"})
        for key, blocks in entries.items():
            entry = listing.add("LI").add("LBody").add("BibEntry", identifier=f"ref-{key}")
            anchor = self._inlines.anchor(entry)
            paragraph = next((block for block in blocks if isinstance(block, n.Paragraph)), None)
            content = self.write_line(paragraph.children if paragraph else [], entry)
            items.append({"content": anchor + content, "cited": cited(key, entry)})
        return self._context.macros("sources", items=items)

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
        before = len(element.kids)
        tex = self._written(block, element)
        element.written_for(block, before)
        return tex

    def _written(self, block: n.Block, element: Element) -> Tex:
        match block:
            case n.Paragraph():
                return self._paragraph(block, element)
            case n.Heading():
                return self._heading(block, element)
            case n.BlockQuote():
                content = self.write(block.children, element.add(allowed_tag("BlockQuote", element)))
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
            case n.PageBreak():
                return self._context.macros("page_break")
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
        shelf: list[NoteText] = []
        language = block.attributes.values.get("lang", "")
        with self._context.within(shelf=shelf, note_home=element), self._inlines.reading(language):
            title = self._inlines.write(block.children, heading)
        plain = n.plain_text(self._context.quote(block.children), formula=maths.plain).strip()
        role = self._context.part.role
        layer = self._layer() if block.level == 1 else None
        question = self._context.layers[layer][2] if layer is not None else ""
        if "unlisted" not in block.attributes.classes:
            self._context.headings.append(
                Printed(block.level, block.number, plain, block.children, heading.identifier, heading, role, question)
            )
        facts: dict[str, object] = {
            "number": block.number, "label_leaf": label_leaf, "title": title, "anchor": anchor,
            "plain": self._running_head(block, plain), "notes": self._context.print_notes(shelf),
        }  # fmt: skip
        if block.level > 1:
            tex = self._context.macros("section", level=block.level, **facts)
        else:
            tex = self._context.macros("chapter", **facts | self._opener(block, element))
        return self._inlines.in_language(language, tex, "passage") if language else tex

    def _running_head(self, block: n.Heading, plain: str) -> Tex:
        """Return what the head of a page shows of a title: `short=` where the author gave it, or as much as fits."""
        short = block.attributes.values.get("short", plain)
        if len(short) > LONGEST_RUNNING_HEAD:
            return escape(short[:LONGEST_RUNNING_HEAD].rpartition(" ")[0].rstrip(",;:") + "…")
        return escape(short) if "short" in block.attributes.values else self._inlines.bare(block.children)

    def _layer(self) -> int | None:
        """Return which layer of the stack the part treats, counted from 0."""
        layers = self._context.layers
        return next((i for i, layer in enumerate(layers) if layer[0] == self._context.part.path), None)

    def _opener(self, block: n.Heading, element: Element) -> dict[str, object]:
        """Return what stands beside a chapter's title: its kind, and its layer where it has one."""
        role = self._context.part.role
        kind, behind = around_number(self._context.words, "appendix" if role == "appendix" else "chapter")
        index = self._layer()
        facts: dict[str, object] = {
            "kind": kind.strip("\N{NO-BREAK SPACE}") if block.number else "",
            "number": f"{block.number}{behind}" if block.number else "",
            "role": role,
            "layer": 0,
            "level": "",
            "question": "",
            "picture": None,
        }
        if index is None:
            return facts | {"level_leaf": 0, "question_leaf": 0}
        picture = self._context.pictures.drawing(f"layer {index + 1}", lambda: self._context.part.span(block))
        _, level, question = self._context.layers[index]
        return facts | {
            "layer": index + 1,
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
            items.append({"term": term, "bodies": [self.write(blocks, bodies) for blocks in definition.bodies]})
        return self._context.macros("definitions", items=items, tight=block.tight)

    def _lines(self, block: n.LineBlock, element: Element) -> Tex:
        paragraph = element.add("P")
        lines = [self._inlines.write(line, paragraph) for line in block.lines]
        return self._context.macros("line_block", lines=lines)

    def _code(self, block: n.CodeBlock, element: Element) -> Tex:
        facts = listing(block)
        holder = element.add("Div", identifier=block.attributes.identifier)
        anchor = self._inlines.anchor(holder)
        caption = Tex("")
        if block.number:
            caption = self._figures.listing_caption(block.number, block.caption, holder)
        title = Tex("")
        if facts.title:
            named = n.Paragraph([n.CodeSpan(facts.title, n.Attributes("", (), {}))])
            title = self._context.macros("listing_title", content=self.write([named], holder))
        code = holder.add("P").add("Code")
        text = expanded(block.text, self._context.tab)
        lines = [
            {
                "leaf": self._context.leaves.on(code.add("Span")),
                "tokens": line.tokens,
                "indent": line.indent or int(not line.tokens),  # an empty line is a space, for whoever copies it
                "number": facts.first + index if facts.first else "",
                "marked": index + 1 in facts.marked,
            }
            for index, line in enumerate(highlight(text, facts.language))
        ]
        return self._context.macros("code_block", lines=lines, caption=caption, title=title, anchor=anchor)

    def _div(self, block: n.Div, element: Element) -> Tex:
        classes = block.attributes.classes
        if is_place(block) and self._context.entries and not self._context.entries_placed:
            self._context.entries_placed = True
            return self.write_sources(self._context.entries, element, lambda key, entry: Tex(""))
        if "figure" in classes:
            return self._figures.write_drawing(block, element)
        if "table" in classes:
            return self._figures.write_data_table(block, element)
        if kind := theorem_of(block.attributes):
            return self._theorem(block, kind, element)
        form = next((name for name in classes if name in FORMS), "")
        if "details" in classes:
            return self._details(block, element)
        if "epigraph" in classes:
            quote = element.add(allowed_tag("BlockQuote", element))
            return self._context.macros("epigraph", content=self.write(block.children, quote))
        tag = allowed_tag(FORMS.get(form, "Div"), element)
        holder = element.add(tag, identifier=block.attributes.identifier)
        holder.language = block.attributes.values.get("lang", "")
        anchor = self._inlines.anchor(holder)
        if not form:
            return anchor + self._ranged(block, self._passage(block.children, holder))
        words = typographic(block.attributes.values.get("title", ""), holder.language or self._context.language)
        title = block.title or [n.Text(words or self._context.words(form))]
        label = self._inlines.write(title, holder.add("P"))
        content = self._passage(block.children, holder)
        short = _lines(block.children) <= LONGEST_KEPT_CALLOUT
        return self._context.macros("form", form=form, label=label, content=anchor + content, short=short)

    def _theorem(self, block: n.Div, kind: str, element: Element) -> Tex:
        """Write a theorem: its name runs into its first paragraph; a proof ends with its sign."""
        holder = element.add("Div", identifier=block.attributes.identifier)
        holder.language = block.attributes.values.get("lang", "")
        anchor = self._inlines.anchor(holder)
        name = numbered(self._context.words, kind, block.number).strip()
        title: list[n.Inline] = [n.Text(" ("), *block.title, n.Text(")")] if block.title else []
        shape = "proof" if kind == "proof" else "theorem"
        opening: list[n.Inline] = [n.Styled(f"{shape}name", [n.Text(name)]), *title, n.Text(". ")]
        first, rest = block.children[:1], block.children[1:]
        head = first[0].children if first and isinstance(first[0], n.Paragraph) else []
        blocks: list[n.Block] = [n.Paragraph([n.Styled("theoremhead", opening), *head])]
        blocks += rest if head else block.children
        if kind == "proof":
            sign = n.Styled("proofend", [n.Text(PROOF_END)])
            last = blocks[-1]
            if isinstance(last, n.Paragraph):
                blocks[-1] = n.Paragraph([*last.children, sign])
            else:
                blocks.append(n.Paragraph([sign]))
        upright = kind in dialects().upright
        return self._context.macros("theorem", content=anchor + self._passage(blocks, holder), upright=upright)

    def _ranged(self, block: n.Div, content: Tex) -> Tex:
        """Return a passage centered or ranged right where it says so."""
        said = {block.attributes.values.get("align", ""), *block.attributes.classes} & {"center", "right"}
        side = min(said, default="")
        return self._context.macros("ranged", side=side, content=content) if side else content

    def _details(self, block: n.Div, element: Element) -> Tex:
        """Write what a page cannot fold away: its summary as a title that stays with what follows."""
        holder = element.add("Div", identifier=block.attributes.identifier)
        holder.language = block.attributes.values.get("lang", "")
        anchor = self._inlines.anchor(holder)
        title = self.write(block.children[:1], holder)
        content = self._passage(block.children[1:], holder)
        return self._context.macros("details", title=anchor + title, content=content)

    def _passage(self, blocks: Sequence[n.Block], holder: Element) -> Tex:
        """Write the blocks of a div in its language; a last paragraph of one line stays with the one before it."""
        with self._inlines.reading(holder.language):
            match blocks:
                case [*others, n.Paragraph() as before, n.Paragraph() as last] if _lines([last]) <= 1:
                    content = self.write([*others, before], holder) + self._context.macros("together")
                    content += self.write([last], holder)
                case _:
                    content = self.write(blocks, holder)
        return self._inlines.in_language(holder.language, content, "passage") if holder.language else content

    def _raw(self, block: n.RawBlock, element: Element) -> Tex:
        if block.format in ("tex", "latex") and self._context.raw_latex:
            leaf = self._context.leaves.on(element.add("P"))
            return Tex(f"\\leaf{{{leaf}}}") + Tex(block.text)
        if block.format in ("tex", "latex") and _DEFINITIONS.fullmatch(block.text):
            return Tex("")  # Pandoc has put these macros into the formulas
        if block.format != "html":  # octavo.manuscript.html_report speaks of that
            code = "OCT210" if block.format in ("tex", "latex") else "OCT242"
            first = block.text.strip().splitlines()[0] if block.text.strip() else ""
            self._context.report(code, block, first, text=first, format=block.format)
            if code == "OCT210":
                return self.write([n.CodeBlock(block.text.strip("\n"), n.Attributes())], element)
        return Tex("")


def _lines(blocks: Sequence[n.Block]) -> float:
    """Estimate how many lines some blocks have; what is more than paragraphs and lists has no end."""
    count: float = 0
    for block in blocks:
        match block:
            case n.Paragraph():
                count += math.ceil(len(n.plain_text([block])) / LETTERS_OF_A_LINE)
            case n.List():
                count += sum(_lines(item.children) for item in block.items)
            case _:
                return math.inf
    return count


#: Writes blocks under an element; handed to the writers of tables and figures, which hold blocks themselves.
WriteBlocks = Callable[[Sequence[n.Block], Element], Tex]
