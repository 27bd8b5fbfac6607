"""Hold the flagship's text to what a machine can see of its rules of evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from octavo.diagnostics import Ledger
from octavo.manifest import Report, load
from octavo.manuscript import nodes as n
from octavo.manuscript.bibliography import Bibliography
from octavo.manuscript.part import Part
from octavo.manuscript.reading import read
from octavo.workspace import run_pandoc

ROOT = Path(__file__).resolve().parent.parent
#: Digits that belong to a name and state no fact: models, components, interfaces.
NAMES = re.compile(
    r"\b(PC\d|o\d|GPT-\d\w*|(Claude|Opus|Sonnet|Haiku|Gemma|Qwen|Llama|LLaMA|Mythos|Fable|Gemini)([ -]\d[\w.-]*)+"
    r"([ -](Opus|Sonnet|Haiku))?( \d+B)?)"
)
#: The source page, a conflict between sources, or a numbered fact of one of the five research files.
FACT = re.compile(r"00|README:4\.(\d+|n)|README|0[1-5]:\d{1,3}[a-g]?")


@cache
def manuscript() -> tuple[Report, list[Part]]:
    """Read the flagship once."""
    ledger = Ledger()
    report = load(ROOT, ledger)
    assert report is not None, ledger.entries
    parts = [Part(p.path, p.role, (ROOT / p.path).read_text(encoding="utf-8")) for p in report.parts]
    read(parts, Bibliography(report.bibliography), report.language, run_pandoc, ledger)
    assert not ledger.entries
    return report, parts


def states_a_figure(nodes: list[n.Node]) -> bool:
    """Tell whether these nodes print a digit that is no part of a name."""
    text = "".join(node.text for node in nodes if isinstance(node, n.Text))
    return bool(re.search(r"\d", NAMES.sub("", text)))


def cites(nodes: list[n.Node]) -> bool:
    """Tell whether one of these nodes is a citation."""
    return any(isinstance(node, n.Citation) for node in nodes)


def uncited(part: Part) -> Iterator[str]:
    """Yield the place of every paragraph that states a figure without a source, and of every such table."""

    def visit(blocks: Iterator[n.Node]) -> Iterator[str]:
        for node in blocks:
            below = list(n.walk(n.inner(node)))
            if isinstance(node, n.Table | n.Paragraph):
                if states_a_figure(below) and not cites(below):
                    yield str(part.span(node))
            elif isinstance(node, n.Block):
                yield from visit(n.inner(node))

    return visit(iter(part.blocks))


def test_a_figure_without_a_source_is_found() -> None:
    text = "# One {#one}\n\nIt rose by 12% in 2024.\n\nIt fell [@k].\n\nGPT-4o and Claude Opus 4.6 answered.\n"
    part = Part("one.md", "chapter", text)
    read([part], Bibliography(), "en", run_pandoc, Ledger())
    assert list(uncited(part)) == ["one.md:3:1"]


def test_every_figure_has_a_source() -> None:
    _, parts = manuscript()
    assert sum(isinstance(node, n.Citation) for part in parts for node in n.walk(part.blocks)) > 500
    assert [place for part in parts for place in uncited(part)] == []


def test_every_entry_is_cited() -> None:
    report, parts = manuscript()
    text = "".join(path.read_text(encoding="utf-8") for path in report.bibliography)
    entries = set(re.findall(r"^@\w+\{([^,\s]+),", text, re.MULTILINE))
    cited = {
        key for part in parts for node in n.walk(part.blocks) if isinstance(node, n.Citation) for key in node.keys
    }
    assert entries and entries == cited


@pytest.mark.parametrize("path", sorted((ROOT / "chapters").glob("*.md")), ids=lambda path: path.stem)
def test_the_record_of_evidence_names_every_section(path: Path) -> None:
    if path.stem == "glossary":
        return
    _, parts = manuscript()
    part = next(part for part in parts if part.path == f"chapters/{path.name}")
    record = yaml.safe_load((path.parent / "evidence" / f"{path.stem}.yaml").read_text(encoding="utf-8"))
    sections = {
        node.attributes.identifier
        for node in n.walk(part.blocks)
        if isinstance(node, n.Heading) and node.level <= 2 and ":" in node.attributes.identifier
    }
    labels = {
        node.attributes.identifier for node in n.walk(part.blocks) if isinstance(node, n.Heading | n.Table | n.Div)
    }
    assert set(record) <= labels, "the record names a place that the chapter does not have"
    assert {key for key in sections if key.count("-")} <= set(record)
    for key, facts in record.items():
        assert facts and all(FACT.fullmatch(fact) for fact in facts), key
