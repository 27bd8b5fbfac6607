"""Tell an author of names that do nothing: classes, keys and languages of code that are misspelled or unknown.

A class that Octavo does not act on would be passed over in silence, and the author would look for the fault in the
page. Each name is told once; those that programs add, and that a page loses nothing by, are listed in `dialects.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from octavo.diagnostics import Ledger, Span
from octavo.manuscript import nodes as n
from octavo.manuscript.convert import FORMULA
from octavo.manuscript.dialects import dialects
from octavo.manuscript.html_report import places
from octavo.manuscript.part import Part

#: How alike two names must be, from 0 to 1, for one to be a slip of the other.
_LIKENESS = 0.75
#: Their first class is a language.
_CODE = (n.CodeBlock, n.CodeSpan)


def check_names(parts: Sequence[Part], ledger: Ledger) -> None:
    """Report every unknown class, key and language once, with its places."""
    found: dict[tuple[str, str], list[Span]] = {}
    for part in parts:
        for node, attributes in _with_attributes(part.blocks):
            for code, name, needle in _unknown(node, attributes):
                found.setdefault((code, name), []).append(part.span(node, needle))
    for (code, name), spans in found.items():
        known = {"OCT262": _classes, "OCT263": _keys, "OCT264": _languages}[code]()
        first = min(spans)
        ledger.report(
            code, first, name=name, nearest=_nearest(name, known), places=places(sorted(set(spans)), len(spans))
        )


def _with_attributes(blocks: Iterable[n.Node]) -> Iterator[tuple[n.Node, n.Attributes]]:
    """Yield every node that the author wrote with classes or keys."""
    for node in n.written(blocks):
        attributes = getattr(node, "attributes", None)
        if isinstance(attributes, n.Attributes) and (attributes.classes or attributes.values):
            yield node, attributes


def _unknown(node: n.Node, attributes: n.Attributes) -> Iterator[tuple[str, str, str]]:
    """Yield the code, the name, and how it is written, of each name that does nothing."""
    lists = dialects()
    classes = attributes.classes
    if isinstance(node, _CODE) and classes:
        language, classes = classes[0], classes[1:]
        if not (_is_language(language) or lists.knows_class(language)):
            yield "OCT264", language, language
    if FORMULA not in attributes.classes:
        for name in classes:
            if not lists.knows_class(name):
                yield "OCT262", name, name
    for key in attributes.values:
        if not lists.knows_key(key):
            yield "OCT263", key, f"{key}="


def _is_language(name: str) -> bool:
    """Tell whether Pygments colors a language, or the name says that nothing is to be colored."""
    lists = dialects()
    if name.lower() in lists.plain or name.lower() in lists.languages:
        return True
    from pygments.lexers import find_lexer_class_by_name
    from pygments.util import ClassNotFound

    try:
        find_lexer_class_by_name(name)
    except ClassNotFound:
        return False
    return True


def _classes() -> list[str]:
    lists = dialects()
    return sorted({*lists.classes, *lists.callouts, *lists.in_place})


def _keys() -> list[str]:
    return sorted(dialects().keys)


def _languages() -> list[str]:
    from pygments.lexers import get_all_lexers

    return sorted({alias for _, aliases, _, _ in get_all_lexers() for alias in aliases} | dialects().plain)


def _nearest(name: str, known: Sequence[str]) -> str:
    """Suggest what a name may be a slip of, or nothing."""
    found = get_close_matches(name, known, n=1, cutoff=_LIKENESS)
    return f" Did you mean `{found[0]}`?" if found else ""
