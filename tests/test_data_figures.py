"""Check the figures that are drawn from data files: as words, as tables, as LaTeX, and as real pages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from octavo.diagnostics import Ledger
from octavo.figures import Plate, PlateError, Plates
from octavo.figures.colour import LEAST_CONTRAST, contrast, shade, tint
from octavo.figures.data import FigureData, alternative_text, check_sources, load, load_all, table
from octavo.figures.drawings import alternative_texts, data_figure, draw
from octavo.figures.kinds import KINDS
from octavo.figures.kinds.kind import number
from octavo.figures.kinds.scale import fit
from octavo.latex.environment import open_templates
from octavo.manifest import Layer, Report
from octavo.manifest import load as load_report
from octavo.manuscript.words import Words, languages, unknown_words

ENGLISH = Words("en", {})
ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases" / "figures"
TEMPLATES = ROOT / "templates"
MM = 72 / 25.4
WHITE = "FFFFFF"
#: Words that stand in the drawing, or that others are made of.
ONLY_DRAWN = {"against", "short-months", "short-date", "short-month"}
DATES = {
    "en": ["2024", "Feb 2025", "1 Mar 2025"],
    "de": ["2024", "Feb. 2025", "1. März 2025"],
    "ru": ["2024", "февр. 2025\u202fг.", "1.3.2025"],
    "hu": ["2024", "2025. febr.", "2025. márc. 1."],
    "ja": ["2024", "2025年2月", "2025年3月1日"],
    "sk": ["2024", "2/2025", "1. 3. 2025"],
}
LAYERS = (Layer("One", "First", "Why?", "1F4E79"), Layer("Two", "Second", "How?", "2A7F7A"))


def case(kind: str) -> FigureData:
    """Read the small data file of a kind, which must be without fault."""
    ledger = Ledger()
    data = load(f"figures/{kind}.yaml", (CASES / f"{kind}.yaml").read_text(encoding="utf-8"), ledger, len(LAYERS))
    assert ledger.entries == []
    assert data is not None
    return data


@pytest.fixture(scope="module")
def flagship() -> tuple[Report, dict[str, FigureData]]:
    """Read the data files of the book that comes with the builder."""
    ledger = Ledger()
    report = load_report(ROOT, ledger)
    assert report is not None
    data = load_all(ROOT, ledger, len(report.layers))
    assert [entry for entry in ledger.entries if entry.span and entry.span.file.startswith("figures/")] == []
    return report, data


# What is written.


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_is_written_as_in_its_case(kind: str) -> None:
    tex = f"{case(kind).content.draw(ENGLISH)}\n"
    assert tex == (CASES / f"{kind}.tex").read_text(encoding="utf-8")
    assert tex == f"{case(kind).content.draw(ENGLISH)}\n"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_labels_are_text_and_not_tex(kind: str) -> None:
    text = (CASES / f"{kind}.yaml").read_text(encoding="utf-8")
    hostile = re.sub(r"((?:label|text|event): \"?)", r"\g<1>50% \\input ", text)
    data = load("figures/x.yaml", hostile, Ledger(), len(LAYERS))
    assert data is not None
    tex = str(data.content.draw(ENGLISH))
    assert r"50\% \textbackslash{}input" in tex
    assert r"\input" not in tex


def test_a_figure_takes_the_colour_of_its_layer_and_carries_its_note() -> None:
    tex = str(data_figure(case("grouped-dots"), LAYERS, ENGLISH))
    assert rf"\definecolor{{own}}{{HTML}}{{{shade('2A7F7A')}}}" in tex
    assert rf"\definecolor{{own}}{{HTML}}{{{shade('1A1A1A')}}}" in str(data_figure(case("timeline"), LAYERS, ENGLISH))
    assert tex.endswith("{}")
    assert str(data_figure(case("ranked-dots"), LAYERS, ENGLISH)).endswith("{† From a summary.}")


@pytest.mark.parametrize(
    ("value", "printed"), [(1300.0, "1,300"), (0.076, "0.076"), (100.0, "100"), (1e-05, "0.00001"), (-2.50, "-2.5")]
)
def test_numbers_are_printed_without_waste(value: float, printed: str) -> None:
    assert number(value) == printed


@pytest.mark.parametrize(
    ("points", "log", "ticks"),
    [
        ([3, 97.2], False, (0, 50, 100)),
        ([0.03, 0.5], False, (0, 0.2, 0.4, 0.6)),
        ([-3, 4], False, (-4, -2, 0, 2, 4)),
        ([0.017, 2], True, (0.01, 0.1, 1)),
        ([0.2, 3], True, (0.2, 0.5, 1, 2, 5)),
        ([1e-9, 1e9], True, (1e-9, 1e-6, 1e-3, 1, 1e3)),
        ([0, 0], False, (0, 0.5, 1)),
    ],
)
def test_a_scale_has_few_and_tidy_ticks(points: list[float], log: bool, ticks: tuple[float, ...]) -> None:
    scale = fit(points, log)
    assert scale.ticks[: len(ticks)] == pytest.approx(ticks)
    assert len(scale.ticks) <= 7
    assert scale.low <= min(points) <= max(points) <= scale.high


# What it says to those who cannot see it.


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (
            "ranked-dots",
            "B is ten times as frequent as A. Dot plot: Share, % of letters (logarithmic scale). "
            "B & Sons, 100% new, 2%; A, 0.2% †. Reference line, 1: one in a hundred. † From a summary.",
        ),
        (
            "grouped-dots",
            "Books are longer than letters. Dot plot: Length, pages. "
            "Letters: Short, < 2; Long, 4\N{EN DASH}8. Books: Novel, many.",
        ),
        (
            "dumbbell",
            "Reading twice removes most errors. Pairs of dots: Errors, %. "
            "Prose: Essay, first reading 40%, second reading ≈ 10%; Novel, long, first reading 50%, "
            "second reading 2%. Verse: Sonnet, first reading 30%, second reading 30%.",
        ),
        (
            "timeline",
            "The reply came late. Timeline, 2024 \N{EN DASH} 1 Mar 2025. 2024: The letter is written. "
            "Feb 2025: It arrives & is read. 1 Mar 2025: The reply is sent.",
        ),
        (
            "spectrum",
            "Most readers stand in the middle. Spectrum: All is said \N{EN DASH} Nothing is said. "
            "1. Lecture. Everything is explained. 2. Hint. Half is left out. 3. Silence. Is it read? never.",
        ),
        (
            "space",
            "The postcard is near the short end. Diagram of a space. Axis: length. "
            "Left: Short (note and card). Right: Long. Across: tone. "
            "From left to right: postcard (50 words); saga.",
        ),
        (
            "argument",
            "Two premises join. Argument map. Claim 1: Write less. Supported by: 2 and 3. "
            "Claim 2 (Alpha): Readers are busy. Claim 3: Long letters wait. Opposed by: 4. "
            "Claim 4 (Beta): 10% like them long.",
        ),
    ],
)
def test_alternative_text_says_what_is_shown_and_then_the_data(kind: str, text: str) -> None:
    assert alternative_text(case(kind), ENGLISH) == text


@pytest.mark.parametrize("language", sorted(languages() - {"en"}))
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_figure_speaks_the_language_of_its_report(kind: str, language: str) -> None:
    content, say = case(kind).content, Words(language, {})
    asked: set[str] = set()

    def listed(key: str) -> str:
        asked.add(key)
        return say(key)

    spoken = f"{content.describe(listed)} {content.cells(listed)[0]}"
    content.draw(listed)
    assert asked
    assert not asked & unknown_words(language, {})
    assert all(say(key) in spoken for key in asked - ONLY_DRAWN)


def test_a_date_is_written_as_its_language_does() -> None:
    timeline = case("timeline").content
    assert {name: [row[0] for row in timeline.cells(Words(name, {}))[1]] for name in DATES} == DATES


@pytest.mark.parametrize(
    ("kind", "header", "row"),
    [
        (
            "ranked-dots",
            ("Letter", "Share, % of letters", "Interval"),
            ("B & Sons, 100% new", "2%", "1.5\N{EN DASH}3"),
        ),
        ("grouped-dots", ("Row", "Group", "Length, pages"), ("Short", "Letters", "< 2")),
        ("dumbbell", ("Draft", "Group", "first reading", "second reading"), ("Essay", "Prose", "40%", "≈ 10%")),
        ("timeline", ("Date", "Event", "Layer"), ("2024", "The letter is written", "")),
        ("spectrum", ("Position", "Meaning", "Is it read?"), ("Lecture", "Everything is explained.", "")),
        ("space", ("Point", "Short (0) \N{EN DASH} Long (1)", "Remark"), ("postcard", "0.1", "50 words")),
        ("argument", ("Claim", "Text", "Supported by", "Opposed by"), ("1", "Write less.", "2 and 3", "")),
    ],
)
def test_the_table_holds_the_same_data(kind: str, header: tuple[str, ...], row: tuple[str, ...]) -> None:
    made = table(case(kind), ENGLISH)
    assert made.header == header
    assert made.rows[0] == row
    assert {len(cells) for cells in made.rows} == {len(header)}


def test_the_table_carries_unit_note_and_sources() -> None:
    made = table(case("ranked-dots"), ENGLISH)
    assert (made.unit, made.note) == ("% of letters", "† From a summary.")
    sources = table(case("grouped-dots"), ENGLISH).sources
    assert [str(source) for source in sources] == ["alpha2026letters", "beta2026words, §2"]
    assert str(sources[1].span) == "figures/grouped-dots.yaml:5:28"


# What is refused.

RANKED = (CASES / "ranked-dots.yaml").read_text(encoding="utf-8")
ARGUMENT = (CASES / "argument.yaml").read_text(encoding="utf-8")
TIMELINE = (CASES / "timeline.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        ("kind: [", "OCT310", ":1:8", "cannot be read"),
        ("# nothing\n", "OCT310", "", "the file is empty"),
        ("kind: ranked-dots\nshows: a\x07b\n", "OCT310", ":2:9", "may not hold the character U+0007"),
        ("kind: " + "[" * 5000, "OCT310", "", "nested too deeply"),
        ("just words\n", "OCT313", ":1:1", "`kind` is missing"),
        (RANKED.replace("kind: ranked-dots", "kind: ranked-dot"), "OCT315", ":1:7", "called `ranked-dot`"),
        (RANKED.replace("axis: Share", "axes: Share"), "OCT311", ":3:1", "no key `axes`"),
        (RANKED.replace("axis: Share", "axis: Share\naxis: Part"), "OCT314", ":4:1", "`axis` stands here a second"),
        (RANKED.replace('unit: "% of letters"\n', ""), "OCT313", ":1:1", "`unit` is missing"),
        (RANKED.replace("shows: B is ten times as frequent as A\n", ""), "OCT313", ":1:1", "`shows` is missing"),
        (RANKED.replace("value: 2,", "value: two,"), "OCT312", ":12:48", "must be a number, and is two"),
        (RANKED.replace("value: 2,", "value: .nan,"), "OCT312", ":12:48", "must be a number, and is"),
        (RANKED.replace("value: 2,", "value: inf,"), "OCT312", ":12:48", "must be a number, and is inf"),
        (RANKED.replace("value: 0.2", "value: 0"), "OCT312", ":11:23", "above zero, for the scale is logarithmic"),
        (RANKED.replace("value: 1,", "value: -1,"), "OCT312", ":9:22", "above zero, for the scale is logarithmic"),
        (RANKED.replace("low: 1.5", "low: 2.5"), "OCT312", ":12:56", "in order: `low`, `value`, `high`"),
        (RANKED.replace("low: 1.5, ", ""), "OCT312", ":12:5", "without `low`"),
        (RANKED.replace("value: 0.2", "bound: over"), "OCT312", ":11:5", "a row with a `value`"),
        (RANKED.replace("scale: log", "scale: cubic"), "OCT312", ":5:8", "`linear` or `log`, and is cubic"),
        (RANKED.replace("  - {label: A, value: 0.2, second-hand: true}\n", ""), "OCT316", ":11:3", "2 to 20 items"),
        (RANKED.replace("source: alpha2026letters,", "source: see Alpha,"), "OCT312", ":6:9", "a bibliography key"),
        (RANKED.replace("kind:", "layer: 3\nkind:"), "OCT312", ":1:8", "a layer of this report, 1 to 2"),
        (RANKED.replace("† From", "From"), "OCT318", ":8:7", "mark values with †"),
        (RANKED.replace('note: "† From a summary."\n', ""), "OCT318", ":1:1", "mark values with †"),
        (TIMELINE.replace("2025-02,", "2025-13,"), "OCT312", ":7:12", "a date such as"),
        (TIMELINE.replace("2025-02,", "spring,"), "OCT312", ":7:12", "a date such as"),
        (ARGUMENT.replace("to: second", "to: secund"), "OCT312", ":11:21", "a claim (but, end, first, second)"),
        (ARGUMENT.replace("id: but", "id: end"), "OCT312", ":8:10", "no other claim has, and is end"),
        (ARGUMENT + "  - {from: end, to: but}\n", "OCT312", ":10:3", "an argument without a circle"),
    ],
)
def test_wrong_data_are_named_with_their_place(text: str, code: str, place: str, words: str) -> None:
    ledger = Ledger()
    assert load("figures/wrong.yaml", text, ledger, len(LAYERS)) is None
    first = ledger.entries[0]
    assert (first.code, str(first.span)) == (code, f"figures/wrong.yaml{place}")
    assert words in first.problem
    assert first.advice


def test_a_misspelt_key_is_told_its_nearest_name() -> None:
    ledger = Ledger()
    load("figures/wrong.yaml", RANKED.replace("rows-are: Letter", "row-are: Letter"), ledger)
    assert ledger.entries[0].advice.endswith("Did you mean `rows-are`?")


def test_one_wrong_file_does_not_hide_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    folder.mkdir()
    (folder / "good.yaml").write_text(RANKED, encoding="utf-8")
    (folder / "bad.yaml").write_text("kind: pie\n", encoding="utf-8")
    (folder / "latin.yaml").write_bytes("kind: Café\n".encode("latin-1"))
    ledger = Ledger()
    assert list(load_all(tmp_path, ledger)) == ["figures/good.yaml"]
    assert [str(entry.span) for entry in ledger.entries] == ["figures/bad.yaml:1:7", "figures/latin.yaml"]


def test_a_source_that_the_bibliography_lacks_is_named() -> None:
    ledger = Ledger()
    check_sources([case("grouped-dots")], ["alpha2026letters", "beta2026word"], ledger)
    assert [(entry.code, str(entry.span)) for entry in ledger.entries] == [
        ("OCT317", "figures/grouped-dots.yaml:5:28")
    ]
    assert "Did you mean `beta2026word`?" in ledger.entries[0].advice


# How it looks.


def test_every_word_is_legible_on_its_ground() -> None:
    style = (TEMPLATES / "figures" / "datafigure.sty").read_text(encoding="utf-8")
    inks = dict(re.findall(r"\\definecolor\{(\w+)\}\{HTML\}\{(\w{6})\}", style))
    grounds = [WHITE, *(tint(layer.color) for layer in LAYERS), tint("FFD400")]
    for name in ("figureink", "figurenote"):
        assert all(contrast(inks[name], ground) >= LEAST_CONTRAST for ground in grounds)
    # Rules are no text, and need 3:1 only where they carry meaning; these lead the eye.
    assert contrast(inks["figurerule"], WHITE) > 2
    words = re.findall(r"[ ,{]text=([a-z]\w*)", "".join(path.read_text(encoding="utf-8") for path in styles()))
    assert set(words) <= {"figureink", "figurenote", "own"}


def test_no_type_is_smaller_than_six_and_a_half_points() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in styles())
    sizes = [float(size) for size in re.findall(r"\\fontsize\{([\d.]+)\}", text)]
    assert len(sizes) >= 4
    assert min(sizes) >= 6.5


def styles() -> list[Path]:
    """List the styles of data figures."""
    paths = sorted((TEMPLATES / "figures").glob("*.sty"))
    return [path for path in paths if path.stem not in ("cover", "layerstack", "plates")]


# The book's own figures.


def test_the_book_has_its_figures_and_knows_their_sources(flagship: tuple[Report, dict[str, FigureData]]) -> None:
    report, data = flagship
    assert len(data) >= 8
    assert {figure.kind for figure in data.values()} == set(KINDS)
    entries = "".join(path.read_text(encoding="utf-8") for path in report.bibliography)
    ledger = Ledger()
    check_sources(data.values(), re.findall(r"^@\w+\{([^,]+),", entries, re.MULTILINE), ledger)
    assert ledger.entries == []


@pytest.fixture(scope="module")
def drawn(
    flagship: tuple[Report, dict[str, FigureData]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Plate]:
    """Typeset all drawings of the book and all small cases, in one engine run."""
    if shutil.which("lualatex") is None:
        pytest.skip("LuaLaTeX is not installed")
    report, data = flagship
    small = {f"figures/case-{kind}.yaml": case(kind) for kind in KINDS}
    return draw(report, tmp_path_factory.mktemp("plates"), open_templates((TEMPLATES,)), data | small)


@pytest.mark.tex
def test_every_figure_keeps_to_the_measure_and_the_page(drawn: dict[str, Plate]) -> None:
    figures = {key: plate for key, plate in drawn.items() if key.startswith("figures/")}
    assert len(figures) >= 8 + len(KINDS)
    for key, plate in figures.items():
        assert plate.width_pt / MM == pytest.approx(104, abs=0.05), key
        assert 15 < plate.height_pt / MM <= 150, key


@pytest.mark.tex
def test_no_letter_is_cut_off_at_an_edge(drawn: dict[str, Plate]) -> None:
    for key, plate in drawn.items():
        with pypdfium2.PdfDocument(plate.path) as document:
            page = document[plate.page - 1].get_textpage()
            boxes = [page.get_charbox(index) for index in range(page.count_chars())]
        assert boxes, key
        assert min(box[0] for box in boxes) > -0.3, key
        assert min(box[1] for box in boxes) > -0.3, key
        assert max(box[2] for box in boxes) < plate.width_pt + 0.3, key
        assert max(box[3] for box in boxes) < plate.height_pt + 0.3, key


@pytest.mark.tex
def test_every_label_is_on_the_page(flagship: tuple[Report, dict[str, FigureData]], drawn: dict[str, Plate]) -> None:
    """Look for every cell of the table that the drawing prints; a comma may have become a second line."""
    printed_columns = {"argument": 2, "space": 1, "ranked-dots": 2}
    for key, figure in flagship[1].items():
        plate = drawn[key]
        with pypdfium2.PdfDocument(plate.path) as document:
            printed = squeezed(document[plate.page - 1].get_textpage().get_text_bounded())
        for row in table(figure, ENGLISH).rows:
            for cell in row[: printed_columns.get(figure.kind)]:
                for words in re.sub(r"^\d+ \((.*)\)$", r"\1", cell).split(", "):
                    assert squeezed(words) in printed or words in NUMERALS, f"{key} does not print {words!r}"


#: A claim without an author is headed by its number, which stands in the table alone.
NUMERALS = {str(claim) for claim in range(1, 17)}


def squeezed(text: str) -> str:
    """Take out what a line end may have changed, and undo the ligatures of the face."""
    text = re.sub(r"[\s\u00ad\u0002\ufffe]", "", text)
    return text.replace("ﬁ", "fi").replace("ﬀ", "ff").replace("ﬂ", "fl").replace("ﬃ", "ffi").replace("ﬅ", "ft")


@pytest.mark.tex
@pytest.mark.parametrize(
    ("kind", "old", "new", "complaint"),
    [
        ("ranked-dots", "value: 0.2", f"value: 4, shown: {'x' * 40}", "too wide"),
        ("timeline", "It arrives", "It arrives " * 700, "too high"),
    ],
)
def test_a_drawing_that_leaves_its_room_is_named(
    flagship: tuple[Report, dict[str, FigureData]], tmp_path: Path, kind: str, old: str, new: str, complaint: str
) -> None:
    if shutil.which("lualatex") is None:
        pytest.skip("LuaLaTeX is not installed")
    text = (CASES / f"{kind}.yaml").read_text(encoding="utf-8").replace(old, new)
    data = load("figures/big.yaml", text, Ledger())
    assert data is not None
    with pytest.raises(PlateError, match=f"(?s)at figure 'figures/big.yaml': .*{complaint}"):
        draw(replace(flagship[0], layers=LAYERS), tmp_path, open_templates((TEMPLATES,)), {data.key: data})


@pytest.mark.tex
def test_before_and_after_differ_without_colour(drawn: dict[str, Plate]) -> None:
    plate = drawn["figures/case-dumbbell.yaml"]
    with pypdfium2.PdfDocument(plate.path) as document:
        image = document[plate.page - 1].render(scale=20 / MM).to_pil().convert("L")
    rows = [dark_runs(line) for line in lines_of(image)]
    longest = max(length for runs in rows for _, length in runs)
    through_arrow = [runs for runs in rows if runs and max(length for _, length in runs) > 0.98 * longest]
    runs = through_arrow[len(through_arrow) // 2]
    arrow = max(range(len(runs)), key=lambda index: runs[index][1])
    after, (ring, ring_length), (far_side, _) = runs[arrow - 1], runs[arrow + 1], runs[arrow + 2]
    assert 16 < after[1] < 28, "the dot of the state after is full"
    assert ring_length < 10, "the dot of the state before is open"
    assert 16 < far_side + ring_length - ring < 28


def lines_of(image: Image.Image) -> list[bytes]:
    """Return the rows of a grey image above its scale."""
    dots = bytes(image.tobytes())
    return [dots[row * image.width : (row + 1) * image.width] for row in range(image.height * 6 // 10)]


def dark_runs(line: bytes) -> list[tuple[int, int]]:
    """Return where each stretch of dark dots begins and how long it is."""
    return [(match.start(), len(match[0])) for match in re.finditer(rb"[\x00-\x90]+", line)]


# What a build that has them costs.

WARM = """
import sys
from pathlib import Path
from octavo.diagnostics import Ledger
from octavo.figures import plate
from octavo.figures.data import load_all, table
from octavo.figures.drawings import alternative_texts, draw
from octavo.manuscript.words import Words
from octavo.latex.environment import open_templates
from octavo.manifest import load
root, cache = Path(sys.argv[1]), Path(sys.argv[2])
runs = []
run_engine = plate._run_engine
plate._run_engine = lambda *a: (runs.append(a), run_engine(*a))[1]
ledger = Ledger()
report = load(root, ledger)
data = load_all(root, ledger, len(report.layers))
plates = draw(report, cache, open_templates((root / "templates",)), data)
texts = alternative_texts(report, data)
tables = [table(figure, Words(report.language, {})) for figure in data.values()]
print(len(plates), len(texts), len(runs), "pylatex" in sys.modules)
"""


@pytest.mark.tex
def test_a_build_that_has_its_drawings_imports_no_pylatex_and_runs_no_engine(tmp_path: Path) -> None:
    if shutil.which("lualatex") is None:
        pytest.skip("LuaLaTeX is not installed")

    def build() -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", WARM, str(ROOT), str(tmp_path)],
            capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        return done.stdout.split()

    cold, warm = build(), build()
    assert cold[2:] == ["1", "True"]
    assert warm[2:] == ["0", "False"]
    assert cold[:2] == warm[:2]


@pytest.mark.tex
def test_drawings_follow_their_data_layers_styles_and_faces(
    flagship: tuple[Report, dict[str, FigureData]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("lualatex") is None:
        pytest.skip("LuaLaTeX is not installed")
    report = replace(flagship[0], layers=LAYERS)
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    runs: list[object] = []
    typeset = Plates.typeset

    def counted(self: Plates) -> dict[str, Plate]:
        runs.append(self)
        return typeset(self)

    monkeypatch.setattr(Plates, "typeset", counted)

    def count(report: Report, *data: FigureData) -> int:
        draw(report, tmp_path / "cache", open_templates((templates,)), {figure.key: figure for figure in data})
        return len(runs)

    figure = case("dumbbell")
    assert count(report, figure) == 1
    assert count(report, figure) == 1
    assert count(report, replace(figure, text=figure.text + "\n")) == 2
    assert count(replace(report, layers=(LAYERS[1], LAYERS[0])), figure) == 3
    fonts = replace(report.fonts, sans=report.fonts.text)
    assert count(replace(report, fonts=fonts), figure) == 4
    style = templates / "figures" / "dots.sty"
    style.write_text(style.read_text(encoding="utf-8") + "% changed\n", encoding="utf-8")
    assert count(report, figure) == 5
    for path in (tmp_path / "cache").glob("plates-*.pdf"):
        path.unlink()
    assert count(report, figure) == 6


def test_alternative_texts_are_those_of_the_stack_and_of_each_file() -> None:
    ledger = Ledger()
    report = load_report(ROOT, ledger)
    assert report is not None
    figure = case("space")
    texts = alternative_texts(report, {figure.key: figure})
    assert set(texts) == {"layer-stack", "figures/space.yaml"}
    assert texts["figures/space.yaml"] == alternative_text(figure, ENGLISH)
