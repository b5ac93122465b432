"""How people write a nucleus."""

from __future__ import annotations

import re

from qmnmr.datatypes.shift import NUCLEI

_OTHERS = (
    *("2H", "6Li", "7Li", "10B", "14N", "17O", "23Na", "27Al", "33S", "51V", "59Co", "77Se", "89Y", "103Rh"),
    *("113Cd", "119Sn", "117Sn", "125Te", "129Xe", "183W", "195Pt", "199Hg", "205Tl", "207Pb"),
)
_PARTS = [re.match(r"(\d+)(\w+)", nucleus).groups() for nucleus in (*NUCLEI.values(), *_OTHERS)]  # type: ignore[union-attr]
_WORDS = {"proton": "1H", "carbon": "13C", "fluorine": "19F", "phosphorus": "31P"}

MASS_FIRST = "(?P<mass_first>" + "|".join(rf"{mass}\s?-?\s?{element}" for mass, element in _PARTS) + ")"
"""A regular expression for "13C", "13 C", "13-C"."""
MASS_LAST = "(?P<mass_last>" + "|".join(f"{element}-?{mass}" for mass, element in _PARTS) + r")(?!\d)"
"""One for "C-13", which may also be carbon 13 of a molecule."""
IN_WORDS = "(?P<in_words>" + "|".join(_WORDS) + r")(?:-\d{1,2})?"
"""One for "carbon", "carbon-13"."""

_WHOLE = re.compile(
    rf"\[?(?:{MASS_FIRST}|{MASS_LAST}|{IN_WORDS})\]?(?:\s*-?\s*\{{\s*\d{{1,2}}[A-Z]\s*\}})?$", re.IGNORECASE
)


def nucleus_of(found: re.Match[str]) -> str:
    """Return the nucleus that a match of these expressions means, "13C"; also of one that is not reported."""
    groups = found.groupdict()
    if groups.get("in_words"):
        return _WORDS[groups["in_words"].lower()]
    written = groups.get("mass_first") or groups.get("mass_last") or ""
    return re.sub(r"\D", "", written) + re.sub(r"[\W\d_]", "", written).capitalize()


def parse_nucleus(text: str) -> str | None:
    """Return the nucleus that a word means ("13C", "c-13", "[1H]", "13C{1H}", "C"), None if it is none of ours."""
    word = text.strip()
    if word in NUCLEI:
        return NUCLEI[word]
    found = _WHOLE.match(word)
    nucleus = nucleus_of(found) if found else None
    return nucleus if nucleus in NUCLEI.values() else None


def element_of(nucleus: str) -> str:
    """Return the element of a nucleus: "C" of "13C"."""
    return nucleus.lstrip("0123456789")
