"""Find the calls of notes that stand side by side: 1 and 2 printed so would be 12."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from octavo.manuscript import nodes as n


def with_calls(inlines: Sequence[n.Inline]) -> Iterator[tuple[n.Inline, bool]]:
    """Yield each inline with a no, and a call with a yes where another follows; a space between them is left out."""
    call: n.Inline | None = None  # what ended with a call, as long as nothing else was printed
    for position, inline in enumerate(inlines):
        is_space = isinstance(inline, n.Text) and not inline.text.strip()
        if call and is_space and _is_call(inlines[position + 1 : position + 2], 0):
            continue
        if call and _is_call([inline], 0):
            yield call, True
        yield inline, False
        call = inline if _is_call([inline], -1) else None


def _is_call(inlines: Sequence[n.Inline], end: int) -> bool:
    """Tell whether a line begins (0) or ends (-1) with the call of a note."""
    while inlines:
        first = inlines[end]
        if isinstance(first, n.Note):
            return True
        inlines = first.children if isinstance(first, n.Styled | n.Citation | n.InlineSpan) else []
    return False
