"""Write the contents of a line: text, styles, links, notes, maths, marks for glossary and index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from octavo.latex import maths
from octavo.latex.calls import with_calls
from octavo.latex.code import expanded, literal
from octavo.latex.context import Context, IndexMark, NoteText
from octavo.latex.escape import Tex, escape, escape_breakable
from octavo.latex.picture import description, is_decoration, measure
from octavo.latex.tree import Element
from octavo.manuscript import nodes as n
from octavo.manuscript.addresses import is_refused, is_whole
from octavo.manuscript.convert import is_reference
from octavo.manuscript.dialect_report import NOT_RUN
from octavo.manuscript.numbering import Target, reference_text
from octavo.manuscript.punctuation import typographic
from octavo.manuscript.scripts import rightward_script
from octavo.manuscript.words import around_number
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
    "mark": ("Span", {}),
    "small": ("Span", {}),
    "kbd": ("Code", {}),
    "theoremhead": ("Span", {}),
    "theoremname": ("Strong", {}),
    "proofname": ("Em", {}),
    "proofend": ("Span", {}),
}


class InlineWriter:
    """Write inlines; every run of text becomes one leaf of the element that holds it."""

    def __init__(self, context: Context, blocks: Callable[[Sequence[n.Block], Element], Tex]) -> None:
        self._context = context
        self._blocks = blocks

    def write(self, inlines: Sequence[n.Inline], element: Element) -> Tex:
        """Return the LaTeX of these inlines and add what they are to the element."""
        pieces: list[Tex] = []
        for inline, is_between in with_calls(inlines):
            pieces.append(self._parted_calls(element) if is_between else self._inline(inline, element))
        return Tex("").join(pieces)

    def _parted_calls(self, element: Element) -> Tex:
        """Return what parts the calls of two notes side by side, so that 1 and 2 are not 12."""
        return self._context.macros("styled", style="superscript", content=self._leaf(element, escape(", ")))

    def _inline(self, inline: n.Inline, element: Element) -> Tex:
        before = len(element.kids)
        tex = self._written(inline, element)
        element.written_for(inline, before)
        return tex

    def _written(self, inline: n.Inline, element: Element) -> Tex:
        match inline:
            case n.Text():
                return self._leaf(element, escape(inline.text, self._context.around.rightward))
            case n.LineBreak():
                return self._context.macros("line_break")
            case n.Styled():
                return self._styled(inline, element)
            case n.CodeSpan():
                return self._context.macros("code_span", content=self._leaf(element.add("Code"), self._code(inline)))
            case n.Math():
                return self._math(inline, element)
            case n.Raw():
                return self._raw(inline, element)
            case n.Link():
                return self._link(inline, element)
            case n.Picture():
                return self._picture(inline, element)
            case n.Note():
                return self._note(inline, element)
            case n.InlineSpan():
                return self._span(inline, element)
            case n.Citation():
                return self._citation(inline, element)
            case n.Reference():
                return self._reference(inline, element)
        raise TypeError(f"no writer for {type(inline).__name__}")

    def bare(self, inlines: Sequence[n.Inline]) -> Tex:
        """Return the LaTeX of these inlines without leaves, links and notes: for the heads of pages."""
        pieces: list[Tex] = []
        for inline in inlines:
            match inline:
                case n.Text():
                    pieces.append(escape(inline.text))
                case n.CodeSpan():
                    pieces.append(self._context.macros("code_span", content=self._code(inline)))
                case n.Math():
                    if inline.press:
                        pieces.append(self._context.macros("bare_math", tex=Tex(inline.press)))
                    else:
                        pieces.append(self._context.macros("code_span", content=maths.framed(inline)))
                case n.Styled() if STYLES[inline.style][0] != "Span" or inline.style.endswith("script"):
                    content = self.bare(inline.children)
                    pieces.append(self._context.macros("styled", style=inline.style, content=content))
                case n.Reference():
                    pieces.append(escape(self._context.print_reference(inline)))
                case n.LineBreak():
                    pieces.append(Tex(" "))
                case n.Styled() | n.Link() | n.InlineSpan() | n.Citation():
                    pieces.append(self.bare(inline.children))
        return Tex("").join(pieces)

    def _leaf(self, element: Element, content: Tex) -> Tex:
        return Tex(f"\\leaf{{{self._context.leaves.on(element)}}}") + content

    def _code(self, inline: n.CodeSpan) -> Tex:
        return literal(expanded(inline.text, self._context.tab))

    def _styled(self, inline: n.Styled, element: Element) -> Tex:
        tag, attributes = STYLES[inline.style]
        styled = element.add(tag, attributes=dict(attributes))
        return self._context.macros("styled", style=inline.style, content=self.write(inline.children, styled))

    def _math(self, inline: n.Math, element: Element) -> Tex:
        if not inline.press:
            return self._unset(inline, element)
        formula = element.add("Formula", mathml=inline.mathml, identifier=inline.identifier)
        around = next((one.language for one in element.ancestors() if one.language), self._context.language)
        formula.alt, formula.language = maths.alternative(inline, around, self._context.language)
        leaf = self._context.leaves.on(formula)
        number = self._printed_number(inline)
        number_leaf = self._context.leaves.on(element.add("Span")) if number else 0
        return maths.written(inline, self._context.macros, leaf, number, number_leaf, self.anchor(formula))

    def _printed_number(self, formula: n.Math) -> Tex | str:
        r"""Return what stands beside a displayed formula: its `\tag`, or its number in brackets."""
        return Tex(formula.tag) if formula.tag else f"({formula.number})" if formula.number else ""

    def _unset(self, inline: n.Math, element: Element) -> Tex:
        """Write the source of a formula that cannot be set, in a frame."""
        code = element.add("Code", identifier=inline.identifier)
        content = self._leaf(code, maths.framed(inline))
        number = self._printed_number(inline)
        if number:
            number = self._leaf(element.add("Span"), escape(number) if not isinstance(number, Tex) else number)
        return self._context.macros(
            "unset_formula",
            content=content,
            length=len(inline.tex),
            display=inline.display,
            number=number,
            anchor=self.anchor(code),
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
        if inline.format != "html":  # octavo.manuscript.html_report speaks of that
            code = "OCT210" if inline.format in ("tex", "latex") else "OCT242"
            self._context.report(code, inline, inline.text, text=inline.text, format=inline.format)
            if code == "OCT210":
                content = self._leaf(element.add("Code"), literal(inline.text.rstrip("\n")))
                return self._context.macros("code_span", content=content)
        return Tex("")

    def _link(self, inline: n.Link, element: Element) -> Tex:
        found: Target | None = None
        if is_refused(inline.target):
            self._context.report("OCT280", inline, inline.target, target=inline.target)
            return self._link_text(inline, None, element)
        if not is_whole(inline.target) and not inline.target.startswith("#ref-"):
            found = self._context.labels.linked(self._context.part.path, inline.target)
            if found is None:
                self._dead(inline)
                return self._link_text(inline, None, element)
        target = f"#{found.identifier}" if found else inline.target
        if self._context.around.linked:
            return self.write(inline.children, element)
        link = element.add("Link", target=target, annotation=self._context.leaves.next())
        if found is not None and "page" in inline.attributes.classes:
            return self._page_reference(inline, found.identifier, link)
        with self._context.within(linked=True):
            content = self._link_text(inline, found, link)
        return self._context.macros("link", annotation=link.annotation, content=content)

    def _dead(self, inline: n.Link) -> None:
        """Report a link to nothing in the book; a file that many links lead to is named once."""
        file, _, label = inline.target.partition("#")
        if file in self._context.missing:
            return
        if file:
            self._context.missing.add(file)
        guess = "" if file else nearest(label, self._context.labels.targets)
        self._context.report("OCT204", inline, inline.target, target=inline.target, nearest=guess)

    def _link_text(self, inline: n.Link, found: Target | None, link: Element) -> Tex:
        """Write the text of a link; an address may break anywhere, and a link without text names its target."""
        text = n.plain_text(inline.children)
        if not inline.children:
            bare = "number" in inline.attributes.classes
            named = n.Reference((found.identifier,), bare, capital=True) if found else None
            text = self._context.print_reference(named) if named else inline.target
            if found:
                return self.write(self._named(text, found), link)
        if text in (inline.target, inline.target.removeprefix("mailto:")):
            return self._context.macros("address", content=self._leaf(link, escape_breakable(text)))
        return self.write(inline.children, link)

    def _page_reference(self, inline: n.Link, label: str, link: Element) -> Tex:
        """Write `[](#sec:drift){.page}`: the page of a place, which the engine prints from its table of folios."""
        self._context.page_references.setdefault(label, inline)
        number = self._context.labels.order()[label]
        before, after = map(escape, around_number(self._context.words, "page"))
        content = self._leaf(link, Tex("")) + self._context.macros("page_of", word=before, number=number) + after
        return self._context.macros("link", annotation=link.annotation, content=content)

    def _internal(self, children: list[n.Inline], target: str, element: Element) -> Tex:
        if self._context.around.linked:
            return self.write(children, element)
        link = element.add("Link", target=f"#{target}", annotation=self._context.leaves.next())
        return self._context.macros("link", annotation=link.annotation, content=self.write(children, link))

    def _named(self, text: str, target: Target) -> list[n.Inline]:
        """Return what names a target: a text, or its title with the formulas in it set."""
        if target.number or not any(isinstance(node, n.Math) for node in n.walk(target.heading)):
            return [n.Text(text)]
        opening, closing = text[:1], text[-1:]
        return [n.Text(opening), *self._context.quote(target.heading), n.Text(closing)]

    def _picture(self, inline: n.Picture, element: Element) -> Tex:
        picture = self._context.image(inline)
        if picture is None:
            return self.missing_picture(inline, element.add("Figure", attributes={"Placement": "Inline"}))
        width, height = (self.measure(inline, name) for name in ("width", "height"))
        facts = {"file": picture.file, "page": picture.page, "width": width, "height": height}
        alt = description(inline)
        if is_decoration(inline):
            return self._context.macros("picture", **facts, leaf=0)
        if not alt:
            self._context.report("OCT303", inline, inline.target, target=inline.target)
        figure = element.add("Figure", alt=alt or inline.target, attributes={"Placement": "Inline"})
        return self._context.macros("picture", **facts, leaf=self._context.leaves.on(figure))

    def missing_picture(self, picture: n.Picture, figure: Element) -> Tex:
        """Write in a frame what is said of a picture that is not there, and its name."""
        figure.alt = figure.alt or description(picture) or picture.target
        words = f"{description(picture)} " if description(picture) else ""
        return self._context.macros(
            "missing_picture", words=words, name=escape_breakable(picture.target), leaf=self._context.leaves.on(figure)
        )

    def measure(self, picture: n.Picture, name: str) -> Tex:
        """Return the TeX length of a picture's `width` or `height`; one that is no length is reported."""
        written = picture.attributes.values.get(name, "")
        length = measure(written)
        if written and not length:
            self._context.report("OCT307", picture, written, key=name, found=written)
        return Tex(length)

    def _note(self, inline: n.Note, element: Element) -> Tex:
        context = self._context
        around = context.around
        if known := context.notes.get((context.part.path, inline.name)):
            return self._further_call(inline, known, element)
        identifier = f"{context.part.path}#note-{context.leaves.next()}"
        mark = element.add("Link", target=f"#{identifier}", annotation=context.leaves.next())
        home = around.note_home or element
        note = home.add("FENote", identifier=identifier, attributes={"NoteType": "Footnote"})
        mark.related, note.related = note, mark
        if inline.name:
            context.notes[context.part.path, inline.name] = note
        mark_leaf = context.leaves.on(mark)
        label_leaf = context.leaves.on(note.add("Lbl"))
        inner: list[NoteText] = []
        with context.within(shelf=inner, note_home=home, fixed=True):
            content = self.anchor(note) + self._blocks(inline.children, note)
        texts = [NoteText(inline.number, label_leaf, content), *inner]
        marked = {"number": inline.number, "leaf": mark_leaf, "annotation": mark.annotation}
        if around.shelf is None:
            return context.macros("note", **marked, text=context.print_notes(texts))
        around.shelf.extend(texts)
        return context.macros("note_mark", **marked)

    def _further_call(self, inline: n.Note, note: Element, element: Element) -> Tex:
        """Write the number of a note that stands elsewhere already."""
        mark = element.add("Link", target=f"#{note.identifier}", annotation=self._context.leaves.next())
        mark.related = note
        note.further.append(mark)
        leaf = self._context.leaves.on(mark)
        return self._context.macros("note_mark", number=inline.number, leaf=leaf, annotation=mark.annotation)

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
        with self.reading(language):
            content += self._class_style(inline, target)
        if target.annotation and "term" in classes and target.tag == "Link":
            content = self._context.macros("link", annotation=target.annotation, content=content)
            content = self._context.macros("term", content=content)
        if "index" in classes:
            content += self._index(inline, before, target)
        return self.in_language(language, content, "foreign") if language else content

    @contextmanager
    def reading(self, language: str) -> Iterator[None]:
        """Write what follows in the direction of that language, if one is given."""
        with self._context.within(rightward=rightward_script(language) if language else None):
            yield

    def in_language(self, language: str, content: Tex, macro: str) -> Tex:
        """Return a `foreign` span or a `passage` in that language, turned where its direction is another."""
        script = rightward_script(language)
        if script != self._context.around.rightward:
            direction = "rightward" if script else "leftward"
            names = {"foreign": direction, "passage": f"{direction}_passage"}
            content = self._context.macros(names[macro], content=content)
        return self._context.macros(macro, language=language, content=content)

    def _class_style(self, inline: n.InlineSpan, target: Element) -> Tex:
        """Set a span whose class is a style: `[text]{.smallcaps}`, `{.underline}`, `{.mark}`, `{.kbd}`."""
        for style in ("smallcaps", "underline", "mark", "small", "kbd"):
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
        text, language = n.plain_text(inline.children, formula=maths.plain), self._context.language
        if not (path := self._context.index_path(inline, text)):
            return Tex("")
        has_formula = "entry" not in values and any(isinstance(node, n.Math) for node in n.walk(inline.children))
        title = tuple(self._context.quote(inline.children)) if has_formula else ()
        if "see" in values or "seealso" in values:
            see, also = (typographic(values.get(name, ""), language) for name in ("see", "seealso"))
            self._context.index.append(IndexMark(path, see=see, also=also))
        if "see" in values:
            return Tex("")
        if self._context.leaves.last > before and inline.children:
            self._context.index.append(IndexMark(path, before + 1, element, title=title))
            return Tex("")
        number = self._context.leaves.next()
        self._context.index.append(IndexMark(path, number, element, title=title))
        return self._context.macros("inline_anchor", number=number)

    def _citation(self, inline: n.Citation, element: Element) -> Tex:
        number = self._context.leaves.next()
        self._context.cited.extend((key, number, element) for key in inline.keys)
        return self._context.macros("inline_anchor", number=number) + self.write(inline.children, element)

    def _reference(self, inline: n.Reference, element: Element) -> Tex:
        pieces: list[Tex] = []
        for text, target in reference_text(inline, self._context.labels, self._context.words):
            if target is None and text in inline.targets:
                if not is_reference(text) and len(inline.targets) > 1:
                    self._context.report("OCT212", inline, text, key=text, label=inline.targets[0])
                    continue
                near = nearest(text, self._context.labels.targets)
                if self._context.ledger.has(NOT_RUN):
                    self._context.report("OCT271", inline, text, kind="label", name=text, nearest=near)
                    pieces.append(self.write([n.Styled("strong", [n.Text(f"{text}?")])], element))
                    continue
                self._context.report("OCT202", inline, text, label=text, nearest=near)
            if target is None:
                pieces.append(self._leaf(element, escape(text)))
            else:
                pieces.append(self._internal(self._named(text, target), target.identifier, element))
        return Tex("").join(pieces)
