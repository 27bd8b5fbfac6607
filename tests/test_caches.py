"""Damage every file of every cache, and hold the next build to the same book."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import CASES, Outcome, Project

from octavo.sealed import is_whole, put, read_sealed, read_values, write_sealed, write_values

#: What happens to a file: cut off, emptied, overwritten with another text, one byte changed, and of another version.
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "foreign": lambda data: b'{"a": 1}\n' * 20,
    "one byte": lambda data: data[:-3] + bytes([data[-3] ^ 1]) + data[-2:] if len(data) > 3 else b"?",
    "binary": lambda data: bytes(range(256)) * 4,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_sealed_file_that_is_not_what_was_kept_is_not_read(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    place = tmp_path / "folder" / "text"
    write_sealed(place, b"what was kept")
    assert read_sealed(place) == b"what was kept"
    place.write_bytes(damage(place.read_bytes()))
    assert read_sealed(place) is None
    write_sealed(place, b"made again")
    assert read_sealed(place) == b"made again"


def test_values_are_kept_as_they_are(tmp_path: Path) -> None:
    write_values(tmp_path / "values", {"b": [1, 2.5, "ü"], "a": None})
    assert read_values(tmp_path / "values") == {"b": [1, 2.5, "ü"], "a": None}
    assert read_values(tmp_path / "none") is None


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_file_that_others_read_is_known_again(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    source, place = tmp_path / "made", tmp_path / "kept.pdf"
    source.write_bytes(b"%PDF of some length")
    put(source, place)
    assert is_whole(place)
    assert not source.exists()
    place.write_bytes(damage(place.read_bytes()))
    assert not is_whole(place)


def test_a_cache_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    write_sealed(tmp_path / "file" / "below", b"text")
    assert read_sealed(tmp_path / "file" / "below") is None


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, dict[str, str]]:
    """Build a report once, with a cache of its own beside it."""
    folder = tmp_path_factory.mktemp("caches")
    project = Project(folder / "report")
    shutil.copytree(CASES / "report", project.folder)
    environment = {"OCTAVO_CACHE": str(folder / "user")}
    done = build(project, environment)
    assert done.status == 0, done.err
    return project, environment


def build(project: Project, environment: dict[str, str]) -> Outcome:
    return project.octavo("--format", "json", "build", environment=environment)


def kept(project: Project, environment: dict[str, str]) -> Iterator[Path]:
    """Yield every file that a build keeps for the next; the faces that the engine's loader prepared are its own."""
    for folder in (project.folder / "build" / "cache", Path(environment["OCTAVO_CACHE"])):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not {"texmf-var", "templates"} & set(path.parts):
                yield path


@pytest.mark.tex
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_build_over_damaged_caches_makes_the_same_book(
    warm: tuple[Project, dict[str, str]], damage: Callable[[bytes], bytes]
) -> None:
    project, environment = warm
    before = {pdf.name: hashlib.sha256(pdf.read_bytes()).hexdigest() for pdf in project.pdfs}
    damaged = list(kept(project, environment))
    assert {path.parent.name for path in damaged} >= {"readings", "drawings", "folios"}
    for path in damaged:
        path.write_bytes(damage(path.read_bytes()))
        os.utime(path)
    done = build(project, environment)
    assert done.status == 0, done.err
    assert {pdf.name: hashlib.sha256(pdf.read_bytes()).hexdigest() for pdf in project.pdfs} == before
