"""Say in the report's language what the book says of its own accord: “Chapter”, “Contents”, “cited on”."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import yaml

_HERE = Path(__file__).parent
#: Languages that share the words of another: Norwegian is Bokmål; Chinese of these regions is written traditionally.
_SAME = {"no": "nb", "zh-TW": "zh-Hant", "zh-HK": "zh-Hant", "zh-MO": "zh-Hant", "iw": "he"}
#: Where the number stands in a word such as “第 {} 章”; other words have it behind them.
_NUMBER = "{}"
_NAMED = re.compile(r"\{(\w+)\}")


def filled(text: str, **facts: object) -> str:
    """Put facts in the place of their names in braces, and leave all else: a word of a report is no format string."""
    return _NAMED.sub(lambda found: str(facts.get(found[1], found[0])), text)


def _load(path: Path) -> dict[str, dict[str, str]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    words: dict[str, dict[str, str]] = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    return words


@cache
def _standard() -> dict[str, dict[str, str]]:
    return _load(_HERE / "words.yaml")


@cache
def _of_language(language: str) -> Mapping[str, str]:
    """Return the words of a language tag, the nearest that there are; of an unknown one, none."""
    primary, *subtags = language.split("-")
    for tag in (*(f"{primary}-{subtag}" for subtag in subtags), primary):
        name = _SAME.get(tag, tag)
        if name in _standard():
            return _standard()[name]
        if (_HERE / "languages" / f"{name}.yaml").is_file():
            return dict(_load(_HERE / "languages" / f"{name}.yaml"))  # type: ignore[arg-type]
    return {}


class Words:
    """Give each word of the book's own in one language; a report's own words come first, English last."""

    def __init__(self, language: str, own: Mapping[str, str]) -> None:
        self._words = {**_standard()["en"], **_of_language(language), **own}

    def __call__(self, key: str) -> str:
        """Return the word; raises `KeyError` for one that no list has."""
        return self._words[key]

    def items(self) -> list[tuple[str, str]]:
        """Return every key with its word, in order, by which what was drawn with them is found again."""
        return sorted(self._words.items())


def numbered(words: Callable[[str], str], key: str, number: str) -> str:
    """Return a word with its number: behind it, or where the language has it."""
    before, after = around_number(words, key)
    return f"{before}{number}{after}"


def around_number(words: Callable[[str], str], key: str) -> tuple[str, str]:
    """Return what stands before and behind the number of a word."""
    before, place, after = words(key).partition(_NUMBER)
    before, after = (text.replace(" ", "\N{NO-BREAK SPACE}") for text in (before, after))
    return (before, after) if place else (f"{words(key)}\N{NO-BREAK SPACE}", "")


def unknown_words(language: str, own: Mapping[str, str]) -> frozenset[str]:
    """Return the keys that stay English in a language, because neither Octavo nor the report has words for them."""
    return known_words() - _of_language(language).keys() - own.keys()


def languages() -> frozenset[str]:
    """Return the tags of the languages that Octavo has words of."""
    return frozenset(_standard()) | {path.stem for path in (_HERE / "languages").glob("*.yaml")}


def known_words() -> frozenset[str]:
    """Return the keys that a report may set under `words`."""
    return frozenset(_standard()["en"])
