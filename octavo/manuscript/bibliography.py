"""Name the sources of a report, and look through their files before Pandoc gets them.

Of two entries with one key Pandoc uses the last, and what it drops of a field it does not say.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from octavo.diagnostics import Ledger, Span
from octavo.manuscript.bibtex import Entry, circular, entries, mended, strings, unknown_strings
from octavo.nearest import nearest

_KEY = re.compile(r"^\s*@\w+\s*[{(]\s*([^\s,{}()=]+)\s*,", re.MULTILINE)
_ID = {
    ".json": re.compile(r'"id"\s*:\s*"?([^"\s,}]+)'),
    ".yaml": re.compile(r"^\s*-?\s*id:\s*[\"']?([^\"'\s]+)", re.MULTILINE),
    ".ris": re.compile(r"^ID\s+-\s*(\S+)", re.MULTILINE),
}
#: Fields whose text is printed.
_PRINTED = frozenset(
    [
        "title", "subtitle", "booktitle", "maintitle", "journal", "journaltitle", "author", "editor", "translator",
        "publisher", "institution", "school", "organization", "series", "note", "addendum", "howpublished", "address",
        "location", "edition", "number", "volume", "pages", "eventtitle", "version", "titleaddon", "booksubtitle",
        "journalsubtitle", "venue", "type",
    ]
)  # fmt: skip
#: A command at which Pandoc may drop text: none of those that it knows for what they are.
_DOUBTFUL = re.compile(
    r"\\(?!(?:emph|textit|textbf|textsc|texttt|textsubscript|textsuperscript|mkbibquote|enquote|url|ss|ae|oe|AE|OE|aa|AA"
    r"|LaTeX|TeX|textquoteright|textendash|textemdash|ldots|dots)(?![A-Za-z]))[A-Za-z]{2,}|\$"
)
_COMMAND = re.compile(r"\\(?:noopsort|SortNoop|bibsort)\s*\{[^{}]*\}|\\[A-Za-z]+\*?|\\.", re.DOTALL)
_WORD = re.compile(r"[A-Za-z0-9]{3,}")
#: What stands in parentheses, or names a string, wherever that is no month.
_OTHERWISE = re.compile(
    r"^[ \t]*@\w+\s*\(|[=#]\s*(?!(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\b)[A-Za-z]", re.M
)
_RIS = re.compile(r"[A-Z][A-Z0-9]  -(?: |\r?$)")
#: So many keys that stand twice are told one by one.
_TOLD = 5


@dataclass(frozen=True)
class Bibliography:
    """Name the sources and how they are set: files of entries, a CSL style or none, keys listed but not cited."""

    files: tuple[Path, ...] = ()
    style: Path | None = None
    listed: tuple[str, ...] = ()

    def keys(self) -> list[str]:
        """Return the key of every entry."""
        return [key for path in self.files for key in _pattern(path).findall(text_of(path))]

    def all_files(self) -> tuple[Path, ...]:
        """Return every file that decides how citations are printed."""
        return (*self.files, *((self.style,) if self.style else ()))

    def asks_for_position(self) -> bool:
        """Tell whether the style prints a second citation of a source differently (CSL 1.0.2, `position`)."""
        text = self.style.read_text(encoding="utf-8", errors="replace") if self.style else ""
        return any(word in text for word in ('position="', "position='", 'class="note"', "citation-number"))


def text_of(path: Path) -> str:
    """Return the text of a file of entries."""
    return path.read_text(encoding="utf-8", errors="replace")


def _pattern(path: Path) -> re.Pattern[str]:
    return _ID.get(path.suffix.lower().replace(".yml", ".yaml"), _KEY)


def mended_files(bibliography: Bibliography, ledger: Ledger) -> dict[Path, str]:
    """Return what Pandoc is to read instead of each file that it would lose text of; report what is doubtful."""
    _report_twice(bibliography, ledger)
    result: dict[Path, str] = {}
    for path in bibliography.files:
        text = text_of(path) if path.suffix.lower() in (".bib", ".bibtex", ".biblatex") else ""
        inherits = any(name in text.lower() for name in ("crossref", "xdata"))
        otherwise = bool(_OTHERWISE.search(text)) or "type" in text
        if not inherits and not otherwise and not any(sign in text for sign in ("%", "#", "$", "\\i", "\\j")):
            continue
        read = entries(text)
        if otherwise:
            _report_strings(path, text, ledger)
        circles = list(circular(read)) if inherits else []
        for entry, field in circles:
            ledger.report("OCT292", at(path, text, field.start), key=entry.key, field=field.name)
        if inherits:
            _report_orphans(path, text, read, ledger)
        new = mended(text, [*read, *strings(text)], [field for _, field in circles])
        if new != text and "\N{REPLACEMENT CHARACTER}" not in text:
            result[path] = new
    return result


def _report_orphans(path: Path, text: str, read: list[Entry], ledger: Ledger) -> None:
    """Report each entry whose parent is not in its file: Pandoc looks nowhere else."""
    known = {entry.key.lower() for entry in read}
    for entry in read:
        field = entry.value("crossref")
        if field and field.text.strip().lower() not in known:
            parent = field.text.strip()
            facts = {"key": entry.key, "parent": parent, "nearest": nearest(parent, known)}
            ledger.report("OCT294", at(path, text, field.start), **facts)


def _report_strings(path: Path, text: str, ledger: Ledger) -> None:
    """Report the first fields that name a string which is not defined above them."""
    found = list(unknown_strings(text))
    for number, (entry, field) in enumerate(found[:_TOLD], 1):
        rest = len(found) - _TOLD if number == _TOLD else 0
        facts = {"field": field.name, "string": field.text, "owner": f"`{entry.key}`" if entry.key else "a string"}
        ledger.report("OCT295", at(path, text, field.start), others=_further(rest), **facts)


def _further(rest: int) -> str:
    return f"; so do {rest} further ones" if rest > 0 else ""


def _report_twice(bibliography: Bibliography, ledger: Ledger) -> None:
    """Report the keys of more than one entry, at the entry that is not used."""
    keys = bibliography.keys()
    if len(set(keys)) == len(keys):
        return
    texts = {path: text_of(path) for path in bibliography.files}
    found: dict[str, list[Span]] = {}
    for path, text in texts.items():
        for one in _pattern(path).finditer(text):
            found.setdefault(one[1], []).append(at(path, text, one.start(1)))
    twice = {key: places for key, places in found.items() if len(places) > 1}
    for number, (key, places) in enumerate(twice.items(), 1):
        rest = len(twice) - _TOLD if number == _TOLD else 0
        others = f"; so do {rest} further keys" if rest else ""
        other = Span(Path(places[-1].file).name, places[-1].line, places[-1].column)
        ledger.report("OCT291", places[0], key=key, other=other, others=others)
        if rest:
            break


def report_lost(
    bibliography: Bibliography, used: Collection[str], read: Mapping[Path, list[Mapping[str, Any]]], ledger: Ledger
) -> None:
    """Report each field of a used entry that has words which Pandoc did not keep.

    `read` is what Pandoc made of the files, as CSL-JSON. Letters are compared without their accents.
    """
    for path, items in read.items():
        text = text_of(path)
        kept = {item["id"]: _letters(json.dumps(item, ensure_ascii=False)) for item in items}
        for entry in entries(text):
            if entry.key not in used or entry.key not in kept:
                continue
            for field in entry.fields:
                lost = [word for word in _words(field.text) if word not in kept[entry.key]]
                if lost and field.name in _PRINTED and _DOUBTFUL.search(field.text):
                    facts = {"field": field.name, "key": entry.key, "lost": " ".join(lost[:6])}
                    ledger.report("OCT293", at(path, text, field.start), **facts)


def doubtful_files(bibliography: Bibliography, used: Collection[str]) -> Iterator[Path]:
    """Yield each file with a used entry that Pandoc may lose text of."""
    for path in bibliography.files:
        text = text_of(path) if path.suffix.lower() in (".bib", ".bibtex", ".biblatex") else ""
        if _DOUBTFUL.search(text) and any(
            field.name in _PRINTED and _DOUBTFUL.search(field.text)
            for entry in entries(text)
            if entry.key in used
            for field in entry.fields
        ):
            yield path


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(_COMMAND.sub(" ", text))]


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain.lower())


def damaged(files: Iterable[Path]) -> tuple[Path, int, int, str] | None:
    """Return the first place at which a file of JSON, YAML or RIS is damaged; Pandoc does not tell the line."""
    for path in files:
        if path.suffix.lower() == ".json":
            try:
                json.loads(text_of(path))
            except (ValueError, RecursionError) as error:
                line, column = (error.lineno, error.colno) if isinstance(error, json.JSONDecodeError) else (1, 1)
                return path, line, column, f"it is not JSON ({getattr(error, 'msg', 'nested too deep')})"
        elif path.suffix.lower() in (".yaml", ".yml"):
            if known := _damaged_yaml(text_of(path)):
                return path, *known
        elif path.suffix.lower() == ".ris":
            rows = text_of(path).removeprefix("\ufeff").rstrip().split("\n")
            for number, row in enumerate(rows, 1):
                if row.strip() and not _RIS.match(row):
                    return path, number, 1, "this line does not begin with a tag of RIS, such as `TI  - `"
            if not rows[-1].startswith("ER"):
                return path, len(rows), 1, "the last entry does not end with `ER  - `"
    return None


def _damaged_yaml(text: str) -> tuple[int, int, str] | None:
    import yaml

    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        if mark is None or mark.line >= text.count("\n"):  # what is open is not closed before the end
            mark = error.context_mark or mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return *place, f"it is not YAML ({error.problem or error.context})"
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        character = f"it may not hold the character U+{error.character:04X}"
        return before.count("\n") + 1, error.position - before.rfind("\n"), character
    return None


def at(path: Path, text: str, offset: int) -> Span:
    """Return the place of an offset in a file."""
    return Span(str(path), text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
