"""Check the console command: its words, its defaults, its exit statuses."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from conftest import ROOT, Outcome, Project, run_octavo

from octavo import __version__, cli
from octavo.latex.tree import Element
from octavo.progress import Progress, summary
from octavo.workspace import Workspace

COMMANDS = ["new", "build", "check", "listen", "test", "clean", "doctor"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert text.startswith(f"usage: octavo {command} ")
    assert "--project DIR" in text and "--strict" in text
    assert len(text.split("\n\n")[1]) > 20, "a sentence says what the command does"


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    text = capsys.readouterr().out
    assert [name for name in COMMANDS if not re.search(rf"^    {name} +\w", text, re.MULTILINE)] == []


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"Octavo {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bind"], "invalid choice: 'bind'"),
        (["chek"], "Did you mean `check`?"),
        (["check", "\x1b[31mx"], "unrecognized arguments: U+001B[31mx"),
        (["--projct", "docs"], "unrecognized arguments: --projct. Did you mean `--project`?"),
        (["check", "--strikt"], "Did you mean `--strict`?"),
        (["check", "--formt=json"], "Did you mean `--format`?"),
        (["build", "--html"], "It belongs to `octavo listen`."),
        (["--format", "jsn"], "Did you mean `json`?"),
        (["docs/handbook"], "To name a report, write `--project docs/handbook`."),
        (["docs/handbook/report.yaml"], "To name a report, write `--project docs/handbook/report.yaml`."),
        (["build", "--fast"], "unrecognized arguments: --fast"),
        (["--format", "xml"], "invalid choice: 'xml'"),
        (["check", "chapters/1.md"], "unrecognized arguments: chapters/1.md"),
        (["--project"], "expected one argument"),
    ],
)
def test_a_wrong_command_line_has_its_own_status(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def chosen(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> tuple[str, Path, bool, str]:
    """Return the command that a line leads to, its project, whether it is strict, and the format."""
    seen: list[tuple[str, Path, bool, str]] = []
    for name in COMMANDS:

        def note(options: object, rest: list[str], name: str = name) -> int:
            given = vars(options)
            seen.append((name, given["project"], given["strict"], given["format"]))
            return 0

        monkeypatch.setattr(cli, f"_{name}", note)
    assert cli.main(arguments) == 0
    return seen[0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ("build", Path(), False, "text")),
        (["--strict"], ("build", Path(), True, "text")),
        (["build", "--strict"], ("build", Path(), True, "text")),
        (["--project", "check"], ("build", Path("check"), False, "text")),
        (["--project", "docs", "check"], ("check", Path("docs"), False, "text")),
        (["check", "--project", "docs"], ("check", Path("docs"), False, "text")),
        (["--format", "json", "--strict", "check"], ("check", Path(), True, "json")),
        (["test", "-k", "spans", "-x"], ("test", Path(), False, "text")),
    ],
)
def test_options_stand_before_or_after_the_command(
    arguments: list[str], expected: tuple[str, Path, bool, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Project(tmp_path).describe(parts={"chapters": ["1.md"]})
    monkeypatch.chdir(tmp_path)
    assert chosen(monkeypatch, arguments) == expected


def test_the_nearest_report_upwards_is_meant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inside = tmp_path / "chapters" / "drafts"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert chosen(monkeypatch, [])[1] == Path()
    Project(tmp_path).describe(parts={"chapters": ["1.md"]})
    assert chosen(monkeypatch, [])[1] == Path("../..")
    assert chosen(monkeypatch, ["--project", "../../report.yaml"])[1] == Path("../..")
    monkeypatch.chdir(tmp_path)
    Project(tmp_path).describe(parts={"chapters": ["1.md"]})
    assert chosen(monkeypatch, [])[1] == Path()
    assert chosen(monkeypatch, ["--project", "elsewhere"])[1] == Path("elsewhere")


@pytest.mark.parametrize("command", ["build", "check", "clean"])
def test_the_report_of_the_checkout_is_left_alone_from_another_folder(command: str, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / "octavo", checkout / "octavo", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "templates", checkout / "templates")
    Project(checkout).chapters("# Of the checkout\n")
    kept = Project(checkout).write("dist/kept.pdf", "x")
    away = tmp_path / "away"
    away.mkdir()
    line = [sys.executable, "-P", "-m", "octavo", command, "--format", "json"]
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    done = subprocess.run(line, cwd=away, env=environment, capture_output=True, text=True, check=False)
    assert Outcome(done.returncode, done.stdout, done.stderr).places == ["OCT100 report.yaml:0:0"]
    assert done.returncode == 1 and kept.is_file() and not (checkout / "build").exists()
    assert list(away.iterdir()) == []


@pytest.mark.parametrize(("arguments", "expected"), [([], ["-n", "auto"]), (["-k", "spans"], ["-k", "spans"])])
def test_the_suite_runs_on_every_core_unless_told_how(
    arguments: list[str], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []

    def note(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        seen.append(command)
        return subprocess.CompletedProcess(command, 5)

    monkeypatch.setattr(subprocess, "run", note)
    assert cli.main(["test", *arguments]) == 5
    assert seen[0][:3] == [sys.executable, "-m", "pytest"]
    assert seen[0][3:5] == expected and ("--dist" in seen[0]) == (not arguments)


def test_check_says_how_much_it_read(project: Project) -> None:
    project.chapters("# One\n\nText.\n", "# Two\n\nText.\n")
    done = project.octavo("check")
    assert (done.status, done.err) == (0, "")
    first, second = done.out.splitlines()
    assert first == "No errors in 2 parts." and second.startswith("Not looked at, since it needs TeX: ")
    assert not (project.folder / "dist").exists()


def test_check_needs_no_tex_and_looks_at_fonts_and_signs(project: Project) -> None:
    project.chapters("# One\n\nA sign that nobody has: \U0001fbcf.\n", fonts={"text": {"regular": "Nowhere.otf"}})
    for form in ("text", "json"):
        done = project.octavo("check", "--format", form, environment={"PATH": "/nonexistent"})
        assert done.status == 1 and "OCT001" not in done.err
    assert [p["code"] for p in done.problems if p["code"] in ("OCT404", "OCT403")] == ["OCT404", "OCT403"], done.places
    project.chapters("# One\n\nText.\n")
    done = project.octavo("check", environment={"PATH": "/nonexistent"})
    assert (done.status, done.err) == (0, "")


@pytest.mark.tex
def test_a_report_that_is_begun_builds_without_a_message(tmp_path: Path) -> None:
    project = Project(tmp_path / "my report")
    done = run_octavo("new", "my report", cwd=tmp_path)
    assert (done.status, done.err) == (0, "") and "Build it: octavo --project 'my report'" in done.out
    made = files_of(project)
    assert "report.yaml" in made and all(f"my report/{name}" in done.out for name in made)
    built = project.octavo("--strict", "--format", "json")
    assert (built.status, built.problems) == (0, []), built.problems
    with pikepdf.open(project.folder / "dist" / "report.pdf") as pdf:
        folios = [label for label in range(len(pdf.pages)) if pdf.pages[label].label.isdigit()]
        assert 7 <= len(folios) <= 9 and len(pdf.pages) <= 16
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(project.pdfs[0]))
    for words in (
        "Figure 2.1",
        "Table 2.1",
        "Listing 1.1",
        "Bibliography",
        "Index",
        "Glossary",
        "Summary",
        "Note",
        "Questions",
    ):
        assert words in text, words
    again = run_octavo("new", "my report", "--format", "json", cwd=tmp_path)
    assert (again.status, again.places) == (1, ["OCT120 None:None:None"])
    assert project.octavo("clean").status == 0 and files_of(project) == made


def test_no_report_is_begun_where_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / ".hidden").write_text("x", encoding="utf-8")
    for name in ("file", "full", "file/below"):
        done = run_octavo("new", name, "--format", "json", cwd=tmp_path)
        assert done.status == 1 and [p["code"] for p in done.problems] in (["OCT120"], ["OCT002"])
    assert files_of(Project(tmp_path)) == ["file", "full/.hidden"]
    (tmp_path / "empty").mkdir()
    assert run_octavo("check", cwd=tmp_path / "empty").err.strip().endswith("or begin a report with `octavo new DIR`.")


def test_json_is_all_that_is_printed(project: Project) -> None:
    project.chapters("# One\n\nText.\n")
    done = project.octavo("check", "--format", "json")
    assert json.loads(done.out) == []
    project.chapters("# One\n\n[@nobody]\n")
    done = project.octavo("check", "--format", "json")
    assert [problem["code"] for problem in json.loads(done.out)] == ["OCT201"]


def files_of(project: Project) -> list[str]:
    """Return every file of a report, links too."""
    return sorted(p.relative_to(project.folder).as_posix() for p in project.folder.rglob("*") if not p.is_dir())


@pytest.mark.tex
def test_clean_deletes_what_builds_recorded_and_nothing_else(project: Project) -> None:
    project.chapters("# One\n\nText.\n", output="small")
    foreign = ["build/cache/x", "build/cache/readings/notes", "build/press/screen/mine.txt", "build/lib/a.o"]
    foreign += ["dist/wheel.whl", "dist/figures/photo.jpg", "notes/dist/kept"]
    for path in foreign:
        project.write(path, "x")
    done = project.octavo()
    assert done.status == 0 and "small.pdf" in done.out, done.err
    later = ["build/press/screen/later.txt", "dist/later.pdf"]
    for path in later:
        project.write(path, "x")
    done = project.octavo("clean")
    assert done.status == 0 and "Deleted dist/small.pdf" in done.out, done.err
    assert re.search(r"^Deleted build/press/ \(\d+ files\)$", done.out, re.M), done.out
    assert "dist/wheel.whl" in done.out and "build/lib/ (1 file)" in done.out
    assert files_of(project) == sorted([*foreign, *later, "chapters/1.md", "report.yaml"])
    assert "Deleted nothing" in project.octavo("clean").out


def test_clean_counts_what_a_killed_build_left_and_not_what_was_changed(project: Project) -> None:
    from octavo.record import Record

    project.write("build/press/theirs", "x")
    record = Record(project.folder)
    record.begin()
    project.write("build/press/screen/book.log", "x")
    finished = project.write("dist/a.pdf", "x")
    record.add(finished)
    record.add(project.write("dist/b.pdf", "x"))
    project.write("dist/a.pdf", "changed since")
    made, left = Record(project.folder).clean()
    assert made == ["build/press/screen/book.log", "dist/b.pdf"]
    assert left == ["build/press/theirs", "dist/a.pdf"]
    assert files_of(project) == left


@pytest.mark.parametrize("place", ["build", "dist", "build/press", "dist/figures", "build/cache/readings/deep"])
def test_no_link_leads_out_of_the_report(place: str, tmp_path: Path) -> None:
    project, elsewhere = Project(tmp_path / "report"), tmp_path / "elsewhere"
    project.chapters("# One\n")
    for path in ("small.pdf", "record", "screen/book.log"):
        Project(elsewhere).write(path, "x")
    (project.folder / place).parent.mkdir(parents=True, exist_ok=True)
    (project.folder / place).symlink_to(elsewhere)
    for command in ("build", "check", "clean") if place != "build/cache/readings/deep" else ("build", "check"):
        done = project.octavo(command, "--format", "json")
        assert (done.status, [p["code"] for p in done.problems]) == (1, ["OCT118"]), done.err
    assert project.octavo("clean").status in (0, 1)
    assert files_of(Project(elsewhere)) == ["record", "screen/book.log", "small.pdf"]
    assert (project.folder / place).is_symlink()


def test_clean_keeps_away_from_other_folders(project: Project) -> None:
    project.write("dist/wheel.whl", "x")
    done = project.octavo("clean")
    assert done.status == 1
    assert "error OCT100: There is no report.yaml" in done.err
    assert (project.folder / "dist" / "wheel.whl").is_file()


def test_doctor_names_what_a_build_needs() -> None:
    done = run_octavo("doctor")
    assert "pypandoc_binary" in done.out and "lualatex" in done.out.lower()
    assert "Traceback" not in done.err


def test_conformance_of_a_broken_report_judges_nothing(project: Project) -> None:
    project.chapters("# One\n\n[@nobody]\n")
    done = project.octavo("check", "--conformance", "--format", "json")
    answer = json.loads(done.out)
    assert (done.status, answer["files"], [p["code"] for p in answer["diagnostics"]]) == (1, [], ["OCT201"])


@pytest.mark.tex
def test_a_build_says_what_it_does_and_what_it_made(project: Project) -> None:
    project.chapters("# One\n\nText.\n", output="little-book")
    done = project.octavo()
    assert done.status == 0, done.err
    assert done.err.splitlines() == [
        "Reading 1 parts",
        "Writing chapters/1.md",
        "Typesetting screen",
        "Binding screen",
    ]
    first, second = done.out.splitlines()
    assert re.fullmatch(r"\S*dist/little-book\.pdf  \d+ pages, \d+\.\d MB", first)
    assert re.fullmatch(
        r"\d+\.\d\d s \(start [\d.]+, read [\d.]+, write [\d.]+, typeset [\d.]+, bind [\d.]+\)", second
    )
    assert [path.name for path in project.pdfs] == ["little-book.pdf"]
    again = project.octavo("build", "--format", "json")
    assert json.loads(again.out) == [] and "little-book.pdf  " in again.err


def test_a_reader_who_goes_and_a_folder_that_went_end_it_quietly(project: Project) -> None:
    project.chapters("# One\n\n" + "[@nobody]\n\n" * 3000)
    octavo = f"PYTHONPATH={ROOT} {sys.executable} -m octavo"
    for line in (
        f"{octavo} check --format json | head -1",
        f"{octavo} check 2>&1 | head -1",
        f"{octavo} build 2>&1 | head -0",
        f"{octavo} check --help | head -0",
    ):
        done = subprocess.run(
            ["bash", "-c", f"{line}; echo ${{PIPESTATUS[0]}}"],
            cwd=project.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == "" and len(done.stdout.splitlines()) <= 2, done
        assert done.stdout.splitlines()[-1] in ("141", "0", "1"), done  # who is faster, the writer or the reader?
    gone = f"mkdir gone; cd gone; rmdir ../gone; {octavo} check"
    done = subprocess.run(["bash", "-c", gone], cwd=project.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "no longer there" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.tex
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_a_build_that_is_told_to_stop_leaves_nothing_running(number: int, status: int, project: Project) -> None:
    project.chapters("# One\n\n" + "Words of it, and some more of them.\n\n" * 6000)
    command = [sys.executable, "-m", "octavo", "build"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OCTAVO_CACHE": str(Path.home() / ".cache" / "octavo")}
    done = subprocess.Popen(
        command, cwd=project.folder, env=environment, text=True, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # a suite in the background was told to ignore one
    )  # fmt: skip
    assert done.stderr is not None and done.stderr.readline() == "Reading 1 parts\n"

    def engines() -> list[str]:
        found = []
        for place in Path("/proc").glob("[0-9]*/cwd"):
            with contextlib.suppress(OSError):
                found += [str(place)] if place.resolve().is_relative_to(project.folder / "build") else []
        return found

    assert engines()
    begun = time.monotonic()
    done.send_signal(number)
    _, complaints = done.communicate(timeout=60)
    assert done.returncode == status and time.monotonic() - begun < 5
    assert [line for line in complaints.splitlines() if line.strip() and "Writing" not in line] == (
        ["Stopped. Nothing in dist/ was changed."] if number == signal.SIGINT else []
    )
    assert engines() == [] and not (project.folder / "dist").exists()
    assert project.octavo("clean").status == 0 and not (project.folder / "build").exists()


def test_progress_moves_on_a_terminal_and_is_plain_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    plain, terminal = io.StringIO(), Terminal()
    for stream in (plain, terminal):
        with Progress(stream) as progress:
            progress.show("read", "3 parts")
            progress.show("bind", "screen")
    assert plain.getvalue() == "Reading 3 parts\nBinding screen\n"
    assert terminal.getvalue().endswith("\x1b[2K"), "the moving line is gone at the end"
    assert "Binding screen" in terminal.getvalue()


def test_the_summary_counts_what_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from octavo.book import Product

    monkeypatch.chdir(tmp_path)
    Project(tmp_path).write("dist/a.pdf", b"x" * 1_260_000)
    text = summary(
        [Product("screen", tmp_path / "dist" / "a.pdf", 12, 2, Element("Document"))],
        Workspace(tmp_path, {"read": 0.5}),
        ("1 picture has no description",),
    )
    assert text.splitlines()[0] == "dist/a.pdf  12 pages, 1.3 MB, 2 engine runs"
    assert text.splitlines()[1].endswith(" s (read 0.50)")
    assert text.splitlines()[2] == "This PDF does not claim to be PDF/UA: 1 picture has no description."


@pytest.mark.tex
def test_a_template_with_a_mistake_is_named(project: Project) -> None:
    project.chapters("# One\n\nText.\n")
    project.write("templates/elements.tex", "<% macr paragraph(content) %>\n")
    done = project.octavo("check")
    assert done.status == 1
    assert "templates/elements.tex:1" in done.err and "OCT407" in done.err
    assert "Traceback" not in done.err


def test_a_citation_behind_a_reference_is_explained(project: Project) -> None:
    project.chapters("# One {#sec:one}\n\nSee @sec:one [@key].\n")
    done = project.octavo("check")
    assert done.status == 1 and "OCT212" in done.err, done.err


def test_a_layer_label_that_is_too_long_is_said_so(project: Project) -> None:
    layers = [{"piece": name * 30, "level": "Level", "question": "Why?"} for name in ("One", "Two")]
    layers[0]["chapter"] = "chapters/1.md"
    project.chapters("# One\n\nText.\n", layers=layers)
    done = project.octavo("build")
    assert done.status == 1 and "OCT306" in done.err and "Traceback" not in done.err, done.err


def test_a_name_that_a_template_does_not_know_is_told_at_its_line(project: Project) -> None:
    project.chapters("# One\n\nText.\n")
    standard = (ROOT / "templates" / "elements.tex").read_text(encoding="utf-8")
    project.write("templates/elements.tex", "<# Elements #>\n<# of ours #>\n<< nowhere.at_all >>\n" + standard)
    done = project.octavo("check", "--format", "json")
    told = [(problem["code"], problem["file"], problem["line"]) for problem in done.problems]
    assert told == [("OCT407", "templates/elements.tex", 3)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"<% include 'no.tex' %>\n", "it asks for the template `no.tex`, which is nowhere"),
        (b"no macros\n", "it has no macro `"),
        (b"caf\xe9\n", "it is not UTF-8 text"),
    ],
)
def test_a_template_that_cannot_be_used_is_told_in_its_file(project: Project, text: bytes, words: str) -> None:
    project.chapters("# One\n\nText.\n")
    project.write("templates/elements.tex", text)
    (problem,) = project.octavo("check", "--format", "json").problems
    assert problem["file"] == "templates/elements.tex" and words in problem["problem"]
    assert str(ROOT) not in problem["problem"]
