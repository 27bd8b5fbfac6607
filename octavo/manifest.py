"""Read `report.yaml`: what a report is made of and how it looks.

First stage of the pipeline. Everything after it works on the frozen `Report`; nothing past this module looks into
the YAML.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from octavo.diagnostics import Ledger, Span
from octavo.nearest import nearest
from octavo.schema import Checker, Keys, ListOf, MapOf, Scalar, Value

FILE = "report.yaml"
ROLES = ("front", "chapters", "appendices", "back")
TEXT, LENGTH = Scalar(), Scalar("length")
FACE = Keys(
    {"regular": TEXT, "italic": TEXT, "bold": TEXT, "bold-italic": TEXT, "scale": Scalar("number"), "features": TEXT}, frozenset({"regular"})
)
PAGE = Keys(
    {
        "width": LENGTH, "height": LENGTH, "measure": LENGTH, "inner": LENGTH, "top": LENGTH,
        "lines": Scalar("integer"), "size": LENGTH, "leading": LENGTH,
    }
)  # fmt: skip
SCHEMA = Keys(
    {
        "title": TEXT,
        "subtitle": TEXT,
        "authors": ListOf(TEXT, least=1),
        "date": Scalar("date"),
        "language": TEXT,
        "rights": TEXT,
        "keywords": ListOf(TEXT),
        "output": TEXT,
        "parts": Keys({role: ListOf(TEXT) for role in ROLES}, frozenset({"chapters"})),
        "layers": ListOf(
            Keys(
                {"piece": TEXT, "level": TEXT, "question": TEXT, "chapter": TEXT, "color": Scalar("color")},
                frozenset({"piece", "level", "question"}),
            ),
            least=2,
            most=7,
        ),
        "editions": MapOf(Keys({"trim": TEXT, "two-sided": Scalar("flag"), "page": PAGE})),
        "bibliography": Keys({"files": ListOf(TEXT), "style": TEXT, "listed": ListOf(TEXT)}),
        "fonts": Keys({"text": FACE, "sans": FACE, "mono": FACE, "math": TEXT}),
        "maths": MapOf(Keys({"arguments": Scalar("integer"), "tex": TEXT}, frozenset({"tex"}))),
        "words": MapOf(TEXT),
        "trust": Keys({"raw-latex": Scalar("flag")}),
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
class Page:
    """Hold the sizes of a page as TeX lengths, and the number of lines of text on it."""

    width: str
    height: str
    measure: str
    inner: str
    top: str
    lines: int
    size: str
    leading: str
    two_sided: bool = True


@dataclass(frozen=True)
class Edition:
    """Name one form in which the report is printed."""

    name: str
    page: Page


@dataclass(frozen=True)
class Face:
    """Name the four font files of a family, its scale, and features for LuaTeX's font loader such as `+ss01`."""

    regular: str
    italic: str
    bold: str
    bold_italic: str
    scale: float
    features: str


@dataclass(frozen=True)
class Fonts:
    """Name the faces of a book."""

    text: Face
    sans: Face
    mono: Face
    math: str

    def files(self) -> tuple[str, ...]:
        """Return every font file, each once."""
        faces = (self.text, self.sans, self.mono)
        names = [name for face in faces for name in (face.regular, face.italic, face.bold, face.bold_italic)]
        return tuple(dict.fromkeys([*names, self.math]))


@dataclass(frozen=True)
class Macro:
    """Define one maths macro."""

    arguments: int
    tex: str


@dataclass(frozen=True)
class Report:
    """Hold everything that `report.yaml` says, checked and completed with the defaults."""

    folder: Path
    title: str
    subtitle: str
    authors: tuple[str, ...]
    date: datetime.date | None
    language: str
    rights: str
    keywords: tuple[str, ...]
    output: str
    parts: tuple[PartFile, ...]
    layers: tuple[Layer, ...]
    editions: tuple[Edition, ...]
    bibliography: tuple[Path, ...]
    style: Path | None
    listed: tuple[str, ...]
    fonts: Fonts
    maths: dict[str, Macro]
    words: dict[str, str]
    raw_latex: bool


@cache
def design() -> dict[str, Value]:
    """Return the standard design values."""
    text = (Path(__file__).parent / "design.yaml").read_text(encoding="utf-8")
    values: dict[str, Value] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return values


def load(folder: Path, ledger: Ledger) -> Report | None:
    """Return the report in that folder, or None when an error makes a build pointless.

    Every problem is reported with the key and its line: unknown and wrong keys, parts that are missing, empty or
    listed twice. A Markdown file beside the chapters that no part lists is a warning.
    """
    path = folder / FILE
    if not path.is_file():
        ledger.report("OCT100", Span(FILE), folder=folder)
        return None
    checker = Checker(FILE, ledger)
    values = checker.load(path.read_text(encoding="utf-8"), SCHEMA)
    if ledger.failed() or values is None:
        return None
    parts = _parts(folder, values["parts"], checker, ledger)
    editions = _editions(values.get("editions") or {"screen": {}}, checker, ledger)
    bibliography = values.get("bibliography") or {}
    sources = _existing(folder, bibliography.get("files", []), "bibliography.files", checker, ledger)
    styles = _existing(folder, [bibliography["style"]] if "style" in bibliography else [], "bibliography.style", checker, ledger)
    layers = _layers(values.get("layers", []), parts, checker, ledger)
    if ledger.failed():
        return None
    return Report(
        folder=folder,
        title=values["title"],
        subtitle=values.get("subtitle", ""),
        authors=tuple(values["authors"]),
        date=values.get("date"),
        language=values["language"],
        rights=values.get("rights", ""),
        keywords=tuple(values.get("keywords", [])),
        output=values.get("output") or folder.resolve().name,
        parts=parts,
        layers=layers,
        editions=editions,
        bibliography=sources,
        style=styles[0] if styles else None,
        listed=tuple(bibliography.get("listed", [])),
        fonts=_fonts(values.get("fonts") or {}),
        maths={name.lstrip("\\"): Macro(m.get("arguments", 0), m["tex"]) for name, m in values.get("maths", {}).items()},
        words=values.get("words") or {},
        raw_latex=bool((values.get("trust") or {}).get("raw-latex", False)),
    )


def _parts(folder: Path, values: Value, checker: Checker, ledger: Ledger) -> tuple[PartFile, ...]:
    parts: list[PartFile] = []
    for role in ROLES:
        for number, name in enumerate(values.get(role, [])):
            span = checker.places[f"parts.{role}[{number}]"] if f"parts.{role}[{number}]" in checker.places else None
            path = folder / name
            if any(part.path == name for part in parts):
                ledger.report("OCT108", span, path=name)
            elif not path.is_file():
                present = [item.relative_to(folder).as_posix() for item in folder.glob("*/*.md")]
                ledger.report("OCT106", span, path=name, nearest=nearest(name, present))
            elif not path.read_text(encoding="utf-8").strip():
                ledger.report("OCT107", span, path=name)
            else:
                parts.append(PartFile(name, {"chapters": "chapter", "appendices": "appendix"}.get(role, role)))
    listed = {name for role in ROLES for name in values.get(role, [])}
    for place in sorted({Path(name).parent for name in listed}):
        for item in sorted((folder / place).glob("*.md")):
            if item.relative_to(folder).as_posix() not in listed:
                ledger.report("OCT109", Span(item.relative_to(folder).as_posix()))
    return tuple(parts)


def _existing(folder: Path, names: list[str], key: str, checker: Checker, ledger: Ledger) -> tuple[Path, ...]:
    found = []
    for number, name in enumerate(names):
        if (folder / name).is_file():
            found.append(folder / name)
        else:
            span = checker.places.get(f"{key}[{number}]", checker.places.get(key))
            ledger.report("OCT110", span, path=name, key=key)
    return tuple(found)


def _editions(values: dict[str, Value], checker: Checker, ledger: Ledger) -> tuple[Edition, ...]:
    editions = []
    trims = design()["trims"]
    for name, chosen in values.items():
        chosen = chosen or {}
        trim = chosen.get("trim", "a5")
        if trim not in trims:
            span = checker.places.get(f"editions.{name}.trim")
            ledger.report("OCT111", span, trim=trim, known=", ".join(trims), nearest=nearest(trim, trims))
            continue
        sizes = trims[trim] | (chosen.get("page") or {})
        editions.append(Edition(name, Page(**sizes, two_sided=chosen.get("two-sided", True))))
    return tuple(editions)


def _layers(values: Value, parts: tuple[PartFile, ...], checker: Checker, ledger: Ledger) -> tuple[Layer, ...]:
    colors = design()["layer-colors"]
    layers = []
    for number, value in enumerate(values):
        chapter = value.get("chapter", "")
        if chapter and all(part.path != chapter for part in parts):
            known = [part.path for part in parts]
            span = checker.places.get(f"layers[{number}].chapter")
            ledger.report("OCT112", span, path=chapter, nearest=nearest(chapter, known))
        color = value.get("color", colors[number])
        layers.append(Layer(value["piece"], value["level"], value["question"], color, chapter))
    return tuple(layers)


def _fonts(values: Value) -> Fonts:
    standard = design()["fonts"]

    def face(name: str) -> Face:
        chosen = values.get(name) or standard[name]
        regular = chosen["regular"]
        bold = chosen.get("bold", regular)
        italic = chosen.get("italic", regular)
        return Face(regular, italic, bold, chosen.get("bold-italic", bold), chosen.get("scale", 1.0), chosen.get("features", ""))

    return Fonts(face("text"), face("sans"), face("mono"), values.get("math", standard["math"]))
