"""Record which files builds made, so that nothing else is ever deleted.

`build/` and `dist/` are common names: files of others may stand in them, and be there before the first build or come
after it. What stood in the folders that a build works in is noted when it begins; what is there or is another file
when it ends was made by it. A file that somebody changed afterwards is no longer the one that was made.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from octavo.inside import leads_out
from octavo.sealed import read_values, write_values

#: The folders that a build works in. `dist/` is none of them: what is put there is recorded file by file.
WORKED_IN = ("build/cache", "build/press", "build/bound")
RECORD = "build/record"

#: Size and time of the last change, by which a file is known again, by its path from the folder of the report.
Files = dict[str, tuple[int, int]]


class OutsideError(Exception):
    """Say which link leads out of the report where a build writes or deletes."""


@dataclass
class Record:
    """Know what builds made in the folder of one report."""

    folder: Path
    _before: Files = field(default_factory=dict)

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Record what is made inside, however it ends."""
        self.begin()
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                self.end()

    def begin(self) -> None:
        """Note what stands where a build works; raises `OutsideError` where that is not in the report's folder."""
        self._refuse_links({"build", "dist", "dist/figures", *WORKED_IN})
        self._recover()
        made = self.made()
        self._before = {path: state for path, state in self._present().items() if made.get(path) != state}
        self._refuse_links(self._before)
        self._write(made, self._before)

    def end(self) -> None:
        """Record what this build made."""
        self._settle(self._before)

    def _recover(self) -> None:
        """Record what a build left that was killed before its end."""
        before = self._read().get("before")
        if before is not None:
            self._settle(_files(before))

    def _settle(self, before: Files) -> None:
        new = {path: state for path, state in self._present().items() if before.get(path) != state}
        self._write(self.made() | new, None)

    def add(self, path: Path) -> None:
        """Record one finished file."""
        kept = self._read()
        made = self.made() | {path.relative_to(self.folder).as_posix(): _state(path)}
        before = kept.get("before")
        self._write(made, None if before is None else _files(before))

    def made(self) -> Files:
        """Return the recorded files that are still there and were not changed since."""
        recorded = _files(self._read().get("made", {}))
        return {path: state for path, state in recorded.items() if _found(self.folder / path) == state}

    def clean(self) -> tuple[list[str], list[str]]:
        """Delete what is recorded; return what was deleted, and what stands beside it and was left."""
        self._refuse_links({"build", "dist", "dist/figures", *WORKED_IN})
        self._recover()
        made = self.made()
        self._refuse_links(made, links=False)
        for path in made:
            (self.folder / path).unlink(missing_ok=True)
        (self.folder / RECORD).unlink(missing_ok=True)
        emptied = {parent for path in [*made, RECORD] for parent in Path(path).parents if parent != Path()}
        # Folders that hold nothing but folders of a build are emptied from within.
        for place in WORKED_IN:
            emptied |= {Path(at).relative_to(self.folder) for at, _, _ in os.walk(self.folder / place)}
        for parent in sorted(emptied, key=lambda path: len(path.parts), reverse=True):
            with contextlib.suppress(OSError):
                (self.folder / parent).rmdir()
        return sorted(made), sorted(_within(self.folder, ("build", "dist")))

    def clear(self, place: Path) -> None:
        """Delete what builds made in a folder, to work in it anew; files of others stay."""
        known = self._before
        for path, state in _within(self.folder, (place.relative_to(self.folder).as_posix(),)).items():
            if known.get(path) != state:
                (self.folder / path).unlink(missing_ok=True)

    def _present(self) -> Files:
        return _within(self.folder, WORKED_IN)

    def _refuse_links(self, paths: Iterable[str], links: bool = True) -> None:
        """Raise `OutsideError` where a path leads out of the report, by a folder in it or by itself."""
        for path in sorted(paths):
            if leads_out(Path(path) if links else Path(path).parent, self.folder):
                raise OutsideError(path)

    def _read(self) -> dict[str, Any]:
        kept = read_values(self.folder / RECORD)
        return kept if isinstance(kept, dict) else {}

    def _write(self, made: Files, before: Files | None) -> None:
        write_values(self.folder / RECORD, {"made": made} | ({} if before is None else {"before": before}))


def _within(folder: Path, places: Iterable[str]) -> Files:
    """Return the files below some folders; links are files, wherever they lead."""
    found: Files = {}
    for place in places:
        for at, folders, files in os.walk(folder / place):
            links = [name for name in folders if (Path(at) / name).is_symlink()]
            for name in [*files, *links]:
                path = Path(at) / name
                state = _found(path)
                if state is not None:
                    found[path.relative_to(folder).as_posix()] = state
    return found


def _found(path: Path) -> tuple[int, int] | None:
    try:
        return _state(path)
    except OSError:
        return None


def _state(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_size, status.st_mtime_ns


def _files(kept: dict[str, Any]) -> Files:
    """Return files as they were written, without a path that no build can have made."""
    return {
        path: (int(state[0]), int(state[1]))
        for path, state in kept.items()
        if path.startswith(("build/", "dist/")) and ".." not in Path(path).parts
    }
