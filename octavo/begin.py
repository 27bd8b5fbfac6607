"""Begin a report: a short book about its own files, to be written over.

Its files are in `templates/report/`, and are those of any report: what a builder of books can do is shown best by one.
"""

from __future__ import annotations

from pathlib import Path

from octavo.diagnostics import Ledger
from octavo.workspace import templates_folder


def begin(folder: Path, ledger: Ledger) -> list[str]:
    """Write the files into a folder, which is made where there is none; return their names.

    A folder that holds anything is left as it is, for nobody could tell afterwards whose a file was. Raises `OSError`.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        ledger.report("OCT120", None, folder=folder)
        return []
    model = templates_folder() / "report"
    files = sorted(path for path in model.rglob("*") if path.is_file())
    for path in files:
        place = folder / path.relative_to(model)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    return [path.relative_to(model).as_posix() for path in files]
