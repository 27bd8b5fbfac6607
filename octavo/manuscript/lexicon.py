"""Give the words in which formulas are said: phrases, names and characters of one language, from `spoken.yaml`."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

#: Words of Unicode's names that nobody says of a letter or a sign.
_UNSAID = frozenset(
    ("mathematical", "greek", "latin", "letter", "italic", "small", "sign", "symbol", "operator", "n-ary", "digit")
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Hold the words of one language."""

    capital: str
    styles: dict[str, str]
    symbols: dict[str, str]
    names: dict[str, str]
    accents: dict[str, str]
    superscripts: dict[str, str]
    denominators: dict[str, tuple[str, str]]
    numbers: dict[str, str]
    phrases: dict[str, str]

    def phrase(self, key: str, *parts: object) -> str:
        """Return a phrase with its blanks filled."""
        return self.phrases[key].format(*parts)

    def name(self, text: str) -> str:
        """Say a letter, or a name of several: one that the list has, or as it is written."""
        if len(text) == 1:
            return self.character(text)
        plain = unicodedata.normalize("NFKC", text)
        return self.names.get(plain, plain)

    def characters(self, text: str) -> str:
        """Say characters one after the other."""
        return " ".join(map(self.character, text))

    def character(self, character: str) -> str:
        """Say one character: by the list, or by its Unicode name without what nobody says."""
        if character in self.symbols:
            return self.symbols[character]
        name = unicodedata.name(character, character).lower().replace("lamda", "lambda").split()
        styles = [self.styles[word] for word in name if word in self.styles]
        rest = [word for word in name if word not in _UNSAID and word not in self.styles]
        if "capital" not in rest:
            return " ".join([*styles, *(rest or name)])
        letter = " ".join(word for word in rest if word != "capital")
        return " ".join([*styles, self.capital.format(letter.upper() if len(letter) == 1 else letter)])


@cache
def _languages() -> dict[str, dict[str, Any]]:
    import yaml

    text = (Path(__file__).parent / "spoken.yaml").read_text(encoding="utf-8")
    languages: dict[str, dict[str, Any]] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return languages


@cache
def lexicon(language: str) -> Lexicon | None:
    """Return the words of a language by its code, or None for one that has none."""
    found = _languages().get(language)
    return Lexicon(**found) if found else None
