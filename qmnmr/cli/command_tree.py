"""All commands that a group of commands leads to."""

from __future__ import annotations

import click


def command_paths(group: click.Group) -> list[tuple[str, ...]]:
    """Return the words that lead to each command, in the help's order; a group's own before those within."""
    context = click.Context(group)
    found: list[tuple[str, ...]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = command_paths(command) if isinstance(command, click.Group) else []
        found += [(name,), *((name, *path) for path in inner)]
    return found
