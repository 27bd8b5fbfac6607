r"""Check a formula before TeX sees it, and say what a listener hears of it.

A formula may use only the commands that print mathematics. That catches a misspelt command on the author's line
and keeps `\input` and `\directlua` out of a manuscript that is not trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from octavo.manuscript import nodes as n
from octavo.manuscript.linear import linear
from octavo.manuscript.spoken import spoken

_COMMAND = re.compile(r"\\([A-Za-z]+|.)")
_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}]")
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([A-Za-z]+\*?)\}")
_OUTER = {"align", "align*", "gather", "gather*", "multline", "multline*", "equation", "equation*", "flalign",
          "flalign*", "alignat", "alignat*", "eqnarray", "eqnarray*"}  # fmt: skip


#: What stands for an environment of its own inside another one.
_INNER = {"align": "aligned", "flalign": "aligned", "alignat": "alignedat", "gather": "gathered",
          "multline": "gathered", "eqnarray": "aligned"}  # fmt: skip


def allowed_commands(macros: Iterable[str]) -> frozenset[str]:
    """Return every command that a formula may use: the list beside this module, and the report's own macros."""
    text = (Path(__file__).parent / "maths-commands.txt").read_text(encoding="utf-8")
    words = (word for line in text.splitlines() if not line.startswith("#") for word in line.split())
    return frozenset(words) | {name.lstrip("\\") for name in macros}


#: The code of a diagnostic, the text that it stands at, and its facts.
Problem: TypeAlias = tuple[str, str, dict[str, str]]


def problems(formula: n.Math, allowed: frozenset[str]) -> Iterator[Problem]:
    """Yield what is wrong with a formula, or else that Pandoc could not read it and no words of the author's help."""
    found = list(_mistakes(formula.tex, allowed))
    yield from found
    if formula.problem and not formula.alt and not found:
        facts = {"formula": " ".join(formula.tex.split()), "problem": formula.problem}
        yield "OCT540", formula.tex.strip(), facts


def _mistakes(tex: str, allowed: frozenset[str]) -> Iterator[Problem]:
    shown = tex.strip()
    for command in _COMMAND.findall(tex):
        if command.isalpha() and command not in allowed:
            yield "OCT209", f"\\{command}", {"command": f"\\{command}"}
    depth = 0
    for token in _TOKEN.findall(tex):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth < 0:
            break
    if depth:
        yield "OCT208", shown[:20], {"formula": shown, "what": "a brace `{` or `}` without its partner"}
    open_environments: list[str] = []
    for kind, name in _ENVIRONMENT.findall(tex):
        if kind == "begin":
            open_environments.append(name)
        elif not open_environments or open_environments.pop() != name:
            yield "OCT208", f"\\end{{{name}}}", {"formula": shown, "what": f"`\\end{{{name}}}` without its `\\begin`"}
            return
    for name in open_environments:
        yield "OCT208", f"\\begin{{{name}}}", {"formula": shown, "what": f"`\\begin{{{name}}}` without its `\\end`"}
    lefts, rights = len(re.findall(r"\\left(?![A-Za-z])", tex)), len(re.findall(r"\\right(?![A-Za-z])", tex))
    if lefts != rights:
        yield "OCT208", shown[:20], {"formula": shown, "what": "`\\left` and `\\right` that do not pair"}


def outer_environment(tex: str) -> str:
    """Return the displayed environment that a formula brings along, so that no second one is put around it."""
    found = _ENVIRONMENT.match(tex.strip())
    return found[2] if found and found[2] in _OUTER else ""


def without_numbers(tex: str) -> str:
    """Return the formula with its outer environment starred: numbers come from the manuscript, never from TeX."""
    name = outer_environment(tex)
    if not name or name.endswith("*"):
        return tex.strip()
    return re.sub(rf"\\(begin|end)\{{{name}\}}", rf"\\\1{{{name}*}}", tex.strip())


def as_inner(tex: str) -> str:
    """Return the formula as one that stands inside a single numbered display: `align` becomes `aligned`."""
    name = outer_environment(tex)
    inner = _INNER.get(name.removesuffix("*"), "")
    if not name or name.startswith("equation"):
        return re.sub(r"\\(begin|end)\s*\{equation\*?\}", "", tex).strip()
    return re.sub(rf"\\(begin|end)\s*\{{{re.escape(name)}\}}", rf"\\\1{{{inner}}}", tex.strip())


def alternative(formula: n.Math, around: str, book: str) -> tuple[str, str]:
    """Return the alternative text of a formula, and its language where that is not the one around it.

    It is what the author wrote, or the formula in words: of the language around it or else of the book. Where
    neither has words for formulas, and where Pandoc could not read the formula, its TeX stands on one line.
    """
    if formula.alt:
        return formula.alt, ""
    for language in dict.fromkeys((around, book)):
        if said := spoken(formula.mathml, language):
            return said, language if language != around else ""
    return " ".join(formula.tex.split()), ""


def plain(formula: n.Math) -> str:
    """Return a formula as plain text, where nothing can be set: in the outline and in what is sorted."""
    return linear(formula.mathml) if formula.mathml else " ".join(formula.tex.split())
