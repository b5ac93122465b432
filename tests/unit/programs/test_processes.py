from __future__ import annotations

import os
import resource
import sys
import threading
import time

import pytest

from qmnmr.errors import InterruptedRunError, MissingProgramError
from qmnmr.programs.processes import Ended, Programs
from qmnmr.programs.scratch import ScratchFolder


@pytest.fixture
def scratch(tmp_path):
    with ScratchFolder.create(tmp_path) as folder:
        yield folder


def _run(programs: Programs, scratch: ScratchFolder, *code: str) -> int:
    return _end(programs, scratch, *code).exit_code


def _end(programs: Programs, scratch: ScratchFolder, *code: str) -> Ended:
    folder = scratch.subfolder("program")
    return programs.run(
        [sys.executable, "-c", *code],
        folder=folder,
        environment=dict(os.environ),
        stdout=folder / "out",
        stderr=folder / "err",
    )


def test_exit_codes_and_signals_are_told(scratch):
    programs = Programs(scratch)
    assert _run(programs, scratch, "raise SystemExit(3)") == 3
    assert _run(programs, scratch, "import os; os.kill(os.getpid(), 9)") == -9
    assert programs.started == 2


BUSY = "import time; x = [None for _ in iter(lambda: time.process_time() < 0.3, False)]"


def test_cpu_time_is_that_of_a_program_and_of_what_it_started(scratch):
    waits = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    assert _end(Programs(scratch), scratch, waits, BUSY).cpu_seconds >= 0.3


def test_cpu_time_is_what_the_kernel_counted_and_not_the_time_that_passed(scratch, monkeypatch):
    wait4 = os.wait4

    def counted(pid, options):
        ended, status, usage = wait4(pid, options)
        return ended, status, resource.struct_rusage((1.25, 0.5, *usage[2:]))

    monkeypatch.setattr("qmnmr.programs.processes.os.wait4", counted)
    assert _end(Programs(scratch), scratch, "import time; time.sleep(0.1)").cpu_seconds == 1.75


def test_a_missing_program_is_named(scratch):
    folder = scratch.subfolder("x")
    with pytest.raises(MissingProgramError, match="nosuchprogram"):
        Programs(scratch).run(
            ["nosuchprogram"], folder=folder, environment={}, stdout=folder / "out", stderr=folder / "err"
        )


def test_stop_ends_programs_that_ignore_term_and_lets_none_start_afterwards(scratch):
    programs = Programs(scratch)
    outcome: list[BaseException] = []

    def work() -> None:
        try:
            _run(programs, scratch, "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)")
        except InterruptedRunError as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    while not programs.started:
        time.sleep(0.01)
    time.sleep(0.5)
    programs.stop(grace_seconds=0.2)
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert len(outcome) == 1
    with pytest.raises(InterruptedRunError):
        _run(programs, scratch, "pass")
