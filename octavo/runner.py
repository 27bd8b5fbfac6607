"""Start programs: the only place that does, so that none has more of the machine than it needs.

A program gets a clean environment, walls (`octavo.confinement`), and bounds on time, memory and output. It is started
by a thread of its own, because walls bind a thread with all that it starts; the thread waits for the program, so that
the kernel can be asked to end the program when Octavo is killed.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import resource
import select
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from octavo.confinement import Walls, enter

_GIBIBYTE = 2**30
#: So many bytes may a line have that the engine reads: a paragraph is one. Web2C gives 200,000.
LONGEST_LINE = 50_000_000
#: The first TeX Live whose font loader does not start where TeX may read its own folder and the trees alone.
OPEN_SINCE = 2024


@dataclass(frozen=True)
class Bounds:
    """Say how much of the machine a program may take; 0 is no bound."""

    seconds: float = 60
    memory: int = 6 * _GIBIBYTE
    output: int = _GIBIBYTE


def clean_environment() -> dict[str, str]:
    """Return what a program needs of the environment, and nothing that could change its output."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": os.devnull}


def engine_environment(folder: Path, fonts: Path) -> dict[str, str]:
    """Return what LuaLaTeX is told: where it works, where it keeps prepared fonts, and no clock.

    Web2C can keep TeX from files outside its folder and the trees ("Safe filenames" in its manual). From TeX Live 2024
    on that binds the font loader too, which then does not start; there the walls do it alone.
    """
    paranoid = "p" if engine_release() < OPEN_SINCE else "a"
    return {
        "HOME": ".", "TEXMFVAR": str(fonts.resolve()), "TEXMFCACHE": str(fonts.resolve()), "TEXINPUTS": ".:",
        "SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1", "openin_any": paranoid, "openout_any": "p",
        "buf_size": str(LONGEST_LINE),
    }  # fmt: skip


@cache
def engine_release() -> int:
    """Return the year of TeX Live's engine as its banner says, or 0."""
    try:
        banner = run(["lualatex", "--version"], Walls(), Bounds(seconds=20)).stdout.decode(errors="replace")
    except (OSError, subprocess.TimeoutExpired):
        return 0
    year = re.search(r"TeX Live (\d{4})", banner)
    return int(year[1]) if year else 0


def start(
    command: Sequence[str],
    walls: Walls,
    bounds: Bounds,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    text: bool = False,
    together: bool = False,
) -> subprocess.Popen[Any]:
    """Start a program behind its walls, with pipes to all that it reads and writes; raises `OSError`.

    `environment` is added to the clean one; `together` sends what the program complains of where its output goes.
    """
    program = shutil.which(command[0])
    if program is None:
        raise FileNotFoundError(f"{command[0]} is not installed")
    leash = _leash()
    if leash:
        walls = replace(walls, programs=(*walls.programs, Path(leash[0])))
    settings = clean_environment() | dict(environment or {})
    begun: SimpleQueue[subprocess.Popen[Any] | BaseException] = SimpleQueue()

    def keep() -> None:
        try:
            enter(program, walls)
            process: subprocess.Popen[Any] = subprocess.Popen(
                [*leash, *command], cwd=folder, env=settings, start_new_session=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if together else subprocess.PIPE,
                encoding="utf-8" if text else None, errors="replace" if text else None,
            )  # fmt: skip
        except BaseException as error:
            begun.put(error)
            return
        _limit(process.pid, bounds)
        begun.put(process)
        _await(process.pid)

    keeper = threading.Thread(target=keep, name=f"starts {command[0]}", daemon=True)
    keeper.start()
    process = begun.get()
    if isinstance(process, BaseException):
        raise process
    return process


def run(
    command: Sequence[str],
    walls: Walls,
    bounds: Bounds,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    given: bytes = b"",
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end and return what it said; raises `OSError` and `subprocess.TimeoutExpired`."""
    process = start(command, walls, bounds, folder, environment)
    with process:
        try:
            output, complaints = process.communicate(given, timeout=bounds.seconds or None)
        except BaseException:
            stop(process)
            raise
    return subprocess.CompletedProcess(list(command), process.returncode, output, complaints)


def stop(process: subprocess.Popen[Any]) -> None:
    """End a program at once, with whatever it has started."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@cache
def _leash() -> tuple[str, ...]:
    """Return what starts a program that the kernel ends with the thread that started it (`setpriv` of util-linux)."""
    setter = shutil.which("setpriv") if hasattr(os, "pidfd_open") else None
    return (str(Path(setter).resolve()), "--pdeathsig", "KILL", "--") if setter else ()


def _await(process: int) -> None:
    """Wait for the end of a program, and leave it to the caller to ask how it ended."""
    if not _leash():
        return
    with contextlib.suppress(OSError):
        handle = os.pidfd_open(process)
        try:
            select.select([handle], [], [])
        finally:
            os.close(handle)


def _limit(process: int, bounds: Bounds) -> None:
    for kind, limit in (
        (resource.RLIMIT_CPU, bounds.seconds),
        (resource.RLIMIT_AS, bounds.memory),
        (resource.RLIMIT_FSIZE, bounds.output),
    ):
        if limit:
            _bound(process, kind, math.ceil(limit))
    _bound(process, resource.RLIMIT_CORE, 0)


def _bound(process: int, kind: int, limit: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        _, ceiling = resource.prlimit(process, kind)
        bound = limit if ceiling == resource.RLIM_INFINITY else min(limit, ceiling)
        resource.prlimit(process, kind, (bound, bound))
