"""Words that go with numbers."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a number and its noun, "1 core" or "2 cores"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def time_words(seconds: float) -> str:
    """Return a time in the unit that fits it: "40 s", "12 min", "3.1 h"."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
