"""Do to a build what machines do: the last good PDF stays whole, the next build is right, the cause is named."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
from conftest import ROOT, Outcome, Project
from test_errors import ORDINARY, assert_no_traceback, engines_in, state

pytestmark = [pytest.mark.tex, pytest.mark.xdist_group("faults")]
CHAPTER = "# One\n\nA first sentence with $x^2$ in it.\n\n" + "More text that fills a page of the book.\n\n" * 40
KEYS = {"editions": {"screen": {"cover": "none"}}, "output": "report"}


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Build a small report once; tests copy it."""
    project = Project(tmp_path_factory.mktemp("printed") / "report")
    project.chapters(CHAPTER, **KEYS)
    done = project.octavo("build")
    assert done.status == 0, done.err
    return project


@pytest.fixture
def built(printed: Project, tmp_path: Path) -> Iterator[Project]:
    """Give a report with a good PDF in dist/, and leave no engine behind."""
    project = Project(shutil.copytree(printed.folder, tmp_path / "report"))
    yield project
    assert not engines_in(project.folder)


def begin(project: Project, **environment: str) -> subprocess.Popen[str]:
    """Start a build that goes on by itself."""
    command = [sys.executable, "-m", "octavo", "--project", str(project.folder), "build"]
    given = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.Popen(command, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def is_whole(project: Project) -> bool:
    """Tell whether every finished file opens and has its pages."""
    for path in project.pdfs:
        with pikepdf.open(path) as pdf:
            if not pdf.pages or "/StructTreeRoot" not in pdf.Root:
                return False
    return bool(project.pdfs)


def assert_next_build_is_right(project: Project, printed: Project) -> None:
    project.write("chapters/1.md", CHAPTER)
    done = project.octavo("build")
    assert done.status == 0, done.err
    assert [path.read_bytes() for path in project.pdfs] == [path.read_bytes() for path in printed.pdfs]


def test_builds_at_the_same_time_all_succeed(built: Project, printed: Project) -> None:
    built.write("chapters/1.md", CHAPTER.replace("first", "second"))
    builds = [begin(built) for _ in range(3)]
    ended = [(*process.communicate(timeout=200), process.returncode) for process in builds]
    assert [status for *_, status in ended] == [0, 0, 0], [err for _, err, _ in ended]
    assert sum("Waiting for another run of Octavo in this folder" in err for _, err, _ in ended) == 2
    assert is_whole(built)
    assert_next_build_is_right(built, printed)


@pytest.mark.parametrize("number", range(2))
def test_a_build_that_is_killed_leaves_the_last_good_pdf(number: int, built: Project, printed: Project) -> None:
    before = state(built)
    built.write("chapters/1.md", CHAPTER.replace("first", "other"))
    process = begin(built)
    time.sleep(random.Random(number).uniform(0.1, 2.0))
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL or state(built) != before
    assert is_whole(built)
    deadline = time.monotonic() + 10
    while engines_in(built.folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert_next_build_is_right(built, printed)


@pytest.mark.parametrize("size", [0, 100_000])
def test_a_disk_that_is_full_at_any_size_leaves_the_last_good_pdf(size: int, built: Project, printed: Project) -> None:
    before = state(built)
    shutil.rmtree(built.folder / "build")
    built.write("chapters/1.md", CHAPTER.replace("first", "other"))
    done = built.octavo("build", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
    assert_no_traceback(done)
    assert done.status in (0, 1)
    assert done.status == 0 or (state(built) == before and "error OCT" in done.err), done.err
    assert_next_build_is_right(built, printed)


def test_nothing_of_a_home_is_needed(built: Project, printed: Project) -> None:
    given = {"HOME": "/nonexistent", "XDG_CACHE_HOME": "", "OCTAVO_CACHE": ""}
    built.write("chapters/1.md", CHAPTER.replace("first", "other"))
    done = built.octavo("build", environment=given, prefix=ORDINARY)
    assert_no_traceback(done)
    assert done.status == 0 or ("OCT002" in done.err and "/nonexistent" in done.err), done.err
    assert "report.yaml" not in done.err
    assert_next_build_is_right(built, printed)


def test_a_cache_that_may_not_be_written_is_named_and_harms_nothing(
    built: Project, printed: Project, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o555)
    built.write("chapters/1.md", CHAPTER.replace("first", "other"))
    done = built.octavo("build", environment={"OCTAVO_CACHE": str(cache)}, prefix=ORDINARY)
    assert_no_traceback(done)
    assert done.status == 0 or ("error OCT002" in done.err and "cache/templates" in done.err), done.err
    assert_next_build_is_right(built, printed)


@pytest.mark.parametrize("locale", ["C", "no_SUCH.LOCALE"])
def test_no_locale_changes_the_book(locale: str, built: Project, printed: Project) -> None:
    shutil.rmtree(built.folder / "build")
    done = built.octavo("build", environment={"LC_ALL": locale, "LANG": locale})
    assert done.status == 0, done.err
    assert state(built).keys() == state(printed).keys()
    assert [path.read_bytes() for path in built.pdfs] == [path.read_bytes() for path in printed.pdfs]


@pytest.mark.parametrize("name", ["50% $HOME '\"", "-ü~#&{}\nline", "\udcff\udcfe"])
def test_a_folder_may_have_any_name(name: str, built: Project, printed: Project, tmp_path: Path) -> None:
    place = Project(built.folder.rename(tmp_path / name))
    shutil.rmtree(place.folder / "build")
    done = place.octavo("build")
    assert_no_traceback(done)
    if "\udcff" in name:
        assert done.status == 1 and "report.yaml: error OCT123" in done.err
        return
    assert done.status == 0, done.err
    assert [path.read_bytes() for path in place.pdfs] == [path.read_bytes() for path in printed.pdfs]


@pytest.mark.parametrize("stage", ["Reading", "Typesetting"])
def test_a_chapter_that_goes_or_changes_during_a_build(stage: str, built: Project, printed: Project) -> None:
    built.write("chapters/1.md", CHAPTER.replace("first", "other"))
    process = begin(built)
    assert process.stderr is not None
    seen = next((line for line in process.stderr if line.startswith(stage)), "")
    (built.folder / "chapters" / "1.md").unlink()
    rest = process.stderr.read()
    assert process.wait(timeout=100) in (0, 1), seen + rest
    assert seen and "Traceback" not in rest
    assert is_whole(built)
    assert_next_build_is_right(built, printed)


@pytest.mark.parametrize("year", [1970, 2106])
def test_the_times_of_files_say_nothing(year: int, built: Project, printed: Project) -> None:
    seconds = (year - 1970) * 31_556_952 + 7
    for path in built.folder.rglob("*"):
        os.utime(path, (seconds, seconds))
    built.write("chapters/1.md", CHAPTER.replace("first", "other"))
    os.utime(built.folder / "chapters" / "1.md", (seconds, seconds))
    assert built.octavo("build").status == 0
    assert [path.read_bytes() for path in built.pdfs] != [path.read_bytes() for path in printed.pdfs]
    assert_next_build_is_right(built, printed)


def test_an_engine_that_is_killed_in_the_middle_is_reported(built: Project, printed: Project) -> None:
    before = state(built)
    built.write("chapters/1.md", CHAPTER.replace("first", "other") * 20)
    process = begin(built)
    killed = threading.Event()

    def hunt() -> None:
        while process.poll() is None and not killed.is_set():
            for pid in engines_in(built.folder):
                command = Path(f"/proc/{pid}/cmdline")
                if command.exists() and b"lualatex" in command.read_bytes():
                    time.sleep(0.3)
                    os.kill(int(pid), signal.SIGKILL)
                    killed.set()
                    return
            time.sleep(0.01)

    hunter = threading.Thread(target=hunt)
    hunter.start()
    out, err = process.communicate(timeout=100)
    hunter.join()
    done = Outcome(process.returncode, out, err)
    assert killed.is_set()
    assert done.status == 1 and state(built) == before, err
    assert_no_traceback(done)
    assert "error OCT402" in err or "error OCT010" in err
    assert_next_build_is_right(built, printed)
