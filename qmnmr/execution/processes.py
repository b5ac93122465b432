"""Programs that run now, so that an interrupt can end them all."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from qmnmr.errors import MissingProgramError
from qmnmr.execution.scratch import ScratchFolder, end_programs_in

_SIGNAL_SECONDS = 1.0
_LOOK_SECONDS = 60.0


class InterruptedRunError(Exception):
    """The run was told to stop; nothing that was unfinished counts."""


class Programs:
    """Starts programs in their own process groups and ends them together.

    `look_seconds` is how often a caller may look at what a running program has written.
    """

    def __init__(self, scratch: ScratchFolder, *, look_seconds: float = _LOOK_SECONDS) -> None:
        self._scratch = scratch
        self._look_seconds = look_seconds
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopping = False
        self.started = 0

    def run(
        self,
        argv: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        stdout: Path,
        stderr: Path,
        meanwhile: Callable[[], None] | None = None,
    ) -> int:
        """Run a program to its end and return its exit code (negative: ended by that signal).

        `meanwhile` is called now and then while the program runs; if it raises, the program is ended.
        Raises MissingProgramError if it can't be started, InterruptedRunError if stop() was called.
        """
        with stdout.open("wb") as out, stderr.open("wb") as err:
            try:
                process = self._start(argv, folder=folder, environment=environment, out=out.fileno(), err=err.fileno())
            except FileNotFoundError:
                raise MissingProgramError(
                    f"the program {argv[0]} was not found", hint="`qmnmr doctor` says which programs are missing"
                ) from None
            try:
                code = self._wait(process, meanwhile)
            finally:
                with self._lock:
                    self._running.discard(process)
        if code != 0 and not self._stopping:
            # A scheduler's TERM reaches program and caller alike, and the program's end may be seen first.
            time.sleep(_SIGNAL_SECONDS)
        if self._stopping:
            raise InterruptedRunError
        return code

    def _wait(self, process: subprocess.Popen[bytes], meanwhile: Callable[[], None] | None) -> int:
        while meanwhile is not None:
            try:
                return process.wait(timeout=self._look_seconds)
            except subprocess.TimeoutExpired:
                with ExitStack() as on_error:
                    on_error.callback(_kill, process)
                    meanwhile()
                    on_error.pop_all()
        return process.wait()

    def refuse(self) -> None:
        """Let no program start from now on, and let no end of a running one count. Safe in a signal handler."""
        self._stopping = True

    def _start(
        self, argv: Sequence[str], *, folder: Path, environment: Mapping[str, str], out: int, err: int
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopping:
                raise InterruptedRunError
            process = subprocess.Popen(
                list(argv),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            self._running.add(process)
            self.started += 1
            return process

    def stop(self, *, grace_seconds: float = 3.0) -> None:
        """End all programs: TERM first, so that mpirun ends its ranks, then KILL. No program starts afterwards."""
        with self._lock:
            self._stopping = True
            running = tuple(self._running)
        for process in running:
            _signal_group(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        # Not poll(): it knows nothing while the thread that started a program waits for its end.
        while time.monotonic() < deadline and not self._running.isdisjoint(running):
            time.sleep(0.05)
        end_programs_in(self._scratch.path)


def _kill(process: subprocess.Popen[bytes]) -> None:
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
