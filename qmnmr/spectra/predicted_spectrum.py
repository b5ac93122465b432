"""The spectrum of a prediction: `predicted_spectrum` turns shifts and couplings into lines and multiplets.

    spectrum = predicted_spectrum(prediction, SpectrumSettings(nucleus="1H", frequency_mhz=400.0))
    for line in spectrum.lines:
        line.shift_ppm, line.intensity, line.atoms

works with any prediction that has shifts. Where it has no couplings every signal is one line, as it is for all nuclei
but 1H (whose decoupling from hydrogens is taken for granted) and in a pure-shift spectrum. The intensities of a
spectrum sum to the number of its nuclei.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qmnmr.datatypes.coupling import Coupling
from qmnmr.datatypes.measured.larmor import DEFAULT_PROTON_MHZ, larmor_mhz
from qmnmr.datatypes.shift import NUCLEI, ChemicalShift, Prediction
from qmnmr.errors import InputError
from qmnmr.spectra.fragments import MOST_EXACT_SPINS, MOST_FRAGMENT_SPINS, all_transitions, components
from qmnmr.spectra.line_shape import lorentzian_points
from qmnmr.spectra.multiplicity import Multiplicity, Splitting, multiplicity
from qmnmr.spectra.proton_system import SPLITTING_ELEMENTS, exchanging_hydrogens, proton_system, split_by_others
from qmnmr.spectra.spin_system import Floats, SpinSystem, Transitions

CUT_HZ = 0.2
"""Couplings smaller than this are neglected, or smaller than a fifth of the line width where that is less."""

_MERGED_IN_WIDTHS = 0.02
_LEAST_SHARE = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrumSettings:
    """How a spectrum is taken."""

    nucleus: str = "1H"
    frequency_mhz: float = DEFAULT_PROTON_MHZ  # of protons, by which spectrometers are named
    line_width_hz: float = 1.0  # full width at half height
    is_pure_shift: bool = False  # decoupled from all hydrogens
    couples_exchanging: bool = False  # whether hydrogens on N, O and S couple with others


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrumLine:
    """One line."""

    shift_ppm: float
    intensity: float  # in nuclei
    atoms: tuple[int, ...]  # 0-based: the signal that has most of it


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCoupling:
    """What a signal's nuclei couple with."""

    coupling_hz: float
    uncertainty_hz: float | None
    partner: tuple[int, ...]  # the other signal's atoms that have this coupling


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplet:
    """One signal of a spectrum."""

    atoms: tuple[int, ...]
    shift_ppm: float
    uncertainty_ppm: float | None
    multiplicity: Multiplicity
    couplings: tuple[NamedCoupling, ...]  # of one of its nuclei, descending by size
    label: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedSpectrum:
    """Lines, signals, and what to know about them."""

    settings: SpectrumSettings
    larmor_mhz: float  # of the nucleus: Hz in a ppm
    lines: tuple[SpectrumLine, ...]  # ascending by shift
    multiplets: tuple[Multiplet, ...]  # descending by shift
    notes: tuple[str, ...]


def predicted_spectrum(prediction: Prediction, settings: SpectrumSettings | None = None) -> PredictedSpectrum:
    """Return the spectrum of one molecule.

    Raises InputError for a molecule without shifts of the nucleus, for settings that no spectrometer has.
    """
    wanted = settings or SpectrumSettings()
    _check(wanted)
    shifts = _shifts(prediction, wanted)
    mhz = larmor_mhz(wanted.nucleus, proton_mhz=wanted.frequency_mhz)
    coupled = wanted.nucleus == "1H" and not wanted.is_pure_shift
    decoupled = frozenset() if wanted.couples_exchanging or not coupled else exchanging_hydrogens(prediction.molecule)
    couplings = _counted(prediction.couplings, decoupled) if coupled else ()
    cut_hz = min(CUT_HZ, wanted.line_width_hz / 5.0)
    sets = tuple(shift.atom_indices for shift in shifts)
    system, groups = proton_system(
        sets, [mhz * _value(shift) for shift in shifts], couplings, decoupled=decoupled, alike_hz=cut_hz
    )
    transitions = all_transitions(system, cut_hz=cut_hz, within_hz=_MERGED_IN_WIDTHS * wanted.line_width_hz)
    solved = _Solved(
        sets=sets,
        groups=tuple(
            tuple(number for number, group in enumerate(groups) if set(group) <= set(members)) for members in sets
        ),
        atoms=groups,
        system=system,
        couplings=tuple(c for c in couplings if abs(c.coupling_hz) >= cut_hz),
        transitions=transitions,
        beside_others=split_by_others(prediction.molecule, without=decoupled) if coupled else {},
    )
    multiplets = [solved.multiplet(shift, line_width_hz=wanted.line_width_hz) for shift in shifts]
    return PredictedSpectrum(
        settings=wanted,
        larmor_mhz=mhz,
        lines=solved.lines(mhz),
        multiplets=tuple(sorted(multiplets, key=lambda multiplet: -multiplet.shift_ppm)),
        notes=_notes(prediction, wanted, system, coupled=coupled, decoupled=decoupled, cut_hz=cut_hz),
    )


def spectrum_points(
    spectrum: PredictedSpectrum, *, first_ppm: float, last_ppm: float, points: int
) -> tuple[Floats, Floats]:
    """Return shifts in ppm, ascending, and intensities per ppm of so many points; the area is the number of nuclei."""
    shifts = np.linspace(first_ppm, last_ppm, points)
    intensities = lorentzian_points(
        np.array([line.shift_ppm for line in spectrum.lines]),
        np.array([line.intensity for line in spectrum.lines]),
        first=first_ppm,
        step=float(shifts[1] - shifts[0]),
        points=points,
        line_width=spectrum.settings.line_width_hz / spectrum.larmor_mhz,
    )
    return shifts, intensities


def _check(settings: SpectrumSettings) -> None:
    if not 20.0 <= settings.frequency_mhz <= 2000.0:
        raise InputError(
            f"no spectrometer has {settings.frequency_mhz:g} MHz", hint="give that of protons: 400 for 9.4 tesla"
        )
    if not 0.01 <= settings.line_width_hz <= 100.0:
        raise InputError(f"a line width of {settings.line_width_hz:g} Hz is not one of a spectrum", hint="1 is usual")


def _shifts(prediction: Prediction, settings: SpectrumSettings) -> tuple[ChemicalShift, ...]:
    element = next((element for element, name in NUCLEI.items() if name == settings.nucleus), None)
    if element is None:
        known = ", ".join(sorted({shift.nucleus for shift in prediction.shifts}))
        raise InputError(f"nothing is known of the nucleus {settings.nucleus!r}", hint=f"this molecule has {known}")
    if element not in prediction.molecule.symbols:
        nuclei = sorted({NUCLEI[symbol] for symbol in prediction.molecule.symbols if symbol in NUCLEI})
        raise InputError(
            f"{prediction.molecule.name} has no {element}, so there is no {settings.nucleus} spectrum",
            hint=f"its nuclei: {', '.join(nuclei)}",
        )
    of_element = [shift for shift in prediction.shifts if shift.element == element]
    found = tuple(s for s in of_element if s.shift_ppm is not None or s.reference_shift_ppm is not None)
    if not found:
        reason = "has no shifts, only shieldings," if of_element else "has no shifts"
        raise InputError(
            f"{prediction.molecule.name} {reason} of {settings.nucleus}",
            hint="it needs calibrated factors or a reference compound; `qmnmr protocols` lists what is calibrated",
        )
    return found


def _value(shift: ChemicalShift) -> float:
    value = shift.reference_shift_ppm if shift.shift_ppm is None else shift.shift_ppm
    if value is None:
        raise ValueError(f"atoms {shift.atom_indices} have no shift")
    return value


def _counted(couplings: tuple[Coupling, ...], decoupled: frozenset[int]) -> tuple[Coupling, ...]:
    """Return the couplings between hydrogens that are not decoupled."""
    return tuple(
        c for c in couplings if c.elements == ("H", "H") and not {i for pair in c.atom_pairs for i in pair} & decoupled
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Solved:
    """A spin system with its lines, and what its groups are in the molecule."""

    sets: tuple[tuple[int, ...], ...]  # the signals' atoms
    groups: tuple[tuple[int, ...], ...]  # the system's groups of each signal
    atoms: tuple[tuple[int, ...], ...]  # of each group
    system: SpinSystem
    couplings: tuple[Coupling, ...]
    transitions: Transitions
    beside_others: Mapping[int, str]  # atoms that other nuclei split too, and which ones

    def lines(self, mhz: float) -> tuple[SpectrumLine, ...]:
        """Return the lines that are not negligible, with all the intensity."""
        intensities = self.transitions.intensities
        by_set = np.stack([intensities[:, list(members)].sum(axis=1) for members in self.groups], axis=1)
        totals, strongest = by_set.sum(axis=1), by_set.argmax(axis=1)
        kept = np.abs(totals) > _LEAST_SHARE
        scale = totals.sum() / totals[kept].sum()
        rows = zip(self.transitions.frequencies_hz[kept], totals[kept], strongest[kept].tolist(), strict=True)
        return tuple(
            SpectrumLine(shift_ppm=float(hz) / mhz, intensity=float(total * scale), atoms=self.sets[which])
            for hz, total, which in rows
        )

    def multiplet(self, shift: ChemicalShift, *, line_width_hz: float) -> Multiplet:
        """Return what one signal looks like."""
        members = self.groups[self.sets.index(shift.atom_indices)]
        first = members[0]
        row = self.system.couplings_hz[first]
        splittings = [
            Splitting(abs(float(row[other])), self.system.counts[other])
            for other in range(len(self.atoms))
            if other not in members and row[other]
        ]
        found = multiplicity(
            self.transitions.frequencies_hz - self.system.frequencies_hz[first],
            self.transitions.intensities[:, list(members)].sum(axis=1),
            splittings,
            line_width_hz=line_width_hz,
        )
        flags = ("second order",) if found.is_second_order else ()
        if missing := self.beside_others.get(shift.atom_indices[0]):
            flags = (*flags, f"its couplings with {missing} are not in it")
        return Multiplet(
            atoms=shift.atom_indices,
            shift_ppm=_value(shift),
            uncertainty_ppm=shift.uncertainty_ppm if shift.shift_ppm is not None else None,
            multiplicity=found,
            couplings=self._named(self.atoms[first][0]),
            label=shift.label,
            flags=(*flags, *shift.flags),
        )

    def _named(self, atom: int) -> tuple[NamedCoupling, ...]:
        """Return what one atom couples with: nuclei of other signals, and of its own (J of AA'XX')."""
        set_of = {member: members for members in self.sets for member in members}
        own = next(group for group in self.atoms if atom in group)
        found: list[NamedCoupling] = []
        for coupling in self.couplings:
            others = [b if a == atom else a for a, b in coupling.atom_pairs if atom in (a, b)]
            seen = [other for other in others if other in set_of and other not in own]
            found += [
                NamedCoupling(
                    coupling_hz=coupling.coupling_hz,
                    uncertainty_hz=coupling.uncertainty_hz,
                    partner=tuple(other for other in seen if other in members),
                )
                for members in dict.fromkeys(set_of[other] for other in seen)
            ]
        return tuple(sorted(found, key=lambda named: (-abs(named.coupling_hz), named.partner)))


def _notes(
    prediction: Prediction,
    settings: SpectrumSettings,
    system: SpinSystem,
    *,
    coupled: bool,
    decoupled: frozenset[int],
    cut_hz: float,
) -> tuple[str, ...]:
    notes = []
    if any(s.shift_ppm is None and s.reference_shift_ppm is not None for s in prediction.shifts):
        notes.append("shifts without factors are differences to a reference compound: not calibrated, no error bar")
    if coupled:
        if not prediction.couplings:
            notes.append("the prediction has no couplings: every signal is one line")
        if decoupled:
            notes.append("hydrogens on N, O and S are taken for decoupled by exchange")
        foreign = [symbol for symbol in SPLITTING_ELEMENTS if symbol in prediction.molecule.symbols]
        if foreign:
            notes.append(f"couplings of hydrogens with {' and '.join(foreign)} are not known and not in the lines")
        couplings = np.where(np.abs(system.couplings_hz) < cut_hz, 0.0, system.couplings_hz)
        largest = max(sum(system.counts[group] for group in part) for part in components(couplings))
        if largest > MOST_EXACT_SPINS:
            notes.append(
                f"a spin system of {largest} hydrogens: the lines of each signal are those of its "
                f"{MOST_FRAGMENT_SPINS} nearest spins"
            )
    else:
        notes.append(
            f"{'all couplings are taken out' if settings.nucleus == '1H' else 'decoupled from hydrogens'}; "
            "areas are numbers of nuclei"
        )
        foreign = [s for s in SPLITTING_ELEMENTS if s in prediction.molecule.symbols]
        if settings.nucleus != "1H" and foreign:
            notes.append(f"couplings with {' and '.join(foreign)} are not known and not in the lines")
    return tuple(notes)
