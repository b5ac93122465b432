"""Options of the commands that submit to a cluster."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from qmnmr.cli.options import collected, memory_option, option, with_options, yes_option
from qmnmr.cluster.job_records import SubmitSettings

_DAY, _HOUR = 24 * 60, 60
_TIME = re.compile(r"(?:(?P<days>[0-9]{1,6})-)?(?P<fields>[0-9]{1,6}(?::[0-9]{1,6}){0,2})")


if TYPE_CHECKING:
    _Minutes = click.ParamType[int]
else:
    _Minutes = click.ParamType  # generic from click 8.4 on


class WallTime(_Minutes):
    """Minutes ("90"), or a time as Slurm writes it ("1:30:00", "2-00:00:00")."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401
        """Return whole minutes."""
        if isinstance(value, int):
            return value
        found = _TIME.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is no time: write minutes (90), H:MM:SS or D-HH:MM:SS", param, ctx)
        fields = [int(field) for field in found["fields"].split(":")]
        if found["days"] is None and len(fields) < 3:
            fields.insert(0, 0)  # as Slurm reads it: minutes, or minutes:seconds
        hours, minutes, seconds = [*fields, 0, 0][:3]
        total = int(found["days"] or 0) * _DAY + hours * _HOUR + minutes + (seconds > 0)
        if total < 2:
            self.fail("a task needs 2 minutes at least: Slurm's warning before the limit may come a minute early")
        return total


_CLUSTER_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    option("--site", default=None, metavar="NAME", help="Profile of the cluster.  [default: recognised]"),
    option("--partition", default=None, metavar="P", help="Slurm partition.  [default: the first that fits]"),
    option("--account", default=None, metavar="A", help="Slurm account."),
    option("--qos", default=None, metavar="Q", help="Slurm quality of service."),
    option(
        "--time",
        "minutes",
        type=WallTime(),
        default=None,
        metavar="TIME",
        help="Limit of each task: minutes or D-HH:MM:SS.  [default: from the sizes of the molecules]",
    ),
    option("--cores", type=click.IntRange(min=1), default=None, metavar="N", help="Cores of each task."),
    memory_option("Memory of each task.  [default: 2 GB per core]"),
    option(
        "--array-parallelism",
        "parallelism",
        type=click.IntRange(min=1),
        default=None,
        metavar="N",
        help="How many tasks of an array may run at a time.",
    ),
    option(
        "--scratch",
        default=None,
        metavar="DIR",
        help="Folder on the nodes' local disk.  [default: what the site's profile says]",
    ),
    option("--dry-run", is_flag=True, help="Print the very script that sbatch would get; write nothing."),
    yes_option,
)


def cluster_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where and how to submit; the function gets `settings`, `dry_run` and `yes`."""
    return with_options(collected(SubmitSettings, name="settings")(function), _CLUSTER_OPTIONS)
