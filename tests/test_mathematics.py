"""Hold formulas to what is promised of them: what may be said is set, and nothing else reaches the engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Project

from octavo.book import Book
from octavo.diagnostics import Ledger
from octavo.latex import maths
from octavo.latex.environment import Macros, open_templates
from octavo.manifest import load
from octavo.manuscript import mathematics
from octavo.manuscript import nodes as n
from octavo.manuscript.formulas.formula import Formula, check_macro, read_formula
from octavo.manuscript.formulas.notation import notation
from octavo.manuscript.formulas.tokens import Macro
from octavo.manuscript.part import locate
from octavo.press import trial
from octavo.workspace import TextCache, Workspace, run_pandoc

#: What stands behind a command, by the letters of `notation.yaml`.
ARGUMENTS = {
    "m": "{x}", "o": "[y]", "t": "{text}", "d": "(", "l": "{1em}", "c": "{red}", "r": r"{a\\b}", "s": "*", "b": "[b]",
}  # fmt: skip


def use(name: str) -> str:
    """Return a command with what it needs behind it."""
    known = notation()
    if name in known.arguments:
        return f"\\{name}" + "".join(ARGUMENTS[form] for form in known.arguments[name])
    if name in known.switches or name in known.sizes:
        return f"{{\\{name} x}}"
    if name in known.infixes:
        return f"{{a\\{name} b}}"
    macro = known.macros.get(name)
    return f"\\{name}" + "{x}" * (macro.arguments if macro else 0)


def every_use() -> Iterator[str]:
    """Yield every command alone, as a script and as an argument, and every environment."""
    known = notation()
    for name in known.names():
        if name == "sideset":
            yield r"\sideset{_a}{^b}\sum"
            continue
        command = use(name)
        yield from (
            command,
            f"a_{command}^{command}",
            f"\\frac{command}{{{command}}}",
            f"\\hat{command}\\sqrt{{{command}}}",
        )
    for name, environment in known.environments.items():
        behind = "{2}" * environment.number + "{cc}" * environment.preamble
        rows = r"a\\b" if environment.columns == 1 else r"a&b\\c&d"
        whole = f"\\begin{{{name}}}{behind}{rows}\\end{{{name}}}"
        yield from (whole, f"x^{{{whole}}}")
    yield r"\begin{CD}A@>a>b>B\\@VaVbV@AA\alpha A\\C@=D\end{CD}"
    yield from SCIENCE
    for name in known.text:
        yield f"\\text{{a \\{name} b}}"


SCIENCE = (
    r"\qty{5.2}{\micro\metre\per\second\squared}", r"\SI{1.5e-3}{kg.m/s^2}", r"\si{\kilo\watt\hour}",
    r"\unit{\degreeCelsius}",
    r"\num{12345.678(9)e-4}", r"\ang{30;15;2}", r"\qty{41.02}{\percent}", r"\ce{2H2 + O2 -> 2H2O}",
    r"\ce{SO4^2- + Ba^2+ -> BaSO4 v}", r"\ce{^{227}_{90}Th+}", r"\ce{A <=>[{x}][y] B}", r"\ce{CuSO4 * 5H2O}",
    r"\ce{[Fe(CN)6]^4-}", r"\ce{H2O(l)}", r"\ce{CH3-CH=CH2}", r"\ce{Na+ + Cl-}",
)  # fmt: skip


def press_of(formula: Formula) -> str:
    return formula.displayed or formula.press


@pytest.mark.tex
@pytest.mark.xdist_group("formulas")
def test_the_engine_sets_whatever_a_formula_may_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path)
    project.chapters("# One\n\n$x$\n")
    ledger = Ledger()
    report = load(tmp_path, ledger)
    assert report is not None
    book = Book(report, Workspace(tmp_path), ledger, lambda stage, what: None)
    monkeypatch.setattr(book, "_fonts", [], raising=False)
    monkeypatch.setattr(trial, "TIME_LIMIT_SECONDS", 240)
    place = tmp_path / "templates-cache"
    place.mkdir()
    macros = Macros(open_templates(report.theme.folders, place), "elements.tex")
    written, source = {}, {}
    for tex in every_use():
        formula = read_formula(tex, {})
        assert not formula.errors, (tex, formula.errors[0].facts)
        node = n.Math(tex, tex.startswith("\\begin"), press=formula.press, displayed=formula.displayed)
        written[press_of(formula)] = maths.written(node, macros)
        source[press_of(formula)] = tex
    assert len(written) > 11_000
    failed = trial.failing(written, book._start_trial, macros)
    assert {source[tex]: message for tex, message in failed.items()} == {}


#: What Pandoc has no MathML for: scripts at the corners of a sum, and commands with nothing to work on.
SPEECHLESS = ("sideset", "bmod", "displaystyle", "textstyle", "scriptstyle", "scriptscriptstyle")


def test_whatever_a_formula_may_say_has_mathml() -> None:
    wanted: dict[tuple[str, bool], list[n.Math]] = {}
    for tex in every_use():
        if not tex.startswith(("\\frac", "\\hat")):
            wanted[read_formula(tex, {}).pandoc, False] = [n.Math(tex, False)]
    mathematics._make_anew(wanted, run_pandoc, TextCache())
    without = [node.tex for (node,) in wanted.values() if not node.mathml]
    assert [tex for tex in without if not any(f"\\{name}" in tex for name in SPEECHLESS)] == []
    assert len(wanted) > 4_000


#: What tries to be more than a formula; each is refused, whatever it is spelt with.
ATTACKS = (
    r"^^5cdirectlua{x}", r"^^^^005cdirectlua{x}", r"^^^^^^00005cinput{x}", r"^^M\input x", "a^^\x1cb",
    r"\directlua{x}",
    r"\begin{directlua}x\end{directlua}", r"\begin{lua}x\end{lua}", r"\begin{filecontents}{x.tex}y\end{filecontents}",
    r"\begin{csname directlua}x\end{csname directlua}", r"\csname directlua\endcsname{x}", r"\expandafter\input x",
    r"\input{secret}", r"\input secret", r"\endinput", r"\include{x}", r"\openout1=x", r"\immediate\write18{ls}",
    r"\write18{ls}", r"\special{x}", r"\pdfextension literal{x}", r"\latelua{x}", r"\luadirect{x}", r"\luaexec{x}",
    r"\catcode`\%=12", r"\def\x{y}\x", r"\gdef\x{y}", r"\edef\x{y}", r"\let\x\input", r"\newcommand{\x}{y}",
    r"\font\x=y",
    r"\loop\iftrue\repeat", r"\halign{x}", r"\hbox to 3pt{x}", r"\text{\input{x}}", r"\text{\directlua{x}}",
    r"\text{$\input{x}$}", r"\mbox{\write18{x}}", r"\begin{array}{>{\directlua{x}}c}a\end{array}",
    r"\begin{array}{@{\input{x}}c}a\end{array}", r"\begin{array}{*{9}{>{\input x}c}}a\end{array}",
    r"\begin{array}{p{1cm}}a\end{array}", r"\tag{\input{x}}", r"\label{a}\input b", r"\label{\input}",
    r"\textcolor{\x}{y}",
    r"\textcolor[HTML]{FF0000}{x}", r"\hspace{\dimexpr1pt}", r"\rule{\input x}{1pt}", r"\ce{\input{x}}",
    r"\ce{$\input{x}$}",
    r"\qty{5}{\input}", r"\num{\input x}", r"\SI{1}{\directlua{x}}", r"\unicode{x5c}input", r"\char92", r"\href{x}{y}",
    r"\includegraphics{/etc/passwd}", r"\url{x}", r"\htmlStyle{x}{y}", r"\string\input", r"\@input{x}", r"\begingroup",
    r"\relax\input", "x\x00y", "\\\x00", "a\x7fb", r"\begin {directlua}x\end {directlua}",
    "\\input%\n{x}", "\\inp%\nut{x}", r"\begin{align}\directlua{x}\end{align}", r"\mathchoice{\input}{}{}{}",
)  # fmt: skip


@pytest.mark.parametrize("tex", ATTACKS)
@pytest.mark.parametrize("around", ["{}", "x_{{{}}}", r"\begin{{matrix}}{}\end{{matrix}}"])
def test_what_is_no_formula_never_reaches_the_engine(tex: str, around: str) -> None:
    formula = read_formula(around.format(tex), {})
    assert formula.errors and not formula.press and not formula.displayed and not formula.pandoc


@pytest.mark.parametrize("tex", ATTACKS)
def test_a_macro_of_the_report_may_not_say_it_either(tex: str) -> None:
    macro = Macro(0, tex)
    assert check_macro("foo", macro, {"foo": macro}) is not None


#: What would close the group or the formula around it, or leave it open.
UNBALANCED = (
    "}", "{", "x}{y", r"\)", r"\(", r"\]", r"\[", "$", "x$y", r"\end{x}", r"\begin{matrix}a", r"a\end{matrix}",
    r"\begin{matrix}{\end{matrix}}", r"\left(x", r"x\right)", r"\left(\begin{matrix}a\right)\end{matrix}", r"\left x",
    "a&b", "#", "#1", r"\frac{1}", r"\frac{1}}{2}", r"\sqrt[3", r"\text{", r"\text{$}", r"\text{$x}$", r"\middle|",
    r"\left({\middle|}\right)", "a^", "a_", "^", "a^b^c", "a_b_c", "a^b'", "x_{a}_{b}", "a^}", r"\limits", r"x\limits",
    r"{a \over b \over c}", r"\substack a", r"\begin{cases}a&b&c\end{cases}", r"\begin{gathered}a&b\end{gathered}",
    "\\", r"\hat", r"\kern x", r"\hspace{999em}", r"\big x", r"\hline", r"\begin{matrix}a\hline\end{matrix}",
    r"\tag{1}\tag{2}", r"\label{}", r"\color{nosuch}x", r"\begin{array}{z}a\end{array}",
    r"\begin{alignedat}{x}a\end{alignedat}",
)  # fmt: skip


@pytest.mark.parametrize("tex", UNBALANCED)
def test_what_does_not_close_is_told_and_not_set(tex: str) -> None:
    formula = read_formula(tex, {})
    assert formula.errors and not formula.press


def test_what_is_nested_without_reason_is_told() -> None:
    for tex in (r"\frac{1}{" * 400 + "x" + "}" * 400, "{" * 5000 + "}" * 5000, r"\left(" * 900 + r"\right)" * 900):
        (error,) = read_formula(tex, {}).errors
        assert "groups" in error.facts["what"]


def test_macros_that_loop_or_explode_are_told() -> None:
    macros = {
        "a": Macro(0, r"\b\b"),
        "b": Macro(0, r"\a"),
        "bomb": Macro(1, r"\more{#1#1#1#1}"),
        "more": Macro(1, r"\bomb{#1#1}"),
    }
    for name in ("a", "bomb"):
        error = check_macro(name, macros[name], macros)
        assert error is not None and "never comes to an end" in error.facts["what"]


#: What is written, and what the engine and Pandoc are given for it.
WRITTEN = (
    (r"X_\mathcal{B}", r"X_{\mathcal{B}}", r"X_{\mathcal{B}}"), (r"2^\N", r"2^{\mathbb{N}}", r"2^{\mathbb{N}}"),
    (r"x^\frac12", r"x^{\frac12}", r"x^{\frac12}"), (r"\sqrt\frac12", r"\sqrt{\frac12}", r"\sqrt{\frac12}"),
    (r"{n \choose k}", r"{\binom{n }{ k}}", r"{\binom{n }{ k}}"), (r"{\rm max}", r"{\mathrm{ max}}",
    r"{\mathrm{ max}}"),
    ("a = b % why\n", "a = b", "a = b"), ("a % one\n+ b", "a \n+ b", "a \n+ b"), (r"41.02\%", r"41.02\%", r"41.02\%"),
    ("41.02%", r"41.02\%", r"41.02\%"), ("5% + 3", "5% + 3".replace("%", r"\%"), r"5\% + 3"),
    (r"\bm{v}", r"\octbold{v}", r"\boldsymbol{v}"),
    ("x%", r"x\%", r"x\%"), (r"\cancel{x}", r"\octcancel{x}", r"\cancel{x}"),
    (r"\coloneqq", "≔", "≔"), (r"\text{a_b}", r"\text{a\_b}", r"\text{a\_b}"), (r"\mathbb R", r"\mathbb R",
    r"\mathbb R"),
    ("a''^2", "a''^2", r"a^{\prime \prime 2}"), ("5\\,µm é Я 中", "5\\,µm é Я 中", "5\\,µm é Я 中"),
    (r"\textcolor{red}{x}", r"{\color[rgb]{1.000,0.000,0.000}x}", "{x}"),
)  # fmt: skip


@pytest.mark.parametrize(("tex", "press", "pandoc"), WRITTEN)
def test_a_formula_is_written_anew(tex: str, press: str, pandoc: str) -> None:
    formula = read_formula(tex, {})
    assert (formula.press, formula.pandoc, formula.errors) == (press, pandoc, ())


def test_an_alignment_stands_by_itself_or_within() -> None:
    formula = read_formula(r"\begin{align} a &= b \label{eq:a} \end{align}", {})
    assert formula.displayed == r"\begin{align*}a &= b  \end{align*}" and formula.labels == ("eq:a",)
    assert formula.press == r"\begin{aligned}a &= b  \end{aligned}"
    assert read_formula(r"a \tag{$*$}", {}).tag == "($*$)" and read_formula(r"a \tag*{A}", {}).tag == "A"


def test_every_unknown_command_is_told_with_the_nearest_one(project: Project) -> None:
    project.chapters(
        "# One\n\nAn angle $\\alhpa + \\begin{aligend} x \\end{aligend}$ and\n$a + \\bta$.\n\n> $$x +\n> \\gama$$\n"
    )
    done = project.octavo("check", "--format", "json")
    assert done.places == [f"OCT209 chapters/1.md:{place}" for place in ("3:11", "3:20", "4:6", "7:3")]
    advice = [re.findall(r"mean `(.*)`", problem["advice"]) for problem in done.problems]
    assert advice == [["\\alpha"], ["aligned"], ["\\beta"], ["\\gamma"]] and done.status == 0


def test_an_offset_into_a_formula_is_found_in_a_quotation() -> None:
    source = "> text $$x +\n>   y + z$$\n"
    assert source[locate(source, "x +\ny + z", 8)] == "z"


def test_a_macro_is_refused_at_its_line(project: Project) -> None:
    project.chapters("# One\n\n$\\foo$\n", maths={"fine": {"tex": "x"}, "foo": {"tex": "\\directlua{x}"}})
    done = project.octavo("check", "--format", "json")
    assert [problem["code"] for problem in done.problems] == ["OCT220"] and done.problems[0]["file"] == "report.yaml"
    assert done.problems[0]["line"] and done.status == 1


@pytest.mark.parametrize(
    "text",
    ["Prize ($) and price", "A price in $ per day.", "It costs $5-$6 a day.", "$5 and $6",
    "From US$ 5 to $7.50, or $5k.",
     "The variable $HOME and $PATH.", "Between 5$ and 6$.", "A$ and C$ and R$ 5"],
)  # fmt: skip
def test_money_is_prose(text: str, project: Project) -> None:
    project.chapters(f"# One\n\n{text}\n")
    done = project.octavo("--strict", "check", "--format", "json")
    assert (done.status, done.problems) == (0, [])


LABELS = """# One

$$x = 1 \\label{eq:a}$$

$$y = 2 \\tag{B}\\label{other}$$

See \\eqref{eq:a}, \\ref{eq:a}, @eq:a and \\eqref{other}.
"""


def test_labels_and_references_of_latex_are_those_of_the_book(project: Project) -> None:
    project.chapters(LABELS)
    done = project.octavo("--strict", "check", "--format", "json")
    assert (done.status, done.problems) == (0, []), done.out
    project.chapters(LABELS.replace("\\eqref{other}", "\\eqref{nothing}"))
    assert project.octavo("check", "--format", "json").places == ["OCT202 chapters/1.md:7:48"]


ENGINE = """# A $\\input{x}$ title

One $\\begin{array}{c}\\multicolumn{2}{c}{a}\\end{array}$, a good $x^2$, and
$\\begin{array}{c}\\multicolumn{2}{c}{c}\\end{array}$.

| $\\directlua{x}$ |
|-----------------|
| $^^5cinput x$   |

: A caption $\\def\\x{}$.
"""


@pytest.mark.tex
@pytest.mark.xdist_group("formulas")
def test_all_that_cannot_be_set_is_told_in_one_build_and_printed(project: Project) -> None:
    project.chapters(ENGINE)
    done = project.octavo("build", "--format", "json")
    assert done.status == 0, done.out
    assert done.places == [
        "OCT221 chapters/1.md:1:6", "OCT222 chapters/1.md:3:6", "OCT222 chapters/1.md:4:2", "OCT221 chapters/1.md:6:4",
        "OCT208 chapters/1.md:8:4", "OCT221 chapters/1.md:10:14",
    ]  # fmt: skip
    assert len(project.pdfs) == 1


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        (r"\begin{align} a \label{first} \\ b \label{second} \end{align}", ["OCT224 chapters/1.md:3:3"]),
        (r"\begin{align} a \label{first} \\ b \end{align}", []),
    ],
)
def test_labels_that_share_one_number_are_told(formula: str, told: list[str], project: Project) -> None:
    project.chapters(f"# One\n\n$${formula}$$\n\nSee \\eqref{{first}}.\n")
    done = project.octavo("check", "--format", "json")
    assert (done.status, done.places) == (0, told)


def test_brackets_that_open_and_open_are_printed(project: Project) -> None:
    project.chapters("# One\n\nText " + "[" * 1000 + " and " + "[x " * 40 + "end.\n\n    " + "[" * 30 + "\n")
    done = project.octavo("check", "--format", "json")
    assert (done.status, done.problems) == (0, [])
