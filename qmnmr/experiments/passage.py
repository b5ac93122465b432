"""A text in which every piece knows its line, so that what is refused can be shown."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate

from qmnmr.errors import InputError

_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text with its source."""

    text: str
    source: str
    first_line: int = 1
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)  # of the lines

    def __post_init__(self) -> None:
        lengths = (len(line) + 1 for line in self.text.split("\n"))
        object.__setattr__(self, "_starts", (0, *accumulate(lengths))[:-1])

    def line_of(self, position: int) -> int:
        """Return the line of a character, counted from 1."""
        return bisect_right(self._starts, max(position, 0)) + self.first_line - 1

    def place(self, position: int) -> str:
        """Return where a character is, in words."""
        return f"{self.source}, line {self.line_of(position)}"

    def shown(self, start: int, end: int | None = None) -> str:
        """Return a piece as one line, short enough for a message."""
        return shortened(self.text[start : len(self.text) if end is None else end])

    def refusal(self, position: int, found: str, *, hint: str) -> InputError:
        """Return the error that something at a place is not understood."""
        return InputError(f"{self.place(position)}: {found}", hint=hint)


def shortened(text: str, *, length: int = _SHOWN) -> str:
    """Return a text as one line of at most this length."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
