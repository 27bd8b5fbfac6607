"""Hold the design values of a book: page, faces, sizes and colors.

They come from `templates/design.yaml`, from the `design.yaml` of a theme that replaces some of them, and from what
`report.yaml` says. TeX gets them as lengths with their units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from octavo.schema import Value
from octavo.workspace import templates_folder

FILE = "design.yaml"
#: The folder of the themes, among the standard templates and in a report's own.
THEMES = "themes"
#: The theme of a report that names none; its files are the standard templates themselves.
STANDARD = "monograph"
#: Points of 1/72.27 inch in a unit of length (The TeXbook, chapter 10).
POINTS = {"mm": 72.27 / 25.4, "cm": 72.27 / 2.54, "in": 72.27, "pt": 1.0, "bp": 72.27 / 72}


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

    def overflow(self) -> str:
        """Say by how much the text leaves the paper, if it does."""
        across = points(self.inner) + points(self.measure) - points(self.width)
        down = points(self.top) + (self.lines + 2) * points(self.leading) - points(self.height)
        if across >= 0:
            return f"inner margin and measure together exceed the width by {across:.1f} pt"
        return (
            f"top margin, running head and {self.lines} lines together exceed the height by {down:.1f} pt"
            if down >= 0
            else ""
        )


@dataclass(frozen=True)
class Face:
    """Name the four font files of a family, its scale, and features for LuaTeX's font loader such as `+ss01`."""

    name: str
    regular: str
    italic: str
    bold: str
    bold_italic: str
    scale: float
    features: str


@dataclass(frozen=True)
class Fallback:
    """Name a face that is asked for characters which the face at hand lacks.

    `family` is what the names of its files begin with; `number` counts the faces of a collection. A face that needs no
    `shaping` is set by TeX alone; one with `maths` may stand in a formula. `own` tells that the report chose it.
    """

    family: str
    regular: str = ""
    italic: str = ""
    bold: str = ""
    bold_italic: str = ""
    scale: float = 1.0
    shaping: bool = True
    number: int = 0
    maths: bool = False
    own: bool = False

    def files(self) -> tuple[str, str, str, str]:
        """Return the names of its four files, as Noto names the styles of a family where they are not given."""
        if self.regular:
            bold = self.bold or self.regular
            return self.regular, self.italic or self.regular, bold, self.bold_italic or bold
        styles = ("Regular", "Italic", "Bold", "BoldItalic")
        regular, italic, bold, bold_italic = (f"{self.family}-{style}.ttf" for style in styles)
        return regular, italic, bold, bold_italic


@dataclass(frozen=True)
class Fonts:
    """Name the faces of a book."""

    text: Face
    sans: Face
    mono: Face
    math: str
    fallback: tuple[Fallback, ...] = ()

    def faces_in_turn(self) -> tuple[Fallback, ...]:
        """Return the faces that are asked for a character: those for that purpose, then all others of the book."""
        others = (
            Fallback(f.name, f.regular, f.italic, f.bold, f.bold_italic, f.scale, shaping=False)
            for f in (self.text, self.sans, self.mono)
        )
        return (*self.fallback, *others)

    def files(self) -> tuple[str, ...]:
        """Return every font file, each once."""
        faces = (self.text, self.sans, self.mono)
        names = [name for face in faces for name in (face.regular, face.italic, face.bold, face.bold_italic)]
        return tuple(dict.fromkeys([*names, self.math]))


@dataclass(frozen=True)
class Theme:
    """Hold a theme: the folders of its templates, nearest first, and its values."""

    name: str
    folders: tuple[Path, ...]
    values: dict[str, Value]

    def fonts(self, chosen: Value) -> Fonts:
        """Return the faces: those that a report chose, and the theme's own for the rest."""
        standard = self.values["fonts"]

        def face(name: str) -> Face:
            files = chosen.get(name) or standard[name]
            regular = files["regular"]
            bold = files.get("bold", regular)
            italic = files.get("italic", regular)
            return Face(
                name=files.get("name", Path(regular).stem),
                regular=regular,
                italic=italic,
                bold=bold,
                bold_italic=files.get("bold-italic", bold),
                scale=files.get("scale", 1.0),
                features=files.get("features", ""),
            )

        own = tuple(_fallback(entry, own=True) for entry in chosen.get("fallback", []))
        others = tuple(_fallback(entry, own=False) for entry in standard["fallback"])
        return Fonts(face("text"), face("sans"), face("mono"), chosen.get("math", standard["math"]), own + others)

    def sizes(self, page: Page) -> dict[str, tuple[str, str]]:
        """Return size and leading of each kind of text on that page, in points."""
        size, leading = points(page.size), points(page.leading)
        return {
            name: (f"{size * factor:.3f}pt", f"{leading * factor_of_leading:.3f}pt")
            for name, (factor, factor_of_leading) in self.values["type"].items()
        }


def _fallback(entry: Value, own: bool) -> Fallback:
    """Read a face of the list `fallback`: a file or a family, or a mapping with its files."""
    if isinstance(entry, str):
        is_file = entry.endswith((".otf", ".ttf", ".ttc"))
        return Fallback(Path(entry).stem if is_file else entry, regular=entry if is_file else "", own=own)
    values = {key.replace("-", "_"): value for key, value in entry.items()}
    family = values.pop("family", "") or Path(values["regular"]).stem
    return Fallback(family, own=own, **values)


def own_templates(folder: Path) -> Path | None:
    """Return the folder of templates that a report in `folder` brings, unless it is Octavo's own."""
    own = folder / "templates"
    return own if own.is_dir() and own.resolve() != templates_folder().resolve() else None


def themes(own: Path | None = None) -> dict[str, tuple[Path, ...]]:
    """Return the themes that a report with the templates `own` can name, each with the folders of its templates.

    A folder in `themes/` of its own templates is a theme as well as one that Octavo brings.
    """
    standard = templates_folder()
    places = (own, standard) if own else (standard,)
    found: dict[str, tuple[Path, ...]] = {STANDARD: ()}
    for place in places:
        for theme in sorted((place / THEMES).glob("*/")):
            found.setdefault(theme.name, (theme,))
    return {name: (*places[:-1], *own_folders, standard) for name, own_folders in found.items()}


@cache
def theme(name: str, folders: tuple[Path, ...]) -> Theme:
    """Return a theme; what is nearest among its folders replaces what is further."""
    values: dict[str, Value] = {}
    for folder in reversed(folders):
        if (folder / FILE).is_file():
            values = _merged(values, _load(folder / FILE))
    return Theme(name, folders, values)


def standard_theme() -> Theme:
    """Return the theme of a report that says nothing."""
    return theme(STANDARD, (templates_folder(),))


def _load(path: Path) -> dict[str, Value]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    values: dict[str, Value] = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    return values


def _merged(below: Mapping[str, Value], above: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values of two levels: where both have a mapping, its keys are taken one by one."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def points(length: str) -> float:
    """Return a TeX length in points of 1/72.27 inch."""
    return float(length[:-2]) * POINTS[length[-2:]]


def millimeters(length: str) -> float:
    """Return a TeX length in millimeters."""
    return points(length) / POINTS["mm"]
