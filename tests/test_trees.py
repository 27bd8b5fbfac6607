"""Build random manuscripts in the real engine: each is printed whole, in its order, and conforms; nothing crashes.

Several chapters go into one book, since an engine starts once for them. The same books are built each time, unless
`pytest tests/test_trees.py --hunt 500` looks for faults in new ones.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import manuscripts
import pikepdf
import pytest
import readback
import yaml
from conftest import CASES
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from test_constructs import NO_CLAIM, chapters_of, open_book

from octavo.book import Product
from octavo.check.conformance import validate
from octavo.check.structure import inspect_structure
from octavo.diagnostics import Ledger, Severity
from octavo.manuscript.words import Words

#: How many books are built when nobody hunts, and how many chapters are in each: about a minute on two cores.
BOOKS, CHAPTERS = 8, 5
TEXTS, PARAGRAPHS = 6, 12
#: What random text may mean to Pandoc without having been meant: citations, open formulas, raw TeX.
CHANCE = {"OCT201", "OCT202", "OCT205", "OCT208", "OCT210", "OCT240", "OCT241"}
#: A random order of headings skips levels.
BY_DESIGN = {"OCT522"}

Printing = Callable[[Sequence[str]], tuple[Product | None, Ledger]]


@pytest.fixture(autouse=True)
def drawn(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the same books in every run: Hypothesis adds what stands in the modules that other tests have imported."""
    if not request.config.getoption("--hunt"):
        monkeypatch.setattr(providers, "_get_local_constants", Constants)


@pytest.fixture(scope="module")
def printing(tmp_path_factory: pytest.TempPathFactory) -> Printing:
    """Print chapters as a book; the compiled templates are shared, and a book replaces the one before."""
    workshop = tmp_path_factory.mktemp("workshop")

    def build(chapters: Sequence[str]) -> tuple[Product | None, Ledger]:
        ledger = Ledger()
        with TemporaryDirectory() as name:
            folder = Path(name)
            shutil.copytree(CASES / "constructs" / "images", folder / "images")
            names = [f"{number}.md" for number in range(len(chapters))]
            for path, text in zip(names, chapters, strict=True):
                (folder / path).write_text(text, encoding="utf-8", newline="")
            report = {
                "title": "Trees", "authors": ["Chance"], "language": "en-US", "output": "trees",
                "editions": {"screen": {"trim": "a5", "two-sided": False}}, "parts": {"chapters": names},
            }  # fmt: skip
            (folder / "report.yaml").write_text(yaml.safe_dump(report), encoding="utf-8")
            products = open_book(folder, ledger, workshop).build()
        return (products[0] if products else None), ledger

    return build


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Give the paths of the Lua scripts that write trees as Markdown, and read it."""
    folder = tmp_path_factory.mktemp("scripts")
    (folder / "writer.lua").write_text(manuscripts.WRITER, encoding="utf-8")
    (folder / "reader.lua").write_text(manuscripts.READER, encoding="utf-8")
    return str(folder / "writer.lua"), str(folder / "reader.lua")


def profile(request: pytest.FixtureRequest, books: int) -> settings:
    """Return how much to try: the same few, or as many new ones as were asked for."""
    hunt = request.config.getoption("--hunt")
    return settings(
        max_examples=hunt or books,
        derandomize=not hunt,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # to make a book smaller that fails takes longer than to read it
        suppress_health_check=list(HealthCheck),
    )


def difference(found: str, wanted: str) -> str:
    """Say where two texts part, or nothing."""
    if found == wanted:
        return ""
    pairs = enumerate(zip(found, wanted, strict=False))
    at = next((place for place, (one, other) in pairs if one != other), min(len(found), len(wanted)))
    return f"{found[max(at - 30, 0) : at + 30]!r} instead of {wanted[max(at - 30, 0) : at + 30]!r}"


@pytest.mark.tex
def test_a_random_manuscript_is_printed_whole_and_conforms(
    request: pytest.FixtureRequest, printing: Printing, scripts: tuple[str, str]
) -> None:
    printed = []
    writer, reader = scripts

    def check(trees: list[list[manuscripts.Json]]) -> None:
        texts = manuscripts.as_markdown(trees, writer)
        note("\n\n=====\n\n".join(texts))
        product, ledger = printing(texts)
        errors = [entry for entry in ledger.entries if entry.severity is Severity.ERROR]
        assert [str(entry.problem) for entry in errors if entry.code not in CHANCE] == []
        if product is None:
            assert errors, "nothing was printed and nothing said"
            return
        (verdict,) = validate(product.path, ("ua2",))
        unclaimed = [NO_CLAIM] if ledger.withheld() else []
        assert verdict.checks > 1000
        assert [(failure.clause, failure.test_number) for failure in verdict.failures] == unclaimed
        written = [readback.written(tree, Words("en-US", {})) for tree in manuscripts.as_trees(texts, reader)]
        with pikepdf.open(product.path) as pdf:
            assert [finding for finding in inspect_structure(pdf) if finding.code not in BY_DESIGN] == []
            heard = [readback.heard(section) for section in chapters_of(pdf)]
        assert difference("".join(text for text, *_ in heard), "".join(text for text, *_ in written)) == ""
        notes = ["\n".join(note for _, *notes in side for note in notes) for side in (heard, written)]
        assert difference(*notes) == ""
        printed.append(product)

    books = st.lists(manuscripts.chapters(), min_size=CHAPTERS, max_size=CHAPTERS)
    profile(request, BOOKS)(given(books)(check))()
    assert len(printed) > BOOKS // 3, "too few of the random books could be printed"


@pytest.mark.tex
def test_any_text_is_printed_or_refused_with_a_place(request: pytest.FixtureRequest, printing: Printing) -> None:
    refused: set[str] = set()

    def check(paragraphs: list[str]) -> None:
        chapter = "# Any text\n\n" + "\n\n".join(paragraphs) + "\n"
        product, ledger = printing([chapter])
        errors = [entry for entry in ledger.entries if entry.severity is Severity.ERROR]
        assert product is not None or errors
        assert all(entry.span and entry.span.line for entry in errors), errors
        refused.update(entry.code for entry in ledger.entries)
        assert "OCT401" not in refused, "TeX met what it cannot read"

    profile(request, TEXTS)(given(st.lists(manuscripts.anything, min_size=PARAGRAPHS, max_size=PARAGRAPHS))(check))()
    assert "OCT403" in refused, "the texts held no character that a font lacks"
