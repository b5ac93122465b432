"""A printed table's words and its numbers: the words are the same everywhere, the numbers within a tolerance."""

from __future__ import annotations

import re


def words(text: str) -> list[str]:
    """Return the words of a text, without its decimal numbers."""
    return re.sub(r"\d+\.\d+", " ", text).split()


def numbers(text: str) -> list[float]:
    """Return the decimal numbers of a text."""
    return [float(number) for number in re.findall(r"-?\d+\.\d+", text)]
