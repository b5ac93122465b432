"""RUN/qmnmr.log: each command that changes a run, by whom, where and when, what it said, and how it ended.

Commands that only read a run leave no line: a reader may have no right to write. A task on a node has its own log.
A line is one write at the end of the file, so that lines of several processes do not mix (on NFS, where there is no
such write, those of two machines may). A log that can't be written stops no command.
"""

from __future__ import annotations

import logging
import os
import platform
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from qmnmr.runs.folder.run_folder import RunFolder

SAID = "qmnmr.said"
"""The logger of what a command tells its user, who sees it anyway."""


class _RunLog(logging.Handler):
    """Appends lines to a file, which is open for a line alone: importing submitit closes all handlers."""

    def __init__(self, path: Path) -> None:
        from qmnmr.cluster.run_lock import user_name  # with it come the records, which --help does not need

        super().__init__()
        self._who = f"{user_name(os.getuid())}@{platform.node()}[{os.getpid()}]"
        self._path = path

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; nothing is lost but the line where that can't be done."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds")
        kind = "" if record.name == SAID else f"{record.levelname} {record.name}: "
        line = f"{time} {self._who} {kind}{' '.join(record.getMessage().splitlines())}\n"
        with suppress(OSError), self._path.open("ab", buffering=0) as stream:
            stream.write(line.encode("utf-8", "backslashreplace"))


def log_command(run: RunFolder) -> None:
    """Begin the log of the command that runs now on its run; it ends with the command."""
    handler = _RunLog(run.log_file)
    for name in ("qmnmr", SAID):
        logging.getLogger(name).addHandler(handler)
    click.get_current_context().find_root().obj["run_log"] = handler
    logging.getLogger(SAID).info("begins: %s", shlex.join(["qmnmr", *sys.argv[1:]]))


@contextmanager
def logged_outcome(ctx: click.Context) -> Iterator[None]:
    """Write how a command ended, if it began a log, and end the log."""
    outcome = "exit code 1"
    try:
        yield
        outcome = "exit code 0"
    except click.exceptions.Exit as ended:
        outcome = f"exit code {ended.exit_code}"
        raise
    except click.ClickException as error:
        outcome = f"exit code {error.exit_code}: {error.format_message()}"
        raise
    except BaseException as error:
        outcome = f"exit code 1: {type(error).__name__}: {error}".rstrip(": ")
        raise
    finally:
        handler = (ctx.obj or {}).get("run_log")
        if handler is not None:
            logging.getLogger(SAID).info("ends: %s", outcome)
            for name in ("qmnmr", SAID):
                logging.getLogger(name).removeHandler(handler)
            handler.close()
