"""Read what only the engine can tell, and trace it back to the author's file.

The engine runs with `-file-line-error`, so an error is one line `FILE:LINE: MESSAGE` (Web2C manual). Octavo writes a
comment in front of every block of a part, which leads from the line of TeX to the block of Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from octavo.diagnostics import Ledger, Span
from octavo.manuscript import nodes as n
from octavo.manuscript.part import Part

_ERROR = re.compile(r"^(?:\./)?([\w.-]+):(\d+): (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^% block (\d+)$")
_MISSING = re.compile(r"^Missing character: There is no (\S+) .*?in font .*$", re.MULTILINE)
_CODE_POINT = re.compile(r"U\+([0-9A-F]{4,6})")


def report_errors(log: Path, parts: Mapping[str, Part], ledger: Ledger) -> None:
    """Report why the engine stopped: the message, at the Markdown block that it was reading."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    found = _ERROR.search(text)
    if found is None:
        ledger.report("OCT402", None, log=log, last=_last_line(text))
        return
    file, line, message = found[1], int(found[2]), found[3]
    ledger.report("OCT401", _trace(log.parent / file, line, parts), message=message, log=log)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it wrote no log"


def _trace(file: Path, line: int, parts: Mapping[str, Part]) -> Span | None:
    part = parts.get(file.stem)
    if part is None or not file.is_file():
        return None
    for text in reversed(file.read_text(encoding="utf-8").splitlines()[:line]):
        found = _BLOCK.match(text)
        if found:
            return part.span(part.blocks[int(found[1])])
    return part.span()


def report_missing_characters(log: Path, parts: Mapping[str, Part], ledger: Ledger) -> None:
    """Report every character that no font of the book has, at the place where it first stands."""
    text = log.read_text(encoding="utf-8", errors="replace")
    for found in dict.fromkeys(_MISSING.findall(text)):
        code = _CODE_POINT.search(found)
        character = chr(int(code[1], 16)) if code else found[0]
        if not _report_character(character, parts, ledger):
            ledger.report("OCT403", None, character=character, point=f"U+{ord(character):04X}")


def _report_character(character: str, parts: Mapping[str, Part], ledger: Ledger) -> bool:
    for part in parts.values():
        for node in n.walk(part.blocks):
            own = getattr(node, "text", "") if isinstance(node, n.Text | n.CodeSpan | n.CodeBlock) else ""
            if character in own:
                span = part.span(node, character)
                ledger.report("OCT403", span, character=character, point=f"U+{ord(character):04X}")
                return True
    return False
