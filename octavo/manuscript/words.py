"""Say in the report's language what the book says of its own accord: “Chapter”, “Contents”, “cited on”."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml


@cache
def _standard() -> dict[str, dict[str, str]]:
    text = (Path(__file__).parent / "words.yaml").read_text(encoding="utf-8")
    words: dict[str, dict[str, str]] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return words


class Words:
    """Give each word of the book's own in one language; a report's own words come first, English last."""

    def __init__(self, language: str, own: Mapping[str, str]) -> None:
        standard = _standard()
        self._words = {**standard["en"], **standard.get(language.split("-")[0], {}), **own}

    def __call__(self, key: str) -> str:
        """Return the word; raises `KeyError` for one that no list has."""
        return self._words[key]


def known_words() -> frozenset[str]:
    """Return the keys that a report may set under `words`."""
    return frozenset(_standard()["en"])
