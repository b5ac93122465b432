"""Programs that run now, so that an interrupt can end them all."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from qmnmr.errors import InterruptedRunError, MissingProgramError
from qmnmr.programs.scratch import ScratchFolder, end_programs_in

_SIGNAL_SECONDS = 1.0
_LOOK_SECONDS = 60.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended, and what it took."""

    exit_code: int  # negative: ended by that signal
    cpu_seconds: float  # of the program and of all that it started and waited for, so of every MPI rank


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
    ) -> Ended:
        """Run a program to its end.

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
                ended = self._wait(process, meanwhile)
            finally:
                with self._lock:
                    self._running.discard(process)
        if ended.exit_code != 0 and not self._stopping:
            # A scheduler's TERM reaches program and caller alike, and the program's end may be seen first.
            time.sleep(_SIGNAL_SECONDS)
        if self._stopping:
            raise InterruptedRunError
        return ended

    def _wait(self, process: subprocess.Popen[bytes], meanwhile: Callable[[], None] | None) -> Ended:
        """Wait for a program by wait4, which alone tells its CPU time: what programs print is not to be relied on.

        (NWChem 7.3 with MPICH, Debian's, prints its wall time as CPU time.)
        """
        next_look = time.monotonic() + self._look_seconds
        while True:
            pid, status, usage = os.wait4(process.pid, 0 if meanwhile is None else os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                return Ended(exit_code=process.returncode, cpu_seconds=round(usage.ru_utime + usage.ru_stime, 2))
            if meanwhile is not None and time.monotonic() > next_look:
                with ExitStack() as on_error:
                    on_error.callback(_kill, process)
                    meanwhile()
                    on_error.pop_all()
                next_look = time.monotonic() + self._look_seconds
            time.sleep(_POLL_SECONDS)

    def refuse(self) -> None:
        """Let no program start from now on, and let no end of a running one count. Safe in a signal handler."""
        self._stopping = True

    def check(self) -> None:
        """Raise InterruptedRunError once programs were refused or stopped: for what computes in this process."""
        if self._stopping:
            raise InterruptedRunError

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
