"""The paragraph for a paper's supporting information, in the style of the ACS, of what was calculated."""

from __future__ import annotations

from collections.abc import Sequence

from qmnmr.datatypes.measured.larmor import DEFAULT_PROTON_MHZ, larmor_mhz
from qmnmr.datatypes.shift import ChemicalShift, Prediction, Provenance
from qmnmr.report.level_words import level_words
from qmnmr.report.page.spectra import calibrated_nuclei, solvent_name
from qmnmr.report.page.spectrum_svg import decimals
from qmnmr.report.tables import atom_numbers
from qmnmr.report.words import counted

_DECOUPLED = {"13C": "13C{1H}"}


def si_text(prediction: Prediction, *, proton_mhz: float = DEFAULT_PROTON_MHZ) -> str:
    """Return the paragraphs of a molecule: a line for each nucleus, high to low, then what the numbers are worth.

    Every heading says "calc."; only calibrated shifts are in it. There is nothing of a molecule without one.
    """
    shifts = [s for s in prediction.shifts if s.shift_ppm is not None]
    if not shifts or prediction.provenance is None:
        return ""
    solvent = solvent_name(prediction)
    lines = [
        _spectrum(nucleus, [s for s in shifts if s.nucleus == nucleus], solvent, proton_mhz)
        for nucleus in calibrated_nuclei(prediction)
    ]
    return "\n".join([*lines, _basis(prediction, prediction.provenance), *_flagged(shifts)]) + "\n"


def _spectrum(nucleus: str, shifts: Sequence[ChemicalShift], solvent: str, proton_mhz: float) -> str:
    ordered = sorted(shifts, key=lambda s: (-(s.shift_ppm or 0.0), s.atom_indices))
    frequency = f"{larmor_mhz(nucleus, proton_mhz=proton_mhz):.0f} MHz"
    signals = ", ".join(_signal(nucleus, shift) for shift in ordered)
    return f"{_DECOUPLED.get(nucleus, nucleus)} NMR ({frequency}, {solvent}, calc.) δ {signals}."


def _signal(nucleus: str, shift: ChemicalShift) -> str:
    count = len(shift.atom_indices)
    atoms = [f"{shift.element}-{number}" for number in atom_numbers(shift)]
    number = [f"{count}{shift.element}"] if nucleus != "13C" or count > 1 else []
    return f"{shift.shift_ppm:.{decimals(nucleus)}f} ({', '.join([*number, *atoms])})"


def _basis(prediction: Prediction, provenance: Provenance) -> str:
    """Return how the numbers were got and how sure they are."""
    levels = level_words(provenance.steps)
    errors = ", ".join(_error(nucleus, prediction.shifts) for nucleus in calibrated_nuclei(prediction))
    said = "; ".join(f"{name} {level}" for name, level in levels.items())
    return (
        f"Calculated with qmnmr {provenance.qmnmr_version} ({provenance.engine}, protocol {provenance.protocol}: "
        f"{said}), "
        f"{counted(len(prediction.conformers), 'conformer')} at {provenance.temperature_kelvin:g} K, "
        f"scaled by calibrated factors; standard uncertainties {errors}. Atoms are numbered as in the drawing."
    )


def _error(nucleus: str, shifts: Sequence[ChemicalShift]) -> str:
    errors = [s.uncertainty_ppm for s in shifts if s.nucleus == nucleus and s.uncertainty_ppm is not None]
    low, high = f"{min(errors):.2f}", f"{max(errors):.2f}"
    return f"{low if low == high else f'{low} to {high}'} ppm ({nucleus})"


def _flagged(shifts: Sequence[ChemicalShift]) -> list[str]:
    """Return the sentence on shifts that are not to be trusted as they stand."""
    by_flags: dict[tuple[str, ...], list[str]] = {}
    for shift in shifts:
        if shift.flags:
            by_flags.setdefault(shift.flags, []).extend(f"{shift.element}-{n}" for n in atom_numbers(shift))
    said = "; ".join(f"{', '.join(atoms)}: {', '.join(flags)}" for flags, atoms in by_flags.items())
    return [f"With reservation: {said}."] if said else []
