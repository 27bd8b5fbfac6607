"""Hold code to its letters: whatever its language, what is printed is the source with its tabs expanded."""

from __future__ import annotations

from collections.abc import Iterator

import pypdfium2
import pytest
from conftest import Project, read_part
from pygments.lexer import Lexer
from pygments.lexers import get_all_lexers
from pygments.token import Text

from octavo.latex import code
from octavo.latex.code import expanded, highlight, pieces
from octavo.manuscript import nodes as n
from octavo.manuscript.listing import listing

#: What lexers stumble over: no line, one line without its end, prompts, empty lines, blanks at the end, other marks.
SAMPLES = (
    "",
    "x",
    "$ ls\nfoo bar",
    ">>> print(1)\n1\n>>> f()",
    "\n\nlead  \n\n\n",
    "a\tb\n\tc\n",
    "ünïcode “x” 漢字 🙂",
    "\f page\n\x00 nul\x1b[31m",
    "# comment\n<a href='x'>&amp;</a>\n%% x\n- y\n  * z",
    "HTTP/1.1 200 OK\nA: b\n\nbody {{ a }} {% b %}",
)


def whole(text: str, language: str) -> str:
    return "".join(piece for _, piece in pieces(text, language))


def languages() -> Iterator[str]:
    """Yield a name of every lexer that Pygments has."""
    for _, names, _, _ in get_all_lexers():
        yield from names[:1]


def test_every_language_prints_every_letter() -> None:
    names, lost = list(languages()), []
    for name in names:
        for sample in SAMPLES:
            text = expanded(sample, 4)
            if whole(text, name) != text:
                lost.append((name, sample))
    assert len(names) > 500
    assert lost == []


class _Faulty(Lexer):  # type: ignore[misc]  # Pygments publishes no types
    """Do what a lexer must not do, as `fault` says."""

    fault = ""

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, object, str]]:
        if self.fault == "throws":
            raise ZeroDivisionError
        yield 0, Text, text[:-3] if self.fault == "loses" else text + "x" if self.fault == "adds" else ""


@pytest.mark.parametrize("fault", ["throws", "loses", "adds", "says nothing"])
def test_a_lexer_that_does_not_give_back_the_text_is_not_used(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lexer = _Faulty()
    lexer.fault = fault
    monkeypatch.setattr(code, "_lexer", lambda language: lexer)
    assert whole("one\ntwo", "any") == "one\ntwo"


def test_a_lexer_that_takes_too_long_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [kind for line in highlight("def f(): pass", "python") for kind, _ in line.tokens if kind] != []
    monkeypatch.setattr(code, "PATIENCE", -1.0)
    assert [kind for line in highlight("def f(): pass", "python") for kind, _ in line.tokens if kind] == []


@pytest.mark.parametrize(
    ("text", "tab", "shown"),
    [("\tx", 4, "    x"), ("ab\tc", 4, "ab  c"), ("a\n\tb\tc", 8, "a\n        b       c"), ("a\r\nb\rc", 4, "a\nb\nc"),
     ("a\x00\x1bb\x7f", 4, "a␀␛b␡")],
)  # fmt: skip
def test_tabs_are_expanded_and_control_characters_are_seen(text: str, tab: int, shown: str) -> None:
    assert expanded(text, tab) == shown


def block(attributes: str) -> n.CodeBlock:
    part = read_part(f"# One\n\n```{{{attributes}}}\na\nb\n```\n")
    return next(node for node in n.walk(part.blocks) if isinstance(node, n.CodeBlock))


@pytest.mark.parametrize(
    ("attributes", "language", "first", "marked", "title"),
    [
        (".python", "python", 0, [], ""),
        (".numberLines .python startFrom=7", "python", 7, [], ""),
        (".python .number-lines", "python", 1, [], ""),
        ('.python linenums="3" hl_lines="1 3-5"', "python", 3, [1, 3, 4, 5], ""),
        ('.sourceCode .r emphasize-lines="2,4" filename="a.R"', "r", 0, [2, 4], "a.R"),
        ('.python code-line-numbers="true" title="b.py"', "python", 1, [], "b.py"),
        ('.python hl_lines="1-999999999"', "python", 0, list(range(1, 100_001)), ""),
    ],
)
def test_what_a_listing_asks_for(attributes: str, language: str, first: int, marked: list[int], title: str) -> None:
    facts = listing(block(attributes))
    assert (facts.language, facts.first, sorted(facts.marked), facts.title) == (language, first, marked, title)


@pytest.mark.parametrize(
    "written",
    [
        '```{#lst:a .python caption="What it shows"}\nx\n```',
        '```{#lst-a .python lst-cap="What it shows"}\nx\n```',
        "Listing: What it *shows* {#lst:a}\n\n```python\nx\n```",
        ": What it shows {#lst:a}\n\n```python\nx\n```",
    ],
)
def test_a_listing_has_its_caption_and_is_referred_to(written: str, project: Project) -> None:
    project.chapters(f"# One\n\n{written}\n\nSee @lst:a.\n")
    assert project.octavo("check").status == 0
    part = read_part(f"# One\n\n{written}\n")
    found = next(node for node in n.walk(part.blocks) if isinstance(node, n.CodeBlock))
    assert n.plain_text(found.caption) == "What it shows"


def test_the_lines_of_a_block_are_those_of_its_text() -> None:
    lines = list(highlight("a = 1\n\n    b\n", "python"))
    assert [(line.indent, "".join(str(piece) for _, piece in line.tokens)) for line in lines] == [
        (0, r"a\octspace{}=\octspace{}1"),
        (0, ""),
        (4, "b"),
        (0, ""),
    ]


@pytest.mark.tex
def test_code_is_read_and_copied_with_its_indents(project: Project) -> None:
    project.chapters("# One\n\n```make\nall:\n\tcc\t-o x\n\n    y   z\n```\n", code={"tab": 8})
    assert project.octavo("build").status == 0
    done = project.octavo("listen")
    lines = [line.rstrip() for line in done.out.split("code with 4 lines:\n")[1].splitlines()]
    assert lines[:4] == ["  all:", "          cc      -o x", "", "      y   z"]


@pytest.mark.tex
def test_code_does_not_overprint_a_deep_formula_above_it(project: Project) -> None:
    prose = "Formulas of a display stand between lines of code here, as a manual of mathematics has them. " * 5
    first = "$$f(k)=\\binom{n}{k}p^k$$\n\nMatrices may stand there:\n\n```\na\nb\nc\nd\n```\n\n"
    second = "$$\\begin{array}{c}a\\\\ b\\end{array}$$\n\n```\na\nb\nc\nd\n```\n\n"
    third = "$$X = \\begin{bmatrix}1\\\\ 2\\\\ q\\end{bmatrix}$$\n\n```\nWWW\nb\nc\n```\n"
    project.chapters(f"# One\n\n{prose}\n\n{first}{second}{third}")
    assert project.octavo("build").status == 0
    with pypdfium2.PdfDocument(project.pdfs[0]) as pdf:
        pages = [page.get_textpage() for page in pdf]
        page = next(page for page in pages if "WWW" in page.get_text_range())
        text = page.get_text_range()
        last = max(i for i in range(text.index("WWW")) if text[i] in "q\N{MATHEMATICAL ITALIC SMALL Q}")
        assert page.get_charbox(last)[1] > page.get_charbox(text.index("WWW"))[3] - 1
