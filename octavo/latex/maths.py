"""Say what a listener hears of a formula, and how it is written where it cannot be set."""

from __future__ import annotations

from octavo.latex.code import literal
from octavo.latex.environment import Macros
from octavo.latex.escape import Tex
from octavo.manuscript import nodes as n
from octavo.manuscript.linear import linear
from octavo.manuscript.spoken import spoken

#: A formula of so many letters of TeX is never wider than a page.
SHORT = 60


def alternative(formula: n.Math, around: str, book: str) -> tuple[str, str]:
    """Return the alternative text of a formula, and its language where that is not the one around it.

    It is what the author wrote, or the formula in words: of the language around it or else of the book. Where
    neither has words for formulas, and where Pandoc could not read the formula, its TeX stands on one line.
    """
    if formula.alt:
        return formula.alt, ""
    for language in dict.fromkeys((around, book)):
        if said := spoken(formula.mathml, language):
            return said, language if language != around else ""
    return source(formula), ""


def plain(formula: n.Math) -> str:
    """Return a formula as plain text, where nothing can be set: in the outline and in what is sorted."""
    return linear(formula.mathml) if formula.mathml else source(formula)


def source(formula: n.Math) -> str:
    """Return a formula as it was written, on one line."""
    return " ".join(formula.tex.split())


def framed(formula: n.Math) -> Tex:
    """Return the source of a formula that cannot be set, for its frame."""
    return literal(source(formula))


def written(
    formula: n.Math,
    macros: Macros,
    leaf: int = 0,
    number: Tex | str = "",
    number_leaf: int = 0,
    anchor: Tex | None = None,
) -> Tex:
    """Return the LaTeX of a formula; without its leaf and its number it is one for a trial."""
    is_outer = bool(formula.displayed) and formula.display and not number
    tex = Tex(formula.displayed if is_outer else formula.press)
    facts = {"outer": is_outer, "number": number, "number_leaf": number_leaf, "anchor": anchor or ""}
    return macros("math", tex=tex, display=formula.display, leaf=leaf, wide=len(tex) > SHORT, **facts)
