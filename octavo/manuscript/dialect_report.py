"""Report what other tools write and a book cannot do: one message for each kind, with its first places.

It looks at the nodes, so that what stands in code is never taken for markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from octavo.diagnostics import Ledger, Span
from octavo.manuscript import nodes as n
from octavo.manuscript.dialect_lines import Translation
from octavo.manuscript.dialects import Leftover, dialects
from octavo.manuscript.html_report import places
from octavo.manuscript.part import Part

#: What a text must hold for any kind of leftover markup to be looked for.
_SIGNS = re.compile(
    r"[{]|\[[\[!TtCc]|:[a-z]\w*:|:[a-z][\w:-]*:$|:::|\+\+|==|@ref\(|@@|^%|\(#|\(ref:|\)=|\.\. |!!!|\?\?\?|\$\{toc"
)
_INLINE_CHUNK = re.compile(r"(?:(\{(?:r|python|julia|ojs)\})|r) \S")
#: Says that a chunk was not run: what it would make, a label, a list of sources, may be missing through no fault.
NOT_RUN = "OCT260"
#: What holds the contents of a line.
_LINES = (n.Paragraph, n.Heading, n.Styled, n.Link, n.InlineSpan)


@dataclass
class _Found:
    """Gather the places of one kind, with what the first says."""

    facts: dict[str, str]
    spans: list[Span] = field(default_factory=list)


def report_dialects(parts: Sequence[Part], translations: Sequence[Translation], ledger: Ledger) -> None:
    """Report chunks that were not run, directives that are unknown, and markup that is printed as it stands."""
    found: dict[tuple[str, str], _Found] = {}

    def note(code: str, kind: str, span: Span, **facts: str) -> None:
        found.setdefault((code, kind), _Found(facts)).spans.append(span)

    for part, translation in zip(parts, translations, strict=True):
        lines = part.source.split("\n")
        for finding in translation.findings:
            offset = sum(len(line) + 1 for line in lines[: finding.line]) + finding.column - 1
            code = {"chunk": NOT_RUN, "options": "OCT268", "directive": "OCT267"}[finding.kind]
            kind = finding.written if code == "OCT267" else ""
            note(code, kind, part.at(offset), text=finding.written)
        for node, text, leftover in _leftovers(part.blocks):
            span = part.span(node, text)
            note("OCT261", leftover.name, span, text=text, dialect=leftover.dialect, advice=leftover.advice)
    runs_r = (NOT_RUN, "") in found
    for part in parts:
        for code_span in _inline_chunks(part, runs_r):
            note(NOT_RUN, "inline", part.span(code_span, code_span.text), text=code_span.text)
    for (code, _), one in found.items():
        spans = sorted(set(one.spans))
        ledger.report(code, spans[0], places=places(spans, len(one.spans)), **one.facts)


def _inline_chunks(part: Part, runs_r: bool) -> Iterator[n.CodeSpan]:
    """Yield code in a line that knitr or Quarto would run; `r x` is that only where a chunk stands somewhere too."""
    if "`{" not in part.source and not (runs_r and "`r " in part.source):
        return
    for node in n.walk(part.blocks):
        if isinstance(node, n.CodeSpan) and (found := _INLINE_CHUNK.match(node.text)) and (found[1] or runs_r):
            yield node


def _leftovers(blocks: Sequence[n.Block]) -> Iterator[tuple[n.Text, str, Leftover]]:
    """Yield each text that is markup to another tool, with the node that holds it."""
    for node in n.written(blocks):
        inner = node.children if isinstance(node, _LINES) else []
        for at, child in enumerate(inner):
            if isinstance(child, n.Text) and _SIGNS.search(child.text):
                follows = inner[at + 1] if at + 1 < len(inner) else None
                at_head = at == 0 and isinstance(node, n.Paragraph)
                yield from ((child, text, one) for text, one in _in_text(child.text, at_head, follows))


def _in_text(text: str, at_head: bool, follows: n.Inline | None) -> Iterator[tuple[str, Leftover]]:
    """Yield the markup in one run of text; what one kind has found is no other kind's."""
    for leftover in dialects().leftovers:
        if (leftover.at_head and not at_head) or (leftover.before_code and not isinstance(follows, n.CodeSpan)):
            continue
        for found in leftover.pattern.finditer(text):
            yield found[0].strip(), leftover
        text = leftover.pattern.sub(" ", text)
        if not _SIGNS.search(text):
            return
