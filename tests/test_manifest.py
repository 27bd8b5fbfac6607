"""Check that every mistake in report.yaml is named with its key, its line and what to write instead."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, Project
from hypothesis import example, given, settings
from hypothesis import strategies as st

from octavo.design import standard_theme
from octavo.diagnostics import Ledger, Severity
from octavo.manifest import SCHEMA, Report, load
from octavo.report_text import as_text
from octavo.schema import KINDS, Checker, Keys, ListOf, MapOf, Rule, Scalar

GOOD = """\
title: Small
authors: [Nobody in particular]
language: en-US
parts:
  chapters:
    - chapters/1.md
"""


LAYER = "{piece: a, level: b, question: c}"


def problems(folder: Path, text: str | bytes) -> list[str]:
    """Load a report and return what was found: `CODE line:column problem`."""
    Project(folder).write("chapters/1.md", "# One\n")
    (folder / "report.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    ledger = Ledger()
    report = load(folder, ledger)
    assert (report is None) == ledger.failed(), "a report with errors is not built, and one without them is"
    return [f"{e.code} {e.span.line}:{e.span.column} {e.problem} {e.advice}" for e in ledger.entries if e.span]


def test_the_smallest_report_is_completed_with_the_standard_design(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD) == []
    report = load(tmp_path, Ledger())
    assert isinstance(report, Report)
    assert (report.title, report.output, report.raw_latex) == ("Small", tmp_path.name, False)
    assert [(part.path, part.role) for part in report.parts] == [("chapters/1.md", "chapter")]
    assert [edition.name for edition in report.editions] == ["screen"]
    assert report.editions[0].page.width == standard_theme().values["trims"]["a5"]["width"]


def test_the_report_of_this_checkout_is_read_whole() -> None:
    ledger = Ledger()
    report = load(ROOT, ledger)
    assert report is not None and ledger.entries == []
    assert report.date == datetime.date(2026, 11, 24)
    assert len(report.layers) == 4
    assert {part.role for part in report.parts} == {"front", "chapter", "appendix", "back"}


SUBTITLE = "`subtitle` must be text of at most 1,000 characters"


@pytest.mark.parametrize(
    ("line", "code", "place", "words"),
    [
        ("chapterz: 3", "OCT102", "7:1", "no key `chapterz`"),
        ("keyword: [a]", "OCT102", "7:1", "Did you mean `keywords`?"),
        ("  appendixes: [a.md]", "OCT102", "7:3", "`parts.appendixes`. Remove it or correct its name. Did you mean"),
        ("date: tomorrow", "OCT103", "7:7", "`date` must be a date such as 2026-11-24, and is tomorrow"),
        ("subtitle: [a, b]", "OCT103", "7:11", f"{SUBTITLE}, and is a list"),
        (f"layers: [{LAYER}]", "OCT103", "7:9", "a list of 2 to 7 items, and is a list of 1"),
        ("layers: [" + f"{LAYER}, " * 8 + "]", "OCT103", "7:9", "and is a list of 8"),
        (f"layers: [{{piece: a, level: b}}, {LAYER}]", "OCT104", "7:10", "`layers[0].question` is missing"),
        ("trust: {raw-latex: perhaps}", "OCT103", "7:20", "`trust.raw-latex` must be true or false, and is perhaps"),
        ("trust: perhaps", "OCT103", "7:8", "`trust` must be a mapping, and is perhaps"),
        ("title: Again", "OCT105", "7:1", "`title` stands here a second time"),
        ("editions: {screen: {trim: a55}}", "OCT111", "7:27", "of a5, half-letter, a4, letter. Did you mean `a5`?"),
        ("editions: {../../up: {trim: a5}}", "OCT103", "7:12", "a name of letters, digits and hyphens"),
        ("editions: {screen: {page: {lines: 0}}}", "OCT103", "7:35", "a whole number above 0, and is 0"),
        ("editions: {screen: {page: {inner: 0mm}}}", "OCT103", "7:35", "a length above 0, such as 105mm, and is 0mm"),
        ("editions: {screen: {page: {inner: 3}}}", "OCT103", "7:35", "a length above 0"),
        ("editions: {screen: {page: {inner: 50mm}}}", "OCT114", "7:27", "exceed the width by 17.1 pt"),
        ("editions: {screen: {page: {lines: 45}}}", "OCT114", "7:27", "45 lines together exceed the height"),
        ("output: ../../elsewhere", "OCT103", "7:9", "a name of letters, digits and hyphens"),
        ('subtitle: "a\\0b"', "OCT103", "7:11", f"{SUBTITLE}, and is a\N{REPLACEMENT CHARACTER}b"),
        ('subtitle: "\\ud800"', "OCT103", "7:11", SUBTITLE),
        ("words: {chaptr: Kapitel}", "OCT102", "7:9", "Did you mean `chapter`?"),
        ("maths: {R: {arguments: 12, tex: x}}", "OCT103", "7:24", "a whole number from 0 to 9, and is 12"),
        ("maths: {R: {tex: '{x'}}", "OCT103", "7:18", "TeX whose braces pair"),
        ("maths: {R2: {tex: x}}", "OCT103", "7:9", "letters alone"),
        ("fonts: {text: {regular: '}\\input'}}", "OCT103", "7:25", "the name of a font file"),
        ("fonts: {text: {bold: a.otf}}", "OCT104", "7:15", "`fonts.text.regular` is missing"),
        (f"layers: [{LAYER}, {LAYER[:-1]}, color: teal}}]", "OCT103", "7:86", "six hexadecimal digits"),
        (f"layers: [{LAYER}, {LAYER[:-1]}, chapter: chapters/2.md}}]", "OCT112", "7:88", "mean `chapters/1.md`?"),
        ("bibliography: {files: [no.bib]}", "OCT110", "7:24", "`bibliography.files` names `no.bib`"),
        ("bibliography: {style: no.csl}", "OCT110", "7:23", "`bibliography.style` names `no.csl`"),
        ("bibliography: {files: [/etc/passwd]}", "OCT103", "7:24", "a path inside the folder of the report"),
        ("words: {date: '{day:>99999999}'}", "OCT103", "7:15", "braces hold day, month, year or nothing else"),
        ("words: {date: '{day!z} {month}'}", "OCT103", "7:15", "braces hold day, month, year or nothing else"),
        ("words: {edition: '{name:{name}}'}", "OCT103", "7:18", "braces hold height, name, width or nothing else"),
        (f"subtitle: {'word ' * 201}", "OCT103", "7:11", SUBTITLE),
        ("? [a, b]\n: c", "OCT102", "7:3", "no key `a list`"),
    ],
)  # fmt: skip
def test_a_wrong_key_or_value_is_named_with_its_place(
    line: str, code: str, place: str, words: str, tmp_path: Path
) -> None:
    found = problems(tmp_path, GOOD + line + "\n")
    assert len(found) == 1, found
    assert found[0].startswith(f"{code} {place} ")
    assert words in found[0]


@pytest.mark.parametrize("key", ["title", "authors", "language", "parts"])
def test_a_missing_key_is_named(key: str, tmp_path: Path) -> None:
    values = yaml.safe_load(GOOD)
    del values[key]
    assert problems(tmp_path, yaml.safe_dump(values)) == [
        f"OCT104 1:1 The key `{key}` is missing. Add it here; nothing can be made without it."
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [("title", ""), ("title", "' '"), ("authors", "[]"), ("authors", ""), ("language", "english"), ("parts", "")],
)
def test_an_empty_value_is_as_good_as_none(key: str, value: str, tmp_path: Path) -> None:
    values = yaml.safe_load(GOOD)
    del values[key]
    found = problems(tmp_path, yaml.safe_dump(values) + f"{key}: {value}\n")
    assert len(found) == 1 and f"`{key}" in found[0], found


@pytest.mark.parametrize(
    ("parts", "code", "place", "words"),
    [
        ("[chapters/1.md, chapters/2.md]", "OCT106", "5:29", "`chapters/2.md` does not exist"),
        ("[chapters/l.md]", "OCT106", "5:14", "Did you mean `chapters/1.md`?"),
        ("[chapters/1.md, chapters/empty.md]", "OCT107", "5:29", "`chapters/empty.md` is empty"),
        ("[chapters/1.md, ./chapters/1.md]", "OCT108", "5:29", "listed twice"),
        ("[chapters/1.md, ../outside.md]", "OCT103", "5:29", "a path inside the folder"),
        ("[chapters/1.md, /etc/hostname]", "OCT103", "5:29", "a path inside the folder"),
        ('["chapters/1.md", "a\\0b"]', "OCT103", "5:31", "a path inside the folder"),
        (f"[chapters/1.md, {'x' * 300}.md]", "OCT106", "5:29", "does not exist"),
        ("[]", "OCT103", "5:13", "a list of at least 1 item, and is a list of 0"),
        ("chapters/no.md", "OCT106", "5:13", "does not exist"),
    ],
)
def test_a_part_that_cannot_be_bound_is_named(parts: str, code: str, place: str, words: str, tmp_path: Path) -> None:
    Project(tmp_path).write("chapters/empty.md", " \n\n")
    text = GOOD.replace("\n    - chapters/1.md", f" {parts}")
    found = [problem for problem in problems(tmp_path, text) if not problem.startswith("OCT109")]
    assert len(found) == 1, found
    assert found[0].startswith(f"{code} {place} ") and words in found[0]


def test_a_part_is_listed_twice_also_across_roles(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD + "  back: [chapters/1.md]\n") == [
        "OCT108 7:10 The part `chapters/1.md` is listed twice. Keep the place where it belongs."
    ]


def test_a_file_that_no_part_lists_is_a_warning(project: Project) -> None:
    project.write("report.yaml", GOOD)
    for name in ("chapters/1.md", "chapters/2.md", "chapters/.#1.md", "notes/3.md", "README.md"):
        project.write(name, "# Title\n")
    ledger = Ledger()
    assert load(project.folder, ledger) is not None
    found = [(entry.code, str(entry.span), entry.severity) for entry in ledger.entries]
    assert found == [("OCT109", "chapters/2.md", Severity.WARNING)]
    assert ledger.failed(strict=True) and not ledger.failed()


def test_a_part_that_is_no_text_is_named_at_its_first_bad_byte(tmp_path: Path) -> None:
    Project(tmp_path).write("chapters/latin.md", "# Köln\n\nzweite Zeile Ä\n".encode("latin-1"))
    found = problems(tmp_path, GOOD + "    - chapters/latin.md\n")
    assert [problem[:16] for problem in found] == ["OCT113 1:4 `chap"]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("title: a: b\n", "1:9", "mapping values are not allowed here"),
        ("title: [a\nauthors: b\n", "2:8", "expected ',' or ']'"),
        ("title: 'a\n", "2:1", "found unexpected end of stream"),
        ("a\tb: [\t\n", None, "cannot be read"),
        ("", None, "the file is empty"),
        ("# only a comment\n", None, "the file is empty"),
        ("title: a\n--- \ntitle: b\n", "2:1", "but found another document"),
        ("title: *gone\n", "1:8", "found undefined alias"),
        ("title: a\nnote: \x07\n", "2:7", "may not hold the character U+0007"),
        ("[" * 5000, None, "cannot be read"),
        ("title: {}\n".format("{a: " * 3000), None, "cannot be read"),
    ],
)
def test_what_is_no_yaml_is_reported_at_its_place(text: str, place: str | None, words: str, tmp_path: Path) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1 and found[0].startswith("OCT101 "), found
    assert words in found[0]
    assert place is None or found[0].startswith(f"OCT101 {place} ")


@pytest.mark.parametrize("text", ["just words\n", "- a\n- list\n", "42\n", "~\n"])
def test_yaml_that_is_no_mapping_is_reported(text: str, tmp_path: Path) -> None:
    found = problems(tmp_path, text)
    assert found and found[0].startswith(("OCT103 1:1 `report` must be a mapping", "OCT104 1:1 "))


def test_bytes_that_are_no_text_are_reported(tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD.encode() + b"subtitle: caf\xe9\n")
    assert len(found) == 1
    assert found[0].startswith("OCT113 7:14 `report.yaml` cannot be read: it is not UTF-8 text. Save it again")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert problems(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()) == []


def test_a_list_that_holds_itself_is_no_trap(tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD + "keywords: &k [one, *k]\nlayers: &l [*l, *l]\n")
    assert [problem.split()[0] for problem in found] == ["OCT103"] * 3


def test_all_mistakes_are_reported_together(tmp_path: Path) -> None:
    text = GOOD.replace("title: Small\n", "").replace("chapters/1.md", "chapters/9.md")
    text += "colour: red\ndate: never\nlanguage: en-US\n"
    text += "editions: {screen: {trim: b5}}\nbibliography: {files: [x.bib]}\n"
    codes = sorted(problem.split()[0] for problem in problems(tmp_path, text))
    assert codes == ["OCT102", "OCT103", "OCT104", "OCT105", "OCT106", "OCT109", "OCT110", "OCT111"]


def test_a_folder_without_a_report_is_named(tmp_path: Path) -> None:
    ledger = Ledger()
    assert load(tmp_path / "nowhere", ledger) is None
    assert [entry.code for entry in ledger.entries] == ["OCT100"]
    assert str(tmp_path / "nowhere") in ledger.entries[0].problem


def test_the_message_shows_the_line_and_points_at_the_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Project(tmp_path).write("report.yaml", GOOD + "editions: {screen: {trim: a55}}\n")
    Project(tmp_path).write("chapters/1.md", "# One\n")
    ledger = Ledger()
    load(tmp_path, ledger)
    assert as_text(ledger.entries, tmp_path).split("\n") == [
        "report.yaml:7:27: error OCT111: There is no trim size `a55`.",
        "    7 | editions: {screen: {trim: a55}}",
        "                                  ^^^",
        "      Choose one of a5, half-letter, a4, letter. Did you mean `a5`?",
    ]


#: Characters that mean something in YAML, and some that it may not hold.
MARKUP = "ab:-[]{},&*!|>'\"%@`#?~ \n\t\\\0é"

# Any text at all: a report or diagnostics, never an exception.

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.dates(),
    st.sampled_from(["chapters/1.md", "a5", "12mm", "../up", "/", "", "en", "1F4E79", "\\R", "{", "x" * 300, "a\0b"]),
)  # fmt: skip


def values(rule: Rule) -> st.SearchStrategy[object]:
    """Draw values that often fit a rule and often do not."""
    match rule:
        case Scalar():
            return SCALARS
        case ListOf():
            return st.one_of(SCALARS, st.lists(values(rule.item), max_size=3))
        case MapOf():
            return st.one_of(SCALARS, st.dictionaries(st.text(max_size=8), values(rule.value), max_size=2))
        case Keys():
            known = {name: values(inner) for name, inner in rule.rules.items()}
            unknown = st.dictionaries(st.text(max_size=5), SCALARS, max_size=2)
            return st.one_of(st.fixed_dictionaries({}, optional=known), unknown)
    raise AssertionError(f"nothing is drawn for {rule}")


def assert_reported(folder: Path, data: bytes) -> None:
    (folder / "report.yaml").write_bytes(data)
    ledger = Ledger()
    report = load(folder, ledger)
    assert (report is None) == ledger.failed()
    for entry in ledger.entries:
        assert entry.span is not None
    as_text(ledger.entries, folder)


@settings(max_examples=150, deadline=None)
@given(values(SCHEMA))
def test_any_values_give_a_report_or_diagnostics(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    Project(folder).write("chapters/1.md", "# One\n")
    assert_reported(folder, yaml.safe_dump(value, allow_unicode=True).encode("utf-8", errors="surrogatepass"))
    if isinstance(value, dict):
        whole = yaml.safe_load(GOOD) | value
        assert_reported(folder, yaml.safe_dump(whole, allow_unicode=True).encode("utf-8", errors="surrogatepass"))


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text(alphabet=MARKUP, max_size=60)), st.integers(0, 200))
@example("? ? ?\n", 0)
@example("!!python/object/apply:os.system [echo]\n", 0)
def test_any_text_gives_a_report_or_diagnostics(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes | str, place: int
) -> None:
    folder = tmp_path_factory.mktemp("noise")
    Project(folder).write("chapters/1.md", "# One\n")
    data = noise if isinstance(noise, bytes) else noise.encode()
    assert_reported(folder, data)
    assert_reported(folder, GOOD.encode()[:place] + data + GOOD.encode()[place:])


def test_every_kind_of_value_says_what_it_expects() -> None:
    ledger = Ledger()
    for kind, (expected, _) in KINDS.items():
        checker = Checker("data.yaml", ledger)
        assert checker.load('"\\0"', Scalar(kind)) is None, kind
        assert expected and not expected.endswith("."), kind
    assert {entry.code for entry in ledger.entries} <= {"OCT103", "OCT101"}
