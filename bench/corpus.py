#!/usr/bin/env python3
"""Build books that nobody wrote for Octavo, as they come, and print what became of each.

    .venv/bin/python bench/corpus.py [--only NAME …] [--write docs/corpus.md] [--keep DIR]

Each tree of `corpus.yaml` is fetched out of its package and built without an edit. The table says how the build
ended, how many messages of each code there were, pages, seconds, the most memory that one program took, what veraPDF
says, and **lost words**: words of a chapter, as Pandoc alone reads it, that are neither in the PDF's structure nor on
a line that has a message. `leftovers` counts marks of other dialects that are printed outside of code.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

ROOT = Path(__file__).resolve().parent.parent
VENV_PYTHON = ROOT / ".venv" / "bin" / "python"
if importlib.util.find_spec("pikepdf") is None and sys.executable != str(VENV_PYTHON):
    if not VENV_PYTHON.exists():
        sys.exit("Octavo is not set up here: run python3 build.py once, then this again.")
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import pikepdf  # noqa: E402
from trees import Tree, fetch, make_report, trees  # noqa: E402
from words import Told, heard, missing, words  # noqa: E402

from octavo.check.listening import Element, read_structure  # noqa: E402
from octavo.workspace import run_pandoc  # noqa: E402

Message: TypeAlias = dict[str, Any]
BEGIN, END = "<!-- corpus:begin -->", "<!-- corpus:end -->"
#: Runs a command and says the most memory of it. A program starts with the memory of the one that starts it, as far as
#: the kernel counts, so a small one must.
MEASURE = """
import os, subprocess, sys
_, status, usage = os.wait4(subprocess.Popen(sys.argv[1:]).pid, 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""
_LEFTOVER = re.compile(
    r":::|\{\{[<%{#]|\{%|\{#[\w:-]+\}|\[\^[\w-]+\]|^!!! |\\@ref|</?(?:div|span|p|br|kbd|img)\b|^\[!\w+\]", re.M
)


@dataclass
class Outcome:
    """Hold what became of one tree."""

    tree: Tree
    chapters: int = 0
    status: int = -1
    codes: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    seconds: float = 0.0
    mebibytes: int = 0
    conformance: str = "–"
    words: int = 0
    lost: dict[str, dict[str, int]] = field(default_factory=dict)
    leftovers: Counter[str] = field(default_factory=Counter)
    traceback: bool = False
    failure: str = ""

    @property
    def row(self) -> str:
        """Return the outcome as a row of the table."""
        gone = sum(sum(found.values()) for found in self.lost.values())
        codes = " ".join(f"{code}×{count}" for code, count in sorted(self.codes.items()))
        cells: list[object] = [
            self.tree.name, f"{self.tree.dialect}, {self.tree.language}", self.chapters, self.status,
            f"{self.severities['error']} / {self.severities['warning']} / {self.severities['note']}", self.pages,
            f"{self.seconds:.1f}", self.mebibytes, self.conformance, self.words, gone, sum(self.leftovers.values()),
            "yes" if self.traceback else "no", self.failure or codes,
        ]  # fmt: skip
        return "| " + " | ".join(str(cell) for cell in cells) + " |"


HEAD = (
    "| Tree | Dialect, language | Chapters | Exit | Errors / warnings / notes | Pages | Seconds | MiB | veraPDF"
    " | Words | Lost | Leftovers | Traceback | Messages |\n|" + "---|" * 14
)


def examine(tree: Tree, store: Path, folder: Path, conformance: bool) -> Outcome:
    """Build one tree and look at what came out."""
    outcome = Outcome(tree)
    try:
        chapters = make_report(tree, fetch(tree, store), folder)
    except (OSError, subprocess.SubprocessError) as error:
        outcome.failure = f"not fetched: {error}"
        return outcome
    outcome.chapters = len(chapters)
    out, err = _build(folder, outcome)
    outcome.traceback = "Traceback (most recent call last)" in out + err
    try:
        messages = json.JSONDecoder().raw_decode(out)[0]
    except json.JSONDecodeError:
        outcome.failure = err.strip().split("\n")[-1][:120]
        messages = []
    outcome.codes = Counter(message["code"] for message in messages)
    outcome.severities = Counter(message["severity"] for message in messages)
    (folder / "messages.json").write_text(json.dumps(messages, indent=1, ensure_ascii=False), encoding="utf-8")
    pdf = folder / "dist" / "book.pdf"
    if pdf.is_file():
        _compare(folder, chapters, messages, outcome)
        if conformance:
            outcome.conformance = _validate(pdf)
    return outcome


def _build(folder: Path, outcome: Outcome) -> tuple[str, str]:
    """Build the report in a process of its own, and note its exit, its time and the most memory of one program."""
    command = [sys.executable, "-m", "octavo", "--project", str(folder), "--format", "json", "build"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        started = time.perf_counter()
        measure = [sys.executable, "-c", MEASURE, *command]
        done = subprocess.run(measure, cwd=ROOT, stdout=out, stderr=err, env=environment, check=False)
        outcome.seconds, outcome.status = time.perf_counter() - started, done.returncode
        out.seek(0)
        err.seek(0)
        said, _, kibibytes = err.read().rstrip().rpartition("\n")
        outcome.mebibytes = int(kibibytes) // 1024
        return out.read(), said


def _compare(folder: Path, chapters: Sequence[Path], messages: Sequence[Message], outcome: Outcome) -> None:
    """Find the words of each chapter in the structure, and marks of other dialects that were printed."""
    pdf = folder / "dist" / "book.pdf"
    sources = {str(chapter): (folder / chapter).read_text(encoding="utf-8") for chapter in chapters}
    outcome.words, outcome.lost = missing(
        sources, words(heard(pdf)), lambda chapter: Told.of(chapter, messages), run_pandoc
    )
    with pikepdf.open(pdf) as book:
        outcome.pages = len(book.pages)
        for root in read_structure(book).roots:
            for passage in _prose(root):
                outcome.leftovers.update(_LEFTOVER.findall(passage))


def _prose(element: Element) -> Iterator[str]:
    """Yield the text of paragraphs and cells, without code."""
    if element.role == "Code":
        return
    yield "".join(getattr(kid, "text", "") or "" for kid in element.kids if not isinstance(kid, Element))
    for kid in element.kids:
        if isinstance(kid, Element):
            yield from _prose(kid)


def _validate(pdf: Path) -> str:
    from octavo.check.conformance import validate

    with pikepdf.open(pdf) as book:
        claims = b"pdfuaid" in book.Root.Metadata.read_bytes()
    failures = sum(failure.count for failure in validate(pdf)[0].failures)
    return f"{failures} failures" + ("" if claims else ", no claim")


def main() -> int:
    """Run the corpus and print the table; exit 1 when a word was lost or a traceback was seen."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="*", default=[], help="names of trees")
    parser.add_argument("--write", type=Path, help="put the table into this page")
    parser.add_argument(
        "--keep", type=Path, default=ROOT / "build" / "corpus", help="where packages and reports are kept"
    )
    parser.add_argument("--no-conformance", action="store_true", help="leave veraPDF out")
    chosen = parser.parse_args()
    rows, bad = [], False
    print(HEAD, flush=True)
    for tree in trees():
        if chosen.only and tree.name not in chosen.only:
            continue
        outcome = examine(
            tree, chosen.keep / "packages", chosen.keep / "reports" / tree.name, not chosen.no_conformance
        )
        print(outcome.row, flush=True)
        for chapter, gone in outcome.lost.items():
            print(f"    lost in {chapter}: {dict(list(gone.items())[:12])}", file=sys.stderr)
        if outcome.leftovers:
            print(f"    left over: {dict(outcome.leftovers.most_common(8))}", file=sys.stderr)
        rows.append(outcome.row)
        bad |= outcome.traceback or bool(outcome.lost)
    if chosen.write:
        page = chosen.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        table = "\n".join([HEAD, *rows])
        chosen.write.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
