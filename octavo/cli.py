"""Read the command line, run the stages, print what they found, and decide the exit status.

Exit status: 0 done; 1 the report has errors and nothing in `dist/` was changed; 2 the command line is wrong;
3 the machine lacks something.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from octavo import __version__
from octavo.diagnostics import Ledger
from octavo.toolchain import NOT_SET_UP

FAILED = 1
#: The variables by which GitHub and others say that nobody watches.
COMMANDS = ("build", "test", "check", "clean", "doctor")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not any(word in COMMANDS for word in given) and not {"-h", "--help", "--version"} & set(given):
        given.append("build")
    chosen, rest = _parser().parse_known_args(given)
    if rest and chosen.command != "test":
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    command: Callable[[argparse.Namespace, list[str]], int] = chosen.run
    return command(chosen, rest)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="octavo", description="Turn Markdown chapters into one tagged, print-ready PDF.")
    parser.add_argument("--version", action="version", version=f"Octavo {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    for target in (parser, common):
        default = Path() if target is parser else argparse.SUPPRESS
        target.add_argument("--project", type=Path, default=default, metavar="DIR", help="the folder of report.yaml (here)")
        target.add_argument("--strict", action="store_true", default=False if target is parser else argparse.SUPPRESS,
                            help="treat warnings as errors")  # fmt: skip
        target.add_argument("--format", choices=("text", "json", "github"), default="text" if target is parser else argparse.SUPPRESS,
                            help="how problems are printed")  # fmt: skip
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    build = commands.add_parser("build", parents=[common], help="make the PDF (the default)")
    build.set_defaults(run=_build)
    check = commands.add_parser("check", parents=[common], help="find mistakes in the manuscript without typesetting it")
    check.add_argument("--conformance", action="store_true", help="validate the PDFs in dist/ with veraPDF")
    check.set_defaults(run=_check)
    commands.add_parser("test", parents=[common], help="run the test suite; further arguments go to pytest").set_defaults(run=_test)
    commands.add_parser("clean", parents=[common], help="delete build/ and dist/").set_defaults(run=_clean)
    commands.add_parser("doctor", parents=[common], help="say what is installed and what is missing").set_defaults(run=_doctor)
    return parser


def _build(chosen: argparse.Namespace, _: list[str]) -> int:
    from octavo.progress import Progress, summary
    from octavo.workspace import MissingProgramError, Workspace

    ledger, workspace = Ledger(), Workspace(chosen.project)
    from octavo.manifest import load

    report = load(chosen.project, ledger)
    products = []
    if report is not None:
        from octavo.book import Book

        with Progress(sys.stderr) as progress:
            try:
                products = Book(report, workspace, ledger, progress.show, strict=chosen.strict).build()
            except MissingProgramError as missing:
                ledger.report("OCT001", None, problem=missing)
                return _close(ledger, chosen, NOT_SET_UP)
    status = _close(ledger, chosen, FAILED if ledger.failed(chosen.strict) else 0)
    if status == 0:
        print(summary(products, workspace))
    elif products == [] and report is not None and workspace.dist.is_dir():
        print("Nothing in dist/ was changed.", file=sys.stderr)
    return status


def _check(chosen: argparse.Namespace, _: list[str]) -> int:
    from octavo.manifest import load
    from octavo.workspace import Workspace

    ledger, workspace = Ledger(), Workspace(chosen.project)
    if chosen.conformance:
        return _check_conformance(workspace)
    report = load(chosen.project, ledger)
    if report is not None:
        from octavo.book import Book

        Book(report, workspace, ledger, lambda stage, what: None).examine()
    status = _close(ledger, chosen, FAILED if ledger.failed(chosen.strict) else 0)
    if status == 0:
        print(f"No errors in {len(report.parts) if report else 0} parts.")
    return status


def _check_conformance(workspace: object) -> int:
    from octavo.check.conformance import ValidatorMissing, main as validate_main
    from octavo.workspace import Workspace

    assert isinstance(workspace, Workspace)
    files = sorted(workspace.dist.glob("*.pdf"))
    if not files:
        print("There is no PDF in dist/ to check: build the report first.", file=sys.stderr)
        return FAILED
    try:
        return max(validate_main([str(file)]) for file in files)
    except ValidatorMissing as missing:
        print(missing, file=sys.stderr)
        return NOT_SET_UP


def _test(chosen: argparse.Namespace, rest: list[str]) -> int:
    tests = Path(__file__).parent.parent / "tests"
    if not tests.is_dir():
        print("The tests are in the repository; this is an installed package.", file=sys.stderr)
        return FAILED
    command = [sys.executable, "-m", "pytest", *(rest or [])]
    return subprocess.run(command, cwd=tests.parent, check=False, env=dict(os.environ)).returncode


def _clean(chosen: argparse.Namespace, _: list[str]) -> int:
    from octavo.workspace import Workspace

    Workspace(chosen.project).clean()
    return 0


def _doctor(chosen: argparse.Namespace, _: list[str]) -> int:
    from octavo.doctor import main as examine

    return examine()


def _close(ledger: Ledger, chosen: argparse.Namespace, status: int) -> int:
    """Print every diagnostic and return the status."""
    from octavo.report_text import render

    if ledger.entries or chosen.format == "json":
        stream = sys.stdout if chosen.format != "text" else sys.stderr
        print(render(ledger.entries, chosen.format, chosen.project), file=stream)
    return status
