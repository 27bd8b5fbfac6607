"""Read what the engine says of its lines and pages, and trace it back to the author's file.

`templates/style/octavo-lines.lua` writes a line of the log for every line of print that leaves the measure or has
holes, for every ladder of hyphens, and for every page that breaks where it should not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from octavo.diagnostics import Ledger, Span
from octavo.manuscript.part import Part
from octavo.press.log import block_at

CODES = {
    "overfull": "OCT410", "loose": "OCT411", "ladder": "OCT412", "tall": "OCT414", "lost": "OCT415", "sunk": "OCT416",
    "parted": "OCT423", "shrunk": "OCT424",
}  # fmt: skip
#: What is wrong with the edge of a page, in words.
EDGES = {
    "widow": "the last line of a paragraph, which stands alone at the head",
    "club": "the first line of a paragraph, which stands alone at the foot",
    "heading": "a heading without text below it",
    "hyphen": "a hyphen",
}
#: A run of words that no rule of typography changes on its way to the page.
_PLAIN = re.compile(r"(?<![^\s(])[A-Za-z]{2,}(?: [A-Za-z]{2,}){0,3}(?=[\s.,;:)])")
_REPORT = re.compile(r"^octavo line: (\w+) ([\d.]+) (?:\./)?(\S+)\.tex (\d+) (.*)$", re.MULTILINE)
#: What is typeset only to see how long it is.
TRIAL = "trial"


def report_lines(log: Path, parts: Mapping[str, Part], ledger: Ledger) -> None:
    """Report each line and page that a reader would stumble over, at the Markdown it was made from."""
    seen: set[tuple[str, str]] = set()
    for kind, amount, stem, line, text in _REPORT.findall(log.read_text(encoding="utf-8", errors="replace")):
        # What Octavo adds breaks over pages; it is higher than one only where it is set to be measured.
        is_measured = stem == TRIAL or (kind in ("tall", "sunk") and stem not in parts)
        if is_measured or (kind, text) in seen:
            continue
        seen.add((kind, text))
        span = _span(log.parent / f"{stem}.tex", int(line), parts.get(stem), text)
        facts = {"amount": amount, "text": text.strip()}
        if kind in EDGES:
            ledger.report("OCT413", span, what=EDGES[kind], **facts)
        else:
            ledger.report(CODES[kind], span, **facts)


def _span(file: Path, line: int, part: Part | None, text: str) -> Span | None:
    if part is None:
        return None
    block = block_at(file, line, part)
    for words in _PLAIN.findall(text):
        if re.search(r"\s+".join(words.split()), part.source):
            return part.span(block, words)
    return part.span(block)
