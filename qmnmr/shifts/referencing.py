"""Differences to a reference compound that was computed at the very same level.

delta = (sigma_ref - sigma) / (1 - sigma_ref), with sigma_ref of tetramethylsilane (0 ppm for 1H, 13C and 29Si by
IUPAC's recommendations, Harris et al., Pure Appl. Chem. 2001, 73, 1795); the denominator, 2e-4 for 13C, is 1 to
within 0.03 ppm over the whole range and is kept because it is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import resources

import msgspec

from qmnmr.datatypes.shift import ChemicalShift, ReferenceShielding
from qmnmr.datatypes.theory import RunLevel
from qmnmr.records import encode_line


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceFile:
    """What references.json holds."""

    references: tuple[ReferenceShielding, ...]


def encode_references(references: Iterable[ReferenceShielding]) -> bytes:
    """Return the file of these references, one line for each, so that a new one is a new line. Raises as `encode`."""
    plain = msgspec.json.decode(encode_line(ReferenceFile(references=tuple(references))))
    rows = [msgspec.json.format(msgspec.json.encode(row), indent=0) for row in plain["references"]]
    return b'{\n "schema": %d,\n "references": [\n  %b\n ]\n}\n' % (plain["schema"], b",\n  ".join(rows))


def shipped_references() -> tuple[ReferenceShielding, ...]:
    """Return the reference shieldings that come with qmnmr."""
    data = resources.files("qmnmr.shifts").joinpath("data/references.json").read_bytes()
    return msgspec.json.decode(data, type=ReferenceFile).references


def fits(entry: ReferenceShielding, level: RunLevel, *, nucleus: str) -> bool:
    """Say whether a reference is of this nucleus at exactly a run's level with its engine, of whatever version."""
    return (entry.engine, entry.nucleus, entry.geometry_level, entry.shielding_level) == (
        level.engine,
        nucleus,
        level.geometry_level,
        level.shielding_levels[nucleus],
    )


def find_reference(
    references: Iterable[ReferenceShielding], *, nucleus: str, level: RunLevel, program_version: str
) -> ReferenceShielding | None:
    """Return the reference of this nucleus at exactly this level, program and version, or None."""
    fitting = (entry for entry in references if fits(entry, level, nucleus=nucleus))
    return next((entry for entry in fitting if entry.program_version == program_version), None)


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
