"""Show what the build is doing: one moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from octavo.ending import say
from octavo.visible import visible, visible_lines
from octavo.workspace import Workspace

if TYPE_CHECKING:
    from octavo.book import Product

STAGES = {
    "read": "Reading",
    "write": "Writing",
    "typeset": "Typesetting",
    "bind": "Binding",
    "judge": "Judging",
    "wait": "Waiting",
}


class Progress:
    """Say which stage works on what."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._status = None
        if stream.isatty():
            from rich.console import Console

            self._status = Console(file=stream).status("Starting the engine")

    def __enter__(self) -> Progress:
        """Begin to show progress."""
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        if self._status:
            self._status.stop()

    def show(self, stage: str, what: str) -> None:
        """Say that a stage begins to work on something."""
        line = visible(f"{STAGES[stage]} {what}")
        if self._status:
            from rich.text import Text

            self._status.update(Text(line))
        else:
            say(line, self._stream)


def summary(products: Sequence[Product], workspace: Workspace, withheld: Sequence[str]) -> str:
    """Return what was made: file, pages and size, the seconds of each stage, and why it claims no PDF/UA."""
    lines = []
    for product in products:
        size = product.path.stat().st_size / 1e6
        runs = "" if product.passes == 1 else f", {product.passes} engine runs"
        lines.append(f"{_shown(product.path)}  {product.pages} pages, {size:.1f} MB{runs}")
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in workspace.seconds.items())
    lines.append(f"{workspace.total():.2f} s ({stages})")
    if withheld:
        which = "This PDF does" if len(products) == 1 else "These PDFs do"
        lines.append(f"{which} not claim to be PDF/UA: {' and '.join(withheld)}.")
    return visible_lines("\n".join(lines))


def _shown(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
