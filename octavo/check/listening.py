"""Read a finished PDF the way a screen reader does: by its structure tree, with the text of every leaf.

Text comes from the content streams themselves, mark by mark, and through each font's ToUnicode map; no space is
guessed from the distance between glyphs, so a word gap that is not in the file is not in the output either.
`read_aloud` is for goldens and for reading with one's own eyes; `octavo.check.structure` inspects the same tree.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, TypeAlias

import pikepdf
from pikepdf import Dictionary, Name, Object

ObjectNumber: TypeAlias = tuple[int, int]

MATHML: Final = "http://www.w3.org/1998/Math/MathML"

_OPERATORS: Final = "q Q BMC BDC EMC Tf Tj TJ ' \" Do"
_UNKNOWN: Final = "\N{REPLACEMENT CHARACTER}"
_ENCODINGS: Final = {"/WinAnsiEncoding": "cp1252", "/MacRomanEncoding": "mac_roman"}
_CMAP_BLOCK: Final = re.compile(rb"beginbf(char|range)(.*?)endbf", re.S)
_CMAP_CHAR: Final = re.compile(rb"<([\s\da-fA-F]*)>\s*<([\s\da-fA-F]*)>")
_CMAP_RANGE: Final = re.compile(rb"<([\s\da-fA-F]*)>\s*<([\s\da-fA-F]*)>\s*(?:<([\s\da-fA-F]*)>|\[(.*?)\])", re.S)
_CMAP_STRING: Final = re.compile(rb"<([\s\da-fA-F]*)>")


@dataclass(frozen=True)
class Leaf:
    """Point from the structure tree to one mark; `page` counts from 0, and `text` is None if the mark is not there."""

    page: int
    mark: tuple[ObjectNumber, int]
    text: str | None


@dataclass(frozen=True)
class ObjectReference:
    """Point from the structure tree to a whole object, in practice an annotation."""

    page: int
    target: Object


@dataclass(frozen=True, eq=False)
class Element:
    """Hold one structure element, its role already mapped to a standard one (ISO 32000-2, 14.7.3).

    `pages` are the pages, from 0, that hold any of its content; `path` names it as in `Document/P[3]/Em[1]`.
    """

    node: Object
    role: str
    namespace: str
    path: str
    attributes: Mapping[str, object]
    kids: tuple[Element | Leaf | ObjectReference, ...]
    pages: frozenset[int]

    def words(self, key: str) -> str:
        """Return a text entry of the element, such as `/Alt`, or nothing."""
        return str(self.node.get(key, ""))

    @property
    def text(self) -> str:
        """Return the text of the element and all below it, in reading order."""
        return "".join((kid.text or "") for kid in self.kids if not isinstance(kid, ObjectReference))

    @property
    def has_mathml(self) -> bool:
        """Tell whether MathML comes with the element, as an associated file or as its own kids."""
        inside = any(isinstance(kid, Element) and kid.namespace == MATHML for kid in self.kids)
        return inside or mathml_of(self.node) is not None

    def descendants(self) -> Iterator[Element]:
        """Walk the element and all below it in reading order."""
        yield self
        for kid in self.kids:
            if isinstance(kid, Element):
                yield from kid.descendants()


def mathml_of(node: Object) -> bytes | None:
    """Return the MathML file that is associated with a structure element, if there is one."""
    files = (file for spec in _listed(node.get("/AF")) for file in spec.get("/EF", {}).values())
    found = next((file for file in files if file.get("/Subtype") == "/application/mathml+xml"), None)
    return None if found is None else bytes(found.read_bytes())


@dataclass(frozen=True)
class MarkedText:
    """Hold the text that one page or form XObject shows: of each mark by its MCID, and what lies outside any mark.

    Text in an artifact is left out: it is not read.
    """

    marks: Mapping[int, str]
    stray: str


@dataclass(frozen=True)
class StructureTree:
    """Hold a document's structure tree and the marked text of its pages and forms, by object number."""

    pdf: pikepdf.Pdf
    roots: tuple[Element, ...]
    content: Mapping[ObjectNumber, MarkedText]

    def elements(self) -> Iterator[Element]:
        """Walk all elements in reading order."""
        for root in self.roots:
            yield from root.descendants()


@dataclass(frozen=True)
class _Encoding:
    """Decode the strings of one font; `width` is the number of bytes in a code."""

    width: int
    characters: Mapping[int, str]

    def decode(self, codes: bytes) -> str:
        if self.width == 1:
            return "".join(self.characters.get(code, _UNKNOWN) for code in codes)
        starts = range(0, len(codes), self.width)
        return "".join(
            self.characters.get(int.from_bytes(codes[at : at + self.width], "big"), _UNKNOWN) for at in starts
        )


def _encoding(font: Object) -> _Encoding:
    """Read a font's map to Unicode (ISO 32000-2, 9.10.2); a composite font is taken to have codes of two bytes."""
    composite = font.get("/Subtype") == Name.Type0
    characters: dict[int, str] = {}
    base = font.get("/Encoding")
    if not composite:
        name = str(base.get("/BaseEncoding") if isinstance(base, Dictionary) else base)
        latin = bytes(range(256)).decode(_ENCODINGS.get(name, "ascii"), "replace")
        characters = dict(enumerate(latin))
    if "/ToUnicode" in font:
        characters |= dict(_cmap(font.ToUnicode.read_bytes()))
    return _Encoding(2 if composite else 1, characters)


def _cmap(source: bytes) -> Iterator[tuple[int, str]]:
    """Read the pairs of a ToUnicode CMap (ISO 32000-2, 9.10.3)."""
    for kind, block in _CMAP_BLOCK.findall(source):
        if kind == b"char":
            for code, target in _CMAP_CHAR.findall(block):
                yield int(code, 16), _utf16(target)
            continue
        for first, last, target, targets in _CMAP_RANGE.findall(block):
            codes = range(int(first, 16), int(last, 16) + 1)
            if targets:
                yield from zip(codes, map(_utf16, _CMAP_STRING.findall(targets)), strict=False)
            else:
                start = _utf16(target) or "\0"
                yield from ((code, start[:-1] + chr(ord(start[-1]) + code - codes[0])) for code in codes)


def _utf16(digits: bytes) -> str:
    return bytes.fromhex(digits.decode()).decode("utf-16-be", "replace")


@dataclass
class _Reader:
    """Read content streams; fonts are kept, because every page uses the same ones."""

    content: dict[ObjectNumber, MarkedText] = field(default_factory=dict)
    encodings: dict[ObjectNumber, _Encoding] = field(default_factory=dict)

    def read(self, stream: Object, resources: Object) -> MarkedText:
        """Read a page or a form, once, and every form with marks of its own that it shows."""
        number = stream.objgen
        if number not in self.content:
            self.content[number] = MarkedText({}, "")  # a form that shows itself ends here
            self.content[number] = self._interpret(stream, resources)
        return self.content[number]

    def _interpret(self, stream: Object, resources: Object) -> MarkedText:
        owns_marks = "/StructParents" in stream or stream.get("/Type") == Name.Page
        marks: dict[int, list[str]] = {}
        stray: list[str] = []
        sinks = [stray]  # where text goes; each marked-content operator pushes one
        fonts: list[_Encoding | None] = [None]  # each q pushes one
        for instruction in pikepdf.parse_content_stream(stream, _OPERATORS):
            operands = list(instruction.operands)
            match str(instruction.operator):
                case "q":
                    fonts.append(fonts[-1])
                case "Q" if len(fonts) > 1:
                    fonts.pop()
                case "Tf":
                    fonts[-1] = self._font(resources, operands[0])
                case "BMC" | "BDC":
                    properties = _properties(operands, resources)
                    sink = _sink(operands[0], properties if owns_marks else Dictionary(), marks, sinks[-1])
                    if "/ActualText" in properties:
                        sink.append(str(properties.ActualText))
                        sink = []
                    sinks.append(sink)
                case "EMC" if len(sinks) > 1:
                    sinks.pop()
                case "Do":
                    sinks[-1].append(self._form(resources, operands[0]))
                case "Tj" | "TJ" | "'" | '"':
                    sinks[-1].append(_shown(operands[-1], fonts[-1]))
        return MarkedText({mark: "".join(text) for mark, text in marks.items()}, "".join(stray))

    def _font(self, resources: Object, name: Object) -> _Encoding | None:
        font = resources.get("/Font", Dictionary()).get(str(name))
        if font is None:
            return None
        if not font.is_indirect:
            return _encoding(font)
        if font.objgen not in self.encodings:
            self.encodings[font.objgen] = _encoding(font)
        return self.encodings[font.objgen]

    def _form(self, resources: Object, name: Object) -> str:
        """Return the text of a form that belongs to the mark around it."""
        form = resources.get("/XObject", Dictionary()).get(str(name))
        if form is None or form.get("/Subtype") != Name.Form:
            return ""
        return self.read(form, form.get("/Resources", resources)).stray


def _properties(operands: Sequence[Object], resources: Object) -> Object:
    """Return the property list of a marked-content operator, written in place or named."""
    if len(operands) < 2:
        return Dictionary()
    if isinstance(operands[1], Dictionary):
        return operands[1]
    return resources.get("/Properties", Dictionary()).get(str(operands[1]), Dictionary())


def _sink(tag: Object, properties: Object, marks: dict[int, list[str]], around: list[str]) -> list[str]:
    """Choose where the text of a marked-content sequence goes: its mark, nowhere, or where the text around it goes."""
    if tag == Name.Artifact:
        return []
    mark = properties.get("/MCID")
    return around if mark is None else marks.setdefault(int(mark), [])


def _shown(operand: Object, encoding: _Encoding | None) -> str:
    """Decode the operand of an operator that shows text: a string, or an array of strings and kerns."""
    strings = operand if isinstance(operand, pikepdf.Array) else [operand]
    codes = b"".join(bytes(part) for part in strings if isinstance(part, pikepdf.String))
    return encoding.decode(codes) if encoding else _UNKNOWN * len(codes)


@dataclass(frozen=True)
class _Builder:
    """Build elements from structure dictionaries; `pages` numbers the page objects from 0."""

    content: Mapping[ObjectNumber, MarkedText]
    pages: Mapping[ObjectNumber, int]
    roles: Object
    classes: Object

    def kids(self, node: Object, path: str) -> Iterator[Element | Leaf | ObjectReference]:
        """Build what the `/K` entry of a structure dictionary holds (ISO 32000-2, 14.7.2 to 14.7.5)."""
        counts: Counter[str] = Counter()
        for kid in _listed(node.get("/K")):
            if isinstance(kid, int):
                yield self._leaf(node.get("/Pg"), kid)
            elif kid.get("/Type") == Name.MCR:
                yield self._leaf(kid.get("/Stm", kid.get("/Pg", node.get("/Pg"))), int(kid.MCID))
            elif kid.get("/Type") == Name.OBJR:
                yield ObjectReference(self._page(kid.get("/Pg", node.get("/Pg"))), kid.Obj)
            else:
                role, namespace = self._role(kid)
                counts[role] += 1
                name = f"{path}/{role}[{counts[role]}]" if path else role
                kids = tuple(self.kids(kid, name))
                pages = frozenset[int]().union(*(k.pages if isinstance(k, Element) else {k.page} for k in kids))
                yield Element(kid, role, namespace, name, self._attributes(kid), kids, pages)

    def _leaf(self, owner: Object | None, mark: int) -> Leaf:
        number = owner.objgen if owner is not None else (0, 0)
        marked = self.content.get(number)
        return Leaf(self._page(owner), (number, mark), marked.marks.get(mark) if marked else None)

    def _page(self, owner: Object | None) -> int:
        return self.pages.get(owner.objgen, -1) if owner is not None else -1

    def _role(self, node: Object) -> tuple[str, str]:
        """Follow the role maps to a standard role and its namespace; a circular map stops after some steps."""
        role, namespace = node.S, node.get("/NS")
        for _ in range(8):
            mapping = self.roles if namespace is None else namespace.get("/RoleMapNS", Dictionary())
            mapped = mapping.get(str(role))
            if mapped is None:
                break
            role, namespace = mapped if isinstance(mapped, pikepdf.Array) else (mapped, None)
        return str(role).removeprefix("/"), "" if namespace is None else str(namespace.NS)

    def _attributes(self, node: Object) -> dict[str, object]:
        """Merge the attributes of the element's classes with its own, which win (ISO 32000-2, 14.7.6)."""
        owners = [owner for name in _listed(node.get("/C")) for owner in _listed(self.classes.get(str(name)))]
        owners += _listed(node.get("/A"))
        return {key: value for owner in owners if isinstance(owner, Dictionary) for key, value in owner.items()}


def _listed(entry: Object | None) -> list[Object]:
    """Return an entry that may be absent, one object, or an array of them."""
    if entry is None:
        return []
    return list(entry) if isinstance(entry, pikepdf.Array) else [entry]


def read_structure(pdf: pikepdf.Pdf) -> StructureTree:
    """Read the structure tree and all marked text; a document without a tree gives one without roots."""
    reader = _Reader()
    for page in pdf.pages:
        reader.read(page.obj, page.resources)
    root = pdf.Root.get("/StructTreeRoot", Dictionary())
    numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
    roles, classes = (root.get(key, Dictionary()) for key in ("/RoleMap", "/ClassMap"))
    builder = _Builder(reader.content, numbers, roles, classes)
    roots = tuple(kid for kid in builder.kids(root, "") if isinstance(kid, Element))
    return StructureTree(pdf, roots, reader.content)


def read_aloud(pdf: pikepdf.Pdf, pages: Collection[int] | None = None) -> str:
    """Render the structure tree as indented text, one element a line, with what a reader hears of each.

    `pages` counts from 0; with it, only elements that have content on one of these pages are given. Characters
    that cannot be seen are written as escapes, so that a soft hyphen or a private-use character shows.
    """
    tree = read_structure(pdf)
    targets = {element.node.objgen: element for element in tree.elements()}
    wanted = frozenset(range(-1, len(pdf.pages)) if pages is None else pages)
    lines = (line for root in tree.roots if root.pages & wanted for line in _lines(root, wanted, targets))
    return "".join(f"{line}\n" for line in lines)


def _lines(element: Element, wanted: frozenset[int], targets: Mapping[ObjectNumber, Element]) -> Iterator[str]:
    """Write an element: its role and properties, the text it starts with, then the rest two spaces deeper."""
    replaced = "/ActualText" in element.node
    silent = replaced or (element.role in {"Figure", "Formula"} and bool(element.words("/Alt")))
    body: list[str] = []
    for is_text, group in groupby(element.kids, key=lambda kid: isinstance(kid, Leaf)):
        if is_text:
            text = "".join(_said(kid) for kid in group if isinstance(kid, Leaf) and kid.page in wanted)
            body += [f'"{text}"'] if text and not silent else []
            continue
        for kid in group:
            if isinstance(kid, ObjectReference) and kid.page in wanted:
                line = f"-> {_destination(kid.target, targets)}"
                body += [line] if line not in body[-1:] else []  # a link broken over lines has an annotation a line
            elif isinstance(kid, Element) and not replaced and (kid.pages & wanted or not kid.pages):
                body.extend(_lines(kid, wanted, targets))
    starts_with_text = bool(body) and body[0].startswith('"')
    yield _headline(element) + (f" {body.pop(0)}" if starts_with_text else "")
    yield from (f"  {line}" for line in body)


def _said(leaf: Leaf) -> str:
    return _visible(leaf.text) if leaf.text is not None else f"(mark {leaf.mark[1]} is not on page {leaf.page + 1})"


def _visible(text: str) -> str:
    """Write characters that leave no trace on paper as Python escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _headline(element: Element) -> str:
    """Write an element's role and the properties that a reader is told."""
    attributes = element.attributes
    cell = [str(attributes["/Scope"]).removeprefix("/")] if "/Scope" in attributes else []
    cell += [f"{key[1:]}={attributes[key]}" for key in ("/RowSpan", "/ColSpan") if attributes.get(key, 1) != 1]
    line = element.role + (f"[{', '.join(cell)}]" if cell else "")
    line += "".join(f" ({str(attributes[k])[1:]})" for k in ("/ListNumbering", "/NoteType") if k in attributes)
    for key, word in {"/Lang": "lang", "/Alt": "alt", "/ActualText": "actual", "/E": "expansion"}.items():
        if key in element.node:
            line += f' {word}="{_visible(element.words(key))}"'
    return line + (" mathml" if element.has_mathml and element.role == "Formula" else "")


def _destination(annotation: Object, targets: Mapping[ObjectNumber, Element]) -> str:
    """Say where a link goes: an address, or the element that its structure destination names."""
    action = annotation.get("/A", Dictionary())
    if "/URI" in action:
        return str(action.URI)
    destination = action.get("/SD")
    target = targets.get(destination[0].objgen) if isinstance(destination, pikepdf.Array) else None
    return f'{target.role} "{_visible(target.text)}"' if target else "no structure destination"
