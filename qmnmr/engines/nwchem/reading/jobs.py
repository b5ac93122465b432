"""Jobs and tasks in one output, and the task that its numbers are read from.

A file may hold several jobs (appended with >>), and a job several tasks. Each job begins with the program's heading;
NWChem goes back to its input module after each task and prints that module's heading again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qmnmr.engines.nwchem.reading.words import places

PROGRAM = b"Northwest Computational Chemistry Package (NWChem)"
SHIELDING_ANCHOR = b"Chemical Shielding Tensors"

_VERSION = re.compile(rb"Northwest Computational Chemistry Package \(NWChem\) (?P<version>\S+)\n")
_INPUT_MODULE = b"NWChem Input Module\n"
_ECHO = b"= echo of input deck ="
_BLANKS = re.compile(rb"\n[ \t]+(?=\n)")
_HEADING_BYTES = 800  # of a job, with many empty lines
_OWN_NAME = b"NWChem"
_NAME_BYTES = 60  # more than the longest heading of a module that is looked for
_BEFORE_NAME = PROGRAM.index(_OWN_NAME)
_OPTIMIZATION = b"NWChem Geometry Optimization\n"
_MODULE = re.compile(rb"\n +NWChem (?P<name>\S[^\n]*)\n +-{6,}\n")

# A task is what the first of these in it says; what is not here is called as its module calls itself.
_TASK_MARKS: tuple[tuple[bytes, str], ...] = (
    (SHIELDING_ANCHOR, "shielding"),
    (b"NWChem Property Module\n", "properties"),
    (b"NWChem Nuclear Hessian and Frequency Analysis\n", "frequencies"),
    (_OPTIMIZATION, "optimization"),
    (b"NWChem TDDFT Module\n", "TDDFT"),
    (b"NWChem MP2 ", "MP2"),
    (b"segmented parallel ccsd program", "coupled cluster"),
    (b"NWChem Extensible Many-Electron Theory Module\n", "many-electron theory (TCE)"),
    (b"NWChem DFT Module\n", "energy"),
    (b"NWChem SCF Module\n", "energy"),
)
BEYOND_SCF = ("TDDFT", "MP2", "coupled cluster", "many-electron theory (TCE)")
"""Tasks whose own energies are not read: what is read of them is the reference below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job of an output, and in it the task that counts.

    `text` begins with as many line ends as stand before the job, so that lines are numbered as in the file.
    """

    text: bytes  # the job, to its end
    task_start: int  # in text
    task_end: int
    version: str
    heading: int  # where the program names itself
    optimization: int | None  # where the first optimisation begins
    tasks: tuple[str, ...]  # what each task of the job was
    task: int  # which of them counts, from 0; 0 if there is none
    number: int  # of the job in the file, from 1
    jobs: int
    echo: bytes  # the job's own input where the output begins with it, else empty

    @property
    def until_task_end(self) -> bytes:
        """The job as far as the task: what a later task prints is not in it."""
        return self.text if self.task_end == len(self.text) else self.text[: self.task_end]


def tidy(data: bytes) -> bytes:
    """Return an output with Unix line ends whose empty lines are empty; the number of lines stays.

    Some builds of NWChem print every empty line as one blank.
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    return _BLANKS.sub(b"\n", data) if _has_blank_lines(data, _job_starts(data, _own_names(data))) else data


def find_job(data: bytes) -> Job | None:
    """Return the job that has the last shieldings, else the last job; None if the text is no output of NWChem.

    Its text is tidy. In the job the last task with shieldings counts, else the last one.
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    names = _own_names(data)
    starts = _job_starts(data, names)
    if not starts:
        return None
    if _has_blank_lines(data, starts):
        return find_job(_BLANKS.sub(b"\n", data))
    shielded = data.rfind(SHIELDING_ANCHOR)
    number = sum(start < shielded for start in starts) or len(starts)
    start = starts[number - 1]
    end = starts[number] if number < len(starts) else len(data)
    before = starts[number - 2] if number > 1 else 0
    text = data if len(starts) == 1 else b"\n" * data.count(b"\n", 0, start) + data[start:end]
    heading = start if len(starts) == 1 else len(text) - (end - start)
    said = [(place + heading - start, data[place : place + _NAME_BYTES]) for place in names if start <= place < end]
    bounds = _tasks(said, heading, len(text))
    last = shielded + heading - start
    tasks = tuple("shielding" if a <= last < b else _name(text, said, a, b, is_beyond=last < a) for a, b in bounds)
    ran = [place for place, name in enumerate(tasks) if name]
    chosen = max((place for place in ran if tasks[place] == "shielding"), default=ran[-1] if ran else 0)
    version = _VERSION.match(text, heading)
    return Job(
        text=text,
        task_start=bounds[chosen][0],
        task_end=bounds[chosen][1],
        version=version["version"].decode("ascii", "replace") if version else "",
        heading=heading,
        optimization=next((place for place, words in said if words.startswith(_OPTIMIZATION)), None),
        tasks=tuple(tasks[place] for place in ran),
        task=ran.index(chosen) if ran else 0,
        number=number,
        jobs=len(starts),
        echo=_echo(data, before, start),
    )


def _own_names(data: bytes) -> list[int]:
    """Return where the program's name stands: in the heading of each job, and of each module."""
    return list(places(data, _OWN_NAME, rare=b"W"))


def _job_starts(data: bytes, names: Sequence[int]) -> list[int]:
    """Return where each job begins: at the line in which the program says its version."""
    starts = (place - _BEFORE_NAME for place in names if place >= _BEFORE_NAME)
    return [start for start in starts if _VERSION.match(data, start)]


def _has_blank_lines(data: bytes, starts: Sequence[int]) -> bool:
    """Return whether a job's build prints empty lines as a blank, which shows in its heading.

    A search in the whole output would take longer than anything else that is read.
    """
    return any(data.find(b"\n \n", start, start + _HEADING_BYTES) >= 0 for start in starts)


def _tasks(said: Sequence[tuple[int, bytes]], heading: int, end: int) -> list[tuple[int, int]]:
    """Return begin and end of each task; the whole job if it has no input module."""
    found = [place for place, words in said if words.startswith(_INPUT_MODULE)]
    return list(zip(found, [*found[1:], end], strict=True)) if found else [(heading, end)]


def _name(text: bytes, said: Sequence[tuple[int, bytes]], start: int, end: int, *, is_beyond: bool) -> str:
    """Return what a task did, empty if nothing; `is_beyond` says that it comes after the job's last shieldings."""
    own = b"".join([words for place, words in said if start <= place < end])
    for mark, name in _TASK_MARKS[1:] if is_beyond else _TASK_MARKS:
        if mark in own if mark.startswith(_OWN_NAME) else text.find(mark, start, end) >= 0:
            return name
    module = _MODULE.search(text, start, end)
    return module["name"].decode("utf-8", "replace").removesuffix(" Module") if module else ""


def _echo(data: bytes, before: int, start: int) -> bytes:
    """Return the input that a job printed ahead of its heading."""
    place = data.rfind(_ECHO, before, start)
    return data[place:start] if place >= 0 else b""
