"""Letters of old 13C lists: "s, d, t, q" that mean C, CH, CH2, CH3."""

from __future__ import annotations

from dataclasses import replace

from qmnmr.datatypes.measured.experiment import Spectrum

_HYDROGENS = {"s": 0, "d": 1, "t": 2, "q": 3}
_COUPLING_ELEMENTS = {"F", "P", "B"}
_NOTE = "s, d, t, q without J are taken for C, CH, CH2, CH3"


def with_kinds_of_letters(spectrum: Spectrum, elements: frozenset[str]) -> Spectrum:
    """Return a 13C spectrum whose letters are kinds, with a note; any other one as it is.

    The letters of an off-resonance or DEPT spectrum are kinds. In a molecule with F, P or B they may be couplings to
    these, and where any J is given they are; a list of nothing but "s" says that it is decoupled.
    """
    signals = spectrum.signals
    letters = [signal.multiplicity for signal in signals if signal.multiplicity]
    is_kinds = (
        spectrum.nucleus == "13C"
        and set(letters) <= set(_HYDROGENS)
        and set(letters) - {"s"} != set()
        and not any(signal.couplings_hz for signal in signals)
        and not any(signal.hydrogens is not None for signal in signals)
        and not elements & _COUPLING_ELEMENTS
    )
    if not is_kinds:
        return spectrum
    known = tuple(replace(signal, hydrogens=_HYDROGENS.get(signal.multiplicity)) for signal in signals)
    return replace(spectrum, signals=known, notes=(*spectrum.notes, _NOTE))
