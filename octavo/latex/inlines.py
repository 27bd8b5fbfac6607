"""Write the contents of a line: text, styles, links, notes, maths, marks for glossary and index."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from octavo.latex import maths
from octavo.latex.context import Context, IndexMark
from octavo.latex.escape import Tex, escape, escape_breakable
from octavo.latex.tree import Element
from octavo.manuscript import nodes as n
from octavo.manuscript.numbering import Target, reference_text
from octavo.nearest import nearest

#: The structure type of each style, and what tells an assistive tool how it looks (ISO 32000-2, 14.8.5.4).
STYLES: dict[str, tuple[str, dict[str, str | int]]] = {
    "emphasis": ("Em", {}),
    "strong": ("Strong", {}),
    "smallcaps": ("Span", {}),
    "superscript": ("Span", {"TextPosition": "Sup"}),
    "subscript": ("Span", {"TextPosition": "Sub"}),
    "strikeout": ("Span", {"TextDecorationType": "LineThrough"}),
    "underline": ("Span", {"TextDecorationType": "Underline"}),
}


class InlineWriter:
    """Write inlines; every run of text becomes one leaf of the element that holds it."""

    def __init__(self, context: Context, blocks: Callable[[Sequence[n.Block], Element], Tex]) -> None:
        self._context = context
        self._blocks = blocks

    def write(self, inlines: Sequence[n.Inline], element: Element) -> Tex:
        """Return the LaTeX of these inlines and add what they are to the element."""
        pieces: list[Tex] = []
        for inline in inlines:
            match inline:
                case n.Text():
                    pieces.append(self._leaf(element, escape(inline.text)))
                case n.LineBreak():
                    pieces.append(self._context.macros("line_break"))
                case n.Styled():
                    pieces.append(self._styled(inline, element))
                case n.CodeSpan():
                    code = element.add("Code")
                    pieces.append(self._context.macros("code_span", content=self._leaf(code, escape_breakable(inline.text))))
                case n.Math():
                    pieces.append(self._math(inline, element))
                case n.Raw():
                    pieces.append(self._raw(inline, element))
                case n.Link():
                    pieces.append(self._link(inline, element))
                case n.Picture():
                    pieces.append(self._picture(inline, element))
                case n.Note():
                    pieces.append(self._note(inline, element))
                case n.InlineSpan():
                    pieces.append(self._span(inline, element))
                case n.Citation():
                    pieces.append(self._citation(inline, element))
                case n.Reference():
                    pieces.append(self._reference(inline, element))
        return Tex("").join(pieces)

    def _leaf(self, element: Element, content: Tex) -> Tex:
        return Tex(f"\\leaf{{{self._context.leaves.on(element)}}}") + content

    def _styled(self, inline: n.Styled, element: Element) -> Tex:
        tag, attributes = STYLES[inline.style]
        styled = element.add(tag, attributes=dict(attributes))
        return self._context.macros("styled", style=inline.style, content=self.write(inline.children, styled))

    def _math(self, inline: n.Math, element: Element) -> Tex:
        for code, needle, facts in maths.problems(inline.tex, self._context.commands):
            self._context.report(code, inline, needle, **facts)
        formula = element.add("Formula", alt=maths.spoken(inline.tex), identifier=inline.identifier)
        leaf = self._context.leaves.on(formula)
        return self._context.macros(
            "math",
            tex=Tex(maths.without_numbers(inline.tex)),
            display=inline.display,
            outer=bool(maths.outer_environment(inline.tex)),
            number=inline.number,
            leaf=leaf,
            anchor=self.anchor(formula),
        )

    def anchor(self, element: Element) -> Tex:
        """Return a mark of the place where an element that is linked to begins, or nothing for another."""
        if not element.identifier:
            return Tex("")
        element.anchor = self._context.leaves.next()
        return self._context.macros("anchor", number=element.anchor)

    def _raw(self, inline: n.Raw, element: Element) -> Tex:
        if inline.format in ("tex", "latex") and self._context.raw_latex:
            return self._leaf(element, Tex(inline.text))
        if not (inline.format == "html" and inline.text.startswith("<!--")):
            code = "OCT210" if inline.format in ("tex", "latex") else "OCT211"
            self._context.report(code, inline, inline.text, text=inline.text, format=inline.format)
        return Tex("")

    def _link(self, inline: n.Link, element: Element) -> Tex:
        target = inline.target
        found: Target | None = None
        if target.startswith("#"):
            local = self._context.labels.find(f"{self._context.part.path}{target}")
            found = local or self._context.labels.find(target[1:])
            is_entry = target.startswith("#ref-")
            if found is None and not is_entry:
                known = self._context.labels.targets
                self._context.report(
                    "OCT204", inline, target, label=target[1:], nearest=nearest(target[1:], known)
                )
                return self.write(inline.children, element)
            target = target if is_entry or found is None else f"#{found.identifier}"
        link = element.add("Link", target=target, annotation=self._context.leaves.next())
        if found is not None and "page" in inline.attributes.classes:
            return self._page_reference(found.identifier, link)
        text = n.plain_text(inline.children)
        if text and text in (target, target.removeprefix("mailto:")):
            content = self._context.macros("address", content=self._leaf(link, escape_breakable(text)))
        else:
            content = self.write(inline.children, link)
        return self._context.macros("link", annotation=link.annotation, content=content)

    def _page_reference(self, label: str, link: Element) -> Tex:
        """Write `[](#sec:drift){.page}`: the page of a place, which the engine prints from its table of folios."""
        self._context.page_references.add(label)
        number = self._context.labels.order()[label]
        word = escape(self._context.words("page") + "\N{NO-BREAK SPACE}")
        content = self._leaf(link, Tex("")) + self._context.macros("page_of", word=word, number=number)
        return self._context.macros("link", annotation=link.annotation, content=content)

    def _internal(self, text: str, target: str, element: Element) -> Tex:
        link = element.add("Link", target=f"#{target}", annotation=self._context.leaves.next())
        return self._context.macros("link", annotation=link.annotation, content=self._leaf(link, escape(text)))

    def _picture(self, inline: n.Picture, element: Element) -> Tex:
        picture = self._context.pictures.image(
            inline.target, lambda: self._context.part.span(inline, inline.target)
        )
        if picture is None:
            return Tex("")
        alt = n.plain_text(inline.children)
        if not alt:
            self._context.report("OCT303", inline, inline.target, target=inline.target)
        figure = element.add("Figure", alt=alt or inline.target, attributes={"Placement": "Inline"})
        width = inline.attributes.values.get("width", "")
        return self._context.macros(
            "picture", file=picture.file, page=picture.page, width=Tex(measure(width)), height=Tex(""),
            leaf=self._context.leaves.on(figure),
        )  # fmt: skip

    def _note(self, inline: n.Note, element: Element) -> Tex:
        identifier = f"{self._context.part.path}#note-{self._context.leaves.next()}"
        mark = element.add("Link", target=f"#{identifier}", annotation=self._context.leaves.next())
        note = element.add("FENote", identifier=identifier, attributes={"NoteType": "Footnote"})
        mark.related, note.related = note, mark
        mark_leaf = self._context.leaves.on(mark)
        label_leaf = self._context.leaves.on(note.add("Lbl"))
        outer, self._context.notes = self._context.notes, None
        body = self._blocks(inline.children, note)
        self._context.notes = outer
        macro = "note" if outer is None else "note_mark"
        text = self._context.macros(
            "note_text", number=inline.number, leaf=label_leaf, anchor=self.anchor(note), content=body
        )
        if outer is not None:
            outer.append(text)
        return self._context.macros(
            macro, number=inline.number, leaf=mark_leaf, annotation=mark.annotation, text=text
        )

    def _span(self, inline: n.InlineSpan, element: Element) -> Tex:
        attributes = inline.attributes
        language = attributes.values.get("lang", "")
        classes = set(attributes.classes)
        target = element
        expansion = attributes.values.get("expansion", attributes.values.get("title", ""))
        if language or attributes.identifier or expansion:
            target = element.add("Span", language=language, identifier=attributes.identifier, expansion=expansion)
        if "term" in classes:
            target = self._term(inline, target)
        before = self._context.leaves.last
        content = self.anchor(target) if attributes.identifier else Tex("")
        content += self._class_style(inline, target)
        if target.annotation and "term" in classes and target.tag == "Link":
            content = self._context.macros("link", annotation=target.annotation, content=content)
            content = self._context.macros("term", content=content)
        if "index" in classes:
            content += self._index(inline, before, target)
        if language:
            content = self._context.macros("foreign", language=language, content=content)
        return content

    def _class_style(self, inline: n.InlineSpan, target: Element) -> Tex:
        """Set a span whose class is a style: `[text]{.smallcaps}`, `{.underline}`, `{.mark}`."""
        for style in ("smallcaps", "underline"):
            if style in inline.attributes.classes:
                return self._styled(n.Styled(style, inline.children), target)
        return self.write(inline.children, target)

    def _term(self, inline: n.InlineSpan, element: Element) -> Element:
        text = n.plain_text(inline.children)
        key = inline.attributes.values.get("key", text.lower().replace(" ", "-"))
        if key not in self._context.glossary:
            self._context.report("OCT207", inline, text, term=key, nearest=nearest(key, self._context.glossary))
            return element
        return element.add("Link", target=f"#term:{key}", annotation=self._context.leaves.next())

    def _index(self, inline: n.InlineSpan, before: int, element: Element) -> Tex:
        values = inline.attributes.values
        entry = tuple(part.strip() for part in values.get("entry", n.plain_text(inline.children)).split("!"))
        if "see" in values or "seealso" in values:
            self._context.index.append(IndexMark(entry, see=values.get("see", ""), also=values.get("seealso", "")))
        if "see" in values:
            return Tex("")
        if self._context.leaves.last > before and inline.children:
            self._context.index.append(IndexMark(entry, before + 1, element))
            return Tex("")
        number = self._context.leaves.next()
        self._context.index.append(IndexMark(entry, number, element))
        return self._context.macros("anchor", number=number)

    def _citation(self, inline: n.Citation, element: Element) -> Tex:
        number = self._context.leaves.next()
        self._context.cited.extend((key, number, element) for key in inline.keys)
        return self._context.macros("anchor", number=number) + self.write(inline.children, element)

    def _reference(self, inline: n.Reference, element: Element) -> Tex:
        pieces: list[Tex] = []
        for text, target in reference_text(inline, self._context.labels, self._context.words):
            if target is None and text in inline.targets:
                known = self._context.labels.targets
                self._context.report("OCT202", inline, text, label=text, nearest=nearest(text, known))
            if target is None:
                pieces.append(self._leaf(element, escape(text)))
            else:
                pieces.append(self._internal(text, target.identifier, element))
        return Tex("").join(pieces)


def measure(width: str) -> str:
    r"""Return a TeX length for a width as Pandoc writes it: `50%` of the measure, or a number with a unit."""
    if width.endswith("%"):
        return f"{float(width[:-1]) / 100:.4f}\\linewidth"
    if width.endswith("px"):
        return f"{float(width[:-2]) * 0.75:.2f}bp"
    if width and width[-2:] in ("cm", "mm", "in", "pt", "em", "ex", "bp"):
        return width
    return ""
