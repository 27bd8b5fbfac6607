"""Read `report.yaml`: what a report is made of and how it looks.

First stage of the pipeline. Everything after it works on the frozen `Report`; nothing past this module looks into
the YAML.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path

from octavo.choices import FACE, FONT, PAGE, PHRASE, TEXT, check_files, check_words, theme_of
from octavo.design import STANDARD, Fonts, Page, Theme, own_templates, themes
from octavo.diagnostics import Ledger, Span
from octavo.inside import leads_out
from octavo.manuscript.formulas.tokens import Macro
from octavo.manuscript.words import known_words
from octavo.nearest import nearest
from octavo.schema import Checker, Keys, ListOf, MapOf, Scalar, Value
from octavo.trust import OF_AN_AUTHOR, Trust

FILE = "report.yaml"
#: How many files a message names that speaks of more.
MOST_NAMED = 3
ROLES = {"front": "front", "chapters": "chapter", "appendices": "appendix", "back": "back"}
PATH, LINE = Scalar("path"), Scalar("line")
#: A file that a part asks for, by its name in front of the braces.
_INCLUDED = re.compile(r"(?:\{\{<\s*include\s+[\"']?|#include\s+|\{include\}\s+)([^\s{}\"'>:]+)")
PAPER = Keys({"weight": Scalar("weight"), "caliper": Scalar("caliper")})
EDITION = Keys(
    {
        "trim": TEXT, "two-sided": Scalar("flag"), "page": PAGE,
        "cover": Scalar("cover"), "paper": PAPER, "isbn": Scalar("isbn"),
    }
)  # fmt: skip
LAYER = Keys(
    {"piece": LINE, "level": LINE, "question": LINE, "chapter": PATH, "color": Scalar("color")},
    frozenset({"piece", "level", "question"}),
)
PUBLICATION = Keys(
    {
        "name": LINE, "publisher": LINE, "doi": Scalar("doi"), "edition": LINE, "version": LINE,
        "description": PHRASE,
    }
)  # fmt: skip
SCHEMA = Keys(
    {
        "title": LINE,
        "subtitle": Scalar("short"),
        "blurb": TEXT,
        "authors": ListOf(LINE, least=1),
        "date": Scalar("date"),
        "language": Scalar("language"),
        "rights": TEXT,
        "license": Scalar("license"),
        "keywords": ListOf(PHRASE),
        "publication": PUBLICATION,
        "output": Scalar("name"),
        "theme": PHRASE,
        "parts": Keys({role: ListOf(PATH, least=int(role == "chapters")) for role in ROLES}, frozenset({"chapters"})),
        "layers": ListOf(LAYER, least=2, most=7),
        "editions": MapOf(EDITION, key="name"),
        "bibliography": Keys({"files": ListOf(PATH), "style": PATH, "listed": ListOf(PHRASE)}),
        "fonts": Keys({"text": FACE, "sans": FACE, "mono": FACE, "math": FONT, "fallback": ListOf(FONT)}),
        "maths": MapOf(Keys({"arguments": Scalar("digit"), "tex": Scalar("tex")}, frozenset({"tex"})), key="command"),
        "words": Keys({word: TEXT for word in known_words()}),
        "code": Keys({"tab": Scalar("count")}),
        "trust": Keys({"raw-latex": Scalar("flag")}),
        "attach": Scalar("flag"),
    },
    frozenset({"title", "authors", "language", "parts"}),
)


@dataclass(frozen=True)
class Layer:
    """Name one layer of the stack: its piece, level, question and color, and the part that treats it."""

    piece: str
    level: str
    question: str
    color: str
    chapter: str = ""


@dataclass(frozen=True)
class PartFile:
    """Name a file of the manuscript and its role: front, chapter, appendix or back."""

    path: str
    role: str


@dataclass(frozen=True)
class Edition:
    """Name one form in which the report is printed.

    `cover` is front, wrap or none; `caliper` the thickness of one sheet of its paper in millimeters.
    """

    name: str
    page: Page
    cover: str
    caliper: float
    isbn: str


@dataclass(frozen=True)
class Report:
    """Hold everything that `report.yaml` says, checked and completed with the defaults."""

    folder: Path
    title: str
    subtitle: str
    blurb: str
    authors: tuple[str, ...]
    date: datetime.date | None
    language: str
    rights: str
    license: str
    keywords: tuple[str, ...]
    publication: dict[str, str]
    output: str
    parts: tuple[PartFile, ...]
    layers: tuple[Layer, ...]
    editions: tuple[Edition, ...]
    bibliography: tuple[Path, ...]
    style: Path | None
    listed: tuple[str, ...]
    theme: Theme
    fonts: Fonts
    maths: dict[str, Macro]
    words: dict[str, str]
    raw_latex: bool
    tab: int
    attach: bool

    @property
    def whole_title(self) -> str:
        """Return title and subtitle in one line, as a catalog names the report."""
        return f"{self.title}: {self.subtitle}" if self.subtitle else self.title

    def product(self, edition: Edition) -> str:
        """Return the name of an edition's finished file; the first edition has the name of the report alone."""
        return f"{self.output}.pdf" if edition == self.editions[0] else f"{self.output}-{edition.name}.pdf"

    def wrap(self, edition: Edition) -> str:
        """Return the name of the file that an edition's wrap is published as."""
        return f"{self.output}-{edition.name}-cover.pdf"

    def products(self, edition: Edition) -> tuple[str, ...]:
        """Return the names of all files of an edition."""
        return (self.product(edition), *([self.wrap(edition)] if edition.cover == "wrap" else []))


def load(folder: Path, ledger: Ledger, trust: Trust = OF_AN_AUTHOR) -> Report | None:
    """Return the report in that folder, or None when an error makes a build pointless.

    Every problem is reported with the key and its line: unknown and wrong keys, parts that are missing, empty or
    listed twice. What `trust` does not grant is reported and left out. A Markdown file beside the chapters that no
    part lists is a warning.
    """
    if leads_out(Path(FILE), folder):
        ledger.report("OCT119", Span(FILE), path=FILE)
        return None
    try:
        str(folder.resolve()).encode("utf-8")
    except UnicodeEncodeError:
        ledger.report("OCT123", Span(FILE), folder=folder.resolve())
        return None
    if not _is_file(folder / FILE):
        ledger.report("OCT100", Span(FILE), folder=folder)
        return None
    checker = Checker(FILE, ledger)
    text = _text(folder, FILE, Span(FILE), ledger)
    values = None if text is None else checker.load(text, SCHEMA)
    if values is None:
        return None
    parts = _parts(folder, values.get("parts", {}), checker)
    design = _theme(folder, values.get("theme", STANDARD), checker, trust)
    editions = _editions(values.get("editions") or {"screen": {}}, design, checker)
    bibliography = values.get("bibliography", {})
    sources = _existing(folder, bibliography.get("files", []), "bibliography.files", checker)
    styles = _existing(folder, [bibliography.get("style")], "bibliography.style", checker)
    layers = _layers(values.get("layers", []), parts, design, checker)
    macros = _macros(values.get("maths") or {}, checker)
    check_words(values.get("words") or {}, checker)
    wanted = (values.get("trust") or {}).get("raw-latex", False)
    raw_latex = trust.grants("raw-latex", wanted, checker.places.get("trust.raw-latex"), ledger)
    if ledger.failed():
        return None
    report = Report(
        folder=folder,
        title=values["title"],
        subtitle=values.get("subtitle", ""),
        blurb=values.get("blurb") or (values.get("publication") or {}).get("description", ""),
        authors=tuple(values["authors"]),
        date=values.get("date"),
        language=values["language"],
        rights=values.get("rights", ""),
        license=values.get("license", ""),
        keywords=tuple(values.get("keywords", [])),
        publication=values.get("publication") or {},
        output=values.get("output") or folder.resolve().name or "report",
        parts=parts,
        layers=layers,
        editions=editions,
        bibliography=sources,
        style=styles[0] if styles else None,
        listed=tuple(bibliography.get("listed", [])),
        theme=design,
        fonts=design.fonts(values.get("fonts") or {}),
        maths=macros,
        words=values.get("words") or {},
        raw_latex=raw_latex,
        tab=(values.get("code") or {}).get("tab", 4),
        attach=values.get("attach", True),
    )
    check_files([(edition.name, name) for edition in editions for name in report.products(edition)], checker)
    return None if ledger.failed() else report


def _is_file(path: Path) -> bool:
    """Tell whether there is such a file; a name that the file system cannot hold is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def _text(folder: Path, name: str, span: Span | None, ledger: Ledger) -> str | None:
    """Return the text of a file, or report why it cannot be read: at its first bad byte, or where it is named."""
    try:
        data = (folder / name).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        ledger.report("OCT113", span, path=name, problem=(error.strerror or str(error)).lower())
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", errors="replace")
        place = Span(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        ledger.report("OCT113", place, path=name, problem="it is not UTF-8 text")
    return None


def _parts(folder: Path, values: dict[str, list[str | None]], checker: Checker) -> tuple[PartFile, ...]:
    parts: list[PartFile] = []
    listed: set[str] = set()
    included: set[str] = set()
    for key, role in ROLES.items():
        for number, name in enumerate(values.get(key, [])):
            span = checker.places.get(f"parts.{key}[{number}]")
            if name is None:
                continue
            path = Path(name).as_posix()
            if path in listed:
                checker.ledger.report("OCT108", span, path=name)
            elif not _is_file(folder / path):
                present = [item.relative_to(folder).as_posix() for item in folder.glob("*/*.md")]
                checker.ledger.report("OCT106", span, path=name, nearest=nearest(name, present))
            elif leads_out(Path(path), folder):
                checker.ledger.report("OCT119", span, path=path)
            elif (text := _text(folder, path, span, checker.ledger)) is not None and not text.strip():
                checker.ledger.report("OCT107", span, path=name)
            else:
                parts.append(PartFile(path, role))
                included |= {(Path(path).parent / name).as_posix() for name in _INCLUDED.findall(text or "")}
            listed.add(path)
    if listed and not parts and not checker.ledger.failed():
        checker.ledger.report("OCT104", checker.places.get("parts"), key="parts.chapters")
    _report_unlisted(folder, listed | included, checker.ledger)
    return tuple(parts)


def _report_unlisted(folder: Path, listed: set[str], ledger: Ledger) -> None:
    """Report Markdown files beside the parts, once; the folder of the report itself may hold a README.

    A name that begins with an underscore says, as it does to Quarto, that the file is for others to include.
    """
    unlisted: list[str] = []
    for place in sorted({Path(name).parent for name in listed} - {Path()}):
        for item in sorted((folder / place).glob("*.md")):
            path = item.relative_to(folder).as_posix()
            if path not in listed and not item.name.startswith((".", "_")):
                unlisted.append(path)
    if unlisted:
        first, *others = unlisted
        named = ", ".join(f"`{path}`" for path in others[:MOST_NAMED]) + ("" if len(others) <= MOST_NAMED else ", …")
        ledger.report("OCT109", Span(first), others=f", nor is any of {len(others)} more: {named}" if others else "")


def _existing(folder: Path, names: list[str | None], key: str, checker: Checker) -> tuple[Path, ...]:
    found = []
    for number, name in enumerate(names):
        if name is None:
            continue
        span = checker.places.get(f"{key}[{number}]", checker.places.get(key))
        if leads_out(Path(name), folder):
            checker.ledger.report("OCT119", span, path=name)
        elif _is_file(folder / name):
            found.append(folder / name)
        else:
            checker.ledger.report("OCT110", span, path=name, key=key)
    return tuple(found)


def _theme(folder: Path, name: str, checker: Checker, trust: Trust) -> Theme:
    own = own_templates(folder)
    granted = trust.grants("templates", own is not None, Span("templates"), checker.ledger)
    known = themes(own if granted else None)
    if name not in known and name in themes(own):
        name = STANDARD
    elif name not in known:
        span = checker.places.get("theme")
        checker.ledger.report("OCT116", span, theme=name, known=", ".join(known), nearest=nearest(name, known))
        name = STANDARD
    return theme_of(name, known[name], folder, checker.ledger)


def _editions(values: dict[str, Value], design: Theme, checker: Checker) -> tuple[Edition, ...]:
    editions: list[Edition] = []
    trims, standard = design.values["trims"], design.values["edition"]
    for name, chosen in values.items():
        trim = chosen.get("trim", standard["trim"])
        if trim not in trims:
            span = checker.places.get(f"editions.{name}.trim")
            checker.ledger.report("OCT111", span, trim=trim, known=", ".join(trims), nearest=nearest(trim, trims))
            continue
        page = Page(**trims[trim] | chosen.get("page", {}), two_sided=chosen.get("two-sided", standard["two-sided"]))
        overflow = page.overflow()
        if overflow:
            span = checker.places.get(f"editions.{name}.page", checker.places.get(f"editions.{name}"))
            checker.ledger.report("OCT114", span, edition=name, what=overflow)
        cover = chosen.get("cover", "none" if editions else "front")
        caliper = _caliper(chosen.get("paper") or {}, design.values["paper"])
        editions.append(Edition(name, page, cover, caliper, chosen.get("isbn", "")))
    return tuple(editions)


def _caliper(paper: dict[str, Value], standard: dict[str, float]) -> float:
    """Return the thickness of a sheet in millimeters: as given, or weight times bulk (ISO 534)."""
    weight: float = paper.get("weight", standard["weight"])
    caliper: float = paper.get("caliper", weight * standard["bulk"] / 1000)
    return caliper


def _layers(values: list[Value], parts: tuple[PartFile, ...], design: Theme, checker: Checker) -> tuple[Layer, ...]:
    colors = design.values["layer-colors"]
    known = [part.path for part in parts]
    layers = []
    for number, value in enumerate(values):
        value = value or {}
        chapter = value.get("chapter", "")
        if chapter and chapter not in known:
            span = checker.places.get(f"layers[{number}].chapter")
            checker.ledger.report("OCT112", span, path=chapter, nearest=nearest(chapter, known))
        color = value.get("color", colors[number % len(colors)])
        piece, level, question = (value.get(name, "") for name in ("piece", "level", "question"))
        layers.append(Layer(piece, level, question, color, chapter))
    return tuple(layers)


def _macros(values: dict[str, dict[str, Value]], checker: Checker) -> dict[str, Macro]:
    """Return the macros of formulas; one that could not stand in a formula is reported."""
    macros = {
        name.lstrip("\\"): Macro(value.get("arguments", 0), value.get("tex", "")) for name, value in values.items()
    }
    if not macros:
        return macros
    from octavo.manuscript.formulas.formula import check_macro

    for key in values:
        name = key.lstrip("\\")
        error = check_macro(name, macros[name], macros)
        if error is not None:
            what = error.facts.get("what") or f"`{error.facts['command']}`, which no formula may use"
            checker.ledger.report("OCT220", checker.places.get(f"maths.{key}.tex"), macro=f"\\{name}", what=what)
    return macros
