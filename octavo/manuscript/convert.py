"""Turn Pandoc's JSON into the nodes of `octavo.manuscript.nodes`.

The shapes are those of pandoc-types 1.23; Pandoc guarantees them, so nothing here validates.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from octavo.manuscript import nodes as n
from octavo.manuscript.depth import DEEPEST, INDENTED
from octavo.manuscript.dialects import dialects
from octavo.manuscript.divs import read_div
from octavo.manuscript.enumeration import NUMBERINGS, item_label
from octavo.manuscript.listing import give_captions
from octavo.manuscript.punctuation import (
    APOSTROPHE,
    is_elision,
    quotation_marks,
    set_stops,
    settle_neighbors,
    without_notes,
)
from octavo.manuscript.scripts import is_ideograph
from octavo.manuscript.tables import row_heads

#: One value of Pandoc's JSON; its shape is known from the constructor name beside it.
Json: TypeAlias = Any

#: The label of a theorem, which is a reference unless the bibliography has such a key.
THEOREM = re.compile(rf"({'|'.join(dialects().theorems)})[:-]\S+")
REFERENCE = re.compile(r"(fig|tbl|tab|sec|eq|lst|cha|app)[:-]\S+", re.IGNORECASE)
#: LaTeX's cross-references, which Pandoc leaves as raw TeX.
_LATEX_INDEX = re.compile(r"\\index\{((?:[^{}\\]|\\[_&%#$])+)\}")
_LATEX_REFERENCE = re.compile(r"\\(eqref|ref|autoref|cref|Cref)\{\s*([^\s{},]+)\s*\}")
#: The class of the span that formulas.lua puts around each formula, to carry what Pandoc made of it.
FORMULA = "octavo-formula"
STYLES = {
    "Emph": "emphasis",
    "Strong": "strong",
    "SmallCaps": "smallcaps",
    "Superscript": "superscript",
    "Subscript": "subscript",
    "Strikeout": "strikeout",
    "Underline": "underline",
}
ALIGNMENTS = {"AlignLeft": "left", "AlignRight": "right", "AlignCenter": "center", "AlignDefault": ""}
TASK_BOXES = {"\N{BALLOT BOX}", "\N{BALLOT BOX WITH X}"}


def is_reference(key: str, sources: Container[str] = ()) -> bool:
    """Tell whether `@key` points at something in the book; `sources` are the keys of a bibliography."""
    return bool(REFERENCE.fullmatch(key) or (THEOREM.fullmatch(key) and key not in sources))


#: What stands before a number in a citation and should not end a line: sec. 3, App. D, Table 8, fig. 2.
_LOCATOR = re.compile(r"\b(secs?\.|[Aa]pps?\.|[Tt]ables?|[Ff]igs?\.?|pp?\.|fn\.|chaps?\.) (?=[\dA-Z])")


def tie_citation(text: str) -> str:
    """Return the text of a citation with what belongs together kept on one line."""
    tied = text.replace("et al.", "et\N{NO-BREAK SPACE}al.")
    return _LOCATOR.sub("\\1\N{NO-BREAK SPACE}", tied).replace("n.d.-", "n.d.\N{NON-BREAKING HYPHEN}")


def attributes(raw: Json) -> n.Attributes:
    """Return the attributes that Pandoc keeps as `[id, [class], [[key, value]]]`."""
    identifier, classes, pairs = raw
    return n.Attributes(identifier, tuple(classes), {key: value for key, value in pairs})


#: The division around the text of a note that is called more than once; the further calls have it empty.
SHARED_NOTE = "octavo-shared-note"


def _shared(raw: list[Json]) -> tuple[str, list[Json]]:
    """Return the name of a note that is called more than once, and its blocks."""
    if len(raw) == 1 and raw[0]["t"] == "Div" and SHARED_NOTE in raw[0]["c"][0][1]:
        return dict(raw[0]["c"][0][2])["name"], raw[0]["c"][1]
    return "", raw


@dataclass
class Converter:
    """Convert one part, its quotes in the language of the part or of the passage.

    Where the report `cites_nothing`, a bare `@somebody` is no citation but text; its `names` are kept. `sources` are
    the keys of the bibliography, if any of them looks like a label.
    """

    language: str
    cites_nothing: bool = False
    sources: frozenset[str] = frozenset()
    names: list[str] = field(default_factory=list)
    _in_note: bool = False
    _depth: int = 0

    def inlines(self, raw: list[Json]) -> list[n.Inline]:
        """Convert a line's contents, joining words and spaces into runs."""
        with self._inside(1):
            return self._line(raw)

    def _line(self, raw: list[Json]) -> list[n.Inline]:
        result: list[n.Inline] = []
        run: list[str] = []  # of one text; to add each word to it would copy all that is before the word
        for position, item in enumerate(raw):
            kind = item["t"]
            if kind == "Str":
                run.append(item["c"] if item["c"].isascii() else unicodedata.normalize("NFC", item["c"]))
                continue
            if kind in ("Space", "SoftBreak"):
                is_left_out = _repeats_space(raw, position) or (
                    kind == "SoftBreak" and _parts_ideographs(raw, position)
                )
                if not is_left_out:
                    run.append(" ")
                continue
            self._end_run(result, run)
            if kind == "Quoted":
                self._quoted(result, item["c"])
            elif kind == "Cite":
                self._cite(result, item["c"])
            elif kind == "RawInline" and (found := _LATEX_REFERENCE.fullmatch(item["c"][1].strip())):
                self._reference(result, found[1], found[2])
            else:
                result.append(self._inline(kind, item.get("c")))
        self._end_run(result, run)
        set_stops(result, self.language)
        return settle_neighbors(result, self.language)

    def _end_run(self, result: list[n.Inline], run: list[str]) -> None:
        self._text(result, "".join(run))
        run.clear()

    def _text(self, result: list[n.Inline], text: str) -> None:
        if result and isinstance(result[-1], n.Text):
            result[-1].text += text
        elif text:
            result.append(n.Text(text))

    def _quoted(self, result: list[n.Inline], raw: Json) -> None:
        opening, closing = quotation_marks(self.language, raw[0]["t"] == "DoubleQuote")
        first = raw[1][0] if raw[0]["t"] == "SingleQuote" and raw[1] else {"t": ""}
        if first["t"] == "Str" and is_elision(self.language, first["c"] + " " * (len(raw[1]) > 1)):
            opening = closing = APOSTROPHE
        self._text(result, opening)
        for child in self.inlines(raw[1]):
            if isinstance(child, n.Text):
                self._text(result, child.text)
            else:
                result.append(child)
        self._text(result, closing)

    def _cite(self, result: list[n.Inline], raw: Json) -> None:
        citations, content = raw
        if self.cites_nothing and self._is_name(result, citations, content):
            return
        if not any(is_reference(item["citationId"], self.sources) for item in citations):
            children = self.inlines(content)
            for child in n.walk(children):
                if isinstance(child, n.Text):
                    child.text = tie_citation(child.text)
            if self._in_note:
                children = without_notes(children)
            result.append(n.Citation(children, tuple(item["citationId"] for item in citations)))
            return
        first = citations[0]
        for child in self.inlines(first["citationPrefix"]):
            result.append(child)
            self._text(result, " ")
        targets = tuple(item["citationId"] for item in citations)
        result.append(
            n.Reference(
                tuple(target[0].lower() + target[1:] for target in targets),
                bare=first["citationMode"]["t"] == "SuppressAuthor",
                capital=targets[0][0].isupper(),
            )
        )
        result.extend(self.inlines(citations[-1]["citationSuffix"]))

    def _reference(self, result: list[n.Inline], command: str, label: str) -> None:
        r"""Read `\eqref{eq:a}` as the number in brackets, `\ref` as the number, and the others with their word."""
        if command == "eqref":
            self._text(result, "(")
        result.append(n.Reference((label,), bare=command in ("ref", "eqref"), capital=command != "cref"))
        if command == "eqref":
            self._text(result, ")")

    def _is_name(self, result: list[n.Inline], citations: Json, content: Json) -> bool:
        """Print a bare `@somebody` as it was written, where it can name no source; a citation in brackets is one."""
        first = citations[0]
        written = content[0]["c"] if content and content[0]["t"] == "Str" else ""
        if is_reference(first["citationId"], self.sources) or not written.startswith("@"):
            return False
        self.names.append(first["citationId"])
        self._text(result, "-" if first["citationMode"]["t"] == "SuppressAuthor" else "")
        for child in self.inlines(content):
            if isinstance(child, n.Text):
                self._text(result, child.text)
            else:
                result.append(child)
        return True

    def _inline(self, kind: str, raw: Json) -> n.Inline:
        match kind:
            case "LineBreak":
                return n.LineBreak()
            case "Code":
                return _with_place(n.CodeSpan(raw[1], attributes(raw[0])))
            case "Math":
                return n.Math(raw[1], raw[0]["t"] == "DisplayMath")
            case "RawInline" if found := _LATEX_INDEX.fullmatch(raw[1].strip()):
                entry = found[1].replace("\\_", "_").replace("\\&", "&").replace("\\%", "%").partition("|")[0]
                return n.InlineSpan([], n.Attributes("", ("index",), {"entry": entry}))
            case "RawInline":
                return n.Raw(raw[0], raw[1])
            case "Link":
                return _with_place(n.Link(self.inlines(raw[1]), raw[2][0], attributes(raw[0])))
            case "Image":
                return n.Picture(self.inlines(raw[1]), raw[2][0], attributes(raw[0]))
            case "Note":
                name, raw = _shared(raw)
                with self._reading(in_note=True):
                    return n.Note(self.blocks(raw), name)
            case "Span":
                attrs = attributes(raw[0])
                with self._reading(attrs.values.get("lang", "")):
                    return _span(self.inlines(raw[1]), attrs)
        styled = n.Styled(STYLES[kind], self.inlines(raw))
        if styled.style in ("superscript", "subscript"):
            for formula in n.walk(styled.children):
                if isinstance(formula, n.Math):
                    formula.display = False  # a raised or lowered line has no room for a line of its own
        return styled

    def blocks(self, raw: list[Json], levels: int = 1) -> list[n.Block]:
        """Convert blocks in order; raises `RecursionError` where they are nested deeper than a book needs."""
        with self._inside(levels):
            return give_captions([self._block(item["t"], item.get("c")) for item in raw], self.language)

    def _block(self, kind: str, raw: Json) -> n.Block:
        match kind:
            case "Para" | "Plain":
                return n.Paragraph(self.inlines(raw), plain=kind == "Plain")
            case "Header":
                return n.Heading(raw[0], self.inlines(raw[2]), attributes(raw[1]))
            case "BlockQuote":
                return n.BlockQuote(self.blocks(raw, INDENTED))
            case "BulletList":
                return self._list([(item, "") for item in raw], "Unordered")
            case "OrderedList":
                (start, style, delimiter), items = raw
                labels = [item_label(start + i, style["t"], delimiter["t"]) for i in range(len(items))]
                return self._list(list(zip(items, labels, strict=True)), NUMBERINGS[style["t"]])
            case "DefinitionList":
                items = [
                    n.Definition(self.inlines(term), [self.blocks(b, INDENTED) for b in bodies])
                    for term, bodies in raw
                ]
                first = items[0].bodies[0] if items and items[0].bodies else []
                return n.DefinitionList(items, tight=bool(first) and _is_plain(first[0]))
            case "LineBlock":
                return n.LineBlock([self.inlines(line) for line in raw])
            case "CodeBlock":
                return n.CodeBlock(raw[1], attributes(raw[0]))
            case "RawBlock":
                is_break = raw[0] in ("tex", "latex") and raw[1].startswith("\\") and _breaks_page(raw[1])
                return n.PageBreak() if is_break else n.RawBlock(raw[0], raw[1])
            case "HorizontalRule":
                return n.Rule()
            case "Table":
                return self._table(raw)
            case "Figure":
                return n.Figure(self.blocks(raw[2]), self.blocks(raw[1][1]), attributes(raw[0]))
            case "Div":
                return self._div(attributes(raw[0]), raw[1])
        raise ValueError(f"pandoc-types knows no block {kind}")

    def _div(self, attrs: n.Attributes, raw: list[Json]) -> n.Block:
        with self._reading(attrs.values.get("lang", "")):
            return read_div(self.blocks(raw), attrs)

    @contextmanager
    def _inside(self, levels: int) -> Iterator[None]:
        """Count how deep what is converted stands."""
        self._depth += levels
        if self._depth > DEEPEST + 3:
            self._depth = 0
            raise RecursionError
        yield
        self._depth -= levels

    @contextmanager
    def _reading(self, language: str = "", in_note: bool = False) -> Iterator[None]:
        """Read what is inside in another language, or in a note."""
        outer = self.language, self._in_note
        self.language, self._in_note = language or outer[0], in_note or outer[1]
        try:
            yield
        finally:
            self.language, self._in_note = outer

    def _list(self, raw: list[tuple[list[Json], str]], numbering: str) -> n.List:
        items = [n.ListItem(self.blocks(blocks, INDENTED), label) for blocks, label in raw]
        tight = all(_is_plain(item.children[0]) for item in items if item.children)
        if numbering == "Unordered":
            for item in items:
                self._lift_task_box(item)
        return n.List(items, numbering, tight)

    def _lift_task_box(self, item: n.ListItem) -> None:
        """Make the box of a task its label, where a screen reader expects it."""
        first = item.children[0] if item.children else None
        if isinstance(first, n.Paragraph) and first.children and isinstance(first.children[0], n.Text):
            text = first.children[0].text
            if text[:1] in TASK_BOXES:
                item.label = text[0]
                first.children[0].text = text[1:].lstrip()

    def _table(self, raw: Json) -> n.Table:
        attrs, caption, columns, (_, head), bodies, (_, foot) = raw
        body: list[list[n.Cell]] = []
        for _, _, inner_head, rows in bodies:
            body += self._rows(inner_head) + self._rows(rows)
        table = n.Table(
            self.blocks(caption[1]),
            [n.Column(ALIGNMENTS[a["t"]], w.get("c", 0.0)) for a, w in columns],
            self._rows(head),
            body,
            self._rows(foot),
            max((heads for _, heads, _, _ in bodies), default=0),
            attributes(attrs),
        )
        table.row_heads = row_heads(table)
        return table

    def _rows(self, raw: list[Json]) -> list[list[n.Cell]]:
        return [
            [
                n.Cell(self.blocks(blocks), ALIGNMENTS[align["t"]], rows, columns, attributes(attrs))
                for attrs, align, rows, columns, blocks in cells
            ]
            for _, cells in raw
        ]


def _span(children: list[n.Inline], attrs: n.Attributes) -> n.Inline:
    """Return a span, or the formula in it: one that formulas.lua marked, or one that the author put into words."""
    formula = children[0] if len(children) == 1 else None
    if not isinstance(formula, n.Math):
        return n.InlineSpan(children, attrs)
    if FORMULA in attrs.classes:
        formula.mathml, formula.problem = (attrs.values.get(key, "") for key in ("mathml", "problem"))
        return formula
    formula.alt = attrs.values.pop("alt", "").strip()
    if formula.display and attrs.identifier:
        formula.identifier, attrs.identifier = attrs.identifier, ""
    return n.InlineSpan([formula], attrs) if attrs.identifier or attrs.classes or attrs.values else formula


def _with_place(inline: n.CodeSpan | n.Link) -> n.Inline:
    """Put code or a link with an identifier or a language of its own into a span, which stands for both."""
    values = inline.attributes.values
    place = n.Attributes(inline.attributes.identifier, (), {"lang": values["lang"]} if "lang" in values else {})
    return n.InlineSpan([inline], place) if place.identifier or place.values else inline


def _repeats_space(raw: list[Json], position: int) -> bool:
    """Tell whether only comments stand between this space and the one before: `a <!-- b --> c` has one space."""
    before = position - 1
    while (
        before >= 0
        and raw[before]["t"] == "RawInline"
        and raw[before]["c"][0] == "html"
        and raw[before]["c"][1].startswith("<!--")
    ):
        before -= 1
    return 0 <= before < position - 1 and raw[before]["t"] in ("Space", "SoftBreak")


def _parts_ideographs(raw: list[Json], position: int) -> bool:
    """Tell whether the end of a line in the file stands between two ideographs, where it is no space."""
    before, after = raw[max(position - 1, 0)], raw[position + 1 :]
    if not (before["t"] == "Str" and after and after[0]["t"] == "Str"):
        return False
    return is_ideograph(before["c"][-1:]) and is_ideograph(after[0]["c"][:1])


def _breaks_page(tex: str) -> bool:
    """Tell whether raw LaTeX does nothing but begin a new page, for which a report needs no trust."""
    return set(tex.split()) <= dialects().page_breaks


def _is_plain(block: n.Block) -> bool:
    return isinstance(block, n.Paragraph) and block.plain
