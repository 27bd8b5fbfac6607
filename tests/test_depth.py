"""Hold a manuscript that is nested beyond reason to its words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import read_part

from octavo.diagnostics import Ledger
from octavo.manuscript import nodes as n
from octavo.manuscript.bibliography import Bibliography
from octavo.manuscript.depth import DEEPEST, TOO_DEEP, decode, flatten
from octavo.manuscript.part import Part
from octavo.manuscript.reading import read
from octavo.workspace import run_pandoc

WORDS = "kept as they are with code"
NESTS = {
    "quotations": "> " * 500 + "kept *as they* are with `code`\n",
    "lists": "".join(f"{'  ' * 2 * level}- {word}\n" for level, word in enumerate(WORDS.split() * 4)),
    "html": "<div>" * 200 + "kept as they are <b>with</b> <code>code</code>" + "</div>" * 200 + "\n",
}


@pytest.mark.parametrize("name", NESTS)
def test_what_is_nested_too_deep_keeps_its_words_and_is_reported_where_it_stands(name: str) -> None:
    part, ledger = Part("chapters/1.md", "chapter", f"# One\n\n{NESTS[name]}"), Ledger()
    read([part], Bibliography(), "en-US", run_pandoc, ledger)
    said = [" ".join(node.text.split()) for node in n.walk(part.blocks) if isinstance(node, n.Text | n.CodeSpan)]
    assert " ".join(" ".join(said[1:]).split()[: len(WORDS.split())]) == WORDS
    assert len(" ".join(said[1:]).split()) == NESTS[name].count("kept") * len(WORDS.split())
    reported = [entry for entry in ledger.entries if entry.code == "OCT213"]
    assert reported
    assert all(entry.span is not None and entry.span.line >= 3 for entry in reported)


def test_what_a_book_needs_is_not_too_deep() -> None:
    part = read_part("# One\n\n" + "".join(f"{'  ' * 2 * level}- *level **{level}***\n" for level in range(12)))
    levels = [node for node in n.walk(part.blocks) if isinstance(node, n.List)]
    assert len(levels) == 12
    assert not any(isinstance(node, n.Div) for node in n.walk(part.blocks))


def nested(levels: int) -> Any:
    tree: Any = {"t": "Para", "c": [{"t": "Str", "c": "word"}]}
    for _ in range(levels):
        tree = {"t": "Div", "c": [["", [], []], [tree]]}
    return tree


def test_json_of_any_depth_is_decoded() -> None:
    text = '{"t":"Div","c":[["",[],[]],[' * 5000 + '{"t":"Para","c":[{"t":"Str","c":"word"}]}' + "]]}" * 5000
    tree = decode(text)
    assert json.dumps(tree).count('"Div"') == DEEPEST + 1
    assert TOO_DEEP in json.dumps(tree)
    assert '"word"' in json.dumps(tree)


def test_a_tree_at_the_bound_is_left_alone() -> None:
    assert flatten(nested(DEEPEST - 1)) == nested(DEEPEST - 1)
    assert TOO_DEEP in json.dumps(flatten(nested(DEEPEST)))
