"""What qmnmr knows about one cluster. Every key of a profile is here; docs/reference/site-profiles.md explains them."""

from __future__ import annotations

from typing import Literal

import msgspec

DEFAULT_SCHEDULER = "slurm"
"""That of profiles and records which name none."""


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a profile: immutable, and a key it does not know is refused."""


class Recognition(_Record, frozen=True):
    """How a machine is known to belong to the site; shell-style patterns, any of them suffices."""

    host_names: tuple[str, ...] = ()
    cluster_names: tuple[str, ...] = ()  # `ClusterName` of `scontrol show config`


class Scratch(_Record, frozen=True):
    """Where a job's temporary files lie on the node."""

    folders: tuple[str, ...] = ("$SLURM_TMPDIR", "$TMPDIR", "/local/scratch", "/scratch", "/tmp")  # noqa: S108
    """In order of preference; variables are those of the job. The first that can be written to and has the space."""


class Container(_Record, frozen=True):
    """The image that the task, or only its programs, run in."""

    images: dict[str, str]  # architecture as `uname -m` says it -> path of the image
    sha256: dict[str, str] = {}  # architecture -> digest of that file
    binds: tuple[str, ...] = ()  # further folders that the image must see
    command: str = "apptainer"
    runs: Literal["task", "programs"] = "task"
    """task: everything, so that nodes need no Python; programs: NWChem, xTB, CREST; qmnmr with the node's Python."""


class Partition(_Record, frozen=True):
    """A partition and what it allows; 0 means that there is no such limit."""

    max_minutes: int = 0
    max_cores: int = 0  # for one job, on one node
    max_memory_mb: int = 0  # for one job, on one node
    is_preemptible: bool = False
    directives: tuple[str, ...] = ()  # further #SBATCH options, without the word #SBATCH


class SiteProfile(_Record, frozen=True):
    """One cluster."""

    name: str
    description: str
    template: str  # file name in slurm_templates/ or absolute path
    scheduler: str = DEFAULT_SCHEDULER
    url: str = ""
    checked: str = ""  # the day on which somebody compared this with the cluster, YYYY-MM-DD
    recognition: Recognition = Recognition()
    accounting: bool = True  # sacct answers
    account: str = ""
    qos: str = ""
    python: str = ""  # how the node starts Python; a command in a container is fine. Empty: the Python that submits
    setup: tuple[str, ...] = ()  # lines of shell run before the task: module load …
    directives: tuple[str, ...] = ()
    scratch: Scratch = Scratch()
    container: Container | None = None
    max_array_size: int = 0  # 0: ask the cluster
    max_submitted_tasks: int = 0  # of one user at a time; 0: ask the cluster
    warning_minutes: float = 5.0  # how long before the time limit a task is told to stop and be requeued
    grace_seconds: int = 20  # from the signal that ends a job to the kill; keep it below the cluster's KillWait
    max_requeues: int = 5  # of one task, for running into its time limit
    partitions: dict[str, Partition] = {}
