"""Check what is read of other tools: files that are put in, the names of people, prose that looks like markup."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import ROOT, Project, read_part

from octavo.diagnostics import Ledger
from octavo.manuscript import nodes as n
from octavo.manuscript.bibliography import Bibliography
from octavo.manuscript.dialect_lines import translate
from octavo.manuscript.dialects import dialects
from octavo.manuscript.inclusion import open_part
from octavo.manuscript.part import Part
from octavo.manuscript.punctuation import typographic
from octavo.manuscript.reading import read
from octavo.manuscript.words import Words
from octavo.workspace import run_pandoc


def read_chapter(source: str, ledger: Ledger) -> Part:
    part = Part("one.md", "chapter", source)
    read([part], Bibliography(), "en-US", run_pandoc, ledger)
    return part


def opened(folder: Path, files: Mapping[str, str]) -> tuple[Part, Ledger]:
    """Write files, and open `one.md` of them as a chapter."""
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    ledger = Ledger()
    return open_part(folder, "one.md", "chapter", ledger), ledger


def test_what_is_included_is_reported_at_its_own_lines(tmp_path: Path) -> None:
    files = {
        "one.md": "# One\n\nBefore {{< var v.x >}} it.\n\n{{< include parts/_a.md >}}\n\nAfter.\n",
        "parts/_a.md": "---\ntitle: A\n---\n\nIn A.\n\n{{#include _b.md}}\n",
        "parts/_b.md": "In B,\nthe second line.\n",
        "_variables.yml": "v: {x: 2.1}\n",
    }
    part, ledger = opened(tmp_path, files)
    assert ledger.entries == []
    assert part.source == "# One\n\nBefore 2.1 it.\n\n\nIn A.\n\nIn B,\nthe second line.\n\nAfter.\n"
    assert part.included == ("parts/_a.md", "parts/_b.md")
    found = {word: str(part.at(part.source.index(word))) for word in ("Before", "2.1", "it.", "A.", "second", "After")}
    assert found == {
        "Before": "one.md:3:1",
        "2.1": "one.md:3:8",
        "it.": "one.md:3:24",
        "A.": "parts/_a.md:5:4",
        "second": "parts/_b.md:2:5",
        "After": "one.md:7:1",
    }


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ("{{< include none.md >}}", "OCT269", "does not exist"),
        ("{{< include ../secret.md >}}", "OCT269", "not in the folder"),
        ("{{< include /etc/hostname >}}", "OCT269", "not in the folder"),
        ("{{< include one.md >}}", "OCT269", "one.md → one.md"),
        ("{{< include loop.md >}}", "OCT269", "one.md → loop.md → one.md"),
        ("```{include} link.md\n```", "OCT269", "not in the folder"),
        ("{{< var none >}}", "OCT270", "`none`"),
        ("{{< meta a.b >}}", "OCT270", "`a.b`"),
    ],
)
def test_what_cannot_be_put_in_is_an_error(asked: str, code: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("Secret.", encoding="utf-8")
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    part, ledger = opened(folder, {"one.md": f"# One\n\n{asked}\n", "loop.md": "{{< include one.md >}}"})
    assert "Secret" not in part.source
    assert [entry.code for entry in ledger.entries] == [code]
    assert words in ledger.entries[0].problem


def test_code_includes_nothing(tmp_path: Path) -> None:
    source = "# One\n\n`{{< include a.md >}}` {{{< var x >}}}\n\n```\n{{< include a.md >}}\n```\n"
    part, ledger = opened(tmp_path, {"one.md": source})
    assert part.source == source
    assert ledger.entries == []


def test_names_are_no_citations_without_a_bibliography() -> None:
    ledger = Ledger()
    part = read_chapter("# One\n\nAsk @interns, -@x or a@b.org about img@2x. As in [@lu2026].\n", ledger)
    assert n.plain_text(part.blocks[1:]).strip() == "Ask @interns, -@x or a@b.org about img@2x. As in [@lu2026]."
    assert [entry.code for entry in ledger.entries] == ["OCT201", "OCT266"]


@pytest.mark.parametrize(
    "text",
    [
        "[see [2]] and [[2]] and {1, 2}, f(x) = {y : y > 0}.",
        "C++ and ++i and a == b, 10:30:15, std::vector, a:b:c, key: value: more.",
        "What?!!! 50% of it, (a) = (b), 3 + + 4, “{braces}” and f{x}.",
        "`{{ mustache }}` and `[[wiki]]` and ``{ref}`x` ``, :) and :-( and ::.",
        "    !!! note\n        Code.",
        "```\n::: {.x}\n{{< x >}}\n!!! note\n    body\n```",
        "~~~\n```{r}\nx\n```\n~~~",
        "- item\n\n      !!! code in a list",
        "A> is greater than B.\nI> too.",
        "A number $x_{i}$ and $\\{a\\}$.",
        "1. one\n\n   ```python\n   {{ x }}\n   ```",
        "<!-- {{ todo }} ::: note -->",
        "The line\n\\@ref is nothing.",
    ],
)
def test_prose_and_code_are_no_markup_of_other_tools(text: str) -> None:
    ledger = Ledger()
    read_chapter(f"# One\n\n{text}\n", ledger)
    assert [entry.problem for entry in ledger.entries] == []


@pytest.mark.parametrize("part", sorted([*ROOT.glob("chapters/*.md"), *ROOT.glob("docs/handbook/chapters/*.md")]))
def test_the_books_of_this_checkout_are_read_as_they_are(part: Path) -> None:
    source = part.read_text(encoding="utf-8")
    translation = translate(source)
    if part.stem != "other-tools":
        assert translation.text == source
    assert translation.findings == []


@pytest.mark.parametrize("word", sorted({*dialects().callouts.values(), *dialects().theorems.values()}))
def test_every_form_has_its_word(word: str) -> None:
    assert Words("en", {})(word) == word.capitalize()


@pytest.mark.parametrize("kind", sorted(dialects().callouts))
@pytest.mark.parametrize(
    "template", ["!!! {}\n    Body.\n", ":::{{{}}}\nBody.\n:::\n", "```{{{}}}\nBody.\n```\n", "> [!{}]\n> Body.\n"]
)
def test_every_callout_of_every_dialect_is_its_form(kind: str, template: str) -> None:
    ledger = Ledger()
    part = read_chapter(f"# One\n\n{template.format(kind)}", ledger)
    [div] = part.blocks[1:]
    if kind.startswith("callout") and template.startswith(">"):
        return
    assert isinstance(div, n.Div)
    assert div.attributes.classes == (dialects().callouts[kind],)
    assert n.plain_text(div.children).strip() == "Body."
    assert ledger.entries == []


def test_a_report_with_an_included_file_is_whole(project: Project) -> None:
    project.write("chapters/woods.md", "Oak and ash.\n")
    project.chapters("# One\n\n{{< include woods.md >}}\n")
    done = project.octavo("check", "--strict", "--format", "json")
    assert (done.status, done.problems) == (0, [])


@pytest.mark.parametrize(
    ("text", "language", "printed"),
    [
        ('The "best" of the \'60s', "en-US", "The “best” of the ’60s"),
        ("rock 'n' roll, O'Brien's 'own'", "en-US", "rock ’n’ roll, O’Brien’s ‘own’"),
        ("Die \"Bank\" von 'hier', wie geht's", "de-DE", "Die „Bank“ von ‚hier‘, wie geht’s"),
        ('Le "banc"', "fr", "Le «\u202fbanc\u202f»"),
        ('A 6" board', "en", 'A 6" board'),
    ],
)
def test_the_value_of_an_attribute_has_the_marks_of_its_language(text: str, language: str, printed: str) -> None:
    assert typographic(text, language) == printed


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("It was the '60s, 'tis true.", "It was the ’60s, ’tis true."),
        ("Rock 'n' roll", "Rock ’n’ roll"),
        ("'Tis the dogs' bone", "’Tis the dogs’ bone"),
        ("'Round the world' and 'cause and effect'", "‘Round the world’ and ‘cause and effect’"),
    ],
)
def test_an_apostrophe_is_told_from_a_quotation_mark(text: str, printed: str) -> None:
    part = read_chapter(f"# One\n\n{text}\n", Ledger())
    assert n.plain_text(part.blocks[1:]).strip() == printed


@pytest.mark.parametrize("text", ["`" * 20_000, "{" * 20_000, "!!! " + "a " * 9_000, "[[" * 9_000, "(\\#" * 5_000])
def test_a_long_line_is_read_at_once(text: str) -> None:
    started = time.perf_counter()
    translate(f"{text}\n\n{{ref}}`x`\n")
    assert time.perf_counter() - started < 2


def test_a_chunk_that_the_text_refers_to_is_a_listing(project: Project) -> None:
    text = """# One

```{r plot-a, fig.cap="How many \\"sit\\", and where", echo=FALSE}
plot(1)
```

```{r tab-b}
knitr::kable(x)
```

```{python}
#| label: fig-c
#| fig-cap: Seats
draw()
```

```{r setup, include=FALSE}
x <- 1
```

See Figure \\@ref(fig:plot-a), Table \\@ref(tab:tab-b) and @fig-c.
"""
    project.chapters(text)
    done = project.octavo("check", "--format", "json")
    assert done.status == 0, done.out
    assert {problem["code"] for problem in done.problems} == {"OCT260"}
    part = read_part(text)
    named = [
        (block.attributes.identifier, n.plain_text(block.caption))
        for block in n.walk(part.blocks)
        if isinstance(block, n.CodeBlock)
    ]
    assert named[0][0] == "lst:plot-a" and "and where" in named[0][1]
    assert named[1:] == [("lst:tab-b", ""), ("lst:fig-c", "Seats"), ("", "")]


def test_an_index_entry_of_latex_is_one() -> None:
    part = read_part("# One\n\nPandoc\\index{Pandoc} and\\index{a\\_b!c|see{d}} and\\index{e!f\\_g}.\n")
    found = [
        node.attributes.values["entry"]
        for node in n.walk(part.blocks)
        if isinstance(node, n.InlineSpan) and "index" in node.attributes.classes
    ]
    assert found == ["Pandoc", "e!f_g"]
    assert [node.text for node in n.walk(part.blocks) if isinstance(node, n.Raw)] == [r"\index{a\_b!c|see{d}}"]


def test_code_in_a_line_that_another_tool_would_run_is_told(project: Project) -> None:
    project.chapters("# One\n\nIn all `r nrow(x)`, `{python} len(x)` and `r`.\n\n```{r}\nx <- 1\n```\n")
    told = [(problem["code"], problem["line"]) for problem in project.octavo("check", "--format", "json").problems]
    assert told == [("OCT260", 3), ("OCT260", 5)]
    project.chapters("# One\n\nThe letters `r x` are code where nothing is run.\n")
    assert project.octavo("check", "--format", "json").problems == []
