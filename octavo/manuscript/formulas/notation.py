"""Know what a formula may say: commands with what stands behind them, environments, and what each is set as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from octavo.manuscript.formulas.tokens import Macro

_FOLDER = Path(__file__).parent
#: Names that define something or run something: no mathematics, however common they are in a preamble.
_PROGRAMMING = """
def edef gdef xdef let futurelet newcommand renewcommand providecommand DeclareMathOperator DeclarePairedDelimiter
DeclarePairedDelimiterX newenvironment renewenvironment global long csname endcsname expandafter noexpand catcode input
endinput include write openout openin immediate read directlua latelua special pdfextension pdfvariable font loop
require usepackage char the show message errmessage count advance setcounter
"""
PROGRAMMING = frozenset(_PROGRAMMING.split())


@dataclass(frozen=True)
class Environment:
    """Say how an environment is written.

    `columns` is the most that a row may have, 0 for any number. `number`, `preamble`, `place` and `aligned` say what
    stands behind its name: how many pairs of columns, what each column is, `[t]`, or `[r]`. One with `inner` is a
    display of its own, which becomes the environment `inner` inside another formula. `press` and `pandoc` are
    templates for one that the engine or Pandoc does not have.
    """

    columns: int = 0
    number: bool = False
    preamble: bool = False
    place: bool = False
    aligned: bool = False
    inner: str | None = None
    alone: str = ""
    press: str = ""
    pandoc: str = ""


@dataclass(frozen=True)
class Notation:
    """Hold what formulas may say."""

    arguments: Mapping[str, str]
    plain: frozenset[str]
    operators: frozenset[str]
    switches: Mapping[str, str]
    sizes: frozenset[str]
    infixes: Mapping[str, str]
    delimiters: frozenset[str]
    environments: Mapping[str, Environment]
    press: Mapping[str, str]
    pandoc: Mapping[str, str]
    macros: Mapping[str, Macro]
    text: Mapping[str, str]
    colors: Mapping[str, str]

    def names(self) -> list[str]:
        """Return every command that a formula may use, for who looks for the nearest one."""
        return [*self.arguments, *self.plain, *self.macros, *self.switches, *self.infixes, *self.sizes]


@cache
def notation() -> Notation:
    """Read the lists beside this module; only a manuscript with formulas asks for them."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (_FOLDER / "notation.yaml").read_text(encoding="utf-8")
    values: dict[str, Any] = yaml.load(text, Loader=loader)
    lines = (_FOLDER / "symbols.txt").read_text(encoding="utf-8").splitlines()
    symbols = (word for line in lines if not line.startswith("#") for word in line.split())
    return Notation(
        arguments={name: form for form, names in values["arguments"].items() for name in names.split()},
        plain=frozenset(symbols).union(values["plain"].split(), values["signs"]),
        operators=frozenset(values["operators"].split()),
        switches=values["switches"],
        sizes=frozenset(values["sizes"]),
        infixes=values["infixes"],
        delimiters=frozenset(values["delimiters"].split()),
        environments={name: Environment(**one) for name, one in values["environments"].items()},
        press=values["press"],
        pandoc=values["pandoc"],
        macros={name: Macro(_arguments(body), body) for name, body in values["macros"].items()},
        text=values["text"],
        colors=values["colors"],
    )


def _arguments(body: str) -> int:
    return max((int(after[0]) for after in body.split("#")[1:]), default=0)
