"""Damage inputs the way that editors, networks and attackers do: by bytes, by lines, with words that mean something.

Every step comes from a seeded generator, so that an input that was found bad is made again by its number.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

#: What readers of text, YAML, TeX, XML and paths take for more than letters.
HOSTILE = (
    "\\", "$", "$$", "^^5c", "\\directlua{x}", "\\input{/etc/passwd}", "\\begin{", "\\end{x}", "{", "}", "[",
    "](", "![", "[^", "[^a]: ", "`", "```", "~~~{.python", ":::", "::: {#x .y", "|", "|---|", "+---+", "> ",
    "- ", "1. ", "# ", "---", "...", "<b", "</div>", "<!--", "-->", "<img src=x>", "&#0;", "&#xD800;", "&lt;",
    "@", "@{x, y", "[@", "{{", "{%", "<<", "<%", "%", "%s", "{0}", "{name}", "!!python/object:x", "*a", "&a",
    "a: &a [*a]", "? ", "\t", "\r", "\x00", "\x1b[31m", "\u202e", "\u200b", "\ufeff", "\ud7ff", "\U0001f600",
    "\u0301", "1e999", "-1", "NaN", "null", "../..", "file:///", "javascript:", "9" * 40, "a" * 2000, "\n",
    "\n\n", "\n    ", "'", '"', "#", "<?xml?>", "<!DOCTYPE x [<!ENTITY y 'z'>]>", "xlink:href='/etc/passwd'",
    "stream", "endobj", "/JS", "IHDR",
)  # fmt: skip


def damaged(seeds: Sequence[bytes], number: int, kind: str) -> bytes:
    """Return input `number` of a kind: a seed after one to eight steps."""
    chance = random.Random(f"{kind} {number}")
    data = chance.choice(seeds)
    for _ in range(chance.randint(1, 8)):
        step = chance.choice(_STEPS)
        data = step(data, chance, seeds)
    return data[:200_000]


def _span(data: bytes, chance: random.Random, longest: int = 40) -> tuple[int, int]:
    start = chance.randint(0, len(data))
    return start, min(len(data), start + chance.randint(0, longest))


def _insert(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    start, _end = _span(data, chance)
    return data[:start] + chance.choice(HOSTILE).encode("utf-8", "surrogatepass") + data[start:]


def _replace(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, chance)
    return data[:start] + chance.choice(HOSTILE).encode("utf-8", "surrogatepass") + data[end:]


def _drop(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, chance, 200)
    return data[:start] + data[end:]


def _repeat(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, chance)
    return data[:end] + data[start:end] * chance.choice((1, 2, 50)) + data[end:]


def _flip(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    if not data:
        return data
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]


def _cut(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    return data[: chance.randint(0, len(data))]


def _splice(data: bytes, chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    other = chance.choice(seeds)
    return data[: chance.randint(0, len(data))] + other[chance.randint(0, len(other)) :]


def _exchange_lines(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    lines = data.splitlines(keepends=True)
    if len(lines) < 2:
        return data
    one, other = chance.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _indent(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    place = chance.randrange(len(lines))
    lines[place] = chance.choice((b"  ", b"    ", b"\t", b"> ", b"- ")) + lines[place]
    return b"".join(lines)


Step = Callable[[bytes, random.Random, Sequence[bytes]], bytes]
_STEPS: tuple[Step, ...] = (
    _insert, _insert, _insert, _replace, _replace, _drop, _repeat, _flip, _cut, _splice, _exchange_lines, _indent
)  # fmt: skip
