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
from typing import Self

from qmnmr.errors import InterruptedRunError, MissingProgramError
from qmnmr.programs.scratch import ScratchFolder, end_programs_in
from qmnmr.programs.stems import Stem, StemEndedError, Surroundings
from qmnmr.programs.stop_signals import heard_by_programs

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

    `look_seconds` is how often a caller may look at what a running program has written. Within `with`, stems stay for
    the next program and are ended at its end; without, every program starts alone.
    """

    def __init__(self, scratch: ScratchFolder, *, look_seconds: float = _LOOK_SECONDS) -> None:
        self._scratch = scratch
        self._look_seconds = look_seconds
        self._running: set[int] = set()  # process groups
        self._stems: dict[tuple[str, ...], list[Stem]] = {}  # that wait for something to do
        self._keeps_stems = False
        self._lock = threading.Lock()
        self._stopping = False
        self.started = 0

    def __enter__(self) -> Self:
        self._keeps_stems = True
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._keeps_stems = False
            idle = [stem for stems in self._stems.values() for stem in stems]
            self._stems.clear()
        for stem in idle:
            stem.end()

    def run(
        self,
        argv: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        stdout: Path,
        stderr: Path,
        meanwhile: Callable[[], None] | None = None,
        stem: Sequence[str] | None = None,
    ) -> Ended:
        """Run a program to its end, as a branch of a stem where there is a command for one and stems are kept.

        `meanwhile` is called now and then while the program runs; if it raises, the program is ended.
        Raises MissingProgramError if it can't be started, InterruptedRunError if stop() was called.
        """
        surroundings = Surroundings(folder=folder, environment=environment, stdout=stdout, stderr=stderr)
        ended = None
        if stem is not None and self._keeps_stems:
            ended = self._run_branch(tuple(stem), surroundings, meanwhile)
        if ended is None:
            ended = self._run_alone(argv, surroundings, meanwhile)
        if ended.exit_code != 0 and not self._stopping:
            # A scheduler's TERM reaches program and caller alike, and the program's end may be seen first.
            time.sleep(_SIGNAL_SECONDS)
        if self._stopping:
            raise InterruptedRunError
        return ended

    def _run_branch(
        self, command: tuple[str, ...], surroundings: Surroundings, meanwhile: Callable[[], None] | None
    ) -> Ended | None:
        """Run a program as a branch, None where no stem would do it."""
        for path in (surroundings.stdout, surroundings.stderr):
            path.touch()
        with self._lock:
            idle = self._stems.setdefault(command, [])
            stem = idle.pop() if idle else None
        try:
            stem = stem or Stem(command, environment=surroundings.environment, folder=self._scratch.path)
            group = stem.begin(surroundings)
        except (StemEndedError, OSError):
            return None
        with self._lock:
            self._running.add(group)
            self.started += 1
            if self._stopping:
                _signal_group(group, signal.SIGKILL)
        try:
            while not stem.has_answered(self._look_seconds):
                if meanwhile is not None:
                    with ExitStack() as on_error:
                        on_error.callback(_signal_group, group, signal.SIGKILL)
                        meanwhile()
                        on_error.pop_all()
            exit_code, cpu_seconds = stem.outcome()
        except StemEndedError:
            _signal_group(group, signal.SIGKILL)
            return Ended(exit_code=-signal.SIGKILL, cpu_seconds=0.0)
        except BaseException:
            stem.end()
            raise
        finally:
            with self._lock:
                self._running.discard(group)
        with self._lock:
            is_kept = self._keeps_stems and not self._stopping
            if is_kept:
                self._stems[command].append(stem)
        if not is_kept:
            stem.end()
        return Ended(exit_code=exit_code, cpu_seconds=cpu_seconds)

    def _run_alone(
        self, argv: Sequence[str], surroundings: Surroundings, meanwhile: Callable[[], None] | None
    ) -> Ended:
        with surroundings.stdout.open("wb") as out, surroundings.stderr.open("wb") as err:
            try:
                process = self._start(argv, surroundings, out=out.fileno(), err=err.fileno())
            except FileNotFoundError:
                raise MissingProgramError(
                    f"the program {argv[0]} was not found", hint="`qmnmr doctor` says which programs are missing"
                ) from None
            try:
                return self._wait(process, meanwhile)
            finally:
                with self._lock:
                    self._running.discard(process.pid)

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

    def _start(self, argv: Sequence[str], surroundings: Surroundings, *, out: int, err: int) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopping:
                raise InterruptedRunError
            with heard_by_programs():
                process = subprocess.Popen(
                    list(argv),
                    cwd=surroundings.folder,
                    env=dict(surroundings.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
            self._running.add(process.pid)
            self.started += 1
            return process

    def stop(self, *, grace_seconds: float = 3.0) -> None:
        """End all programs: TERM first, so that mpirun ends its ranks, then KILL. No program starts afterwards."""
        with self._lock:
            self._stopping = True
            running = tuple(self._running)
        for group in running:
            _signal_group(group, signal.SIGTERM)
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
