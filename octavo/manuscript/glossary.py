"""Find the terms that the glossary defines."""

from __future__ import annotations

from octavo.manuscript import nodes as n
from octavo.manuscript.part import Part


def define_terms(parts: list[Part]) -> frozenset[str]:
    """Return the keys of all terms, and make each term the target of the marks that name it.

    A term is what a definition list in the back matter defines: `[dead load]{#load}` has the key
    `load`; a term without an identifier has its text in lower case with hyphens.
    """
    keys: set[str] = set()
    for part in parts:
        if part.role != "back":
            continue
        for node in n.walk(part.blocks):
            if isinstance(node, n.DefinitionList):
                keys.update(_key(definition) for definition in node.items)
    return frozenset(keys)


def _key(definition: n.Definition) -> str:
    span = next((item for item in definition.term if isinstance(item, n.InlineSpan)), None)
    if span is not None and span.attributes.identifier:
        key = span.attributes.identifier
    else:
        key = n.plain_text(definition.term).strip().lower().replace(" ", "-")
        span = n.InlineSpan(definition.term, n.Attributes())
        definition.term = [span]
    span.attributes.identifier = f"term:{key}"
    return key
