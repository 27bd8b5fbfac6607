"""Check the layer stack as words, as LaTeX, and as real pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from octavo.figures import Family, Plate, PlateError, Plates, alt_text, export, layer_stack, small_stack
from octavo.figures.stack import LEAST_CONTRAST, LONGEST, contrast, shade, tint
from octavo.latex.environment import open_templates
from octavo.latex.escape import Tex
from octavo.manuscript.words import Words

ENGLISH = Words("en", {})
ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases" / "figures"
TEMPLATES = ROOT / "templates"
MM = 72 / 25.4


@dataclass(frozen=True)
class Layer:
    """Stand for a layer of a report."""

    piece: str
    level: str
    question: str
    color: str


FOUR = (
    Layer("PSM", "Philosophical / descriptive", "What kind of thing is the Assistant?", "1F4E79"),
    Layer("Assistant Axis", "Mechanistic / interpretability", "Where is the Assistant in activation space?", "2A7F7A"),
    Layer(
        "Drift & Disempowerment",
        "Behavioral / empirical",
        "How does the Assistant slip, and what happens when it does?",
        "B4690E",
    ),
    Layer("Welfare Framework", "Ethical / normative", "Does the Assistant matter morally?", "7A2E5D"),
)
LONG = Layer(
    "The Phenomenology of Tools and of Their Makers".ljust(LONGEST["piece"], "s"),
    "Phenomenological / hermeneutic, broadly taken".ljust(LONGEST["level"], "n"),
    "If a tool becomes aware of itself as a tool, does character emerge then, or when we say so".ljust(119, "o") + "?",
    "#3B6B35",
)
COLOURS = st.from_regex(r"[0-9A-F]{6}", fullmatch=True)


def full(layers: Sequence[Layer]) -> Tex:
    """Write the whole stack in English."""
    return layer_stack(layers, "rests on")


def said(layers: Sequence[Layer]) -> str:
    """Say the whole stack in English."""
    return alt_text(layers, ENGLISH)


def styled_colours() -> dict[str, str]:
    """Read the colours of the words from the style that sets them."""
    style = (TEMPLATES / "figures" / "layerstack.sty").read_text(encoding="utf-8")
    return dict(re.findall(r"\\definecolor\{(\w+)\}\{HTML\}\{(\w{6})\}", style))


# What the figure says.


def test_alt_text_tells_the_whole_stack_from_the_ground_up() -> None:
    assert said(FOUR) == (
        "Layer stack, from the bottom up. "
        "Layer 1: PSM. Level: Philosophical / descriptive. "
        "Question: What kind of thing is the Assistant? "
        "Layer 2 rests on Layer 1: Assistant Axis. Level: Mechanistic / interpretability. "
        "Question: Where is the Assistant in activation space? "
        "Layer 3 rests on Layer 2: Drift & Disempowerment. Level: Behavioral / empirical. "
        "Question: How does the Assistant slip, and what happens when it does? "
        "Layer 4 rests on Layer 3: Welfare Framework. Level: Ethical / normative. "
        "Question: Does the Assistant matter morally?"
    )


def test_alt_text_ends_a_question_that_is_a_statement() -> None:
    stated = [replace(FOUR[0], question="What  it\nis"), FOUR[1]]
    assert "Question: What it is. Layer 2" in said(stated)


# What is refused.


@pytest.mark.parametrize("count", [0, 1, 8])
@pytest.mark.parametrize("draw", [full, said, lambda layers: small_stack(layers, 1)])
def test_a_stack_has_two_to_seven_layers(draw: Callable[[list[Layer]], str], count: int) -> None:
    with pytest.raises(ValueError, match=f"2 to 7 layers, not {count}"):
        draw([FOUR[0]] * count)


@pytest.mark.parametrize("lit", [0, 5, -1])
def test_only_a_layer_of_the_stack_can_be_lit(lit: int) -> None:
    with pytest.raises(ValueError, match=f"layer {lit} cannot be lit"):
        small_stack(FOUR, lit)


@pytest.mark.parametrize("label", sorted(LONGEST))
def test_a_label_that_is_too_long_or_empty_is_named(label: str) -> None:
    for text in ("x" * (LONGEST[label] + 1), "  "):
        with pytest.raises(ValueError, match=f"the {label} of layer 2 has {len(text.strip())} characters"):
            full([FOUR[0], replace(FOUR[1], **{label: text})])


@pytest.mark.parametrize("color", ["teal", "12345", "12 34 56", "1F4E7G", ""])
def test_a_colour_that_is_none_is_refused(color: str) -> None:
    with pytest.raises(ValueError, match="six hexadecimal digits"):
        full([FOUR[0], replace(FOUR[1], color=color)])


def test_a_font_name_cannot_carry_tex() -> None:
    with pytest.raises(ValueError, match="not the name of a font file"):
        Family(r"x]\input{y}")


# What is written.


@pytest.mark.parametrize(
    ("case", "tex"),
    [("two-layers.tex", full(FOUR[:2])), ("small-stack.tex", small_stack(FOUR, 2))],
)
def test_the_picture_is_written_as_in_the_case(case: str, tex: str) -> None:
    assert f"{tex}\n" == (CASES / case).read_text(encoding="utf-8")


def test_labels_are_text_and_not_tex() -> None:
    tex = full([replace(FOUR[0], piece=r"50% & \input{x}", level="a/b", question="c / d_1?"), FOUR[1]])
    assert r"\layertext{50\% \& \textbackslash{}input\{x\}}{a\slash{}b}{c / d\_1?}" in tex


@given(COLOURS)
def test_every_colour_a_report_may_choose_is_legible(color: str) -> None:
    assert contrast(shade(color), "FFFFFF") >= LEAST_CONTRAST
    for ink in styled_colours().values():
        assert contrast(ink, tint(color)) >= LEAST_CONTRAST
    # WCAG 2.2, 1.4.11: the parts of a graphic differ by 3:1, in colour or in grey.
    assert contrast(shade(color), tint(color)) >= 3


def test_a_dark_colour_stays_and_a_light_one_is_darkened() -> None:
    assert shade("#1f4e79") == "1F4E79"
    assert contrast(shade("FFD400"), "FFFFFF") == pytest.approx(LEAST_CONTRAST, abs=0.2)
    assert contrast("000000", "FFFFFF") == pytest.approx(21)


# What is on the pages.


def plates_in(folder: Path, engine: str = "lualatex") -> Plates:
    """Open a cache in `folder`, or skip where there is no engine."""
    if shutil.which("lualatex") is None:
        pytest.skip("LuaLaTeX is not installed")
    return Plates(folder, open_templates((TEMPLATES,)), engine=engine)


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Plate]:
    """Typeset every kind of stack, in the one engine run that most of these tests share."""
    collected = plates_in(tmp_path_factory.mktemp("plates"))
    for count in (2, 3, 4):
        collected.add(f"full-{count}", full(FOUR[:count]))
    collected.add("longest", full([LONG] * 7))
    for lit in (1, 2, 3, 4):
        collected.add(f"small-{lit}", small_stack(FOUR, lit))
    collected.add("small-of-seven", small_stack([LONG] * 7, 7))
    return collected.typeset()


def words(plate: Plate) -> str:
    """Read the text of a plate as a viewer copies it, lines kept."""
    with pypdfium2.PdfDocument(plate.path) as document:
        return str(document[plate.page - 1].get_textpage().get_text_bounded()).replace("\r\n", "\n")


def greys(plate: Plate, dots_per_mm: int = 10) -> list[bytes]:
    """Render a plate as a black-and-white printer would: a row of tones for each line of dots, from the top."""
    with pypdfium2.PdfDocument(plate.path) as document:
        image = document[plate.page - 1].render(scale=dots_per_mm / MM).to_pil().convert("L")
    dots = bytes(image.tobytes())
    return [dots[start : start + image.width] for start in range(0, len(dots), image.width)]


def tones(rows: list[bytes], columns: slice) -> set[int]:
    """Collect the tones between two columns of dots."""
    return {tone for row in rows for tone in row[columns]}


@pytest.mark.tex
def test_full_stacks_fill_the_measure_and_stay_under_the_ceiling(plates: dict[str, Plate]) -> None:
    full = [plates[key] for key in ("full-2", "full-3", "full-4", "longest")]
    assert [plate.width_pt / MM for plate in full] == pytest.approx([105] * 4, abs=0.01)
    heights = [plate.height_pt / MM for plate in full]
    assert heights == sorted(heights)
    assert heights[0] > 25
    assert heights[-1] <= 120.01


@pytest.mark.tex
def test_small_stacks_are_as_wide_as_a_chapter_opener_leaves_room(plates: dict[str, Plate]) -> None:
    small = [plate for key, plate in plates.items() if key.startswith("small")]
    assert [plate.width_pt / MM for plate in small] == pytest.approx([22] * 5, abs=0.01)
    assert all(18 < plate.height_pt / MM <= 26 for plate in small)


@pytest.mark.tex
def test_the_size_of_a_plate_is_the_size_of_its_page(plates: dict[str, Plate]) -> None:
    with pikepdf.open(plates["full-2"].path) as pdf:
        assert len(pdf.pages) == len(plates)
        for plate in plates.values():
            box = [float(side) for side in pdf.pages[plate.page - 1].mediabox]
            assert box == pytest.approx([0, 0, plate.width_pt, plate.height_pt], abs=0.01)


@pytest.mark.tex
def test_the_words_can_be_copied_and_break_into_even_lines(plates: dict[str, Plate]) -> None:
    text = words(plates["full-4"])
    assert text.count("rests on") == 1
    assert "What kind of thing\nis the Assistant?" in text
    assert "Drift & Disempowerment" in text
    assert "Mechanistic / interpretability" in text


@pytest.mark.tex
def test_the_longest_labels_keep_to_their_columns(plates: dict[str, Plate]) -> None:
    top_slab = greys(plates["longest"])[3:110]
    for first, last in ((102, 139), (543, 579), (1023, 1049)):
        assert len(tones(top_slab, slice(first, last))) == 1, f"ink between {first / 10} and {last / 10} mm"
    assert min(tones(top_slab, slice(140, 540))) < 60


@pytest.mark.tex
@pytest.mark.parametrize("lit", [1, 2, 3, 4])
def test_the_lit_layer_is_dark_and_the_others_pale_in_grey(plates: dict[str, Plate], lit: int) -> None:
    rows = greys(plates[f"small-{lit}"])
    slabs = {number: rows[202 - 52 * number + 26 :][:1] for number in (1, 2, 3, 4)}
    assert max(tones(slabs.pop(lit), slice(10, 60))) < 130
    assert all(min(tones(slab, slice(10, 60))) > 215 for slab in slabs.values())


@pytest.mark.tex
def test_the_plates_suit_an_accessible_book(plates: dict[str, Plate]) -> None:
    with pikepdf.open(plates["full-2"].path) as pdf:
        for page in pdf.pages:
            assert "/Annots" not in page
        fonts = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font"]
        composite = [font for font in fonts if font.Subtype == "/Type0"]
        descriptors = [font.DescendantFonts[0].FontDescriptor for font in composite]
        assert len(composite) >= 3
        assert all("/ToUnicode" in font for font in composite)
        assert all("/FontFile3" in descriptor for descriptor in descriptors)
        assert not dict(pdf.trailer.get("/Info", {}))


@pytest.mark.tex
def test_a_hit_in_the_cache_runs_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Path] = []
    draw = Plates._run

    def counted(plates: Plates, sources: dict[str, str], pages: Path) -> object:
        runs.append(pages)
        return draw(plates, sources, pages)

    monkeypatch.setattr(Plates, "_run", counted)

    def build(*texts: str) -> dict[str, Plate]:
        collected = plates_in(tmp_path / "cache")
        for number, tex in enumerate(texts):
            collected.add(f"figure {number}", tex)
        return collected.typeset()

    first = build("a", "b")
    assert build("a", "b") == first
    assert len(runs) == 1
    assert build("a", "c")["figure 1"].path != first["figure 1"].path
    assert len(runs) == 2


@pytest.mark.tex
def test_the_same_figures_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = []
    for name, zone in (("here", "UTC"), ("there and away", "Pacific/Auckland")):
        monkeypatch.setenv("TZ", zone)
        collected = plates_in(tmp_path / name)
        collected.add("small", small_stack(FOUR, 3))
        pages.append(collected.typeset()["small"].path.read_bytes())
    assert pages[0] == pages[1]


@pytest.mark.tex
@pytest.mark.parametrize(
    ("tex", "complaint"),
    [
        (r"\nosuchcommand", "Undefined control sequence"),
        (full([replace(FOUR[0], piece="\N{ADLAM CAPITAL LETTER ALIF}"), FOUR[1]]), "Missing character"),
        (full([replace(FOUR[0], piece="W" * 40), FOUR[1]]), "shorten the longest label or word"),
    ],
)
def test_a_figure_that_fails_is_named_and_leaves_nothing(tmp_path: Path, tex: str, complaint: str) -> None:
    collected = plates_in(tmp_path)
    collected.add("good", "a")
    collected.add("bad", tex)
    collected.add("unreached", "b")
    with pytest.raises(PlateError, match=f"at figure 'bad': .*{complaint}"):
        collected.typeset()
    assert not list(tmp_path.glob("plates-*"))


@pytest.mark.tex
def test_a_figure_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    collected = plates_in(tmp_path / "cache")
    target = tmp_path / "escaped"
    collected.add("bad", rf"\newwrite\w\immediate\openout\w={target} \immediate\write18{{touch {target}}}a")
    with pytest.raises(PlateError, match="can't write on file"):
        collected.typeset()
    assert not target.exists()


def test_an_engine_that_is_not_there_is_named(tmp_path: Path) -> None:
    collected = Plates(tmp_path, open_templates((TEMPLATES,)), engine="no-such-engine")
    collected.add("any", "a")
    with pytest.raises(PlateError, match="no-such-engine does not run"):
        collected.typeset()


def test_no_figures_need_no_engine(tmp_path: Path) -> None:
    assert Plates(tmp_path / "cache", open_templates((TEMPLATES,)), engine="no-such-engine").typeset() == {}
    assert not (tmp_path / "cache").exists()


def test_two_figures_cannot_share_a_name(tmp_path: Path) -> None:
    collected = Plates(tmp_path, open_templates((TEMPLATES,)))
    collected.add("stack", "a")
    collected.add("stack", "a")
    with pytest.raises(ValueError, match="two figures are called 'stack'"):
        collected.add("stack", "b")


@pytest.mark.tex
def test_a_plate_is_exported_as_vectors_and_as_dots(plates: dict[str, Plate], tmp_path: Path) -> None:
    if shutil.which("pdftocairo") is None:
        pytest.skip("pdftocairo is not installed")
    plate, svg, png = plates["full-4"], tmp_path / "stack.svg", tmp_path / "stack.png"
    export(plate, svg, png, dpi=100)
    drawing = svg.read_text(encoding="utf-8")
    width = re.search(r'<svg [^>]*width="([\d.]+)', drawing)
    assert width is not None
    assert float(width[1]) == pytest.approx(plate.width_pt, abs=1)
    assert "<image" not in drawing
    with Image.open(png) as image:
        assert image.size == pytest.approx((plate.width_pt * 100 / 72, plate.height_pt * 100 / 72), abs=1)
        assert image.getpixel((3, 3)) == (0x7A, 0x2E, 0x5D)
