"""Read what other tools write within a line: MyST's roles, the references of bookdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

#: A role of MyST with its text, code, a reference of bookdown, a text reference; whichever begins first.
_PIECE = re.compile(
    r"\{(?P<role>[a-z][\w:.-]*)\}`(?P<text>[^`\n]+)`"
    r"|(?<!`)(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)"
    r"|\\?\\[@]ref\((?P<label>[^()\s]+)\)"
    r"|\((?P<cap>ref:[\w-]+)\)"
)
_TITLED = re.compile(r"(?P<title>[^<>]*\S)\s*<(?P<target>[^<>]+)>")
#: What has a number of its own: the prefixes of labels, as bookdown writes them.
_NUMBERED = {
    "fig": "fig", "tab": "tbl", "tbl": "tbl", "eq": "eq", "sec": "sec", "lst": "lst", "thm": "thm", "lem": "lem",
    "cor": "cor", "prp": "prp", "cnj": "cnj", "def": "def", "exm": "exm", "exr": "exr",
}  # fmt: skip
_LABEL = re.compile(r"(?P<kind>[a-z]{2,3})[:-](?P<name>\S+)")


def read_roles(line: str, texts: Mapping[str, str]) -> str:
    """Return a line in which roles and references are Pandoc's own; code stays as it is.

    `texts` are the text references of bookdown that the chapter defines.
    """

    def replaced(found: re.Match[str]) -> str:
        if found["role"]:
            return _role(found["role"], found["text"]) or found[0]
        if found["label"]:
            return _reference(found["label"])
        if found["cap"]:
            return texts.get(found["cap"], found[0])
        return found[0]

    return _PIECE.sub(replaced, line)


def _role(name: str, text: str) -> str | None:
    """Return what a role of MyST is in Pandoc's Markdown, or nothing for one that has no like."""
    write = _ROLES.get(name)
    return write(text.strip()) if write else None


def _reference(label: str) -> str:
    """Return a reference of bookdown: the number alone, without its kind."""
    found = _LABEL.fullmatch(label)
    if found and found["kind"] in _NUMBERED:
        return f"[-@{_NUMBERED[found['kind']]}:{found['name']}]"
    return f"[](#{label}){{.number}}"


def _link(text: str) -> str:
    titled = _TITLED.fullmatch(text)
    return f"[{titled['title']}](#{titled['target']})" if titled else f"[](#{text})"


def _equation(text: str) -> str:
    return f"@{text}" if text.startswith(("eq:", "eq-")) else f"@eq:{text}"


def _cite(text: str) -> str:
    return f"[{'; '.join(f'@{key.strip()}' for key in text.split(','))}]"


def _in_text(text: str) -> str:
    return ", ".join(f"@{key.strip()}" for key in text.split(","))


def _abbreviation(text: str) -> str:
    found = re.fullmatch(r"(.+?)\s*\((.+)\)", text)
    return f'[{found[1]}]{{expansion="{found[2]}"}}' if found else text


def _spaced(mark: str) -> Callable[[str], str]:
    return lambda text: f"{mark}{text.replace(' ', chr(92) + ' ')}{mark}"


_ROLES: dict[str, Callable[[str], str]] = {
    "ref": _link,
    "numref": _link,
    "eq": _equation,
    "cite": _cite,
    "cite:p": _cite,
    "cite:ps": _cite,
    "citep": _cite,
    "cite:t": _in_text,
    "cite:ts": _in_text,
    "citet": _in_text,
    "math": lambda text: f"${text}$",
    "sub": _spaced("~"),
    "subscript": _spaced("~"),
    "sup": _spaced("^"),
    "superscript": _spaced("^"),
    "abbr": _abbreviation,
    "kbd": lambda text: f"[{text}]{{.kbd}}",
    "code": lambda text: f"`{text}`",
    "literal": lambda text: f"`{text}`",
    "index": lambda text: f'[]{{.index entry="{text}"}}',
}
