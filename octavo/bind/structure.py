"""Write the structure tree of a PDF from the logical tree and the marks on its pages.

ISO 32000-2, 14.7 (structure) and 14.8 (tagged PDF); ISO 14289-2 (PDF/UA-2) asks for namespaces and for structure
destinations on every link inside the book.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from octavo.latex.tree import Element
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
ANNOTATION_KEY = "/OctavoLeaf"
PRINT_FLAG = 4


@dataclass
class StructureTree:
    """Build the structure tree of one document.

    `order` lists the sheets as they are bound, counted as the engine shipped them.
    """

    pdf: Pdf
    pages: list[Object]
    map: PageMap
    order: list[int]
    objects: dict[int, Object] = field(default_factory=dict)
    by_identifier: dict[str, Element] = field(default_factory=dict)
    _marks: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    _annotations: dict[int, list[tuple[int, Object]]] = field(default_factory=dict)
    _parents: list[list[Object | None]] = field(default_factory=list)
    _annotation_parents: list[tuple[int, Object]] = field(default_factory=list)

    def write(self, root: Element) -> None:
        """Write the tree below `root` into the document."""
        self._collect()
        self._next_key = len(self.pages)
        two = Dictionary(Type=Name.Namespace, NS=String(NAMESPACE_2))
        one = Dictionary(Type=Name.Namespace, NS=String(NAMESPACE_1))
        self._two, self._one = self.pdf.make_indirect(two), self.pdf.make_indirect(one)
        self._root = self.pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        document = self._element(root, self._root)
        assert document is not None, "a document has content"
        self._root.K = Array([document])
        self._root.Namespaces = Array([self._two, self._one])
        self._relate(root)
        self._number_parents()
        self.pdf.Root.StructTreeRoot = self._root
        self.pdf.Root.MarkInfo = Dictionary(Marked=True)

    def _collect(self) -> None:
        """Gather the marks and the annotations of every bound page by the leaf that they carry."""
        self._bound = {sheet: position for position, sheet in enumerate(self.order)}
        for position, sheet in enumerate(self.order):
            leaves = self.map.sheets[sheet].leaves
            self._parents.append([None] * len(leaves))
            for mark, leaf in enumerate(leaves):
                self._marks.setdefault(leaf, []).append((position, mark))
            for annotation in self.pages[position].get("/Annots", []):
                if ANNOTATION_KEY in annotation:
                    leaf = int(annotation[ANNOTATION_KEY])
                    del annotation[ANNOTATION_KEY]
                    self._annotations.setdefault(leaf, []).append((position, annotation))

    def _element(self, element: Element, parent: Object) -> Object | None:
        """Write an element and all below it; an element without content is left out."""
        namespace = self._one if element.tag in FROM_NAMESPACE_1 else self._two
        entry = self.pdf.make_indirect(
            Dictionary(Type=Name.StructElem, S=Name("/" + element.tag), P=parent, NS=namespace)
        )
        kids = self._kids(element, entry)
        if not kids and element.tag not in MAY_BE_EMPTY:
            return None
        if kids:
            entry.K = kids[0] if len(kids) == 1 else Array(kids)
        self._describe(element, entry)
        self.objects[id(element)] = entry
        if element.identifier:
            self.by_identifier.setdefault(element.identifier, element)
        return entry

    def _kids(self, element: Element, entry: Object) -> list[Object | int]:
        kids: list[Object | int] = []
        home: int | None = None
        for kid in element.kids:
            if isinstance(kid, Element):
                child = self._element(kid, entry)
                if child is not None:
                    kids.append(child)
                continue
            for position, mark in self._marks.get(kid, ()):
                self._parents[position][mark] = entry
                if home is None:
                    home = position
                    entry.Pg = self.pages[position]
                if position == home:
                    kids.append(mark)
                else:
                    kids.append(Dictionary(Type=Name.MCR, Pg=self.pages[position], MCID=mark))
        for position, annotation in self._annotations.get(element.annotation, ()):
            annotation.StructParent = self._next_key
            annotation.F = PRINT_FLAG
            self._annotation_parents.append((self._next_key, entry))
            self._next_key += 1
            kids.append(Dictionary(Type=Name.OBJR, Obj=annotation, Pg=self.pages[position]))
        return kids

    def _describe(self, element: Element, entry: Object) -> None:
        if element.alt:
            entry.Alt = String(element.alt)
        if element.language:
            entry.Lang = String(element.language)
        if element.expansion:
            entry.E = String(element.expansion)
        owners: dict[str, dict[str, object]] = {}
        for name, value in (element.attributes | self._position(element)).items():
            owned = value if isinstance(value, int | Array) else _as_object(name, value)
            owners.setdefault(OWNERS[name], {})["/" + name] = owned
        if owners:
            dictionaries = [Dictionary({"/O": Name("/" + owner), **values}) for owner, values in owners.items()]
            entry.A = dictionaries[0] if len(dictionaries) == 1 else Array(dictionaries)

    def _position(self, element: Element) -> dict[str, Array]:
        """Return where a figure stands that is on one page (ISO 32000-2, 14.8.5.4.3)."""
        if element.tag != "Figure":
            return {}
        boxes = [self.map.boxes[leaf] for leaf in element.kids if isinstance(leaf, int) and leaf in self.map.boxes]
        if len({box.sheet for box in boxes}) != 1:
            return {}
        lefts, bottoms, rights, tops = zip(*(box.corners for box in boxes), strict=True)
        return {"BBox": Array([min(lefts), min(bottoms), max(rights), max(tops)])}

    def _relate(self, root: Element) -> None:
        """Tie each note to its reference and back (PDF/UA-2, 8.2.5.14)."""
        for element in root.walk():
            if element.related is not None and id(element) in self.objects and id(element.related) in self.objects:
                self.objects[id(element)].Ref = Array([self.objects[id(element.related)]])

    def _number_parents(self) -> None:
        """Write the parent tree: for each page its marks, for each annotation its element."""
        numbers = Array()
        for position, parents in enumerate(self._parents):
            self.pages[position].StructParents = position
            self.pages[position].Tabs = Name.S
            numbers.append(position)
            numbers.append(self.pdf.make_indirect(Array([parent for parent in parents])))
        for key, entry in self._annotation_parents:
            numbers.append(key)
            numbers.append(entry)
        self._root.ParentTree = self.pdf.make_indirect(Dictionary(Nums=numbers))
        self._root.ParentTreeNextKey = self._next_key

    def destination(self, element: Element, spot: int = 0) -> tuple[Array, Array] | None:
        """Return where a link to an element leads, on its page and in the structure; `spot` is a place in it."""
        entry = self.objects.get(id(element))
        if entry is None:
            return None
        place = self.map.anchors.get(spot or element.anchor)
        if place is not None and place.sheet in self._bound:
            page = self.pages[self._bound[place.sheet]]
            top = place.y + 14.0
            view: list[object] = [Name.XYZ, 0, top, None]
        else:
            leaves = [spot] if spot in self._marks else element.leaves()
            first = next((self._marks[leaf][0] for leaf in leaves if leaf in self._marks), None)
            if first is None:
                return None
            page, view = self.pages[first[0]], [Name.Fit]
        return Array([page, *view]), Array([entry, *view])

    def link(self, root: Element) -> None:
        """Give every link annotation its destination and a description that makes sense alone."""
        for element in root.walk():
            if element.annotation not in self._annotations:
                continue
            for _, annotation in self._annotations[element.annotation]:
                annotation.Contents = String(element.alt or _description(element.target))
                action = self._action(element)
                if action is not None:
                    annotation.A = action

    def _action(self, link: Element) -> Dictionary | None:
        if link.leads_to is None and not link.target.startswith("#"):
            return Dictionary(S=Name.URI, URI=String(link.target))
        element = link.leads_to or self.by_identifier.get(link.target[1:])
        found = self.destination(element, link.place) if element is not None else None
        if found is None:
            return None
        return Dictionary(S=Name.GoTo, D=found[0], SD=found[1])


def _as_object(name: str, value: str) -> Object:
    """Write an attribute's value: a text where readers hear it, else one of the names of its standard."""
    return String(value) if name in TEXTS else Name("/" + value)


def _description(target: str) -> str:
    return target if not target.startswith("#") else "Go to " + target[1:]
