"""Report what stands in a chapter without its partner, so that Pandoc prints it as text or not at all.

Pandoc says some of it itself, with line and column: a note that nobody calls, a division without an end. What it takes
for plain text, such as the call of a note that is defined nowhere, is found among the words that it read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from octavo.diagnostics import Ledger, Span
from octavo.manuscript import nodes as n
from octavo.manuscript.convert import Json
from octavo.manuscript.dialect_lines import Translation
from octavo.manuscript.parsing import Reading
from octavo.manuscript.part import Part
from octavo.nearest import nearest

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")
#: The same in JSON, which writes the first of them as numbers.
_UNPRINTABLE_JSON = re.compile("[\x7f-\x9f\ufffd]|\\\\u00[01]")
#: The call of a note; `[^a-z]` is an expression.
_CALL = re.compile(r"\[\^(?!\w-\w)([^\]\s^\\]+)\]")
_DEFINED = re.compile(r"^[ >]{0,3}\[\^([^\]\s]+)\]:", re.MULTILINE)
#: A note from its name to the next empty line.
_DEFINITION = re.compile(r"^[ >]{0,3}\[\^[^\]\s]+\]:.*(?:\n.*\S.*)*", re.MULTILINE)
_LINK = re.compile(r"\]\[([^\[\]]*)\]")
_NAMED = re.compile(r"^ {0,3}\[([^\]^][^\]]*)\]:\s*<?([^\s>]+)", re.MULTILINE)
#: A link name with more behind it than an address, a title and attributes.
_ADDRESS = re.compile(
    r"^(?:[ >\t]|[A-Z]>)*(?:(?:[-*+]|\(?\w+[.)])[ \t]+)*(?P<name>\[[^\]^\n][^\]\n]*\]:)[ \t]*"
    r"(?P<text>(?!<[^>\n]*>)\S+[ \t]+(?![\"'({])\S+)",
    re.MULTILINE,
)
_FENCE = re.compile(r"(?:^|\s)(:{3,})(?=\s|$)")


def report_dangling(part: Part, reading: Reading, translation: Translation, ledger: Ledger) -> None:
    """Report every call, definition, link and fence of a part that has no partner.

    The `translation` is what Pandoc was given, and knows the lines of the part behind its own.
    """
    line_of = translation.line
    for block in reading.metadata:
        if block.problem:
            problem, line, column = block.problem
            ledger.report("OCT251", part.at_line(line_of(line), column), problem=problem)
        elif part.source[:1].strip("\N{ZERO WIDTH NO-BREAK SPACE}") and block.first:
            span = part.at_line(line_of(block.first + 1), 1)
            ledger.report("OCT252", span, text=block.text.split("\n", 1)[0].strip())
    if reading.parted.unclosed:
        line = line_of(reading.parted.unclosed)
        opening = part.source.split("\n")[line - 1]
        column = len(opening) - len(opening.lstrip(" >\t")) + 1
        ledger.report("OCT253", part.at_line(line, column))
    for row, cells, columns in _crowded(translation.text.split("\n"), reading.parted.tables):
        ledger.report("OCT256", part.at_line(translation.line(row + 1), 1), cells=cells, columns=columns)
    for message in reading.messages:
        _report_message(part, reading, message, line_of, ledger)
    if _UNPRINTABLE_JSON.search(reading.json):
        _report_unprintable(part, ledger)
    if any(sign in reading.json for sign in ("[^", "][", ":::")):
        _report_texts(part, ledger)
    if "]:" in part.source:
        _report_swallowed(part, ledger)
        _report_notes_in_notes(part, ledger)


def _crowded(lines: list[str], tables: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield each row of a table between bars that has more cells than the table has columns, with both counts."""
    for head in tables:
        columns = len(_cells(lines[head + 1]))
        for row in (head, *range(head + 2, len(lines))):
            if not lines[row].strip(" >"):
                break
            cells = _cells(lines[row])
            if any(cell.strip() for cell in cells[columns:]):
                yield row, len(cells), columns


def _cells(row: str) -> list[str]:
    """Return the cells of a row; a bar in code, in a formula or behind a backslash parts none."""
    bare = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)|\\.|\$[^$\s][^$]*\$", "x", row.strip(" >"))
    return bare.removeprefix("|").removesuffix("|").split("|")


def _report_message(
    part: Part, reading: Reading, message: Json, line_of: Callable[[int], int], ledger: Ledger
) -> None:
    """Report what Pandoc says, at the place in the file that it means."""
    if message.get("verbosity") != "WARNING":
        return
    at = message.get("openpos", message)
    line = reading.parted.line(at.get("line", 0))
    span = part.at_line(line_of(line), at.get("column", 0)) if line else Span(part.path)
    match message["type"]:
        case "NoteDefinedButNotUsed":
            ledger.report("OCT246", span, key=message["key"])
        case "DuplicateNoteReference":
            key = message["contents"]
            first = next((found for found in _DEFINED.finditer(part.source) if found[1] == key), None)
            other = part.at(first.start()).line if first else 0
            ledger.report("OCT247", span, key=key, other=other)
        case "DuplicateLinkReference":
            label = message["contents"].strip("[]")
            targets = {target for name, target in _NAMED.findall(part.source) if _same(name, label)}
            if len(targets) != 1:
                ledger.report("OCT250", span, label=label)
        case "UnclosedDiv":
            ledger.report("OCT248", span, says="is never closed; it ends where the passage around it ends")
        case "DuplicateIdentifier":
            label = message["contents"]
            given = [*re.finditer(rf"\{{[^}}\n]*#{re.escape(label)}(?=[\s}}])", part.source)]
            if ":" not in label:
                ledger.report("OCT254", part.at(given[1].start()) if len(given) > 1 else span, label=label)
        case "CouldNotConvertTeXMath":
            pass  # The formula itself is judged by octavo.latex.maths.
        case _:
            ledger.report("OCT255", span, says=message["pretty"].strip().split("\n")[0])


def _report_unprintable(part: Part, ledger: Ledger) -> None:
    """Report the first character of each text that has no shape: a control, or what stands for a broken one."""
    for node in n.written(part.blocks):
        if isinstance(node, n.Text | n.CodeSpan | n.CodeBlock) and (found := _UNPRINTABLE.search(node.text)):
            ledger.report("OCT243", part.span(node), character=f"U+{ord(found[0]):04X}")


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _report_texts(part: Part, ledger: Ledger) -> None:
    """Report what is text and looks as if it were meant for more."""
    notes, names = _DEFINED.findall(part.source), [name for name, _ in _NAMED.findall(part.source)]
    for node in n.written(part.blocks):
        if not isinstance(node, n.Text):
            continue
        for call in _CALL.finditer(node.text):
            if span := _place(part, node, call[0]):
                ledger.report("OCT245", span, key=call[1], nearest=nearest(call[1], notes))
        for brackets, label in _labels(node.text):
            if span := _place(part, node, brackets):
                ledger.report("OCT249", span, label=label, nearest=nearest(label, names))
        for fence in _FENCE.finditer(node.text):
            if span := _place(part, node, fence[1]):
                ledger.report("OCT248", span, says="opens nothing and closes nothing, and is printed")


def _report_notes_in_notes(part: Part, ledger: Ledger) -> None:
    """Report each note that is called in other notes alone, where Pandoc reads no call: it is not printed."""
    outside = _DEFINITION.sub("", part.source)
    for found in _DEFINED.finditer(part.source):
        call = f"[^{found[1]}]"
        if call not in outside and part.source.count(call) > part.source.count(f"{call}:"):
            ledger.report("OCT246", part.at(found.start()), key=found[1])


def _report_swallowed(part: Part, ledger: Ledger) -> None:
    """Report a line that Pandoc takes for the address of a link name, although words follow each other in it."""
    printed = ""
    for found in _ADDRESS.finditer(part.source):
        if not printed:
            texts = (n.Text, n.CodeSpan, n.CodeBlock)
            printed = _bare(" ".join(node.text for node in n.written(part.blocks) if isinstance(node, texts)))
        if _bare(found["text"]) not in printed:
            ledger.report("OCT257", part.at(found.start("name")), name=found["name"].strip("[]:"))


def _bare(text: str) -> str:
    """Return the words of a text without the marks between them."""
    return " ".join(re.findall(r"\w+", text))


def _labels(text: str) -> Iterator[tuple[str, str]]:
    """Yield the brackets of each link in a text, and its name; `a[x][y]` and `[1][2]` are none."""
    for link in _LINK.finditer(text):
        depth = position = 0
        for position in range(link.start(), -1, -1):
            depth += {"]": 1, "[": -1}.get(text[position], 0)
            if depth == 0:
                break
        before = text[position - 1 : position] if depth == 0 else ""
        is_indexed = bool(before) and (before.isalnum() or before in "])_")
        if not (is_indexed or link[1].isdigit()) and (link[1] or depth == 0):
            yield f"][{link[1]}]", link[1] or text[position + 1 : link.start()]


def _place(part: Part, node: n.Text, written: str) -> Span | None:
    """Return where a text stands in the file as it is printed; nothing where the author put a backslash before it."""
    span = part.span(node, written)
    if part.pieces:
        return span
    line = part.source.split("\n")[span.line - 1] if span.line else ""
    start = span.column - 1
    if not line.startswith(written, start) or line[:start].endswith("\\"):
        return None
    return span
