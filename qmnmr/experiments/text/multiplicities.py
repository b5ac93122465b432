"""Words for the shape of a signal, from "br. s" to "doublet of triplets", in one spelling."""

from __future__ import annotations

import re

_LETTERS = {
    **dict.fromkeys(("s", "singlet", "singlets"), "s"),
    **dict.fromkeys(("d", "doublet", "doublets"), "d"),
    **dict.fromkeys(("t", "triplet", "triplets"), "t"),
    **dict.fromkeys(("q", "quartet", "quartets", "quadruplet", "quadruplets", "quart"), "q"),
    **dict.fromkeys(
        ("quint", "quin", "quintet", "quintuplet", "pentet", "pent", "pentuplet", "p", "qi", "quintets"), "quint"
    ),
    **dict.fromkeys(("sext", "sextet", "sextuplet", "hextet", "hex", "h", "sx"), "sext"),
    **dict.fromkeys(("sept", "septet", "septuplet", "hept", "heptet", "heptuplet", "sep", "spt"), "sept"),
    **dict.fromkeys(("oct", "octet"), "oct"),
    **dict.fromkeys(("non", "nonet"), "non"),
    **dict.fromkeys(("m", "multiplet", "multiplets", "mult", "mc", "complex"), "m"),
}
_WORDS = sorted((word for word in _LETTERS if len(word) > 1), key=len, reverse=True)
_SHORT = "quint|quin|sept|sext|hept|pent|hex|oct|non|sep|spt"
_COMPOSED = rf"(?:[sm]|(?:{_SHORT}|[dtqph]){{1,6}})"
_ONE = rf"(?:{'|'.join(_WORDS)}|{_COMPOSED})"
_BROAD = r"(?:very\s+)?(?:br(?:oad|oadened|d)?|b)\.?"
_APPARENT = r"(?:app(?:arent|ar|t)?|pseudo|ps|virt(?:ual)?|v)\.?"
_SECOND_ORDER = r"AA'\s?[BMX]B?'?[BMX]?X?'?|ABq|AB\s?q(?:uartet)?|ABX|AMX|AB(?:\s(?:system|pattern))?"

MULTIPLICITY = re.compile(
    rf"(?:(?P<count>\d|two|three)(?: ?x ?| ?))?"
    rf"(?:(?P<system>(?:(?:part|[A-Z]) of )?(?:an? )?(?:{_SECOND_ORDER})(?:\s?[dtqm])?)"
    rf"|(?P<before>(?:(?:{_BROAD}|{_APPARENT})[\s,-]*)*)"
    rf"(?P<first>{_ONE})(?P<others>(?:\s*-?of-?\s*(?:an?\s)?{_ONE})*)(?P<after>(?:[\s,]+(?:{_BROAD}))?)"
    rf"|(?P<alone>{_BROAD}))"
    r"(?![A-Za-z0-9='/\-])\.?"
)
"""A regular expression for the words of a multiplicity at a place; `read_multiplicity` says what they mean."""

_PART = re.compile(rf"{'|'.join(_WORDS)}|{_SHORT}|[sdtqmph]")
_MANY = {"two": 2, "three": 3}


def read_multiplicity(found: re.Match[str]) -> tuple[str, int]:
    """Return a multiplicity in one spelling ("br s", "app dd", "quint", "ABq") and of how many signals it is said."""
    count = found["count"]
    many = 1 if count is None else _MANY.get(count) or int(count)
    if found["alone"]:
        return "br", many
    if found["system"]:
        return " ".join(found["system"].split()), many
    adverbs = f"{found['before']} {found['after']}".lower()
    words = []
    if re.search(r"\bb", adverbs):
        words.append("br")
    if re.search(r"\b(?:app|ps|v)", adverbs):
        words.append("app")
    parts = [_LETTERS[part[0]] for part in _PART.finditer(f"{found['first']} {found['others']}")]
    return " ".join([*words, "".join(parts)]), many


def couplings_of(multiplicity: str) -> int | None:
    """Return how many couplings a multiplicity stands for: 2 for "dd"; None where it doesn't say ("m", "ABq", "br")."""
    letters = multiplicity.removeprefix("br ").removeprefix("app ")
    if not re.fullmatch(rf"(?:{_SHORT}|[sdtq])+", letters):
        return None
    return sum(part[0] != "s" for part in _PART.finditer(letters))
