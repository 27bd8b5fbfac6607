"""Bibliographies and styles as they are in the wild: nothing hangs, and nothing is lost without a message."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from conftest import Project

from octavo.diagnostics import Ledger
from octavo.manuscript import nodes as n
from octavo.manuscript.bibliography import Bibliography
from octavo.manuscript.bibtex import circular, entries, mended
from octavo.manuscript.part import Part
from octavo.manuscript.reading import read
from octavo.manuscript.style import sound_style
from octavo.workspace import run_pandoc

HEAD = '<style xmlns="http://purl.org/net/xbiblio/csl" version="1.0">'
CALL_A, CALL_B = '<text macro="a"/>', '<text macro="b"/>'
CITATION = '<citation><layout><text macro="a"/></layout></citation>'


def cite(project: Project, keys: str, files: dict[str, str], style: str = "") -> None:
    for name, text in files.items():
        project.write(name, text)
    chosen = {"style": "own.csl"} if style else {}
    if style:
        project.write("own.csl", style)
    project.chapters(f"# One\n\nSee [{keys}].\n", bibliography={"files": [*files], **chosen})


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        ([HEAD, '<macro name="a"><text macro="a"/></macro>', CITATION, "</style>"], 2, "`a` calls itself"),
        (
            [HEAD, f'<macro name="a">{CALL_B}</macro>', f'<macro name="b">{CALL_A}</macro>', "</style>"],
            3,
            "`a` calls itself",
        ),
        ([HEAD, '<macro name="aa"><text value="x"/></macro>', CITATION, "</style>"], 3, "no macro `a`"),
        ([HEAD, '<info><link rel="independent-parent" href="http://x.y/apa"/></info>', "</style>"], 2, "style `apa`"),
        ([HEAD, "<info/>", "</style>"], 1, "how a citation is set"),
        (["<html>", "</html>"], 1, "`<html>` is not"),
        ([HEAD, "<info>", "</style>"], 3, "mismatched tag"),
        ([""], 1, "no element found"),
    ],
)
def test_a_style_that_citeproc_would_stumble_over_is_told(
    lines: list[str], line: int, words: str, tmp_path: Path
) -> None:
    style, ledger = tmp_path / "own.csl", Ledger()
    style.write_text("\n".join(lines))
    assert not sound_style(style, ledger)
    (found,) = ledger.entries
    assert (found.code, found.span and found.span.line) == ("OCT290", line)
    assert words in found.problem


def test_a_macro_that_is_called_twice_is_no_circle(tmp_path: Path) -> None:
    style, ledger = tmp_path / "own.csl", Ledger()
    macros = '<macro name="a"><text macro="b"/><text macro="b"/></macro><macro name="b"><text value="x"/></macro>'
    style.write_text(f"{HEAD}{macros}{CITATION}</style>")
    assert sound_style(style, ledger)


def test_a_style_without_end_stops_no_build(project: Project) -> None:
    cite(
        project,
        "@k",
        {"r.bib": "@book{k, title={T}}\n"},
        f'{HEAD}<macro name="a"><text macro="a"/></macro>{CITATION}</style>',
    )
    assert project.octavo("check", "--format", "json").places == ["OCT290 own.csl:1:78"]


def test_a_key_that_stands_twice_is_told_with_both_places(project: Project) -> None:
    files = {
        "a.bib": "@book{k, title={First}}\n\n@book{k, title={Second}}\n",
        "b.json": '[{"id": "k", "type": "book", "title": "Third"}]',
    }
    cite(project, "@k", files)
    done = project.octavo("check", "--format", "json")
    assert done.places == ["OCT291 a.bib:1:7"]
    assert "b.json:1:10" in done.problems[0]["problem"]


def test_of_many_keys_that_stand_twice_the_first_are_told(project: Project) -> None:
    text = "".join(f"@book{{k{number}, title={{T}}}}\n" for number in range(40))
    cite(project, "@k1", {"a.bib": text + text})
    done = project.octavo("check", "--format", "json")
    assert len(done.places) == 5
    assert "35 further keys" in done.problems[-1]["problem"]


def test_no_sign_in_a_field_loses_what_stands_behind_it(project: Project) -> None:
    signs = sorted(set(string.punctuation) - set('{}\\"'))
    lines = [f"@book{{k{number}, title={{{{Front {sign} hind}}}}}}\n" for number, sign in enumerate(signs)]
    bibliography = Bibliography((project.write("r.bib", "".join(lines)),))
    keys = [f"k{number}" for number in range(len(signs))]
    source = f"# One\n\nSee [{'; '.join(f'@{key}' for key in keys)}].\n"
    part, ledger = Part("chapters/1.md", "chapter", source), Ledger()
    printed = read([part], bibliography, "en-US", run_pandoc, ledger).entries
    assert ledger.entries == []
    for key, sign in zip(keys, signs, strict=True):
        words = n.plain_text([node for node in n.walk(printed[key]) if isinstance(node, n.Text)])
        assert "Front" in words and "hind" in words, sign
        assert sign in words or sign in "~-'`$^", words


#: A type of entry for each field that authors write words in.
FIELDS = {
    "title": "book", "subtitle": "book", "titleaddon": "book", "booktitle": "incollection", "journal": "article",
    "journaltitle": "article", "publisher": "book", "address": "book", "location": "book", "institution": "techreport",
    "school": "phdthesis", "organization": "manual", "howpublished": "misc", "series": "book", "edition": "book",
    "note": "book", "addendum": "book", "author": "book", "editor": "collection", "translator": "book",
    "number": "article", "volume": "article", "eventtitle": "inproceedings", "version": "software",
}  # fmt: skip
#: What is written with each sign that TeX or Pandoc reads as more than itself, and the words of it that are printed.
SIGNS = {
    "10% left": "10% left", r"20\% left": "20% left", r"A \& B": "A & B", "D & E": "D & E", r"a\_b": "a_b",
    "c_d": "c_d",
    "C# tongue": "C# tongue", r"F\# key": "F# key", "$x^2$ sum": "x^2 sum", r"\emph{Wood} bench": "Wood bench",
    r"\textbf{Oak} seat": "Oak seat", "{DNA} strand": "DNA strand", "Dr.~No": "Dr.\xa0No", "one--two": "one–two",
    r'{\"O}l M{\"o}bel K\"oln': "Öl Möbel Köln", r"\'{E}t\'e \c{c}a": "Été ça", r"{\O}re na{\"\i}f": "Øre naïf",
    "``Say'' so": "Say so", r"5\$ fee": "5$ fee", "6$ fee": "6$ fee", r"\textsc{Small} caps": "Small caps",
}  # fmt: skip
VARIABLES = (
    "title", "container-title", "publisher", "publisher-place", "collection-title", "edition", "note", "number",
    "issue", "volume", "genre", "event", "version",
)  # fmt: skip
NAMES = "".join(f'<names variable="{name}"><name/></names>' for name in ("author", "editor", "translator"))
ENTRY = NAMES + "".join(f'<text variable="{name}" prefix=" ~ "/>' for name in VARIABLES)
STYLES = {
    "author-date": ("in-text", '<names variable="author"><name form="short"/></names>'),
    "numeric": ("in-text", '<text variable="citation-number"/>'),
    "note": ("note", '<text variable="title"/>'),
}


@pytest.mark.parametrize("language", ["de-DE", "fr-FR"])
@pytest.mark.parametrize("kind", STYLES)
def test_no_word_of_a_field_is_lost(kind: str, language: str, tmp_path: Path) -> None:
    given, style, entry = tmp_path / "r.bib", tmp_path / "own.csl", {}
    for field, type_of in FIELDS.items():
        for number, sign in enumerate(SIGNS):
            fields = {"title": "Plain", "author": "{Nobody}", "year": "2001", field: f"{{Front {sign} hind}}"}
            inside = ", ".join(f"{name} = {{{value}}}" for name, value in fields.items())
            entry[f"{field}{number}"] = f"@{type_of}{{{field}{number}, {inside}}}\n"
    given.write_text("".join(entry.values()), encoding="utf-8")
    form, cited = STYLES[kind]
    style.write_text(
        HEAD.replace("version=", f'class="{form}" version=')
        + f"<citation><layout>{cited}</layout></citation><bibliography><layout>{ENTRY}</layout></bibliography></style>"
    )
    part, ledger = Part("1.md", "chapter", f"# One\n\nSee [{'; '.join(f'@{key}' for key in entry)}].\n"), Ledger()
    printed = read([part], Bibliography((given,), style), language, run_pandoc, ledger).entries
    assert ledger.entries == []
    gone = [
        (key, words, shown)
        for key, words in zip(entry, [*SIGNS.values()] * len(FIELDS), strict=True)
        if f"Front {words} hind".casefold() not in (shown := shown_of(printed[key])).casefold()
    ]
    assert gone == [], sorted({(key.rstrip("0123456789"), words) for key, words, _ in gone})


def test_the_type_of_an_entry_is_printed_as_words(tmp_path: Path) -> None:
    text = r"@techreport{k, title={T}, type={Bericht \& {DNA} f{\"u}r 10\% K\"oln, \emph{ganz}~neu}, institution={I}}"
    given, part, ledger = tmp_path / "r.bib", Part("1.md", "chapter", "# One\n\nSee [@k].\n"), Ledger()
    given.write_text(text, encoding="utf-8")
    printed = read([part], Bibliography((given,)), "de", run_pandoc, ledger).entries["k"]
    assert "Bericht & DNA für 10% Köln, ganz\xa0neu. I" in shown_of(printed)


def shown_of(blocks: list[n.Block]) -> str:
    """Return the words and the formulas of an entry without quotation marks, which are those of the language."""
    pieces = [
        node.tex if isinstance(node, n.Math) else node.text
        for node in n.walk(blocks)
        if isinstance(node, n.Math | n.Text)
    ]
    return re.sub("[„“”]|«\xa0|\xa0»", "", "".join(pieces))


@pytest.mark.parametrize(
    ("text", "places", "shown"),
    [
        (
            "@string{j = {Half # of 50% off}}\n@book{k, publisher = J # { with more}, month = jan}",
            [],
            "Half # of 50% off with more",
        ),
        ('@string(j = "Own")\n@book(k, publisher = j # " (more)", title = {A (b) c})', [], "Own (more)"),
        ("@techreport{k, title = {T}, institution = {I}, type = {Working}}", [], "Working"),
        ("@book{k, publisher = hm, year = 2001}", ["r.bib:1:22"], "hm"),
        ("@book{k, publisher = j}\n@string{j = {Late}}", ["r.bib:1:22"], "j"),
        ('@string{j = j # "x"}\n@book{k, publisher = j # "y"}', ["r.bib:1:13"], "jxy"),
    ],
)
def test_a_string_is_printed_or_told(text: str, places: list[str], shown: str, tmp_path: Path) -> None:
    given, part, ledger = tmp_path / "r.bib", Part("1.md", "chapter", "# One\n\nSee [@k].\n"), Ledger()
    given.write_text(text, encoding="utf-8")
    printed = read([part], Bibliography((given,)), "en", run_pandoc, ledger).entries["k"]
    assert shown.casefold() in shown_of(printed).casefold()
    spans = [entry.span for entry in ledger.entries if entry.code == "OCT295" and entry.span]
    assert [f"r.bib:{span.line}:{span.column}" for span in spans] == places
    assert len(ledger.entries) == len(places)


def test_signs_that_begin_a_comment_are_mended_and_addresses_are_not() -> None:
    text = '@misc{k, title={100% {of} \\% #1 \\\\# $5}, url={x/%20#a}, note="a#b" # jan # {c%}, year=2001}\n'
    new = mended(text, entries(text), [])
    assert new == (
        '@misc{k, title={100\\% {of} \\% \\#1 \\\\\\# \\$5}, url={x/%20#a}, note="a\\#b" # jan # {c\\%}, year=2001}\n'
    )


@pytest.mark.parametrize("length", [1, 2, 5])
def test_an_entry_that_is_a_part_of_itself_is_told_and_printed(length: int, project: Project) -> None:
    text = "".join(
        f"@book{{k{number}, title={{T{number}}}, crossref={{k{(number + 1) % length}}}}}\n" for number in range(length)
    )
    assert [entry.key for entry, _ in circular(entries(text))] == [f"k{number}" for number in range(length)]
    cite(project, "@k0", {"r.bib": text})
    done = project.octavo("check", "--format", "json")
    assert [place.split()[0] for place in done.places] == ["OCT292"] * length


def test_what_is_no_entry_is_passed_over() -> None:
    text = "@comment{@book{no, title={x}}}\n@string{j = {J}}\n@preamble{{x}}\nmail@host.org\n"
    text += '@book(k, title = j # { of "x"})\n'
    assert [entry.key for entry in entries(text)][-1] == "k"


def test_a_word_that_pandoc_drops_is_told_where_it_stands(project: Project) -> None:
    text = '@book{k,\n title={Known \\emph{kept} \\foo{lostword} {\\"o} M{\\"u}ller},\n'
    text += " author={Fran{\\c c}ois, \\'Etienne}}\n"
    cite(project, "@k", {"r.bib": text + "@book{unused, title={\\foo{other}}}\n"})
    done = project.octavo("check", "--format", "json")
    assert done.places == ["OCT293 r.bib:2:9"]
    assert "“lostword”" in done.problems[0]["problem"]


def test_a_parent_that_is_not_there_is_told(project: Project) -> None:
    cite(project, "@k", {"r.bib": "@inbook{k, title={T}, crossref={bok}}\n@book{book, title={B}}\n"})
    done = project.octavo("check", "--format", "json")
    assert done.places == ["OCT294 r.bib:1:33"]


@pytest.mark.parametrize("field", ["crossref", "xdata"])
def test_every_way_back_to_an_entry_is_a_circle(field: str) -> None:
    read = entries(f"@book{{a, {field}={{x,b}}}}\n@xdata{{b, xdata={{A}}}}\n@book{{c, {field}={{a}}}}")
    assert [(entry.key, one.name) for entry, one in circular(read)] == [("a", field), ("b", "xdata")]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.json", '[{"id": "k",\n"title": "A', 2),
        ("a.json", '[{"id": "k"}\n{"id": "m"}]', 2),
        ("a.yaml", "references:\n- id: k\n title: A\n", 3),
        ("a.yaml", '- id: k\n  title: "A\n  type: book\n', 2),
        ("a.yml", "- id: k\n  title: A: B\n  type: book\n", 2),
        ("a.ris", "TY  - BOOK\nID  - k\nTI , - A\nER  - \n", 3),
        ("a.ris", "TY  - BOOK\nID  - k\n", 2),
        ("a.bib", "@book{k, title={A\n", 2),
    ],
)
def test_a_damaged_file_is_told_with_its_line(name: str, text: str, line: int, project: Project) -> None:
    cite(project, "@k", {name: text})
    places = [place for place in project.octavo("check", "--format", "json").places if "OCT115" in place]
    assert [place.rpartition(":")[0] for place in places] == [f"OCT115 {name}:{line}"]
