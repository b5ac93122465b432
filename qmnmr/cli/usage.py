"""Command lines that can't be understood, in the words and the shape of every other error."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import IO, Any

import click
from click.exceptions import NoArgsIsHelpError

from qmnmr.cli.console import show_error
from qmnmr.errors import InputError, choice_hint

_OURS = (
    (r"a valid integer( range)?", "a whole number"),
    (r"a valid float( range)?", "a number"),
    (r"is not in the range x>=(\S+)", r"is less than \1"),
)
"""click's words for a value, and ours."""

_ANYWHERE = frozenset({"-q", "--quiet", "-v", "-vv", "--verbose", "--debug"})
"""Options of qmnmr itself, which people write behind the command."""


class UsageRefusal(click.UsageError):
    """A usage error that is shown as a sentence and what to do."""

    def __init__(self, told: InputError, ctx: click.Context | None) -> None:
        super().__init__(str(told), ctx)
        self._told = told

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002  (click's signature)
        """Write it to stderr."""
        show_error(self._told)


def refusal_of(error: click.UsageError, *, commands: Sequence[str]) -> click.UsageError:
    """Return a usage error of click in our words."""
    ctx = error.ctx
    path = ctx.command_path if ctx is not None else "qmnmr"
    help_hint = f"`{path} --help` says what there is"
    match error:
        case UsageRefusal() | NoArgsIsHelpError():
            return error
        case click.NoSuchOption():
            told = InputError(
                f"`{path}` has no option {error.option_name}", hint=_near_option(error.option_name, ctx) or help_hint
            )
        case click.BadOptionUsage():
            told = InputError(f"{error.option_name} needs a value", hint=help_hint)
        case click.MissingParameter() if error.param is not None:
            name = error.param.make_metavar(ctx) if ctx is not None else str(error.param.name)
            told = InputError(f"`{path}` needs {name.removesuffix('...')}", hint=help_hint)
        case click.BadParameter() if error.param is not None:
            of_option = error.param.opts[-1] if error.param.param_type_name == "option" else error.param.name
            told = InputError(f"{of_option}: {_lower(error.message)}", hint=help_hint)
        case _:
            is_command = error.message.startswith("No such command")
            given = error.message.partition("'")[2].partition("'")[0]
            known = _commands_of(ctx, commands)
            told = (
                InputError(f"`{path}` has no command {given!r}", hint=choice_hint(given, known))
                if is_command
                else InputError(f"`{path}`: {_lower(error.message)}", hint=help_hint)
            )
    return UsageRefusal(told, ctx)


def with_general_options_first(arguments: Sequence[str], *, commands: Sequence[str]) -> list[str]:
    """Return a command line with the options of qmnmr itself before the command, wherever they stood."""
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    start = next((place for place, word in enumerate(words[:end]) if word in commands), end)
    behind = [word for word in words[start:end] if word in _ANYWHERE]
    return [*words[:start], *behind, *(word for word in words[start:end] if word not in _ANYWHERE), *words[end:]]


def _near_option(given: str, ctx: click.Context | None) -> str:
    names = [] if ctx is None else [name for p in ctx.command.params for name in (*p.opts, *p.secondary_opts)]
    near = difflib.get_close_matches(given, [name for name in names if name.startswith("--")], n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else ""


def _commands_of(ctx: click.Context | None, commands: Sequence[str]) -> Sequence[str]:
    if ctx is not None and isinstance(ctx.command, click.Group) and ctx.parent is not None:
        return ctx.command.list_commands(ctx)
    return commands


def _lower(message: str) -> str:
    said = (message[:1].lower() + message[1:]).rstrip(".")
    for theirs, ours in _OURS:
        said = re.sub(theirs, ours, said)
    return said
