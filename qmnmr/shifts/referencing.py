"""Shifts against a reference compound that was computed at the very same level.

delta = (sigma_ref - sigma) / (1 - sigma_ref), with sigma_ref of tetramethylsilane (0 ppm for 1H, 13C and 29Si by
IUPAC's recommendations, Harris et al., Pure Appl. Chem. 2001, 73, 1795); the denominator, 2e-4 for 13C, is 1 to
within 0.03 ppm over the whole range and is kept because it is exact.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

from qmnmr.datatypes.shift import NUCLEI, AveragedShielding, ChemicalShift, ReferenceShielding


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelKey:
    """All that a reference must share with the shieldings that it turns into shifts."""

    engine: str
    program_version: str
    shielding_level: str
    geometry_level: str


def shipped_references() -> tuple[ReferenceShielding, ...]:
    """Return the reference shieldings that come with qmnmr."""
    text = resources.files("qmnmr.shifts").joinpath("data/references.json").read_text(encoding="utf-8")
    return tuple(ReferenceShielding(**entry) for entry in json.loads(text)["references"])


def find_reference(
    references: Iterable[ReferenceShielding], *, nucleus: str, key: LevelKey
) -> ReferenceShielding | None:
    """Return the reference of this nucleus at exactly this level, program and version, or None."""
    for entry in references:
        same = LevelKey(
            engine=entry.engine,
            program_version=entry.program_version,
            shielding_level=entry.shielding_level,
            geometry_level=entry.geometry_level,
        )
        if entry.nucleus == nucleus and same == key:
            return entry
    return None


def reference_shift(sigma_ppm: float, *, reference_ppm: float) -> float:
    """Return delta in ppm of a nucleus shielded by sigma, both in ppm."""
    return (reference_ppm - sigma_ppm) / (1.0 - reference_ppm * 1e-6)


def shifts_from_references(
    averaged: Sequence[AveragedShielding], *, references: dict[str, ReferenceShielding]
) -> tuple[ChemicalShift, ...]:
    """Return one row for each set of reported nuclei; the shift is None where its nucleus has no reference."""
    rows = []
    for entry in averaged:
        nucleus = NUCLEI.get(entry.element)
        if nucleus is None:
            continue
        reference = references.get(nucleus)
        shift = (
            None if reference is None else reference_shift(entry.shielding_ppm, reference_ppm=reference.shielding_ppm)
        )
        rows.append(
            ChemicalShift(
                atom_indices=entry.atom_indices,
                element=entry.element,
                nucleus=nucleus,
                shielding_ppm=entry.shielding_ppm,
                shift_ppm=shift,
                uncertainty_ppm=None,
            )
        )
    order = list(NUCLEI.values())
    return tuple(sorted(rows, key=lambda row: (_rank(order, row.nucleus), row.atom_indices)))


def _rank(order: list[str], nucleus: str) -> int:
    # 13C first: that is how a table of shifts is read.
    return -1 if nucleus == "13C" else order.index(nucleus)
