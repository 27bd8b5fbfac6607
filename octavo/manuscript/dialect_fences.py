"""Read the line behind a code fence: a language, the chunk of a notebook, or a directive of MyST."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from octavo.manuscript.dialects import dialects


@dataclass(frozen=True)
class Finding:
    """Note what must be said of a line, counted from 0, at a column, counted from 1."""

    kind: str
    line: int
    column: int
    written: str


@dataclass(frozen=True)
class Opening:
    """Say what a fence opens: `code` that Pandoc reads, code with `options` it does not, a `chunk`, a `directive`."""

    kind: str
    name: str = ""
    argument: str = ""
    wishes: str = ""


@dataclass
class Directive:
    """Say what is written for a directive: a div with attributes, code with what stands behind its fence, or text."""

    body: list[tuple[int, str]]
    attributes: str = ""
    title: str = ""
    code: str | None = None
    unknown: bool = False
    options: dict[str, str] = field(default_factory=dict)


_BRACED = re.compile(r"\{(?P<name>[A-Za-z][\w:.+-]*)(?P<rest>[\s,][^{}]*|)\}[ \t]*(?P<argument>.*)")
_SHOWN = re.compile(r"\{\{+[ \t]*(?P<name>[\w+-]+)[^{}]*\}\}+")
_PANDOC = re.compile(r"[^\s{}`,]*(?:[ \t]*\{[ \t]*(?:[.#=]|[\w-]+=|-[ \t]*\})[^{}]*(?:\"[^\"]*\"[^{}]*)*\})?")
_OPTION = re.compile(r"\s*(?:#|//|--|%%|;;|\") ?\|")
#: The name of a chunk: its first word in R Markdown, or `label`; and the caption of what it makes.
_CHUNK_LABEL = re.compile(r"\A(?P<head>[\w.:-]+)(?=[ ,\n]|\Z)(?!\s*=)|^label\s*[:=]\s*[\"']?(?P<label>[\w:-]+)", re.M)
_CHUNK_CAPTION = re.compile(
    r"\b(?:fig|tbl|lst)[.-]cap\s*[:=]\s*(?:([\"'])(?P<quoted>.*?)(?<!\\)\1|(?P<plain>[^,\n]+))", re.S
)
_FIELD = re.compile(r":(?P<key>[\w-]+):[ \t]*(?P<value>.*)$")
_HEAD = re.compile(r"(?P<key>[\w-]+):[ \t]*(?P<value>.*)$")


def opening_of(info: str) -> Opening:
    """Read what stands behind the marks of a fence."""
    if _PANDOC.fullmatch(info):
        return Opening("code")
    if shown := _SHOWN.fullmatch(info):
        return Opening("directive", "code-block", shown["name"])
    if braced := _BRACED.fullmatch(info):
        name = braced["name"]
        kind = "chunk" if _is_engine(name) else "directive"
        return Opening(kind, name, braced["argument"].strip(), braced["rest"].strip(" ,\t"))
    language = re.match(r"[\w+#-]*", info.lstrip("{."))
    return Opening("options", language[0] if language else "")


def _is_engine(name: str) -> bool:
    """Tell whether code of that name is run by a notebook: a directive of MyST has the name of no language."""
    from pygments.lexers import find_lexer_class_by_name
    from pygments.util import ClassNotFound

    lists = dialects()
    if name in lists.callouts or name in lists.code_directives or name in _OTHER:
        return False
    if name.lower() in lists.languages or name == "code-cell":
        return True
    try:
        find_lexer_class_by_name(name)
    except ClassNotFound:
        return False
    return True


#: Directives that Pygments would take for languages.
_OTHER = frozenset(["math", "figure", "image", "include", "table", "raw", "text", "output", "epigraph", "list-table"])


def code_line(name: str) -> str:
    """Return what stands behind a fence for code in a language that a notebook or a directive names."""
    language = dialects().languages.get(name.lower(), name.lower() if name.isupper() or name[:1].isupper() else name)
    return f" {{.{language}}}" if re.fullmatch(r"[\w-]+", language) else f" {language}"


def directive(opening: Opening, body: Sequence[tuple[int, str]], referenced: Collection[str] = ()) -> Directive:
    """Return what is written for a directive or a chunk with that body.

    `referenced` are the names of chunks that the text refers to, as figures or tables that the code would make.
    """
    lines = list(body)
    if opening.kind == "chunk":
        name = opening.argument.split()[0] if opening.name == "code-cell" and opening.argument else opening.name
        wishes = opening.wishes
        while lines and (found := _OPTION.match(lines[0][1])):
            wishes += f"\n{lines.pop(0)[1][found.end() :].strip()}"
        if opening.name == "code-cell":
            _options(lines)
        return Directive(lines, code=_labelled(code_line(name), wishes, referenced))
    options = _options(lines)
    return _known(opening, lines, options) or Directive(list(body), code=" {.text}", unknown=True)


def _labelled(code: str, wishes: str, referenced: Collection[str]) -> str:
    """Return what stands behind the fence of a chunk that is referred to, or has a caption: it is a listing.

    The code stands where the figure or the table would that it makes, and has its name and its caption.
    """
    found = _CHUNK_LABEL.search(wishes)
    label = (found["head"] or found["label"]) if found else ""
    caption = _CHUNK_CAPTION.search(wishes)
    if not label or not (caption or {label, label.removeprefix("fig-").removeprefix("tbl-")} & set(referenced)):
        return code
    words = (caption["quoted"] or caption["plain"] or "").strip() if caption else ""
    written = words.replace('"', "\N{RIGHT DOUBLE QUOTATION MARK}")
    language = code.strip().strip("{}")
    shown = f' caption="{written}"' if words and not words.startswith("(ref:") else ""
    return f" {{#lst:{label} {language if language.startswith('.') else f'.{language}'}{shown}}}"


def _known(opening: Opening, lines: list[tuple[int, str]], options: dict[str, str]) -> Directive | None:
    """Return what a directive is that Octavo knows."""
    lists, name = dialects(), opening.name.rpartition(":")[2]
    label = options.get("name") or options.get("label") or ""
    named = f" #{label}" if label else ""
    if name in lists.code_directives:
        behind = code_line(opening.argument) if opening.argument else ""
        if label or "caption" in options:
            caption = options.get("caption", "").replace('"', '\\"')
            behind = f" {{.{opening.argument or 'text'}{named}" + (f' caption="{caption}"}}' if caption else "}")
        return Directive(lines, code=behind)
    kind = next((one for one in options.get("class", "").split() if one in lists.callouts), "")
    if name in lists.callouts:
        form = lists.callouts[kind or name]
        return Directive(lines, f".{form}{named}", opening.argument)
    if name in lists.theorems.values():
        return Directive(lines, f".{name}{named}", opening.argument)
    if name in ("dropdown", "card", "topic", "sidebar", "margin"):
        return Directive(lines, ".note", opening.argument or name.capitalize())
    if name == "epigraph":
        return Directive(lines, ".epigraph")
    if name == "math":
        closing = f"$$ {{#eq:{label.removeprefix('eq:').removeprefix('eq-')}}}" if label else "$$"
        number = lines[0][0] if lines else 0
        kept = [line for line in lines if line[1].strip()]
        return Directive([(number, "$$"), *kept, (number, closing)])
    if name in ("figure", "image") and opening.argument:
        return Directive(_picture(opening.argument, label, lines, options))
    return None


def _picture(target: str, label: str, lines: list[tuple[int, str]], options: dict[str, str]) -> list[tuple[int, str]]:
    """Return a figure of MyST as Pandoc's: the first paragraph is its caption, the rest follows."""
    while lines and not lines[0][1].strip():
        lines.pop(0)
    caption: list[str] = []
    number = lines[0][0] if lines else 0
    while lines and lines[0][1].strip():
        caption.append(lines.pop(0)[1].strip())
    prefixed = label if label.startswith(("fig:", "fig-")) or not label else f"fig:{label}"
    words = [f"#{prefixed}"] if prefixed else []
    words += [f'{key}="{options[key]}"' for key in ("alt", "width", "height") if options.get(key)]
    braces = f"{{{' '.join(words)}}}" if words else ""
    return [(number, f"![{' '.join(caption)}]({target}){braces}"), (number, ""), *lines]


def _options(lines: list[tuple[int, str]]) -> dict[str, str]:
    """Take the options from the head of a body: lines with `:key: value`, or a block of YAML."""
    options: dict[str, str] = {}
    if lines and lines[0][1].strip() == "---":
        end = next((i for i, (_, text) in enumerate(lines) if i and text.strip() == "---"), 0)
        for _, text in lines[1:end]:
            if found := _HEAD.match(text.strip()):
                options[found["key"]] = found["value"].strip("\"'")
        del lines[: end + 1]
        return options
    while lines and (found := _FIELD.match(lines[0][1].strip())):
        options[found["key"]] = found["value"].strip()
        lines.pop(0)
    return options
