"""Read every formula of the manuscript, and have Pandoc make MathML anew of those that it was not given as read.

Pandoc sees a formula first as the author wrote it, while it reads the chapter. Where the reader of formulas had to
write it otherwise, for a macro of the report or a command that Pandoc does not know, it is sent again, in one process
for all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from octavo.diagnostics import Ledger, Span
from octavo.manuscript import nodes as n
from octavo.manuscript.formulas.formula import Formula, read_formula
from octavo.manuscript.formulas.notation import notation
from octavo.manuscript.formulas.tokens import Macro
from octavo.manuscript.parsing import READER, SCRIPTS, Pandoc
from octavo.manuscript.part import Part, locate
from octavo.manuscript.stops import PROBE, STOPS, first_stop, stops, told
from octavo.nearest import nearest
from octavo.workspace import TextCache

#: Gives the place of an offset into a formula.
Place = Callable[[int], Span]
#: What looks like a tag in a formula was hidden from Pandoc when it read the chapter.
_TAG = re.compile(r"</?[a-zA-Z]")
#: How much of a formula a message shows.
LONGEST_SHOWN = 60


def read_formulas(
    parts: Sequence[Part],
    entries: Mapping[str, list[n.Block]],
    files: Sequence[Path],
    macros: Mapping[str, Macro],
    unset: Mapping[str, str],
    pandoc: Pandoc,
    readings: TextCache,
    ledger: Ledger,
) -> None:
    """Settle what is printed and said of each formula, and report what is wrong with it at its place.

    `entries` are those of the bibliography, whose formulas stand in one of `files`. `unset` are formulas, as the
    engine is given them, that it cannot set, with what it says of each.
    """
    found = [*_of_parts(parts), *_of_entries(entries, files)]
    if not found:
        return
    known: dict[tuple[str, bool], Formula] = {}
    for node, _ in found:
        if (key := (node.tex, node.display)) not in known:
            known[key] = read_formula(node.tex, macros, node.display)
    again: dict[tuple[str, bool], list[n.Math]] = {}
    for node, place in found:
        formula = known[node.tex, node.display]
        if formula.errors:
            _report(formula, node, place, ledger, macros)
            node.mathml = node.problem = ""
            continue
        _settle(node, formula)
        if len(formula.labels) > 1:
            listed = ", ".join(f"`{label}`" for label in formula.labels)
            ledger.report("OCT224", place(0), formula=_shown(node), labels=listed)
        if message := unset.get(formula.displayed or formula.press):
            ledger.report("OCT222", place(0), formula=_shown(node), message=message)
            node.press = node.mathml = node.problem = ""
        elif formula.changed or _TAG.search(node.tex) or (node.problem and formula.pandoc != node.tex.strip()):
            again.setdefault((formula.pandoc, node.display), []).append(node)
    try:
        _make_anew(again, pandoc, readings)
    except STOPS as stop:
        keys = list(again)
        number = first_stop(len(keys), lambda count: stops(lambda: pandoc(*_asking(keys[:count]), PROBE)))
        worst = again[keys[number - 1]][0] if number else None
        raise told(stop, next((place(0) for node, place in found if node is worst), None)) from stop
    for node, place in found:
        if node.problem and not node.alt:
            ledger.report("OCT540", place(0), formula=_shown(node), problem=node.problem)


def _of_parts(parts: Sequence[Part]) -> Iterator[tuple[n.Math, Place]]:
    for part in parts:
        if "$" not in part.source and "\\" not in part.source:
            continue
        for node in n.walk(part.blocks):
            if isinstance(node, n.Math):
                yield node, lambda offset, part=part, node=node: part.place(node, offset)  # type: ignore[misc]


def _of_entries(entries: Mapping[str, list[n.Block]], files: Sequence[Path]) -> Iterator[tuple[n.Math, Place]]:
    for blocks in entries.values():
        for node in n.walk(blocks):
            if isinstance(node, n.Math):
                yield node, lambda offset, node=node: _in_files(node, offset, files)  # type: ignore[misc]


def _in_files(node: n.Math, offset: int, files: Sequence[Path]) -> Span:
    """Return where a formula of the bibliography stands."""
    for path in files:
        source = path.read_text(encoding="utf-8", errors="replace")
        if (at := locate(source, node.tex, offset)) >= 0:
            return Part(str(path), "", source).at(at)
    return Span(str(files[0]) if files else "")


def _settle(node: n.Math, formula: Formula) -> None:
    node.press, node.displayed, node.tag = formula.press, formula.displayed, formula.tag
    labels = formula.labels if not node.identifier else (node.identifier, *formula.labels)
    node.identifier, node.aliases = (labels[0], labels[1:]) if labels else ("", ())


def _report(formula: Formula, node: n.Math, place: Place, ledger: Ledger, macros: Mapping[str, Macro]) -> None:
    for error in formula.errors:
        facts = dict(error.facts)
        if error.code == "OCT209":
            written = facts["command"]
            known = notation()
            is_environment = written.startswith("\\begin{")
            names = known.environments if is_environment else (*macros, *known.names())
            near = nearest(written.removeprefix("\\begin{").rstrip("}").lstrip("\\"), names)
            facts["nearest"] = near.replace("`", "`\\", 1) if not is_environment else near
        ledger.report(error.code, place(error.at), formula=_shown(node), **facts)


def _shown(node: n.Math) -> str:
    """Return the TeX of a formula for a message, or how it begins."""
    text = " ".join(node.tex.split())
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _asking(wanted: Iterable[tuple[str, bool]]) -> tuple[Sequence[str], str]:
    """Return the arguments and the text with which Pandoc is asked for the MathML of formulas."""
    texts = json.dumps({"formulas": [{"tex": tex, "display": display} for tex, display in wanted]})
    return ["-f", str(READER), "-t", "json"], texts


def _make_anew(wanted: Mapping[tuple[str, bool], list[n.Math]], pandoc: Pandoc, readings: TextCache) -> None:
    """Give formulas the MathML that Pandoc makes of what it is told, or what it says against that."""
    if not wanted:
        return
    arguments, texts = _asking(wanted)
    key = readings.key("formulas", *(path.read_bytes() for path in SCRIPTS), texts)
    answer = readings.get(key)
    if answer is None:
        answer = pandoc(arguments, texts)[0]
        readings.put(key, answer)
    spans = json.loads(answer)["blocks"][0]["c"][1]
    for nodes, block in zip(wanted.values(), spans, strict=True):
        values = dict(block["c"][0]["c"][0][2])
        for node in nodes:
            node.mathml, node.problem = values.get("mathml", ""), values.get("problem", "")
