#!/usr/bin/env python3
"""Time Octavo and others on the same book, in turns, and print the median of each.

    .venv/bin/python bench/bench.py [--project DIR] [--repetitions N] [--write docs/performance.md]

Each round runs every builder once, so that a slow minute of the machine falls on all of them; a first round that is
not counted fills the font caches. Nothing is asserted about time: the table is for reading.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import os
import platform
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV_PYTHON = ROOT / ".venv" / "bin" / "python"
if importlib.util.find_spec("pikepdf") is None and sys.executable != str(VENV_PYTHON):
    if not VENV_PYTHON.exists():
        sys.exit("Octavo is not set up here: run python3 build.py once, then this again.")
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import pikepdf  # noqa: E402
from builders import BarePass, Builder, BuilderError, EditedOctavo, FirstOctavo, Octavo, is_tagged  # noqa: E402
from rivals import PandocLatex, PandocTypst  # noqa: E402

from octavo import __version__  # noqa: E402
from octavo.diagnostics import Ledger  # noqa: E402
from octavo.manifest import Report, load  # noqa: E402
from octavo.report_text import as_text  # noqa: E402
from octavo.workspace import pandoc_program, run_pandoc  # noqa: E402

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


@dataclass
class Record:
    """Collect what one builder took, in seconds of wall time and of processor time, and what it made."""

    builder: Builder
    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    pages: int = 0
    tagged: bool = False
    failure: str = ""

    def measure(self) -> None:
        """Run the builder once; after a failure it is left alone."""
        if self.failure:
            return
        try:
            self.builder.prepare()
            used, started = _processor_seconds(), time.perf_counter()
            pdf = self.builder.run()
            self.wall.append(time.perf_counter() - started)
            self.processor.append(_processor_seconds() - used)
        except BuilderError as error:
            self.failure = str(error)
            return
        with pikepdf.open(pdf) as document:
            self.pages = len(document.pages)
        self.tagged = is_tagged(pdf)

    def forget(self) -> None:
        """Drop the times of the round that filled the caches."""
        self.wall.clear()
        self.processor.clear()


def _processor_seconds() -> float:
    """Return the processor time of all finished child processes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Read the command line, time every builder, and print or write the table."""
    chosen = _arguments()
    ledger = Ledger()
    report = load(chosen.project.resolve(), ledger)
    if report is None:
        print(as_text(ledger.entries, chosen.project), file=sys.stderr)
        return 1
    if chosen.write and not _has_markers(chosen.write):
        print(f"{chosen.write} must hold the lines {BEGIN} and {END}: the table goes between them.", file=sys.stderr)
        return 1
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="octavo-bench-") as folder:
        records = [Record(builder) for builder in _builders(report, Path(folder))]
        _measure(records, chosen.repetitions)
    text = _heading(report, chosen.repetitions, load_before) + "\n\n" + _table(records)
    print(text)
    if chosen.write:
        _write(chosen.write, text)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time Octavo and others on the same book.")
    parser.add_argument("--project", type=Path, default=ROOT, metavar="DIR", help="the folder of report.yaml")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N", help="counted rounds (3)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table between the markers of this file")
    chosen = parser.parse_args()
    if chosen.repetitions < 1:
        parser.error("--repetitions must be at least 1")
    return chosen


def _builders(report: Report, work: Path) -> list[Builder]:
    """Return every way to build the book, Octavo first, since the bare pass takes over its TeX."""
    cold = Octavo(report, work / "cold", "Octavo, cold, tagged")
    return [
        cold,
        FirstOctavo(report, work / "first", "Octavo, cold, drawings made anew"),
        EditedOctavo(report, work / "edited", "Octavo, one word changed"),
        Octavo(report, work / "untagged", "Octavo, cold, tagging off", tagging=False),
        BarePass(cold.press, work / "bare", "One bare LuaLaTeX pass over Octavo's TeX"),
        PandocLatex(report, work / "latex", "Pandoc and LuaLaTeX"),
        PandocTypst(report, work / "typst", "Pandoc and Typst"),
    ]


def _measure(records: Sequence[Record], repetitions: int) -> None:
    """Run every builder once in each round, and say on standard error how it goes."""
    for number in range(repetitions + 1):
        for record in records:
            place = f"round {number} of {repetitions}" if number else "warm-up"
            print(f"{place}: {record.builder.name} … ", end="", file=sys.stderr, flush=True)
            record.measure()
            print(record.failure or f"{record.wall[-1]:.2f} s", file=sys.stderr)
        if not number:
            for record in records:
                record.forget()


def _heading(report: Report, repetitions: int, load_before: float) -> str:
    """Say what was measured, on which machine, with which versions."""
    words = sum(_words((report.folder / part.path).read_text(encoding="utf-8")) for part in report.parts)
    cores = len(os.sched_getaffinity(0))
    lines = [
        f"`{shlex.join(['python', 'bench/bench.py', *sys.argv[1:]])}`, {datetime.date.today():%Y-%m-%d}",
        f"{report.title}: {words:,} words in {len(report.parts)} files. Median of {repetitions} after a warm-up.",
        f"{cores} cores, {_system()}, load {load_before:.2f} before the first run.",
        f"Octavo {__version__}, Python {platform.python_version()}, {_engine()}, Pandoc {_pandoc()}, {_typst()}.",
    ]
    return "  \n".join(lines)


def _words(source: str) -> int:
    return len(run_pandoc(["--from=markdown", "--to=plain"], source)[0].split())


def _system() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())


def _engine() -> str:
    line = _first_line("lualatex", "--version")
    return line.removeprefix("This is ").replace(", Version ", " ")


def _pandoc() -> str:
    return _first_line(pandoc_program(), "--version").split()[-1]


def _typst() -> str:
    try:
        return f"Typst {version('typst')}"
    except PackageNotFoundError:
        return "no Typst (bench/requirements.txt names it)"


def _first_line(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.partition("\n")[0]


def _table(records: Sequence[Record]) -> str:
    """Return a Markdown table; the ratio is that of the medians, to the first builder's."""
    base = statistics.median(records[0].wall) if records[0].wall else None
    rows = [
        "| | Seconds | From, to | Processor seconds | Ratio | Pages | Tagged |",
        "|:--|--:|--:|--:|--:|--:|:--|",
    ]
    for record in records:
        if record.failure or not record.wall:
            rows.append(f"| {record.builder.name} | not measured: {record.failure} | | | | | |")
            continue
        median = statistics.median(record.wall)
        ratio = f"{median / base:.2f}" if base else ""
        spread = f"{min(record.wall):.2f}, {max(record.wall):.2f}"
        tagged = "yes" if record.tagged else "no"
        rows.append(
            f"| {record.builder.name} | {median:.2f} | {spread} | {statistics.median(record.processor):.2f} "
            f"| {ratio} | {record.pages} | {tagged} |"
        )
    return "\n".join(rows)


def _has_markers(path: Path) -> bool:
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return 0 <= text.find(BEGIN) < text.find(END)


def _write(path: Path, text: str) -> None:
    """Put the table between the two markers and leave the prose around it alone."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
