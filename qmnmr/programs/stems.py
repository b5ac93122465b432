"""A program that stays: loaded once, it branches into one calculation after the other."""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qmnmr.programs.stop_signals import heard_by_programs

_END_SECONDS = 5.0


class StemEndedError(Exception):
    """A stem did not begin, or ended before its branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where a program runs and what it finds there."""

    folder: Path
    environment: Mapping[str, str]
    stdout: Path
    stderr: Path

    def as_line(self) -> bytes:
        """Return what a stem is told, a line of JSON."""
        fields = {
            "folder": str(self.folder.absolute()),
            "environment": dict(self.environment),
            "stdout": str(self.stdout.absolute()),
            "stderr": str(self.stderr.absolute()),
        }
        return (json.dumps(fields) + "\n").encode()


class Stem:
    """A process that does one branch at a time; it ends when its standard input is closed.

    What it is asked and answers is in the module that it runs: a line with `pid` at a branch's beginning, one with
    `exit_code` and `cpu_seconds` at its end.
    """

    def __init__(self, command: Sequence[str], *, environment: Mapping[str, str], folder: Path) -> None:
        with heard_by_programs():
            self._process = subprocess.Popen(
                list(command),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                bufsize=0,
            )
        self._kept = b""

    def begin(self, surroundings: Surroundings) -> int:
        """Start a branch; return its process group. Raises StemEndedError if the stem is gone."""
        if self._process.stdin is None:
            raise StemEndedError
        try:
            self._process.stdin.write(surroundings.as_line())
        except OSError as error:
            raise StemEndedError from error
        return int(self._answer()["pid"])

    def has_answered(self, seconds: float) -> bool:
        """Wait so long, at most, for the stem to say something (or to end); return whether it did."""
        if b"\n" in self._kept or self._process.stdout is None:
            return True
        return bool(select.select([self._process.stdout], [], [], seconds)[0])

    def outcome(self) -> tuple[int, float]:
        """Return the branch's exit code (negative: ended by that signal) and CPU seconds. Raises StemEndedError."""
        answer = self._answer()
        return int(answer["exit_code"]), float(answer["cpu_seconds"])

    def end(self) -> None:
        """End the stem, and wait for it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answer(self) -> dict[str, Any]:
        while b"\n" not in self._kept:
            if self._process.stdout is None:
                raise StemEndedError
            read = os.read(self._process.stdout.fileno(), 4096)
            if not read:
                self.end()
                raise StemEndedError
            self._kept += read
        line, _, self._kept = self._kept.partition(b"\n")
        return dict(json.loads(line))
