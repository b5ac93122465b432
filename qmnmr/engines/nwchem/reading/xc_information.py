"""The functional that an output's "XC Information" block describes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from qmnmr.engines.nwchem.functionals import FUNCTIONALS, Functional

_HEADING = b"XC Information\n"
_TERM = re.compile(rb"\n +(?P<label>[^\s:][^:\n]*?) +(?P<coefficient>-?\d+\.\d+)(?: +(?:non-)?local)? *(?=\n)")
_RANGE_SEPARATION = re.compile(
    rb"Range-Separation Parameters *\n.*\n +Alpha +: +(?P<alpha>-?\d+\.\d+)\n +Beta +: +(?P<beta>-?\d+\.\d+)\n"
    rb" +Gamma +: +(?P<gamma>-?\d+\.\d+)\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class XcInformation:
    """The terms of a functional as NWChem prints them."""

    terms: tuple[tuple[str, float], ...]  # ("Becke 1988 Exchange Functional", 0.72)
    range_separation: tuple[float, float, float] | None  # alpha, beta, gamma
    functional: str | None  # qmnmr's name, None if it isn't one of ours


def read_xc_information(data: bytes, start: int) -> XcInformation | None:
    """Return what the last block from `start` on says, None if there is none or it is cut."""
    start = data.rfind(_HEADING, start)
    if start < 0:
        return None
    # The block ends where the next heading begins; with range separation there is an empty line within it.
    end = data.find(b" Information\n", start + len(_HEADING))
    return None if end < 0 else _interpret(data[start:end])


@lru_cache(maxsize=64)  # a run has few different functionals and thousands of outputs
def _interpret(block: bytes) -> XcInformation:
    terms = tuple(
        (b" ".join(term["label"].split()).decode("ascii", "replace"), float(term["coefficient"]))
        for term in _TERM.finditer(block)
    )
    parameters = _RANGE_SEPARATION.search(block)
    separation = None
    if parameters:
        alpha, beta, gamma = map(float, parameters.groups())
        separation = (alpha, beta, gamma)
    names = [
        functional.name
        for functional in FUNCTIONALS.values()
        if dict(terms) == functional.terms and separation == functional.range_separation
    ]
    return XcInformation(terms=terms, range_separation=separation, functional=names[0] if names else None)


def describe_xc(expected: Functional) -> str:
    """Return the terms that a functional should print, for messages."""
    return ", ".join(f"{coefficient:g} {label}" for label, coefficient in expected.terms.items())
