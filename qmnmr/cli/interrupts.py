"""Ctrl-C, TERM and a closed terminal: one thread takes them, whatever the others are in the middle of.

The main thread is told by a KeyboardInterrupt, and woken where it waits. If it is in code that does not come back
(RDKit, tblite and others compute for long without Python) the command ends nevertheless.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
from typing import Never

from qmnmr.programs.stop_signals import STOP_SIGNALS

LATEST_SECONDS = 1.7
"""After a signal the command ends within this time; what it has to put away takes less."""

_WAKE = signal.SIGURG  # means nothing to anybody here, and is ignored where nobody wakes
_SHOW_CURSOR = "\x1b[?25h"

_taken: list[signal.Signals] = []


def listen() -> None:
    """Keep the signals from this thread and those that it starts; a thread of its own takes them.

    Must come before any other thread. What is ignored from the beginning (nohup, a script's background) stays so.
    """
    heard = {number for number in STOP_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN}
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    signal.signal(_WAKE, lambda *_: None)
    main = threading.get_ident()

    def take() -> None:
        _taken.append(signal.Signals(signal.sigwait(heard)))
        _thread.interrupt_main()
        signal.pthread_kill(main, _WAKE)
        time.sleep(LATEST_SECONDS)
        _end("stopped\n")

    if heard:
        threading.Thread(target=take, name="stop signals", daemon=True).start()


def is_stopped() -> bool:
    """Say whether a signal was taken."""
    return bool(_taken)


def stop_code() -> int:
    """Return the exit code of what was stopped: 128 and the number of the first signal."""
    return 128 + (_taken[0] if _taken else signal.SIGINT)


def leave() -> None:
    """End the process if it was stopped, without waiting for threads that still compute."""
    if is_stopped():
        _end("")


def _end(words: str) -> Never:
    """End the process at once, a live display's cursor shown again."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue  # nobody reads any more
    try:
        os.write(2, ((_SHOW_CURSOR if os.isatty(2) else "") + words).encode())
    finally:
        os._exit(stop_code())
