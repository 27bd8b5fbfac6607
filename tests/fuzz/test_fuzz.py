"""Give Octavo damaged inputs of every kind: each builds, or ends in messages with a place, and harms no file.

CI tries a few of each kind, always the same; `octavo test tests/fuzz --hunt 500` tries so many others. An input that
was bad once is kept under `found/`, by its kind, and tried for ever.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from conftest import Project
from damage import damaged
from PIL import Image

from octavo import cli

HERE = Path(__file__).parent
SEEDS, FOUND = HERE / "seeds", HERE / "found"
#: How many of each kind CI tries, and how long one may take, in seconds: more is a hang.
EACH, LONGEST = 4, 60
#: Where an input of a kind stands in the report.
PLACES = {
    "chapter": "chapters/2.md", "report": "report.yaml", "sources": "refs.bib", "json": "refs.json",
    "yaml": "refs.yaml", "style": "style.csl", "data": "figures/d.yaml", "template": "templates/elements.tex",
    "design": "templates/design.yaml", "vector": "p.svg", "raster": "p.png", "page": "p.pdf",
}  # fmt: skip
KEYS: dict[str, Any] = {
    "parts": {"chapters": ["chapters/1.md", "chapters/2.md"]},
    "editions": {"screen": {"cover": "none"}},
    "layers": [{"piece": name, "level": name, "question": "Why?"} for name in ("One", "Two")],
}
SECRET = "this belongs to somebody else"
#: Messages about a machine, which have no place.
PLACELESS = frozenset({"OCT001"})


def rasters() -> list[bytes]:
    """Return one picture in each format of pixels."""
    made = []
    for form in ("PNG", "JPEG", "GIF", "WEBP", "TIFF"):
        file = io.BytesIO()
        Image.new("RGB", (60, 40), (200, 30, 30)).save(file, form)
        made.append(file.getvalue())
    return made


def pages() -> list[bytes]:
    """Return a PDF of one page, plain and compressed."""
    made = []
    for compress in (False, True):
        pdf, file = pikepdf.new(), io.BytesIO()
        page = pdf.add_blank_page(page_size=(60, 40))
        page.Contents = pdf.make_stream(b"1 0 0 rg 0 0 60 40 re f")
        pdf.save(file, compress_streams=compress, deterministic_id=True)
        made.append(file.getvalue())
    return made


def seeds(kind: str) -> list[bytes]:
    """Return what is damaged to make the inputs of a kind."""
    if kind == "raster":
        return rasters()
    if kind == "page":
        return pages()
    return [path.read_bytes() for path in sorted((SEEDS / kind).iterdir())]


def report_with(kind: str, data: bytes, folder: Path) -> Project:
    """Write a report that has everything, with this input in the place of the sound one."""
    (folder / "outside").mkdir(parents=True)
    (folder / "outside" / "secret.txt").write_text(SECRET, encoding="utf-8")
    project = Project(folder / "report")
    project.write("chapters/1.md", "# Front\n\nText.\n")
    project.write("chapters/2.md", (SEEDS / "chapter" / "all.md").read_bytes())
    files = [PLACES[kind] if kind in ("json", "yaml") else "refs.bib"]
    project.describe(**KEYS | {"bibliography": {"files": files, "style": "style.csl"}})
    for name in ("sources/refs.bib", "style/style.csl", "vector/p.svg"):
        project.write(Path(name).name, (SEEDS / name).read_bytes())
    project.write("p.png", rasters()[0])
    project.write("p.pdf", pages()[0])
    project.write("figures/d.yaml", (SEEDS / "data" / "timeline.yaml").read_bytes())
    if kind in ("vector", "page"):
        text = (project.folder / "chapters" / "2.md").read_text(encoding="utf-8")
        project.write("chapters/2.md", text.replace("p.png", PLACES[kind]))
    if kind == "report":
        project.write("chapters/1.md", "# Front\n\nText, \\textbf{raw}.\n")
    if kind == "data":
        project.write("chapters/1.md", '# Front\n\n::: {#fig:d .figure data="figures/d.yaml"}\nData\n:::\n')
    project.write(PLACES[kind], data)
    return project


def faults_of(project: Project, command: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Run a command over a report, and say what is wrong with how it ended."""
    begun = time.monotonic()
    status = cli.main(["--project", str(project.folder), "--format", "json", command])
    seconds = time.monotonic() - begun
    out, err = capsys.readouterr()
    faults = [] if status in (0, 1) else [f"exit {status}"]
    faults += [f"{seconds:.0f} s"] if seconds > LONGEST else []
    faults += ["a traceback"] if "Traceback" in out + err else []
    faults += ["a raw control character"] if any(sign in out + err for sign in "\x1b\x00\u202e") else []
    problems: list[dict[str, Any]] = json.loads(out) if out.startswith("[") else json.loads(out)["problems"]
    faults += [f"{p['code']}: {p['problem']}" for p in problems if p["code"].startswith("OCT9")]
    faults += [
        f"{p['code']} has no place: {p['problem']}"
        for p in problems
        if p["severity"] == "error" and not p["file"] and p["code"] not in PLACELESS
    ]
    if status == 1 and not any(p["severity"] == "error" for p in problems):
        faults.append("it failed without an error")
    files = {path.name for path in (project.folder.parent / "outside").iterdir()}
    if files != {"secret.txt"} or (project.folder.parent / "outside" / "secret.txt").read_text() != SECRET:
        faults.append("a file of others was changed")
    if any(SECRET.encode() in pdf.read_bytes() for pdf in project.pdfs):
        faults.append("a file of others was read")
    return faults


@pytest.fixture
def tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str, bytes, str], list[str]]:
    """Give a function that runs a command over one input and returns its faults."""

    def run(kind: str, data: bytes, command: str) -> list[str]:
        folder = tmp_path / "stranger"
        shutil.rmtree(folder, ignore_errors=True)
        project = report_with(kind, data, folder)
        monkeypatch.chdir(project.folder)
        return faults_of(project, command, capsys)

    return run


@pytest.mark.parametrize("kind", sorted(PLACES))
def test_a_damaged_input_ends_in_messages_with_a_place(
    kind: str, tried: Callable[[str, bytes, str], list[str]], request: pytest.FixtureRequest
) -> None:
    hunt = request.config.getoption("--hunt")
    first = random.randrange(10**6, 10**9) if hunt else 0
    own, wrong = seeds("report" if kind == "design" else kind), {}
    for number in range(first, first + (hunt or EACH)):
        data = damaged(own, number, kind)
        if faults := tried(kind, data, "check"):
            wrong[number] = faults
            if hunt:
                (FOUND / kind).mkdir(parents=True, exist_ok=True)
                (FOUND / kind / str(number)).write_bytes(data)
    assert not wrong


@pytest.mark.parametrize("path", sorted(FOUND.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_an_input_that_was_bad_once_is_good(path: Path, tried: Callable[[str, bytes, str], list[str]]) -> None:
    assert tried(path.parent.name, path.read_bytes(), "check") == []


@pytest.mark.tex
@pytest.mark.parametrize("kind", ["chapter", "vector", "raster", "page"])
def test_what_check_lets_pass_is_printed(
    kind: str, tried: Callable[[str, bytes, str], list[str]], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    hunt = request.config.getoption("--hunt")
    first, passed = random.randrange(10**6, 10**9) if hunt else 0, 0
    for number in range(first, first + (hunt or EACH // 2)):
        data = damaged(seeds(kind), number, kind)
        assert tried(kind, data, "build") == [], number
        passed += bool(list((tmp_path / "stranger" / "report" / "dist").glob("*.pdf")))
    assert passed


def test_the_sound_seeds_have_nothing_to_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind in sorted(PLACES):
        for number, data in enumerate(seeds("report" if kind == "design" else kind)):
            if kind == "design":
                data = b"colors: {link: CC0000}\n"
            project = report_with(kind, data, tmp_path / f"{kind}-{number}")
            monkeypatch.chdir(project.folder)
            cli.main(["--project", str(project.folder), "--format", "json", "check"])
            problems = json.loads(capsys.readouterr().out)
            assert [p["problem"] for p in problems if p["severity"] == "error"] == [], (kind, number)
