"""What goes to stderr: errors, notes, progress, log."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from qmnmr.cli.run_log import SAID
from qmnmr.errors import InputError, QmnmrError, ended
from qmnmr.report.words import time_words

if TYPE_CHECKING:
    from types import TracebackType

    from qmnmr.funnel.progress import Progress, Report
    from qmnmr.runs.plan import RunPlan

READ_AT_ONCE = 1000
"""Molecules after which the reading of an input is told."""


def say(text: str) -> None:
    """Write a line to stderr, and to the run's log if there is one."""
    click.echo(text, err=True)
    logging.getLogger(SAID).info("%s", text)


def say_skipped(lines: Sequence[str]) -> None:
    """Say what was left out of the input, a line each."""
    for line in lines:
        say(f"left out: {line}")


def say_older_recipe(plan: RunPlan) -> None:
    """Say that a run goes on with the recipe that it was begun with, where today's of this name is another."""
    if plan.recipe_of:
        name = plan.settings.protocol.name
        say(
            f"begun by qmnmr {plan.recipe_of}, whose {name} is another than today's: the run keeps it; "
            "for today's name another folder with --out"
        )


def show_error(error: QmnmrError) -> None:
    """Write an error and what to do next."""
    click.secho("Error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(str(error).rstrip("."), err=True)
    logging.getLogger(SAID).info("Error: %s", error)
    if error.hint:
        click.echo(f"  -> {_sentence(error.hint)}", err=True)


def drop_unwritten() -> None:
    """Let go what stdout can't write: at its end Python would try again, and give an exit code of its own."""
    if sys.stdout is None:  # closed before the start
        return
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _sentence(words: str) -> str:
    """Return words with a capital and a full stop; a command or a path at the beginning stays as it is."""
    first = words.split(maxsplit=1)[0]
    start = words[0].upper() + words[1:] if first.rstrip(",:;").isalpha() else words
    return ended(start)


def confirm(question: str, *, yes: bool, is_needed: bool) -> bool:
    """Return whether the user agrees; nobody is asked after --yes.

    Without a terminal what needs no agreement goes on. Raises InputError where it does and nobody can be asked.
    """
    if yes:
        return True
    if sys.stdin.isatty():
        return click.confirm(question, default=True, err=True)
    if is_needed:
        raise InputError(f"nobody is there to answer: {question}", hint="add --yes")
    return True


class _Stderr(logging.StreamHandler[Any]):
    """Writes to what is stderr at that moment: above live bars while there are some."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        self.stream = sys.stderr
        super().emit(record)


def set_up_logging(*, verbosity: int) -> None:
    """Log to stderr: warnings; with -v what happens, with -vv all, with -q errors only."""
    level = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    handler = _Stderr()
    handler.setLevel(level)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    logger = logging.getLogger("qmnmr")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    said = logging.getLogger(SAID)  # its lines are on stderr already
    said.propagate = False


def hide_tracebacks(*, debug: bool) -> None:
    """Turn an error of qmnmr itself into one sentence, unless --debug asks for the traceback."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        logging.getLogger("qmnmr").debug("%s", "".join(traceback.format_exception(kind, error, trace)))
        say(f"Error: qmnmr itself failed: {kind.__name__}: {error}")
        say("  -> this is a bug. Nothing finished is lost; `qmnmr --debug …` shows the traceback to report")

    if not debug:
        sys.excepthook = hook


def time_left(expected_seconds: float, *, elapsed: float, share: float) -> str:
    """Return in words what is left of a forecast; finished molecules (their share of all) correct it."""
    left = expected_seconds - elapsed if share <= 0 else elapsed * (1 - share) / share
    if share >= 1:
        return ""
    return f"about {time_words(left)} left" if left > 0 else "longer than predicted"


@contextmanager
def progress(*, total: int, quiet: bool, expected_seconds: float | None = None) -> Iterator[Report]:
    """Yield a function that shows progress: live bars on a terminal, elsewhere a line for each change of state.

    With the seconds that are expected the bars say what is left of them.
    """
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bars(total, expected_seconds) as report:
            yield report
    else:
        yield _line


def reading(*, quiet: bool) -> Callable[[int], None]:
    """Return what tells how many molecules of an input are read, where they are many."""

    def report(count: int) -> None:
        if count % READ_AT_ONCE == 0 and not quiet:
            click.echo(f"{count} molecules read", err=True)

    return report


def _line(event: Progress) -> None:
    click.echo(event.text, err=True)


@contextmanager
def _bars(total: int, expected_seconds: float | None) -> Iterator[Report]:
    from rich import progress as bars
    from rich.console import Console
    from rich.text import Text

    class Left(bars.ProgressColumn):
        """What is left of the time that was forecast, beside the bar of all molecules."""

        def render(self, task: bars.Task) -> Text:
            expected = task.fields["left"]
            words = time_left(expected, elapsed=task.elapsed or 0.0, share=task.percentage / 100) if expected else ""
            return Text(words)

    display = bars.Progress(
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(bar_width=24),
        bars.MofNCompleteColumn(),
        bars.TextColumn("{task.fields[step]}", markup=False),
        bars.TimeElapsedColumn(),
        Left(),
        console=Console(stderr=True),
        transient=True,
    )
    with display:
        everything = display.add_task("molecules", total=total, step="", left=expected_seconds)
        running: dict[str, bars.TaskID] = {}
        steps: dict[str, str] = {}

        def report(event: Progress) -> None:
            if event.is_end:
                task = running.pop(event.molecule, None)
                if task is not None:
                    display.remove_task(task)
                display.advance(everything)
                display.console.print(f"{event.molecule}: {event.step}", event.detail, markup=False, highlight=False)
                return
            if event.molecule not in running:
                running[event.molecule] = display.add_task(event.molecule[:30], total=None, step="", left="")
            task = running[event.molecule]
            if steps.get(event.molecule) != event.step:
                steps[event.molecule] = event.step
                display.reset(task)  # its clock is that of the step
            display.update(task, completed=event.done, total=event.total or None, step=event.step)

        yield report
