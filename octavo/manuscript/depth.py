"""Bound how deep a manuscript is nested, so that no page and no program drowns in it.

Five hundred quotations in each other leave no measure to set a word in, and more levels than Python or TeX can follow.
What stands deeper than any book needs is kept as running text at that depth, and reported.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from typing import Any, Final

from octavo.diagnostics import Ledger
from octavo.manuscript import nodes as n
from octavo.manuscript.part import Part

#: How many elements may stand in each other. TeX counts 255 groups at most; what is set in counts twice, since the
#: measure ends before TeX's patience: sixteen quotations in each other leave a third of an A5 page.
DEEPEST: Final = 32
INDENTED: Final = 2
#: The class of the division or span that holds what was nested deeper.
TOO_DEEP: Final = "octavo-too-deep"
#: A value of JSON nests deeper than the element that it tells; each element takes four frames at the most.
_FRAMES: Final = 200_000
#: Bytes of stack for C's frames.
_STACK: Final = 64 * 2**20
_INLINES: Final = frozenset(
    ["Emph", "Strong", "Underline", "Strikeout", "Superscript", "Subscript", "SmallCaps", "Quoted", "Cite", "Link",
     "Image", "Note", "Span"]
)  # fmt: skip
_PLAIN: Final = frozenset(["Str", "Space", "SoftBreak", "LineBreak", "Code", "Math", "RawInline"])
_INDENTING: Final = frozenset(["BlockQuote", "BulletList", "OrderedList", "DefinitionList"])
_BLOCKS: Final = frozenset(["Para", "Plain", "LineBlock", "Div", "Figure", "Table", "Header", *_INDENTING])


def decode(text: str, hook: Callable[[Any], Any] | None = None, wrapped: int = 0) -> Any:
    """Return the JSON of a text, flattened where it is too deep to be read otherwise.

    `hook` is told every object, innermost first; so many elements around the manuscript are not of it (`wrapped`), so
    that the same is flattened on every version of Python, of which each reads another depth.
    """
    try:
        return _with_room(lambda: json.loads(text, object_hook=hook))
    except RecursionError:
        with _frames():
            return flatten(json.loads(text, cls=_DeepDecoder, object_hook=hook), -wrapped)


def _with_room(work: Callable[[], Any]) -> Any:
    """Return what comes of some work on a stack of its own, large enough for as many frames of C as Python allows.

    Python 3.12 and 3.13 count ten thousand of them, whatever the stack of the thread can hold.
    """
    if sys.version_info < (3, 12):
        return work()
    found: list[Any] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:
            failed.append(error)

    before = threading.stack_size(_STACK)
    try:
        thread = threading.Thread(target=run, name="decodes")
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


class _DeepDecoder(json.JSONDecoder):
    """Decode in Python, whose frames do not stand on the stack of the machine."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.scan_once = py_make_scanner(self)


@contextmanager
def _frames() -> Iterator[None]:
    """Allow more frames of Python than usual."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(_FRAMES)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def flatten(value: Any, depth: int = 0) -> Any:
    """Put what is nested too deep in a value of Pandoc's JSON as text into a division or span of its own, in place.

    The objects above stay the same ones: others hold on to the citations among them.
    """
    if isinstance(value, list):
        value[:] = [flatten(one, depth) for one in value]
    elif isinstance(value, dict) and "t" not in value:
        for key, one in value.items():
            value[key] = flatten(one, depth)
    elif isinstance(value, dict) and (value["t"] in _INLINES or value["t"] in _BLOCKS):
        depth += INDENTED if value["t"] in _INDENTING else 1
        if depth > DEEPEST:
            return _as_text(value, value["t"] in _INLINES)
        flatten(value["c"], depth)
    return value


def _as_text(value: Any, inline: bool) -> Any:
    words: list[Any] = []
    for word in "".join(_texts(value)).split():
        words += [{"t": "Space"}, {"t": "Str", "c": word}]
    mark = ["", [TOO_DEEP], []]
    if inline:
        return {"t": "Span", "c": [mark, words[1:]]}
    return {"t": "Div", "c": [mark, [{"t": "Para", "c": words[1:]}]]}


def _texts(value: Any) -> Iterator[str]:
    """Yield all text in a value, without calling itself: it may be as deep as it likes."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += reversed(one)
        elif isinstance(one, dict):
            kind, content = one["t"], one.get("c", [])
            if kind == "Str":
                yield content
            elif kind in ("Code", "CodeBlock", "Math", "RawInline", "RawBlock"):
                yield content[1]
            elif kind in ("Link", "Image", "Span", "Div"):
                waiting.append(content[1])
            elif kind in ("Space", "SoftBreak", "LineBreak"):
                yield " "
            else:
                waiting.append(content)
            if kind in _BLOCKS or kind in ("CodeBlock", "RawBlock"):
                yield " "


def running(value: Any) -> Iterator[Any]:
    """Yield the inlines in blocks of any kind, which is how they stand where there is room for one line."""
    if isinstance(value, list):
        for one in value:
            yield from running(one)
    elif isinstance(value, dict) and (kind := value.get("t")):
        if kind in _BLOCKS:
            yield {"t": "Space"}
            yield from running(value["c"])
            yield {"t": "Space"}
        elif kind in ("CodeBlock", "RawBlock"):
            yield {"t": "Code" if kind == "CodeBlock" else "RawInline", "c": value["c"]}
        elif kind in _INLINES | _PLAIN:
            yield value


def report_depth(part: Part, ledger: Ledger) -> None:
    """Report what was nested too deep in a part."""
    for node in n.walk(part.blocks):
        if isinstance(node, n.Div | n.InlineSpan) and TOO_DEEP in node.attributes.classes:
            ledger.report("OCT213", part.span(node))
