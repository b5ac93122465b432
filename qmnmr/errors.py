"""Every error that a caller may catch, and the exit code that the command line gives it.

QmnmrError                     1
├── InputError                 2   what the user gave can't be used
├── SiteError                  3   a site profile, a partition or a scratch folder can't be used
├── MissingProgramError        4   a program or a basis set that the run needs isn't there
├── SchedulerError             5   Slurm refused or did not answer
├── CalculationsFailedError    6   the run went on to its end, but some molecules have no result
└── OutputFormatError          7   a program's output or a record of a run can't be read
"""

from __future__ import annotations


class QmnmrError(Exception):
    """Any failure that a user may see; `hint` names the next thing to try."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InputError(QmnmrError):
    """A molecule, a file or an option that can't be used as it was given."""

    exit_code = 2


class SiteError(QmnmrError):
    """A site profile, partition or scratch folder that can't be used."""

    exit_code = 3


class MissingProgramError(QmnmrError):
    """A program that the run needs and that isn't installed, or is too old."""

    exit_code = 4


class SchedulerError(QmnmrError):
    """Slurm refused a request or did not answer."""

    exit_code = 5


class CalculationsFailedError(QmnmrError):
    """Some calculations of a finished run failed; the others are good."""

    exit_code = 6


class OutputFormatError(QmnmrError):
    """A program's output, or a record in a run folder, that can't be read."""

    exit_code = 7
