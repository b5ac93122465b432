"""The lines of a predicted spectrum, and the spectrum that they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qmnmr.datatypes.measured.larmor import DEFAULT_PROTON_MHZ, larmor_mhz
from qmnmr.datatypes.molecule import Molecule, neighbours
from qmnmr.datatypes.shift import ChemicalShift, Prediction
from qmnmr.spectra.predicted_spectrum import SpectrumSettings, predicted_spectrum

DECOUPLED = frozenset({"13C"})
"""Nuclei whose spectra are shown as they are measured: decoupled from hydrogen, so that lines are singlets."""

_WINDOWS_PPM = {"1H": (-1.0, 12.0), "13C": (-5.0, 220.0)}  # at least; what spectrometers show
_MARGIN_PPM = {"1H": 0.5, "13C": 5.0}
_OTHER_MARGIN_PPM = 10.0
_LINE_WIDTHS_HZ = {"1H": 1.0}
_OTHER_LINE_WIDTH_HZ = 2.0
_POINTS_PER_WIDTH = 3
_MOST_POINTS = 2**17
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedLine:
    """One signal of a spectrum: its lines, or a singlet where there are none, as intense as it has nuclei."""

    shift_ppm: float
    uncertainty_ppm: float
    atom_indices: tuple[int, ...]  # 0-based, ascending
    name: str  # as the formats want it: letters and digits, alike in no other spelling; "C1", "H7a"
    multiplicity: str  # "" where couplings that are not known would decide it
    multiplet: tuple[tuple[float, float], ...] = ()  # its exact lines, ppm and intensity in nuclei; none of a singlet

    @property
    def nuclei(self) -> int:
        """How many nuclei it is of."""
        return len(self.atom_indices)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledSpectrum:
    """A spectrum as points at even distances, from the left of a plot to its right."""

    ppm: NDArray[np.float64]  # (n,), descending
    intensity: NDArray[np.float64]  # (n,); a line's area goes with its number of nuclei, the highest point is 1


def predicted_lines(
    prediction: Prediction, nucleus: str, *, proton_mhz: float = DEFAULT_PROTON_MHZ
) -> tuple[PredictedLine, ...]:
    """Return the signals of a nucleus by falling shift, as other programs take them.

    Only calibrated shifts are lines: a difference to a reference compound is on no scale that a spectrum has. Hydrogens
    of a prediction with couplings have their exact multiplets at this frequency; else each line is a singlet.
    """
    names = line_names(prediction.molecule, prediction.shifts)
    words, multiplets = _multiplets(prediction, proton_mhz) if nucleus == "1H" and prediction.couplings else ({}, {})
    lines = [
        PredictedLine(
            shift_ppm=round(shift.shift_ppm, 4),
            uncertainty_ppm=round(shift.uncertainty_ppm, 4),
            atom_indices=shift.atom_indices,
            name=names[shift.atom_indices],
            multiplicity="s" if nucleus in DECOUPLED else words.get(shift.atom_indices, ""),
            multiplet=multiplets.get(shift.atom_indices, ()),
        )
        for shift in prediction.shifts
        if shift.nucleus == nucleus and shift.shift_ppm is not None and shift.uncertainty_ppm is not None
    ]
    return tuple(sorted(lines, key=lambda line: (-line.shift_ppm, line.atom_indices)))


Atoms = tuple[int, ...]


def _multiplets(
    prediction: Prediction, proton_mhz: float
) -> tuple[dict[Atoms, str], dict[Atoms, tuple[tuple[float, float], ...]]]:
    """Return the word of each signal of hydrogens, and its lines."""
    found = predicted_spectrum(prediction, SpectrumSettings(frequency_mhz=proton_mhz))
    lines: dict[Atoms, list[tuple[float, float]]] = {}
    for line in found.lines:
        lines.setdefault(line.atoms, []).append((line.shift_ppm, line.intensity))
    words = {multiplet.atoms: multiplet.multiplicity.word for multiplet in found.multiplets}
    return words, {atoms: tuple(own) for atoms, own in lines.items()}


def line_names(molecule: Molecule, shifts: Sequence[ChemicalShift]) -> dict[tuple[int, ...], str]:
    """Return a name for each set of equivalent nuclei: "C1", hydrogens by the atom that they are on, "H1" or "H1a".

    Programs read names without regard to case and blanks, and some give signs a meaning; none are alike here.
    """
    near = neighbours(molecule)
    stems = {}
    for shift in shifts:
        first = shift.atom_indices[0]
        owner = near[first][0] if shift.element == "H" and near[first] else first
        stems[shift.atom_indices] = f"{shift.element}{owner + 1}"
    members: dict[str, list[tuple[int, ...]]] = {}
    for atoms, stem in stems.items():
        members.setdefault(stem, []).append(atoms)
    return {
        atoms: stem if len(members[stem]) == 1 else f"{stem}{_LETTERS[members[stem].index(atoms)]}"
        for atoms, stem in stems.items()
    }


def sampled(lines: Sequence[PredictedLine], nucleus: str, *, proton_mhz: float) -> SampledSpectrum:
    """Return the Lorentz curves of the lines (1 Hz wide for hydrogen, else 2 Hz) on about three points for a width.

    The window is the one that spectrometers show, or wider where a line needs it. A line's maximum is within half a
    point of its shift.
    """
    low, high = _window(lines, nucleus)
    mhz, width_hz = larmor_mhz(nucleus, proton_mhz=proton_mhz), _LINE_WIDTHS_HZ.get(nucleus, _OTHER_LINE_WIDTH_HZ)
    wanted = (high - low) * mhz / width_hz * _POINTS_PER_WIDTH
    count = min(_MOST_POINTS, 2 ** int(np.rint(np.log2(wanted))))
    ppm = np.linspace(high, low, count)
    step = (high - low) / (count - 1)
    half_width_ppm = max(width_hz / mhz, _POINTS_PER_WIDTH * step) / 2
    intensity = np.zeros(count)
    for line in lines:
        for shift_ppm, strength in line.multiplet or ((line.shift_ppm, line.nuclei),):
            intensity += strength / (1.0 + ((ppm - shift_ppm) / half_width_ppm) ** 2)
    return SampledSpectrum(ppm=ppm, intensity=intensity / intensity.max())


def _window(lines: Sequence[PredictedLine], nucleus: str) -> tuple[float, float]:
    margin = _MARGIN_PPM.get(nucleus, _OTHER_MARGIN_PPM)
    low = float(np.floor(min(line.shift_ppm for line in lines) - margin))
    high = float(np.ceil(max(line.shift_ppm for line in lines) + margin))
    usual_low, usual_high = _WINDOWS_PPM.get(nucleus, (low, high))
    return min(low, usual_low), max(high, usual_high)
