"""Numbers in running text: with a decimal point or a decimal comma, one throughout a list."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qmnmr.experiments.passage import Passage

_TIGHT_COMMAS = re.compile(r"(?<![\w.,'(\[/-])-?\d{1,4}(?:\.\d+)?(?:,-?\d+(?:\.\d+)?)+(?![\w'])")
_COUPLING_COMMA = re.compile(r"=\s*\d{1,3},\d{1,2}\s*Hz")
_POINT = re.compile(r"\d\.\d")


@dataclass(frozen=True, slots=True)
class Numerals:
    """How a list writes its numbers."""

    mark: str  # "." or ","

    @property
    def pattern(self) -> str:
        """A regular expression for a number without sign."""
        mark = re.escape(self.mark)
        return rf"(?:\d{{1,4}}(?:{mark}\d+)?|{mark}\d+)"

    def value(self, text: str) -> str:
        """Return a number as Python writes it."""
        return text.replace(" ", "").replace(self.mark, ".")


POINT = Numerals(".")
COMMA = Numerals(",")


def find_numerals(passage: Passage, start: int, end: int) -> Numerals:
    """Return how the numbers of a list are written.

    Raises InputError where a comma may be a decimal sign or stand between two numbers.
    """
    text = _outside_brackets(passage.text[start:end])
    has_points = _POINT.search(passage.text, start, end) is not None
    found_comma = False
    for found in _TIGHT_COMMAS.finditer(text):
        numbers = found[0].split(",")
        if all("." in number for number in numbers):
            continue
        if has_points or len(numbers) > 2:
            raise passage.refusal(
                start + found.start(),
                f"{found[0]!r}: is the comma a decimal sign, or does it stand between two shifts?",
                hint='write decimal points, or "; " between the shifts',
            )
        found_comma = True
    if not has_points and not found_comma:
        found_comma = _COUPLING_COMMA.search(passage.text, start, end) is not None
    return COMMA if found_comma else POINT


def _outside_brackets(text: str) -> str:
    """Return a text of the same length, blank within brackets."""
    depth, found = 0, []
    for character in text:
        if character in "([":
            depth += 1
        found.append(character if depth == 0 or character == "\n" else " ")
        if character in ")]":
            depth = max(depth - 1, 0)
    return "".join(found)
