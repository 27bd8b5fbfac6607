"""Write the structure tree of a PDF from the logical tree and the marks on its pages.

ISO 32000-2, 14.7 (structure) and 14.8 (tagged PDF); ISO 14289-2 (PDF/UA-2) asks for namespaces and for structure
destinations on every link inside the book.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pikepdf import Object

from octavo.bind.supplement import Supplement, reference, string
from octavo.latex.tree import Element
from octavo.manuscript.addresses import encoded
from octavo.press.pages import PageMap

NAMESPACE_2 = "http://iso.org/pdf2/ssn"
NAMESPACE_1 = "http://iso.org/pdf/ssn"
#: PDF 2.0 has no types of its own for these; they belong to the namespace of PDF 1.7 (ISO 32000-2, 14.8.6).
FROM_NAMESPACE_1 = {"BlockQuote", "Code", "TOC", "TOCI", "Index", "BibEntry", "Reference", "Quote"}
#: The owner of each attribute (ISO 32000-2, table 376).
OWNERS = {
    "ListNumbering": "List",
    "Scope": "Table",
    "ColSpan": "Table",
    "RowSpan": "Table",
    "Summary": "Table",
    "NoteType": "FENote",
    "Placement": "Layout",
    "TextPosition": "Layout",
    "TextDecorationType": "Layout",
    "BBox": "Layout",
}
#: Attributes whose value is a text.
TEXTS = {"Summary"}
#: Elements that mean something even when nothing is printed in them.
MAY_BE_EMPTY = {"TD", "TH"}
#: The number that TeX has written into a link's annotation.
ANNOTATION_LEAF = re.compile(rb"\s*/OctavoLeaf\s+(\d+)")
PRINT_FLAG = 4


@dataclass
class Annotation:
    """Hold a link's annotation: the page it is on, counted as bound, its object and the entries of its dictionary."""

    position: int
    number: int
    body: str


@dataclass
class StructureTree:
    """Write the structure tree of one document as objects of a supplement.

    `order` lists the sheets as they are bound, counted as the engine shipped them; `pages` are the same pages.
    `objects` holds the number of each element that was written, by the element's identity; `formulas` the numbers of
    all formulas by their MathML.
    """

    supplement: Supplement
    pages: Sequence[Object]
    map: PageMap
    order: list[int]
    objects: dict[int, int] = field(default_factory=dict)
    formulas: dict[str, list[int]] = field(default_factory=dict)
    by_identifier: dict[str, Element] = field(default_factory=dict)
    _marks: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    _annotations: dict[int, list[Annotation]] = field(default_factory=dict)
    _parents: list[list[int]] = field(default_factory=list)
    _annotation_parents: list[int] = field(default_factory=list)
    _related: list[Element] = field(default_factory=list)
    _links: list[Element] = field(default_factory=list)

    def write(self, root: Element) -> int:
        """Write the tree below `root` and return the number of its root object."""
        self._collect()
        add = self.supplement.add
        self._two = add(f"/Type/Namespace/NS{string(NAMESPACE_2)}")
        self._one = add(f"/Type/Namespace/NS{string(NAMESPACE_1)}")
        tree = self.supplement.reserve()
        document = self._element(root, tree)
        assert document is not None, "a document has content"
        self._relate()
        parents, following = self._number_parents()
        self.supplement.bodies[tree] = (
            f"/Type/StructTreeRoot/K[{document} 0 R]/Namespaces[{self._two} 0 R {self._one} 0 R]"
            f"/ParentTree {parents} 0 R/ParentTreeNextKey {following}"
        )
        return tree

    def _collect(self) -> None:
        """Gather the marks and the annotations of every bound page by the leaf that they carry."""
        self._bound = {sheet: position for position, sheet in enumerate(self.order)}
        self._references = [reference(page.objgen) for page in self.pages]
        for position, sheet in enumerate(self.order):
            leaves = self.map.sheets[sheet].leaves
            self._parents.append([0] * len(leaves))
            for mark, leaf in enumerate(leaves):
                self._marks.setdefault(leaf, []).append((position, mark))
            for annotation in self.pages[position].get("/Annots", []):
                written = annotation.unparse(resolved=True)
                found = ANNOTATION_LEAF.search(written)
                if found:
                    entries = (written[: found.start()] + written[found.end() :]).decode("latin-1")
                    body = entries.removeprefix("<<").removesuffix(">>")
                    held = self._annotations.setdefault(int(found[1]), [])
                    held.append(Annotation(position, annotation.objgen[0], body))

    def _element(self, element: Element, parent: int) -> int | None:
        """Write an element and all below it; an element without content is left out."""
        number = self.supplement.reserve()
        kids, home = self._kids(element, number)
        if not kids and element.tag not in MAY_BE_EMPTY:
            return None
        namespace = self._one if element.tag in FROM_NAMESPACE_1 else self._two
        entries = [f"/Type/StructElem/S/{element.tag}/P {parent} 0 R/NS {namespace} 0 R"]
        if kids:
            entries.append(f"/K {kids[0]}" if len(kids) == 1 else f"/K[{' '.join(kids)}]")
        if home is not None:
            entries.append(f"/Pg {self._references[home]}")
        entries += self._facts(element)
        self.supplement.bodies[number] = "".join(entries)
        self.objects[id(element)] = number
        element.bound = True
        if element.related is not None:
            self._related.append(element)
        if element.annotation:
            self._links.append(element)
        if element.mathml:
            self.formulas.setdefault(element.mathml, []).append(number)
        if element.identifier:
            self.by_identifier.setdefault(element.identifier, element)
        return number

    def _kids(self, element: Element, number: int) -> tuple[list[str], int | None]:
        """Return what an element holds, and the page that its marks are counted on."""
        kids: list[str] = []
        home: int | None = None
        for kid in element.kids:
            if isinstance(kid, Element):
                child = self._element(kid, number)
                if child is not None:
                    kids.append(f"{child} 0 R")
                continue
            for position, mark in self._marks.get(kid, ()):
                self._parents[position][mark] = number
                if home is None:
                    home = position
                same = position == home
                kids.append(str(mark) if same else f"<</Type/MCR/Pg {self._references[position]}/MCID {mark}>>")
        for annotation in self._annotations.get(element.annotation, ()) if element.annotation else ():
            key = len(self.pages) + len(self._annotation_parents)
            annotation.body += f"/StructParent {key}/F {PRINT_FLAG}"
            self._annotation_parents.append(number)
            kids.append(f"<</Type/OBJR/Obj {annotation.number} 0 R/Pg {self._references[annotation.position]}>>")
        return kids, home

    def _facts(self, element: Element) -> list[str]:
        """Return the entries that say what an element is besides its type."""
        texts = (("Alt", element.alt), ("Lang", element.language), ("E", element.expansion))
        entries = [f"/{key}{string(text)}" for key, text in texts if text]
        owners: dict[str, str] = {}
        for name, value in element.attributes.items():
            written = string(str(value)) if name in TEXTS else f" {value}" if isinstance(value, int) else f"/{value}"
            owners[OWNERS[name]] = owners.get(OWNERS[name], "") + f"/{name}{written}"
        if element.tag == "Figure" and (box := self._box(element)):
            owners["Layout"] = owners.get("Layout", "") + f"/BBox[{box}]"
        if owners:
            entries.append(f"/A[{''.join(f'<</O/{owner}{values}>>' for owner, values in owners.items())}]")
        return entries

    def _box(self, figure: Element) -> str:
        """Return where a figure stands that is on one page (ISO 32000-2, 14.8.5.4.3)."""
        boxes = [self.map.boxes[leaf] for leaf in figure.kids if isinstance(leaf, int) and leaf in self.map.boxes]
        if len({box.sheet for box in boxes}) != 1:
            return ""
        lefts, bottoms, rights, tops = zip(*(box.corners for box in boxes), strict=True)
        return f"{min(lefts):.2f} {min(bottoms):.2f} {max(rights):.2f} {max(tops):.2f}"

    def _relate(self) -> None:
        """Tie each note to its reference and back (PDF/UA-2, 8.2.5.14)."""
        for element in self._related:
            ends = (self.objects.get(id(end)) for end in (element.related, *element.further))
            if related := " ".join(f"{number} 0 R" for number in ends if number is not None):
                self.supplement.bodies[self.objects[id(element)]] += f"/Ref[{related}]"

    def _number_parents(self) -> tuple[int, int]:
        """Write the parent tree: for each page its marks, for each annotation its element.

        Return its number and the next key that is free.
        """
        numbers: list[str] = []
        for position, parents in enumerate(self._parents):
            marks = " ".join([f"{parent} 0 R" if parent else "null" for parent in parents])
            numbers.append(f"{position} {self.supplement.add(f'[{marks}]')} 0 R")
        for key, parent in enumerate(self._annotation_parents, start=len(self.pages)):
            numbers.append(f"{key} {parent} 0 R")
        return self.supplement.add(f"/Nums[{' '.join(numbers)}]"), len(self.pages) + len(self._annotation_parents)

    def destination(self, element: Element, spot: int = 0) -> str | None:
        """Return where a link to an element leads, on its page and in the structure; `spot` is a place in it."""
        number = self.objects.get(id(element))
        if number is None:
            return None
        place = self.map.anchors.get(spot or element.anchor)
        if place is not None and place.sheet in self._bound:
            page, view = self._bound[place.sheet], f"/XYZ 0 {place.y + 14.0:.2f} null"
        else:
            leaves = [spot] if spot in self._marks else element.leaves()
            first = next((self._marks[leaf][0] for leaf in leaves if leaf in self._marks), None)
            if first is None:
                return None
            page, view = first[0], "/Fit"
        return f"/S/GoTo/D[{self._references[page]}{view}]/SD[{number} 0 R{view}]"

    def link(self) -> None:
        """Give every link annotation its destination and a description that makes sense alone."""
        for element in self._links:
            action = self._action(element)
            words = string(element.alt or _description(element.target))
            for annotation in self._annotations.get(element.annotation, ()):
                annotation.body += f"/Contents{words}" + (f"/A<<{action}>>" if action else "")
        for held in self._annotations.values():
            self.supplement.bodies.update((annotation.number, annotation.body) for annotation in held)

    def _action(self, link: Element) -> str | None:
        if link.leads_to is None and not link.target.startswith("#"):
            return f"/S/URI/URI{string(encoded(link.target))}"
        element = link.leads_to or self.by_identifier.get(link.target[1:])
        return self.destination(element, link.place) if element is not None else None


def _description(target: str) -> str:
    return target if not target.startswith("#") else "Go to " + target[1:]
