"""Check the cover: its sizes, its pages as they are rendered, its place in a book, and the wrap as a file."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from conftest import Project
from hypothesis import given
from hypothesis import strategies as st

from octavo.check.conformance import validate
from octavo.check.listening import read_structure
from octavo.check.structure import inspect_structure
from octavo.diagnostics import Ledger
from octavo.figures import drawings
from octavo.figures.colour import LEAST_CONTRAST, WHITE, contrast
from octavo.figures.cover import LEAST_LETTERED_SPINE, MARGIN, Sheet, inks, spine_width, strata
from octavo.figures.plate import Plate
from octavo.latex.environment import open_templates
from octavo.manifest import Layer, Report, load
from octavo.workspace import templates_folder

MM = 72 / 25.4
A5 = Sheet(148, 210)
SKY = (246, 241, 231)
QUESTIONS = ("What is a bench?", "Where does it stand?", "Who sits on it?", "Should it be there?")
COLORS = ("0A2B58", "07676A", "AB640F", "712C4E", "88568F", "73120A", "5F4E3B")
LAYERS = [
    {"piece": f"Piece {number}", "level": "Level", "question": question, "color": color}
    for number, (question, color) in enumerate(zip(QUESTIONS, COLORS, strict=False), start=1)
]
ISBN = "978-3-16-148410-0"
BLURB = "Where do people sit?\n\nThis report counts “benches” – all of them."
KEYS = {"title": "On Benches", "subtitle": "Seats for two", "date": "2026-02-03", "blurb": BLURB, "layers": LAYERS}


def report_with(project: Project, **keys: object) -> tuple[Report | None, Ledger]:
    """Read a report of one chapter with these keys."""
    project.chapters("# One\n\nText.\n", **keys)
    ledger = Ledger()
    return load(project.folder, ledger), ledger


@pytest.fixture
def report(project: Project) -> Report:
    found, ledger = report_with(project, **KEYS)
    assert found is not None, ledger.entries
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a cache for all drawings, so that the engine prepares its fonts once."""
    return tmp_path_factory.mktemp("drawings")


def drawn(report: Report, place: Path, sheet: Sheet = A5, isbn: str = "") -> Plate:
    """Draw a cover in a cache."""
    (place / "templates").mkdir(parents=True, exist_ok=True)
    return drawings.draw_cover(report, place, open_templates((templates_folder(),), place / "templates"), sheet, isbn)


def letters(pdf: Path) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Return every printed letter of a page with its box in millimeters: left, bottom, right, top."""
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0].get_textpage()
        text = [(page.get_text_range(index, 1), page.get_charbox(index)) for index in range(page.count_chars())]
    found = [(letter, tuple(side / MM for side in box)) for letter, box in text if letter.strip()]
    return [(letter, (box[0], box[1], box[2], box[3])) for letter, box in found]


def text_of(pdf: Path) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(document[0].get_textpage().get_text_range().split())


def color_at(pdf: Path, x: float, y: float, page: int = 0) -> tuple[int, int, int]:
    """Return the color of a page at a point in millimeters from its lower left corner."""
    with pypdfium2.PdfDocument(pdf) as document:
        image = document[page].render(scale=2).to_pil().convert("RGB")
    red, green, blue = image.getpixel((round(x * MM * 2), image.height - 1 - round(y * MM * 2)))
    return red, green, blue


def rgb(digits: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


# What report.yaml says.


@pytest.mark.parametrize(
    ("paper", "caliper"),
    [
        (None, 0.1125),
        ({"weight": "90gsm"}, 0.1125),
        ({"weight": "120 g/m²"}, 0.15),
        ({"caliper": "0.097mm"}, 0.097),
        ({"weight": "90gsm", "caliper": ".2mm"}, 0.2),
    ],
)
def test_a_sheet_is_as_thick_as_its_paper(project: Project, paper: object, caliper: float) -> None:
    report, ledger = report_with(project, editions={"print": {"paper": paper} if paper else {}})
    assert report is not None, ledger.entries
    assert report.editions[0].caliper == pytest.approx(caliper)


def test_the_first_edition_has_a_front_unless_it_says_otherwise(project: Project) -> None:
    report, _ = report_with(project, editions={"screen": {}, "print": {}, "proof": {"cover": "wrap"}})
    assert report is not None
    assert [edition.cover for edition in report.editions] == ["front", "none", "wrap"]
    report, _ = report_with(project, editions={"screen": {"cover": "none"}, "print": {"cover": "front"}})
    assert report is not None
    assert [edition.cover for edition in report.editions] == ["none", "front"]


def test_the_back_says_what_catalogs_are_told_unless_it_has_words_of_its_own(project: Project) -> None:
    told = {"description": "A count of benches."}
    report, _ = report_with(project, publication=told)
    assert report is not None and report.blurb == "A count of benches."
    report, _ = report_with(project, publication=told, blurb="Sit down.")
    assert report is not None and report.blurb == "Sit down."


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cover", "back"),
        ("isbn", "978-3-16-148410-1"),
        ("isbn", "3-16-148410-X"),
        ("paper", {"caliper": "11mm"}),
        ("paper", {"caliper": "0mm"}),
        ("paper", {"weight": "90"}),
        ("paper", {"weight": "0gsm"}),
    ],
)
def test_what_no_printer_can_use_is_refused(project: Project, key: str, value: object) -> None:
    report, ledger = report_with(project, editions={"print": {key: value}})
    assert report is None
    assert [entry.code for entry in ledger.entries] == ["OCT103"]


# Sizes.


@pytest.mark.parametrize(
    ("pages", "caliper", "width"), [(2, 0.1, 0.1), (200, 0.11, 11.0), (107, 0.1125, 6.08), (108, 0.1125, 6.08)]
)
def test_a_spine_is_half_the_pages_times_the_caliper(pages: int, caliper: float, width: float) -> None:
    assert spine_width(pages, caliper) == pytest.approx(width, abs=0.006)


def test_a_wrap_is_two_pages_a_spine_and_a_bleed_on_each_side() -> None:
    sheet = Sheet(148, 210, 11)
    assert [side / MM for side in sheet.trim] == pytest.approx([3, 3, 310, 213])
    assert [side / MM for side in sheet.media] == pytest.approx([0, 0, 313, 216])
    assert sheet.front == pytest.approx(159)
    assert [side / MM for side in A5.trim] == [side / MM for side in A5.media] == pytest.approx([0, 0, 148, 210])


@pytest.mark.parametrize("count", range(1, 8))
def test_each_stratum_is_thinner_than_the_one_below_and_holds_a_line(count: int) -> None:
    edges = strata(210, count)
    assert len(edges) == count
    thickness = [top - bottom for bottom, top in edges]
    assert thickness == sorted(thickness, reverse=True)
    assert len(set(thickness)) == count
    assert min(thickness) > 6
    assert all(0.5 < after[0] - before[1] < 1.5 for before, after in itertools.pairwise(edges))
    assert edges[0][0] == 0 and edges[-1][1] < 0.95 * 210


@given(st.lists(st.from_regex(r"[0-9A-F]{6}", fullmatch=True), min_size=2, max_size=7))
def test_white_words_can_be_read_on_every_ground(colors: list[str]) -> None:
    class Stub:
        layers = tuple(Layer("Piece", "Level", "Why?", color) for color in colors)

    assert all(contrast(ink, WHITE) >= LEAST_CONTRAST for ink in inks(Stub()))  # type: ignore[arg-type]


# The drawing.


@pytest.mark.tex
def test_the_front_has_the_words_of_the_report_on_the_colors_of_its_layers(report: Report, place: Path) -> None:
    plate = drawn(report, place)
    assert (plate.width_pt / MM, plate.height_pt / MM) == pytest.approx((148, 210), abs=0.001)
    text = text_of(plate.path)
    for words in ("On Benches", "Seats for two", "Nobody in particular", "2026", *QUESTIONS):
        assert words in text
    for (bottom, top), ink in zip(strata(210, 4), inks(report), strict=True):
        assert color_at(plate.path, 147, (bottom + top) / 2) == rgb(ink)
    assert color_at(plate.path, 74, 209) == SKY


@pytest.mark.tex
def test_a_report_without_layers_has_a_cover_of_type(report: Report, place: Path) -> None:
    plate = drawn(replace(report, layers=()), place)
    assert "On Benches" in text_of(plate.path)
    assert not any(question in text_of(plate.path) for question in QUESTIONS)
    assert color_at(plate.path, 2, 2) == rgb(COLORS[0])
    assert color_at(plate.path, 74, 205) == SKY


LONG_TITLE = "A Report on the Considerations that Govern the Choice of Seats in the Public Gardens of Large Cities "
AUTHORS = tuple(f"Author Number {number}" for number in range(30))


@pytest.mark.tex
@pytest.mark.parametrize("trim", [(139.7, 215.9), (215.9, 279.4)], ids=str)
@pytest.mark.parametrize(
    ("title", "authors"),
    [
        (LONG_TITLE, ("Nobody",)),
        (LONG_TITLE * 5, ("Nobody",)),
        ("Sitzgelegenheitsbewirtschaftungsverordnung", ("Nobody",)),
        ("On Benches", AUTHORS),
        ("О скамьях: ω", ("Nobody",)),
    ],
    ids=["long", "very long", "one word", "many authors", "other scripts"],
)
def test_no_word_leaves_the_margins(
    report: Report, place: Path, trim: tuple[float, float], title: str, authors: tuple[str, ...]
) -> None:
    sheet = Sheet(*trim)
    asked = tuple(replace(layer, question="And this is a long question, " * 3) for layer in report.layers[:2])
    plate = drawn(replace(report, title=title, authors=authors, layers=asked), place, sheet)
    boxes = [box for _, box in letters(plate.path)]
    assert len(boxes) > 20
    margin = (MARGIN - 0.01) * sheet.width
    assert min(box[0] for box in boxes) > margin
    assert max(box[2] for box in boxes) < sheet.width - margin
    assert min(box[1] for box in boxes) > 0.04 * sheet.height
    assert max(box[3] for box in boxes) < sheet.height
    flat = text_of(plate.path).replace(" ", "").replace("\u0002", "")
    assert title.replace(" ", "") in flat
    assert authors[-1].replace(" ", "") in flat


@pytest.mark.tex
def test_scripts_that_run_the_other_way_are_drawn_as_the_book_prints_them(report: Report, place: Path) -> None:
    layers = tuple(replace(layer, piece="מקום", question="היכן הוא?") for layer in report.layers)
    hebrew = replace(report, title="ספסלים בעיר", language="he", layers=layers)
    boxes = [(letter, box) for letter, box in letters(drawn(hebrew, place).path) if box[3] - box[1] > 4]
    (first,), (last,) = ([box for letter, box in boxes if letter == sought] for sought in "פם")
    assert first[0] > last[0], "a word of Hebrew begins on the right"
    stack = drawings.draw(hebrew, place, open_templates((templates_folder(),), place / "templates"))["layer-stack"]
    with pypdfium2.PdfDocument(stack.path) as document:
        assert "מ" in document[stack.page - 1].get_textpage().get_text_range()


@pytest.mark.tex
@pytest.mark.parametrize(("language", "downwards"), [("en-GB", True), ("sv", True), ("de", False), ("fr-CA", False)])
def test_the_spine_is_read_as_the_language_reads_it(
    report: Report, place: Path, language: str, downwards: bool
) -> None:
    sheet = Sheet(148, 210, 9)
    plate = drawn(replace(report, language=language, blurb=""), place, sheet)
    on_spine = [(letter, box) for letter, box in letters(plate.path) if 151 < box[0] < 160]
    assert "".join(letter for letter, _ in on_spine) == "OnBenchesNobodyinparticular"
    heights = [box[1] for _, box in on_spine]
    assert heights == sorted(heights, reverse=downwards)
    assert all(box[0] > 151 + 1.4 and box[2] < 160 - 1.4 for _, box in on_spine)
    assert all(box[1] > 3 and box[3] < 213 for _, box in on_spine)


@pytest.mark.tex
def test_a_thin_spine_carries_no_words(report: Report, place: Path) -> None:
    sheet = Sheet(148, 210, LEAST_LETTERED_SPINE - 0.01)
    plate = drawn(replace(report, blurb=""), place, sheet)
    assert not [letter for letter, box in letters(plate.path) if box[0] < 151 + LEAST_LETTERED_SPINE]


@pytest.mark.tex
def test_the_back_leaves_room_for_a_barcode(report: Report, place: Path) -> None:
    sheet = Sheet(148, 210, 9)
    plain = drawn(replace(report, blurb="All of the benches. " * 55), place, sheet)
    assert min(box[1] for _, box in letters(plain.path) if box[2] < 151) > 3 + 6.4 + 30.5
    assert color_at(plain.path, 120, 20) == rgb(inks(report)[0])
    numbered = drawn(report, place, sheet, ISBN)
    assert f"ISBN {ISBN}" in text_of(numbered.path)
    assert color_at(numbered.path, 120, 20) == (255, 255, 255)


@pytest.mark.tex
def test_what_is_in_the_cache_is_not_drawn_again(report: Report, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = drawn(report, place)

    def refuse(*_: object) -> None:
        raise AssertionError("drawn again")

    monkeypatch.setattr(drawings, "cover", refuse)
    assert drawn(report, place) == first
    with pytest.raises(AssertionError, match="drawn again"):
        drawn(replace(report, title="Another"), place)


@pytest.mark.tex
def test_the_same_cover_has_the_same_bytes(report: Report, tmp_path: Path) -> None:
    sheet = Sheet(148, 210, 9)
    plates = [drawn(report, tmp_path / name, sheet) for name in ("here", "there")]
    assert plates[0].path.read_bytes() == plates[1].path.read_bytes()
    assert plates[0].path != plates[1].path


@pytest.mark.tex
def test_drawings_are_lettered_in_fonts_that_the_report_brings(project: Project, place: Path) -> None:
    found = subprocess.run(["kpsewhich", "texgyretermes-regular.otf"], capture_output=True, text=True, check=True)
    project.write("fonts/Bench-Regular.otf", Path(found.stdout.strip()).read_bytes())
    report, ledger = report_with(project, fonts={"text": {"regular": "Bench-Regular.otf"}}, **KEYS)
    assert report is not None, ledger.entries

    def names(plate: Plate) -> set[str]:
        with pikepdf.open(plate.path) as pdf:
            items = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary)]
            return {str(item.FontName).partition("+")[2] for item in items if item.get("/Type") == "/FontDescriptor"}

    first = drawn(report, place)
    assert "TeXGyreTermes-Regular" in names(first)
    templates = open_templates((templates_folder(),), place / "templates")
    assert "TeXGyreTermes-Regular" in names(drawings.draw(report, place, templates)["layer-stack"])
    other = subprocess.run(["kpsewhich", "texgyreschola-regular.otf"], capture_output=True, text=True, check=True)
    project.write("fonts/Bench-Regular.otf", Path(other.stdout.strip()).read_bytes())
    assert "TeXGyreSchola-Regular" in names(drawn(report, place)), "another file of the same name"


# The cover in its book.

#: A wrap encloses nothing; a book encloses its sources.
FLAVOURS = {"benches": ("ua2", "a4f"), "benches-print-cover": ("ua2", "a4"), "benches-proof": ("ua2",)}


@pytest.fixture(scope="module")
def bound(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Build a report for the screen, for print, and on single sides without layers of its own."""
    project = Project(tmp_path_factory.mktemp("cover") / "benches")
    project.chapters(
        "# One\n\n" + "A bench is a chair for more than one, and it is long.\n\n" * 2500,
        **KEYS,
        editions={
            "screen": {"trim": "a5"},
            "print": {"trim": "half-letter", "cover": "wrap", "paper": {"weight": "200gsm"}, "isbn": ISBN},
            "proof": {"trim": "a4", "cover": "front", "two-sided": False},
            "plain": {"trim": "a5"},
        },
    )
    done = project.octavo("build", "--strict")
    assert done.status == 0, done.err
    assert done.out.startswith("dist/benches.pdf")
    assert "benches-print-cover.pdf  1 page" in done.out
    return project


def labels(pdf: Path) -> list[str]:
    with pikepdf.open(pdf) as document:
        return [page.label for page in document.pages]


@pytest.mark.tex
@pytest.mark.xdist_group("cover")
def test_the_front_is_the_first_page_and_no_folio_knows_of_it(bound: Project) -> None:
    dist = bound.folder / "dist"
    assert labels(dist / "benches.pdf")[:4] == ["Cover", "Inside cover", "i", "ii"]
    assert labels(dist / "benches.pdf")[2:] == labels(dist / "benches-plain.pdf")
    assert labels(dist / "benches-proof.pdf")[:2] == ["Cover", "i"]
    assert labels(dist / "benches-print.pdf")[0] == "i"
    assert color_at(dist / "benches.pdf", 74, 209) == SKY
    assert color_at(dist / "benches.pdf", 74, 209, page=1) == (255, 255, 255)
    with pikepdf.open(dist / "benches.pdf") as pdf:
        assert len({tuple(page.mediabox) for page in pdf.pages}) == 1


@pytest.mark.tex
@pytest.mark.xdist_group("cover")
def test_a_listener_hears_nothing_of_the_front(bound: Project) -> None:
    with pikepdf.open(bound.folder / "dist" / "benches.pdf") as pdf:
        assert inspect_structure(pdf) == ()
        heard = [sorted(page - 2 for page in element.pages) for element in read_structure(pdf).elements()]
    with pikepdf.open(bound.folder / "dist" / "benches-plain.pdf") as pdf:
        assert heard == [sorted(element.pages) for element in read_structure(pdf).elements()]
    assert min(page for pages in heard for page in pages) >= 0


@pytest.mark.tex
@pytest.mark.xdist_group("cover")
def test_the_wrap_fits_the_block_that_it_is_for(bound: Project) -> None:
    pages = len(labels(bound.folder / "dist" / "benches-print.pdf"))
    spine = -(-pages // 2) * 0.25
    assert spine > LEAST_LETTERED_SPINE
    with pikepdf.open(bound.folder / "dist" / "benches-print-cover.pdf") as pdf:
        (page,) = pdf.pages
        boxes = {
            name: [float(side) / MM for side in page.obj[name]] for name in ("/MediaBox", "/BleedBox", "/TrimBox")
        }
        (figure,) = [element for element in read_structure(pdf).elements() if element.role == "Figure"]
        said = str(figure.node.Alt)
        with pdf.open_metadata() as metadata:
            assert metadata["dc:title"] == "On Benches: Seats for two"
    width, height = 2 * 139.7 + spine, 215.9
    assert boxes["/TrimBox"] == pytest.approx([3, 3, 3 + width, 3 + height], abs=0.01)
    assert boxes["/BleedBox"] == pytest.approx([0, 0, 6 + width, 6 + height], abs=0.01)
    assert boxes["/MediaBox"] == pytest.approx(boxes["/BleedBox"], abs=0.001)
    assert said == (
        "On Benches. Seats for two. Nobody in particular. "
        f"Where do people sit? This report counts “benches” – all of them. ISBN {ISBN}."
    )


@pytest.mark.tex
@pytest.mark.xdist_group("cover")
@pytest.mark.parametrize("name", FLAVOURS)
def test_covers_conform_to_what_their_files_claim(bound: Project, name: str) -> None:
    verdicts = validate(bound.folder / "dist" / f"{name}.pdf", FLAVOURS[name])
    assert all(verdict.passed for verdict in verdicts), [str(f) for verdict in verdicts for f in verdict.failures]


@pytest.mark.tex
@pytest.mark.xdist_group("cover")
def test_the_front_is_there_as_a_picture(bound: Project) -> None:
    folder = bound.folder / "dist" / "figures"
    assert (folder / "cover.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert (folder / "cover.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.tex
@pytest.mark.xdist_group("cover")
@pytest.mark.parametrize(
    ("changed", "complaint"),
    [({"title": "W" * 300}, "authors have no room"), ({"blurb": "Too much of it. " * 400}, "blurb has no room")],
)
def test_words_without_room_are_an_error_of_the_report(
    bound: Project, tmp_path: Path, changed: dict[str, str], complaint: str
) -> None:
    copied = Project(shutil.copytree(bound.folder, tmp_path / "benches"))
    before = (copied.folder / "dist" / "benches.pdf").read_bytes()
    copied.chapters("# One\n\nText.\n", **KEYS | changed, editions={"print": {"cover": "wrap"}})
    done = copied.octavo("build", "--format", "json")
    (problem,) = [found for found in json.loads(done.out) if found["code"] == "OCT590"]
    assert done.status == 1
    assert complaint in problem["problem"]
    assert "Traceback" not in done.err
    assert (copied.folder / "dist" / "benches.pdf").read_bytes() == before
