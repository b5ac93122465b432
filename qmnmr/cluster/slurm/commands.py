"""Questions to Slurm, each one command with a deadline."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from qmnmr.cluster.scheduler import ClusterFacts, ClusterPartition, QueuedTasks
from qmnmr.cluster.sites.site_profile import Partition
from qmnmr.cluster.slurm.text import (
    NODES_FORMAT,
    SACCT_FORMAT,
    SQUEUE_FORMAT,
    PartitionNodes,
    read_config,
    read_minutes,
    read_number,
    read_partition_nodes,
    read_records,
    read_sacct,
    read_squeue,
    read_state,
    refusal_kind,
)
from qmnmr.datatypes.job import IS_ACTIVE, SchedulerTask
from qmnmr.errors import ControllerAwayError, NoSchedulerError, SchedulerError
from qmnmr.programs.stop_signals import heard_by_programs

_SECONDS = 30.0
_NO_CLUSTER = "Slurm's commands are here, but no cluster that they know; is this a login node? SLURM_CONF names it"
_IDS_AT_ONCE = 1000  # some 10 kB of arguments
_LONGEST_ARGUMENT = 100_000  # bytes; Linux takes 131072


def run_slurm(argv: Sequence[str], *, seconds: float = _SECONDS) -> str:
    """Return what one of Slurm's commands prints.

    Raises SchedulerError with its own words if it fails or isn't there, ControllerAwayError if nobody answers in time.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SQUEUE_", "SACCT_"))}
    try:
        with heard_by_programs():
            done = subprocess.run(
                list(argv),
                capture_output=True,
                text=True,
                errors="replace",
                timeout=seconds,
                check=False,
                stdin=subprocess.DEVNULL,
                env={**environment, "LC_ALL": "C", "SLURM_TIME_FORMAT": "standard"},
            )
    except FileNotFoundError:
        raise NoSchedulerError(
            f"the command {argv[0]} was not found", hint="is this a login node of the cluster?"
        ) from None
    except subprocess.TimeoutExpired:
        raise ControllerAwayError(
            f"{argv[0]} did not answer within {seconds:g} s", hint="the controller may be down or busy; try again later"
        ) from None
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip()
        last = words.splitlines()[-1] if words else f"exit code {done.returncode}"
        hint = _NO_CLUSTER if "configuration source" in words else ""
        raise refusal_kind(words)(f"{argv[0]} failed: {last}", hint=hint)
    return done.stdout


def ask_squeue(names: Sequence[str], *, user: int | None = None) -> tuple[SchedulerTask, ...]:
    """Return all tasks of a user's arrays with these names that the controller still knows, in one call.

    It forgets a task some minutes after its end. Raises SchedulerError.
    """
    argv = ["squeue", "--noheader", "--array", "--states=all", f"--user={_user(user)}", f"--Format={SQUEUE_FORMAT}"]
    return _of(names, read_squeue(run_slurm([*argv, *_named(names)])))


def ask_sacct(names: Sequence[str], *, since: str, user: int | None = None) -> tuple[SchedulerTask, ...]:
    """Return the tasks that the accounting database has of these arrays since a time (UTC, ISO), in one call.

    It lags some seconds behind, and leaves out what is held. Raises SchedulerError.
    """
    argv = ["sacct", "--noheader", "--parsable2", "--allocations", f"--format={SACCT_FORMAT}"]
    period = [f"--starttime={_day_before(since[:10])}", "--endtime=now+1day"]
    return _of(names, read_sacct(run_slurm([*argv, f"--user={_user(user)}", *_named(names), *period])))


def _named(names: Sequence[str]) -> list[str]:
    """Return the option that asks for these arrays alone; none where they are too many for an argument."""
    option = f"--name={','.join(names)}"
    return [option] if len(option) <= _LONGEST_ARGUMENT else []


def _of(names: Sequence[str], tasks: Iterable[SchedulerTask]) -> tuple[SchedulerTask, ...]:
    wanted = frozenset(names)
    return tuple(task for task in tasks if task.name in wanted)


def ask_accounting_problem() -> str | None:
    """Return why sacct does not answer, None if it does."""
    try:
        run_slurm(["sacct", "--noheader", "--parsable2", "--allocations", "--format=JobID", "--starttime=now"])
    except SchedulerError as error:
        return str(error)
    return None


def _user(uid: int | None = None) -> str:
    """Return the name of a user, else of the one whose processes these are, whatever variables say."""
    number = os.getuid() if uid is None else uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def cancel_jobs(ids: Sequence[str]) -> None:
    """Cancel arrays by their ids. Raises SchedulerError, also if only one of them was not to be cancelled."""
    # By ids: scancel's --name takes one name, and finds nothing, without an error, where it is given more.
    for begin in range(0, len(ids), _IDS_AT_ONCE):
        run_slurm(["scancel", *ids[begin : begin + _IDS_AT_ONCE]])


def ask_cluster() -> ClusterFacts:
    """Return the controller's own settings. Raises SchedulerError."""
    return cluster_facts(read_config(run_slurm(["scontrol", "show", "config"])))


def cluster_facts(config: Mapping[str, str]) -> ClusterFacts:
    """Return the facts in a controller's settings; Slurm's own default stands for what they don't name."""
    longest = _number(config.get("MaxArraySize", ""), otherwise=1001)  # the highest index is one less
    max_jobs = _number(config.get("MaxJobCount", ""), otherwise=10_000)
    kill_wait = _number(config.get("KillWait", ""), otherwise=30)
    preempt_mode = config.get("PreemptMode", "OFF")
    return ClusterFacts(
        cluster_name=config.get("ClusterName", ""),
        software=f"Slurm {config.get('SLURM_VERSION', '')}".strip(),
        max_array_size=longest,
        # Slurm 22.05 refuses the task with which MaxJobCount would be reached.
        max_tasks=max_jobs - 1 if max_jobs else None,
        kill_wait_seconds=kill_wait,
        cancels_preempted=preempt_mode.startswith("CANCEL"),
        has_accounting=config.get("AccountingStorageType", "").endswith("slurmdbd"),
        requeue_hold_seconds=_hold_seconds(config.get("AuthInfo", "")),
        forbidden_in_paths="%\\\"'",
        settings=f"MaxArraySize {longest}, KillWait {kill_wait} s, PreemptMode {preempt_mode}",
    )


def ask_partitions() -> tuple[ClusterPartition, ...]:
    """Return all partitions with their limits for one task on one node. Raises SchedulerError.

    The default is the one that takes what names none: SBATCH_PARTITION's, if this user has said so.
    """
    mine = os.environ.get("SBATCH_PARTITION")
    partitions = read_records(run_slurm(["scontrol", "--oneliner", "show", "partition"]))
    nodes = read_partition_nodes(run_slurm(["sinfo", "--noheader", "--exact", f"--format={NODES_FORMAT}"]))

    def nodes_of(partition: Mapping[str, str]) -> PartitionNodes:
        return nodes.get(partition["PartitionName"], PartitionNodes())

    return tuple(
        ClusterPartition(
            name=p["PartitionName"],
            is_default=p["PartitionName"] == mine if mine else p.get("Default") == "YES",
            is_up=p.get("State") == "UP",
            is_for_gpus=nodes_of(p).all_have_gpus,
            limits=Partition(
                max_minutes=read_minutes(p.get("MaxTime", "")),
                max_cores=_smaller(_number(p.get("MaxCPUsPerNode", "")), nodes_of(p).cores),
                max_memory_mb=_smaller(_number(p.get("MaxMemPerNode", "")), nodes_of(p).memory_mb),
                is_preemptible=p.get("PreemptMode", "OFF") not in ("OFF", ""),
            ),
        )
        for p in partitions
        if "PartitionName" in p
    )


def ask_submit_limit(*, account: str | None, qos: str | None) -> int | None:
    """Return how many tasks this user may have in the queue at a time, None if nothing limits it or nobody says.

    Reads the associations and the qualities of service of the accounting database.
    """
    user = _user()
    try:
        associations = _table(
            ["sacctmgr", "show", "association", f"user={user}", "format=Account,MaxSubmitJobs,GrpSubmitJobs,DefaultQOS"]
        )
        qualities = _table(["sacctmgr", "show", "qos", "format=Name,MaxSubmitJobsPerUser,GrpSubmitJobs"])
    except SchedulerError:
        return None
    mine = [row for row in associations if account in (None, row[0])]
    names = {qos} if qos else {row[3] or "normal" for row in mine if len(row) > 3} or {"normal"}
    limits = [text for row in mine for text in row[1:3]]
    limits += [text for row in qualities if row[0] in names for text in row[1:3]]
    return min((n for n in map(read_number, limits) if n is not None), default=None)


def count_queued_tasks() -> QueuedTasks:
    """Return how many tasks the controller has now, in one call.

    Both its limits count that way: MaxSubmitJobs what waits and runs, MaxJobCount all that it remembers. Where the
    whole queue can't be had, or is too long to come in time, this user's counts. Raises SchedulerError.
    """
    argv = ["squeue", "--noheader", "--array", "--states=all", "--format=%U|%T"]
    try:
        text = run_slurm([*argv, "--all"])
    except SchedulerError:
        text = run_slurm([*argv, f"--user={_user()}"])
    tasks = [line.strip().partition("|") for line in text.splitlines() if line.strip()]
    mine = [state for user, _, state in tasks if user == str(os.getuid()) and read_state(state) in IS_ACTIVE]
    return QueuedTasks(mine=len(mine), known_to_controller=len(tasks))


def _table(argv: Sequence[str]) -> list[list[str]]:
    text = run_slurm([argv[0], "--noheader", "--parsable2", *argv[1:]])
    return [line.split("|") for line in text.splitlines() if line]


def _number(text: str, *, otherwise: int = 0) -> int:
    found = read_number(text.split(maxsplit=1)[0]) if text.strip() else None
    return otherwise if found is None else found


def _smaller(first: int, second: int) -> int:
    """Return the smaller of two limits, where 0 is none."""
    return min(first, second) if first and second else first or second


def _hold_seconds(auth_info: str) -> int:
    """Return for how long a requeued job is held: the life of a credential, 120 s unless the site says otherwise."""
    _, _, rest = auth_info.partition("cred_expire=")
    return _number(rest.replace(",", " "), otherwise=120)
