"""Check where links lead: into the book, out of it, or nowhere."""

from __future__ import annotations

import pikepdf
import pytest
from conftest import Project

from octavo.manuscript.addresses import encoded, is_refused, is_whole
from octavo.manuscript.anchors import slug_of_github, slug_of_pandoc

TWO = "# Two\n\n## 2. Dry Wood & Stone\n\nText.\n\n## Same\n\n## Same\n\n## Named {#sec:Named}\n\n[place]{#spot}\n"
ALIVE = (
    "two.md", "./two.md", "../chapters/two.md", "chapters/two.md", "/chapters/two.md", "%74wo.md", "two.html",
    "Two.md", "two.md?x=1#same", "two.md#dry-wood-stone", "two.md#2-dry-wood--stone", "two.md#Dry-Wood-Stone",
    "two.html#same", "two.md#same-1", "two.md#named", "two.md#sec:Named", "two.md#sec:named", "two.md#spot", "two",
    "#dry-wood-stone",
)  # fmt: skip
DEAD = ("data.csv", "other.md", "../std/x.html", "two.md#nowhere", "#nowhere", "//host/x", "www.example.com", "C:\\x")
ATTACKS = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:x", "java%09script:x", " javascript:x", "vbscript:x",
    "data:text/html,x", "file:///etc/passwd", "\x01javascript:x", "java\u200bscript:x", "javascript%3Ax", "FILE:x",
)  # fmt: skip


def written(project: Project, *links: str) -> None:
    """Write a chapter of links, each in a paragraph, before the chapter they lead to."""
    project.describe(parts={"chapters": ["chapters/one.md", "chapters/two.md"]})
    project.write("chapters/one.md", "# One\n\n" + "\n\n".join(links) + "\n")
    project.write("chapters/two.md", TWO)


def test_a_link_to_a_file_of_the_report_leads_into_the_book(project: Project) -> None:
    written(project, *(f"[in the book](<{one}>)" for one in ALIVE))
    assert project.octavo("check", "--format", "json").places == []


def test_a_link_to_no_place_of_the_book_is_a_warning_at_its_place(project: Project) -> None:
    written(project, *(f"[gone away](<{one}>)" for one in (*DEAD, "data.csv", "data.csv#x")))
    done = project.octavo("check", "--format", "json")
    assert done.status == 0
    assert done.places == [f"OCT204 chapters/one.md:{3 + 2 * place}:14" for place in range(len(DEAD))]


@pytest.mark.parametrize("address", ATTACKS)
def test_no_disguise_hides_a_scheme_that_is_refused(address: str) -> None:
    assert is_refused(address)


@pytest.mark.parametrize(
    "address", ["https://a.org/javascript:x", "mailto:data@a.org", "#data", "files/data:1", "tel:1"]
)
def test_other_addresses_are_not_refused(address: str) -> None:
    assert not is_refused(address)


def test_a_drive_is_no_scheme() -> None:
    assert is_whole("tel:1")
    assert not is_whole("C:/x")
    assert not is_whole("two.md#sec:x")


@pytest.mark.parametrize(
    ("address", "ascii_only"),
    [
        ("https://münchen.example/straße?q=ü", "https://xn--mnchen-3ya.example/stra%C3%9Fe?q=%C3%BC"),
        ("https://u:p@Straße.example:80/", "https://u:p@xn--strae-oqa.example:80/"),
        ("https://a.org/a%20b_c%2Fd?x=1&y=2#f~1", "https://a.org/a%20b_c%2Fd?x=1&y=2#f~1"),
        ("https://a.org/100%/{a}|b\\c^d e", "https://a.org/100%25/%7Ba%7D%7Cb%5Cc%5Ed%20e"),
        ("mailto:jürgen@a.org", "mailto:j%C3%BCrgen@a.org"),
    ],
)
def test_an_address_is_ascii_in_the_pdf(address: str, ascii_only: str) -> None:
    assert encoded(address) == ascii_only
    assert encoded(ascii_only) == ascii_only


def test_both_rules_make_identifiers() -> None:
    assert slug_of_pandoc("2. Dry Wood & Stone?") == "dry-wood-stone"
    assert slug_of_github("2. Dry Wood & Stone?") == "2-dry-wood--stone"
    assert slug_of_pandoc("3.1") == "section"
    assert slug_of_github("Größe der Bank") == slug_of_pandoc("Größe der Bank") == "größe-der-bank"


@pytest.mark.tex
def test_a_refused_link_is_in_no_output_and_its_text_is_printed(project: Project) -> None:
    written(
        project,
        "[first words](javascript:one) <javascript:two>\n[fourth words](java&#9;script:four)",
        '<a href="vbscript:three">third words</a> and [](data:five)',
        "[kept words](https://münchen.example/ü) and [gone words](other.md)",
    )
    done = project.octavo("build")
    assert done.status == 0
    assert done.err.count("warning OCT280") == 5
    with pikepdf.open(project.pdfs[0]) as pdf:
        found = [
            str(one.A.URI) for page in pdf.pages for one in page.get("/Annots", []) if "/URI" in one.get("/A", {})
        ]
    assert found == ["https://xn--mnchen-3ya.example/%C3%BC"]
    heard = project.octavo("listen").out
    for words in ("first", "third", "fourth", "kept", "gone"):
        assert f"{words} words" in heard
    assert "javascript:two" in heard
