"""Every error that a caller may catch, and the exit code that the command line gives it.

::

    QmnmrError                     1
    ├── InputError                 2   what the user gave can't be used
    ├── SiteError                  3   a site profile, a partition or a scratch folder can't be used
    ├── MissingProgramError        4   a program or a basis set that the run needs isn't there
    ├── SchedulerError             5   the scheduler refused or did not answer
    │   ├── LimitReachedError          the user's limit: fewer tasks may fit
    │   ├── QueueFullError             the cluster takes no tasks of anybody now
    │   ├── ControllerAwayError        nobody answers
    │   ├── NoSchedulerError           this machine belongs to no cluster
    │   └── SubmissionUnknownError     it may have taken an array, or not
    ├── CalculationsFailedError    6   the run went on to its end, but some molecules have no result
    └── OutputFormatError          7   a program's output or a record of a run can't be read
        └── NewerRecordError           it was written by a newer qmnmr

InterruptedRunError and SupersededError end what is under way and are no failures: no user sees them.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def choice_hint(given: str, known: Sequence[str], *, more: str = "") -> str:
    """Return what to write instead of a word that is not known: the nearest one, if it is near, and all of them."""
    by_key = {word.lower(): word for word in known}
    near = difflib.get_close_matches(given.lower(), by_key, n=1, cutoff=0.6)
    asked = f"did you mean {by_key[near[0]]}? Choose" if near else "choose"
    return f"{asked} one of: {', '.join(known)}{more}"


def ended(words: str) -> str:
    """Return words with a full stop, unless they are a question."""
    return words if words.endswith(("?", "!")) else f"{words.rstrip('.')}."


def shortened(text: str, *, most: int = 80) -> str:
    """Return a text with its middle left out where it would fill a screen."""
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 4 :]} ({len(text)} characters)"


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
    """The scheduler refused a request or did not answer."""

    exit_code = 5


class LimitReachedError(SchedulerError):
    """An array goes over a limit of the user; a shorter one may fit."""


class QueueFullError(SchedulerError):
    """The cluster takes no more tasks now, however few."""


class ControllerAwayError(SchedulerError):
    """The scheduler's controller can't be reached, or does not answer in time."""


class NoSchedulerError(SchedulerError):
    """This machine belongs to no cluster: the scheduler's commands or their settings are not there."""


class SubmissionUnknownError(SchedulerError):
    """The scheduler may or may not have taken an array."""


class CalculationsFailedError(QmnmrError):
    """Some calculations of a finished run failed; the others are good."""

    exit_code = 6


class OutputFormatError(QmnmrError):
    """A program's output, or a record in a run folder, that can't be read."""

    exit_code = 7


class NewerRecordError(OutputFormatError):
    """A record was written by a newer qmnmr; nothing may be made again in its place."""


class InterruptedRunError(Exception):
    """The run was told to stop; nothing that was unfinished counts."""


class SupersededError(Exception):
    """A later start of this task owns the molecule; what this one does no longer counts."""
