"""Read the Markdown files with Pandoc, and settle their citations with its citeproc.

Each file is read alone, so that a note label or a link name may be used in two chapters. Citations are settled
once over the whole report, so that 2025a and 2025b agree everywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from octavo.diagnostics import Ledger
from octavo.manuscript import nodes as n
from octavo.manuscript.convert import REFERENCE, Converter, Json
from octavo.manuscript.part import Part
from octavo.nearest import nearest

#: Runs Pandoc with arguments and standard input; returns its output and its messages.
Pandoc = Callable[[Sequence[str], str], tuple[str, str]]

#: Reads Pandoc's own Markdown, whole.
READER = Path(__file__).parent / "read.lua"

_NOT_FOUND = re.compile(r"citation (\S+) not found")
_KEY = re.compile(r"^\s*@\w+\{\s*([^\s,]+)\s*,", re.MULTILINE)


@dataclass(frozen=True)
class Bibliography:
    """Name the sources and how they are set: files of entries, a CSL style or none, keys listed but not cited."""

    files: tuple[Path, ...] = ()
    style: Path | None = None
    listed: tuple[str, ...] = ()


@dataclass
class Manuscript:
    """Hold every part, and the entry of every source that the book names, in the order of the style."""

    parts: list[Part]
    entries: dict[str, list[n.Block]] = field(default_factory=dict)


def read(
    parts: list[Part], bibliography: Bibliography, language: str, pandoc: Pandoc, ledger: Ledger
) -> Manuscript:
    """Read all parts and return the manuscript; citations that name no entry are reported where they stand."""
    texts = _parse([part.source for part in parts], pandoc)
    cites: list[Json] = []

    def collect(item: Json) -> Json:
        # Called by the JSON decoder for every object, innermost first: a tree walk that costs nothing extra.
        if item.get("t") == "Cite" and not any(REFERENCE.fullmatch(c["citationId"]) for c in item["c"][0]):
            cites.append(item)
        return item

    trees = [json.loads(text, object_hook=collect) for text in texts]
    references, missing = _settle(cites, bibliography, language, pandoc)
    converter = Converter(language)
    for part, tree in zip(parts, trees, strict=True):
        part.blocks = converter.blocks(tree["blocks"])
    entries: dict[str, list[n.Block]] = {}
    for entry in references:
        entries[entry["c"][0][0].removeprefix("ref-")] = converter.blocks(entry["c"][1])
    _report_missing(parts, missing, bibliography, ledger)
    return Manuscript(parts, entries)


def _parse(sources: list[str], pandoc: Pandoc) -> list[str]:
    """Return the JSON of each text; Pandoc is started twice, not once for each, since a start costs 30 ms."""
    half = len(sources) // 2
    groups = [group for group in (sources[:half], sources[half:]) if group]
    with ThreadPoolExecutor(max_workers=2) as pool:
        outputs = pool.map(lambda group: pandoc(["lua", str(READER)], json.dumps(group))[0], groups)
        return [line for output in outputs for line in output.splitlines()]


def _settle(
    cites: list[Json], bibliography: Bibliography, language: str, pandoc: Pandoc
) -> tuple[list[Json], set[str]]:
    """Replace each citation's text with what citeproc makes of it; return the entries and the unknown keys.

    Only the citations are sent, each in a paragraph of its own, in the order of the book: position (ibid., first
    mention) is kept and the chapters need not make the journey.
    """
    if not bibliography.files or not (cites or bibliography.listed):
        return [], {item["citationId"] for cite in cites for item in cite["c"][0]}
    listed = [{"t": "Cite", "c": [[_plain_citation(key)], []]} for key in bibliography.listed]
    document = {
        "pandoc-api-version": [1, 23, 1],
        "meta": {
            "link-citations": {"t": "MetaBool", "c": True},
            "link-bibliography": {"t": "MetaBool", "c": True},
            "lang": {"t": "MetaString", "c": language},
            "nocite": {"t": "MetaInlines", "c": listed},
        },
        "blocks": [{"t": "Para", "c": [cite]} for cite in cites],
    }
    arguments = ["-f", "json", "-t", "json", "--citeproc"]
    arguments += [f"--bibliography={path}" for path in bibliography.files]
    arguments += [f"--csl={bibliography.style}"] if bibliography.style else []
    output, messages = pandoc(arguments, json.dumps(document))
    blocks = json.loads(output)["blocks"]
    for cite, block in zip(cites, blocks, strict=False):
        cite["c"] = block["c"][0]["c"]
    entries = blocks[len(cites)]["c"][1] if len(blocks) > len(cites) else []
    return entries, set(_NOT_FOUND.findall(messages))


def _plain_citation(key: str) -> Json:
    mode = {"t": "NormalCitation"}
    return {
        "citationId": key, "citationPrefix": [], "citationSuffix": [], "citationMode": mode,
        "citationNoteNum": 0, "citationHash": 0,
    }  # fmt: skip


def _report_missing(parts: list[Part], missing: set[str], bibliography: Bibliography, ledger: Ledger) -> None:
    if not missing:
        return
    known = [key for path in bibliography.files for key in _KEY.findall(path.read_text(encoding="utf-8"))]
    for part in parts:
        for node in n.walk(part.blocks):
            if isinstance(node, n.Citation):
                for key in node.keys:
                    if key in missing:
                        ledger.report(
                            "OCT201",
                            part.span(node, f"@{key}"),
                            key=key,
                            files=", ".join(path.name for path in bibliography.files) or "a bibliography",
                            nearest=nearest(key, known),
                        )
