"""Notes: calls side by side, a note that is called again, tables in notes, and the stops at the notes of citations."""

from __future__ import annotations

from itertools import pairwise

import pypdfium2
import pytest
from conftest import Project, read_part

from octavo.diagnostics import Ledger
from octavo.latex.calls import with_calls
from octavo.manuscript import nodes as n
from octavo.manuscript.numbering import Numbering
from octavo.manuscript.punctuation import settle_neighbors


def numbers(source: str) -> list[tuple[int, str]]:
    """Return the number of each call with the text that is printed for it."""
    part = read_part(f"# One\n\n{source}\n")
    Numbering(Ledger()).number([part])
    notes = [node for node in n.walk(part.blocks) if isinstance(node, n.Note)]
    return [(note.number, n.plain_text(note.children).strip()) for note in notes]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("A.[^a] B.[^a]\n\n[^a]: Text.", [(1, "Text."), (1, "")]),
        ("A.[^a] B.[^b] C.[^a]\n\n[^a]: One *two*.\n[^b]: One.", [(1, "One two."), (2, "One."), (1, "")]),
        ("A.[^a] B.[^b]\n\n[^a]: Ibid.\n\n[^b]: Ibid.", [(1, "Ibid."), (2, "Ibid.")]),
        ("A.[^a] B.[^a] C.[^b]\n\n[^a]: Ibid.\n\n[^b]: Ibid.", [(1, "Ibid."), (2, "Ibid."), (3, "Ibid.")]),
        ("A.^[Same.] B.^[Same.]", [(1, "Same."), (2, "Same.")]),
        ("A.[^a] B.[^a]\n\n[^a]: See @fig:x and `code` & $x$.", [(1, "See fig:x and code & x."), (1, "")]),
        ("A.[^a] `[^a]`\n\n[^a]: Text.", [(1, "Text.")]),
        ("- A.[^a]\n- B.[^a]\n\n[^a]: One.\n\n    Two.\n\nNot in it.", [(1, "One. Two."), (1, "")]),
    ],
)  # fmt: skip
def test_a_note_that_is_called_again_is_one_note(source: str, expected: list[tuple[int, str]]) -> None:
    assert numbers(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("A ![b^[In.]](p.png) c.", [(1, "In.")]),
        ("A ![b *c^[In.]*](p.png){alt='d'} ![e^[Two.]](p.png)", [(1, "In."), (2, "Two.")]),
        ("![Caption^[In.]](p.png)\n\nA.^[Two.]", [(1, "In."), (2, "Two.")]),
        ("| H |\n|---|\n| ![b^[In.]](p.png) |", [(1, "In.")]),
        ("A ![b^[In ![c^[Deep.]](p.png).]](p.png)", [(1, "In c."), (2, "Deep.")]),
        ("A [![b^[In.]](p.png)](https://a.org)", [(1, "In.")]),
        ("::: {#fig:x}\n![b^[In.]](p.png)\n\nCaption.^[Two.]\n:::", [(1, "In."), (2, "Two.")]),
        ("A ![b^[In.]](p.png) c[^a] d[^a]\n\n[^a]: Text.", [(1, "In."), (2, "Text."), (2, "")]),
    ],
)  # fmt: skip
def test_a_note_in_the_description_of_a_picture_stands_behind_it(source: str, expected: list[tuple[int, str]]) -> None:
    assert sorted(numbers(source)) == sorted(expected)


def test_calls_side_by_side_are_parted() -> None:
    one, two, three, four = (n.Note([]) for _ in range(4))
    space, word = n.Text(" "), n.Text("word")
    cited = n.Citation([four], ("key",))
    line: list[n.Inline] = [word, one, two, space, n.Styled("emphasis", [three]), cited, word, one, word, two]
    assert [inline for inline, is_between in with_calls(line) if not is_between and inline is not word] == [
        one, two, line[4], cited, one, two
    ]  # fmt: skip
    assert sum(is_between for _, is_between in with_calls(line)) == 3
    assert not any(is_between for _, is_between in with_calls([one, space, word, two, n.LineBreak(), three]))


NOTE = "NOTE"


@pytest.mark.parametrize(
    ("before", "named", "after", "language", "expected"),
    [
        ("Claim ", "", ".", "en-US", "Claim.NOTE"),
        ("Claim ", "", ", and", "de", "Claim,NOTE and"),
        ("(as said ", "", "). So", "en-US", "(as said).NOTE So"),
        ("(as ", "Doe", "). So", "en-US", "(as DoeNOTE). So"),
        ("Again ", "John Doe", ".", "en-US", "Again John Doe.NOTE"),
        ("Is it ", "Doe", "? No", "en-US", "Is it Doe?NOTE No"),
        ("As ", "Doe", "’s book", "en-US", "As DoeNOTE’s book"),
        ("By ", "Doe et al.", ". So", "en-US", "By Doe et al.NOTE So"),
        ("It is etc. ", "", ". So", "en-US", "It is etc.NOTE So"),
        ("“quoted” ", "", ". So", "en-US", "“quoted.”NOTE So"),
        ("“quoted” ", "", "; so", "en-US", "“quoted”;NOTE so"),
        ("“quoted?” ", "", ". So", "en-US", "“quoted?”NOTE So"),
        ("“quoted” ", "", ". So", "en-GB", "“quoted”.NOTE So"),
        ("„so“ ", "", ". So", "de-DE", "„so“.NOTE So"),
        ("Claim ", "", "—and", "en-US", "ClaimNOTE—and"),
        ("", "", ": so", "en-US", "NOTE: so"),
        ("", "Doe", ", so", "en-US", "Doe,NOTE so"),
    ],
)
def test_a_stop_stands_before_the_note_of_a_citation(
    before: str, named: str, after: str, language: str, expected: str
) -> None:
    name: list[n.Inline] = [n.Text(named)] if named else []
    line: list[n.Inline] = [n.Text(before), n.Citation([*name, n.Note([n.Paragraph([])])], ("key",)), n.Text(after)]
    settled = settle_neighbors(line if before else line[1:], language)
    assert "".join(_shown(settled)) == expected


def _shown(inlines: list[n.Inline]) -> list[str]:
    shown = []
    for inline in inlines:
        if isinstance(inline, n.Text):
            shown.append(inline.text)
        elif isinstance(inline, n.Citation):
            shown += _shown(inline.children)
        else:
            shown.append(NOTE)
    return shown


def test_the_stop_stands_before_the_note_where_styled_text_is_before_it() -> None:
    emphasis = n.Styled("emphasis", [n.Text("so")])
    line: list[n.Inline] = [emphasis, n.Text(" "), n.Citation([n.Note([])], ("key",)), n.Text(". And")]
    assert "".join(_shown(settle_neighbors(line, "en"))) == "NOTE.NOTE And"


@pytest.mark.tex
def test_notes_with_tables_and_lists_stand_one_below_the_other(project: Project) -> None:
    table = "\n\n    | alpha | beta |\n    |---|---|\n    | gamma | delta |\n\n"
    project.chapters(
        "# One\n\nFirst.[^a] Second.[^b] Third.[^c] Again.[^a]\n\n"
        f"[^a]: Atable:{table}[^b]: Bnext.\n\n    - Blist\n\n[^c]: Ctable:{table}    Cend.\n"
    )
    assert project.octavo("build").status == 0
    document = pypdfium2.PdfDocument(project.pdfs[0])
    page = document[len(document) - 1].get_textpage()
    text = page.get_text_range()
    found = ["Atable", "alpha", "gamma", "Bnext", "Blist", "Ctable", "Cend"]
    assert [text.count(word) for word in found] == [1, 2, 2, 1, 1, 1, 1]
    boxes = [page.get_charbox(text.index(word)) for word in found]
    assert all(upper[1] >= lower[3] for upper, lower in pairwise(boxes)), boxes
