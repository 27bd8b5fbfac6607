"""Report the HTML of a manuscript that says nothing on paper: one message for each kind of tag."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from octavo.diagnostics import Ledger, Span
from octavo.manuscript import nodes as n
from octavo.manuscript.html_tags import vocabulary
from octavo.manuscript.part import Part

#: So many places are named in a message.
MOST_PLACES = 4
#: What Pandoc's smart punctuation makes of the beginning of a comment without an end.
_OPEN_COMMENT = re.compile(r"<!(--|–|—)")
_NAME = re.compile(r"\s*<(/?)([a-zA-Z][\w:-]*|[?!])")


@dataclass(frozen=True)
class _Kind:
    """Say what is reported together: one code, and what the message says of it."""

    code: str
    facts: tuple[tuple[str, str], ...]


def report_html(parts: Sequence[Part], literals: Sequence[set[str]], ledger: Ledger) -> None:
    """Report every tag that is left among the nodes, and every text that only looks like a tag."""
    found: dict[_Kind, list[Span]] = {}
    for part, literal in zip(parts, literals, strict=True):
        for node in n.walk(part.blocks):
            match node:
                case n.Raw() | n.RawBlock() if node.format == "html":
                    if kind := _kind(node.text):
                        found.setdefault(kind, []).append(part.span(node, _needle(node.text)))
                case n.Text() if "<!" in node.text and _OPEN_COMMENT.search(node.text):
                    kind = _Kind(
                        "OCT241", (("tag", "<!--"), ("says", "is never closed, and what it hides is printed"))
                    )
                    found.setdefault(kind, []).append(part.span(node, "<!--"))
                case n.Text() if literal and "<" in node.text:
                    for text in sorted(literal):
                        for _ in range(node.text.count(text)):
                            found.setdefault(_Kind("OCT240", (("text", text),)), []).append(part.span(node, text))
    for kind, spans in found.items():
        first = min(spans)
        ledger.report(kind.code, first, places=places(sorted(set(spans)), len(spans)), **dict(kind.facts))


def _kind(written: str) -> _Kind | None:
    """Return what is to be said of a raw tag, or nothing."""
    tag = _NAME.match(written)
    if tag is None or written.lstrip().startswith("<!--"):
        return None
    closing, name = tag[1], tag[2].lower()
    words = vocabulary()
    if name in words.meant:
        says = "closes nothing" if closing else "is never closed"
        return _Kind("OCT241", (("tag", f"<{closing}{name}>"), ("says", says)))
    if closing:
        return None
    rest = "nor what stands in it" if name in words["silent"] else "only the text in it"
    return _Kind("OCT211", (("tag", f"<{name}>" if name[0].isalpha() else f"<{name} …>"), ("rest", rest)))


def _needle(written: str) -> str:
    """Return how a tag begins: Pandoc may have written the rest of it anew."""
    tag = _NAME.match(written)
    return tag[0].strip() if tag else written


def places(spans: Sequence[Span], count: int) -> str:
    """Say where a thing stands besides its first place: ` (7 times, also at one.md:3, one.md:9)`, or nothing."""
    if count < 2:
        return ""
    lines = list(dict.fromkeys(f"{span.file}:{span.line}" for span in spans))
    others = lines[1:MOST_PLACES]
    also = f"; also at {', '.join(others)}" if others else ""
    return f" ({count} times{also}{' …' if len(lines) > MOST_PLACES else ''})"
