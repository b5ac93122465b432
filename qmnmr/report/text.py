"""Shifts as a text table for people."""

from __future__ import annotations

from collections.abc import Sequence

from qmnmr.datatypes.shift import ChemicalShift, Prediction
from qmnmr.report.columns import aligned
from qmnmr.report.funnel_text import funnel_lines, weight_lines
from qmnmr.report.group_names import group_names
from qmnmr.report.level_words import shielding_words
from qmnmr.report.tables import atom_numbers
from qmnmr.report.words import counted

_HEADINGS = ("nucleus", "atoms", "group", "shielding/ppm", "shift/ppm", "+/-")
NUMBER_COLUMNS = range(3, 6)
"""Those of `screen_rows` that are set to the right."""


def prediction_text(prediction: Prediction) -> str:
    """Return the table of one molecule: a heading line, one for each set of equivalent nuclei, funnel, remarks."""
    lines = [prediction_title(prediction), *(f"  {line}" for line in _table(prediction))]
    lines += [f"  {line}" for line in funnel_lines(prediction.funnel)]
    lines += [f"  {line}" for line in weight_lines(prediction.conformers)]
    lines += [f"  note: {message}" for message in prediction.messages]
    return "\n".join(lines) + "\n"


def prediction_title(prediction: Prediction) -> str:
    """Return the heading of a molecule: name, SMILES, protocol and level, or that it failed."""
    molecule = prediction.molecule
    name = molecule.name if molecule.name == molecule.smiles else f"{molecule.name}  {molecule.smiles}"
    if prediction.provenance is None:
        return f"{name}  {prediction.status.upper()}"
    provenance = prediction.provenance
    conformers = counted(len(prediction.conformers), "conformer")
    shielding = shielding_words(provenance.steps)
    return f"{name}  ({provenance.protocol}: {shielding}; {conformers}, {provenance.temperature_kelvin:g} K)"


def _table(prediction: Prediction) -> list[str]:
    rows = screen_rows(prediction)
    return aligned(rows, right=NUMBER_COLUMNS) if rows else []


def screen_rows(prediction: Prediction) -> list[tuple[str, ...]]:
    """Return the table of a molecule as people see it, its headings first; nothing of one without shifts."""
    if not prediction.shifts:
        return []
    groups = group_names(prediction.molecule)
    rows = [_HEADINGS, *(_row(shift, groups) for shift in prediction.shifts)]
    extras = _extra_columns(prediction.shifts)
    return [(*row, *more) for row, more in zip(rows, extras, strict=True)]


def _extra_columns(shifts: Sequence[ChemicalShift]) -> list[tuple[str, ...]]:
    """Return for the heading and each row what is told only if there is something to tell."""
    columns = []
    if any(s.label for s in shifts):
        columns.append(["which", *(s.label for s in shifts)])
    differences = [s.reference_shift_ppm if s.shift_ppm is None else None for s in shifts]
    if any(d is not None for d in differences):
        # The name of the compound in every row: such a number must not be taken for a calibrated shift.
        cells = [f"{d:.2f} vs {s.reference}" if d is not None else "" for d, s in zip(differences, shifts, strict=True)]
        columns.append(["uncalibrated/ppm", *cells])
    if any(s.flags for s in shifts):
        columns.append(["flags", *("; ".join(s.flags) for s in shifts)])
    return list(zip(*columns, strict=True)) or [() for _ in range(len(shifts) + 1)]


def _row(shift: ChemicalShift, groups: Sequence[str]) -> tuple[str, ...]:
    return (
        shift.nucleus,
        " ".join(str(n) for n in atom_numbers(shift)),
        groups[shift.atom_indices[0]],
        f"{shift.shielding_ppm:.2f}",
        "" if shift.shift_ppm is None else f"{shift.shift_ppm:.2f}",
        "" if shift.uncertainty_ppm is None else f"{shift.uncertainty_ppm:.2f}",
    )
