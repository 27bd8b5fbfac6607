"""Read the command line, run the stages, print what they found, and decide the exit status.

Exit status: 0 done; 1 the report has errors and nothing in `dist/` was changed; 2 the command line is wrong;
3 the machine lacks something; 4 a fault of our own; 130 stopped from the keyboard, 143 by a signal; 141 nobody reads
what is printed.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import os
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from octavo.arguments import MANIFEST, read
from octavo.diagnostics import Ledger, Span
from octavo.ending import STOPPED, Ended, fall_silent, flush, heeding, say
from octavo.toolchain import NOT_SET_UP
from octavo.visible import visible_lines

if TYPE_CHECKING:
    from octavo.book import Book, Product
    from octavo.check.gate import Result
    from octavo.workspace import Workspace

FAILED = 1
OWN_FAULT = 4
#: What `check` says at its end: what the engine alone can tell.
NOT_LOOKED_AT = (
    "Not looked at, since it needs TeX: drawings, the cover, and the pages (lines without room, page numbers)."
)
#: How the whole suite is run: on every core, the tests of one finished book in one process, which builds it once.
SIDE_BY_SIDE = ("-n", "auto", "--dist", "loadgroup", "--max-worker-restart", "0")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        with heeding():
            try:
                status = _run(arguments)
            finally:
                flush()
            return status
    except KeyboardInterrupt:
        with contextlib.suppress(BrokenPipeError):
            print("\nStopped. Nothing in dist/ was changed.", file=sys.stderr, flush=True)
        return STOPPED
    except Ended as end:
        fall_silent()
        return end.status


def _run(arguments: Sequence[str] | None) -> int:
    try:
        chosen, rest = read(arguments)
    except FileNotFoundError:
        say("octavo: the folder that you are in is no longer there", sys.stderr)
        return FAILED
    # A build makes trees that live until it ends; searching them for cycles takes a tenth of its time.
    gc.disable()
    command: Callable[[argparse.Namespace, list[str]], int] = globals()[f"_{chosen.command}"]
    try:
        return command(chosen, rest)
    except Exception as error:  # the last door: nobody is shown how Octavo is built inside
        return _own_fault(error, chosen)


def _own_fault(error: Exception, chosen: argparse.Namespace) -> int:
    """Report what no stage expected as a fault of Octavo's own, and keep what a report of it needs."""
    import traceback

    from octavo.record import Record

    ledger, place = Ledger(), chosen.project / "build" / "fault.txt"
    lines = traceback.format_exception(error)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(visible_lines("".join(lines)), encoding="utf-8")
        Record(chosen.project).add(place)
    except OSError:
        place = Path("(a file that could not be written)")
    ledger.report("OCT901", None, problem=" ".join(lines[-1].split())[:200], file=place)
    _close(ledger, chosen)
    return OWN_FAULT


def _new(chosen: argparse.Namespace, _: list[str]) -> int:
    """Begin a report, and say how to build it."""
    from octavo.begin import begin

    ledger, written = Ledger(), list[str]()
    try:
        written = begin(chosen.folder, ledger)
    except OSError as error:
        ledger.report("OCT002", Span(str(error.filename)) if error.filename else None, problem=error.strerror or error)
    _close(ledger, chosen)
    if written:
        lines = [f"{chosen.folder / name}" for name in written]
        lines.append(f"A report of {len(written)} files. Build it: octavo --project {shlex.quote(str(chosen.folder))}")
        say("\n".join(lines), sys.stdout if chosen.format == "text" else sys.stderr)
    return FAILED if ledger.failed() else 0


def _build(chosen: argparse.Namespace, _: list[str]) -> int:
    from octavo.progress import Progress, summary

    products: list[Product] = []

    def make(book: Book) -> None:
        products.extend(book.build())

    with Progress(sys.stderr) as progress:
        ledger, workspace, status = _with_book(chosen, progress.show, make)
    _close(ledger, chosen)
    if status == 0:
        say(
            summary(products, workspace, ledger.withheld()),
            sys.stdout if chosen.format == "text" else sys.stderr,
        )
    elif not products and workspace.dist.is_dir():
        say("Nothing in dist/ was changed.", sys.stderr)
    return status


def _check(chosen: argparse.Namespace, _: list[str]) -> int:
    if chosen.conformance:
        return _check_conformance(chosen)
    count = 0

    def examine(book: Book) -> None:
        nonlocal count
        book.examine()
        count = len(book.report.parts)

    ledger, _workspace, status = _with_book(chosen, _tell_of_waiting, examine)
    _close(ledger, chosen)
    if status == 0 and chosen.format == "text":
        say(f"No errors in {count} part{'s' * (count != 1)}.\n{NOT_LOOKED_AT}")
    return status


def _tell_of_waiting(stage: str, what: str) -> None:
    """Say nothing of the stages of a short run, but why it does not go on."""
    if stage == "wait":
        say(f"Waiting {what}", sys.stderr)


def _with_book(
    chosen: argparse.Namespace, progress: Callable[[str, str], None], use: Callable[[Book], None]
) -> tuple[Ledger, Workspace, int]:
    """Read the report and do something with its book; return what was found, and the exit status."""
    import jinja2

    from octavo.figures.plate import PlateError
    from octavo.manifest import load
    from octavo.record import OutsideError
    from octavo.trust import OF_AN_AUTHOR, NoWallError, Trust, require_walls
    from octavo.workspace import MissingProgramError, ProgramStoppedError, Workspace, tagging_wanted

    ledger, workspace = Ledger(), Workspace(chosen.project)
    try:
        if chosen.untrusted:
            require_walls()
        report = load(chosen.project, ledger, Trust(frozenset(chosen.allow)) if chosen.untrusted else OF_AN_AUTHOR)
        if report is not None:
            from octavo.book import Book

            with workspace.alone(progress), workspace.record.keeping():
                use(Book(report, workspace, ledger, progress, strict=chosen.strict, tagging=tagging_wanted()))
    except (MissingProgramError, NoWallError) as missing:
        ledger.report("OCT001", None, problem=missing)
        return ledger, workspace, NOT_SET_UP
    except ProgramStoppedError as stopped:
        ledger.report("OCT010", stopped.place, program=stopped.program, reason=stopped.reason)
    except PlateError as error:
        ledger.report("OCT306", None, problem=error)
    except jinja2.TemplateError as error:
        _report_template(error, _in_template(error, chosen.project), chosen.project, ledger)
    except OutsideError as outside:
        ledger.report("OCT118", None, path=outside)
    except OSError as error:
        named = error.filename2 or error.filename
        place = Span(str(named)) if named else None
        ledger.report("OCT002", place, problem=error.strerror or error)
    except Exception as error:
        place = _in_template(error, chosen.project)
        if place is None:
            raise
        _report_template(error, place, chosen.project, ledger)
    return ledger, workspace, FAILED if ledger.failed(chosen.strict) else 0


def _in_template(error: Exception, folder: Path) -> Span | None:
    """Return the place in a template of the report where an error came up; Jinja puts templates into the traceback."""
    own, step, place = folder.resolve() / "templates", error.__traceback__, None
    while step:
        path = Path(step.tb_frame.f_code.co_filename).resolve()
        if path.is_relative_to(own):
            # Where Jinja did not write the traceback anew, the line is that of the Python it made of the template.
            template = step.tb_frame.f_globals.get("__jinja_template__")
            line = template.get_corresponding_lineno(step.tb_lineno) if template else step.tb_lineno
            place = Span(path.relative_to(folder.resolve()).as_posix(), line)
        step = step.tb_next
    return place


def _report_template(error: Exception, place: Span | None, project: Path, ledger: Ledger) -> None:
    """Report that a template cannot be used, where it stands and as Jinja or Python say it."""
    from jinja2 import TemplateNotFound

    line, name = getattr(error, "lineno", 0), getattr(error, "name", None)
    if line and name:
        place = Span(f"templates/{name}", line)
    elif name and (project / "templates" / str(name)).is_file():
        place = Span(f"templates/{name}")
    problem = str(getattr(error, "message", None) or error).rstrip(".")
    if isinstance(error, TemplateNotFound):
        problem, name = f"it asks for the template `{name}`, which is nowhere", None
    ledger.report(
        "OCT407", place, name=name or (Path(place.file).name if place else "of this report"), problem=problem
    )


def _check_conformance(chosen: argparse.Namespace) -> int:
    """Build the book, judge every edition, and print the table; the editions are those of the manuscript as it is."""
    from octavo.check.conformance import ValidatorMissing, require
    from octavo.progress import Progress

    results: list[Result] = []
    absent = False

    def judge(book: Book) -> None:
        nonlocal absent
        try:
            require()
            for product in book.build():
                from octavo.check.gate import examine

                book.progress("judge", product.edition)
                results.extend(examine(product.path, product.tree, book.ledger))
        except ValidatorMissing as missing:
            absent = True
            book.ledger.report("OCT574", None, problem=str(missing)[:1].upper() + str(missing)[1:])

    with Progress(sys.stderr) as progress:
        ledger, _workspace, status = _with_book(chosen, progress.show, judge)
    if chosen.format == "json":
        from octavo.check.gate import as_json

        say(as_json(results, ledger.in_order(), chosen.project), raw=True)
    else:
        _close(ledger, chosen)
    if results and chosen.format != "json":
        from octavo.check.gate import table

        say(table(results), sys.stdout if chosen.format == "text" else sys.stderr)
    return NOT_SET_UP if absent else status


def _listen(chosen: argparse.Namespace, _: list[str]) -> int:
    """Say or write what a finished PDF holds; the report is read only to find the file and its parts."""
    from octavo.check.listen import Wish, finished_file, listen
    from octavo.manifest import load
    from octavo.workspace import MissingProgramError, ProgramStoppedError, Workspace, write

    wish = Wish(chosen.file, chosen.edition, chosen.page, chosen.part, chosen.html)
    if wish.html and (wish.page or wish.part):
        say("octavo listen: --html writes the whole book; leave out --page and --part", sys.stderr)
        return 2
    ledger, heard, path = Ledger(), "", None
    try:
        report = load(chosen.project, ledger) if wish.file is None else None
        if report is not None:
            ledger = Ledger()  # what an author could do better in it has been said by `build` and `check`
        path = finished_file(wish, report, Workspace(chosen.project), ledger)
        heard = listen(path, wish, report, ledger) if path is not None else ""
        target = chosen.output or (path.with_suffix(".html") if wish.html and path is not None else Path("-"))
        if heard and target != Path("-"):
            write(target, heard)
            say(str(target))
        elif heard:
            say(heard.removesuffix("\n"), raw=wish.html)
    except MissingProgramError as missing:
        ledger.report("OCT001", None, problem=missing)
    except ProgramStoppedError as stopped:
        ledger.report("OCT010", stopped.place, program=stopped.program, reason=stopped.reason)
    except OSError as error:
        ledger.report("OCT002", Span(str(error.filename)) if error.filename else None, problem=error.strerror or error)
    _close(ledger, chosen)
    return FAILED if ledger.failed() else 0


def _test(chosen: argparse.Namespace, rest: list[str]) -> int:
    tests = Path(__file__).parent.parent / "tests"
    if not tests.is_dir():
        say("The tests are in the repository; this is an installed package.", sys.stderr)
        return FAILED
    command = [sys.executable, "-m", "pytest", *(rest or SIDE_BY_SIDE)]
    return subprocess.run(command, cwd=tests.parent, check=False, env=dict(os.environ)).returncode


def _clean(chosen: argparse.Namespace, _: list[str]) -> int:
    """Delete what builds of this report recorded, and name it: `build/` and `dist/` are common names."""
    from octavo.record import OutsideError
    from octavo.workspace import Workspace

    ledger = Ledger()
    made: list[str] = []
    left: list[str] = []
    if not (chosen.project / MANIFEST).is_file():
        ledger.report("OCT100", Span(MANIFEST), folder=chosen.project)
    else:
        try:
            workspace = Workspace(chosen.project)
            with workspace.alone(_tell_of_waiting):
                made, left = workspace.record.clean()
        except OutsideError as outside:
            ledger.report("OCT118", None, path=outside)
        except OSError as error:
            ledger.report("OCT002", Span(str(error.filename)) if error.filename else None, problem=error.strerror)
    _close(ledger, chosen)
    if not ledger.failed():
        lines = [*_listed("Deleted", made), *(_listed("Left, since no build made it as it is:", left) if left else [])]
        say("\n".join(lines), sys.stdout if chosen.format == "text" else sys.stderr)
    return FAILED if ledger.failed() else 0


def _listed(word: str, paths: list[str]) -> list[str]:
    """Name each finished file; of those between, the folder and how many."""
    finished = [path for path in paths if path.startswith("dist/")]
    folders = Counter("/".join(path.split("/")[:2]) for path in paths if path not in finished)
    counted = [
        name if name in paths else f"{name}/ ({count} file{'s' * (count != 1)})" for name, count in folders.items()
    ]
    return [f"{word} {name}" for name in [*finished, *counted]] or [f"{word} nothing: no build has recorded a file."]


def _doctor(chosen: argparse.Namespace, _: list[str]) -> int:
    from octavo.doctor import main as examine

    return examine(project=chosen.project)


def _close(ledger: Ledger, chosen: argparse.Namespace) -> None:
    """Print every diagnostic, those of one file together and in the order of its lines."""
    from octavo.report_text import render

    if ledger.entries or chosen.format == "json":
        stream = sys.stdout if chosen.format != "text" else sys.stderr
        say(render(ledger.in_order(), chosen.format, chosen.project), stream, raw=True)
