"""Set every formula of a book by itself, to learn which of them the engine cannot set.

When a press stops in a formula, it tells only of that one. Here the engine goes on behind an error, so one run tells
of all; each formula stands in a group of its own. A fault that ends the run all the same is that of the formula it was
in, and the rest is tried again without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from octavo.latex.environment import Macros
from octavo.latex.escape import Tex
from octavo.press.engine import EngineStoppedError, Press

#: A trial takes no longer than this; a formula that loops is found by then.
TIME_LIMIT_SECONDS = 15
_MOST_RUNS = 6
_EVENT = re.compile(r"^octavo: formula (\d+)$|^(?:\./)?[\w.-]+:\d+: (.+)$|^! (.+)$", re.MULTILINE)
_BEGUN = re.compile(r"octavo: formula (\d+)")
_HARMLESS = re.compile(r"(LaTeX|Package \w+) (Font )?Warning")


def failing(formulas: Mapping[str, Tex], start: Callable[[int], Press], macros: Macros) -> dict[str, str]:
    """Return the keys of the formulas that the engine cannot set, each with its first complaint.

    `formulas` are the LaTeX of each, `macros` those of `elements.tex`; `start` starts a press that goes on behind
    errors, for so many seconds.
    """
    left = list(formulas)
    found: dict[str, str] = {}
    for _ in range(_MOST_RUNS):
        press = start(TIME_LIMIT_SECONDS)
        tex = Tex("").join(macros("trial", number=at, tex=formulas[key]) for at, key in enumerate(left))
        press.feed("trial", tex)
        is_finished = False
        try:
            press.pages()
            is_finished = True
            press.finish()
        except EngineStoppedError:
            pass  # also a run that went on behind errors ends with one
        finally:
            press.stop()
        failed = read_log(Path(press.log))
        if not is_finished and (last := _BEGUN.match(press.heard)):
            failed.setdefault(int(last[1]), "it never comes to an end, or is too large")
        found.update({left[at]: message for at, message in failed.items() if at < len(left)})
        if is_finished or not failed:
            return found
        left = [key for at, key in enumerate(left) if at not in failed]
    return found


def read_log(log: Path) -> dict[int, str]:
    """Return the first complaint about each formula by its number."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    found: dict[int, str] = {}
    number = -1
    for begun, placed, bare in _EVENT.findall(text):
        if begun:
            number = int(begun)
        elif not _HARMLESS.match(placed or bare) and number >= 0:
            found.setdefault(number, (placed or bare).rstrip("."))
    return found
