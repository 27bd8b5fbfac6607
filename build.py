#!/usr/bin/env python3
"""Build the book; the first run sets this checkout up.

    python3 build.py [ARGUMENTS]        what `octavo --help` lists; without arguments, the book
    python3 build.py test [ARGUMENTS]   the test suite

The first run makes `.venv` from the hash-locked `requirements.lock`, with uv when it is on the path, and installs
LuaLaTeX and the fonts with apt when it may. What pip and apt say goes to `build/setup.log`. `OCTAVO_SETUP=never`
forbids it to install anything. Exit status 3: something is missing and could not, or must not, be installed; the
message holds the line to run. Every other status is that of `octavo`.
"""
# Python 3.6 must be able to read this file as far as the message below, so no `from __future__` line stands here.

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - it is for those who run this file with an old Python
    sys.stderr.write(f"Octavo needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.\n")
    sys.stderr.write("Run build.py with a newer one, for example: python3.11 build.py\n")
    sys.exit(3)

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from octavo import toolchain  # noqa: E402

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OURS = VENV / ".octavo"
LOG = ROOT / "build" / "setup.log"
RUNTIME = "requirements.lock"
TEST = "requirements-test.lock"
PIP = ("-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check")
COMMANDS = {"build", "check", "clean", "doctor", "listen", "new", "test"}
#: What sets pages; nothing else needs TeX.
SETTING = {"build", "test"}
VALUED = {"--project", "--format"}
HELP = {"-h", "--help", "--version"}


class NotSetUp(Exception):  # noqa: N818 - a state of the machine, not a fault
    """Say in words what is missing and which line to run."""


def main(arguments: list[str]) -> int:
    """Set up what is not set up, then become `octavo`; return only when that cannot be done."""
    if _command(arguments) == "doctor" and not _is_current(RUNTIME):
        from octavo import doctor

        return doctor.main(set_up=False)
    if HELP.intersection(arguments) or _command(arguments) == "clean":
        # The standard library is enough for these, and nobody who asks for help asks for an installation.
        return _become(str(PYTHON) if _is_current(RUNTIME) else sys.executable, arguments)
    try:
        if any(_lacks(arguments)):
            _set_up(arguments)
        _wish_for_patterns(arguments)
    except NotSetUp as reason:
        print(f"Octavo is not set up. {reason}", file=sys.stderr)
        return toolchain.NOT_SET_UP
    except OSError as error:
        print(f"Octavo is not set up. {error}: correct that, then run the same line again.", file=sys.stderr)
        return toolchain.NOT_SET_UP
    except KeyboardInterrupt:
        print("\nSetting up was stopped; the same line begins it again.", file=sys.stderr)
        return 130
    return _become(str(PYTHON), arguments)


def _become(python: str, arguments: list[str]) -> int:
    """Become `octavo`, run by that Python.

    Nothing but this checkout is added to the path: a PYTHONPATH of the caller's could put other versions first.
    """
    os.environ["PYTHONPATH"] = str(ROOT)
    os.execv(python, [python, "-P", "-m", "octavo", *arguments])


def _lacks(arguments: list[str]) -> tuple[list[toolchain.DebianPackage], list[str]]:
    """List the Debian packages and the lock files that must still be installed; no process is started."""
    locks = [lock for lock in _locks(arguments) if not _is_current(lock)]
    packages = toolchain.venv_packages() if RUNTIME in locks else ()
    if _command(arguments) in SETTING or "--conformance" in arguments:
        packages += toolchain.PACKAGES
    return list(toolchain.missing_packages(packages)), locks


def _wish_for_patterns(arguments: list[str]) -> None:
    """Install the hyphenation of the report's language where that is allowed and was not tried before.

    A book can be made without it, and the build says so: that it cannot be installed is no reason to stop.
    """
    if os.environ.get("OCTAVO_SETUP") or _command(arguments) != "build":
        return
    patterns = toolchain.missing_patterns(toolchain.language_of(_project(arguments)))
    tried = VENV / f"{patterns.name}.tried" if patterns else VENV
    if patterns is None or tried.exists():
        return
    with _alone():
        print(f"Setting up: Debian package {patterns.name} ({patterns.purpose}) ...", file=sys.stderr)
        toolchain.install_packages([patterns], LOG)
        tried.touch()


def _project(arguments: list[str]) -> Path:
    """Find the folder of the report: among the options, else the nearest upwards, as `octavo.cli` does."""
    for word, following in zip(arguments, [*arguments[1:], ""]):  # noqa: B905 - Python 3.6 must read this
        if word == "--project":
            return _folder_of(Path(following))
        if word.startswith("--project="):
            return _folder_of(Path(word.partition("=")[2]))
    here = Path.cwd()
    return next((place for place in (here, *here.parents) if (place / "report.yaml").is_file()), here)


def _folder_of(named: Path) -> Path:
    """Return the folder of a report that is named by its folder or by its `report.yaml`."""
    return named.parent if named.name == "report.yaml" and named.is_file() else named


def _command(arguments: list[str]) -> str:
    """Find the command among options and their values, as `octavo.cli` does."""
    before = [None, *arguments]
    return next((word for word, last in zip(arguments, before) if word in COMMANDS and last not in VALUED), "build")  # noqa: B905


def _locks(arguments: list[str]) -> list[str]:
    """Name the lock files that a command needs; veraPDF is in that of the tests."""
    return [RUNTIME, TEST] if _command(arguments) == "test" or "--conformance" in arguments else [RUNTIME]


def _is_current(lock: str) -> bool:
    """Tell whether `.venv` holds what that lock file says; the stamp is the last thing an installation writes."""
    try:
        return (VENV / f"{lock}.stamp").read_text(encoding="utf-8") == _stamp(lock)
    except OSError:
        return False


def _stamp(lock: str) -> str:
    """Name the content of a lock file and the Python it was installed for, which a system upgrade may replace."""
    import hashlib

    digest = hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()
    return f"{digest} {PYTHON.resolve(strict=True)}\n"


def _set_up(arguments: list[str]) -> None:
    """Install all that the command lacks; of two at once the second waits, and finds it done."""
    setting = os.environ.get("OCTAVO_SETUP", "")
    if setting == "never":
        raise NotSetUp(_refusal(arguments))
    if setting:
        raise NotSetUp(f"OCTAVO_SETUP must be `never` or unset; it is `{setting}`.")
    with _alone():
        packages, locks = _lacks(arguments)
        anew = RUNTIME in locks or (locks and not (shutil.which("uv") or (VENV / "bin" / "pip").exists()))
        locks = _locks(arguments) if anew else locks
        steps = bool(packages) + len(locks)
        if packages:
            names = (package.name for package in packages)
            print(f"Setting up: Debian packages (1 of {steps}):", *names, "...", file=sys.stderr)
            reason = toolchain.install_packages(packages, LOG)
            if reason:
                raise NotSetUp(reason)
        if anew:
            _make_venv()
        for step, lock in enumerate(locks, steps - len(locks) + 1):
            print(f"Setting up: Python packages ({step} of {steps}): {lock} ...", file=sys.stderr)
            _install_lock(lock)


def _refusal(arguments: list[str]) -> str:
    """Word what is missing when nothing may be installed."""
    packages, locks = _lacks(arguments)
    missing = [toolchain.package_list(packages)] if packages else []
    missing += [f"  {lock:<26} Python packages, in .venv" for lock in locks]
    lines = [f"  {toolchain.apt_line(packages)}"] if packages else []
    if locks:
        command = "check" if locks == [RUNTIME] else "test"
        lines.append(f"  env -u OCTAVO_SETUP python3 {shlex.join([str(ROOT / 'build.py'), command])}")
    return "\n".join(["OCTAVO_SETUP=never forbids installing. Missing:", *missing, "What installs it:", *lines])


def _make_venv() -> None:
    """Begin `.venv` anew; one that was not made here is never touched.

    The old one is renamed first, for when its removal is interrupted what remains no longer says whose it is.
    """
    if VENV.exists() and any(VENV.iterdir()) and not OURS.exists():
        raise NotSetUp(f"{VENV} was not made by build.py. Move it away, then run the same line again.")
    old = LOG.with_name("old-venv")
    shutil.rmtree(old, ignore_errors=True)
    if VENV.exists():
        VENV.rename(old)
    VENV.mkdir()
    OURS.touch()
    uv = shutil.which("uv")
    make = [uv, "venv", "--allow-existing", "--python", sys.executable] if uv else [sys.executable, "-I", "-m", "venv"]
    if not toolchain.run_logged([*make, str(VENV)], LOG):
        raise NotSetUp(f"A virtual environment could not be made.\n{toolchain.log_tail(LOG)}")
    shutil.rmtree(old, ignore_errors=True)


def _install_lock(lock: str) -> None:
    """Install a lock file, then stamp it.

    Setuptools goes first: PyLaTeX has no wheel, and pip would build it with a setuptools that nobody locked.
    """
    import re

    builder = re.search(r"^setuptools==.*?(?=^\S|\Z)", (ROOT / lock).read_text(encoding="utf-8"), re.M | re.S)
    first = VENV / f"{lock}.builder"
    first.write_text(builder.group() if builder else "", encoding="utf-8")
    uv = shutil.which("uv")
    pip = [uv, "pip", "install", "--python", str(PYTHON), "--compile-bytecode"] if uv else [str(PYTHON), *PIP]
    for file in ([first] if builder else []) + [ROOT / lock]:
        if not toolchain.run_logged([*pip, "--require-hashes", "--no-build-isolation", "-r", str(file)], LOG):
            raise NotSetUp(
                f"The Python packages of {lock} could not be installed.\n{toolchain.log_tail(LOG)}"
                f"They come over the network. When that works, run:\n  {shlex.join(['python3', *sys.argv])}"
            )
    unfinished = VENV / f"{lock}.stamp.new"
    unfinished.write_text(_stamp(lock), encoding="utf-8")
    unfinished.replace(VENV / f"{lock}.stamp")


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock of this checkout's setup, and begin its log."""
    import fcntl

    LOG.parent.mkdir(exist_ok=True)
    with LOG.with_suffix(".lock").open("w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        LOG.write_text("", encoding="utf-8")
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
