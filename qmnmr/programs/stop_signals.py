"""The signals that end a command, and where they are kept back.

While RDKit embeds or matches it puts a handler of its own in the place of Python's, and puts Python's back so that
waiting calls go on afterwards. A Ctrl-C is then lost, its call returns early as if it had found nothing, or the main
thread does not wake up. So the command line keeps these signals from all threads but one, which waits for them
(`qmnmr.cli.interrupts`). Programs inherit what a thread keeps back: they are started where the signals are let through.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STOP_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


@contextmanager
def heard_by_programs() -> Iterator[None]:
    """Let the signals through to this thread, and so to the programs that it starts."""
    before = signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def renew_interrupt_handler() -> None:
    """Put Python's own handler of SIGINT in its place again, if this is the main thread: RDKit may have changed it."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)
