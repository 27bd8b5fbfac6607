"""Check that HTML in a chapter loses no word, glues none together, and is reported where it means nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

import pytest

from octavo.diagnostics import Ledger
from octavo.manuscript import nodes as n
from octavo.manuscript.bibliography import Bibliography
from octavo.manuscript.html_source import disguise, undisguise
from octavo.manuscript.html_tags import vocabulary
from octavo.manuscript.part import Part
from octavo.manuscript.reading import read
from octavo.workspace import run_pandoc

#: What stands around a tag, by the place that it is in; TAG is the element, with a word inside.
PLACES = {
    "line": "one TAG three",
    "glued": "oneTAGthree",
    "upper case": "one CAPITALS three",
    "with attributes": "one ATTRIBUTES three",
    "over lines": "one LINES three",
    "own lines": "one\n\nALONE\n\nthree",
    "between lines": "one\nTAG\nthree",
    "cell": "| head | other |\n|------|-------|\n| one TAG three | x |",
    "grid": "+-----------------------------+\n| head |\n+=============================+\n"
    "| one TAG three |\n+-----------------------------+",
    "item": "- one TAG three\n- x",
    "note": "Text.[^n]\n\n[^n]: one TAG three",
    "heading": "## one TAG three",
    "quotation": "> one TAG three",
    "emphasis": "*one TAG three*",
    "link": "[one TAG three](https://www.w3.org/)",
    "term": "one TAG three\n:   x",
    "division": "::: note\none TAG three\n:::",
}
WORDS = vocabulary()
MEANT = sorted(WORDS.meant - WORDS["void"] - WORDS["table"] - {"rp", "pre"})
MEANINGLESS = sorted(WORDS["known"] - WORDS["void"] - WORDS["silent"] - {"textarea", "plaintext", "xmp"})
UNKNOWN = ["T", "file-name", "angle", "String"]


def element(name: str, form: str) -> str:
    """Write an element with a word inside in one of its forms."""
    return {
        "TAG": f"<{name}>two</{name}>",
        "CAPITALS": f"<{name.upper()}>two</{name.upper()}>",
        "ATTRIBUTES": f'<{name} id="x{name}" class="a b" data-x=1>two</{name}>',
        "LINES": f"<{name}\n  title='x'\n>two</{name}\n>",
        "ALONE": f"<{name}>\ntwo\n</{name}>",
    }[form]


def texts(nodes: Iterable[n.Node]) -> Iterator[str]:
    """Yield what is printed, with a space where a block begins or ends."""
    for node in nodes:
        match node:
            case n.Text() | n.CodeSpan() | n.CodeBlock():
                yield node.text
            case n.LineBreak():
                yield " "
            case n.Picture():
                pass
            case n.Block() | n.Note():
                yield " "
                yield from texts(n.inner(node))
                yield " "
            case _:
                yield from texts(n.inner(node))


@cache
def found(names: tuple[str, ...]) -> dict[tuple[str, str], tuple[list[str], list[str]]]:
    """Read every element in every place, in one run of Pandoc: its words, and the codes of what is reported."""
    cases = [(name, place) for name in names for place in PLACES]
    parts = []
    for name, place in cases:
        written = re.sub("TAG|CAPITALS|ATTRIBUTES|LINES|ALONE", lambda form: element(name, form[0]), PLACES[place])  # noqa: B023
        if place == "grid":
            width = max(map(len, written.split("\n")))
            written = "\n".join(
                line[:-1].ljust(width, line[1] if line[0] == "+" else " ") + line[-1] for line in written.split("\n")
            )
        parts.append(Part(f"{name}-{place}", "chapter", f"# Title\n\n{written}\n"))
    ledger = Ledger()
    read(parts, Bibliography(), "en-US", run_pandoc, ledger)
    codes: dict[str, list[str]] = {}
    for entry in ledger.entries:
        codes.setdefault(entry.span.file if entry.span else "", []).append(entry.code)
    return {
        case: (re.findall(r"\w+", "".join(texts(part.blocks[1:]))), codes.get(part.path, []))
        for case, part in zip(cases, parts, strict=True)
    }


def in_order(words: list[str], place: str) -> list[str]:
    """Keep the words of the case, without what stands around it."""
    return [word for word in words if word not in ("head", "other", "x", "Text")]


@pytest.mark.parametrize("place", PLACES)
def test_no_element_loses_a_word_or_says_so(place: str) -> None:
    results = found(tuple(MEANT))
    for name in MEANT:
        words, codes = results[name, place]
        joined = "".join(in_order(words, place))
        assert joined == "onetwothree", (name, words)
        assert [code for code in codes if code != "OCT244"] == [], (name, codes)
        if place != "glued":
            assert in_order(words, place) == ["one", "two", "three"], name


@pytest.mark.parametrize("place", PLACES)
def test_the_text_of_an_element_without_meaning_is_printed(place: str) -> None:
    results = found(tuple(MEANINGLESS))
    for name in MEANINGLESS:
        words, _ = results[name, place]
        assert "".join(in_order(words, place)) == "onetwothree", (name, words)


def test_every_element_without_meaning_is_reported_once() -> None:
    parts = [Part("one.md", "chapter", "# Title\n\n" + "\n\n".join(f"<{name}>x</{name}>" for name in MEANINGLESS * 2))]
    ledger = Ledger()
    read(parts, Bibliography(), "en-US", run_pandoc, ledger)
    said = [re.match(r"`<(\S+)>`", entry.problem) for entry in ledger.entries if entry.code == "OCT211"]
    assert sorted(one[1] for one in said if one) == MEANINGLESS
    assert all("(2 times" in entry.problem for entry in ledger.entries if entry.code == "OCT211")


@pytest.mark.parametrize("place", PLACES)
def test_what_only_looks_like_a_tag_is_printed_as_it_stands(place: str) -> None:
    results = found(tuple(UNKNOWN))
    for name in UNKNOWN:
        words, _ = results[name, place]
        named = re.findall(r"\w+", name if place != "upper case" else name.upper())
        kept = "".join(in_order(words, place))
        expected = "one" + "".join(named) + ("idx" + "".join(named) + "classabdata1" if "attr" in place else "")
        assert kept.startswith("one") and "two" in kept and kept.endswith("three"), (name, words)
        assert "-" in name or "attributes" in place or "lines" in place or kept.startswith(expected), (name, words)


@pytest.mark.parametrize(
    "text",
    [
        "| a | b |\n|---|---|\n| <p>x</p> | `<p>` |\n",
        "# Head <DIV>x</DIV>\n\n    <div>code</div>\n",
        "run <output> now",
        "<section>\n\nText <section>x</section>\n",
    ],
)
def test_a_disguise_moves_nothing_and_can_be_taken_off(text: str) -> None:
    disguised = disguise(text)
    assert disguised != text and list(map(len, disguised.split("\n"))) == list(map(len, text.split("\n")))
    assert undisguise(disguised) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a<br>b", "a b"),
        ("List<String> and <T>", "List<String> and <T>"),
        ("a < b and c > d", "a < b and c > d"),
        ("`<b>` and \\<b>", "<b> and <b>"),
        ("x <!-- a --> y <!-- b -->\nz", "x y z"),
        ("<kbd>A</kbd><kbd>B</kbd>", "A B"),
        ("&lt;b&gt; &eacute; &#8212; &#x41;", "<b> é — A"),
        ('<code>a -- "b"... it\'s</code>', 'a -- "b"... it\'s'),
        ("<q>one <q>two</q></q>", "“one ‘two’”"),
        ("<script>alert(1)</script>x", "x"),
        ("<style>p {color: red}</style>\n\nx", "x"),
    ],
)
def test_the_text_of_a_line_is_exact(text: str, expected: str) -> None:
    part = Part("one.md", "chapter", f"# Title\n\n{text}\n")
    read([part], Bibliography(), "en-US", run_pandoc, Ledger())
    assert " ".join("".join(texts(part.blocks[1:])).split(" ")).strip() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<ul><li>one<li>two</ul>", "List"),
        ("<p>one<p>two", "Paragraph Paragraph"),
        ("<h2>one</h2>text", "Heading Paragraph"),
        ("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "Table"),
        ("<details><summary>one</summary>two</details>", "Div"),
        ("<figure><img src=a.png alt=a><figcaption>one</figcaption></figure>", "Figure"),
        ("<figure><table><tr><td>a</table><figcaption>one</figcaption></figure>", "Table"),
        ("<hr>", "Rule"),
        ("<dl><dt>a<dd>b</dl>", "DefinitionList"),
        ("<blockquote>one</blockquote>", "BlockQuote"),
        ("<pre>one\n  two</pre>", "CodeBlock"),
        ("<center>one</center>", "Div"),
        ('<p align="center"><img src="a.png" alt="a"></p>', "Div"),
        ('<a id="x"></a>\n\n## one', "Heading"),
        ("one\n\n<a id='x'></a>", "Paragraph"),
        ('<a href="https://www.w3.org/">\n\none\n\n</a>', "Paragraph"),
        ("<table><tr><td rowspan=9 colspan=3>a</td></tr><tr><td>b</td></tr></table>", "Table"),
        ("<table></table>", ""),
        ("<ul></ul>", ""),
        ("<details>\n\none", "RawBlock Div"),
    ],
)
def test_elements_become_what_markdown_has_for_them(text: str, expected: str) -> None:
    part = Part("one.md", "chapter", f"# Title\n\n{text}\n")
    read([part], Bibliography(), "en-US", run_pandoc, Ledger())
    assert " ".join(type(block).__name__ for block in part.blocks[1:]) == expected
