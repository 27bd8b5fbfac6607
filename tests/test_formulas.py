"""Check what a listener gets of a formula: MathML with it, words that cannot be misheard, and a warning without."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pikepdf
import pytest
import yaml
from conftest import CASES, ROOT, Project
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.check.listening import Element, read_structure
from octavo.diagnostics import Ledger
from octavo.manuscript import nodes as n
from octavo.manuscript.bibliography import Bibliography
from octavo.manuscript.formulas.tokens import Macro
from octavo.manuscript.linear import linear
from octavo.manuscript.part import Part
from octavo.manuscript.reading import read
from octavo.manuscript.spoken import spoken
from octavo.workspace import TextCache, run_pandoc

FORMULAS: list[dict[str, Any]] = yaml.safe_load((CASES / "formulas.yaml").read_text(encoding="utf-8"))
MATHML = "http://www.w3.org/1998/Math/MathML"
MACROS = {"Reals": Macro(0, r"\mathbb{R}"), "norm": Macro(1, r"\left\lVert #1 \right\rVert")}
#: Names of elements, TeX and characters that nobody can pronounce have no place in what is said.
UNSAID = re.compile(r"[\\^_{}$<>&=]|[^\x00-\x7f]")


def read_formulas(*texts: str, readings: TextCache | None = None) -> list[n.Math]:
    """Read formulas as Pandoc does, with the macros of a report."""
    part = Part("one.md", "chapter", "# One\n\n" + "\n\n".join(f"$${text}$$" for text in texts))
    read([part], Bibliography(), "en", run_pandoc, Ledger(), readings, MACROS)
    found = [node for node in n.walk(part.blocks) if isinstance(node, n.Math)]
    assert len(found) == len(texts)
    return found


@cache
def mathml(*texts: str) -> dict[str, str]:
    """Return the MathML of each formula, made in one process."""
    return {text: formula.mathml for text, formula in zip(texts, read_formulas(*texts), strict=True)}


def table() -> dict[str, str]:
    return mathml(*(case["tex"] for case in FORMULAS))


@pytest.mark.parametrize("case", FORMULAS, ids=lambda case: case["tex"])
def test_a_formula_is_said(case: dict[str, Any]) -> None:
    said = spoken(table()[case["tex"]], "en-GB")
    assert said == case["said"]
    assert not UNSAID.search(said)


@pytest.mark.parametrize("case", [case for case in FORMULAS if "plain" in case], ids=lambda case: case["tex"])
def test_a_formula_is_written_as_plain_text(case: dict[str, Any]) -> None:
    assert linear(table()[case["tex"]]) == case["plain"]


@pytest.mark.parametrize("tex", [case["tex"] for case in FORMULAS])
def test_a_formula_is_well_formed_mathml(tex: str) -> None:
    root = ElementTree.fromstring(table()[tex])
    assert root.tag == f"{{{MATHML}}}math" and root.get("display") == "block" and len(root)
    assert {element.tag.partition("}")[0] for element in root.iter()} == {f"{{{MATHML}"}
    assert not re.search("newcommand|annotation|semantics", table()[tex])


#: Pairs that differ only in where something ends, or in what a sign is.
UNLIKE = (
    (r"\frac{a}{b}+c", r"\frac{a}{b+c}"), (r"\frac{\frac{a}{b}}{c}", r"\frac{a}{\frac{b}{c}}"), ("x^{n}+1", "x^{n+1}"),
    ("x_{i^2}", "x_i^2"), ("x_{ij}", "x_i j"), (r"\sqrt{x}y", r"\sqrt{xy}"), (r"\bar{a}b", r"\overline{ab}"),
    ("x", "X"), (r"\dot x y", r"x \cdot y"), (r"b^{*}c", "b * c"), ("{ab}^2", "ab^2"), (r"|a|b|c|", r"|a|b||c|"),
    (r"\vec{x} y", r"\overrightarrow{xy}"), ("e^{x^2}y", "e^{x^2y}"), (r"\mathbf{x}", "x"), (r"\log_2 n", r"\log 2n"),
    ("a-b", "a(-b)"), (r"\sum_{i} x", r"\sum i x"), (r"\hbar", r"\bar h"), ("x^{-1}y", "x^{-1y}"),
)  # fmt: skip


@pytest.mark.parametrize(("one", "other"), UNLIKE)
def test_two_formulas_that_differ_sound_different(one: str, other: str) -> None:
    found = mathml(*(text for pair in UNLIKE for text in pair))
    assert spoken(found[one], "en") != spoken(found[other], "en")


leaf = st.sampled_from(
    ["<mi>x</mi>", "<mi>R</mi>", "<mn>2</mn>", "<mo>−</mo>", "<mo form='prefix'>|</mo>", "<mo>(</mo>", "<mo>)</mo>",
     "<mo>∑</mo>", "<mi mathvariant='normal'>max</mi>", "<mo>&#8289;</mo>", "<mo>∥</mo>", "<mtext>if</mtext>",
     "<mspace/>", "<mrow/>", "<mo accent='true'>¯</mo>"]
)  # fmt: skip


def around(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Put elements into one of those that Pandoc writes."""

    def element(tag: str, count: int) -> st.SearchStrategy[str]:
        return st.lists(inner, min_size=count, max_size=count).map(lambda kids: f"<{tag}>{''.join(kids)}</{tag}>")

    pairs = ["msub", "msup", "munder", "mover", "mfrac", "mroot"]
    cells = st.lists(inner, max_size=3).map(lambda kids: "".join(f"<mtd>{kid}</mtd>" for kid in kids))
    rows = st.lists(cells, min_size=1, max_size=3).map(lambda rows: "".join(f"<mtr>{row}</mtr>" for row in rows))
    return st.one_of(
        st.lists(inner, max_size=4).map(lambda kids: f"<mrow>{''.join(kids)}</mrow>"),
        *(element(tag, 2) for tag in pairs),
        *(element(tag, 3) for tag in ("msubsup", "munderover")),
        element("msqrt", 1),
        rows.map(lambda rows: f"<mtable>{rows}</mtable>"),
    )


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.recursive(leaf, around, max_leaves=12))
def test_no_formula_is_too_odd_to_be_said(inner: str) -> None:
    text = f'<math xmlns="{MATHML}">{inner}</math>'
    for words in (spoken(text, "en"), linear(text)):
        assert isinstance(words, str) and not re.search(r"  |<|\n", words)


def test_a_language_without_words_has_none() -> None:
    text = table()["R^2"]
    assert spoken(text, "de") == "" and spoken(text, "en") and spoken("", "en") == ""


def test_a_macro_that_changes_is_read_again(tmp_path: Path) -> None:
    readings = TextCache(tmp_path)
    part = Part("one.md", "chapter", "# One\n\n$\\Reals$")
    found = []
    for macros in (MACROS, MACROS, MACROS | {"Reals": Macro(0, r"\mathbb{C}")}):
        read([part], Bibliography(), "en", run_pandoc, Ledger(), readings, macros)
        found += [node.mathml for node in n.walk(part.blocks) if isinstance(node, n.Math)]
    assert ["ℝ" in text for text in found] == [True, True, False] and "ℂ" in found[2]


def test_formulas_of_the_bibliography_and_of_citations_have_mathml(tmp_path: Path) -> None:
    entries = tmp_path / "some.bib"
    entries.write_text("@article{k, title={On $R^2$}, author={A, B}, year=2020}\n", encoding="utf-8")
    part = Part("one.md", "chapter", "# One\n\nSee [for $\\alpha$, @k, and $\\beta$ in it].")
    read_in = read([part], Bibliography((entries,)), "en", run_pandoc, Ledger())
    cited = [node for node in n.walk(part.blocks) if isinstance(node, n.Math)]
    listed = [node for node in n.walk(read_in.entries["k"]) if isinstance(node, n.Math)]
    assert [spoken(node.mathml, "en") for node in cited] == ["alpha", "beta"]
    assert [spoken(node.mathml, "en") for node in listed] == ["capital R squared"]


REFUSED = "# One\n\nText with\n$\\sideset{}{'}\\sum_i$ in it, and $\\alpha$.\n"


def test_a_formula_that_pandoc_cannot_read_is_a_warning_at_its_place(project: Project) -> None:
    project.chapters(REFUSED)
    done = project.octavo("check", "--format", "json")
    assert done.places == ["OCT540 chapters/1.md:4:2"]
    assert r"unexpected control sequence \sideset" in done.problems[0]["problem"]
    assert done.problems[0]["severity"] == "warning" and done.status == 0
    assert project.octavo("--strict", "check").status == 1


def test_words_of_the_author_answer_the_warning(project: Project) -> None:
    project.chapters(re.sub(r"(\$\\sideset[^$]*\$)", r'[\1]{alt="the primed sum"}', REFUSED))
    done = project.octavo("--strict", "check", "--format", "json")
    assert (done.status, done.problems) == (0, []), done.out


def test_a_misspelt_command_is_reported_once(project: Project) -> None:
    project.chapters("# One\n\nThe angle $\\alhpa$.\n")
    assert project.octavo("check", "--format", "json").places == ["OCT209 chapters/1.md:3:12"]


BOOK = """# The power of $x^2$ and $h^{(\\ell)}$ {#sec:power}

Here is $R^2$, there $R^2$ again, and $$\\norm{x} = 1.$$ See [](#sec:plain).

## On $R^2$ alone {#sec:plain .unnumbered}

| a |
|---|
| b |

: The values of $R^2$, and more. Not this.

A mark at [$\\alpha$]{.index}.
"""


@cache
def build(folder: Path, language: str) -> Path:
    """Build one small book with formulas wherever they are repeated."""
    project = Project(folder)
    maths = {name: {"arguments": macro.arguments, "tex": macro.tex} for name, macro in MACROS.items()}
    project.chapters(BOOK, language=language, maths=maths)
    done = project.octavo("build")
    assert done.status == 0 and "OCT5" not in done.err, done.err
    return project.pdfs[0]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> pikepdf.Pdf:
    """Open the small book in English."""
    return pikepdf.open(build(tmp_path_factory.mktemp("small"), "en-US"))


def formulas_of(pdf: pikepdf.Pdf) -> list[Element]:
    return [element for element in read_structure(pdf).elements() if element.role == "Formula"]


def file_of(formula: Element) -> pikepdf.Object:
    (specification,) = formula.node.AF
    return specification


@pytest.mark.tex
@pytest.mark.xdist_group("formulas")
def test_each_formula_carries_its_mathml(small: pikepdf.Pdf) -> None:
    found = formulas_of(small)
    assert len(found) > 8
    for formula in found:
        file = file_of(formula)
        assert file.AFRelationship == "/Supplement" and str(file.F) == str(file.UF) and str(file.F).endswith(".mml")
        assert file.EF.F.Subtype == "/application/mathml+xml" and file.EF.F.objgen == file.EF.UF.objgen
        assert not any("Date" in key for key in dict(file.EF.F.Params))
        assert ElementTree.fromstring(file.EF.F.read_bytes()).tag == f"{{{MATHML}}}math"
    shared = {file_of(formula).objgen for formula in found if formula.words("/Alt") == "capital R squared"}
    assert len(shared) == 1 and sum(formula.words("/Alt") == "capital R squared" for formula in found) > 3
    assert "the norm of x end norm equals 1" in {formula.words("/Alt") for formula in found}
    names = [str(file_of(formula).F) for formula in found]
    assert len(set(names)) == len({file_of(formula).objgen for formula in found})


@pytest.mark.tex
@pytest.mark.xdist_group("formulas")
def test_the_outline_shows_a_formula_as_text(small: pikepdf.Pdf) -> None:
    with small.open_outline() as outline:
        titles = [item.title for item in outline.root] + [item.title for item in outline.root[-2].children]
    assert "1 The power of x² and h⁽ˡ⁾" in titles and any("On R² alone" in title for title in titles), titles


@pytest.mark.tex
@pytest.mark.xdist_group("formulas")
def test_contents_lists_references_and_index_set_a_formula(small: pikepdf.Pdf) -> None:
    elements = list(read_structure(small).elements())
    texts = [element.text for element in elements if element.role in ("TOCI", "Link", "LBody")]
    assert not any(re.search(r"[\\^]|R2\}|ell", text) for text in texts)
    entries = [element for element in elements if element.role == "TOCI"]
    entry = next(item for item in entries if "power" in item.text)
    said = [kid.words("/Alt") for kid in entry.descendants() if kid.role == "Formula"]
    assert said[:2] == ["x squared", "h superscript open paren script l close paren end superscript"]
    link = next(kid for kid in entry.descendants() if kid.role == "Link")
    assert "x squared and h superscript" in link.words("/Alt") and "^" not in link.words("/Alt")
    listed = [item for item in entries if "values" in item.text]
    assert len(listed) == 1 and "Not this" not in listed[0].text
    assert [kid.words("/Alt") for kid in listed[0].descendants() if kid.role == "Formula"] == ["capital R squared"]
    named = [item for item in elements if item.role == "Link" and item.text.startswith("“On")]
    assert [[kid.role for kid in item.descendants()] for item in named] == [["Link", "Formula"]]
    marked = [item for item in elements if item.role == "LBody" and item.kids and item.descendants()]
    assert any(kid.words("/Alt") == "alpha" for item in marked for kid in item.descendants())


@pytest.mark.tex
@pytest.mark.xdist_group("formulas")
def test_a_report_in_another_language_keeps_tex_as_the_words(tmp_path: Path) -> None:
    with pikepdf.open(build(tmp_path, "de-DE")) as pdf:
        found = formulas_of(pdf)
        assert {"R^2", r"\norm{x} = 1."} <= {formula.words("/Alt") for formula in found}
        assert all(formula.has_mathml for formula in found)


@pytest.mark.tex
@pytest.mark.xdist_group("flagship")
def test_every_formula_of_the_book_has_mathml_and_words(flagship: Project) -> None:
    with pikepdf.open(flagship.pdfs[0]) as pdf:
        found = formulas_of(pdf)
        assert len(found) >= sum("$$" in path.read_text(encoding="utf-8") for path in (ROOT / "chapters").glob("*.md"))
        assert len(found) > 20 and all(formula.has_mathml for formula in found)
        said = [formula.words("/Alt") for formula in found]
        assert [text for text in said if not text or UNSAID.search(text)] == []
