"""Read what other tools mean by a passage that Pandoc has read, before its nodes are made.

Quarto's callouts, GitHub's alerts, text for another format, tabs and page breaks become what Octavo has for them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

from octavo.manuscript.dialects import TITLE, dialects
from octavo.manuscript.html_blocks import slug, words_of

#: One value of Pandoc's JSON.
Json: TypeAlias = Any

#: What must stand in the JSON of a part for any of this to be looked for.
SIGNS = re.compile(
    r'"\[!|"callout|"content-|"panel-tabset"|"tabset"|page"|pagebreak"|"octavo-title"|"(?:note|tip|warning|important'
    r"|caution|danger|error|attention|hint|info|success|question|admonition|seealso|todo|alert|bug|failure|help|faq"
    r'|check|done|fail|information)"'
)
_ALERT = re.compile(r"\[!([A-Za-z]+)\][+-]?")
_SPACES = ("Space", "SoftBreak", "LineBreak")


def read_blocks(blocks: Sequence[Json]) -> list[Json]:
    """Return blocks with the passages of other tools read."""
    found: list[Json] = []
    for block in blocks:
        found += _read(block)
    return found


def _read(block: Json) -> list[Json]:
    """Return what one block is, which may be nothing."""
    match block["t"]:
        case "Div":
            return _div(block)
        case "BlockQuote":
            return [_alert(block["c"]) or {"t": "BlockQuote", "c": read_blocks(block["c"])}]
        case "BulletList":
            block["c"] = [read_blocks(item) for item in block["c"]]
        case "OrderedList":
            block["c"][1] = [read_blocks(item) for item in block["c"][1]]
        case "DefinitionList":
            block["c"] = [[term, [read_blocks(body) for body in bodies]] for term, bodies in block["c"]]
        case "Para" | "Plain" if any(one["t"] == "Span" for one in block["c"]):
            block["c"] = _line(block["c"])
    return [block]


def _line(inlines: Sequence[Json]) -> list[Json]:
    """Return the contents of a line without what is meant for another format, and without a space in its place."""
    found: list[Json] = []
    after_hidden = False
    for one in inlines:
        if one["t"] == "Span" and _is_hidden(one["c"][0]):
            after_hidden = True
            continue
        if not (after_hidden and one["t"] in _SPACES and (not found or found[-1]["t"] in _SPACES)):
            found.append(one)
        after_hidden = False
    return found


def _div(block: Json) -> list[Json]:
    """Return a div as the callout that it is, without what is meant for another format."""
    (identifier, classes, pairs), children = block["c"]
    if _is_hidden(block["c"][0]):
        return []
    if set(classes) & {"panel-tabset", "tabset"}:
        return read_blocks([_unlisted(child) for child in children])
    callouts = dialects().callouts
    form = next((callouts[name] for name in classes if name in callouts), "")
    inner = read_blocks(children)
    if form:
        kept = [name for name in classes if name not in callouts]
        block["c"][0] = [identifier, [form, *kept], pairs]
        inner = _titled(inner, any(key == "title" for key, _ in pairs))
    block["c"][1] = inner
    return [block]


def _titled(blocks: list[Json], has_title: bool) -> list[Json]:
    """Return the blocks of a callout: a heading at its head is its title, any other is not counted."""
    first, rest = ([], blocks) if has_title else (blocks[:1], blocks[1:])
    if first and first[0]["t"] == "Header":
        first = [title(_named(first[0]))]
    return [*first, *(_unlisted(block) for block in rest)]


def title(inlines: list[Json]) -> Json:
    """Return the passage that is the title of the one around it."""
    return {"t": "Div", "c": [["", [TITLE], []], [{"t": "Plain", "c": inlines}]]}


def _named(heading: Json) -> list[Json]:
    """Return the words of a heading, as a place that can be linked to where the author gave it a label."""
    _, (identifier, _, _), words = heading["c"]
    given = identifier and not re.fullmatch(rf"{re.escape(slug(words_of(words)))}(-\d+)?", identifier)
    return [{"t": "Span", "c": [[identifier, [], []], words]}] if given else words


def _unlisted(block: Json) -> Json:
    """Return a heading without a number or a place in the contents, and any other block as it is."""
    if block["t"] == "Header":
        identifier, classes, pairs = block["c"][1]
        block["c"][1] = [identifier, list(dict.fromkeys([*classes, "unnumbered", "unlisted"])), pairs]
    return block


def _is_hidden(attributes: Json) -> bool:
    """Tell whether Quarto would leave a passage out of a PDF."""
    _, classes, pairs = attributes
    values = dict(pairs)
    formats = dialects().formats
    matches = [values[key] in formats for key in ("when-format",) if key in values]
    matches += [values[key] not in formats for key in ("unless-format",) if key in values]
    if "content-visible" in classes:
        return bool(matches) and not all(matches)
    if "content-hidden" in classes:
        return all(matches) if matches else not set(values) & {"when-meta", "unless-meta", "when-profile"}
    return False


def _alert(blocks: list[Json]) -> Json | None:
    """Return the callout that a quotation is to GitHub: its first word is `[!NOTE]`."""
    first = blocks[0] if blocks else None
    if first is None or first["t"] not in ("Para", "Plain") or first["c"][0]["t"] != "Str":
        return None
    found = _ALERT.fullmatch(first["c"][0]["c"])
    form = dialects().callouts.get(found[1].lower()) if found else None
    if form is None:
        return None
    rest = first["c"][1:]
    end = next((at for at, one in enumerate(rest) if one["t"] in ("SoftBreak", "LineBreak")), len(rest))
    heading = [one for at, one in enumerate(rest[:end]) if at or one["t"] not in _SPACES]
    body = rest[end + 1 :]
    children = [title(heading)] if heading else []
    children += [{"t": "Para", "c": body}] if body else []
    return {"t": "Div", "c": [["", [form], []], [*children, *read_blocks(blocks[1:])]]}
