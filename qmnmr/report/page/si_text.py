"""The paragraph for a paper's supporting information, in the style of the ACS, of what was calculated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qmnmr.datatypes.coupling import CouplingSource
from qmnmr.datatypes.measured.larmor import DEFAULT_PROTON_MHZ, larmor_mhz
from qmnmr.datatypes.shift import ChemicalShift, Prediction, Provenance
from qmnmr.report.level_words import level_words
from qmnmr.report.page.spectra import calibrated_nuclei, proton_spectrum, solvent_name
from qmnmr.report.page.spectrum_svg import decimals
from qmnmr.report.tables import atom_numbers
from qmnmr.report.words import counted
from qmnmr.spectra.predicted_spectrum import PredictedSpectrum

_DECOUPLED = {"13C": "13C{1H}"}


def si_text(
    prediction: Prediction, *, proton_mhz: float = DEFAULT_PROTON_MHZ, protons: PredictedSpectrum | None = None
) -> str:
    """Return the paragraphs of a molecule: a line for each nucleus, high to low, then what the numbers are worth.

    Every heading says "calc."; only calibrated shifts are in it. There is nothing of a molecule without one. `protons`
    is what `proton_spectrum` gives for this field, where it is known already.
    """
    shifts = [s for s in prediction.shifts if s.shift_ppm is not None]
    if not shifts or prediction.provenance is None:
        return ""
    solvent = solvent_name(prediction)
    shapes = signal_shapes(protons or proton_spectrum(prediction, proton_mhz=proton_mhz))
    lines = [
        _spectrum(nucleus, [s for s in shifts if s.nucleus == nucleus], solvent, proton_mhz, shapes)
        for nucleus in calibrated_nuclei(prediction)
    ]
    return "\n".join([*lines, _basis(prediction, prediction.provenance), *_flagged(shifts)]) + "\n"


def signal_shapes(protons: PredictedSpectrum | None) -> dict[tuple[int, ...], str]:
    """Return the multiplicities of signals of hydrogens with their couplings, "dd, J = 17.5, 11.7 Hz"; none without."""
    found = {}
    for multiplet in () if protons is None else protons.multiplets:
        splittings = ", ".join(f"{s.coupling_hz:.1f}" for s in multiplet.multiplicity.splittings)
        found[multiplet.atoms] = multiplet.multiplicity.word + (f", J = {splittings} Hz" if splittings else "")
    return found


def _spectrum(
    nucleus: str,
    shifts: Sequence[ChemicalShift],
    solvent: str,
    proton_mhz: float,
    shapes: Mapping[tuple[int, ...], str],
) -> str:
    ordered = sorted(shifts, key=lambda s: (-(s.shift_ppm or 0.0), s.atom_indices))
    frequency = f"{larmor_mhz(nucleus, proton_mhz=proton_mhz):.0f} MHz"
    signals = ", ".join(_signal(nucleus, shift, shapes.get(shift.atom_indices, "")) for shift in ordered)
    return f"{_DECOUPLED.get(nucleus, nucleus)} NMR ({frequency}, {solvent}, calc.) δ {signals}."


def _signal(nucleus: str, shift: ChemicalShift, shape: str) -> str:
    count = len(shift.atom_indices)
    atoms = [f"{shift.element}-{number}" for number in atom_numbers(shift)]
    number = [f"{count}{shift.element}"] if nucleus != "13C" or count > 1 else []
    return f"{shift.shift_ppm:.{decimals(nucleus)}f} ({', '.join([*([shape] if shape else []), *number, *atoms])})"


def _basis(prediction: Prediction, provenance: Provenance) -> str:
    """Return how the numbers were got and how sure they are."""
    levels = level_words(provenance.steps)
    errors = ", ".join(_error(nucleus, prediction.shifts) for nucleus in calibrated_nuclei(prediction))
    said = "; ".join(f"{name} {level}" for name, level in levels.items())
    return (
        f"Calculated with qmnmr {provenance.qmnmr_version} ({provenance.engine}, protocol {provenance.protocol}: "
        f"{said}), "
        f"{counted(len(prediction.conformers), 'conformer')} at {provenance.temperature_kelvin:g} K, "
        f"scaled by calibrated factors; standard uncertainties {errors}{_of_couplings(prediction)}. "
        "Atoms are numbered as in the drawing."
    )


def _of_couplings(prediction: Prediction) -> str:
    """Return how couplings were got and how sure they are, nothing where there are none."""
    errors = sorted(c.uncertainty_hz for c in prediction.couplings if c.uncertainty_hz is not None)
    if not prediction.couplings:
        return ""
    how = {CouplingSource.KARPLUS: "by rules from the geometries", CouplingSource.FC: "by the Fermi-contact term"}
    ends = [f"{hz:.1f}" for hz in (errors[0], errors[-1])] if errors else []
    worth = f", {' to '.join(dict.fromkeys(ends))} Hz" if ends else ""
    return f"; couplings {how[prediction.couplings[0].source]}{worth}"


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
