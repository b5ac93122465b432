"""What a task says of itself: molecules/<id>/task.json. It outlives the scheduler's memory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from qmnmr.datatypes.job import JobState
from qmnmr.errors import NewerRecordError, OutputFormatError
from qmnmr.os_errors import DISK_FULL
from qmnmr.records import decode, encode, write_atomically

FILE_NAME = "task.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord:
    """Who works on a molecule, how far it is, and how it ended."""

    number: str  # of the array in RUN/jobs
    start: int  # 0, 1, …: how often Slurm has started this task
    job: str
    index: int
    node: str
    state: JobState
    started_utc: str  # by the node's clock
    updated_utc: str
    step: str = ""
    done: int = 0
    total: int = 0
    message: str = ""
    requeues: int = 0  # for running out of time, over all arrays
    elapsed_seconds: float = 0.0  # of this start
    cpu_seconds: float = 0.0
    cores: int = 1

    @property
    def attempt(self) -> tuple[int, int]:
        """Return what grows with every start: the later one owns the molecule."""
        return (int(self.number), self.start)

    @property
    def efficiency(self) -> float | None:
        """Return the share of the cores' time that was used, None while it runs."""
        if self.state is JobState.RUNNING:
            return None
        available = self.elapsed_seconds * self.cores
        return self.cpu_seconds / available if available > 0 and self.cpu_seconds > 0 else None


def load_task_record(molecule_folder: Path) -> TaskRecord | None:
    """Return what the last task of a molecule said of itself, None if none ever started or it can't be read."""
    return read_task_record(molecule_folder)[0]


def read_task_record(molecule_folder: Path) -> tuple[TaskRecord | None, str]:
    """Return the same, and in words why it can't be read; "" where it can, or is not there."""
    path = molecule_folder / FILE_NAME
    try:
        record = decode(path.read_bytes(), TaskRecord, source=path)
        return (record, "") if record.number.isdecimal() else (None, f"{path} names no array: {record.number!r}")
    except FileNotFoundError:
        return None, ""
    except NewerRecordError:
        raise
    except OutputFormatError as error:
        return None, str(error)


def save_task_record(molecule_folder: Path, record: TaskRecord) -> None:
    """Write the record; on a full disk into the space that the old one has."""
    molecule_folder.mkdir(parents=True, exist_ok=True)
    path = molecule_folder / FILE_NAME
    data = encode(record)
    try:
        write_atomically(path, data)
    except OSError as error:
        if not is_disk_full(error) or not path.exists():
            raise
        with path.open("r+b") as stream:
            stream.write(data.ljust(path.stat().st_size))  # JSON may end in blanks
            stream.flush()
            os.fsync(stream.fileno())


def is_disk_full(error: OSError) -> bool:
    """Say whether an error is one of space or quota."""
    return error.errno in DISK_FULL
