"""Give all texts to Pandoc, and take what it reads with what it says of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from octavo.manuscript.convert import Json
from octavo.manuscript.depth import decode
from octavo.manuscript.html_source import disguise, undisguise
from octavo.manuscript.metadata import Metadata, find_metadata, without
from octavo.manuscript.parting import Parted, part
from octavo.workspace import TextCache


class Pandoc(Protocol):
    """Run Pandoc with arguments and standard input; return its output and its messages."""

    def __call__(self, arguments: Sequence[str], text: str, seconds: float = ..., /) -> tuple[str, str]:
        """Let it take so many seconds, or as many as it may at most."""


#: Pandoc's Markdown, and addresses that stand in the text as links.
FORMAT = "markdown+autolink_bare_uris"
#: What is an address without angle brackets around it.
_ADDRESS = re.compile(r"(https?|ftp)://|mailto:[^@]+@[^@.]+\.")
#: Brackets that open one within the other and do not close: each doubles the time that Pandoc looks for links.
_OPEN_RUN = re.compile(r"(?:\[[^\[\]\n]{0,12}){13,}")
_HIDDEN = "\U000f5b5b"
#: What Pandoc runs: a reader of its own Markdown, whole; it gives formulas MathML.
READER = Path(__file__).with_name("read.lua")
_ARGUMENTS = ("-f", str(READER), "-t", "json")
SCRIPTS = (READER, READER.with_name("cite.lua"), READER.with_name("formulas.lua"))


@dataclass
class Reading:
    """Hold one text as Pandoc reads it: the title in its metadata, its blocks, and what Pandoc says of it.

    `parted` is the text that it was given, `metadata` are the blocks of metadata in the file.
    """

    parted: Parted
    metadata: list[Metadata]
    json: str = ""
    title: list[Json] = field(default_factory=list)
    blocks: list[Json] = field(default_factory=list)
    messages: list[Json] = field(default_factory=list)

    def decode(self, visit: Callable[[Json], None]) -> None:
        """Read the JSON; `visit` is called for every object, innermost first."""

        def hook(item: Json) -> Json:
            visit(item)
            return self._as_written(item) if item.get("t") == "Link" else item

        messages, (title, *blocks) = decode(self.json, hook)
        self.title, self.blocks, self.messages = title["c"], blocks, json.loads(messages)

    def _as_written(self, link: Json) -> Json:
        """Return a link, or the words of one that Pandoc took for an address and nobody means as one: `tip:do`."""
        attributes, children, (target, _) = link["c"]
        if attributes[1] not in (["uri"], ["email"]) or _ADDRESS.match(target) or len(children) != 1:
            return link
        words = children[0].get("c", "")
        return link if f"<{words}>" in self.parted.text else {"t": "Str", "c": words}


def parse(sources: Sequence[str], pandoc: Pandoc, readings: TextCache) -> list[Reading]:
    """Return the reading of each text; what was read before is taken from the cache.

    Pandoc is started twice at the most, not once for each text, since a start costs 30 ms.
    """
    results = [_prepared(source) for source in sources]
    scripts = [path.read_bytes() for path in SCRIPTS]
    texts = [_disguised(result) for result in results]
    keys = [readings.key("read", *scripts, FORMAT, text) for text in texts]
    known = {key: readings.get(key) for key in keys}
    new = [(key, text) for key, text in dict(zip(keys, texts, strict=True)).items() if known[key] is None]
    groups = [group for group in _halves(new) if group]
    given = [_message([text for _, text in group]) for group in groups]
    with ThreadPoolExecutor(max_workers=2) as pool:
        outputs = pool.map(lambda text: pandoc(_ARGUMENTS, text)[0], given)
        for group, output in zip(groups, outputs, strict=True):
            document = decode(output, wrapped=1)
            for (key, _), division in zip(group, document["blocks"], strict=True):
                messages, read = division["c"][0][2][0][1], division["c"][1]
                text = undisguise(json.dumps([messages, read], ensure_ascii=False, separators=(",", ":"))).replace(
                    _HIDDEN, "["
                )
                known[key] = text
                readings.put(key, text)
    for result, key in zip(results, keys, strict=True):
        result.json = known[key] or ""
    return results


def try_out(source: str, pandoc: Pandoc, seconds: float) -> None:
    """Have Pandoc read a text, and keep nothing of it; raises what `parse` would."""
    pandoc(_ARGUMENTS, _message([_disguised(_prepared(source))]), seconds)


def _message(texts: Sequence[str]) -> str:
    return json.dumps({"format": FORMAT, "texts": texts})


def _disguised(reading: Reading) -> str:
    return _without_open_runs(disguise(reading.parted.text))


def _without_open_runs(text: str) -> str:
    """Return a text in which Pandoc does not see brackets that can be no links; they are put back in what it read."""
    return _OPEN_RUN.sub(lambda run: run[0].replace("[", _HIDDEN), text)


def _prepared(source: str) -> Reading:
    metadata = find_metadata(source)
    unreadable = [block for block in metadata if block.problem]
    lines = [(block.first, block.last) for block in metadata]
    return Reading(part(without(source, unreadable) if unreadable else source, lines), metadata)


def _halves(items: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Part the texts into two groups of about the same length, the longest first."""
    groups: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
    sizes = [0, 0]
    for item in sorted(items, key=lambda item: len(item[1]), reverse=True):
        smaller = 0 if sizes[0] <= sizes[1] else 1
        groups[smaller].append(item)
        sizes[smaller] += len(item[1])
    return groups
