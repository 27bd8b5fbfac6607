"""Check how colours are told apart: in the data figures, in the stack, and text against what is painted behind it."""

from __future__ import annotations

from itertools import combinations, pairwise

import pikepdf
import pytest
import yaml
from conftest import CASES, ROOT
from pikepdf import Dictionary, Name

from octavo.check.colour_vision import GREYSCALE, KINDS, distance, lightness, simulate
from octavo.check.colours import alike, check_figures
from octavo.check.contrast import FaintText, faint_texts
from octavo.diagnostics import Ledger
from octavo.figures.colour import INK, LEAST_CONTRAST, NOTE, WHITE, contrast
from octavo.figures.data import FigureData, load
from octavo.figures.kinds import KINDS as FIGURE_KINDS
from octavo.manifest import Layer


def dots(layer: int, rows: str) -> FigureData:
    text = f"kind: ranked-dots\nsource: [a]\nshows: A.\nunit: '%'\naxis: B\nlayer: {layer}\nrows:\n{rows}"
    ledger = Ledger()
    data = load("figures/x.yaml", text, ledger, 2)
    assert data is not None, ledger.entries
    return data


def test_bars_that_only_colour_tells_apart_are_reported() -> None:
    layers = [Layer("One", "", "", "712C4E"), Layer("Two", "", "", "AB640F")]
    bars = "  - {label: A, low: 1, high: 2, lit: true}\n  - {label: B, low: 2, high: 3}\n"
    ledger = Ledger()
    check_figures([dots(2, bars), dots(0, bars)], layers, ledger)
    check_figures([dots(1, bars.replace("low", "value: 2, low"))], layers, ledger)
    assert ledger.entries == []
    check_figures([dots(1, bars)], layers, ledger)
    assert [(entry.code, str(entry.span)) for entry in ledger.entries] == [("OCT577", "figures/x.yaml")]
    assert "in greyscale" in ledger.entries[0].problem


@pytest.mark.parametrize("kind", sorted(FIGURE_KINDS))
def test_every_kind_of_figure_tells_its_series_apart_without_colour(kind: str) -> None:
    data = load(f"figures/{kind}.yaml", (CASES / "figures" / f"{kind}.yaml").read_text(encoding="utf-8"), Ledger(), 2)
    assert data is not None
    series = data.content.series()
    marks = [one.mark for one in series]
    assert len(set(marks)) == len(marks) >= 1


def test_the_inks_of_the_drawings_are_those_of_their_style() -> None:
    style = (ROOT / "templates" / "figures" / "datafigure.sty").read_text(encoding="utf-8")
    assert rf"\definecolor{{figureink}}{{HTML}}{{{INK}}}" in style
    assert rf"\definecolor{{figurenote}}{{HTML}}{{{NOTE}}}" in style


# Colours


def test_the_standard_colours_are_dark_enough_and_told_apart() -> None:
    design = yaml.safe_load((ROOT / "templates" / "design.yaml").read_text(encoding="utf-8"))
    colors: list[str] = design["layer-colors"]
    assert len(colors) == 7
    assert [color for color in colors if contrast(color, WHITE) < LEAST_CONTRAST] == []
    assert [(one, other) for one, other in combinations(colors, 2) if alike(one, other)] == []
    first = sorted(lightness(color) for color in colors[:4])
    assert min(higher - lower for lower, higher in pairwise(first)) > 9


def test_colours_that_only_some_readers_tell_apart_are_named_so() -> None:
    assert alike("1F4E79", "7A2E5D") == ["with protanopia", "in greyscale"]
    assert alike("808080", "828282") == [
        "with full colour vision", "with protanopia", "with deuteranopia", "with tritanopia", "in greyscale",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [*KINDS, GREYSCALE])
def test_black_white_and_grey_look_the_same_to_everybody(kind: str) -> None:
    for grey in ("000000", "808080", "FFFFFF"):
        assert distance(grey, simulate(grey, kind)) < 0.5


def test_red_and_green_are_nearer_to_who_does_not_see_red_or_green() -> None:
    plain = distance("B03A2E", "4D7A28")
    assert distance(*(simulate(color, "deuteranopia") for color in ("B03A2E", "4D7A28"))) < plain / 2
    assert distance(*(simulate(color, "tritanopia") for color in ("B03A2E", "4D7A28"))) > plain / 2


def test_distance_is_ciede2000(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs of the test data of Sharma, Wu and Dalal (Color Res. Appl. 30(1), 2005), table 1."""
    pairs = [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ]
    for first, second, expected in pairs:
        labs = {"first": first, "second": second}
        monkeypatch.setattr("octavo.check.colour_vision._lab", labs.__getitem__)
        assert distance("first", "second") == pytest.approx(expected, abs=1e-4)


def painted(content: bytes) -> list[FaintText]:
    """Read what is faint on one page."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(200, 200)).obj
    inner = b"1 g BT /F 10 Tf 5 5 Td (x) Tj ET"
    form = pdf.make_stream(inner, Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 99, 99])
    picture = pdf.make_stream(b"0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1)
    page.Contents, page.Resources = pdf.make_stream(content), Dictionary(XObject=Dictionary(A=form, P=picture))
    return list(faint_texts(pdf))


@pytest.mark.parametrize(
    ("content", "pair"),
    [
        (b".8 g BT /F 10 Tf 10 10 Td (x) Tj ET", ("CCCCCC", "FFFFFF")),
        (b"0 0 0 .2 k BT /F 10 Tf 10 10 Td (x) Tj ET", ("CCCCCC", "FFFFFF")),
        (b"0 g BT /F 10 Tf 10 10 Td (x) Tj ET", None),
        (b".1 g 0 0 50 50 re f 0 g BT /F 10 Tf 10 10 Td (x) Tj ET", ("000000", "1A1A1A")),
        (b".1 g 0 0 50 50 re f 0 g BT /F 10 Tf 60 10 Td (x) Tj ET", None),
        (b".1 g 0 0 50 50 re f 1 g BT /F 10 Tf 10 10 Td (x) Tj ET", None),
        (b".1 g 0 0 50 50 re f 1 g BT /F 10 Tf 10 10 Td (x) Tj 0 60 Td (y) Tj ET", ("FFFFFF", "FFFFFF")),
        (b"q .1 g 2 0 0 2 0 0 cm 10 10 m 40 10 l 10 40 l h f Q BT /F 10 Tf 30 30 Td (x) Tj ET", ("000000", "1A1A1A")),
        (b"q .1 g 2 0 0 2 0 0 cm 10 10 m 40 10 l 10 40 l h f Q BT /F 10 Tf 70 70 Td (x) Tj ET", None),
        (b".1 g 0 25 m 0 39 11 50 25 50 c 39 50 50 39 50 25 c 50 11 39 0 25 0 c 11 0 0 11 0 25 c f "
         b"0 g BT /F 6 Tf 8 8 Td (x) Tj ET", ("000000", "1A1A1A")),
        (b"q 1 0 0 1 50 50 cm /A Do Q", ("FFFFFF", "FFFFFF")),
        (b".1 g 50 50 20 20 re f q 1 0 0 1 50 50 cm /A Do Q", None),
        (b"q 50 0 0 50 0 0 cm /P Do Q 1 g BT /F 10 Tf 10 10 Td (x) Tj ET", None),
        (b"1 g BT 3 Tr /F 10 Tf 10 10 Td (x) Tj ET", None),
        (b"/Pattern cs /S scn BT /F 10 Tf 10 10 Td (x) Tj ET", None),
        (b"BT 1 g 9 TL /F 10 Tf 1 0 0 1 10 90 Tm T* (x) ' ET", ("FFFFFF", "FFFFFF")),
    ],
)  # fmt: skip
def test_text_is_held_against_what_is_painted_behind_it(content: bytes, pair: tuple[str, str] | None) -> None:
    assert [(faint.color, faint.ground) for faint in painted(content)] == ([pair] if pair else [])
