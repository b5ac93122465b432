"""What was submitted: RUN/jobs.

jobs/settings.json        what `submit` was told, for `resume`
jobs/<number>.json        one array: its molecules, what was asked for, its id
jobs/<number>/            private: task.json (what the tasks read), task.pkl, the script that sbatch got, logs
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from qmnmr.cluster.sites.site_profile import DEFAULT_SCHEDULER, Container
from qmnmr.datatypes.job import ArrayRequest, Resources
from qmnmr.errors import InputError, NewerRecordError, OutputFormatError
from qmnmr.image.image_file import StatedImage
from qmnmr.records import decode, encode, write_atomically

_SETTINGS_CURE = "move it away and repeat the command that submitted the run: it submits what is not done"

NOT_SUBMITTED = "repeat its command: `qmnmr predict …` goes on with it on this machine, `qmnmr submit …` submits it"

_log = logging.getLogger(__name__)


class RecordStatus(StrEnum):
    """How far a submission came."""

    SUBMITTING = "submitting"  # if nothing follows, the login process died; the scheduler may or may not have the array
    SUBMITTED = "submitted"
    REFUSED = "refused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitSettings:
    """What `submit` was told about the cluster; None: nothing."""

    site: str | None = None
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    minutes: int | None = None
    cores: int | None = None
    memory_mb: int | None = None
    parallelism: int | None = None
    scratch: str | None = None

    def overlaid(self, other: SubmitSettings) -> SubmitSettings:
        """Return these settings with all that the other ones say."""
        said = {name: getattr(other, name) for name in self.__slots__ if getattr(other, name) is not None}
        return replace(self, **said)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """One array."""

    number: str  # "001", in order of submission; "1000" comes after "999"
    status: RecordStatus
    site: str
    size_class: str
    request: ArrayRequest
    molecules: tuple[str, ...]  # ids; the position is the array index
    submitted_utc: str
    has_accounting: bool = False
    job: str | None = None
    message: str = ""
    scheduler: str = DEFAULT_SCHEDULER  # that has the array


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDescription:
    """What the tasks of an array are told, in task.json."""

    run_folder: str
    number: str
    molecules: tuple[str, ...]  # by array index
    cores: int
    memory_mb: int
    minutes: int
    warning_seconds: int
    max_requeues: int
    container: Container | None = None  # what the site's profile says of images
    images: tuple[StatedImage, ...] = ()  # as they were at submission
    scheduler: str = DEFAULT_SCHEDULER


class JobsFolder:
    """Reads and writes RUN/jobs."""

    def __init__(self, run_folder: Path) -> None:
        self.path = run_folder / "jobs"
        self._run_folder = run_folder

    def records(self) -> tuple[JobRecord, ...]:
        """Return all arrays of the run in the order of their submission.

        Of one whose record can't be read, what its tasks were told is known: the scheduler has it under its name.
        """
        paths = [path for path in self.path.glob("[0-9]*.json") if path.stem.isdecimal()]
        return tuple(self._record(path) for path in sorted(paths, key=lambda path: int(path.stem)))

    def _record(self, path: Path) -> JobRecord:
        try:
            return decode(path.read_bytes(), JobRecord, source=path)
        except NewerRecordError:
            raise
        except OutputFormatError as error:
            description_path = self.description_path(path.stem)
            if not description_path.exists():
                raise
            _log.warning("%s; what %s says of the array counts", error, description_path)
            told = decode(description_path.read_bytes(), TaskDescription, source=description_path)
        request = ArrayRequest(
            name=array_name(Path(told.run_folder), number=told.number),
            task_count=len(told.molecules),
            resources=Resources(cores=told.cores, memory_mb=told.memory_mb),
            minutes=told.minutes,
            warning_seconds=told.warning_seconds,
        )
        return JobRecord(
            number=told.number,
            status=RecordStatus.SUBMITTING,
            site="",
            size_class="",
            request=request,
            molecules=told.molecules,
            submitted_utc=_modified_utc(description_path),
            scheduler=told.scheduler,
        )

    def claim_number(self) -> str:
        """Return the number of a new array, which nobody else gets; its private folder exists now."""
        self.path.mkdir(parents=True, exist_ok=True)
        last = self.last_number()
        for number in range(last + 1, last + 1000):
            try:
                self.folder(f"{number:03d}").mkdir(mode=0o700)
            except FileExistsError:  # another `submit` of the same run, just now
                continue
            return f"{number:03d}"
        raise InputError(f"{self.path} can't take another array")

    def last_number(self) -> int:
        """Return the number of the last array, 0 before the first."""
        return max((int(p.name) for p in self.path.glob("[0-9]*") if p.name.isdigit()), default=0)

    def folder(self, number: str) -> Path:
        """Return the private folder of an array."""
        return self.path / number

    def save(self, record: JobRecord) -> None:
        """Write the record of an array."""
        write_atomically(self.path / f"{record.number}.json", encode(record))

    def description_path(self, number: str) -> Path:
        """Return where the tasks of an array read what they are told."""
        return self.folder(number) / "task.json"

    def save_description(self, description: TaskDescription) -> Path:
        """Write what the tasks of an array read, and return its path."""
        path = self.description_path(description.number)
        write_atomically(path, encode(description))
        return path

    def load_settings(self) -> SubmitSettings:
        """Return what `submit` was told.

        Raises InputError if the run was never submitted, OutputFormatError if that can't be read.
        """
        path = self.path / "settings.json"
        if not path.exists():
            raise InputError(f"{self._run_folder} was never submitted", hint=NOT_SUBMITTED)
        return decode(path.read_bytes(), SubmitSettings, source=path, cure=_SETTINGS_CURE)

    def save_settings(self, settings: SubmitSettings) -> None:
        """Keep what `submit` was told."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path / "settings.json", encode(settings))


def array_name(run_folder: Path, *, number: str) -> str:
    """Return the name of an array in the queue, by which it is found even if its id got lost."""
    return f"qmnmr-{hashlib.sha256(str(run_folder.resolve()).encode()).hexdigest()[:8]}-{number}"


def _modified_utc(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")


def now_utc() -> str:
    """Return the time as records hold it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


Place = tuple[JobRecord, int]
"""An array, and the index of a molecule in it."""


def all_places(records: Sequence[JobRecord]) -> dict[str, list[Place]]:
    """Return for each molecule its places in all arrays that were not refused, in the order of their submission."""
    places: dict[str, list[Place]] = {}
    for record in records:
        if record.status is not RecordStatus.REFUSED:
            for index, molecule in enumerate(record.molecules):
                places.setdefault(molecule, []).append((record, index))
    return places
