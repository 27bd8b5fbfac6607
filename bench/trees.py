"""Fetch trees of Markdown out of published packages, and make a report of each, as on the first day."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

LIST = Path(__file__).parent / "corpus.yaml"
#: What a report is copied with: its chapters may name these.
BESIDE = ("*.png", "*.jpg", "*.jpeg", "*.gif", "*.svg", "*.webp", "*.pdf", "*.bib", "*.csl", "*.md", "*.qmd", "*.Rmd",
          "_*.yml", "*.txt")  # fmt: skip
_EXAMPLE = re.compile(r"^(`{10,}) example[^\n]*\n(.*?)^\.\n.*?^\1$", re.M | re.S)
_SOURCES = Path("/etc/apt/sources.list.d/debian.sources")


@dataclass(frozen=True)
class Tree:
    """Name a tree: its dialect and language, the client and package that it comes by, and its chapters in order."""

    name: str
    dialect: str
    client: str
    package: str
    files: tuple[str, ...]
    folder: str = "."
    language: str = "en"
    examples: bool = False

    @classmethod
    def of(cls, name: str, keys: dict[str, Any]) -> Tree:
        """Read one entry of the list."""
        ((client, package),) = keys["from"].items()
        return cls(
            name, keys["dialect"], client, package, tuple(keys["files"]), keys.get("folder", "."),
            keys.get("language", "en"), keys.get("examples", False),
        )  # fmt: skip


def trees() -> list[Tree]:
    """Return every tree of the list."""
    return [Tree.of(name, keys) for name, keys in yaml.safe_load(LIST.read_text(encoding="utf-8")).items()]


def fetch(tree: Tree, store: Path) -> Path:
    """Return the folder of a tree's package, fetched and unpacked once; raises `OSError` or `CalledProcessError`."""
    folder = store / f"{tree.client}-{re.sub(r'[^A-Za-z0-9.]+', '-', tree.package)}"
    if not (folder / "unpacked").is_dir():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        FETCHERS[tree.client](tree.package, folder)
        unpacked = folder / "unpacking"
        unpacked.mkdir()
        for archive in sorted(path for path in folder.iterdir() if path.is_file()):
            _unpack(archive, unpacked)
        unpacked.rename(folder / "unpacked")
    inside = folder / "unpacked"
    only = [path for path in inside.iterdir() if path.is_dir()]
    return only[0] if len(only) == 1 and tree.client != "deb" else inside


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=900)


def _from_pypi(package: str, folder: Path) -> None:
    _run(["python3", "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "-q", package], folder)


def _from_npm(package: str, folder: Path) -> None:
    _run(["npm", "pack", "--silent", package], folder)


def _from_deb(package: str, folder: Path) -> None:
    _run(["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", package], folder)


def _from_source(package: str, folder: Path) -> None:
    """Fetch a Debian source package; the machine's own list of sources is read as one of source packages."""
    lists, sources = folder / "lists", folder / "machine.sources"
    (lists / "partial").mkdir(parents=True)
    sources.write_text(re.sub(r"^Types: deb$", "Types: deb-src", _SOURCES.read_text(encoding="utf-8"), flags=re.M))
    options = ["-o", f"Dir::Etc::sourcelist={sources.resolve()}", "-o", "Dir::Etc::sourceparts=-"]
    options += ["-o", f"Dir::State::lists={lists.resolve()}", "-o", "APT::Sandbox::User=root"]
    _run(["apt-get", "-qq", *options, "update"], folder)
    _run(["apt-get", "-qq", *options, "source", "--download-only", package], folder)
    shutil.rmtree(lists)
    for path in folder.glob("*"):
        if ".orig.tar" not in path.name:
            path.unlink()


FETCHERS = {"pypi": _from_pypi, "npm": _from_npm, "deb": _from_deb, "source": _from_source}


def _unpack(archive: Path, target: Path) -> None:
    if archive.suffix == ".deb":
        _run(["dpkg-deb", "-x", str(archive.resolve()), str(target.resolve())], target)
        return
    with tarfile.open(archive) as bundle:
        bundle.extractall(target, filter="data")


def make_report(tree: Tree, package: Path, folder: Path) -> list[Path]:
    """Write a report with the tree's chapters as they came, and return them."""
    shutil.rmtree(folder, ignore_errors=True)
    source = package / tree.folder
    if tree.examples:
        folder.mkdir(parents=True)
        chapters = list(_examples((source / tree.files[0]).read_text(encoding="utf-8"), folder))
    else:
        for pattern in BESIDE:
            for path in source.rglob(pattern):
                if path.is_file() and path.stat().st_size < 5_000_000 and "node_modules" not in path.parts:
                    place = folder / path.relative_to(source)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, place)
        found = (path for pattern in tree.files for path in sorted(source.glob(pattern)))
        chapters = [
            path.relative_to(source) for path in dict.fromkeys(found) if path.read_text(encoding="utf-8").strip()
        ]
    report = {
        "title": f"{tree.name} ({tree.dialect})",
        "authors": ["Its own authors"],
        "language": {"en": "en-US"}.get(tree.language, tree.language),
        "parts": {"chapters": [str(path) for path in chapters]},
        "output": "book",
    }
    if bibliographies := sorted(path.name for path in folder.glob("*.bib")):
        report["bibliography"] = {"files": bibliographies}
    (folder / "report.yaml").write_text(yaml.safe_dump(report, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return chapters


def _examples(specification: str, folder: Path) -> Iterator[Path]:
    """Write each example of a specification as a chapter; an arrow in it stands for a tab."""
    for number, found in enumerate(_EXAMPLE.finditer(specification), 1):
        text = found[2].replace("→", "\t")
        if text.strip():
            (folder / f"example-{number:03}.md").write_text(text, encoding="utf-8")
            yield Path(f"example-{number:03}.md")
