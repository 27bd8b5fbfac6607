"""Check the files with which a report changes its look: each must be one that something reads.

A template, a style or a design value takes the place of the standard one by its name alone. One letter amiss, and the
standard one is used without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

from octavo.design import FILE as DESIGN
from octavo.design import THEMES, standard_theme
from octavo.diagnostics import Ledger, Span
from octavo.nearest import nearest
from octavo.schema import Value
from octavo.workspace import templates_folder

#: What a template is written in; a folder of templates may hold other files for their author.
SUFFIXES = frozenset({".tex", ".sty", ".lua", ".yaml"})
#: Every style of figures is read, whatever its name.
READ_ANYWAY = "figures/*.sty"
#: Parts of the standard templates that no report replaces.
_OWN_AFFAIR = ("engine", "report", THEMES)


def check_overrides(folders: Sequence[Path], report: Path, ledger: Ledger) -> None:
    """Report a file of the report's own templates that nothing reads, and one that is no text.

    `folders` are those of its theme, nearest first.
    """
    standard = templates_folder()
    known = [path.relative_to(standard).as_posix() for path in _templates(standard)]
    for folder in _own(folders):
        texts: dict[str, str] = {}
        for path in _templates(folder):
            place = place_of(path, report)
            try:
                texts[path.relative_to(folder).as_posix()] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                if path.name != DESIGN:  # which is told by who reads its keys
                    ledger.report("OCT113", Span(place), path=place, problem="it is not UTF-8 text")
            except OSError as error:
                problem = (error.strerror or str(error)).lower()
                ledger.report("OCT113", Span(place), path=place, problem=problem)
        for name in texts:
            others = [text for other, text in texts.items() if other != name]
            if name not in known and not fnmatch(name, READ_ANYWAY) and not _is_named(Path(name).stem, others):
                place = place_of(folder / name, report)
                ledger.report("OCT121", Span(place), what=f"the file `{place}`", nearest=nearest(name, known))


def check_values(
    values: Mapping[str, Value], folders: Sequence[Path], places: Mapping[str, Span], ledger: Ledger
) -> None:
    """Report a color or a size of `design.yaml` that no style asks for; a theme's own styles may ask for more."""
    paths = [path for folder in _own(folders) for path in _templates(folder) if path.is_file() and path.name != DESIGN]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    for section, prefix in (("colors", "oct"), ("type", "")):
        known = standard_theme().values[section]
        for name in values.get(section) or {}:
            if name not in known and not _is_named(prefix + name, texts):
                span = places.get(f"{section}.{name}")
                ledger.report("OCT121", span, what=f"`{section}.{name}`", nearest=nearest(name, known))


def _own(folders: Iterable[Path]) -> list[Path]:
    """Return the folders of templates that are not Octavo's."""
    standard = templates_folder().resolve()
    return [folder for folder in folders if not folder.resolve().is_relative_to(standard)]


def _templates(folder: Path) -> list[Path]:
    """Return what could be a template in a folder, hidden files and what no report replaces left out."""
    found = []
    for path in sorted(folder.rglob("*.*")):
        parts = path.relative_to(folder).parts
        is_shown = not any(part.startswith((".", "_")) for part in parts)
        if path.suffix in SUFFIXES and is_shown and parts[0] not in _OWN_AFFAIR:
            found.append(path)
    return found


def _is_named(name: str, texts: Iterable[str]) -> bool:
    return any(name in text for text in texts)


def place_of(path: Path, report: Path) -> str:
    """Return a path from the folder of the report, or whole where it leads elsewhere."""
    inside = path.resolve().is_relative_to(report.resolve())
    return path.resolve().relative_to(report.resolve()).as_posix() if inside else str(path)
