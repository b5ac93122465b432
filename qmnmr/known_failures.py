"""Texts in a program's output that name a failure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qmnmr.datatypes.calculation import FailureKind

_LONGEST_LINE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFailure:
    """Text in an output, and what it means."""

    text: bytes
    kind: FailureKind
    message: str
    hint: str = ""


def find_known(output: bytes, failures: Iterable[KnownFailure]) -> tuple[KnownFailure, str] | None:
    """Return the first of the failures whose text is there, and the line that shows it."""
    for failure in failures:
        position = output.find(failure.text)
        if position >= 0:
            return failure, line_at(output, position)
    return None


def line_at(output: bytes, position: int) -> str:
    """Return the line around a position as text, cut after 300 bytes."""
    start = output.rfind(b"\n", 0, position) + 1
    return readable(output[start : start + _LONGEST_LINE].split(b"\n", 1)[0])


def readable(line: bytes) -> str:
    """Return a line as text, cut after 300 bytes."""
    return line[:_LONGEST_LINE].decode("utf-8", "replace").strip()
