"""Check that a mistake ends in a message at its place, an exit status, and the last good PDF where it was."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Outcome, Project, run_octavo

from octavo.diagnostics import Ledger, Severity, Span
from octavo.manuscript.part import Part
from octavo.press.log import report_errors, report_missing_characters
from octavo.report_text import as_github, as_json, as_text

REFERENCES = "@book{known2020, title={Known}, author={Ann Known}, year={2020}}\n"
GLOSSARY = "# Glossary\n\nTerm\n\n:   A definition.\n"
GOOD = "# Whole\n\nA citation [@known2020], a [term]{.term}, and $x + y$.\n"
BROKEN = """# Broken {#sec:broken}

A citation of nothing [@known2020; @unknown2021, p. 3], and a reference
to nothing, @fig:nowhere.

Unclosed maths $x + y stands here, and a price of $20.

An unknown command $\\alpah + 1$ and a brace $\\frac{1}{2$ in it.

![A picture that is not there](images/missing.png){alt="Nothing"}

The [undefined term]{.term} is in no glossary, and \\textbf{raw LaTeX} is not
allowed. A [path](#sec:gone) leads nowhere.

## Twice {#sec:twice}

A paragraph of several lines,

> and a quotation whose second line
> cites [@nobody1999] in the middle.

## Twice again {#sec:twice}

| A table | with a cell |
|---------|-------------|
| and     | @tbl:gone   |

A note.[^1]

[^1]: It names @sec:absent.

::: {.figure kind=unknown-kind}
A caption.
:::
"""
#: What must be found in the broken chapter: the code, and the place of what is wrong.
EXPECTED = [
    ("OCT201", "@unknown2021"),
    ("OCT202", "fig:nowhere"),
    ("OCT205", "$x + y stands"),
    ("OCT209", "\\alpah"),
    ("OCT208", "{2$ in it"),
    ("OCT301", "images/missing.png"),
    ("OCT207", "undefined term"),
    ("OCT210", "\\textbf{raw"),
    ("OCT204", "#sec:gone"),
    ("OCT201", "@nobody1999"),
    ("OCT203", "#sec:twice}\n\n|"),
    ("OCT202", "tbl:gone"),
    ("OCT202", "sec:absent"),
    ("OCT304", "figure kind"),
]


def place(source: str, needle: str) -> str:
    offset = source.index(needle)
    return f"{source.count(chr(10), 0, offset) + 1}:{offset - source.rfind(chr(10), 0, offset)}"


def write(project: Project, chapter: str, second: str = GOOD.replace("Whole", "Second"), **keys: object) -> None:
    """Write a report of a chapter, another one, and a glossary."""
    project.write("refs.bib", REFERENCES)
    project.write("chapters/1.md", chapter)
    project.write("chapters/2.md", second)
    project.write("chapters/3.md", GLOSSARY)
    parts = {"chapters": ["chapters/1.md", "chapters/2.md"], "back": ["chapters/3.md"]}
    project.describe(**{"parts": parts, "bibliography": {"files": ["refs.bib"]}} | keys)


#: Runs a command without the superuser's right to write everywhere.
ORDINARY = ("setpriv", "--bounding-set=-dac_override", "--") if os.geteuid() == 0 else ()


def assert_no_traceback(done: Outcome) -> None:
    assert "Traceback" not in done.out + done.err


# What is found before the engine is needed.


def test_every_mistake_of_a_run_is_reported_at_its_place(project: Project) -> None:
    write(project, BROKEN, second="No heading here.\n\n[@nobody2000]\n")
    done = project.octavo("check", "--format", "json")
    expected = [f"{code} chapters/1.md:{place(BROKEN, needle)}" for code, needle in EXPECTED]
    expected += ["OCT206 chapters/2.md:1:1", "OCT201 chapters/2.md:3:2"]
    assert done.places == expected
    assert done.status == 1
    assert_no_traceback(done)


def test_the_text_names_the_place_and_points_at_it(project: Project) -> None:
    write(project, BROKEN)
    done = project.octavo("check")
    lines = done.err.split("\n")
    at = lines.index(
        "chapters/1.md:8:21: warning OCT209: The formula `\\alpah + 1` uses `\\alpah`, which no formula knows; it is"
        " printed as it is written, in a frame."
    )
    assert lines[at + 1] == "    8 | An unknown command $\\alpah + 1$ and a brace $\\frac{1}{2$ in it."
    assert lines[at + 2] == "                            ^^^^^^"
    assert lines[at + 1][lines[at + 2].index("^") :].startswith("\\alpah")
    assert lines[at + 3].endswith("define it under `maths` in report.yaml. Did you mean `\\alpha`?")
    assert done.out == "" and done.status == 1


def test_annotations_carry_file_line_and_column(project: Project) -> None:
    write(project, BROKEN)
    done = project.octavo("check", "--format", "github", cwd=project.folder)
    lines = done.out.splitlines()
    assert len(lines) == len(EXPECTED)
    assert lines[0].startswith(
        "::error file=chapters/1.md,line=3,col=36,endColumn=48,title=OCT201::No entry in refs.bib has the key"
    )
    assert all(line.count("::") == 2 for line in lines)


def test_a_key_is_suggested_where_one_is_near(project: Project) -> None:
    write(project, "# One\n\nA citation [@known202].\n")
    done = project.octavo("check", "--format", "json")
    assert [problem["advice"] for problem in done.problems] == [
        "Add the entry or correct the key. Did you mean `known2020`?"
    ]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("It costs $20, or US$ 30, or $5k a month.", None),
        ("It costs \\$x, says the *shell*, and \\$HOME.", None),
        ("A `$x` in code, a [$x](https://example.org).", 20),
        ("Between $x$ and $ y$ is one too many.", 17),
        ("A display $$x + y is not closed.", 11),
        ("A second \\$ and then $z is not.", 22),
        ("An index $x_1 that is *never* closed here.", 10),
    ],
)
def test_an_open_formula_is_told_from_money(text: str, column: int | None, project: Project) -> None:
    write(project, f"# One\n\n{text}\n")
    done = project.octavo("check", "--format", "json")
    places = [p for p in done.places if p.startswith("OCT205")]
    assert places[:1] == ([] if column is None else [f"OCT205 chapters/1.md:3:{column}"])


@pytest.mark.parametrize(
    ("bibliography", "place", "words"),
    [
        ("@book{a,\n title={x},\n author={Y\n}\n\n@book{b, title={q}}\n", "6:1", "unexpected '@'"),
        ("@book{b title}\n", "1:9", "unexpected 't'"),
        (b"@book{b, title={caf\xe9}}\n", "1:20", "must be a UTF-8 encoded text"),
    ],
)
def test_a_bibliography_that_cannot_be_read_is_named(
    bibliography: str | bytes, place: str, words: str, project: Project
) -> None:
    write(project, GOOD)
    project.write("refs.bib", bibliography)
    done = project.octavo("check", "--format", "json")
    assert done.places == [f"OCT115 refs.bib:{place}"]
    assert words in done.problems[0]["problem"]
    assert done.status == 1


def test_a_style_that_cannot_be_read_is_named(project: Project) -> None:
    write(project, GOOD, bibliography={"files": ["refs.bib"], "style": "own.csl"})
    project.write("own.csl", "<style")
    done = project.octavo("check", "--format", "json")
    assert done.places == ["OCT290 own.csl:1:1"]


@pytest.mark.parametrize(
    ("text", "code", "needle", "words"),
    [
        (
            '![A](images/bad.png){alt="What it shows"}',
            "OCT302",
            "images/bad.png",
            "used: it is no picture of a kind that is known;",
        ),
        ('![A](images/a.gif){alt="What it shows"}', "OCT302", "images/a.gif", "no picture of a kind that is known"),
        ("![](images/good.png)", "OCT303", "images/good.png", "no alternative text"),
        ('![A](images/good.png){alt="What it shows" width=wide}', "OCT307", "wide", "which is no length"),
        ("::: {.table kind=nothing}\nA caption.\n:::", "OCT305", "table kind", "`nothing`"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\n: Letters {row-heads=2}", "OCT308", "row-heads", "from 0 to 1"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\n: Letters {row-heads=one}", "OCT308", "row-heads", "`one`"),
    ],
)
def test_a_picture_or_table_that_cannot_be_made_is_named(
    text: str, code: str, needle: str, words: str, project: Project
) -> None:
    from PIL import Image

    chapter = f"# One\n\nBefore it.\n\n{text}\n"
    write(project, chapter)
    project.write("images/bad.png", "not a picture")
    project.write("images/a.gif", b"GIF89a")
    Image.new("RGB", (40, 40)).save(project.folder / "images" / "good.png")
    done = project.octavo("check", "--format", "json")
    assert f"{code} chapters/1.md:{place(chapter, needle)}" in done.places
    assert words in next(p["problem"] for p in done.problems if p["code"] == code)
    assert done.status == int(any(problem["severity"] == "error" for problem in done.problems))


def test_strict_turns_warnings_into_errors(project: Project) -> None:
    write(project, GOOD)
    project.write("chapters/4.md", "# In no part\n")
    assert project.octavo("check").status == 0
    done = project.octavo("check", "--strict", "--format", "json")
    assert done.status == 1
    assert [(p["code"], p["severity"], p["file"]) for p in done.problems] == [("OCT109", "warning", "chapters/4.md")]


def test_check_finds_what_a_build_finds_without_an_engine(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The programs that set pages are not on the path, and the layer stack is still known."""
    layers = [{"piece": name, "level": "Level", "question": "Why?"} for name in ("One", "Two")]
    layers[1]["chapter"] = "chapters/1.md"
    chapter = BROKEN + "\n::: {.figure #fig:stack kind=layer-stack}\nThe stack.\n:::\n"
    write(project, chapter, layers=layers)
    bare = tmp_path_factory.mktemp("bin")
    environment = {"PATH": str(bare), "OCTAVO_CACHE": str(bare / "cache")}
    checked = project.octavo("check", "--format", "json", environment=environment)
    assert checked.status == 1, checked.err
    assert checked.places == [f"{code} chapters/1.md:{place(chapter, needle)}" for code, needle in EXPECTED]


# What the engine alone can tell, and what happens to the finished files.


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Build a small report once; tests copy it."""
    project = Project(tmp_path_factory.mktemp("printed") / "report")
    write(project, GOOD)
    done = project.octavo("build")
    assert done.status == 0, done.err
    return project


@pytest.fixture
def built(printed: Project, tmp_path: Path) -> Project:
    """Give a report with a good PDF in dist/ to break."""
    return Project(shutil.copytree(printed.folder, tmp_path / "report"))


def state(project: Project) -> dict[str, tuple[bytes, int]]:
    """Return the bytes and the time of every finished file."""
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in (project.folder / "dist").glob("*.pdf")
    }


@pytest.mark.tex
@pytest.mark.xdist_group("errors")
def test_a_broken_chapter_leaves_the_last_good_pdf_alone(built: Project) -> None:
    before = state(built)
    built.write("chapters/1.md", BROKEN)
    done = built.octavo("build", "--format", "json")
    assert done.places == [f"{code} chapters/1.md:{place(BROKEN, needle)}" for code, needle in EXPECTED]
    assert done.status == 1
    assert "Nothing in dist/ was changed." in done.err
    assert state(built) == before != {}
    assert_no_traceback(done)


@pytest.mark.tex
@pytest.mark.xdist_group("errors")
def test_strict_publishes_nothing_with_a_warning(built: Project) -> None:
    before = state(built)
    built.write("chapters/1.md", GOOD + "\nText with <big>HTML</big>.\n")
    strict = built.octavo("--strict", "build", "--format", "json")
    assert strict.places == ["OCT211 chapters/1.md:5:11"]
    assert strict.status == 1 and state(built) == before
    lenient = built.octavo("build")
    assert lenient.status == 0 and state(built) != before


RAW = [
    ("First.\n\nSecond with \\undefinedcommand in it.\n", "\\undefinedcommand", "`\\undefinedcommand`"),
    ("First.\n\n- an item\n- another \\undefinedcommand{x}\n", "\\undefinedcommand", "`\\undefinedcommand`"),
    ("First.\n\n\\begin{nosuch}\nx\n\\end{nosuch}\n\nLast.\n", "\\begin{nosuch}", "Environment nosuch undefined"),
    ("First.\n\n```{=latex}\n\\begin{center}\n```\n\nLast.\n", "\\begin{center}", "ended by"),
    ("First.\n\n```{=latex}\n}\n```\n\nLast.\n", "}", "Too many }'s"),
    ("First.\n\nText ^[A note with \\undefinedcommand in it.] goes on.\n", "\\undefinedcommand", "Undefined control"),
]


@pytest.mark.tex
@pytest.mark.xdist_group("errors")
@pytest.mark.parametrize(("text", "needle", "words"), RAW)
def test_an_error_of_the_engine_is_named_in_the_manuscript(text: str, needle: str, words: str, built: Project) -> None:
    before = state(built)
    chapter = "# Raw\n\n" + text
    write(built, GOOD, second=chapter, trust={"raw-latex": True})
    done = built.octavo("build", "--format", "json")
    line = place(chapter, needle).split(":")[0]
    assert [p.rsplit(":", 1)[0] for p in done.places] == [f"OCT401 chapters/2.md:{line}"]
    assert words in done.problems[0]["problem"]
    assert done.status == 1 and state(built) == before
    assert_no_traceback(done)


@pytest.mark.tex
@pytest.mark.xdist_group("errors")
def test_a_macro_that_does_not_work_is_named_in_the_report(built: Project) -> None:
    write(built, GOOD.replace("$x", "$\\R"), maths={"R": {"arguments": 0, "tex": "\\nosuchcommand"}})
    done = built.octavo("build", "--format", "json")
    assert [p.split(":")[0] for p in done.places] == ["OCT220 report.yaml"] and done.problems[0]["line"] > 1


@pytest.mark.tex
@pytest.mark.xdist_group("errors")
def test_a_character_that_tex_of_the_author_leaves_out_stops_the_build(built: Project) -> None:
    write(built, '# Signs\n\nSome `\\char"1FFFD`{=latex} here.', trust={"raw-latex": True})
    done = built.octavo("build", "--format", "json")
    assert [place.split(" ")[0] for place in done.places] == ["OCT420"]
    assert "U+1FFFD" in done.problems[0]["problem"] and done.status == 1


@pytest.mark.tex
@pytest.mark.xdist_group("errors")
def test_a_character_that_no_font_has_is_named(built: Project) -> None:
    chapter = "# Signs\n\nA plain line.\n\nAn unassigned \U0001fffd and *another \U0001fffc* one, and \U0001fffd.\n"
    built.write("chapters/1.md", chapter)
    done = built.octavo("build", "--format", "json")
    assert done.places == ["OCT403 chapters/1.md:5:15", "OCT403 chapters/1.md:5:30"]
    assert "U+1FFFD" in done.problems[0]["problem"] and "2 times" in done.problems[0]["problem"]
    assert done.status == 0
    assert built.octavo("check", "--format", "json").places == done.places


@pytest.mark.tex
@pytest.mark.xdist_group("errors")
def test_a_drawing_that_cannot_be_typeset_is_reported(built: Project) -> None:
    before = state(built)
    layers = [{"piece": name, "level": "Level", "question": "Why?"} for name in ("One", "Two")]
    write(built, GOOD + "\n::: {.figure kind=layer-stack}\nThe stack.\n:::\n", layers=layers)
    built.write("templates/figures/layerstack.sty", "\\nosuchcommand\n")
    done = built.octavo("build", "--format", "json")
    assert [p["code"] for p in done.problems] == ["OCT306"]
    assert "nosuchcommand" in done.problems[0]["problem"] or "Undefined control" in done.problems[0]["problem"]
    assert done.status == 1 and state(built) == before
    assert_no_traceback(done)


def program(folder: Path, name: str, script: str) -> dict[str, str]:
    """Put a program in front of the path."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.tex
@pytest.mark.xdist_group("errors")
def test_an_engine_that_is_killed_is_reported(built: Project, tmp_path: Path) -> None:
    before = state(built)
    script = f'case "$*" in *book) read -r order; kill -9 $$;; esac\nexec {shutil.which("lualatex")} "$@"'
    done = built.octavo("build", "--format", "json", environment=program(tmp_path, "lualatex", script))
    assert [p["code"] for p in done.problems] == ["OCT402"]
    assert done.status == 1 and state(built) == before
    assert_no_traceback(done)


def test_an_engine_that_is_not_there_has_its_own_status(built: Project, tmp_path: Path) -> None:
    before = state(built)
    done = built.octavo("build", environment={"PATH": str(tmp_path / "report")})
    assert done.status == 3
    assert "error OCT001: lualatex does not run" in done.err and "octavo doctor" in done.err
    assert state(built) == before
    assert_no_traceback(done)


def test_a_font_that_is_not_there_is_found_before_the_engine_starts(project: Project) -> None:
    write(project, GOOD, fonts={"text": {"regular": "NoSuchFont-Regular.otf"}})
    done = project.octavo("build", "--format", "json")
    assert [p["code"] for p in done.problems] == ["OCT404"]
    assert "NoSuchFont-Regular.otf" in done.problems[0]["problem"]
    assert done.status == 1


@pytest.mark.tex
@pytest.mark.xdist_group("errors")
def test_a_folder_that_may_not_be_written_is_reported(built: Project) -> None:
    """The superuser may write everywhere, so a file stands where the folder should be."""
    shutil.rmtree(built.folder / "dist")
    built.write("dist", "a file in the way\n")
    done = built.octavo("build")
    assert done.status == 1
    assert "error OCT002: The machine refuses to read or write a file" in done.err
    assert (built.folder / "dist").read_text() == "a file in the way\n"
    assert_no_traceback(done)


@pytest.mark.tex
@pytest.mark.xdist_group("errors")
def test_a_read_only_dist_keeps_its_pdf(built: Project) -> None:
    before = state(built)
    built.write("chapters/1.md", GOOD.replace("Whole", "Changed"))
    (built.folder / "dist").chmod(0o555)
    done = built.octavo("build", prefix=ORDINARY)
    assert done.status == 1, done.err
    assert f"dist/{built.pdfs[0].name}: error OCT002" in done.err and "Permission denied" in done.err
    assert state(built) == before
    assert_no_traceback(done)


@pytest.mark.tex
@pytest.mark.xdist_group("errors")
def test_a_full_disk_leaves_the_last_good_pdf(built: Project) -> None:
    """No file may grow beyond 20 kB, which is what a full disk does to the pages that the engine writes."""
    before = state(built)
    shutil.rmtree(built.folder / "build")
    done = built.octavo("build", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)))
    assert done.status == 1
    assert "OCT002" in done.err or "OCT402" in done.err or "OCT401" in done.err, done.err
    assert state(built) == before
    assert_no_traceback(done)


@pytest.mark.tex
@pytest.mark.xdist_group("errors")
@pytest.mark.parametrize("stage", ["Reading", "Writing", "Typesetting"])
def test_stopping_from_the_keyboard_leaves_no_half_file(stage: str, built: Project) -> None:
    before = state(built)
    built.write("chapters/1.md", GOOD.replace("Whole", "Changed") + "\nMore text for another book.\n" * 200)
    command = [sys.executable, "-m", "octavo", "--project", str(built.folder), "build"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    # A shell that runs the tests in the background has them ignore the key, and what they start inherits that.
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    signal.signal(signal.SIGINT, ignored)
    assert process.stderr is not None
    seen = next(line for line in process.stderr if line.startswith(stage))
    process.send_signal(signal.SIGINT)
    err = process.stderr.read()
    assert process.wait(timeout=60) == 130, seen + err
    assert "Stopped. Nothing in dist/ was changed." in err
    assert "Traceback" not in err
    assert state(built) == before
    assert not engines_in(built.folder)


def engines_in(folder: Path) -> list[str]:
    """Return the processes that still work in a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if entry.resolve().is_relative_to(folder):
                found.append(entry.parent.name)
        except OSError:
            continue
    return found


# The log of the engine, in the words of TeX Live 2022.

LOG = """\
This is LuaHBTeX, Version 1.15.0 (TeX Live 2022/Debian)
(./book.tex (./part-00.tex
./part-00.tex:7: Undefined control sequence.
l.7 ...nd paragraph with \\leaf{6}\\undefinedcommand
                                                   \\leaf{7}inside it.

./part-00.tex:7:  ==> Fatal error occurred, no output PDF file produced!
"""
PART_TEX = "% block 0\n\\octsection{1}\n% block 1\n\\leaf{4}First.\n\n% block 2\n\\leaf{5}Second paragraph\n"


def read_log(folder: Path, log: str, chapter: str) -> Ledger:
    from conftest import read_part

    part = read_part(chapter)
    (folder / "part-00.tex").write_text(PART_TEX)
    (folder / "book.log").write_text(log)
    ledger = Ledger()
    report_errors(folder / "book.log", {"part-00": part}, {}, ledger)
    return ledger


def test_a_line_of_tex_is_traced_to_its_block(tmp_path: Path) -> None:
    ledger = read_log(tmp_path, LOG, "# One\n\nFirst.\n\nSecond paragraph with \\undefinedcommand inside it.\n")
    assert [entry.span for entry in ledger.entries] == [Span("chapters/1.md", 5, 23)]
    assert ledger.entries[0].problem == "LaTeX stopped: Undefined control sequence `\\undefinedcommand`."
    ledger = read_log(tmp_path, LOG, "# One\n\nFirst.\n\nSecond paragraph whose command is the theme's.\n")
    assert [entry.span for entry in ledger.entries] == [Span("chapters/1.md", 5, 1)]


def test_an_error_of_the_driver_is_one_of_the_report(tmp_path: Path) -> None:
    log = "./book.tex:9: Extra }, or forgotten \\endgroup.\n"
    ledger = read_log(tmp_path, log, "# One\n")
    assert [entry.span for entry in ledger.entries] == [Span("report.yaml")]


def test_a_log_without_an_error_is_quoted(tmp_path: Path) -> None:
    assert [e.code for e in read_log(tmp_path, "This is LuaHBTeX\n(./book.tex\n", "# One\n").entries] == ["OCT402"]
    ledger = Ledger()
    report_errors(tmp_path / "absent.log", {}, {}, ledger)
    assert "it wrote no log" in ledger.entries[0].problem


def test_a_missing_character_is_traced_to_its_first_place(tmp_path: Path) -> None:
    log = tmp_path / "book.log"
    log.write_text("Missing character: There is no 𓀀 (U+13000) in font name:x!\n" * 2, encoding="utf-8")
    from conftest import read_part

    part: Part = read_part("# One\n\nPlain.\n\n> A `𓀀` and 𓀀.\n")
    ledger = Ledger()
    report_missing_characters(log, {"part-00": part}, (), ledger)
    assert [str(entry.span) for entry in ledger.entries] == ["chapters/1.md:5:6"]


# How diagnostics are printed.


def ledger_of(*spans: Span | None) -> Ledger:
    ledger = Ledger()
    for number, span in enumerate(spans):
        ledger.report("OCT205", span) if number % 2 else ledger.report("OCT109", span, others="")
    return ledger


def test_diagnostics_are_printed_file_by_file_and_line_by_line() -> None:
    ledger = ledger_of(Span("b", 9, 1), Span("a", 5, 2), None, Span("b", 2), Span("a", 5, 1), Span("b", 9, 1))
    assert [str(entry.span) for entry in ledger.in_order()] == ["b:2", "b:9:1", "b:9:1", "a:5:1", "a:5:2", "None"]


def test_a_problem_is_reported_once() -> None:
    ledger = Ledger()
    for _ in range(3):
        ledger.report("OCT205", Span("a", 1, 1))
    assert len(ledger.entries) == 1
    with pytest.raises(KeyError):
        ledger.report("OCT000")


@pytest.mark.parametrize(
    ("line", "column", "caret"),
    [
        ("plain text", 7, "t"),
        ("\ttab then text", 2, "t"),
        ("x" * 300 + "HERE" + "y" * 300, 301, "H"),
        ("日本語の文 word", 7, "w"),
        ("e\N{COMBINING ACUTE ACCENT}e\N{COMBINING ACUTE ACCENT} word", 6, "w"),
        ("a\N{LINE SEPARATOR}b word", 5, "w"),
    ],
)
def test_the_caret_stands_below_the_character(line: str, column: int, caret: str, tmp_path: Path) -> None:
    from octavo.report_text import _columns

    (tmp_path / "a.md").write_text(f"first\n{line}\n", encoding="utf-8")
    ledger = Ledger()
    ledger.report("OCT205", Span("a.md", 2, column))
    _, shown, pointer, _ = as_text(ledger.entries, tmp_path).split("\n")
    before = next(at for at in range(len(shown)) if _columns(shown[:at]) == pointer.index("^"))
    assert shown[before:].lstrip("\N{COMBINING ACUTE ACCENT}").startswith(caret)
    assert len(shown) < 120


def test_json_and_annotations_hold_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ledger = Ledger()
    ledger.report("OCT401", Span("a, b:c.md", 3, 4), message="100% wrong\nhere", log="x")
    ledger.report("OCT402", None, log="x", last="y")
    found = json.loads(as_json(ledger.entries, tmp_path))
    assert [(p["file"], p["line"], p["column"]) for p in found] == [("a, b:c.md", 3, 4), (None, None, None)]
    first, second = as_github(ledger.entries, tmp_path).split("\n")
    assert first.startswith(
        "::error file=a%2C b%3Ac.md,line=3,col=4,endColumn=5,title=OCT401::LaTeX stopped: 100%25 wrong here."
    )
    assert second.startswith("::error title=OCT402::")


def test_annotations_name_the_file_from_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ledger = ledger_of(Span("chapters/1.md", 3, 4))
    assert "file=docs/chapters/1.md,line=3" in as_github(ledger.entries, Path("docs"))


def test_a_file_is_named_from_here_and_for_github_from_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    here = tmp_path / "docs" / "notes"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    ledger = ledger_of(Span("chapters/1.md", 3, 4))
    for folder in (Path("../report"), tmp_path / "docs" / "report"):
        assert as_text(ledger.entries, folder).startswith("../report/chapters/1.md:3:4: ")
        assert json.loads(as_json(ledger.entries, folder))[0]["file"] == "../report/chapters/1.md"
        assert "file=docs/report/chapters/1.md,line=3" in as_github(ledger.entries, folder)


@pytest.mark.parametrize(
    ("line", "column", "marked"),
    [
        ("See [@nobody2000, p. 3] there", 6, "@nobody2000"),
        ("A [link to](#nowhere) it", 3, "[link to](#nowhere)"),
        ("<video src=x> it", 1, "<video src=x>"),
        ("with `code it` and", 6, "`code it`"),
        ("the 日本 word", 5, "日本"),
        ("a sign ≢ is", 8, "≢"),
        ("  an item", 0, "an item"),
    ],
)
def test_what_is_meant_is_underlined_and_has_its_end(line: str, column: int, marked: str, tmp_path: Path) -> None:
    from octavo.report_text import _columns

    (tmp_path / "a.md").write_text(f"{line}\n", encoding="utf-8")
    ledger = ledger_of(Span("a.md", 1, column))
    _, shown, pointer, _ = as_text(ledger.entries, tmp_path).split("\n")
    assert pointer.count("^") == _columns(marked) and shown[pointer.index("^") :].startswith(marked)
    problem = json.loads(as_json(ledger.entries, tmp_path))[0]
    assert line[max(column - 1, 0) : problem["end_column"] - 1].strip() == marked and problem["end_line"] == 1


ATTACK = "\x1b[31mred\x07\u202eevil\u2066\x9b1m\udcff"


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_no_message_holds_a_control_or_a_mark_of_direction(form: str, tmp_path: Path) -> None:
    from octavo.report_text import render

    (tmp_path / "a.md").write_text(ATTACK[:-1] + " word\n", encoding="utf-8")
    ledger = ledger_of(Span("a.md", 1, 3), Span(f"{ATTACK}.md", 1, 1))
    ledger.report("OCT401", Span("a.md", 1), message=f"{ATTACK}\nerror: forged", log=ATTACK)
    text = render(ledger.entries, form, tmp_path)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066\ud800-\udfff]", text)
    assert "U+001B[31mredU+0007U+202Eevil" in text and not re.search("^error: forged", text, re.M)
    if form == "json":
        assert json.loads(text)[1]["file"].endswith(f"{ATTACK}.md"), "a program gets the name as it is"


def test_the_attack_on_the_terminal_is_shown_and_not_obeyed(project: Project) -> None:
    project.chapters("# One\n\n\\foo{\x1b[31mRED}\n\n<\x1b[31mb>x</b>\n\n[@no\u202ekey] [x](#\x1b[2J)\n", output="a")
    for form in ("text", "json", "github"):
        done = project.octavo("check", "--format", form)
        assert done.problems if form == "json" else done.out + done.err
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.out + done.err), done.err


def test_every_severity_has_a_word_of_its_own() -> None:
    assert {severity.value for severity in Severity} == {"error", "warning", "note"}


def test_a_file_outside_the_report_is_named_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ledger = ledger_of(Span(str(tmp_path / "chapters" / "1.md"), 1, 1), Span("/elsewhere/2.md", 1, 1))
    places = [p["file"] for p in json.loads(as_json(ledger.entries, tmp_path))]
    assert places == ["chapters/1.md", "/elsewhere/2.md"]


def test_an_empty_folder_is_no_report(tmp_path: Path) -> None:
    done = run_octavo("--project", str(tmp_path), "build")
    assert done.status == 1
    assert "error OCT100: There is no report.yaml" in done.err
    assert list(tmp_path.iterdir()) == []


OWN_STYLES = [
    ("octavo-theme.sty", "\\nosuchcommand\n", ":1:1", "Undefined control sequence `\\nosuchcommand`"),
    ("octavo-theme.sty", "\\RequirePackage{nosuchpackage}\n", "", "File `nosuchpackage.sty' not found"),
    ("octavo-theme.sty", "\\newcommand{\n", "", "File ended while scanning use of"),
    ("octavo-keep.lua", "local x\nx = = 3\n", ":2:1", "unexpected symbol near '='"),
    ("octavo-keep.lua", "\nnothing.here()\n", ":2:1", "attempt to index a nil value"),
]


@pytest.mark.tex
@pytest.mark.parametrize(("name", "text", "place", "words"), OWN_STYLES)
def test_an_error_in_a_style_of_the_report_is_told_there(
    name: str, text: str, place: str, words: str, project: Project
) -> None:
    project.chapters("# One\n\nText.\n")
    project.write(f"templates/style/{name}", text)
    (problem,) = (
        found for found in project.octavo("build", "--format", "json").problems if found["severity"] == "error"
    )
    file, line, column = problem["file"], problem["line"], problem["column"]
    assert f"{file}:{line}:{column}" == f"templates/style/{name}{place}" or (not place and file.endswith(name))
    assert words in problem["problem"]


@pytest.mark.tex
def test_an_error_in_a_macro_of_a_style_of_the_report_is_told_there(project: Project) -> None:
    project.chapters("# One\n\n> A quotation.\n")
    standard = (ROOT / "templates" / "style" / "octavo-blocks.sty").read_text(encoding="utf-8")
    broken = standard.replace(
        "{\\par\\addvspace\\octskip\\oct@grid=0", "{\\par\\nosuchthing\\addvspace\\octskip\\oct@grid=0"
    )
    project.write("templates/style/octavo-blocks.sty", broken)
    line = next(at for at, text in enumerate(broken.splitlines(), start=1) if "nosuchthing" in text)
    (problem,) = (
        found for found in project.octavo("build", "--format", "json").problems if found["severity"] == "error"
    )
    assert (problem["file"], problem["line"]) == ("templates/style/octavo-blocks.sty", line)
    assert "`\\nosuchthing`" in problem["problem"]
