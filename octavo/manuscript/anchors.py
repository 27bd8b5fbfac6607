"""Find the place in the book that a link to a Markdown file means, as the repository's pages have it.

A manuscript is read in its repository too, where `[wood](two.md#dry-wood)` leads to a heading of another file. In the
book that is the same heading, whether its identifier was made by Pandoc's rule or by GitHub's.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

#: The endings that a chapter may have in a link: as it is written, and as a site publishes it.
_ENDINGS: Final = (".md", ".markdown", ".qmd", ".rmd", ".html", ".htm")


@dataclass
class Anchors:
    """Hold where each file begins, and its headings by every identifier that a link may use, in lower case."""

    files: dict[str, str] = field(default_factory=dict)
    headings: dict[tuple[str, str], str] = field(default_factory=dict)
    _used: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, path: str, label: str, identifiers: tuple[str, ...], title: str) -> None:
        """Note a heading of a file: its label in the book, the identifiers it was given, its words."""
        self.files.setdefault(_stem(path), label)
        for identifier in (*identifiers, *self._made_of(path, title)):
            self.headings.setdefault((_stem(path), identifier.casefold()), label)

    def _made_of(self, path: str, title: str) -> set[str]:
        """Return the identifiers that Pandoc and GitHub make of a heading; the second of a kind has `-1` behind it."""
        found = set()
        for slug in {slug_of_pandoc(title), slug_of_github(title)}:
            count = self._used[_stem(path), slug]
            self._used[_stem(path), slug] += 1
            found.add(f"{slug}-{count}" if count else slug)
        return found

    def find(self, path: str, address: str) -> str | None:
        """Return the label of what an address in that file leads to: a file of the book or a heading in one."""
        file, _, fragment = address.partition("#")
        fragment = unquote(fragment).casefold()
        if not file:
            return self.headings.get((_stem(path), fragment))
        stem = self.file(path, file)
        if stem is None:
            return None
        return self.headings.get((stem, fragment)) if fragment else self.files[stem]

    def holds(self, path: str, named: str, other: str) -> bool:
        """Tell whether the file that is named in one file is that other file."""
        return self.file(path, named) == _stem(other)

    def file(self, path: str, named: str) -> str | None:
        """Return the file of the book that is named in another one: from its folder, or from the report's."""
        named = unquote(named.partition("?")[0]).replace("\\", "/")
        for folder in (posixpath.dirname(path), ""):
            stem = _stem(posixpath.normpath(posixpath.join(folder, named.lstrip("/"))))
            if stem in self.files:
                return stem
        return None


def slug_of_pandoc(title: str) -> str:
    """Make an identifier of a heading as Pandoc does (its manual, `auto_identifiers`)."""
    kept = re.sub(r"[^\w\s.-]", "", title.lower())
    return re.sub(r"^[\W\d_]+", "", "-".join(kept.split())) or "section"


def slug_of_github(title: str) -> str:
    """Make an identifier of a heading as GitHub does: a hyphen for every space, no punctuation."""
    plain = title.strip().lower().replace("\N{EN DASH}", "--").replace("\N{EM DASH}", "---")
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", plain))


def _stem(path: str) -> str:
    """Return a file's path without the ending of a chapter, in lower case."""
    folded = path.casefold()
    ending = next((one for one in _ENDINGS if folded.endswith(one)), "")
    return folded.removesuffix(ending)
