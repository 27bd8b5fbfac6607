"""Find what Pandoc finds no end in: it reads many texts at once, and is stopped without a word about the place.

A part is read by itself, then its beginning up to one paragraph and another. What stops is told within half a minute.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from octavo.diagnostics import Span
from octavo.manuscript.parsing import Pandoc, try_out
from octavo.manuscript.part import Part
from octavo.workspace import ProgramStoppedError

#: How Pandoc ends that has no answer.
STOPS = (ProgramStoppedError, subprocess.CalledProcessError)
#: How many seconds it may take over one part or one file, over a piece of one, and over all pieces together.
ALONE = 4.0
PROBE = 1.5
SEARCH = 8.0
_FORMATS = {".json": "csljson", ".yaml": "markdown", ".yml": "markdown", ".ris": "ris"}
#: The definition of a macro, up to the brace that opens what it stands for.
_DEFINITION = re.compile(
    r"\\(?:(?:re|provide)?newcommand|DeclareMathOperator)\*?\s*\{?\s*\\([A-Za-z]+)\s*\}?\s*(?:\[[^\]\n]*\]\s*){0,2}\{"
    r"|\\[egx]?def\s*\\([A-Za-z]+)[^{}\n]*\{"
)
#: What stands around a complaint from the scripts that Pandoc runs.
_TRACE = re.compile(r"^Error running Lua:|\n*stack traceback:.*", re.DOTALL)
_NAME = re.compile(r"\\([A-Za-z]+)")


def stops(run: Callable[[], object]) -> bool:
    """Tell whether Pandoc ends without an answer."""
    try:
        run()
    except STOPS:
        return True
    return False


def first_stop(count: int, stopping: Callable[[int], bool]) -> int:
    """Return the least number of pieces at which Pandoc stops, where it does with all `count`; 0 if time is up."""
    low, high, deadline = 0, count, time.monotonic() + SEARCH
    with ThreadPoolExecutor(max_workers=2) as pool:
        while high - low > 1:
            if time.monotonic() > deadline:
                return 0
            third = max((high - low) // 3, 1)
            tried = sorted({low + third, min(low + 2 * third, high - 1)})
            stopped = dict(zip(tried, pool.map(stopping, tried), strict=True))
            high = next((number for number in tried if stopped[number]), high)
            low = max((number for number in tried if number < high), default=low)
    return high


def told(stop: Exception, place: Span | None, cause: str = "") -> ProgramStoppedError:
    """Return what is told of a stop: the reason, and the place where it was found."""
    if isinstance(stop, subprocess.CalledProcessError):
        complaint = _TRACE.sub("", stop.stderr.decode(errors="replace")).strip()
        reason = f"it says “{' '.join(complaint.split())}”" if complaint else "it does not say why"
    else:
        reason = getattr(stop, "reason", str(stop))
    return ProgramStoppedError("Pandoc", reason + cause, place)


def told_of_part(stop: Exception, parts: Sequence[Part], texts: Sequence[str], pandoc: Pandoc) -> Exception:
    """Return what is told of a stop at the manuscript, with the part and the line that Pandoc does not get over."""
    number = _stopping(texts, pandoc)
    if number is None:
        return stop
    part, text = parts[number], texts[number]
    if circle := circular_macro(text):
        name, line = circle
        return told(stop, Span(part.path, line), f"; the macro `\\{name}` uses itself")
    return told(stop, Span(part.path, _stopping_line(text, pandoc)))


def stopping_file(paths: Sequence[Path], pandoc: Pandoc) -> Path | None:
    """Return the file of sources, or the style, that Pandoc does not get over by itself."""

    def stopped(path: Path) -> bool:
        text = path.read_text(encoding="utf-8", errors="replace")
        return stops(
            lambda: pandoc(["-f", _FORMATS.get(path.suffix.lower(), "biblatex"), "-t", "csljson"], text, ALONE)
        )

    entries = [path for path in paths if path.suffix.lower() != ".csl"]
    return next((path for path in entries if stopped(path)), paths[-1] if len(paths) > len(entries) else None)


def _stopping(texts: Sequence[str], pandoc: Pandoc) -> int | None:
    """Return the number of the text that Pandoc does not get over by itself."""

    def stopped(text: str) -> bool:
        return stops(lambda: try_out(text, pandoc, ALONE))

    with ThreadPoolExecutor(max_workers=2) as pool:
        tries = {pool.submit(stopped, text): number for number, text in enumerate(texts)}
        for done in as_completed(tries):
            if done.result():
                pool.shutdown(wait=False, cancel_futures=True)
                return tries[done]
    return None


def _stopping_line(text: str, pandoc: Pandoc) -> int:
    """Return the line at which the paragraph begins that Pandoc does not get over, or 0."""
    rows = text.split("\n")
    begins = [i for i, row in enumerate(rows) if row.strip() and (i == 0 or not rows[i - 1].strip())]
    ends = [*begins[1:], len(rows)]

    def stopping(count: int) -> bool:
        return stops(lambda: try_out("\n".join(rows[: ends[count - 1]]), pandoc, PROBE))

    number = first_stop(len(begins), stopping)
    return begins[number - 1] + 1 if number else 0


def circular_macro(text: str) -> tuple[str, int] | None:
    r"""Return the first macro of a text that uses itself, if by way of others, and the line of its `\newcommand`."""
    lines: dict[str, int] = {}
    uses: dict[str, set[str]] = {}
    for found in _DEFINITION.finditer(text):
        name = found[1] or found[2]
        lines.setdefault(name, text.count("\n", 0, found.start()) + 1)
        uses.setdefault(name, set()).update(_NAME.findall(text[found.end() : _end(text, found.end())]))
    for name in uses:
        seen, waiting = set[str](), [name]
        while waiting:
            new = uses.get(waiting.pop(), set()) - seen
            seen |= new
            waiting += new
        if name in seen:
            return name, lines[name]
    return None


def _end(text: str, position: int) -> int:
    """Return where the braces close that are open at a position."""
    depth = 1
    for sign in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, position):
        depth += {"{": 1, "}": -1}.get(sign[0], 0)
        if depth == 0:
            return sign.start()
    return len(text)
