"""Make random manuscripts: trees of Pandoc's AST, written as Markdown, and the text that a reader must get from them.

The trees are Pandoc's JSON (pandoc-types 1.23). Pandoc itself writes them as Markdown and reads that again, since its
writer cannot say everything that a tree can hold; what it read is what the book must print.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

from octavo.workspace import run_pandoc

Json: TypeAlias = Any

#: Letters of several scripts, all that TeX and Markdown give a meaning to, spaces, and signs of other blocks.
ALPHABETS: Final = (
    "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "\\{}$&%#_^~", "*[]()<>|`!'\"+-=:;@/.,?",
    "äöüßéèêçñåøæœłřžğışİ", "αβγδεζηθάέήίΩΨ", "абвгдежзийюяЁЙ", "–—…‘’“”«»·•°§¶†‡©", "→←↔⇒∀∃∈≤≥≠±×÷√∞∑∫", "ﬁﬂ½¼²³¹",
    "\N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}\N{EM SPACE}"
    "\N{SOFT HYPHEN}\N{ZERO WIDTH SPACE}\N{WORD JOINER}",
    "☐☒✓✗★☆■□▲△●○", "ƒǎɐɔəʃʒ", "ḿṕẃỳẽ", "₀₁₂₃€₽",
    "אבגדהוזחטיכלםן", "ابتثجحخدذرسعلمنه", "שלום 12(a)", "٠١٢٣",
)  # fmt: skip

words = st.one_of(
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=9),
    st.sampled_from(ALPHABETS).flatmap(lambda letters: st.text(letters, min_size=1, max_size=6)),
    st.text("".join(ALPHABETS), min_size=1, max_size=12),
    st.sampled_from(
        ["and", "the", "1", "2.", "a)", "#", "-", "---", "...", "x" * 60, "Donaudampfschifffahrt" * 4, ":::"]
    ),
)
formulas = st.sampled_from(
    ["x", "x^2", r"\frac{a}{b}", r"\sum_{i=1}^n i", r"\alpha<\beta", r"\text{if } x", "|a|", "a_b"]
)
#: Text that nobody meant as Markdown: any characters, those of the common blocks, and those that Markdown reads.
anything = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.text(st.characters(codec="utf-8", max_codepoint=0x24FF), max_size=30),
    st.text("\\`*_{}[]()#+-.!|<>$&%~^@:;\"' \n\tabc12", max_size=60),
)
FORMULA, FIGURE = "\N{WHITE SQUARE}formula ", "\N{WHITE SQUARE}figure "
PICTURES = ("images/plain.png", "images/photo.jpg", "images/vector.pdf")
SHOWN: Final[Json] = [["alt", "What it shows"], ["width", "1cm"]]
LANGUAGES = ("de", "fr", "la", "ru", "el", "x-klingon", "he", "ar", "fa-Latn")
NO_ATTRIBUTES: Final[Json] = ["", [], []]


def node(kind: str, *content: Json) -> Json:
    """Return a node of the AST."""
    return {"t": kind, "c": content[0] if len(content) == 1 else list(content)} if content else {"t": kind}


def joined(parts: list[list[Json]]) -> list[Json]:
    """Put a space between runs of inlines."""
    result: list[Json] = []
    for part in parts:
        result += ([node("Space")] if result else []) + part
    return result


def _string(text: str) -> Json:
    return node("Str", text)


def _span(content: list[Json], language: str, classes: list[str]) -> Json:
    return node("Span", ["", classes, [["lang", language]] if language else []], content)


@cache
def inlines(depth: int, notes: bool = True, least: int = 0) -> st.SearchStrategy[list[Json]]:
    """Make the contents of a line."""
    plain = st.one_of(words.map(_string), words.map(_string), words.map(_string))
    simple = st.one_of(
        plain,
        words.map(lambda text: node("Code", NO_ATTRIBUTES, text)),
        formulas.map(lambda tex: node("Math", node("InlineMath"), tex)),
        st.sampled_from(["LineBreak", "SoftBreak"]).map(node),
        st.just(node("RawInline", "html", "<!-- aside -->")),
    )
    if depth <= 0:
        return st.lists(simple.map(lambda item: [item]), min_size=least, max_size=5).map(joined)
    inner = inlines(depth - 1, notes)
    kinds = ["Emph", "Strong", "Strikeout", "Superscript", "Subscript", "SmallCaps", "Underline"]
    nested = [
        st.builds(node, st.sampled_from(kinds), inner),
        st.builds(
            lambda c, kind: node("Quoted", node(kind), c), inner, st.sampled_from(["SingleQuote", "DoubleQuote"])
        ),
        st.builds(lambda c: node("Link", NO_ATTRIBUTES, c, ["https://example.org/a_b?c=d&e=f#g%20h", ""]), inner),
        st.builds(lambda w, c: node("Link", NO_ATTRIBUTES, [_string(w), *c], ["#start", ""]), words, inner),
        st.builds(
            _span, inner, st.sampled_from(["", *LANGUAGES]), st.sampled_from([[], ["smallcaps"], ["underline"]])
        ),
        st.builds(lambda tex: node("Math", node("DisplayMath"), tex), formulas),
        st.builds(
            lambda p, w: node("Image", ["", [], SHOWN], [_string(w)], [p, ""]), st.sampled_from(PICTURES), words
        ),
    ]
    if notes:
        nested.append(blocks(depth - 1, notes=False, most=2).map(lambda inside: node("Note", inside)))
    single = st.one_of(simple, simple, *nested)
    spaced = st.lists(single.map(lambda item: [item]), min_size=least, max_size=5).map(joined)
    close = st.lists(single, min_size=least, max_size=5)
    return st.one_of(spaced, spaced, close)


def _cell(align: str, rows: int, columns: int, content: list[Json]) -> Json:
    return [NO_ATTRIBUTES, node(align), rows, columns, content]


@st.composite
def tables(draw: st.DrawFn, depth: int) -> Json:
    """Make a table, with or without caption, head, foot, widths, heads of rows and spans."""
    count = draw(st.integers(1, 4))
    widths = draw(st.sampled_from([None, [1 / count] * count, [0.9 / count] * count, [0.05] * count]))
    aligns = [draw(st.sampled_from(["AlignDefault", "AlignLeft", "AlignRight", "AlignCenter"])) for _ in range(count)]
    columns = [[node(align), node("ColWidth", widths[0]) if widths else node("ColWidthDefault")] for align in aligns]
    simple = inlines(1).map(lambda content: [node("Plain", content)] if content else [])
    content = simple if not widths or depth <= 0 else st.one_of(simple, simple, blocks(depth - 1, most=2))

    def rows(most: int, least: int = 0) -> list[Json]:
        made = []
        for _ in range(draw(st.integers(least, most))):
            cells, at = [], 0
            while at < count:
                span = draw(st.integers(1, count - at)) if widths and draw(st.integers(0, 5)) == 0 else 1
                cells.append(_cell("AlignDefault", 1, span, draw(content)))
                at += span
            made.append([NO_ATTRIBUTES, cells])
        return made

    caption = draw(st.one_of(st.just([]), inlines(1, least=1).map(lambda line: [node("Plain", line)])))

    body = [NO_ATTRIBUTES, draw(st.integers(0, 1)), [], rows(4, 1)]
    return node(
        "Table", NO_ATTRIBUTES, [None, caption], columns, [NO_ATTRIBUTES, rows(1)], [body], [NO_ATTRIBUTES, rows(1)]
    )


@cache
def _items(depth: int, notes: bool) -> st.SearchStrategy[list[Json]]:
    tight = st.lists(inlines(1, notes).map(lambda line: [node("Plain", line)]), min_size=1, max_size=4)
    if depth <= 0:
        return tight
    return st.one_of(tight, st.lists(blocks(depth - 1, notes=notes, most=3), min_size=1, max_size=3))


def _ordered(start: int, style: str, delimiter: str, items: list[Json]) -> Json:
    return node("OrderedList", [start, node(style), node(delimiter)], items)


STYLES = ("DefaultStyle", "Example", "Decimal", "LowerRoman", "UpperRoman", "LowerAlpha", "UpperAlpha")
DELIMITERS = ("DefaultDelim", "Period", "OneParen", "TwoParens")
code = st.text("abc {}\\$%#&_^~<>\t\n'\"-é→", max_size=40)


@cache
def blocks(depth: int, notes: bool = True, most: int = 4, least: int = 0) -> st.SearchStrategy[list[Json]]:
    """Make a run of blocks."""
    line = inlines(min(depth, 2), notes)
    kinds = [
        line.map(lambda content: node("Para", content)),
        line.map(lambda content: node("Para", content)),
        st.builds(
            lambda text, kind: node("CodeBlock", ["", kind, []], text),
            code,
            st.sampled_from([[], ["python"], ["numberLines"]]),
        ),
        st.just(node("HorizontalRule")),
        st.lists(inlines(1, notes), min_size=1, max_size=4).map(lambda lines: node("LineBlock", lines)),
        st.just(node("RawBlock", "html", "<!-- a comment -->")),
    ]
    if depth > 0:
        inner = blocks(depth - 1, notes=notes, most=3)
        kinds += [
            inner.map(lambda content: node("BlockQuote", content)),
            _items(depth - 1, notes).map(lambda items: node("BulletList", items)),
            st.builds(
                _ordered,
                st.integers(0, 30),
                st.sampled_from(STYLES),
                st.sampled_from(DELIMITERS),
                _items(depth - 1, notes),
            ),
            st.lists(
                st.tuples(inlines(1, notes, 1), st.lists(inner, min_size=1, max_size=2)).map(list),
                min_size=1,
                max_size=3,
            ).map(lambda items: node("DefinitionList", items)),
            st.builds(
                _div,
                st.sampled_from(
                    [[], ["note"], ["tip"], ["warning"], ["abstract"], ["summary"], ["questions"], ["epigraph"]]
                ),
                st.sampled_from(["", "", *LANGUAGES]),
                inner,
            ),
            st.builds(_figure, st.sampled_from(PICTURES), inlines(1, notes, 1)),
        ]
        kinds.append(tables(depth - 1) if notes else tables(0))
    return st.lists(st.one_of(kinds), min_size=least, max_size=most)


def _div(classes: list[str], language: str, content: list[Json]) -> Json:
    return node("Div", ["", classes, [["lang", language]] if language else []], content)


def _figure(picture: str, caption: list[Json]) -> Json:
    image = node("Image", ["", [], SHOWN], caption, [picture, ""])
    return node("Figure", NO_ATTRIBUTES, [None, [node("Plain", caption)]], [node("Plain", [image])])


def _heading(level: int, content: list[Json]) -> Json:
    return node("Header", level, NO_ATTRIBUTES, content)


@st.composite
def chapters(draw: st.DrawFn, depth: int = 3) -> list[Json]:
    """Make a chapter: a heading, then blocks with headings of any level between them."""
    title = joined([[_string("Chapter")], draw(inlines(1))])
    content = [node("Header", 1, ["start", [], []], title)]
    for _ in range(draw(st.integers(0, 3))):
        if draw(st.booleans()):
            content.append(_heading(draw(st.integers(1, 6)), draw(inlines(1, least=1))))
        content += draw(blocks(depth))
    return content


READER = """
function Reader(texts, options)
  local parts = pandoc.List()
  for _, text in ipairs(pandoc.json.decode(tostring(texts))) do
    parts:insert(pandoc.Div(pandoc.read(text, 'markdown', options).blocks))
  end
  return pandoc.Pandoc(parts)
end
"""
WRITER = """
function ByteStringWriter(document, options)
  local texts = pandoc.List()
  for _, part in ipairs(document.blocks) do
    texts:insert(pandoc.write(pandoc.Pandoc(part.content), 'markdown', options))
  end
  return pandoc.json.encode(texts)
end
"""


def as_markdown(trees: list[list[Json]], writer: str) -> list[str]:
    """Write each tree as Markdown, in one run of Pandoc with the Lua writer of that path."""
    parts = [node("Div", NO_ATTRIBUTES, tree) for tree in trees]
    document = {"pandoc-api-version": [1, 23, 1], "meta": {}, "blocks": parts}
    texts: list[str] = json.loads(run_pandoc(["-f", "json", "-t", writer], json.dumps(document))[0])
    return texts


def as_trees(texts: list[str], reader: str) -> list[list[Json]]:
    """Read each Markdown text with nothing but Pandoc, through the Lua reader of that path."""
    output = run_pandoc(["-f", reader, "-t", "json"], json.dumps(texts))[0]
    return [part["c"][1] for part in json.loads(output)["blocks"]]
