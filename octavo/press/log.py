r"""Read what only the engine can tell, and trace it back to the author's file.

The engine runs with `-file-line-error`, so an error is one line `FILE:LINE: MESSAGE` (Web2C manual). Octavo writes a
comment in front of every block of a part, which leads from the line of TeX to the block of Markdown; the last command
that TeX had read (tex.web, `show_context`) leads to the place in the block.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from octavo.diagnostics import Ledger, Span
from octavo.manifest import FILE
from octavo.manuscript import nodes as n
from octavo.manuscript.part import Part
from octavo.press.signs import Missing, as_escape, group_of, report_signs
from octavo.workspace import ProgramStoppedError

#: The document that holds what report.yaml says.
DRIVER = "book"
_ERROR = re.compile(r"^(?:\./)?([\w.-]+):(\d+): (.+)$", re.MULTILINE)
#: The first line of what TeX shows behind an error ends with the command that it does not know, here within a macro.
_UNKNOWN = re.compile(r"\n[^\n]*->[^\n]*?(\\[A-Za-z@]+) *(?=\n)")
_LUA_ERROR = re.compile(r"(?:\./)?([\w-]+\.lua):(\d+): (.+)")
_OPENED = re.compile(r"\((?:\./)?([\w.-]+\.(?:sty|tex))")
_BARE = re.compile(r"^! (.+)$", re.MULTILINE)
_PLACE = re.compile(r"([\w.-]+\.(?:sty|lua|tex)):(\d+):")
_CONTEXT = re.compile(r"^l\.\d+ (.*)$", re.MULTILINE)
_COMMAND = re.compile(r"\\(?:[A-Za-z@]+|.)\s*$")
_UNCLOSED = re.compile(r"\\begin\{[^}]+\}")
_BLOCK = re.compile(r"^% block (\d+)$")
_MISSING = re.compile(r"^Missing character: There is no (\S+) .*?in font .*$", re.MULTILINE)
_SIGN = re.compile(r"octavo sign: ([0-9A-F]{4,6})")
_CODE_POINT = re.compile(r"U\+([0-9A-F]{4,6})")


def report_errors(log: Path, parts: Mapping[str, Part], own: Mapping[str, str], ledger: Ledger) -> None:
    """Report why the engine stopped: the message, at the Markdown or the style file that it was reading.

    `own` are the paths of the style files that the report brings, by name. An error is theirs where TeX or Lua was
    reading one, and where a command that TeX does not know stands in one, and in no LaTeX of the manuscript.
    """
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    if faults := [fault for fault in _LUA_ERROR.findall(text) if fault[0] in own]:
        name, at, message = faults[0]
        ledger.report("OCT401", Span(own[name], int(at), 1), message=message.rstrip("."), log=log)
        return
    found = _ERROR.search(text)
    if found is None:
        ledger.report("OCT402", None, log=log, last=_last_line(text))
        return
    file, line, message = log.parent / found[1], int(found[2]), found[3].rstrip(".")
    if message == "Emergency stop" and (bare := _BARE.findall(text, 0, found.start())):
        message = bare[-1].rstrip(".")
    context = _CONTEXT.search(text, found.end())
    command = _COMMAND.search(context[1]) if context else None
    needle = command[0].strip() if command else ""
    if message.startswith("Undefined control sequence") and (inner := _UNKNOWN.match(text, found.end())):
        needle = inner[1]
    if place := _own_place(found[0], needle, log.parent, parts, own):
        message += f" `{needle}`" if message.startswith("Undefined control sequence") and needle else ""
        ledger.report("OCT401", place, message=message, log=log)
        return
    part = parts.get(file.stem)
    if part is None:
        opened = [name for name in _OPENED.findall(text, 0, found.start()) if name in own]
        driver = (Span(own[opened[-1]]) if opened else Span(FILE)) if file.stem == DRIVER else None
        ledger.report("OCT401", _find_unclosed(message, parts) or driver, message=message, log=log)
        return
    if message.startswith("Undefined control sequence") and needle:
        message += f" `{needle}`"
    ledger.report("OCT401", _trace(file, line, part, needle), message=message, log=log)


def overtime(log: Path, seconds: int, parts: Mapping[str, Part]) -> ProgramStoppedError:
    """Return the error that an engine took too long, at the place where it was interrupted."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    found = _ERROR.search(text)
    part = parts.get(Path(found[1]).stem) if found else None
    place = _trace(log.parent / found[1], int(found[2]), part, "") if found and part else None
    reason = f"it took more than {seconds} seconds (`OCTAVO_SECONDS` in the environment gives it more)"
    return ProgramStoppedError("LuaLaTeX", reason, place)


def _own_place(
    error: str, needle: str, folder: Path, parts: Mapping[str, Part], own: Mapping[str, str]
) -> Span | None:
    """Return the line of the report's own style or Lua file that an error comes from, if from one."""
    for name, line in reversed(_PLACE.findall(error)):
        if name in own:
            return Span(own[name], int(line), 1)
    written = (tex for part in parts.values() for block in part.blocks for _, tex in _raw(block))
    if not needle or any(needle in tex for tex in written):
        return None
    for name, path in own.items():
        lines = (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
        for number, text in enumerate(lines, start=1):
            if found := re.search(re.escape(needle) + r"(?![A-Za-z@])", text):
                return Span(path, number, found.start() + 1)
    return None


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it wrote no log"


def _trace(file: Path, line: int, part: Part, needle: str) -> Span:
    """Return the place of the block that a line of a part's TeX was made from, or of a command in the block."""
    block = block_at(file, line, part)
    if block is None:
        return part.span()
    if isinstance(block, n.RawBlock) and not needle:
        needle = block.text.strip().split("\n")[0]
    raw = next((node for node, tex in _raw(block) if needle and needle in tex), None)
    return part.span(raw, needle) if raw else part.span(block)


def block_at(file: Path, line: int, part: Part) -> n.Block | None:
    """Return the block that a line of a part's TeX was made from."""
    for text in reversed(file.read_text(encoding="utf-8").splitlines()[:line]):
        if found := _BLOCK.match(text):
            return part.blocks[int(found[1])]
    return None


def _raw(block: n.Block) -> Iterator[tuple[n.Node, str]]:
    """Yield what an author wrote as TeX."""
    for node in n.walk([block]):
        if isinstance(node, n.Raw | n.RawBlock):
            yield node, node.text
        elif isinstance(node, n.Math):
            yield node, node.tex


def _find_unclosed(message: str, parts: Mapping[str, Part]) -> Span | None:
    r"""Find a `\begin` without its `\end`, of which TeX complains only when it ends the document."""
    found = _UNCLOSED.search(message)
    if found is None:
        return None
    for part in parts.values():
        for block in part.blocks:
            for node, tex in _raw(block):
                if found[0] in tex:
                    return part.span(node, found[0])
    return None


def report_missing_characters(log: Path, parts: Mapping[str, Part], told: Collection[str], ledger: Ledger) -> None:
    """Report what the engine printed as a code point and the check did not see, and what it did not print at all.

    The second is an error: TeX of the author's or a formula asks for a character that its font lacks.
    """
    text = log.read_text(encoding="utf-8", errors="replace")
    missing, groups = Missing(), {group_of(character) for character in told}
    for code in dict.fromkeys(_SIGN.findall(text)):
        character = chr(int(code, 16))
        if group_of(character) not in groups:
            missing.add(character, _place_of(character, parts))
    report_signs(missing, ledger)
    for found in dict.fromkeys(_MISSING.findall(text)):
        point = _CODE_POINT.search(found)
        character = chr(int(point[1], 16)) if point else found[0]
        facts = {"character": as_escape(character), "point": f"U+{ord(character):04X}"}
        ledger.report("OCT420", _place_of(character, parts), **facts)


def _place_of(character: str, parts: Mapping[str, Part]) -> Span | None:
    """Return the place where a character first stands."""
    for part in parts.values():
        for node in n.walk(part.blocks):
            own = node.text if isinstance(node, n.Text | n.CodeSpan | n.CodeBlock | n.Raw | n.RawBlock) else ""
            if character in (node.tex if isinstance(node, n.Math) else own):
                return part.span(node, character)
    return None
