"""Records what this version promises, as VERSION.json beside this file: `python -m tests.golden.interface.record`.

Done once for each release, and never again for it. What a release promised must be there in the next ones, or leave by
way of deprecation (docs/reference/versions.md).
"""

from __future__ import annotations

import inspect
import json
from importlib import metadata
from pathlib import Path
from typing import Any

import click

import qmnmr
from qmnmr.cli.command_tree import command_paths
from qmnmr.cli.main import cli
from qmnmr.report.tables import COLUMNS

HERE = Path(__file__).parent


def interface() -> dict[str, Any]:
    """Return the commands with their options, the names of the package with their arguments, the columns of tables."""
    functions = {n: v for n in qmnmr.__all__ if inspect.isfunction(v := getattr(qmnmr, n))}
    return {
        "commands": {" ".join(path): _options(path) for path in command_paths(cli)},
        "python": {
            n: sorted(inspect.signature(functions[n]).parameters) if n in functions else [] for n in qmnmr.__all__
        },
        "columns of shifts.csv": list(COLUMNS),
    }


def _options(path: tuple[str, ...]) -> list[str]:
    command: click.Command = cli
    for word in path:
        assert isinstance(command, click.Group), f"{path}: {command.name} is no group"
        found = command.get_command(click.Context(command), word)
        assert found is not None, f"{path}: there is no {word}"
        command = found
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    return sorted(
        name for option in options for name in (*option.opts, *option.secondary_opts) if name.startswith("--")
    )


if __name__ == "__main__":
    target = HERE / f"{metadata.version('qmnmr')}.json"
    target.write_text(json.dumps(interface(), indent=1) + "\n", encoding="utf-8")
