"""Suggest what an author may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean …?` for the closest known word, or nothing where none is close."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean `{found[0]}`?" if found else ""
