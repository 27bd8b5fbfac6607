"""Hold the package to its shape: one pipeline, small modules, TeX in templates, every message in the catalogue."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from conftest import ROOT

from octavo.diagnostics import Severity, catalogue

PACKAGE = ROOT / "octavo"
#: The pipeline, first stage first. A module belongs to its most specific entry, and imports from its own stage or from
#: an earlier one. What has no stage of its own, the vocabulary and the page map, stands where it is first needed.
PIPELINE = (
    "toolchain", "visible", "ending", "confinement", "doctor", "nearest", "inside", "diagnostics", "report_text",
    "sealed", "record", "runner", "workspace", "schema", "design",
    "typefaces", "manuscript.words", "manuscript.formulas", "overrides", "choices", "trust", "manifest", "imprint",
    "manuscript", "press.pages",
    "latex", "icc", "figures", "press", "bind", "check", "enclosures", "edition", "book", "progress",
    "begin", "arguments", "cli", "__main__",
)  # fmt: skip
LONGEST_MODULE = 400
#: What the first report is about; the builder must not know it.
SUBJECT = re.compile(r"persona|assistant axis|the assistant|anthropic|claude", re.IGNORECASE)
TEX_COMMAND = re.compile(r"\\[A-Za-z@]{2,}")
CODE = re.compile(r"OCT\d{3}")


@cache
def modules() -> dict[str, Path]:
    """Return every module of the package by its name below `octavo`."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(name: str) -> set[str]:
    """Return the modules of the package that a module imports, also those that only a type checker sees."""
    found = set()
    for node in ast.walk(tree(modules()[name])):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {item.removeprefix("octavo.") for item in names if item.startswith("octavo.")}
    return (found & modules().keys()) - {name}


def stage(name: str) -> int:
    """Return the place of a module in the pipeline, or -1."""
    entries = [entry for entry in PIPELINE if name == entry or name.startswith(f"{entry}.")]
    return PIPELINE.index(max(entries, key=len)) if entries else -1


def test_every_module_has_a_place_in_the_pipeline() -> None:
    assert [name for name in modules() if name and stage(name) < 0] == []
    assert [entry for entry in PIPELINE if not any(name == entry for name in modules())] == []


def test_imports_run_one_way_down_the_pipeline() -> None:
    against = [
        f"{name} imports {other}" for name in modules() for other in imports(name) if stage(other) > stage(name)
    ]
    assert against == []


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = {name: imports(name) for name in modules()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a cycle: {' <- '.join(error.args[1])}")
    assert len(order) == len(graph) > 30


def test_a_command_line_starts_without_the_heavy_imports() -> None:
    """`octavo --version` answers at once; a stage is imported when it is run."""
    heavy = ("jinja2", "pikepdf", "pylatex", "PIL", "pypandoc", "yaml", "rich", "pygments", "jpype")
    probe = f"import sys, octavo.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", sorted(modules()))
def test_every_module_says_what_it_is_for(name: str) -> None:
    module = tree(modules()[name])
    words = ast.get_docstring(module) or ""
    assert words.split("\n")[0].endswith((".", "?")), "the first line is a sentence"
    if len(module.body) > 1:
        assert ast.unparse(module.body[1]) == "from __future__ import annotations"


def test_no_module_is_longer_than_a_reader_follows() -> None:
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules().items()}
    assert {name: count for name, count in lengths.items() if count > LONGEST_MODULE} == {}


def test_tex_lives_in_templates() -> None:
    """A command inside a line glues what the templates make; a passage of TeX belongs into a file of its own."""
    found = []
    for name, path in modules().items():
        documented = docstrings(tree(path))
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
                long = node.end_lineno != node.lineno or node.value.count("\n") > 1
                if long and TEX_COMMAND.search(node.value):
                    found.append(f"{name}:{node.lineno}")
    assert found == []


def docstrings(module: ast.Module) -> set[int]:
    """Return the `id` of each docstring, and of the words that explain a name below it."""
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.add(id(node.value))
    return found


def used_codes() -> set[str]:
    sources = (path.read_text(encoding="utf-8") for path in modules().values())
    return {code for source in sources for code in CODE.findall(source)}


def test_every_code_is_in_the_catalogue_and_every_entry_is_used() -> None:
    assert sorted(used_codes() - catalogue().keys()) == []
    assert sorted(catalogue().keys() - used_codes()) == []


def test_every_code_is_shown_to_appear_by_a_test() -> None:
    files = [path for path in (ROOT / "tests").rglob("*") if path.suffix in (".py", ".yaml", ".diagnostics")]
    shown = {code for path in files for code in CODE.findall(path.read_text(encoding="utf-8"))}
    assert sorted(catalogue().keys() - shown) == []


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_every_message_says_what_is_wrong_and_what_to_do(code: str) -> None:
    entry = catalogue()[code]
    assert isinstance(entry.severity, Severity)
    for text in (entry.problem, entry.advice):
        assert text[0].isupper() or text[0] in "`{", text
        assert text.rstrip().endswith((".", ".”", "}", "`")), text
        assert "\n" not in text


def report_calls() -> Iterator[tuple[str, str, set[str]]]:
    """Yield the place, the code and the facts of each report whose facts are all written out."""
    for name, path in modules().items():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "report":
                code = node.args[0] if node.args else None
                facts = {keyword.arg for keyword in node.keywords}
                if isinstance(code, ast.Constant) and None not in facts:
                    yield f"{name}:{node.lineno}", str(code.value), {fact for fact in facts if fact}


def test_every_report_fills_the_blanks_of_its_message() -> None:
    calls = list(report_calls())
    assert len(calls) > 30
    for place, code, facts in calls:
        entry = catalogue()[code]
        blanks = {name for _, name, _, _ in string.Formatter().parse(entry.problem + entry.advice) if name}
        assert facts == blanks, f"{place} reports {code} with {sorted(facts)}; the message has {sorted(blanks)}"


def test_the_builder_does_not_know_what_the_first_report_is_about() -> None:
    suffixes = (".py", ".yaml", ".txt", ".tex", ".sty", ".lua")
    found = []
    for folder in (PACKAGE, ROOT / "templates"):
        for path in sorted(folder.rglob("*")):
            if path.suffix in suffixes:
                lines = path.read_text(encoding="utf-8").splitlines()
                places = [f"{path.relative_to(ROOT)}:{n}" for n, line in enumerate(lines, 1) if SUBJECT.search(line)]
                found += places
    assert found == []


def test_one_module_starts_programs() -> None:
    """The doors (setting up, `doctor`, the tests) come before it; whatever reads a manuscript runs behind walls."""
    allowed = {"runner", "toolchain", "doctor", "cli"}
    start = re.compile(r"subprocess\.(run|Popen|call|check_\w+)\(|os\.(system|popen|exec\w+|spawn\w+)\(")
    found = {name for name, path in modules().items() if start.search(path.read_text(encoding="utf-8"))}
    assert found - allowed == set()
