"""Judge every finished PDF, and tell each failure with the line of Markdown that it comes from.

Two judges: veraPDF against the standards, and our own checks for what it lets pass. Both speak of structure elements
and pages; here that becomes a place in the manuscript and an author's words. `octavo check --conformance` is the one
caller; a build without it never starts Java.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pikepdf

from octavo.check import document, structure
from octavo.check.conformance import Failure, Verdict, validate
from octavo.check.listening import Element, StructureTree, read_structure
from octavo.check.places import Places, Trail
from octavo.check.structure import Check, Finding
from octavo.diagnostics import Diagnostic, Ledger, Span
from octavo.latex.tree import Element as Written
from octavo.report_text import render
from octavo.visible import visible_json

#: What the checks of our own are called in the table.
OWN: Final = "octavo"
#: The name of each flavour in words.
STANDARDS: Final = {"ua2": "PDF/UA-2", "a4": "PDF/A-4", "a4f": "PDF/A-4f", OWN: "Octavo’s own checks"}
#: What is found in the manuscript already, by what finds the same in the PDF.
TWINS: Final = {
    "OCT522": {"OCT561"},
    "OCT524": {"OCT303"},
    "OCT525": {"OCT564"},
    "OCT526": {"OCT303", "OCT578"},
    "OCT530": {"OCT562"},
    "OCT532": {"OCT568"},
    "OCT576": {"OCT563"},
}
_STEP: Final = re.compile(r"/K\[(\d+)\]\(\d+ \d+ obj SE")
_PAGE: Final = re.compile(r"/pages\[(\d+)\]")
_DEFAULT_ADVICE: Final = (
    "If raw LaTeX or a template of this report makes it, write it in Markdown; otherwise please report it."
)


@dataclass(frozen=True)
class Result:
    """Hold one line of the table: a file, what it was judged by, how much was looked at, and how often it failed.

    `rules` are the rules of the standard, or the kinds of our own checks; `checks` is how often they were applied, or
    how many structure elements ours looked at.
    """

    file: str
    pages: int
    flavour: str
    rules: int
    checks: int
    failures: int
    passed: bool
    judge: str


def examine(path: Path, root: Written, ledger: Ledger, flavours: Sequence[str] | None = None) -> list[Result]:
    """Judge one finished file and report what is wrong; `root` is the tree that it was bound from.

    Our checks run on a thread of their own while veraPDF works on this one, which started Java: a Java machine waits
    for the thread that started it to end. Raises `ValidatorMissing` without the optional extra.
    """
    checks = (*structure.CHECKS, *document.CHECKS)
    with ThreadPoolExecutor(max_workers=1) as pool, pikepdf.open(path) as pdf:
        inspection = pool.submit(_inspect, pdf, checks)
        verdicts = validate(path, flavours_of(pdf) if flavours is None else flavours)
        tree, found = inspection.result()
        reporter = _Reporter(tree, Places(root), ledger)
        for finding in found:
            reporter.finding(finding)
        for verdict in verdicts:
            reporter.verdict(verdict)
        pages, elements = len(pdf.pages), sum(1 for _ in tree.elements())
    results = [
        Result(
            path.name, pages, verdict.flavour, verdict.rules, verdict.checks,
            sum(failure.count for failure in verdict.failures), verdict.passed, verdict.validator,
        )
        for verdict in verdicts
    ]  # fmt: skip
    passed = not found and elements > 0
    return [*results, Result(path.name, pages, OWN, len(checks), elements, len(found), passed, OWN)]


def flavours_of(pdf: pikepdf.Pdf) -> tuple[str, str]:
    """Return what a file must keep to: PDF/UA-2, and PDF/A-4f if it encloses files, else PDF/A-4 (ISO 19005-4)."""
    return "ua2", "a4f" if "/EmbeddedFiles" in pdf.Root.get("/Names", {}) else "a4"


def _inspect(pdf: pikepdf.Pdf, checks: Sequence[Check]) -> tuple[StructureTree, list[Finding]]:
    tree = read_structure(pdf)
    return tree, [finding for check in checks for finding in check(tree)]


@dataclass
class _Reporter:
    """Put findings about one file into the ledger, each at its place in the manuscript."""

    tree: StructureTree
    places: Places
    ledger: Ledger

    def __post_init__(self) -> None:
        """Give each element its trail, and each trail its element."""
        self._trails: dict[str, Trail] = dict(_trails(self.tree.roots))
        self._by_trail = {trail: path for path, trail in self._trails.items()}

    def finding(self, finding: Finding) -> None:
        """Report a finding of our own, unless the manuscript was blamed for the same at that place."""
        span = self._span(finding.path, finding.page)
        twins = TWINS.get(finding.code, set())
        if any(entry.code in twins and _same_line(entry.span, span) for entry in self.ledger.entries):
            return
        self.ledger.report(finding.code, span, text=finding.text, place=finding.place or "the whole file")

    def verdict(self, verdict: Verdict) -> None:
        """Report what veraPDF found, or that it found nothing because it could not look."""
        for failure in verdict.failures:
            problem, advice = words(failure)
            rule = f"{STANDARDS.get(verdict.flavour, verdict.flavour)}, {failure.specification} {failure.clause}"
            for context in failure.contexts or (failure.context,):
                span, place = self._context(context)
                self.ledger.report("OCT572", span, problem=problem, place=place, rule=rule, advice=advice)
        if not verdict.passed and not verdict.failures:
            self.ledger.report("OCT573", None, flavour=verdict.flavour, status=verdict.status)

    def _context(self, context: str) -> tuple[Span | None, str]:
        """Find the element or the page that veraPDF's path names; return its place twice, for author and for us."""
        trail = tuple(int(number) for number in _STEP.findall(context))
        while trail and trail not in self._by_trail:
            trail = trail[:-1]
        if trail:
            path = self._by_trail[trail]
            element = next(element for element in self.tree.elements() if element.path == path)
            page = min(element.pages, default=-1) + 1
            return self._span(path, page), Finding("", "", path, page).place
        found = _PAGE.search(context)
        page = int(found[1]) + 1 if found else 0
        return self._span("", page), f"page {page}" if page else "the whole file"

    def _span(self, path: str, page: int) -> Span | None:
        """Return the place of an element; without one, where the text of the page begins."""
        if path in self._trails:
            return self.places.span(self._trails[path])
        if not page:
            return None
        on_page = (element for element in self.tree.elements() if page - 1 == min(element.pages, default=-1))
        spans = (self.places.span(self._trails[element.path]) for element in on_page)
        return next((span for span in spans if span), None)


def _trails(kids: Iterable[object], above: Trail = ()) -> Iterator[tuple[str, Trail]]:
    for position, element in enumerate(kid for kid in kids if isinstance(kid, Element)):
        trail = (*above, position)
        yield element.path, trail
        yield from _trails(element.kids, trail)


def _same_line(first: Span | None, second: Span | None) -> bool:
    return first is not None and second is not None and (first.file, first.line) == (second.file, second.line)


def words(failure: Failure) -> tuple[str, str]:
    """Return what a broken rule means and what to do, in an author's words where there are some."""
    standard = failure.specification.partition(":")[0]
    entries = _rules().get(standard, {})
    keys = (f"{failure.clause}-{failure.test_number}", failure.clause, "")
    entry = next((entries[key] for key in keys if key in entries), {"problem": failure.description.rstrip(".")})
    return entry["problem"], entry.get("advice", _DEFAULT_ADVICE)


@cache
def _rules() -> dict[str, dict[str, dict[str, str]]]:
    import yaml

    text = (Path(__file__).parent / "rules.yaml").read_text(encoding="utf-8")
    rules: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(text)
    return rules


def table(results: Sequence[Result]) -> str:
    """Return the results as lines of text under a head."""
    head = ("file", "pages", "judged by", "rules", "checks", "failures", "")
    rows = [
        (r.file, str(r.pages), STANDARDS.get(r.flavour, r.flavour), f"{r.rules:,}", f"{r.checks:,}", f"{r.failures:,}",
         "passed" if r.passed else "FAILED")
        for r in results
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = []
    for row in [head, *rows]:
        cells = (
            cell.ljust(width) if column in (0, 2, 6) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(cells).rstrip())
    judges = sorted({result.judge for result in results if result.judge != OWN})
    return "\n".join([*lines, *judges])


def as_json(results: Sequence[Result], diagnostics: Sequence[Diagnostic], folder: Path) -> str:
    """Return one JSON object: the table under `files`, and the diagnostics as every command prints them."""
    found = json.loads(render(diagnostics, "json", folder))
    whole = {"files": [asdict(result) for result in results], "diagnostics": found}
    return visible_json(json.dumps(whole, indent=1, ensure_ascii=False))
