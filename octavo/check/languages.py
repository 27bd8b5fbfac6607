"""Tell of what a language of the report is without: words of the book's own, and hyphenation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from octavo import toolchain
from octavo.diagnostics import Ledger, Span
from octavo.manifest import FILE, Report
from octavo.manuscript import nodes as n
from octavo.manuscript.part import Part
from octavo.manuscript.words import unknown_words

#: Words that the message names.
_SHOWN = 3
#: Characters of about one line: in less, nothing is hyphenated that a reader would miss.
LINE = 60


def check_languages(report: Report, parts: Sequence[Part], ledger: Ledger) -> None:
    """Report once for each language what is missing, at `language` or at its first passage."""
    place = _place_of_language(report)
    unknown = sorted(unknown_words(report.language, report.words))
    if unknown:
        shown = f"{', '.join(unknown[:_SHOWN])}{', …' * (len(unknown) > _SHOWN)}"
        ledger.report("OCT421", place, language=report.language, count=len(unknown), words=shown)
    for language, span in {**_passages(parts), report.language: place}.items():
        package = toolchain.missing_patterns(language) if toolchain.is_debian() else None
        if package:
            ledger.report("OCT422", span, language=language, package=package.name)


def _place_of_language(report: Report) -> Span:
    """Return the line of report.yaml that names the language."""
    text = (report.folder / FILE).read_text(encoding="utf-8", errors="replace")
    found = re.search(r"^language:", text, re.MULTILINE)
    return Span(FILE, text.count("\n", 0, found.start()) + 1, 1) if found else Span(FILE)


def _passages(parts: Sequence[Part]) -> dict[str, Span]:
    """Return the languages that have a line of text or more in passages, each with the place of the first."""
    found: dict[str, Span] = {}
    letters: Counter[str] = Counter()
    for part in parts:
        if "lang" not in part.source:
            continue
        for node in n.walk(part.blocks):
            values = node.attributes.values if isinstance(node, n.InlineSpan | n.Div) else {}
            language = values.get("lang", "")
            if language and language not in found:
                found[language] = part.span(node, f"lang={language}")
            letters[language] += len(n.plain_text([node]))
    return {language: span for language, span in found.items() if letters[language] >= LINE}
