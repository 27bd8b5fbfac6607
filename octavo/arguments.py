"""Say what the command line may hold, and what somebody may have meant who wrote something else."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from octavo import __version__
from octavo.nearest import nearest
from octavo.trust import PROGRAMS
from octavo.visible import visible

MANIFEST = "report.yaml"
COMMANDS = {
    "new": "begin a report in an empty folder: a short book about its own files, to be written over",
    "build": "make the PDF (the default)",
    "check": "find mistakes in the manuscript without typesetting it",
    "listen": "say what a screen reader says of the finished PDF, or write a reading copy in HTML",
    "test": "run the test suite; further arguments go to pytest",
    "clean": "delete what builds of the report made, and name it",
    "doctor": "say what is installed and what is missing",
}


class Parser(argparse.ArgumentParser):
    """Read a command line; what is wrong in it is named with what is near it."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and what may have been meant, and end with status 2."""
        wrong = re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message, re.S)
        surplus = re.match(r"unrecognized arguments: (\S+)", message)
        hint = ""
        if wrong:
            hint = nearest(wrong[1], re.findall(r"[\w-]+", wrong[2])) or _report_named(wrong[1])
        elif surplus:
            word = surplus[1].partition("=")[0]
            own = [option for option in self._option_string_actions if option.startswith("--")]
            homes = [name for name, options in _options().items() if word in options]
            hint = f" It belongs to `octavo {homes[0]}`." if homes else nearest(word, {*own, *_common_options()})
        super().error(visible(message + (f".{hint}" if hint else "")))


def read(arguments: Sequence[str] | None = None) -> tuple[argparse.Namespace, list[str]]:
    """Return what was chosen, with the folder of the report, and what is pytest's."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    whole = parser()
    own = given[: given.index("test")] if "test" in given else given
    known = {option for options in _options().values() for option in options} | _common_options()
    # An unknown option is named first: what follows it is its value for its author, and a command for argparse.
    for word in own[: own.index("--")] if "--" in own else own:
        if word.startswith("--") and not any(option.startswith(word.partition("=")[0]) for option in known):
            whole.error(f"unrecognized arguments: {word}")
    chosen, rest = whole.parse_known_args(given)
    if rest and chosen.command != "test":
        whole.error(f"unrecognized arguments: {' '.join(rest)}")
    chosen.command = chosen.command or "build"
    chosen.project = folder_of(chosen.project) if chosen.project else _home()
    return chosen, rest


def parser() -> Parser:
    """Return the reader of the whole command line."""
    whole = Parser(prog="octavo", description="Turn Markdown chapters into one tagged, print-ready PDF.")
    whole.add_argument("--version", action="version", version=f"Octavo {__version__}")
    _add_options(whole, None, False, "text", [])
    # An option may stand before or after the command, and its default must not undo what stands before.
    common = Parser(add_help=False)
    _add_options(common, *[argparse.SUPPRESS] * 4)
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for name, words in COMMANDS.items():
        command = commands.add_parser(name, parents=[common], help=words, description=f"{words.capitalize()}.")
        if name == "new":
            command.add_argument("folder", type=Path, metavar="DIR", help="the folder; it is made where there is none")
        if name == "check":
            command.add_argument("--conformance", action="store_true", help="build, and judge every PDF with veraPDF")
        if name == "listen":
            _add_wishes(command)
    return whole


def folder_of(named: Path) -> Path:
    """Return the folder of a report that is named by its folder or by its `report.yaml`."""
    return named.parent if named.name == MANIFEST and named.is_file() else named


def _home() -> Path:
    """Return the nearest folder upwards that holds a report, or this one: no report is found anywhere else."""
    here = Path.cwd()
    found = next((place for place in (here, *here.parents) if (place / MANIFEST).is_file()), here)
    return Path(os.path.relpath(found))


def _report_named(word: str) -> str:
    named = Path(word)
    is_report = (folder_of(named) / MANIFEST).is_file()
    return f" To name a report, write `--project {word}`." if is_report else ""


def _common_options() -> set[str]:
    return {"--help", "--version", "--project", "--strict", "--format", "--untrusted", "--allow"}


def _options() -> dict[str, set[str]]:
    """Return the options that one command alone has."""
    return {"check": {"--conformance"}, "listen": {"--page", "--part", "--edition", "--html", "--output"}}


def _add_options(to: argparse.ArgumentParser, project: object, flag: object, form: object, allow: object) -> None:
    words = "the folder of report.yaml (this folder, or the nearest above it that holds one)"
    to.add_argument("--project", type=Path, default=project, metavar="DIR", help=words)
    to.add_argument("--strict", action="store_true", default=flag, help="treat warnings as errors")
    words = "use no program of the report's own, such as its templates; refuse to build without walls"
    to.add_argument("--untrusted", action="store_true", default=flag, help=words)
    words = "with --untrusted: a kind of program that is used all the same (may be given again)"
    to.add_argument("--allow", action="append", choices=tuple(PROGRAMS), default=allow, help=words)
    to.add_argument(
        "--format", choices=("text", "json", "github"), default=form, help="how problems are printed (text)"
    )


def _add_wishes(to: argparse.ArgumentParser) -> None:
    to.add_argument("file", nargs="?", type=Path, metavar="PDF", help="a tagged PDF (the one of the report)")
    to.add_argument("--page", default="", metavar="FOLIO", help="only the page with this number, as printed")
    to.add_argument("--part", default="", metavar="PART", help="only this part: its file, its number or its title")
    to.add_argument("--edition", default="", metavar="NAME", help="which edition of the report (the first)")
    to.add_argument("--html", action="store_true", help="write a reading copy in HTML beside the PDF")
    to.add_argument("--output", type=Path, metavar="FILE", help="where to write; - is the standard output")
