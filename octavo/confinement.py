"""Shut a program in: the files it may touch, no network, no other program.

Octavo's programs read what strangers wrote. Each is started by a thread that has given up, for itself and for all that
it starts, what the program does not need: Landlock binds files, TCP, signals and abstract sockets (kernel's
`userspace-api/landlock.rst`), a seccomp filter takes away every socket. Neither needs rights, neither costs time that
can be measured, and neither can be undone. Where the kernel has none of it the program is started all the same, unless
the caller insists.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1
_SET_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1, 2, 4, 8
_TRUNCATE = 1 << 14
_READ = _READ_FILE | _READ_FOLDER
#: Rights of the first version of Landlock; later ones add to it, one by one.
_FIRST_RIGHTS = (1 << 13) - 1
_ADDED_RIGHTS = {2: 1 << 13, 3: _TRUNCATE, 5: 1 << 15}
#: What a file can be granted; the other rights are those of folders.
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_TCP, _SCOPES = 3, 3
_TCP_SINCE, _SCOPES_SINCE = 4, 6

#: What any program reads to start: libraries, TeX trees, fonts, and their settings; nothing of a person.
SYSTEM = tuple(
    Path(name)
    for name in (
        "/usr", "/lib", "/lib64", "/nix/store", "/etc/ld.so.cache", "/etc/texmf", "/etc/fonts", "/etc/ssl/openssl.cnf",
        "/var/lib/texmf", "/var/cache/fontconfig", "/dev/urandom", "/dev/random", "/dev/zero", "/proc/self",
        "/etc/alternatives", "/etc/localtime", "/sys/devices/system/cpu",
    )
)  # fmt: skip
_LOADERS = ("/lib64/ld-*.so*", "/lib/ld-*.so*", "/lib/*/ld-*.so*", "/usr/lib/*/ld-*.so*", "/usr/lib64/ld-*.so*")
_ELF = b"\x7fELF"

#: Numbers of `socket` and `io_uring_setup`, and the name of the machine in a seccomp filter.
_MACHINES = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}
_REFUSE = 0x00050000 | 13  # EACCES
_ALLOW = 0x7FFF0000


@dataclass(frozen=True)
class Walls:
    """Say what a program may touch besides the system's libraries, TeX and fonts."""

    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    #: For tests: each wall must hold when the other is not there.
    landlock: bool = True
    seccomp: bool = True
    programs: tuple[Path, ...] = field(default=())


@cache
def landlock_version() -> int:
    """Return the version of Landlock's interface, or 0 where the kernel has none."""
    if sys.platform != "linux":
        return 0
    version = _libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    return max(int(version), 0)


def has_seccomp() -> bool:
    """Tell whether a filter for this machine is known; Linux has had seccomp since 3.5."""
    return sys.platform == "linux" and platform.machine() in _MACHINES


def standing() -> str:
    """Name the walls that stand on this machine, or nothing."""
    version = landlock_version()
    walls = []
    if version:
        walls.append(f"Landlock {version} (files{', TCP' if version >= _TCP_SINCE else ''})")
    if has_seccomp():
        walls.append("seccomp (sockets)")
    return ", ".join(walls)


def enter(program: str, walls: Walls) -> None:
    """Shut the calling thread in, with everything that it will start; there is no way back. Raises `OSError`."""
    if sys.platform != "linux":
        return
    _check(_libc().prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    if walls.landlock and landlock_version():
        _restrict(program, walls)
    if walls.seccomp and has_seccomp():
        _refuse_sockets()


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _restrict(program: str, walls: Walls) -> None:
    version = landlock_version()
    rights = _FIRST_RIGHTS
    for since, right in _ADDED_RIGHTS.items():
        rights |= right if version >= since else 0
    attributes = [rights]
    attributes += [_TCP] if version >= _TCP_SINCE else []
    attributes += [_SCOPES] if version >= _SCOPES_SINCE else []
    given = struct.pack(f"={len(attributes)}Q", *attributes)
    ruleset = _check(_libc().syscall(_CREATE_RULESET, given, ctypes.c_size_t(len(given)), ctypes.c_uint32(0)))
    try:
        _grant(ruleset, SYSTEM + walls.reads, _READ & rights)
        _grant(ruleset, walls.writes, rights & ~_EXECUTE)
        _grant(ruleset, [Path(os.devnull)], (_READ_FILE | _WRITE_FILE | _TRUNCATE) & rights)
        _grant(ruleset, _executables(program, walls.programs), _EXECUTE | _READ_FILE)
        _check(_libc().syscall(_RESTRICT_SELF, ruleset, ctypes.c_uint32(0)))
    finally:
        os.close(ruleset)


def _executables(program: str, others: Iterable[Path]) -> list[Path]:
    """Return the program and what loads it; where it is a script, whatever it may call is with it in `/usr`."""
    path = Path(program).resolve()
    loaders = [found for pattern in _LOADERS for found in Path("/").glob(pattern[1:])]
    with path.open("rb") as file:
        is_binary = file.read(4) == _ELF
    return [path, *others, *loaders, *([] if is_binary else [Path("/usr"), Path("/bin"), path.parent])]


def _grant(ruleset: int, paths: Iterable[Path], rights: int) -> None:
    for path in paths:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                usable = rights if path.is_dir() else rights & _FILE_RIGHTS
                rule = struct.pack("=Qi", usable, handle)
                arguments = (ctypes.c_int(_RULE_PATH_BENEATH), rule, ctypes.c_uint32(0))
                _check(_libc().syscall(_ADD_RULE, ruleset, *arguments))
            finally:
                os.close(handle)


def _refuse_sockets() -> None:
    """Let `socket` and `io_uring_setup` fail; a program of another machine's format is refused whole.

    The filter is a program for the kernel's packet filter (`seccomp(2)`): load a word, compare, jump, return.
    """
    machine, socket, ring = _MACHINES[platform.machine()]
    load, equal, at_least, leave = 0x20, 0x15, 0x35, 0x06
    steps = [
        (load, 0, 0, 4),
        (equal, 0, 4, machine),
        (load, 0, 0, 0),
        (at_least, 2, 0, 0x40000000),  # the x32 interface has other numbers
        (equal, 1, 0, socket),
        (equal, 0, 1, ring),
        (leave, 0, 0, _REFUSE),
        (leave, 0, 0, _ALLOW),
    ]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(steps), ctypes.addressof(buffer))
    _check(_libc().prctl(_SET_SECCOMP, _FILTER, program, 0, 0))
