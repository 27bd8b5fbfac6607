"""Inspect the structure tree for what the reference validator lets pass.

veraPDF 1.31 accepts a PDF/UA-2 file whose formulas have no words, whose headings skip a level, or whose parent
tree names elements that no reader can reach. Each check here takes the tree that `octavo.check.listening` reads
and yields findings; their wording is the diagnostic catalogue's. Nothing is changed or written.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import pikepdf
from pikepdf import Dictionary, Name, Object

from octavo.check.listening import (
    MATHML,
    Element,
    Leaf,
    ObjectNumber,
    ObjectReference,
    StructureTree,
    read_structure,
)

_FILE_NAME: Final = re.compile(r"[^\s]+\.(pdf|png|jpe?g|svg|gif|webp|tiff?|eps)", re.I)
_CAPTION_LABEL: Final = re.compile(r"\w+ [\w.\-]+[.:]? ?")
_MAY_BE_EMPTY: Final = frozenset({"TD", "TH", "LBody"})
_EXCERPT_LENGTH: Final = 60  # characters: enough to find a place by its words


@dataclass(frozen=True)
class Finding:
    """Name one fault: the code of its diagnostic, the words it is known by, and where it is.

    `path` is the element's place in the tree, as in `Document/P[3]/Formula[1]`, or empty where no element is at
    fault; `page` counts from 1, and 0 means no page.
    """

    code: str
    text: str
    path: str
    page: int

    @property
    def place(self) -> str:
        """Write the place as a message has it."""
        parts = [f"page {self.page}"] if self.page else []
        return ", ".join(parts + ([self.path] if self.path else []))


Check: TypeAlias = Callable[[StructureTree], Iterator[Finding]]


def inspect_structure(pdf: pikepdf.Pdf) -> tuple[Finding, ...]:
    """Run every check over the document; an empty result means that nothing was found.

    The findings come check by check, and within a check in reading order or page order.
    """
    tree = read_structure(pdf)
    return tuple(finding for check in CHECKS for finding in check(tree))


def _at(code: str, element: Element, text: str) -> Finding:
    """Place a finding at an element, on the first page of its content."""
    return Finding(code, excerpt(text), element.path, min(element.pages, default=-1) + 1)


def excerpt(text: str) -> str:
    """Return the first words of a text, enough to find its place."""
    text = " ".join(text.split())
    return text if len(text) <= _EXCERPT_LENGTH else text[: _EXCERPT_LENGTH - 1] + "…"


def silent_formulas(tree: StructureTree) -> Iterator[Finding]:
    """Find formulas that have neither a description nor MathML (ISO 14289-2, 8.2.5.29)."""
    for element in tree.elements():
        described = element.words("/Alt").strip() or element.words("/ActualText").strip()
        if element.role == "Formula" and not described and not element.has_mathml:
            yield _at("OCT520", element, element.text)


def loose_links(tree: StructureTree) -> Iterator[Finding]:
    """Find link annotations that a reader of the tree never meets (ISO 14289-2, 8.2.5.20; ISO 32000-2, 14.7.5.4).

    The annotation's `/StructParent` must lead to an element, and that element must hold the annotation.
    """
    holders = {
        (kid.target.objgen, element.node.objgen)
        for element in tree.elements()
        for kid in element.kids
        if isinstance(kid, ObjectReference)
    }
    parents = _parent_tree(tree.pdf)
    for number, page in enumerate(tree.pdf.pages, start=1):
        for annotation in page.obj.get("/Annots", []):
            parent = parents.get(int(annotation.get("/StructParent", -1)))
            held = parent is not None and (annotation.objgen, parent.objgen) in holders
            if annotation.get("/Subtype") == Name.Link and not held:
                address = annotation.get("/A", Dictionary()).get("/URI", annotation.get("/Contents", ""))
                yield Finding("OCT521", excerpt(str(address)), "", number)


def skipped_levels(tree: StructureTree) -> Iterator[Finding]:
    """Find headings more than one level below the heading before them; the first must be an H1."""
    level = 0
    for element in tree.elements():
        if re.fullmatch(r"H\d+", element.role):
            previous, level = level, int(element.role[1:])
            if level > previous + 1:
                yield _at("OCT522", element, element.text)


def unscoped_headers(tree: StructureTree) -> Iterator[Finding]:
    """Find header cells that have no scope and that no cell names in its headers (ISO 32000-2, 14.8.5.7)."""
    named = {bytes(header) for element in tree.elements() for header in _strings(element.attributes.get("/Headers"))}
    for element in tree.elements():
        identifier = element.node.get("/ID")
        known = identifier is not None and bytes(identifier) in named
        if element.role == "TH" and "/Scope" not in element.attributes and not known:
            yield _at("OCT523", element, element.text)


def _strings(entry: object) -> Iterable[Object]:
    return entry if isinstance(entry, pikepdf.Array) else ()


def poor_descriptions(tree: StructureTree) -> Iterator[Finding]:
    """Find figures whose description is missing, is the name of a file, or only repeats the caption."""
    captions = _captions(tree)
    for element in tree.elements():
        if element.role != "Figure" or element.words("/ActualText").strip():
            continue
        alternative = _plain(element.words("/Alt"))
        if not alternative:
            yield _at("OCT524", element, captions[element.path])
        elif _FILE_NAME.fullmatch(alternative):
            yield _at("OCT525", element, alternative)
        elif alternative in {captions[element.path], _CAPTION_LABEL.sub("", captions[element.path], count=1)}:
            yield _at("OCT526", element, alternative)


def _captions(tree: StructureTree) -> dict[str, str]:
    """Find the caption of each figure, by path: inside it, or beside it in the same group."""
    captions: dict[str, str] = defaultdict(str)
    for element in tree.elements():
        kids = [kid for kid in element.kids if isinstance(kid, Element)]
        caption = next((_plain(kid.text) for kid in kids if kid.role == "Caption"), "")
        for figure in [element, *kids]:
            captions[figure.path] = captions[figure.path] or caption
    return captions


def _plain(text: str) -> str:
    """Reduce a text to what is compared: one spacing, one case, no full stop at the end."""
    return " ".join(text.split()).casefold().removesuffix(".")


def orphaned_marks(tree: StructureTree) -> Iterator[Finding]:
    """Find marks that the parent tree or the structure tree does not know, or that they disagree on.

    A reader that starts from the page follows the parent tree, one that starts from the document follows the
    structure tree (ISO 32000-2, 14.7.5.4); veraPDF looks at the first way only.
    """
    holders: dict[tuple[ObjectNumber, int], list[ObjectNumber]] = defaultdict(list)
    for element in tree.elements():
        for kid in element.kids:
            if isinstance(kid, Leaf):
                holders[kid.mark].append(element.node.objgen)
    parents = _parent_tree(tree.pdf)
    pages = {page.obj.objgen: number for number, page in enumerate(tree.pdf.pages, start=1)}
    for owner, marked in tree.content.items():
        key = tree.pdf.get_object(owner).get("/StructParents", -1)
        entry = parents.get(int(key), pikepdf.Array())
        unparented, disputed = [], []
        for mark in marked.marks:
            parent = entry[mark] if mark < len(entry) else None
            if parent is None:
                unparented.append(mark)
            elif holders[owner, mark] != [parent.objgen]:
                disputed.append(mark)
        for code, marks in (("OCT527", unparented), ("OCT528", disputed)):
            if marks:
                yield Finding(code, excerpt(", ".join(map(str, sorted(marks)))), "", pages.get(owner, 0))


def _parent_tree(pdf: pikepdf.Pdf) -> dict[int, Object]:
    """Read the parent tree: for each key an element, or an array of them by mark."""
    root = pdf.Root.get("/StructTreeRoot", Dictionary())
    return dict(pikepdf.NumberTree(root.ParentTree).items()) if "/ParentTree" in root else {}


def missing_content(tree: StructureTree) -> Iterator[Finding]:
    """Find elements that hold a mark which their page does not have."""
    for element in tree.elements():
        for kid in element.kids:
            if isinstance(kid, Leaf) and kid.text is None:
                yield _at("OCT529", element, str(kid.mark[1]))


def empty_elements(tree: StructureTree) -> Iterator[Finding]:
    """Find elements without kids; empty cells and list bodies are real, and so are MathML's spaces."""
    for element in tree.elements():
        if not element.kids and element.role not in _MAY_BE_EMPTY and element.namespace != MATHML:
            yield _at("OCT530", element, element.role)


def stray_text(tree: StructureTree) -> Iterator[Finding]:
    """Find glyphs outside of any marked content, neither tagged nor an artifact (ISO 14289-2, 8.2.2)."""
    for number, page in enumerate(tree.pdf.pages, start=1):
        stray = tree.content[page.obj.objgen].stray
        if stray:
            yield Finding("OCT531", excerpt(stray) or "spaces", "", number)


def private_characters(tree: StructureTree) -> Iterator[Finding]:
    """Find private-use characters in what is read: each once, at its first place (ISO 14289-2, 8.4.3).

    They come from a font's ToUnicode map or a replacement text, and no speech synthesizer knows them. Text that
    an `/Alt` or `/ActualText` replaces may hold them, because it is not read.
    """
    seen: Counter[str] = Counter()
    for element in _heard(tree.roots):
        texts = [element.words(key) for key in ("/Alt", "/ActualText", "/E")]
        if not texts[0] and not texts[1]:
            texts += [kid.text or "" for kid in element.kids if isinstance(kid, Leaf)]
        for character in "".join(texts):
            seen[character] += 1
            if seen[character] == 1 and unicodedata.category(character) == "Co":
                yield _at("OCT532", element, f"U+{ord(character):04X}")


def _heard(kids: Iterable[object]) -> Iterator[Element]:
    """Walk the elements that are read: not those below one whose text is replaced."""
    for kid in kids:
        if isinstance(kid, Element):
            yield kid
            if not kid.words("/ActualText") and not (kid.role == "Formula" and kid.words("/Alt")):
                yield from _heard(kid.kids)


def unlinked_notes(tree: StructureTree) -> Iterator[Finding]:
    """Find notes that do not point to their citation, or that no citation points to (ISO 14289-2, 8.2.5.14).

    veraPDF compares the `/Ref` entries it finds, and finds nothing wrong where there are none.
    """
    pointed = {target.objgen for element in tree.elements() for target in element.node.get("/Ref", [])}
    for element in tree.elements():
        if element.role == "FENote" and ("/Ref" not in element.node or element.node.objgen not in pointed):
            yield _at("OCT533", element, element.text)


CHECKS: Final[tuple[Check, ...]] = (
    silent_formulas,
    loose_links,
    skipped_levels,
    unscoped_headers,
    poor_descriptions,
    orphaned_marks,
    missing_content,
    empty_elements,
    stray_text,
    private_characters,
    unlinked_notes,
)
"""Every check, in the order in which findings are given."""
