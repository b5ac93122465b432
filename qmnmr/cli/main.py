"""The `qmnmr` command and how its errors end."""

from __future__ import annotations

import importlib
import traceback
from typing import Any

import click

from qmnmr.cli.console import drop_unwritten, hide_tracebacks, say, set_up_logging, show_error
from qmnmr.cli.interrupts import is_stopped, stop_code
from qmnmr.cli.options import option
from qmnmr.cli.run_log import logged_outcome
from qmnmr.cli.usage import refusal_of, with_general_options_first
from qmnmr.errors import MissingProgramError, QmnmrError
from qmnmr.os_errors import everyday_error

_COMMANDS = {
    "predict": "Molecules to NMR shifts, on this machine.",
    "signals": "List the signals that molecules will have, without computing anything.",
    "conformers": "The conformers that would go to DFT, from search and ranking alone.",
    "render": "Write the inputs of a run without running them.",
    "parse": "Print what is read from NWChem outputs.",
    "protocols": "List the protocols with their levels and errors.",
    "compare": "Shifts of a run beside measured ones.",
    "spectrum": "The spectrum of a finished molecule, with its multiplets.",
    "report": "A finished run as pages for a browser, and the paragraph for a paper.",
    "rank": "Which of several structures a spectrum is of, and how sure that is.",
    "export": "Write a finished run in the formats of other programs.",
    "calibrate": "Fit a protocol to molecules with measured shifts.",
    "reference": "Keep the shieldings of a finished TMS run, or another reference compound's.",
    "submit": "Molecules to a Slurm cluster, as job arrays.",
    "status": "Say where each molecule of a submitted run stands.",
    "resume": "Submit what is unfinished or failed.",
    "cancel": "Cancel what a run has in the queue.",
    "collect": "Write the shifts of what is finished.",
    "site": "Know the clusters: list, show, check.",
    "image": "Build, test, inspect, sign and verify the Apptainer image.",
    "doctor": "Say which programs and resources this machine has.",
}


_FOR_CLUSTERS = frozenset({"submit", "status", "resume", "cancel", "collect", "site"})


def _room(command: str) -> str:
    """Return the folder that a command's module is in."""
    return "cluster" if command in _FOR_CLUSTERS else "commands"


class LazyGroup(click.Group):
    """Loads a command's module when it is called, so that --help answers at once, and ends errors as sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which people need them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, loading its module."""
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(f"qmnmr.cli.{_room(cmd_name)}.{cmd_name}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words of a command line; qmnmr's own options may stand behind the command."""
        try:
            return super().parse_args(ctx, with_general_options_first(args, commands=list(_COMMANDS)))
        except click.UsageError as error:
            raise refusal_of(error, commands=list(_COMMANDS)) from None

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run a command; an error that a user may see is written as a sentence and decides the exit code."""
        with logged_outcome(ctx):
            try:
                return super().invoke(ctx)
            except click.UsageError as error:
                raise refusal_of(error, commands=list(_COMMANDS)) from None
            except (KeyboardInterrupt, click.Abort) as error:
                if not is_stopped():  # the end of what a prompt reads
                    raise
                if isinstance(error, click.Abort):
                    click.echo(err=True)  # after the question
                say("stopped")
                ctx.exit(stop_code())
            except (QmnmrError, OSError, ImportError) as error:
                told = _told(error)
                if told is None or ctx.params.get("debug"):
                    raise
                show_error(told)
                drop_unwritten()
                ctx.exit(told.exit_code)


def _told(error: QmnmrError | OSError | ImportError) -> QmnmrError | None:
    """Return what a user is told of an error; None if it is one of qmnmr itself."""
    match error:
        case QmnmrError():
            return error
        case OSError():
            return everyday_error(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    if (error.name or "").split(".")[0] == "qmnmr":
        return None
    reason = next((line for line in str(error).splitlines() if line.strip()), "")
    return MissingProgramError(
        f"a Python package that qmnmr needs can't be loaded: {reason} ({last.filename}, line {last.lineno})",
        hint="is PYTHONPATH set? Without it qmnmr's own packages are taken; else install qmnmr anew",
    )


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="qmnmr", prog_name="qmnmr")
@option("-v", "--verbose", count=True, help="Say more on stderr; twice: everything.")
@option("-q", "--quiet", is_flag=True, help="Say only errors on stderr.")
@option("--debug", is_flag=True, help="Show tracebacks.")
@click.pass_context
def cli(ctx: click.Context, /, *, verbose: int, quiet: bool, debug: bool) -> None:
    """Quantum-chemical NMR shifts with free programs.

    Results go to stdout, everything else to stderr. -v, -q and --debug may stand behind the command too.

    Exit codes: 2 input, 3 site or scratch, 4 missing program, 5 scheduler, 6 some calculations failed, 7 unreadable
    output; 130 after Ctrl-C (128 + the signal's number).
    """
    ctx.obj = {"quiet": quiet}
    set_up_logging(verbosity=-1 if quiet else verbose)
    hide_tracebacks(debug=debug)
