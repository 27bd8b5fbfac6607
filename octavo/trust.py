"""Say what of a report may change how Octavo works, and leave out the rest where nobody vouches for its author.

A manuscript, its bibliography, pictures and data are never trusted. What a report brings besides, LaTeX of its own and
templates, are programs of its author: they are used unless the caller says `--untrusted`, and then only where the
caller names them.
"""

from __future__ import annotations

from dataclasses import dataclass

from octavo import confinement
from octavo.diagnostics import Ledger, Span

#: What a caller can allow by name, and what it is.
PROGRAMS = {
    "raw-latex": "the pieces of LaTeX in the chapters",
    "templates": "the report's own templates, styles, themes and Lua files",
}


class NoWallError(Exception):
    """Say that nothing on this machine would hold a program that a stranger's report takes over."""


@dataclass(frozen=True)
class Trust:
    """Hold what may be used of a report's own programs."""

    allowed: frozenset[str] = frozenset(PROGRAMS)

    def grants(self, name: str, is_there: bool, span: Span | None, ledger: Ledger) -> bool:
        """Tell whether something of `PROGRAMS` is used; where it is there and is not, that is reported."""
        if is_there and name not in self.allowed:
            ledger.report("OCT122", span, what=PROGRAMS[name], name=name)
        return is_there and name in self.allowed


#: What somebody gives who builds a report of their own.
OF_AN_AUTHOR = Trust()


def require_walls() -> None:
    """Raise `NoWallError` where the kernel cannot keep a program from files: only there would a stranger get in."""
    if not confinement.landlock_version():
        raise NoWallError(
            "nothing keeps a program on this machine from your files (Landlock, in Linux since 5.13, is not there), "
            "and a report under --untrusted is built behind that wall alone"
        )
