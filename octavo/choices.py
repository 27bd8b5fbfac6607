"""Say what the choices of a report may look like that are not in `report.yaml` alone: design values, words, files.

What a report's own `design.yaml` and `words` hold is used far behind the manifest, by the engine's templates and the
colophon. A value of the wrong shape is found here, with its line, and not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from octavo.design import FILE as DESIGN
from octavo.design import Theme, standard_theme, theme
from octavo.diagnostics import Ledger, Severity, Span
from octavo.manuscript.words import Words
from octavo.overrides import check_overrides, check_values, place_of
from octavo.schema import Checker, Either, Keys, ListOf, MapOf, Scalar, Value
from octavo.workspace import templates_folder

TEXT, PHRASE, LENGTH, FONT = Scalar(), Scalar("phrase"), Scalar("length"), Scalar("font")
FACE = Keys(
    {
        "name": PHRASE, "regular": FONT, "italic": FONT, "bold": FONT, "bold-italic": FONT, "scale": Scalar("factor"),
        "features": Scalar("features"),
    },
    frozenset({"regular"}),
)  # fmt: skip
PAGE = Keys(
    {
        "width": LENGTH, "height": LENGTH, "measure": LENGTH, "inner": LENGTH, "top": LENGTH,
        "lines": Scalar("count"), "size": LENGTH, "leading": LENGTH,
    }
)  # fmt: skip
FLAG, FACTOR, COLOR = Scalar("flag"), Scalar("factor"), Scalar("color")
FALLBACK = Keys({**FACE.rules, "family": PHRASE, "shaping": FLAG, "number": Scalar("digit"), "maths": FLAG})
DESIGN_VALUES = Keys(
    {
        "edition": Keys({"trim": PHRASE, "two-sided": FLAG}),
        "trims": MapOf(PAGE, key="phrase"),
        "type": MapOf(ListOf(FACTOR, least=2, most=2), key="phrase"),
        "fonts": Keys(
            {"text": FACE, "sans": FACE, "mono": FACE, "math": FONT, "fallback": ListOf(Either(FONT, FALLBACK))}
        ),
        "colors": MapOf(COLOR, key="phrase"),
        "layer-colors": ListOf(COLOR, least=1),
        "paper": Keys({"weight": FACTOR, "bulk": FACTOR}),
    }
)
MONTHS = 12
_BLANK = re.compile(r"\{([^{}]*)\}")


def theme_of(name: str, folders: tuple[Path, ...], report: Path, ledger: Ledger) -> Theme:
    """Return a theme, or the standard one when what the report changes in it cannot be used, and is reported."""
    before = len(ledger.entries)
    sizes: dict[str, dict[str, Value]] = {trim: dict(page) for trim, page in standard_theme().values["trims"].items()}
    for folder in reversed(folders):
        path = folder / DESIGN
        if not path.is_file() or folder.resolve().is_relative_to(templates_folder().resolve()):
            continue
        checker = Checker(place_of(path, report), ledger)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            problem = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error.strerror).lower()
            ledger.report("OCT113", Span(checker.file), path=checker.file, problem=problem)
            continue
        values = checker.load(text, DESIGN_VALUES) or {}
        check_values(values, folders, checker.places, ledger)
        for number, entry in enumerate((values.get("fonts") or {}).get("fallback") or []):
            if isinstance(entry, dict) and not {"regular", "family"} & entry.keys():
                at = f"fonts.fallback[{number}]"
                ledger.report("OCT104", checker.places.get(at), key=f"{at}.regular")
        for trim, lengths in (values.get("trims") or {}).items():
            sizes.setdefault(trim, {}).update(lengths)
            for key in sorted(PAGE.rules.keys() - sizes[trim].keys()):
                ledger.report("OCT104", checker.places[f"trims.{trim}"], key=f"trims.{trim}.{key}")
    check_overrides(folders, report, ledger)
    found = ledger.entries[before:]
    return standard_theme() if any(entry.severity is Severity.ERROR for entry in found) else theme(name, folders)


def check_words(words: Mapping[str, str], checker: Checker) -> None:
    """Report a word of the report's own with blanks that the standard one has not, or too few names of months."""
    standard = Words("en", {})
    for key, text in words.items():
        known = _blanks(standard(key)) - {""}
        known |= {"number"} if key in ("short-date", "short-month") else set()
        if key in ("months", "short-months") and len(text.split()) != MONTHS:
            expected, found = f"the names of {MONTHS} months", f"{len(text.split())} words"
        elif known and not _blanks(text) <= known:
            expected, found = f"text whose braces hold {', '.join(sorted(known))} or nothing else", f"`{text}`"
        else:
            continue
        checker.ledger.report(
            "OCT103", checker.places[f"words.{key}"], key=f"words.{key}", expected=expected, found=found
        )


def _blanks(text: str) -> set[str]:
    """Return what stands in the braces of a text; where a brace has no partner, the text itself, which is no name."""
    rest = _BLANK.sub("", text)
    return {text} if "{" in rest or "}" in rest else set(_BLANK.findall(text))


def check_files(files: Sequence[tuple[str, str]], checker: Checker) -> None:
    """Report two files of a report, each with its edition, that would have one name."""
    makers: dict[str, str] = {}
    for edition, file in files:
        first = makers.setdefault(file.casefold(), edition)
        if first != edition:
            span = checker.places.get(f"editions.{edition}")
            checker.ledger.report("OCT117", span, first=first, second=edition, file=file)
