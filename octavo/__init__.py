"""Turn Markdown chapters into one tagged, book-quality PDF.

The package tree is the pipeline; `octavo.cli` is its only door. The version is written here and nowhere else:
packaging reads it from this file without importing it.
"""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
