"""Programs that are part of a conversation: run to their end, their words passed on or read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qmnmr.errors import MissingProgramError
from qmnmr.programs.stop_signals import heard_by_programs


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A program that ended; exit_code None means that it was stopped at its time limit."""

    exit_code: int | None
    stdout: str
    stderr: str

    @property
    def words(self) -> str:
        """Return all that the program said."""
        return self.stdout + self.stderr

    @property
    def last_line(self) -> str:
        """Return the last line that says something; launchers' own last words are not that."""
        lines = [line.strip() for line in self.words.splitlines() if line.strip()]
        telling = [line for line in lines if not line.startswith(("[mpiexec", "[proxy", "---", "===="))]
        return (telling or lines or ["it said nothing"])[-1]


def run_read(
    argv: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path | None = None,
    timeout_seconds: float = 600,
    user: int | None = None,
) -> Finished:
    """Run a program and return what it said; as another user where root asks for that.

    Raises MissingProgramError if it isn't there, PermissionError if the user can't be changed.
    """
    other = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    try:
        with heard_by_programs():
            done = subprocess.run(  # type: ignore[call-overload]
                list(argv),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout_seconds,
                check=False,
                **other,
            )
    except FileNotFoundError:
        raise missing(argv[0]) from None
    except subprocess.TimeoutExpired as error:
        return Finished(exit_code=None, stdout=_text(error.stdout), stderr=_text(error.stderr))
    return Finished(exit_code=done.returncode, stdout=_text(done.stdout), stderr=_text(done.stderr))


def run_attached(
    argv: Sequence[str], *, environment: Mapping[str, str], folder: Path | None = None, is_product: bool
) -> int:
    """Run a program whose words go to the person at once and return its exit code.

    They go to stdout if they are the product, else to stderr. Raises MissingProgramError if it isn't there.
    """
    try:
        with heard_by_programs():
            done = subprocess.run(
                list(argv),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=None if is_product else sys.stderr.fileno(),
                check=False,
            )
    except FileNotFoundError:
        raise missing(argv[0]) from None
    return done.returncode


def missing(program: str) -> MissingProgramError:
    """Return the error for a program that isn't there."""
    hints = {
        "apptainer": "on a cluster often `module load apptainer`; else see apptainer.org/docs/admin",
        "debootstrap": "apt-get install debootstrap, or dnf install debootstrap (EPEL)",
    }
    return MissingProgramError(
        f"the program {program} was not found",
        hint=hints.get(program, "`qmnmr doctor` says which programs are missing"),
    )


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "replace")
