"""Read the Markdown files with Pandoc, and settle their citations with its citeproc.

Each file is read alone, so that a note label or a link name may be used in two chapters. Citations are settled
once over the whole report, so that 2025a and 2025b agree everywhere.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from octavo.diagnostics import Ledger, Span
from octavo.manuscript import nodes as n
from octavo.manuscript.bibliography import Bibliography, damaged, doubtful_files, mended_files, report_lost
from octavo.manuscript.convert import THEOREM, Converter, Json, is_reference
from octavo.manuscript.dangling import report_dangling
from octavo.manuscript.depth import TOO_DEEP, flatten, report_depth
from octavo.manuscript.dialect_blocks import SIGNS, read_blocks
from octavo.manuscript.dialect_lines import translate
from octavo.manuscript.dialect_report import NOT_RUN, report_dialects
from octavo.manuscript.formulas.tokens import Macro
from octavo.manuscript.mathematics import read_formulas
from octavo.manuscript.notes import free_notes, share_notes
from octavo.manuscript.parsing import READER, SCRIPTS, Pandoc, Reading, parse
from octavo.manuscript.part import Part
from octavo.manuscript.sources import take_heading
from octavo.manuscript.stops import STOPS, stopping_file, told_of_part
from octavo.manuscript.structure import settle_structure
from octavo.manuscript.style import sound_style
from octavo.nearest import nearest
from octavo.workspace import ProgramStoppedError, TextCache

#: What Pandoc runs behind citeproc, to give formulas MathML.
FILTER = READER.with_name("cite.lua")

_CITED = re.compile(r'"citationId": "([^"]+)"')
_NOT_FOUND = re.compile(r"citation (\S+) not found")
_AT_LINE = re.compile(r"\(line (\d+), column (\d+)\)|errorPosition = (\d+):(\d+)")
_AT_BYTE = re.compile(r"byte offset (\d+)")
#: A dollar sign that was plausibly meant to open a formula, by what stands behind it: a letter alone, a command, a
#: script, or a pair of them with a space inside. Prices, `Prize ($)` and `$HOME` are prose.
_DOLLAR = re.compile(
    r"(?<![A-Z\d])\$\$?(?=[A-Za-z](?![A-Za-z])|\\[A-Za-z]|[A-Za-z0-9]+[_^]|\d*[a-z]\s*=|\{)|\$ ?[^\s$]{1,20}\$(?!\d)"
)


@dataclass
class Manuscript:
    """Hold every part, and the entry of every source that the book names, in the order of the style.

    `heading` is the author's own of the chapter with the sources.
    """

    parts: list[Part]
    entries: dict[str, list[n.Block]] = field(default_factory=dict)
    heading: n.Heading | None = None


def read(
    parts: list[Part],
    bibliography: Bibliography,
    language: str,
    pandoc: Pandoc,
    ledger: Ledger,
    readings: TextCache | None = None,
    macros: Mapping[str, Macro] | None = None,
    unset: Mapping[str, str] | None = None,
) -> Manuscript:
    """Read all parts and return the manuscript; citations that name no entry are reported where they stand.

    `macros` are those of the report, for its formulas; `unset` are formulas that the engine was found unable to set.
    """
    readings = readings or TextCache()
    translations = [translate(part.source) for part in parts]
    given = [translation.text for translation in translations]
    try:
        texts = parse(given, pandoc, readings)
    except STOPS as stop:
        raise told_of_part(stop, parts, given, pandoc) from stop
    cites: list[Json] = []
    is_label = any('"citationId"' in text.json and THEOREM.search(text.json) for text in texts)
    sources = frozenset(bibliography.keys()) if is_label else frozenset()

    def collect(item: Json) -> None:
        # Called by the JSON decoder for every object, innermost first: a tree walk that costs nothing extra.
        if item.get("t") == "Cite" and not any(is_reference(c["citationId"], sources) for c in item["c"][0]):
            cites.append(item)

    for text in texts:
        text.decode(collect)
        dropped = share_notes(text.parted.text, text.blocks)
        if '"Image"' in text.json and '"Note"' in text.json:
            dropped += free_notes(text.blocks)
        if dropped:
            gone = {id(item) for item in dropped}
            cites = [item for item in cites if id(item) not in gone]
    literals = [_read_html(text) for text in texts]
    for text in texts:
        _read_dialects(text)
    references, missing = _settle(cites, bibliography, language, pandoc, readings, ledger)
    converter = Converter(language, not bibliography.files, sources)
    for part, text, translation in zip(parts, texts, translations, strict=True):
        _convert(part, text, converter, ledger)
        settle_structure(part, converter.inlines(text.title), text.json.count('"Header"'), ledger)
        report_dangling(part, text, translation, ledger)
        _report_open_formulas(part, ledger)
    if any("<" in part.source for part in parts):
        from octavo.manuscript.html_report import report_html

        report_html(parts, literals, ledger)
    report_dialects(parts, translations, ledger)
    entries: dict[str, list[n.Block]] = {}
    for entry in references:
        entries[entry["c"][0][0].removeprefix("ref-")] = converter.blocks(entry["c"][1])
    _report_missing(parts, missing, bibliography, ledger)
    _report_names(parts, converter.names, ledger)
    read_formulas(parts, entries, bibliography.files, macros or {}, unset or {}, pandoc, readings, ledger)
    return Manuscript(parts, entries, take_heading(parts) if entries and "refs" in parts[-1].source else None)


def _convert(part: Part, text: Reading, converter: Converter, ledger: Ledger) -> None:
    """Give a part its nodes; what is nested deeper than can be set is running text, and is reported."""
    flat = TOO_DEEP in text.json
    try:
        part.blocks = converter.blocks(text.blocks)
    except RecursionError:
        part.blocks, flat = converter.blocks(flatten(text.blocks)), True
    if flat:
        report_depth(part, ledger)


def _read_dialects(text: Reading) -> None:
    """Read the passages of other tools in what Pandoc read."""
    if not SIGNS.search(text.json):
        return
    try:
        text.blocks = read_blocks(text.blocks)
    except RecursionError:
        text.blocks = read_blocks(flatten(text.blocks))


def _read_html(text: Reading) -> set[str]:
    """Read the HTML in what Pandoc read; return what looks like a tag and is printed as text."""
    if not any(sign in text.json for sign in ('"html"', '"align"', '"style"')):
        return set()
    from octavo.manuscript.html import HtmlReader

    reader = HtmlReader()
    try:
        text.blocks = reader.blocks(text.blocks)
    except RecursionError:
        text.blocks = reader.blocks(flatten(text.blocks))
    return reader.literal


def _settle(
    cites: list[Json],
    bibliography: Bibliography,
    language: str,
    pandoc: Pandoc,
    readings: TextCache,
    ledger: Ledger,
) -> tuple[list[Json], set[str]]:
    """Replace each citation's text with what citeproc makes of it; return the entries and the unknown keys.

    Only the citations are sent, each in a paragraph of its own, in the order of the book: position (ibid., first
    mention) is kept and the chapters need not make the journey. A style that does not ask for the position gives
    the same text for the same citation, so each is sent once.
    """
    if not bibliography.files or not (cites or bibliography.listed):
        return [], {item["citationId"] for cite in cites for item in cite["c"][0]}
    ordered = bibliography.asks_for_position()
    names = [str(number) if ordered else _name(cite) for number, cite in enumerate(cites)]
    distinct: dict[str, Json] = {}
    for name, cite in zip(names, cites, strict=True):
        distinct.setdefault(name, cite)
    if bibliography.style and not sound_style(bibliography.style, ledger):
        return [], set()
    document = json.dumps(_citation_document(list(distinct.values()), bibliography, language))
    changed = mended_files(bibliography, ledger)
    files = (*SCRIPTS, *bibliography.all_files())
    key = readings.key("cite", document, *changed.values(), *(path.read_bytes() for path in files))
    answer = readings.get(key)
    with TemporaryDirectory() as folder:
        given = _given(bibliography, changed, Path(folder))
        try:
            if answer is None:
                answer = json.dumps(pandoc(_arguments(document, bibliography, given.values()), document))
                readings.put(key, answer)
            _compare(document, bibliography, given, pandoc, readings, ledger)
        except subprocess.CalledProcessError as error:
            _report_unreadable(error.stderr.decode(errors="replace"), bibliography, given, ledger)
            return [], set()
        except ProgramStoppedError as stopped:
            path = stopping_file(bibliography.all_files(), pandoc)
            ledger.report("OCT115", Span(str(path)) if path else None, problem=str(stopped))
            return [], set()
    output, messages = json.loads(answer)
    blocks = json.loads(output)["blocks"]
    settled = {name: block["c"][0]["c"] for name, block in zip(distinct, blocks, strict=False)}
    for name, cite in zip(names, cites, strict=True):
        cite["c"] = settled[name]
    entries = blocks[len(distinct)]["c"][1] if len(blocks) > len(distinct) else []
    return entries, set(_NOT_FOUND.findall(messages))


def _given(bibliography: Bibliography, changed: Mapping[Path, str], folder: Path) -> dict[Path, Path]:
    """Return the file that Pandoc reads for each file of entries: a mended copy, where there is one."""
    given = {path: path for path in bibliography.files}
    for number, (path, text) in enumerate(changed.items()):
        given[path] = folder / f"{number}{path.suffix}"
        given[path].write_text(text, encoding="utf-8")
    return given


def _arguments(document: str, bibliography: Bibliography, given: Iterable[Path]) -> list[str]:
    arguments = ["-f", "json", "-t", "json", "--citeproc"]
    if '"Math"' in document or any(b"$" in path.read_bytes() for path in bibliography.files):
        arguments.append(f"--lua-filter={FILTER}")
    arguments += [f"--bibliography={path}" for path in given]
    return arguments + ([f"--csl={bibliography.style}"] if bibliography.style else [])


def _compare(
    document: str,
    bibliography: Bibliography,
    given: Mapping[Path, Path],
    pandoc: Pandoc,
    readings: TextCache,
    ledger: Ledger,
) -> None:
    """Compare what Pandoc made of doubtful entries with what is written in them."""
    used = {*_CITED.findall(document), *bibliography.listed}
    read: dict[Path, list[Json]] = {}
    for path in doubtful_files(bibliography, used):
        text = given[path].read_text(encoding="utf-8")
        key = readings.key("entries", text)
        answer = readings.get(key)
        if answer is None:
            answer = pandoc(["-f", "biblatex", "-t", "csljson"], text)[0]
            readings.put(key, answer)
        read[path] = json.loads(answer)
    report_lost(bibliography, used, read, ledger)


def _name(cite: Json) -> str:
    """Return what decides how a citation is printed by a style that does not ask for its position."""
    parts = ("citationId", "citationMode", "citationPrefix", "citationSuffix")
    return json.dumps([[one[part] for part in parts] for one in cite["c"][0]])


def _citation_document(cites: list[Json], bibliography: Bibliography, language: str) -> Json:
    """Return a document of these citations alone, with what citeproc must know."""
    listed = [{"t": "Cite", "c": [[_plain_citation(key)], []]} for key in bibliography.listed]
    return {
        "pandoc-api-version": [1, 23, 1],
        "meta": {
            "link-citations": {"t": "MetaBool", "c": True},
            "link-bibliography": {"t": "MetaBool", "c": True},
            "lang": {"t": "MetaString", "c": language},
            "nocite": {"t": "MetaInlines", "c": listed},
        },
        "blocks": [{"t": "Para", "c": [cite]} for cite in cites],
    }


def _report_unreadable(message: str, bibliography: Bibliography, given: Mapping[Path, Path], ledger: Ledger) -> None:
    """Report a bibliography or a style that Pandoc cannot read, at the place that its message names."""
    named = (path for path, read in given.items() if str(read) in message)
    path = next(named, bibliography.style if bibliography.style and "XML" in message else None)
    line = column = 0
    if found := _AT_LINE.search(message):
        line, column = (int(number) for number in found.groups() if number)
    elif path and (found := _AT_BYTE.search(message)):
        before = path.read_bytes()[: int(found[1])].decode(errors="replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    lines = [text for text in message.strip().split("\n") if text.strip(" ^")]
    problem = lines[-1].strip().rstrip(".") if lines else "Pandoc does not say why"
    if not (path and line) and (known := damaged(bibliography.files)):
        path, line, column, problem = known
    if path is None and len(bibliography.files) == 1:
        path = bibliography.files[0]
    ledger.report("OCT115", Span(str(path), line, column) if path else None, problem=problem)


def _report_open_formulas(part: Part, ledger: Ledger) -> None:
    """Report formulas that are never closed."""
    if "$" not in part.source:
        return
    for node in n.written(part.blocks):
        if isinstance(node, n.Text) and "$" in node.text:
            _report_open_formula(part, node, ledger)


def _report_open_formula(part: Part, node: n.Text, ledger: Ledger) -> None:
    """Report the first dollar sign that Pandoc took for text although the author did not say so with a backslash."""
    offsets = part.offsets(node, "$")
    for found in _DOLLAR.finditer(node.text):
        offset = offsets[node.text.count("$", 0, found.start())]
        if offset >= 0 and not part.source[:offset].endswith("\\"):
            ledger.report("OCT205", part.at(offset))
            return


def _plain_citation(key: str) -> Json:
    mode = {"t": "NormalCitation"}
    return {
        "citationId": key, "citationPrefix": [], "citationSuffix": [], "citationMode": mode,
        "citationNoteNum": 0, "citationHash": 0,
    }  # fmt: skip


def _report_missing(parts: list[Part], missing: set[str], bibliography: Bibliography, ledger: Ledger) -> None:
    if not missing:
        return
    known = bibliography.keys()
    for part in parts:
        for node in n.walk(part.blocks):
            if isinstance(node, n.Citation):
                for key in node.keys:
                    if key not in missing:
                        continue
                    span, near = part.span(node, f"@{key}"), nearest(key, known)
                    if ledger.has(NOT_RUN):
                        ledger.report("OCT271", span, kind="key", name=key, nearest=near)
                        node.children = _without_link(node.children, f"#ref-{key}")
                        continue
                    files = ", ".join(path.name for path in bibliography.files) or "a bibliography"
                    ledger.report("OCT201", span, key=key, files=files, nearest=near)


def _without_link(inlines: list[n.Inline], target: str) -> list[n.Inline]:
    """Return what a citation prints without the link to an entry that is not there."""
    found: list[n.Inline] = []
    for inline in inlines:
        if isinstance(inline, n.Link) and inline.target == target:
            found += inline.children
            continue
        if isinstance(inline, n.Styled | n.InlineSpan):
            inline.children = _without_link(inline.children, target)
        found.append(inline)
    return found


def _report_names(parts: list[Part], names: list[str], ledger: Ledger) -> None:
    """Say once that names behind an at sign are printed as they stand, since the report has no bibliography."""
    if names:
        name = names[0]
        part = next((part for part in parts if f"@{name}" in part.source), parts[0])
        ledger.report("OCT266", part.span(None, f"@{name}"), name=name)
