"""End quietly: when the reader of a pipe has gone, when Octavo is told to stop, and from the keyboard.

Each is raised where it happens and goes up through everything that tidies up on its way, so that no program goes on
behind Octavo and the terminal is left as it was. The status is that of a program which the signal ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import TextIO

from octavo.visible import visible_lines

STOPPED = 128 + signal.SIGINT
CLOSED = 128 + signal.SIGPIPE
#: The signals that ask a program to end, besides that of the keyboard.
ASKING = (signal.SIGTERM, signal.SIGHUP)


class Ended(BaseException):
    """Say with which status to end; no stage catches it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def say(text: str, stream: TextIO | None = None, raw: bool = False) -> None:
    """Print lines at once, on the standard output if no stream is named; raises `Ended` when nobody reads it.

    Characters that a terminal would obey are shown, except in what is `raw`: a file, or text that was made plain.
    """
    try:
        print(text if raw else visible_lines(text), file=stream or sys.stdout, flush=True)
    except BrokenPipeError:
        raise Ended(CLOSED) from None


@contextlib.contextmanager
def heeding() -> Iterator[None]:
    """Raise `Ended` for the signals that ask Octavo to end, as Python does for that of the keyboard."""

    def end(number: int, frame: FrameType | None) -> None:
        for each in ASKING:
            signal.signal(each, signal.SIG_IGN)
        raise Ended(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A signal that was ignored from the start, as `nohup` does, stays ignored.
    before = {number: signal.getsignal(number) for number in ASKING}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def fall_silent() -> None:
    """Send what is still to be printed nowhere, so that Python does not complain about it when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.dup2(nowhere, stream.fileno())


def flush() -> None:
    """Print what is waiting; raises `Ended` when nobody reads it."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise Ended(CLOSED) from None
