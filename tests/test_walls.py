"""Attack the walls around the programs, each wall with the others taken away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import jinja2
import jinja2.exceptions
import pikepdf
import pytest

from octavo.cli import main
from octavo.confinement import Walls, has_seccomp, landlock_version
from octavo.diagnostics import Ledger, Span
from octavo.figures.data import load_all
from octavo.latex.environment import open_templates
from octavo.manifest import load
from octavo.manuscript.bibliography import Bibliography
from octavo.manuscript.formulas.tokens import Macro
from octavo.manuscript.part import Part
from octavo.manuscript.reading import read
from octavo.manuscript.stops import first_stop, stopping_file
from octavo.press.driver import own_fonts
from octavo.press.engine import EngineStoppedError, Press
from octavo.runner import Bounds, run
from octavo.workspace import ProgramStoppedError, revision_of, run_pandoc

needs_landlock = pytest.mark.skipif(not landlock_version(), reason="this kernel has no Landlock")
needs_seccomp = pytest.mark.skipif(not has_seccomp(), reason="no filter for this machine")
DRIVER = r"""\documentclass{book}\usepackage{octavo-engine}\begin{document}
\directlua{dofile 'attack.lua'}x\end{document}"""
MARKS = "io.open('book.marks', 'w'):close()\n"
CIRCLE = "\\newcommand{\\one}{x\\two}\n\\newcommand{\\two}{\\one}\n"
#: Each macro is four times the next, and none uses itself.
DOUBLED = "".join(rf"\newcommand{{\x{a}}}{{\x{b}\x{b}\x{b}\x{b}}}" + "\n" for a, b in pairwise("abcdefghijklmnopq"))
ATTEMPT = """do
  local ok, why = pcall(function() %s end)
  local verdicts = io.open('verdicts', 'a'); verdicts:write(ok and 'through' or 'held', '\\n'); verdicts:close()
end
"""


def attacked(folder: Path, *attempts: str) -> list[str]:
    """Return how each attack in Lua ends, in one run of the engine; nothing but the walls is in its way."""
    place = folder / "press"
    place.mkdir()
    support = {
        "octavo-engine.sty": r"\directlua{require 'octavo-press'}",
        "octavo-press.lua": "octavo = {}",
        "attack.lua": MARKS + "".join(ATTEMPT % attempt for attempt in attempts),
    }
    press = Press(place, DRIVER, support, [], seconds=60)
    try:
        press.finish()
    except EngineStoppedError:
        pass
    finally:
        press.stop()
    verdicts = place / "verdicts"
    return verdicts.read_text(encoding="utf-8").split() if verdicts.exists() else []


ATTACKS = [
    "assert(io.open('/etc/passwd'))",
    "assert(io.open('SECRET'))",
    "assert(io.open('VICTIM', 'w'))",
    "assert(os.remove('VICTIM'))",
    "assert(os.rename('VICTIM', 'VICTIM2'))",
    "assert(lfs.mkdir('HOME/new'))",
    "assert(lfs.rmdir('HOME/empty'))",
    "assert(lfs.link('VICTIM', 'HOME/linked', true))",
    "assert(os.execute('touch HOME/ran') == 0)",
    "assert(io.popen('touch HOME/ran'):close())",
    "assert(os.spawn{'touch', 'HOME/ran'} == 0)",
    "assert(loadfile('SECRET'))",
    "for line in lfs.dir('HOME') do end",
    "assert(require('socket.core').tcp():connect('127.0.0.1', 9))",
    "assert(require('socket.core').udp():setpeername('127.0.0.1', 9))",
]
#: What ends the run when it fails.
FATAL = ["assert(img.scan{filename = 'HOME/picture.pdf'})", "assert(pdf.immediateobj('file', 'SECRET'))"]


@needs_landlock
@pytest.mark.parametrize("attacks", [ATTACKS, *([one] for one in FATAL)], ids=["together", "image", "object"])
def test_the_engine_reaches_nothing_of_a_person(tmp_path: Path, attacks: list[str]) -> None:
    home = tmp_path / "home"
    (home / "empty").mkdir(parents=True)
    (home / "secret").write_text("return 1", encoding="utf-8")
    (home / "victim").write_text("mine", encoding="utf-8")
    with pikepdf.new() as picture:
        picture.add_blank_page()
        picture.save(home / "picture.pdf")
    before = sorted(home.rglob("*"))
    names = {"SECRET": home / "secret", "VICTIM": home / "victim", "HOME": home}
    for name, path in names.items():
        attacks = [attack.replace(name, str(path)) for attack in attacks]
    found = attacked(tmp_path, *attacks)
    assert [attack for attack, verdict in zip(attacks, found, strict=False) if verdict != "held"] == []
    assert len(found) == len(attacks) or len(attacks) == 1
    assert sorted(home.rglob("*")) == before
    assert (home / "victim").read_text(encoding="utf-8") == "mine"


def test_the_engine_works_behind_its_walls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "secret")
    wanted = ("assert(io.open('own', 'w'))", "assert(os.getenv('API_TOKEN') == nil)")
    assert attacked(tmp_path, *wanted) == ["through", "through"]
    assert (tmp_path / "press" / "book.pdf").exists()


ASK_SOCKET = """import socket
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    try: socket.socket(socket.AF_INET, kind)
    except PermissionError: print("refused")
"""


def interpreter(code: str, walls: Walls) -> str:
    """Run Python behind walls and return what it prints."""
    program = str(Path(sys.executable).resolve())
    walls = Walls(reads=(Path(sys.base_prefix), *walls.reads), landlock=walls.landlock, seccomp=walls.seccomp)
    return run([program, "-I", "-S", "-c", code], walls, Bounds(seconds=20)).stdout.decode()


@needs_seccomp
def test_a_program_has_no_socket_where_there_is_no_landlock() -> None:
    assert interpreter(ASK_SOCKET, Walls(landlock=False)).split() == ["refused", "refused"]


@needs_landlock
@pytest.mark.skipif(landlock_version() < 4, reason="binds TCP from version 4 on")
def test_a_program_has_no_connection_where_there_is_no_seccomp() -> None:
    code = "import socket\ntry: socket.create_connection(('127.0.0.1', 9))\nexcept OSError as e: print(e.errno)"
    assert interpreter(code, Walls(seccomp=False)).strip() == "13"


def test_walls_bind_the_program_and_not_octavo(tmp_path: Path) -> None:
    run(["true"], Walls(), Bounds())
    (tmp_path / "written").write_text("x", encoding="utf-8")
    assert Path("/etc/passwd").read_bytes()


def test_a_program_that_says_too_much_or_too_long_is_stopped() -> None:
    started = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        run(["sleep", "60"], Walls(), Bounds(seconds=1))
    assert time.monotonic() - started < 10


@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv of util-linux")
def test_no_program_outlives_octavo(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from octavo.runner import *; from octavo.confinement import Walls\n"
        "print(start(['sleep', '61'], Walls(), Bounds(seconds=0)).pid, flush=True)\n"
        "import time; time.sleep(60)"
    )
    root = str(Path(__file__).parent.parent)
    with subprocess.Popen([sys.executable, "-c", code, root], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    for _ in range(50):
        status = Path(f"/proc/{child}/stat")
        if not status.exists() or status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.1)
    os.kill(child, 9)
    pytest.fail("the program goes on")


def test_pandoc_that_finds_no_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("octavo.workspace.PANDOC_BOUNDS", Bounds(seconds=1, memory=0))
    with pytest.raises(ProgramStoppedError, match="Pandoc was stopped: it took more than 1 s"):
        run_pandoc(["-f", "markdown", "-t", "json"], "[" * 40)


def test_pandoc_takes_no_more_than_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("octavo.workspace.PANDOC_MEMORY", "40m")
    with pytest.raises(ProgramStoppedError, match="memory"):
        run_pandoc(["-f", "markdown", "-t", "json"], "word *word* `x`\n\n" * 60_000)


def test_the_settings_of_a_repository_run_no_program(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        subprocess.run(["git", "-C", tmp_path, *identity, *words], check=True, capture_output=True)

    git("init")
    (tmp_path / "a").write_text("a", encoding="utf-8")
    (tmp_path / ".gitattributes").write_text("* filter=evil", encoding="utf-8")
    git("add", "a")
    git("commit", "-m", "one")
    ran = tmp_path / "ran"
    for name in ("core.fsmonitor", "filter.evil.clean", "filter.evil.process", "core.sshCommand", "core.pager"):
        git("config", name, f"touch {ran}")
    (tmp_path / "a").write_text("b", encoding="utf-8")
    found = revision_of(tmp_path)
    assert not ran.exists()
    assert len(found) >= 7 or not found


def test_a_template_reaches_nothing_of_python(tmp_path: Path) -> None:
    (tmp_path / "evil.tex").write_text("<< ''.__class__.__mro__[1].__subclasses__() >>", encoding="utf-8")
    with pytest.raises(jinja2.exceptions.SecurityError):
        open_templates((tmp_path,)).get_template("evil.tex").render()


def test_a_book_that_pandoc_never_finishes_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "report.yaml").write_text(
        "title: T\nauthors: [A]\nlanguage: en-US\nparts:\n  chapters: [one.md]\n", encoding="utf-8"
    )
    (tmp_path / "one.md").write_text(f"# One\n\n{CIRCLE}\n\\one\n", encoding="utf-8")
    monkeypatch.setattr("octavo.workspace.PANDOC_BOUNDS", Bounds(seconds=0.5, memory=0))
    assert main(["--project", str(tmp_path), "check"]) == 1
    said = capsys.readouterr()
    assert "one.md:3: error OCT010: Pandoc was stopped: it took more than 0." in said.out + said.err


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (f"# Two\n\n{CIRCLE}\n\\one\n", 3, "; the macro `\\one` uses itself."),
        ("# Two\n\n\\newcommand\\one{\\one}\n\n$\\one$\n", 3, "it says “Loop encountered in expanding macro one”"),
        (f"# Two\n\n{DOUBLED}\nText.\n\n\\xa\n\nText.\n", 22, "it took more than"),
    ],
)
def test_what_pandoc_finds_no_end_in_is_told_with_its_line(
    text: str, line: int, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octavo.workspace.PANDOC_BOUNDS", Bounds(seconds=1, memory=0))
    texts = {"1.md": "# One\n\nText.\n", "2.md": text, "3.md": "# Three\n\nText.\n"}
    parts = [Part(path, "chapter", source) for path, source in texts.items()]
    with pytest.raises(ProgramStoppedError) as told:
        read(parts, Bibliography(), "en", run_pandoc, Ledger())
    assert told.value.place == Span("2.md", line)
    assert reason in f"{told.value.reason}."


@pytest.mark.parametrize("first", [1, 2, 37, 98, 99])
def test_the_first_piece_that_stops_is_found_in_few_tries(first: int) -> None:
    tried: list[int] = []

    def stopping(count: int) -> bool:
        tried.append(count)
        return count >= first

    assert first_stop(99, stopping) == first
    assert len(tried) <= 12


def test_a_formula_that_pandoc_never_finishes_is_told_at_its_place() -> None:
    def slow(arguments: Sequence[str], text: str, seconds: float = 20) -> tuple[str, str]:
        return run_pandoc(arguments, text, -20 if "formulas" in text and "frac" in text else seconds)

    part = Part("1.md", "chapter", "# One\n\n$\\own$ and\n$\\frac \\own 2$ and $3\\own$\n")
    with pytest.raises(ProgramStoppedError) as told:
        read([part], Bibliography(), "en", slow, Ledger(), macros={"own": Macro(0, "x")})
    assert told.value.place is not None and (told.value.place.file, told.value.place.line) == ("1.md", 4)


def test_a_file_of_sources_that_pandoc_never_finishes_is_named(tmp_path: Path) -> None:
    def slow(arguments: Sequence[str], text: str, seconds: float = 0) -> tuple[str, str]:
        return run_pandoc(arguments, text, 0.001 if "Second" in text else 20)

    files = (tmp_path / "a.bib", tmp_path / "b.json")
    files[0].write_text("@book{a, title={First}}\n", encoding="utf-8")
    files[1].write_text('[{"id": "b", "type": "book", "title": "Second"}]', encoding="utf-8")
    assert stopping_file(files, slow) == files[1]
    assert stopping_file(files[:1], slow) is None


@pytest.mark.parametrize(
    "linked", ["chapters/one.md", "chapters", "references.bib", "figures/chart.yaml", "fonts/own.otf"]
)
def test_a_link_out_of_the_report_is_not_followed(linked: str, tmp_path: Path) -> None:
    report, foreign = tmp_path / "report", tmp_path / "foreign"
    for folder in (report / "chapters", report / "figures", report / "fonts", foreign / "chapters"):
        folder.mkdir(parents=True)
    chapter = "# One\n\nIn the palm of the hand.\n"
    for path in ("one.md", "chapters/one.md"):
        (foreign / path).write_text(chapter, encoding="utf-8")
    (report / "chapters" / "one.md").write_text(chapter, encoding="utf-8")
    (report / "references.bib").write_text("", encoding="utf-8")
    (report / "report.yaml").write_text(
        "title: T\nauthors: [A]\nlanguage: en\nbibliography: {files: [references.bib]}\n"
        "fonts: {text: {regular: own.otf}}\nparts:\n  chapters: [chapters/one.md]\n",
        encoding="utf-8",
    )
    found = Ledger()
    examine(report, found)
    assert "OCT119" not in {entry.code for entry in found.entries}
    if (report / linked).is_dir():
        shutil.rmtree(report / linked)
    else:
        (report / linked).unlink(missing_ok=True)
    (report / linked).symlink_to(foreign / linked if linked == "chapters" else foreign / "one.md")
    found = Ledger()
    examine(report, found)
    assert [entry.code for entry in found.entries if entry.code == "OCT119"] == ["OCT119"]


def examine(folder: Path, ledger: Ledger) -> None:
    report = load(folder, ledger)
    if report:
        load_all(folder, ledger)
        own_fonts(report, ledger)
