"""Read the manuscript for what a listener would stumble over, before a page is set.

These are the checks that need an author: what a link says, whether a description describes. They look at the typed
nodes while the engine works on the pages, so that every build can afford them; `octavo.check.gate` looks at the
finished PDF. WCAG 2.2 and PDF/UA-2 are named where a check comes from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from octavo.diagnostics import Ledger
from octavo.latex.picture import description
from octavo.manuscript import nodes as n
from octavo.manuscript.part import Part
from octavo.manuscript.tables import ROW_HEADS, written_row_heads

#: Words that say nothing of where a link leads, in the languages whose quotation marks Octavo knows best.
EMPTY_WORDS: Final = frozenset(
    [
        "here", "click here", "see here", "this", "this link", "link", "more", "read more", "learn more", "this page",
        "this site", "this website", "hier", "hier klicken", "klicken sie hier", "mehr", "weiterlesen", "dieser link",
        "ici", "cliquez ici", "lire la suite", "en savoir plus", "ce lien", "aquí", "haga clic aquí", "leer más",
        "este enlace", "qui", "clicca qui",
    ]
)  # fmt: skip
#: How a description begins that says what every listener has heard already: that this is a picture.
NEEDLESS_OPENING: Final = re.compile(
    r"(?:(?:an?|the|ein|eine|une?|una?) )?(?:image|picture|graphic|figure|illustration|bild|abbildung|grafik|imagen)"
    r" (?:of|showing|shows|that shows|von|des|der|mit|de|du|des|di)\b",
    re.I,
)
FILE_NAME: Final = re.compile(r"\S+\.(?:pdf|png|jpe?g|svg|gif|webp|tiff?|eps)", re.I)
#: Characters of a description: a screen reader reads it in one breath, and cannot go back into it.
LONGEST_DESCRIPTION: Final = 500
_PRIVATE: Final = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
_LANGUAGE_TAG: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8})*", re.I)  # RFC 5646, less what is not in use
#: For each script: what a word of it looks like, and the languages that are written in it. In an alphabet that
#: mathematics borrows from, two letters are no word yet.
SCRIPTS: Final = {
    "Greek": ("[\u0370-\u03ff\u1f00-\u1fff]{3,}", "el grc"),
    "Cyrillic": ("[\u0400-\u052f]{3,}", "ru uk bg sr mk be kk ky mn tg"),
    "Hebrew": ("[\u0590-\u05ff]{2,}", "he yi"),
    "Arabic": ("[\u0600-\u06ff\u0750-\u077f]{2,}", "ar fa ur ps ckb ug"),
    "Devanagari": ("[\u0900-\u097f]{2,}", "hi mr ne sa"),
    "Thai": ("[\u0e00-\u0e7f]{2,}", "th"),
    "Hangul": ("[\uac00-\ud7af]+", "ko"),
    "Japanese": ("[\u3040-\u30ff]+", "ja"),
    "Chinese": ("[\u4e00-\u9fff]+", "zh ja ko yue"),
}
_FOREIGN: Final = re.compile("[\u0370-\u052f\u0590-\u06ff\u0750-\u077f\u0900-\u097f\u0e00-\u0e7f\u1f00-\u1fff"
                             "\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")  # fmt: skip


def check_manuscript(parts: Sequence[Part], language: str, ledger: Ledger) -> None:
    """Report what a listener of these parts would miss or hear in vain."""
    for part in parts:
        _headings(part, ledger)
        _private_characters(part, ledger)
        for node in n.written(part.blocks):
            match node:
                case n.Link():
                    _link(part, node, ledger)
                case n.Table():
                    _table(part, node, ledger)
                case n.Figure():
                    caption = n.plain_text(node.caption)
                    for picture in (inner for inner in n.walk(node.children) if isinstance(inner, n.Picture)):
                        _repeated(part, picture, caption, ledger)
                case n.Picture():
                    _picture(part, node, ledger)
        _languages(part, language, ledger)


def _headings(part: Part, ledger: Ledger) -> None:
    """Check that levels are not skipped and that every heading says something (PDF/UA-2, 8.2.5.12; WCAG 2.4.6)."""
    before = 0
    for block in part.blocks:
        if not isinstance(block, n.Heading):
            continue
        text = n.plain_text(block.children).strip()
        if not text:
            mark = f"{{#{block.attributes.identifier}"  # a heading without words is found by its attributes, if at all
            ledger.report("OCT562", part.span(block, mark) if mark in part.source else part.span(block))
        if before and block.level > before + 1:
            marks = "#" * (before + 1)
            span = part.span(block, "#" * block.level)
            ledger.report("OCT561", span, text=text, level=block.level, before=before, marks=marks)
        before = block.level


def _link(part: Part, link: n.Link, ledger: Ledger) -> None:
    """Check that the text of a link makes sense in a list of links (WCAG 2.4.9)."""
    text = n.plain_text(link.children).strip()
    pictures = any(isinstance(node, n.Picture) for node in n.walk(link.children))
    if not link.children or pictures or "page" in link.attributes.classes:
        return
    bare = " ".join(re.sub(r"[^\w\s]", " ", text).split()).casefold()
    if not bare or bare in EMPTY_WORDS:
        ledger.report("OCT560", part.span(link, f"[{text}]"), text=text, target=link.target)


def _table(part: Part, table: n.Table, ledger: Ledger) -> None:
    """Check that a table has header cells, in its head or at the left (WCAG 1.3.1)."""
    try:
        written_row_heads(table)
    except ValueError:
        found = table.attributes.values[ROW_HEADS]
        ledger.report("OCT308", part.span(table, f"{ROW_HEADS}="), found=found, most=len(table.columns) - 1)
    heads = [*(cell for row in table.head for cell in row)]
    heads += [cell for row in table.body for cell in row[: table.row_heads]]
    if not any(n.plain_text(cell.children).strip() for cell in heads):
        ledger.report("OCT563", part.span(table))


def _picture(part: Part, picture: n.Picture, ledger: Ledger) -> None:
    """Check the words of a description; that there are some is a matter of OCT303 (WCAG 1.1.1)."""
    text = " ".join(description(picture).split())
    if FILE_NAME.fullmatch(text):
        ledger.report("OCT564", part.span(picture, text), text=text)
    opening = NEEDLESS_OPENING.match(text)
    if opening:
        ledger.report("OCT565", part.span(picture, opening[0]), text=opening[0])
    if len(text) > LONGEST_DESCRIPTION:
        ledger.report("OCT566", part.span(picture, text[:40]), count=len(text), most=LONGEST_DESCRIPTION)


def _repeated(part: Part, picture: n.Picture, caption: str, ledger: Ledger) -> None:
    """Check that a description is not the caption with another full stop or capital; OCT303 finds the very same."""
    text = description(picture)
    if text and text != caption.strip() and plain(text) == plain(caption):
        ledger.report("OCT578", part.span(picture, text), text=text)


def plain(text: str) -> str:
    """Reduce a text to what is compared: one spacing, one case, no full stop at the end."""
    return " ".join(text.split()).casefold().removesuffix(".")


def _private_characters(part: Part, ledger: Ledger) -> None:
    """Find characters that mean something in one font only (PDF/UA-2, 8.4.3)."""
    for found in _PRIVATE.finditer(part.source):
        ledger.report("OCT568", part.at(found.start()), point=f"U+{ord(found[0]):04X}")


def _languages(part: Part, language: str, ledger: Ledger) -> None:
    """Check that a passage in another script says its language, and that what it says is one (WCAG 3.1.2)."""
    foreign = _FOREIGN.search(part.source) is not None
    if not foreign and "lang=" not in part.source:
        return
    primary = language.partition("-")[0].casefold()
    known = {script: word for script, (word, languages) in SCRIPTS.items() if primary not in languages.split()}
    if primary == "ja":
        known.pop("Chinese", None)
    for node in _without_language(part, ledger, part.blocks):
        for script, word in known.items():
            found = re.search(word, node.text)
            if found:
                span = part.span(node, found[0])
                ledger.report("OCT567", span, text=found[0], script=script)


def _without_language(part: Part, ledger: Ledger, nodes: Iterable[n.Node]) -> Iterator[n.Text]:
    """Walk the text outside of passages that have a language of their own, whose tags are checked in passing."""
    for node in nodes:
        if isinstance(node, n.Text):
            yield node
        elif isinstance(node, n.InlineSpan | n.Div) and "lang" in node.attributes.values:
            tag = node.attributes.values["lang"]
            if not _LANGUAGE_TAG.fullmatch(tag):
                ledger.report("OCT579", part.span(node, f"lang={tag}"), tag=tag)
        elif not isinstance(node, n.Citation):
            yield from _without_language(part, ledger, n.inner(node))
