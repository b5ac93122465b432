"""All commands that a group of commands leads to; run as a program, it lets each of qmnmr's tell its help."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import click


def command_paths(group: click.Group) -> Iterator[tuple[str, ...]]:
    """Yield the words that lead to each command, in the help's order; a group's own before those within.

    A command is loaded when its turn comes.
    """
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (name,)
        if isinstance(command, click.Group):
            yield from ((name, *path) for path in command_paths(command))


def tell_helps(group: click.Group) -> None:
    """Print the help of qmnmr's group and of each command in it, as `--help` does: many starts of Python are spared.

    Raises whatever keeps a command from telling it.
    """
    for words in chain([()], command_paths(group)):
        group.main(["--debug", *words, "--help"], prog_name="qmnmr", standalone_mode=False)


if __name__ == "__main__":
    from qmnmr.cli.main import cli

    tell_helps(cli)
