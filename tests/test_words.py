"""Hold that no word of a manuscript is lost: in the books of this checkout, and in random documents of many dialects.

A word is lost when it is neither in the structure of the PDF nor on a line that has a message. In the random documents
every word is another one, so that none can stand for it. `--hunt 100` builds so many
random books instead of the same few.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Project
from words import Told, heard, missing, words

from octavo.workspace import run_pandoc

#: How many books are built when nobody hunts, and how many chapters are in each.
BOOKS, CHAPTERS = 5, 24
#: What leaves the paper stops a book, and says where: nothing is lost.
OFF_THE_PAPER = {"OCT415", "OCT416"}


class Writer:
    """Write a random chapter of which each word stands nowhere else."""

    def __init__(self, chance: random.Random, number: int) -> None:
        self.chance = chance
        self._number, self._count = number, 0
        self._notes: list[str] = []

    def word(self) -> str:
        """Return a word of five syllables, which TeX may hyphenate."""
        self._count += 1
        digits = f"{self._number:02}{self._count:03}"
        return "".join(_SYLLABLES[int(digit)] for digit in digits)

    def line(self, most: int = 6, nested: int = 2) -> str:
        """Return words, some of them in the styles and marks of a line."""
        pieces = [self._inline(nested) for _ in range(self.chance.randint(1, most))]
        return self.chance.choice(["", " "]).join(pieces) if len(pieces) == 2 else " ".join(pieces)

    def _inline(self, nested: int) -> str:
        if nested <= 0 or self.chance.random() < 0.5:
            return self.word()
        inner = self.line(3, nested - 1)
        key = f"n{self._number}x{self._count}"
        match self.chance.randrange(22):
            case 0:
                self._notes.append(f"[^{key}]: {inner}")
                return f"{self.word()}[^{key}]"
            case 1:
                return f"{self.word()}^[{inner}]"
        return self.chance.choice(_INLINES).format(inner, self.word())

    def block(self, depth: int = 2) -> str:
        """Return a block, with blocks in it."""
        kinds: list[Callable[[int], str]] = [self._paragraph, self._list, self._table, self._code, self._passage]
        return self.chance.choice(kinds)(depth)

    def _paragraph(self, depth: int) -> str:
        address = f"[x]: {self.word()} "
        heads = ["", "", "", "## ", "### ", "> ", "*** ", "#", ": ", "| ", "1986. ", "- [ ] ", address, "$", "+++"]
        lines = [self.line() for _ in range(self.chance.randint(1, 4))]
        return self.chance.choice(heads) + self.chance.choice(["\n", "  \n", "\\\n", " "]).join(lines)

    def _list(self, depth: int) -> str:
        mark = self.chance.choice(["- ", "* ", "+ ", "1. ", "7) ", "(a) ", "#. ", "- [x] ", ":   "])
        items = []
        for _ in range(self.chance.randint(1, 4)):
            inside = self.block(depth - 1) if depth > 0 and self.chance.random() < 0.4 else self.line()
            pad = " " * self.chance.choice([2, 3, 4, len(mark)])
            items.append(mark + inside.replace("\n", f"\n{pad}"))
        head = f"{self.line(2)}\n" if mark.startswith(":") or self.chance.random() < 0.3 else ""
        return head + self.chance.choice(["\n", "\n\n"]).join(items)

    def _table(self, depth: int) -> str:
        columns = self.chance.randint(1, 4)
        rows = [[self.line(2, 1) for _ in range(columns)] for _ in range(self.chance.randint(1, 4))]
        if self.chance.random() < 0.3:
            cells = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
            return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + f"</table>\n\n{self.line()}"
        head, *body = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([head, "|" + "---|" * columns, *body, *([f"\n: {self.line(3)}"] * self.chance.randint(0, 1))])

    def _code(self, depth: int) -> str:
        fence = self.chance.choice(["```", "~~~", "``` python", "```{r}", "```{.text}", "```{note}", "```\\n", "    "])
        lines = "\n".join(" ".join(self.word() for _ in range(3)) for _ in range(self.chance.randint(1, 3)))
        if fence == "    ":
            return "    " + lines.replace("\n", "\n    ")
        closing = fence[:3] if self.chance.random() < 0.95 else ""
        return f"{fence}\n{lines}\n{closing}"

    def _passage(self, depth: int) -> str:
        inside = self.block(depth - 1) if depth > 0 else self.line()
        if self.chance.random() < 0.4:
            set_in = inside.replace("\n", "\n    ")
            return self.chance.choice(
                ["!!! note\n    {0}", "!!! tip \"{1}\"\n    {0}", "??? note\n    {0}", "A> {0}", "> [!NOTE]\n> {0}"]
            ).format(set_in if "\n" in inside else inside, self.word())  # fmt: skip
        return self.chance.choice(_PASSAGES).format(inside, self.word())

    def chapter(self) -> str:
        """Return a chapter: its heading, blocks, and the notes that they call."""
        blocks = [f"# {self.line(3)}", *(self.block() for _ in range(self.chance.randint(2, 7)))]
        text = self.chance.choice(["\n\n", "\n\n", "\n\n", "\n"]).join(blocks)
        return "\n\n".join([text, *self._notes]) + "\n"


_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu")
_WORD = re.compile(rf"(?:{'|'.join(_SYLLABLES)}){{5}}")
_INLINES = (
    "*{0}*",
    "**{0}**",
    "_{0}_{1}",
    "~~{0}~~",
    "`{1}`",
    "``{1} ` {1}``",
    "[{0}](https://example.org/)",
    "[{0}](#nowhere)",
    "[{0}]{{.smallcaps}}",
    "<b>{0}</b>",
    "<kbd>{1}</kbd>",
    "<span style='x'>{0}</span>",
    '"{0}"',
    "'{0}'",
    "({0})",
    "x^{1}^",
    "H~{1}~",
    "<i>{0}",
    "{0}</b>",
    "[{0}]",
    "[{0}][none]",
    "![{1}](none.png)",
    "{{{{< kbd {1} >}}}}",
    "\\*{0}\\*",
    "{0}<br>{1}",
    "<!-- a comment -->{0}",
    "{0} -- {1}",
    "<x>{0}</x>",
    "[[{1}]]",
    "=={0}==",
    "++{0}++",
    ":{1}:",
    "$ {1}",
    "@{1}",
    "{0}\\",
    "&amp;{0}",
    "{0}\N{SOFT HYPHEN}",
    "«{0}»",
    "{0}/{1}",
    "[{0}](none.md)",
    "<small>{0}</small>",
    "{{{{>>{0}<<}}}}",
    "%%{0}%%",
)
_PASSAGES = (
    "::: note\n{0}\n:::",
    '::: {{.callout-tip title="{1}"}}\n{0}\n:::',
    ":::{{warning}}\n{0}\n:::",
    "::: {{#thm-x}}\n{0}\n:::",
    '<div class="x">\n\n{0}\n\n</div>',
    "<details><summary>{1}</summary>\n\n{0}\n\n</details>",
    "<center>{0}</center>",
    '<p align="center">{0}</p>',
    "::: unknown\n{0}\n:::",
    "::::: {{.columns}}\n{0}\n:::::",
    "<dl><dt>{1}</dt><dd>{0}</dd></dl>",
    "<blockquote>{0}</blockquote>",
    "::: note\n{0}",
    "<div>{0}",
    "{0}</div>",
    '=== "{1}"\n{0}',
    "/// note | {1}\n{0}\n///",
    "{{% hint %}}\n{0}\n{{% endhint %}}",
    "---\n{0}\n---",
    "{0}\n===",
    "{0}\n---",
    "$$\n{0}\n",
)


def seeds(request: pytest.FixtureRequest) -> Iterator[int]:
    """Yield the seeds of the books: always the same few, or new ones for a hunt."""
    hunt = request.config.getoption("--hunt")
    yield from (random.randrange(10**9) for _ in range(hunt)) if hunt else range(BOOKS)


@pytest.mark.tex
def test_no_word_of_a_random_document_is_lost(project: Project, request: pytest.FixtureRequest) -> None:
    built = 0
    for seed in seeds(request):
        chance = random.Random(seed)
        texts = [Writer(chance, number).chapter() for number in range(CHAPTERS)]
        project.chapters(*texts, editions={"screen": {"trim": "a4"}})
        done = project.octavo("build", "--format", "json")
        assert "Traceback" not in done.out + done.err
        errors = {problem["code"] for problem in done.problems if problem["severity"] == "error"}
        assert errors <= OFF_THE_PAPER, seed
        if errors:
            continue
        built += 1
        assert list(unheard(texts, project.pdfs[0], done.problems)) == [], seed
    assert built


def unheard(texts: Sequence[str], pdf: Path, problems: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, int, str]]:
    """Yield chapter, line and word of each word that is not in the PDF and not on a line that has a message."""
    said = heard(pdf).replace("\N{SOFT HYPHEN}", "")
    for number, text in enumerate(texts, 1):
        chapter = f"chapters/{number}.md"
        told = Told.of(chapter, problems)
        for place, line in enumerate(text.split("\n"), 1):
            for word in _WORD.findall(line.replace("\N{SOFT HYPHEN}", "")):
                is_formula = re.search(rf"\$[^$]*{word}[^$]*\$", line)
                if word not in said and not is_formula and place not in told.lines and word not in told.text:
                    yield chapter, place, word


def lost_of(sources: Mapping[str, str], pdf: Path, problems: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Return the words of these chapters that are neither in the PDF nor behind a message."""
    count, gone = missing(sources, words(heard(pdf)), lambda chapter: Told.of(chapter, problems), run_pandoc)
    assert count > 1000
    return gone


def sources_of(folder: Path) -> dict[str, str]:
    """Return the chapters of a report."""
    report = yaml.safe_load((folder / "report.yaml").read_text(encoding="utf-8"))
    return {path: (folder / path).read_text(encoding="utf-8") for role in report["parts"].values() for path in role}


@pytest.mark.tex
def test_no_word_of_the_book_is_lost(flagship: Project) -> None:
    assert lost_of(sources_of(flagship.folder), flagship.pdfs[0], []) == {}
