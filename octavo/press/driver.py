"""Write what the engine reads before it is fed: the driver document, the styles, the fonts."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

import jinja2

from octavo.confinement import Walls
from octavo.design import Face
from octavo.diagnostics import Ledger, Span
from octavo.inside import leads_out
from octavo.latex.escape import Tex
from octavo.manifest import FILE, Edition, Report
from octavo.manuscript.scripts import rightward_script
from octavo.runner import Bounds, run

FONT_PLACES = ("/usr/share/texmf/fonts", "/usr/share/fonts")
STYLES = "octavo-*"


def driver(report: Report, edition: Edition, templates: jinja2.Environment, has_maths: bool) -> str:
    """Return the driver document of an edition; `unicode-math` is left out of a book without mathematics."""
    families = {name: _family(getattr(report.fonts, name)) for name in ("text", "sans", "mono")}
    page = {name: value if isinstance(value, bool) else Tex(value) for name, value in asdict(edition.page).items()}
    return templates.get_template("book.tex").render(
        page=page,
        fonts={**families, "math": Tex(report.fonts.math)},
        sizes={name: [Tex(length) for length in size] for name, size in report.theme.sizes(edition.page).items()},
        colors={name: Tex(_red_green_blue(color)) for name, color in _colors(report).items()},
        maths=has_maths,
        language=report.language,
        rightward=bool(rightward_script(report.language)),
        macros=[Tex(macro.definition(name)) for name, macro in report.maths.items()] if report.raw_latex else [],
    )


def _colors(report: Report) -> dict[str, str]:
    """Return the colors of the theme by name, and those of the layers as `layer1` and so on."""
    layers = {f"layer{number}": layer.color for number, layer in enumerate(report.layers, start=1)}
    return {**report.theme.values["colors"], **layers}


def _family(face: Face) -> dict[str, Tex]:
    return {name: Tex(value) for name, value in asdict(face).items()}


def _red_green_blue(color: str) -> str:
    return ",".join(f"{int(color[at : at + 2], 16) / 255:.3f}" for at in (0, 2, 4))


def styles(folders: tuple[Path, ...]) -> dict[str, str]:
    """Return the style and Lua files by name; a report's own file comes before the standard one."""
    found: dict[str, str] = {}
    for folder in reversed(folders):
        for path in sorted((folder / "style").glob(STYLES)):
            found[path.name] = path.read_text(encoding="utf-8")
    return found


def own_styles(report: Report) -> dict[str, str]:
    """Return the path in the report of each style and Lua file that it brings itself, by name."""
    root = report.folder.resolve()
    paths = (path for folder in reversed(report.theme.folders) for path in sorted((folder / "style").glob(STYLES)))
    inside = (path.resolve() for path in paths if path.resolve().is_relative_to(root / "templates"))
    return {path.name: path.relative_to(root).as_posix() for path in inside}


def own_fonts(report: Report, ledger: Ledger, without_engine: bool = False) -> list[Path]:
    """Return the fonts that the report brings in its own `fonts/`; one that is nowhere is reported.

    A missing font is found here because the engine would search the whole machine for it first. Where there is no
    engine, and need not be, the faces of the theme are not asked for: they come with it.
    """
    own: list[Path] = []
    come_along = report.theme.fonts({}).files() if without_engine and not shutil.which("lualatex") else ()
    for name in report.fonts.files():
        if name in come_along:
            continue
        path = report.folder / "fonts" / name
        if leads_out(Path("fonts", name), report.folder):
            ledger.report("OCT119", Span(FILE), path=f"fonts/{name}")
        elif path.is_file():
            own.append(path)
        elif not _is_installed(name):
            ledger.report("OCT404", Span(FILE), font=name)
    return own


def _is_installed(name: str) -> bool:
    for place in FONT_PLACES:
        if next(Path(place).glob(f"*/*/{name}"), None) or next(Path(place).glob(f"*/*/*/{name}"), None):
            return True
    try:
        found = run(["kpsewhich", name], Walls(), Bounds())
    except (OSError, subprocess.TimeoutExpired):
        return False
    return bool(found.stdout.strip())
