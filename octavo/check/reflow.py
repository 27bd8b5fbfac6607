"""Write a reading copy in HTML from the structure tree of a tagged PDF alone.

Nothing but the tree is asked: what a reader of the copy gets, a screen reader and a phone get from the PDF. Pictures
stay in the PDF, and their descriptions take their place. A note stands behind the block that calls it, because HTML
allows no block in a line (HTML Living Standard, 3.2.5.2).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element as Tag

from octavo.check import sanitizer
from octavo.check.listening import MATHML, Element, Leaf, ObjectNumber, mathml_of
from octavo.check.markup import CLASSES, LINES, ORDERED, PLAIN, THROUGH, append, is_phrasing, styled, trim, words
from octavo.check.relations import INLINE, NOTES, Relations, first_page
from octavo.check.speech import code_block, code_lines
from octavo.manuscript.addresses import is_refused

_HEADING: Final = re.compile(r"H(\d+)")


def reading_copy(relations: Relations) -> str:
    """Return the whole document as one HTML page."""
    return _Copy(relations).page()


@dataclass
class _Copy:
    """Build the page; `identifiers` names what is linked to, `waiting` are notes called since the last block."""

    relations: Relations
    waiting: list[Element] = field(default_factory=list)
    identifiers: dict[ObjectNumber, str] = field(default_factory=dict)
    begun: set[int] = field(default_factory=set)

    def page(self) -> str:
        """Return the page with its head."""
        pdf = self.relations.tree.pdf
        self._name_goals()
        body = Tag("body")
        for root in self.relations.tree.roots:
            self._flow(root, body)
        self._notes(body)
        trim(body)
        title, authors = _details(self.relations)
        language = str(pdf.Root.get("/Lang", "")) or "und"
        style = (Path(__file__).parent / "reading-copy.css").read_text(encoding="utf-8").strip()
        head = [f"<title>{html.escape(title)}</title>"]
        head += [f'<meta name="author" content="{html.escape(author)}">' for author in authors]
        content = ElementTree.tostring(body, encoding="unicode", method="html")
        return (
            f'<!DOCTYPE html>\n<html lang="{html.escape(language)}">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            + "\n".join(head)
            + f"\n<style>\n{style}\n</style>\n</head>\n{content}\n</html>\n"
        )

    def _name_goals(self) -> None:
        """Name every element that a link leads to, every note and every reference to one."""
        links = [element for element in self.relations.tree.elements() if element.role == "Link"]
        wanted: dict[ObjectNumber, None] = {}
        for link in links:
            goal = self.relations.goal(link)
            if goal and goal.element is not None:
                wanted[goal.element.node.objgen] = None
        notes = self.relations.called
        for element in self.relations.tree.elements():
            number = element.node.objgen
            if number in notes:
                self.identifiers[number] = f"note-{len(self.identifiers) + 1}"
                self.identifiers[notes[number].node.objgen] = f"call-{len(self.identifiers)}"
            elif number in wanted and number not in self.identifiers:
                self.identifiers[number] = f"goal-{len(self.identifiers) + 1}"

    def _flow(self, element: Element, parent: Tag) -> None:
        """Write what an element holds; behind each block come the notes that it called."""
        in_line = parent.tag in LINES
        for kid in element.kids:
            if isinstance(kid, Leaf):
                self._leaf(kid, parent)
            elif isinstance(kid, Element):
                self._element(kid, parent)
                if not in_line and parent.tag in {"body", "section", "div", "aside", "blockquote", "article"}:
                    self._notes(parent)

    def _leaf(self, leaf: Leaf, parent: Tag) -> None:
        if leaf.text and leaf.text.strip():
            self._begin_page(leaf.page, parent)
        append(parent, words(leaf.text or ""))

    def _begin_page(self, page: int, parent: Tag) -> None:
        """Mark where the first text of a page stands."""
        if page >= 0 and page not in self.begun:
            self.begun.add(page)
            name = self._page_name(page)
            ElementTree.SubElement(
                parent, "span", {"role": "doc-pagebreak", "id": name, "aria-label": name.partition("-")[2]}
            )

    def _page_name(self, page: int) -> str:
        label = self.relations.labels[page]
        return f"page-{label}" if label else f"sheet-{page + 1}"

    def _element(self, element: Element, parent: Tag) -> None:
        role = element.role
        in_line = parent.tag in LINES
        heading = _HEADING.fullmatch(role)
        if role == "Artifact" or element.namespace == MATHML:
            return
        if role in NOTES and (in_line or element.node.objgen in self.relations.called):
            self.waiting.append(element)
        elif "/ActualText" in element.node:
            append(self._open("span", element, parent), words(element.words("/ActualText")))
        elif role in THROUGH and not element.words("/Lang") and element.node.objgen not in self.identifiers:
            self._flow(element, parent)
        elif role == "Formula":
            self._formula(element, parent)
        elif role == "Figure":
            self._figure(element, parent)
        elif role == "Link" or (role in INLINE and self.relations.note(element) is not None):
            self._link(element, parent)
        elif heading and not in_line:
            level = int(heading[1])
            tag = self._open(f"h{min(level, 6)}", element, parent)
            if level > 6:
                tag.set("role", "heading")
                tag.set("aria-level", str(level))
            self._flow(element, tag)
        elif role == "L" and not in_line:
            self._list(element, parent)
        elif role == "TOC" and not in_line:
            self._contents(element, parent)
        elif role == "Table" and not in_line:
            self._table(element, parent)
        elif role == "P" and not in_line and (code := code_block(element)) is not None:
            pre = self._open("pre", element, parent)
            inner = ElementTree.SubElement(pre, "code")
            self._begin_page(first_page(element), inner)
            append(inner, "\n".join(line.rstrip() for line in code_lines(code)))
        else:
            self._plain(element, parent)

    def _plain(self, element: Element, parent: Tag) -> None:
        in_line = parent.tag in LINES
        block, line = PLAIN.get(element.role, ("div", "span"))
        name = line if in_line else block
        if not in_line and name in LINES and not is_phrasing(element):
            name = "div"
        if element.role == "Span" and name == "span":
            name = styled(element)
        tag = self._open(name, element, parent)
        self._flow(element, tag)

    def _open(self, name: str, element: Element, parent: Tag) -> Tag:
        """Begin an HTML element with what every element may say: its name, its language, its expansion."""
        tag = ElementTree.SubElement(parent, name)
        if element.node.objgen in self.identifiers:
            tag.set("id", self.identifiers[element.node.objgen])
        if element.words("/Lang"):
            tag.set("lang", element.words("/Lang"))
        if element.role in CLASSES:
            tag.set("class", CLASSES[element.role])
        if element.words("/E"):
            tag.set("title", element.words("/E"))
        return tag

    def _link(self, element: Element, parent: Tag) -> None:
        goal = self.relations.goal(element)
        note = self.relations.note(element)
        tag = self._open("span" if goal is None and note is None else "a", element, parent)
        if note is not None:
            tag.set("role", "doc-noteref")
            tag.set("href", "#" + self.identifiers[note.node.objgen])
        elif goal is not None and not is_refused(goal.address):
            tag.set("href", self._address(goal.address, goal.element, goal.page))
        if not note and element.words("/Alt"):
            tag.set("aria-label", element.words("/Alt"))
        self._flow(element, tag)

    def _address(self, address: str, element: Element | None, page: int) -> str:
        if address:
            return address
        if element is not None:
            return "#" + self.identifiers[element.node.objgen]
        return "#" + self._page_name(page)

    def _formula(self, element: Element, parent: Tag) -> None:
        source = mathml_of(element.node)
        said = element.words("/Alt") or words(element.text)
        if source:
            math = sanitizer.mathml(source)
            if math is not None:
                holder = self._open("span", element, parent)
                math.set("alttext", said)
                holder.append(math)
                return
        tag = self._open("span", element, parent)
        tag.set("role", "math")
        append(tag, said)

    def _figure(self, element: Element, parent: Tag) -> None:
        alt = " ".join(element.words("/Alt").split())
        if parent.tag in LINES:
            tag = self._open("span", element, parent)
            tag.set("role", "img")
            tag.set("aria-label", alt)
            return
        figure = self._open("figure", element, parent)
        if alt:
            described = ElementTree.SubElement(figure, "p", {"class": "description"})
            described.text = alt
        for kid in element.kids:
            if isinstance(kid, Element) and kid.role == "Caption":
                self._flow(kid, self._open("figcaption", kid, figure))
            elif isinstance(kid, Element) and not alt:
                self._element(kid, figure)
        self._notes(parent)

    def _list(self, element: Element, parent: Tag) -> None:
        kind = str(element.attributes.get("/ListNumbering", "/None"))[1:]
        name = "dl" if kind == "Description" else "ol" if kind in ORDERED else "ul"
        tag = self._open(name, element, parent)
        if name != "dl":
            tag.set("role", "list")  # without bullets of its own a list is no list to some readers
        for kid in element.kids:
            if not isinstance(kid, Element):
                continue
            if kid.role == "Caption":
                holder = ElementTree.SubElement(tag, "dd" if name == "dl" else "li", {"class": "caption"})
                self._flow(kid, holder)
            elif name == "dl":
                self._definition(kid, tag)
            else:
                self._item(kid, tag)

    def _item(self, item: Element, parent: Tag) -> None:
        tag = self._open("li", item, parent)
        if item.role != "LI":
            self._element(item, tag)
            return
        for kid in item.kids:
            if isinstance(kid, Leaf):
                self._leaf(kid, tag)
            elif isinstance(kid, Element) and kid.role == "LBody":
                body = self._open("div", kid, tag)
                self._flow(kid, body)
                self._notes(body)
            elif isinstance(kid, Element):
                self._element(kid, tag)

    def _definition(self, item: Element, parent: Tag) -> None:
        for kid in item.kids:
            if not isinstance(kid, Element):
                continue
            tag = self._open("dt" if kid.role == "Lbl" else "dd", kid, parent)
            tag.attrib.pop("class", None)
            if kid is item.kids[0] and item.node.objgen in self.identifiers:
                tag.set("id", self.identifiers[item.node.objgen])
            self._flow(kid, tag)
            if kid.role != "Lbl":
                self._notes(tag)

    def _contents(self, element: Element, parent: Tag) -> None:
        if parent.tag != "li":
            title = next((" ".join("".join(tag.itertext()).split()) for tag in parent if tag.tag == "h1"), "")
            parent = ElementTree.SubElement(
                parent, "nav", {"role": "doc-toc"} | ({"aria-label": title} if title else {})
            )
        tag = self._open("ol", element, parent)
        tag.set("role", "list")
        for kid in element.kids:
            if isinstance(kid, Element) and kid.role == "TOCI":
                self._flow(kid, self._open("li", kid, tag))
            elif isinstance(kid, Element) and kid.role == "TOC":
                self._contents(kid, ElementTree.SubElement(tag, "li"))
            elif isinstance(kid, Element):
                self._flow(kid, self._open("li", kid, tag))

    def _table(self, element: Element, parent: Tag) -> None:
        table = self._open("table", element, parent)
        kids = [kid for kid in element.kids if isinstance(kid, Element)]
        for kid in kids:
            if kid.role == "Caption":
                caption = self._open("caption", kid, table)
                caption.attrib.pop("class", None)
                self._flow(kid, caption)
        body: Tag | None = None
        for kid in kids:
            if kid.role in {"THead", "TBody", "TFoot"}:
                section = self._open(PLAIN[kid.role][0], kid, table)
                for row in kid.kids:
                    if isinstance(row, Element) and row.role == "TR":
                        self._row(row, section)
                    elif isinstance(row, Element):
                        self._element(row, Tag("td"))
            elif kid.role == "TR":
                body = ElementTree.SubElement(table, "tbody") if body is None else body
                self._row(kid, body)
            elif kid.role in NOTES:
                self.waiting.append(kid)
        self._notes(parent)

    def _row(self, row: Element, parent: Tag) -> None:
        tag = self._open("tr", row, parent)
        for cell in row.kids:
            if not isinstance(cell, Element) or cell.role not in {"TH", "TD"}:
                if isinstance(cell, Element) and cell.role in NOTES:
                    self.waiting.append(cell)
                continue
            item = self._open(cell.role.lower(), cell, tag)
            scope = str(cell.attributes.get("/Scope", ""))
            if cell.role == "TH" and scope:
                item.set("scope", {"/Column": "col", "/Row": "row"}.get(scope, "col"))
            for key, name in (("/ColSpan", "colspan"), ("/RowSpan", "rowspan")):
                if int(str(cell.attributes.get(key, 1))) > 1:
                    item.set(name, str(cell.attributes[key]))
            self._flow(cell, item)

    def _notes(self, parent: Tag) -> None:
        """Write the notes that were called since the last block; a note may call one in its turn."""
        while self.waiting:
            note = self.waiting.pop(0)
            tag = self._open("aside", note, parent)
            tag.set("class", "note")
            tag.set("role", "doc-footnote")
            later, self.waiting = self.waiting, []
            self._flow(note, tag)
            self.waiting += later
            call = self.relations.called.get(note.node.objgen)
            if call is not None:
                back = ElementTree.SubElement(tag, "a", {"role": "doc-backlink", "class": "back"})
                back.set("href", "#" + self.identifiers[call.node.objgen])
                back.set("aria-label", "Back to the text")
                back.text = "↩"


def _details(relations: Relations) -> tuple[str, list[str]]:
    """Return the title and the authors that the metadata name."""
    with relations.tree.pdf.open_metadata() as metadata:
        title = str(metadata.get("dc:title", "")) or "Untitled"
        authors = metadata.get("dc:creator", [])
    return title, [str(author) for author in (authors if isinstance(authors, Iterable) else [])]
