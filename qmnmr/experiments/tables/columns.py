"""What the columns of a table are called, in tables of people and of programs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qmnmr.experiments.nuclei import parse_nucleus
from qmnmr.experiments.text.characters import clean

_NAMES = {
    "shift": "shift ppm delta δ chemicalshift chemshift shifts measured exp experiment experimental expt observed "
    "shiftppm deltaexp δexp peakppm f1 v(f1) ν(f1) (f1) x1 position(ppm) center centre",
    "range": "range",
    "from": "from begin start high",
    "to": "to end stop low",
    "nucleus": "nucleus nuc nuclide isotope",
    "atoms": "atoms atom atomnumber atomnumbers atomno atomnos atomno. atoms(1-based)",
    "molecule": "molecule compound sample",
    "nuclei": "nuclei h's c's nh nc #h #c noofh numberofh hs protons count numberofnuclei n h(n) nuc.",
    "integral": "integral integration integrals integ integral[rel] normalized norm normintegral integral(rel) relint",
    "multiplicity": "multiplicity mult mult. multipl multipl. class pattern splitting m",
    "couplings": "j js j's j(hz) couplings coupling couplingconstants couplingconstant jhz j/hz j[hz]",
    "kind": "kind dept type chn carbontype hsqc",
    "label": "label labels assignment assignments assign assigned assgn pos pos. position no no. number carbon proton "
    "group annotation annotations name comment c/h c h entry atomlabel site",
}
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names.split()}
_HEIGHTS = ("intensity", "height", "width", "area", "volume", "fwhm")
_HAS_NUMBER = re.compile(r"\d[.,]\d|^\s*[-+]?\d+\s*$|;")
_UNIT = re.compile(r"[\[(/]?\s*(?:in\s+)?ppm\s*[\])]?$")
_SECOND_AXIS = re.compile(r"f2\b|\(f2\)|w2\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it holds, and of which nucleus where its name says so ("δC")."""

    field: str  # a key of _NAMES; empty where it is not used
    heading: str
    nucleus: str = ""

    @property
    def is_known(self) -> bool:
        """Whether the heading is one of a table of signals, used or not."""
        return bool(self.field) or self.heading.lower().startswith(
            (*_HEIGHTS, "hz", "#", "peak", "flags", "int", "rel")
        )


def read_column(heading: str) -> Column:
    """Return what a heading means."""
    shown = heading.strip().strip('"')
    name = re.sub(r"[\s_]+", "", clean(shown)).lower().rstrip(":")
    bare = _UNIT.sub("", name).rstrip(".") if name not in _FIELD_OF else name
    nucleus = _nucleus_of(bare)
    if nucleus:
        return Column("shift", shown, nucleus)
    if bare != name and bare in (
        "",
        "f1",
        "v(f1)",
        "ν(f1)",
        "(f1)",
        "peak",
        "position",
        "peakposition",
        "freq",
        "frequency",
    ):
        return Column("shift", shown)
    first = re.split(r"[,(;]", bare)[0]  # "δH, mult (J in Hz)", "mult. (J in Hz)"
    return Column(_FIELD_OF.get(bare) or _FIELD_OF.get(first, "") if not _is_second_axis(shown) else "", shown)


def _is_second_axis(shown: str) -> bool:
    return bool(_SECOND_AXIS.search(shown))


def _nucleus_of(name: str) -> str:
    """Return the nucleus of a column such as "δC", "dC", "13C", "δ(1H)", "δH (mult, J in Hz)", "13C shift"."""
    for text in (re.split(r"[,;(]", name)[0], name):
        core = re.sub(r"δ|delta|shifts?|nmr|ppm|exp(?:erimental)?\.?|measured|[()\[\]/]", "", text)
        if re.fullmatch(r"d?[chfpn]", core) and (core[0] == "d" or "δ" in text or "delta" in text):
            return parse_nucleus(core[-1].upper()) or ""
        if re.search(r"\d", core) and (nucleus := parse_nucleus(core)):
            return nucleus
    return ""


def is_header(columns: Sequence[Column]) -> bool:
    """Return whether these are the columns of a table of signals."""
    fields = [column.field for column in columns]
    has_place = "shift" in fields or "range" in fields or {"from", "to"} <= set(fields)
    return has_place and not any(_HAS_NUMBER.search(column.heading) for column in columns)


def counted_nucleus(columns: Sequence[Column]) -> str | None:
    """Return the nucleus that a column counts: 1H for "H's" and "nH", 13C for "C's"."""
    for column in columns:
        name = clean(column.heading) if column.field == "nuclei" else ""
        found = re.fullmatch(r"#?n?(?P<element>[HC])('?s)?", name)
        if found:
            return parse_nucleus(found["element"])
    return None


def is_peak_list(columns: Sequence[Column]) -> bool:
    """Return whether a program picked these lines: they have heights and nobody has said what signals they are."""
    has_heights = any(column.heading.lower().startswith(_HEIGHTS) for column in columns)
    return has_heights and not {"multiplicity", "nuclei"} & {column.field for column in columns}


def names_second_axis(columns: Sequence[Column]) -> bool:
    """Return whether this is a table of a 2D spectrum."""
    return any(_is_second_axis(column.heading) for column in columns)
