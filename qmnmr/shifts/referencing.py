"""Differences to a reference compound that was computed at the very same level.

delta = (sigma_ref - sigma) / (1 - sigma_ref), with sigma_ref of tetramethylsilane (0 ppm for 1H, 13C and 29Si by
IUPAC's recommendations, Harris et al., Pure Appl. Chem. 2001, 73, 1795); the denominator, 2e-4 for 13C, is 1 to
within 0.03 ppm over the whole range and is kept because it is exact.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib import resources

from qmnmr.datatypes.shift import ChemicalShift, LevelKey, ReferenceShielding


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


def with_reference_shifts(
    shifts: Sequence[ChemicalShift], *, references: dict[str, ReferenceShielding]
) -> tuple[ChemicalShift, ...]:
    """Return the rows with their difference to a reference compound where their nucleus has one.

    That difference is not a calibrated shift: it has a field of its own and no uncertainty.
    """
    rows = []
    for row in shifts:
        reference = references.get(row.nucleus)
        if reference is not None:
            value = reference_shift(row.shielding_ppm, reference_ppm=reference.shielding_ppm)
            rows.append(replace(row, reference_shift_ppm=value, reference=reference.compound))
        else:
            rows.append(row)
    return tuple(rows)
