"""Typeset every figure a build needs in one engine run, each on a page that fits it, and keep the result.

Part of the figures stage: LaTeX in, pages of one PDF out. The book places them as vector drawings, so that it
need not load TikZ; `export` makes the SVG and PNG that live outside the book.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import jinja2

from octavo.confinement import Walls
from octavo.latex.escape import Tex
from octavo.manuscript.scripts import is_usual
from octavo.runner import Bounds, engine_environment, run
from octavo.sealed import is_whole, put, read_values, write_values
from octavo.workspace import lua_wall

SKELETON = "figures/plates.tex"
#: What the book and its drawings have in common: scripts that need a face or a direction of their own.
SHARED = ("style/octavo-runs.sty", "style/octavo-faces.lua", "style/octavo-signs.lua")
#: The table of which face has which characters; it is there where a figure has one that a face may lack.
COVERAGE = "octavo-coverage.lua"
STYLE = re.compile(r"figures/[\w-]+\.sty")
FONT_FILE = re.compile(r"[\w .+-]*")
ENGINE = "lualatex"
TIME_LIMIT_SECONDS = 120
COMPLAINT_LINES = 6

#: TeX's scaled points in a PDF point (a "big point", 1/72 inch).
SCALED_POINTS = 65536 * 72.27 / 72


class PlateError(RuntimeError):
    """Report that the figures could not be typeset: the engine is missing, or stopped."""


@dataclass(frozen=True)
class Plate:
    """Say where a typeset figure is: a PDF, a page counted from 1, and its size in PDF points (1/72 inch)."""

    path: Path
    page: int
    width_pt: float
    height_pt: float


@dataclass(frozen=True)
class Family:
    """Name the font files of a family as kpathsea finds them; an empty name leaves that face out."""

    regular: str
    bold: str = ""
    italic: str = ""
    bold_italic: str = ""

    def __post_init__(self) -> None:
        for name in self.files:
            if not FONT_FILE.fullmatch(name):
                raise ValueError(f"{name!r} is not the name of a font file: write one such as LinBiolinum_R.otf")

    @property
    def files(self) -> tuple[str, str, str, str]:
        """List the four faces in the order of NFSS: regular, bold, italic, bold italic."""
        return self.regular, self.bold, self.italic, self.bold_italic


@dataclass(frozen=True)
class Faces:
    """Hold the two families that figures are lettered in."""

    sans: Family = Family("LinBiolinum_R.otf", "LinBiolinum_RB.otf", "LinBiolinum_RI.otf")
    serif: Family = Family(
        "texgyrepagella-regular.otf",
        "texgyrepagella-bold.otf",
        "texgyrepagella-italic.otf",
        "texgyrepagella-bolditalic.otf",
    )


@dataclass
class Plates:
    """Collect the figures of a build, and typeset all of them at once.

    `cache` is a folder for the results; `templates` (`octavo.latex.environment.open_templates`) finds the
    skeleton and every style in `figures/`, so that a report replaces one of them, or adds one, in its own folder;
    `fonts` are the files that the report brings itself, `reads` the folder of them, `language` is its language, and
    `coverage` gives the faces that stand in for others, as a table of Lua.

    The cache holds one PDF for a whole set of figures, not one for each: the glyphs in an embedded font depend on
    all the figures of the run, so a set assembled from older runs would give other bytes than a clean build.
    """

    cache: Path
    templates: jinja2.Environment
    faces: Faces = Faces()
    engine: str = ENGINE
    fonts: tuple[Path, ...] = ()
    language: str = "en"
    coverage: Callable[[], str] | None = None
    reads: tuple[Path, ...] = ()
    _bodies: dict[str, str] = field(default_factory=dict, init=False)

    def add(self, key: str, tex: str) -> None:
        """Ask for the figure `tex` under the name `key`; `ValueError` if another figure has that name."""
        if self._bodies.setdefault(key, tex) != tex:
            raise ValueError(f"two figures are called {key!r}: give one of them another name")

    def typeset(self) -> dict[str, Plate]:
        """Return a plate for each key, from the cache or by one engine run; raises `PlateError`.

        Nothing runs when the same figures, styles, fonts and engine version are in the cache.
        """
        if not self._bodies:
            return {}
        sources = self._sources()
        digest = _digest(engine_version(self.engine), sources | self.own_fonts())
        pages = self.cache / f"plates-{digest}.pdf"
        index = pages.with_suffix(".json")
        sizes = read_values(index) if is_whole(pages) else None
        if sizes is None:
            sizes = self._run(sources, pages)
            write_values(index, sizes)
        plates = [Plate(pages, page, *size) for page, size in enumerate(sizes, start=1)]
        return dict(zip(self._bodies, plates, strict=True))

    def styles(self) -> dict[str, str]:
        """Return the skeleton and every style that may be used, by file name."""
        loader = self.templates.loader
        assert loader is not None, "templates are read from folders"
        names = [SKELETON, *SHARED, *(name for name in loader.list_templates() if STYLE.fullmatch(name))]
        return {Path(name).name: loader.get_source(self.templates, name)[0] for name in names}

    def own_fonts(self) -> dict[str, str]:
        """Return a digest of each font that the report brings, by file name."""
        return {font.name: hashlib.sha256(font.read_bytes()).hexdigest() for font in self.fonts}

    def _sources(self) -> dict[str, str]:
        """Fill the skeleton, and return it with the styles, by file name."""
        sources = self.styles()
        if self.coverage and not all(map(is_usual, self._bodies.values())):
            sources[COVERAGE] = self.coverage()
        sources["plates.tex"] = self.templates.get_template(SKELETON).render(
            language=self.language,
            signs=COVERAGE in sources,
            styles=sorted(Path(name).stem for name in sources if name.endswith(".sty") and name != "plates.sty"),
            families=[
                (name, [Tex(file) for file in family.files])
                for name, family in (("platesans", self.faces.sans), ("plateserif", self.faces.serif))
            ],
            bodies=[Tex(body) for body in self._bodies.values()],
        )
        return sources

    def _run(self, sources: dict[str, str], pages: Path) -> list[tuple[float, float]]:
        """Draw, put the pages in their place, and return the size of each."""
        self.cache.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="plates-", dir=self.cache))
        try:
            for name, text in sources.items():
                (folder / name).write_text(text, encoding="utf-8")
            for font in self.fonts:
                (folder / font.name).symlink_to(font.resolve())
            complaint = _run_engine(self.engine, folder, self.cache / "texmf-var", self.reads)
            sizes = _read_sizes(folder / "plates.sizes")
            if complaint:
                key = [*self._bodies, "(none)"][len(sizes)]
                raise PlateError(f"{self.engine} stopped at figure {key!r}: {complaint}")
            put(folder / "plates.pdf", pages)
            return sizes
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def export(plate: Plate, svg: Path, png: Path, dpi: int = 200) -> None:
    """Write a plate as SVG, through Poppler, and as PNG at `dpi` dots an inch, for pages outside the book.

    Raises `PlateError` if Poppler's pdftocairo is missing or fails.
    """
    import pypdfium2

    page = str(plate.page)
    command = ["pdftocairo", "-svg", "-f", page, "-l", page, str(plate.path), str(svg)]
    try:
        done = run(command, Walls(reads=(plate.path,), writes=(svg.parent,)), Bounds(seconds=TIME_LIMIT_SECONDS))
    except FileNotFoundError:
        raise PlateError("pdftocairo is not installed, and SVG figures need it: apt install poppler-utils") from None
    if done.returncode:
        raise PlateError(
            f"pdftocairo could not turn page {page} of {plate.path} into SVG: {done.stderr.decode().strip()}"
        )
    with pypdfium2.PdfDocument(plate.path) as document:
        image = document[plate.page - 1].render(scale=dpi / 72).to_pil()
    image.save(png, dpi=(dpi, dpi), optimize=True)


@cache
def engine_version(engine: str = ENGINE) -> str:
    """Ask the engine for its version line; raises `PlateError` if it is not installed."""
    try:
        done = run([engine, "--version"], Walls(), Bounds())
        done.check_returncode()
    except (OSError, subprocess.SubprocessError) as fault:
        raise PlateError(f"{engine} does not run ({fault}): apt install texlive-luatex texlive-pictures") from None
    return done.stdout.decode().partition("\n")[0].strip()


def _digest(version: str, sources: dict[str, str]) -> str:
    whole = json.dumps([version, sorted(sources.items())])
    return hashlib.sha256(whole.encode()).hexdigest()[:24]


def _run_engine(engine: str, folder: Path, font_cache: Path, reads: Sequence[Path]) -> str:
    """Run the engine on plates.tex in `folder`, and return what it stopped at, or nothing.

    It sees nothing of the caller's environment but the path.

    SOURCE_DATE_EPOCH and FORCE_SOURCE_DATE stop TeX's clock; openin_any and openout_any keep it from files
    outside its folder and the TeX trees (Web2C manual, "Safe filenames"). The font loader's cache outlives the run.
    """
    environment = engine_environment(folder, font_cache) | {
        "max_print_line": "1000",
        "OCTAVO_READS": ":".join(str(path.resolve()) for path in reads),
    }
    command = [
        engine,
        f"--lua={lua_wall()}",
        "-no-shell-escape",
        "-interaction=nonstopmode",
        "-halt-on-error",
        "plates.tex",
    ]
    read = tuple(path.resolve() for path in (lua_wall(), *folder.iterdir(), *reads))
    walls = Walls(reads=read, writes=(folder, font_cache))
    font_cache.mkdir(parents=True, exist_ok=True)
    try:
        done = run(command, walls, Bounds(seconds=TIME_LIMIT_SECONDS), folder, environment)
    except subprocess.TimeoutExpired:
        raise PlateError(f"{engine} took more than {TIME_LIMIT_SECONDS} s over the figures, and was stopped") from None
    return _complaint(done.stdout.decode("utf-8", errors="replace")) if done.returncode else ""


def _complaint(log: str) -> str:
    """Find what TeX stopped at: a message and its context (tex.web, `print_err`, `char_warning`)."""
    lines = log.splitlines()
    starts = (number for number, line in enumerate(lines) if line.startswith(("!", "Missing character:")))
    start = next(starts, max(0, len(lines) - COMPLAINT_LINES))
    return "\n".join(lines[start : start + COMPLAINT_LINES])


def _read_sizes(path: Path) -> list[tuple[float, float]]:
    if not path.is_file():
        return []
    sizes = []
    for line in path.read_text(encoding="ascii").splitlines():
        width, height = (round(int(scaled) / SCALED_POINTS, 4) for scaled in line.split())
        sizes.append((width, height))
    return sizes
