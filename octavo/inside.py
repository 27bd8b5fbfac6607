"""Keep a report to its own folder: a link in it that leads elsewhere is not followed.

A stranger's report can hold a symbolic link to any file of whoever builds it, which would then be printed. A path in
report.yaml that itself climbs out, as `../references.bib`, is refused by its schema.
"""

from __future__ import annotations

import os
from pathlib import Path


def leads_out(path: Path, folder: Path) -> bool:
    """Tell whether a path that is written as one within a folder is, through a link, one outside of it."""
    try:
        root, written = folder.resolve(), Path(os.path.normpath(folder.absolute() / path))
        within = written.is_relative_to(os.path.normpath(folder.absolute()))
        return within and not (folder / path).resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # a link that leads to itself
        return True
