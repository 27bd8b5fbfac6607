"""Check what a screen reader would say, the reading copy, and the command that gives both.

The PDFs are those of `test_conformance`: each is built from a description of its structure tree, without TeX.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import html5lib
import lxml.html
import pikepdf
import pytest
from conftest import ROOT, Project
from pikepdf import Array, Dictionary, Name, String
from test_conformance import Builder, Node, book, find, owned

from octavo.check.listening import read_structure
from octavo.check.reflow import reading_copy
from octavo.check.relations import Relations
from octavo.check.speech import Speaker


def head(text: str, scope: str, **entries: int) -> Node:
    cell = owned("Table", Scope=scope)
    for key, value in entries.items():
        cell[f"/{key}"] = value
    return Node("TH", [Node("P", [text])], {"/A": cell})


def data(text: str) -> Node:
    return Node("TD", [Node("P", [text])] if text else [])


def listed(kind: str, *items: tuple[str, list[Node | str]]) -> Node:
    nodes: list[Node | str] = [Node("LI", [Node("Lbl", [label]), Node("LBody", body)]) for label, body in items]
    return Node("L", nodes, {"/A": owned("List", ListNumbering=kind)})


def library() -> Node:
    """Describe a book with what the small one of `test_conformance` lacks."""
    table = Node(
        "Table",
        [
            Node("Caption", [Node("Lbl", ["Table 1 "]), "Shelves"]),
            Node(
                "THead",
                [
                    Node("TR", [head("Room", "Column", RowSpan=2), head("Books", "Column", ColSpan=2)]),
                    Node("TR", [head("read", "Column"), head("lent", "Column")]),
                ],
            ),
            Node("TBody", [Node("TR", [head("North", "Row"), data("3"), data("")])]),
        ],
    )
    code = Node("P", [Node("Code", [Node("Span", ["if x: "]), Node("Span", ["    y "])])])
    entry = Node("TOCI", [Node("Reference", [Node("Link", ["Rooms 1"], {"/Alt": "Rooms, page 1"})])])
    return Node(
        "Document",
        [
            Node("Title", ["The library"]),
            Node("TOC", [entry]),
            Node(
                "Sect",
                [
                    Node("H1", [Node("Lbl", ["1 "]), "Rooms"]),
                    Node(
                        "P",
                        [
                            "By ",
                            Node("Span", ["ALA"], {"/E": "American Library Association"}),
                            " a ",
                            Node("Em", ["reading "]),
                            Node("Span", ["Zimmer"], {"/Lang": "de"}),
                            " of H",
                            Node("Span", ["2"], {"/A": owned("Layout", TextPosition="Sub")}),
                            "O\177xygen.",
                        ],
                    ),
                    Node("BlockQuote", [Node("P", ["Silence."], {"/Lang": "fr"})]),
                    Node("Aside", [Node("P", ["Note"]), Node("P", ["No food."])]),
                    listed(
                        "Decimal",
                        ("1. ", [Node("P", ["Come in."])]),
                        ("2. ", [Node("P", ["Read."]), listed("Unordered", ("- ", [Node("P", ["twice"])]))]),
                    ),
                    listed("Description", ("folio", [Node("P", ["a leaf"])])),
                    table,
                    code,
                ],
            ),
            Node("P", ["\fThe end."]),
        ],
        {"/Lang": "en"},
    )


SAID = """\
[page 1]
title: The library
contents with 1 entry:
  [link: Rooms, page 1]
end of contents
heading level 1: 1 Rooms
By ALA [for: American Library Association] a reading [de: Zimmer] of H2Oxygen.
quotation:
  [language fr]
  Silence.
  [end of language fr]
end of quotation
aside:
  Note
  No food.
end of aside
list of Decimal with 2 items:
  1. Come in.
  2. Read.
    list of bullets with 1 item:
      - twice
    end of list
end of list
list of definitions with 1 item:
  folio a leaf
end of list
table with 3 rows and 3 columns:
  caption: Table 1 Shelves
  row 1:
    header over 2 rows: Room
    header over 2 columns: Books
  row 2:
    header: read
    header: lent
  row 3:
    header: North
    cell [Books, read, North]: 3
    cell [Books, lent, North]: blank
end of table
code with 2 lines:
  if x:
      y
end of code
[page 2]
The end.
"""


def made(node: Node) -> pikepdf.Pdf:
    """Build a described book, and lead the first link without an address to the first heading."""
    pdf = Builder().finish(node)
    pdf.Root.Lang = String("en")
    link = next((item.node for item in read_structure(pdf).elements() if item.words("/Alt") == "Rooms, page 1"), None)
    if link is not None:
        action = Dictionary(S=Name.GoTo, SD=Array([find(pdf, "H1"), Name.Fit]), D=Array([pdf.pages[0].obj, Name.Fit]))
        annotation = pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Link, A=action))
        kids = list(link.K) if isinstance(link.K, Array) else [link.K]
        link.K = Array([*kids, Dictionary(Type=Name.OBJR, Obj=annotation, Pg=pdf.pages[0].obj)])
    return pdf


def said(pdf: pikepdf.Pdf, *pages: int) -> str:
    relations = Relations(read_structure(pdf))
    wanted = pages or range(-1, len(pdf.pages))
    return "".join(f"{line}\n" for line in Speaker(relations, wanted, "en").say(relations.tree.roots))


def copied(pdf: pikepdf.Pdf) -> lxml.html.HtmlElement:
    """Return the reading copy, which must be HTML without a single fault."""
    source = reading_copy(Relations(read_structure(pdf)))
    html5lib.HTMLParser(strict=True).parse(source)
    return lxml.html.document_fromstring(source.encode())


def test_a_book_is_said_with_its_roles() -> None:
    assert said(made(library())) == SAID


def test_what_stands_on_one_page_is_said_alone() -> None:
    assert said(made(library()), 1) == "[page 2]\nThe end.\n"


def test_a_note_is_said_where_it_is_called_and_a_description_for_what_it_describes() -> None:
    pdf = Builder().finish(book())
    text = said(pdf)
    assert "See this [note 1: A note. End of note.]" in text and text.count("A note.") == 1
    assert "[link: site, to https://example.org/]" in text
    assert "[formula: energy is mass]" in text and "E=mc2" not in text
    assert "graphic: Four layers, stacked\n  caption: Figure 1: Layers\n" in text and "####" not in text


def test_a_note_that_nothing_calls_is_said_in_its_place() -> None:
    pdf = Builder().finish(book())
    del find(pdf, "Em").Ref
    assert "\nnote: 1 A note.\n" in said(pdf)
    assert copied(pdf).find(".//aside").text_content().strip() == "1A note."


def test_a_cell_may_name_its_heads() -> None:
    pdf = made(library())
    cells = [element for element in read_structure(pdf).elements() if element.role in {"TH", "TD"}]
    cells[0].node.ID = String("room")
    cells[-1].node.A = Dictionary(O=Name.Table, Headers=Array([String("room")]))
    assert "cell [Room]: blank" in said(pdf)


def test_the_copy_has_an_element_for_each_role() -> None:
    page = copied(made(library()))
    assert page.get("lang") == "en"
    assert page.find(".//p[@class='title']").text_content() == "The library"
    assert [link.get("href") for link in page.iterfind(".//nav/ol/li/a")] == ["#" + page.find(".//h1").get("id")]
    assert page.find(".//nav//a").get("aria-label") == "Rooms, page 1"
    assert page.find(".//h1").text_content() == "1 Rooms"
    assert page.find(".//abbr").get("title") == "American Library Association"
    assert page.find(".//span[@lang='de']").text == "Zimmer"
    assert page.findtext(".//sub") == "2"
    assert "Oxygen" in page.text_content() and "\N{SOFT HYPHEN}" not in page.text_content()
    assert page.find(".//blockquote/p[@lang='fr']").text == "Silence."
    assert [p.text for p in page.iterfind(".//aside/p")] == ["Note", "No food."]
    assert next(li.text_content().split() for li in page.iterfind(".//section/ol/li")) == ["1.", "Come", "in."]
    assert page.find(".//ol/li/div/ul/li").text_content().split() == ["-", "twice"]
    assert (page.findtext(".//dl/dt"), page.findtext(".//dl/dd/p")) == ("folio", "a leaf")
    assert page.findtext(".//pre/code") == "if x:\n    y"
    assert [span.get("id") for span in page.iterfind(".//span[@role='doc-pagebreak']")] == ["page-1", "page-2"]


def test_a_table_keeps_its_heads_and_spans() -> None:
    table = copied(made(library())).find(".//table")
    assert table.find("caption").text_content() == "Table 1 Shelves"
    heads = [(cell.text_content(), *map(cell.get, ("scope", "colspan", "rowspan"))) for cell in table.iter("th")]
    assert heads == [
        ("Room", "col", None, "2"),
        ("Books", "col", "2", None),
        ("read", "col", None, None),
        ("lent", "col", None, None),
        ("North", "row", None, None),
    ]
    assert [cell.text_content() for cell in table.iter("td")] == ["3", ""]


def test_a_note_and_its_call_are_linked_both_ways() -> None:
    pdf = Builder().finish(book())
    page = copied(pdf)
    (call,) = page.iterfind(".//*[@role='doc-noteref']")
    (note,) = page.iterfind(".//aside")
    assert note.find("a[@class='back']").get("href") == "#" + call.get("id")
    assert note.getprevious().tag == "p" and "A note." in note.text_content()


def test_a_figure_gives_its_description_and_caption() -> None:
    figure = copied(Builder().finish(book())).find(".//figure")
    assert figure.findtext("p[@class='description']") == "Four layers, stacked"
    assert figure.find("figcaption").text_content() == "Figure 1: Layers"
    assert "####" not in figure.text_content()


@pytest.mark.parametrize(
    "source",
    [
        "<math xmlns='http://www.w3.org/1998/Math/MathML'><mi onclick='x()' href='javascript:x'>E</mi></math>",
        "<math><mi>",
        "<math><script>alert(1)</script></math>",
        "<math xmlns:h='http://www.w3.org/1999/xhtml'><h:mi>E</h:mi></math>",
        "<math><annotation-xml><mi>E</mi></annotation-xml></math>",
        "<svg><mi>E</mi></svg>",
        "<?xml version='1.0' encoding='no-such'?><math/>",
    ],
)
def test_a_formula_is_its_mathml_where_that_can_be_read(source: str) -> None:
    pdf = Builder().finish(book())
    file = pdf.make_stream(source.encode(), Subtype=Name("/application/mathml+xml"))
    find(pdf, "Formula").AF = Array([Dictionary(Type=Name.Filespec, F=String("f"), EF=Dictionary(F=file))])
    page = copied(pdf)
    assert not page.xpath("//script | //@onclick | //math//@href")
    if "<mi onclick" in source:
        assert page.find(".//math/mi").attrib == {}
        assert page.findtext(".//math/mi") == "E" and page.find(".//math").get("alttext") == "energy is mass"
    else:
        assert page.findtext(".//span[@role='math']") == "energy is mass"


def test_text_that_looks_like_html_stays_text() -> None:
    page = copied(Builder().finish(Node("Document", [Node("H1", ["A < B & <script>x"]), Node("P", ["&amp;"])])))
    assert page.find(".//h1").text_content() == "A < B & <script>x"
    assert page.find(".//p").text_content() == "&amp;"
    assert page.find(".//script") is None


def saved(node: Node, path: Path) -> Path:
    pdf = made(node)
    with pdf.open_metadata() as metadata:
        metadata["dc:title"], metadata["dc:creator"] = "The <library>", ["A. Reader"]
    path.parent.mkdir(parents=True, exist_ok=True)
    pdf.save(path)
    return path


def test_any_tagged_pdf_can_be_given(project: Project) -> None:
    path = saved(library(), project.folder / "other.pdf")
    done = project.octavo("listen", str(path))
    assert (done.status, done.out, done.err) == (0, "[language en]\n" + SAID, "")
    done = project.octavo("listen", str(path), "--html")
    assert (done.status, done.out) == (0, f"{path.with_suffix('.html')}\n")
    text = path.with_suffix(".html").read_text(encoding="utf-8")
    assert "<title>The &lt;library&gt;</title>" in text and '<meta name="author" content="A. Reader">' in text
    assert project.octavo("listen", str(path), "--html", "--output", "-").out == text


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["gone.pdf"], "OCT550", "`gone.pdf`"),
        (["report.yaml"], "OCT551", "cannot be opened as a PDF"),
        (["locked.pdf"], "OCT551", "locked with a password"),
        (["untagged.pdf"], "OCT552", "is not tagged"),
        (["--page", "9", "small.pdf"], "OCT553", "1 to 2"),
        (["--part", "Romms", "small.pdf"], "OCT554", "Did you mean `Rooms`?"),
        (["--part", "1", "--page", "2", "small.pdf"], "OCT553", "in this part"),
        (["--edition", "sreen"], "OCT555", "Did you mean `screen`?"),
        ([], "OCT550", "Build the report first"),
    ],
)
def test_what_cannot_be_heard_is_explained(project: Project, arguments: list[str], code: str, words: str) -> None:
    project.chapters("# One\n")
    saved(library(), project.folder / "small.pdf")
    pikepdf.new().save(project.folder / "untagged.pdf")
    pikepdf.new().save(project.folder / "locked.pdf", encryption=pikepdf.Encryption(user="x", owner="y"))
    paths = [str(project.folder / word) if word.endswith((".pdf", ".yaml")) else word for word in arguments]
    done = project.octavo("listen", *paths)
    assert done.status == 1 and done.out == ""
    assert f"error {code}: " in done.err and words in done.err.replace(f"{project.folder}/", "")
    assert "Traceback" not in done.err


def test_a_part_of_the_reading_copy_is_not_written(project: Project) -> None:
    done = project.octavo("listen", "--html", "--page", "3")
    assert (done.status, done.out) == (2, "") and "--html writes the whole book" in done.err


def test_a_reader_that_stops_early_is_no_mistake(project: Project) -> None:
    path = saved(Node("Document", [Node("P", ["word " * 40]) for _ in range(2000)]), project.folder / "long.pdf")
    command = f"'{sys.executable}' -m octavo listen '{path}' | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert (done.stdout, done.stderr) == ("[language en]\n141\n", "")


FRONT = "# Before {.unnumbered}\n\nA preface.\n"
ONE = "# One word\n\nText with *stress*.[^1]\n\n[^1]: A note.\n"
TWO = "# Two & \u201cmore\u201d\n\nOther text.\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Build a small report of two editions."""
    project = Project(tmp_path_factory.mktemp("listened"))
    editions: Mapping[str, object] = {"screen": {"trim": "a5"}, "large": {"trim": "a4"}}
    for name, text in (("0", FRONT), ("1", ONE), ("2", TWO)):
        project.write(f"chapters/{name}.md", text)
    chapters = ["chapters/1.md", "chapters/2.md"]
    project.describe(parts={"front": ["chapters/0.md"], "chapters": chapters}, output="small", editions=editions)
    done = project.octavo("build")
    assert done.status == 0, done.err
    return project


@pytest.mark.tex
@pytest.mark.parametrize("part", ["chapters/2.md", "2", "two & more"])
def test_a_part_is_found_by_its_file_its_number_and_its_title(built: Project, part: str) -> None:
    done = built.octavo("listen", "--part", part)
    assert done.status == 0, done.err
    assert done.out.splitlines()[1:] == ["[page 3]", "heading level 1: Chapter 2 Two & “more”", "Other text."]


@pytest.mark.tex
def test_a_page_is_found_by_its_folio(built: Project) -> None:
    first = built.octavo("listen", "--page", "1").out
    assert first.splitlines()[1:] == [
        "[page 1]",
        "heading level 1: Chapter 1 One word",
        "Text with stress. [note 1: A note. End of note.]",
    ]
    front = built.octavo("listen", "--page", "VII")
    assert "heading level 1: Before" in front.out, front
    assert built.octavo("listen", "--edition", "large", "--page", "1").out == first


@pytest.mark.tex
def test_the_whole_book_is_heard_or_copied(built: Project) -> None:
    heard = built.octavo("listen").out
    titles = re.findall(r"heading level 1: (.+)", heard)
    assert titles == ["Contents", "Before", "Chapter 1 One word", "Chapter 2 Two & “more”"]
    target = built.folder / "copy" / "book.html"
    done = built.octavo("listen", "--html", "--output", str(target))
    assert (done.status, done.out) == (0, f"{target}\n"), done.err
    page = lxml.html.document_fromstring(target.read_bytes())
    names = {tag.get("id") for tag in page.iter() if tag.get("id")}
    links = {link.get("href") for link in page.iter("a")}
    assert len(links) >= 4 and {link for link in links if link[1:] not in names} == set()
