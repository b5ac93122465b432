"""Words that go with numbers."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a number and its noun, "1 core" or "2 cores"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
