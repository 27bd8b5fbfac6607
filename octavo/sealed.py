"""Keep files that can be made again, and notice when one is no longer what was kept.

A cache outlives crashes, full disks and other versions of Octavo. What it gives back is therefore checked: a text or a
table of numbers carries its digest in its first line, a file that other programs read as it stands has its digest in a
file beside it. What is damaged, cut off or foreign is forgotten, and made again by whoever asked for it. Files appear
whole or not at all, so that builds may share a cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

_MARK = b"octavo-sealed 1 "


def read_sealed(path: Path) -> bytes | None:
    """Return what was kept under a path, or None where nothing was or it is no longer that."""
    try:
        kept = path.read_bytes()
    except OSError:
        return None
    head, _, data = kept.partition(b"\n")
    if head == _MARK + hashlib.sha256(data).hexdigest().encode():
        return data
    return None


def write_sealed(path: Path, data: bytes) -> None:
    """Keep data under a path, in one step; a cache that cannot be written is one that keeps nothing."""
    with contextlib.suppress(OSError):
        _replace(path, _MARK + hashlib.sha256(data).hexdigest().encode() + b"\n" + data)


def read_values(path: Path) -> Any:
    """Return the JSON that was kept under a path, or None."""
    data = read_sealed(path)
    return None if data is None else json.loads(data)


def write_values(path: Path, values: object) -> None:
    """Keep a value as JSON."""
    write_sealed(path, json.dumps(values, sort_keys=True).encode())


def put(temporary: Path, path: Path) -> None:
    """Put a finished file in its place, with its digest beside it; raises `OSError`.

    The digest comes first: a build that looks in between finds a file that is not there yet, and makes its own.
    """
    _replace(_seal_of(path), _digest(temporary).encode())
    temporary.replace(path)


def is_whole(path: Path) -> bool:
    """Tell whether a file is still what was put there."""
    try:
        return _seal_of(path).read_bytes() == _digest(path).encode()
    except OSError:
        return False


def _seal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _replace(path: Path, data: bytes) -> None:
    """Write a file beside its place and put it there in one step; raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink(missing_ok=True)
        raise
