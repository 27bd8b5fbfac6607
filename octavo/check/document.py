"""Inspect a finished PDF as a whole: its one title, its tables and headings, the contrast of its text.

These checks go beyond the structure tree's soundness, which is `octavo.check.structure`'s: they ask whether what is
there is enough to read by. Most of it is found in the manuscript already (`octavo.check.manuscript`); here it is found
in what was really printed, also where a template of a report made it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, TypeGuard

from octavo.check.contrast import faint_texts
from octavo.check.listening import Element, Leaf, StructureTree
from octavo.check.structure import Check, Finding, excerpt


def one_title(tree: StructureTree) -> Iterator[Finding]:
    """Find out whether the document has one Title, by which a reader knows what it is (ISO 32000-2, 14.8.4.3)."""
    titles = [element for element in tree.elements() if element.role == "Title"]
    if not titles:
        yield Finding("OCT575", "no title", "", 0)
    for title in titles[1:]:
        page = min(title.pages, default=-1) + 1
        yield Finding("OCT575", f"a second title, “{excerpt(title.text)}”", title.path, page)


def headless_tables(tree: StructureTree) -> Iterator[Finding]:
    """Find tables without a header cell, in which every cell is heard without its row or column."""
    for element in tree.elements():
        if element.role == "Table":
            cells = [inner for inner in element.descendants() if inner.role in ("TH", "TD")]
            if not any(cell.role == "TH" and cell.text.strip() for cell in cells):
                first = next((cell.text for cell in cells if cell.text.strip()), "")
                yield Finding("OCT576", excerpt(first), element.path, min(element.pages, default=-1) + 1)


def half_told_formulas(tree: StructureTree) -> Iterator[Finding]:
    """Find formulas that have MathML and no words, or no MathML and TeX where the words should be.

    Some readers speak the words, some explore the MathML. What Pandoc cannot turn into MathML an author can say in
    words (OCT540); `octavo.check.structure` finds formulas that have neither.
    """
    for formula in tree.elements():
        if formula.role == "Formula":
            described = formula.words("/Alt").strip() or formula.words("/ActualText").strip()
            if not described if formula.has_mathml else "\\" in described:
                page = min(formula.pages, default=-1) + 1
                yield Finding("OCT520", excerpt(described or formula.text), formula.path, page)


def blank_headings(tree: StructureTree) -> Iterator[Finding]:
    """Find headings with nothing to hear but their number."""
    for element in tree.elements():
        if re.fullmatch(r"H\d+|Title", element.role):
            words = (kid.text or "" for kid in element.kids if isinstance(kid, Leaf) or _speaks(kid))
            if not "".join(words).strip():
                yield Finding("OCT530", element.role, element.path, min(element.pages, default=-1) + 1)


def _speaks(kid: object) -> TypeGuard[Element]:
    return isinstance(kid, Element) and kid.role != "Lbl"


def faint_text(tree: StructureTree) -> Iterator[Finding]:
    """Find text whose colour is too near to what is behind it, each pair of colours once (WCAG 2.2, 1.4.3)."""
    holders = {}
    for element in tree.elements():
        for kid in element.kids:
            if isinstance(kid, Leaf):
                holders[kid.page, kid.mark[1]] = element
    for faint in faint_texts(tree.pdf):
        holder = holders.get((faint.page, faint.mark))
        what = f"#{faint.color} on #{faint.ground} at {faint.ratio:.1f}:1"
        yield Finding("OCT571", what, holder.path if holder else "", faint.page + 1)


CHECKS: Final[tuple[Check, ...]] = (one_title, headless_tables, half_told_formulas, blank_headings, faint_text)
"""Every check, in the order in which findings are given."""
