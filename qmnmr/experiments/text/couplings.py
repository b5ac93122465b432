"""Couplings as papers write them: "J = 8.6, 2.1 Hz", "3J(H,H) 7.1", "J1,2 = 3.5 Hz, J2,3 = 9.6 Hz", "7.1 Hz"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from qmnmr.experiments.text.numerals import Numerals

_NAME = re.compile(
    r"(?:\d\s?)?J(?:\d{1,2}[a-z]?'*(?:,\d{1,2}[a-z]?'*)?(?=\s+[+-]?[\d.])|\s*(?:"
    r"(?P<named>[A-Za-z0-9'\",/()α-ω*<>\- ]{0,20}?)\s*(?:=|≈|~|:|\bis\b)+"
    r"|(?P<plain>\([^()]{1,12}\)|[A-Za-z]{0,5})(?=\s*[<>~≈]?\s*[+-]?[\d.])))"
    r"\s*(?:ca\.?|about|~|≈)?\s*"
)
_NO_VALUE = re.compile(r"(?:\d\s?)?J[^,;]{0,20}?[<>]\s*[\d.,]+\s*(?:Hz)?")
_BETWEEN = re.compile(r"\s*(?:[,;/&+]|\band\b|\bor\b)?\s*(?:and\s+)?(?:ca\.?|~|≈)?\s*")


@dataclass(frozen=True, slots=True)
class Couplings:
    """Couplings in Hz, and where they end."""

    values_hz: tuple[float, ...]
    end: int


def read_couplings(text: str, position: int, end: int, numerals: Numerals) -> Couplings | None:
    """Return the couplings that stand at a place, None if there are none."""
    name = _NAME.match(text, position, end)
    first = _number(numerals).match(text, name.end() if name else position, end)
    if first is None or (name is None and not _unnamed(numerals).match(text, position, end)):
        return None
    values: list[float] = []
    found: re.Match[str] | None = first
    stop = position
    while found is not None:
        values += [float(numerals.value(found["value"]))] * int(found["times"] or found["again"] or 1)
        stop = found.end()
        between = _BETWEEN.match(text, stop, end)
        found = _number(numerals).match(text, between.end() if between else stop, end)
        if name is None and values and first["unit"] and found is not None and not found["unit"]:
            break
    return Couplings(tuple(values), stop)


def coupling_without_value(text: str, position: int, end: int, numerals: Numerals) -> int | None:
    """Return where a coupling ends that has no one value ("J < 1 Hz", "J = 7-8 Hz"), None if there is none."""
    found = _NO_VALUE.match(text, position, end)
    if found is not None:
        return found.end()
    name = _NAME.match(text, position, end)
    spread = name and _spread(numerals).match(text, name.end(), end)
    return spread.end() if spread else None


@lru_cache
def _number(numerals: Numerals) -> re.Pattern[str]:
    # Behind it no nucleus (2H), no shift's range, no assignment (3-H), no word.
    return re.compile(
        rf"(?:(?P<times>[2-9])\s*x\s*)?(?P<value>[+-]?{numerals.pattern})(?![\d.])"
        rf"(?:\s*\([A-Za-z,-]{{1,5}}\))?(?:\s*(?P<unit>Hz|cps)\b\.?|(?!\s*(?:[A-Zx]|ppm|-\s*[\dA-Za-z]|'|[a-z]\b)))(?:\s*\(?\s*x\s*(?P<again>2)\)?)?",
    )


@lru_cache
def _unnamed(numerals: Numerals) -> re.Pattern[str]:
    return re.compile(rf"{numerals.pattern}(?:\s*(?:[,;/]|and)\s*{numerals.pattern}){{0,5}}\s*Hz\b")


@lru_cache
def _spread(numerals: Numerals) -> re.Pattern[str]:
    return re.compile(rf"{numerals.pattern}\s*(?:-|to)\s*{numerals.pattern}\s*(?:Hz)?")
