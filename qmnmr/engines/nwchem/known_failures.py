"""Why a calculation gave no result, read from its output and exit code.

The exit code hardly helps: it is the lowest byte of whatever NWChem passed to MPI_ABORT, so that an odd number of
electrons ends with 9 and a misspelled task with 143, as if a signal had come. Text decides; the code counts where there
is none.
"""

from __future__ import annotations

import re

from qmnmr.datatypes.calculation import FailureKind
from qmnmr.engines.nwchem.failure_table import ERRQUIT_CATEGORIES, KNOWN_FAILURES
from qmnmr.engines.nwchem.output_file import find_end_marker
from qmnmr.known_failures import find_known, line_at, readable

Classification = tuple[FailureKind, str, str, str]
"""Kind, one sentence, the line that shows it, and what to try next."""

_ERRQUIT = re.compile(rb"\n -{72}\n *(?P<message>\S.*?) +-?\d+ *\n -{72}\n")
# mpirun of Open MPI 4, its successor prterun of Open MPI 5, mpirun of MPICH.
_SIGNALLED = (
    re.compile(rb"(?:mpirun|prterun) noticed that process rank \d+ .*exited on\s+signal (?P<signal>\d+)"),
    re.compile(rb"YOUR APPLICATION TERMINATED WITH THE EXIT STRING: .*\(signal (?P<signal>\d+)\)"),
)
_FIRST_SIGNAL_CODE = 128  # a shell's and mpirun's exit code of a program that a signal ended, less the signal

_SIGNALS: dict[int, tuple[FailureKind, str, str]] = {
    7: (FailureKind.SHARED_MEMORY, "a bus error, as happens when /dev/shm is full", "Free or enlarge /dev/shm."),
    9: (FailureKind.KILLED, "SIGKILL, by the system if memory ran out", "Give the job more memory, or try again."),
    11: (FailureKind.UNKNOWN, "a segmentation fault", "Try again with another number of ranks."),
    15: (FailureKind.KILLED, "SIGTERM, as at a time limit or on cancelling", "Ask for more time, or try again."),
}


def classify(output: bytes, *, exit_code: int | None) -> Classification:
    """Return what went wrong in a calculation that gave no result.

    `output` is what the program and mpirun printed; `exit_code` None means that it isn't known.
    """
    found = find_known(output, (*KNOWN_FAILURES, *ERRQUIT_CATEGORIES))
    if found:
        failure, line = found
        return failure.kind, failure.message, line, failure.hint
    gave_up = _ERRQUIT.search(output)
    if gave_up:
        return FailureKind.UNKNOWN, "NWChem gave up.", readable(gave_up["message"]), ""
    signal = _find_signal(output, exit_code)
    if signal is not None:
        number, evidence = signal
        kind, reason, hint = _SIGNALS.get(number, (FailureKind.UNKNOWN, f"signal {number}", ""))
        return kind, f"NWChem was ended by {reason}.", evidence, hint
    if find_end_marker(output) is None:
        return _classify_cut(output, exit_code)
    return FailureKind.UNKNOWN, "NWChem ran to its end, but gave no result.", f"exit code {exit_code}", ""


def _classify_cut(output: bytes, exit_code: int | None) -> Classification:
    lines = output.rstrip().rsplit(b"\n", 1)
    last = readable(lines[-1])
    if not last:
        return (
            FailureKind.PARALLEL_START,
            "Nothing was printed at all.",
            f"exit code {exit_code}",
            "Run `qmnmr doctor --run`.",
        )
    return FailureKind.CUT_OFF, "The output ends before its end marker.", f"last line: {last}", "Run it again."


def _find_signal(output: bytes, exit_code: int | None) -> tuple[int, str] | None:
    """Return the signal that ended the program, and what says so."""
    for words in _SIGNALLED:
        noticed = words.search(output)
        if noticed:
            return int(noticed["signal"]), line_at(output, noticed.start())
    if exit_code is None:
        return None
    if exit_code < 0:
        return -exit_code, f"exit code {exit_code}"
    number = exit_code - _FIRST_SIGNAL_CODE
    return (number, f"exit code {exit_code}") if number in _SIGNALS else None
