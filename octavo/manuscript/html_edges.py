"""Put tags and labels where they belong: those that stand alone beside the blocks that they mean."""

from __future__ import annotations

from collections.abc import Sequence

from octavo.manuscript.html_tags import Json, Tag, tags_in, vocabulary

_SPACES = ("Space", "SoftBreak")


def is_raw(item: Json) -> bool:
    """Tell whether an inline is a tag, or a comment."""
    return bool(item["t"] == "RawInline" and item["c"][0] == "html")


def with_edges(blocks: Sequence[Json]) -> list[Json]:
    """Return blocks in which a tag at the head or the end of a paragraph stands alone, if its partner does in another.

    So `<a href="…">` on a line of its own, above a picture and below an empty line, holds what follows.
    """
    opened: list[tuple[str, int]] = []
    heads: set[int] = set()
    ends: set[int] = set()
    for number, item in enumerate(blocks):
        names = _open_names(item)
        if names is None:
            continue
        first, last = names
        match = next((at for at in range(len(opened) - 1, -1, -1) if last and opened[at][0] == last), None)
        if match is not None:
            heads.add(opened[match][1])
            ends.add(number)
            del opened[match:]
        if first:
            opened.append((first, number))
    found: list[Json] = []
    for number, item in enumerate(blocks):
        line = item["c"] if number in heads | ends else []
        before = [line[0]] if number in heads else []
        after = [line[-1]] if number in ends else []
        middle = line[len(before) : len(line) - len(after)]
        found += [{"t": "RawBlock", "c": one["c"]} for one in before]
        if not line:
            found.append(item)
        elif middle:
            found.append({"t": item["t"], "c": middle})
        found += [{"t": "RawBlock", "c": one["c"]} for one in after]
    return found


def _open_names(item: Json) -> tuple[str, str] | None:
    """Return what the first tag of a paragraph opens and no other in it closes, and what the last one closes so."""
    if item["t"] not in ("Para", "Plain") or not item["c"]:
        return None
    tags = [tag for one in item["c"] if is_raw(one) for tag in tags_in(one["c"][1]) if isinstance(tag, Tag)]
    ends = [tags_in(one["c"][1]) if is_raw(one) else [] for one in (item["c"][0], item["c"][-1])]
    first, last = (found[0] if len(found) == 1 and isinstance(found[0], Tag) else None for found in ends)
    names = vocabulary().meant - vocabulary()["void"]

    def count(name: str) -> int:
        return sum((-1 if tag.closes else 1) for tag in tags if tag.name == name)

    opens = first.name if first and not first.closes and first.name in names and count(first.name) > 0 else ""
    closes = last.name if last and last.closes and last.name in names and count(last.name) < 0 else ""
    return (opens, closes) if opens or closes else None


def settle_places(blocks: list[Json]) -> list[Json]:
    """Move each place that stands alone in a paragraph to the head of what follows, else to the end before it."""
    found: list[Json] = []
    waiting: list[Json] = []
    for item in blocks:
        if item["t"] in ("Para", "Plain") and item["c"] and all(map(_is_place, item["c"])):
            waiting += [one for one in item["c"] if one["t"] == "Span"]
            continue
        if waiting and _lead(item, waiting):
            waiting = []
        found.append(item)
    if waiting and not (found and _follow(found[-1], waiting)):
        found.append({"t": "Plain", "c": waiting})
    return found


def _is_place(item: Json) -> bool:
    return item["t"] in _SPACES or (item["t"] == "Span" and not item["c"][1] and bool(item["c"][0][0]))


def _lead(item: Json, places: list[Json]) -> bool:
    """Put places at the head of a block; tell whether it has room for them."""
    match item["t"]:
        case "Para" | "Plain":
            item["c"] = [*places, *item["c"]]
        case "Header":
            item["c"][2] = [*places, *item["c"][2]]
        case "BlockQuote" | "Div":
            children = item["c"] if item["t"] == "BlockQuote" else item["c"][1]
            return bool(children) and _lead(children[0], places)
        case "BulletList" | "OrderedList":
            first = (item["c"] if item["t"] == "BulletList" else item["c"][1])[0]
            return bool(first) and _lead(first[0], places)
        case "Table" | "Figure" | "CodeBlock" if not item["c"][0][0] and len(places) == 1:
            item["c"][0][0] = places[0]["c"][0][0]
        case _:
            return False
    return True


def _follow(item: Json, places: list[Json]) -> bool:
    """Put places at the end of a block; tell whether it has room for them."""
    match item["t"]:
        case "Para" | "Plain":
            item["c"] = [*item["c"], *places]
        case "Header":
            item["c"][2] = [*item["c"][2], *places]
        case "BlockQuote" | "Div":
            children = item["c"] if item["t"] == "BlockQuote" else item["c"][1]
            return bool(children) and _follow(children[-1], places)
        case _:
            return False
    return True
