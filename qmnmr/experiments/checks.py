"""What does not fit: an experiment beside the signals that a molecule lets one expect. Nothing is changed by it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from qmnmr.datatypes.measured.experiment import (
    KINDS,
    ExpectedSignal,
    ExpectedSpectra,
    Experiment,
    MeasuredSignal,
    Remark,
    Spectrum,
)
from qmnmr.datatypes.measured.larmor import larmor_mhz
from qmnmr.datatypes.measured.nmr_solvents import solvents_named
from qmnmr.experiments.nuclei import element_of
from qmnmr.experiments.text.multiplicities import couplings_of

_NEAR_PPM = {"1H": 0.03, "13C": 0.35}  # a line of the solvent, of its C-D multiplet too
_WATER_PPM = 0.06  # moves with concentration
_PICKED_CARBON_PPM = 0.8  # half the width of a solvent's C-D multiplet at 75 MHz
_REFERENCE_PPM = 0.02
_WIDE_PPM = {"1H": 1.5, "13C": 5.0}
_FOREIGN = re.compile(
    r"(?:residual\s+|signal\s+of\s+|from\s+)?"
    r"(?:CDCl3|CHCl3|DMSO(?:-?d[56])?|CD3OD|CHD2OD|MeOD|MeOH|acetone(?:-?d[56])?|CD3CN|C6D6|C6H6|C6D5H|D2O|HDO|HOD|H2O|water"
    r"|solvent|impurity|grease|DCM|CH2Cl2|EtOAc|toluene|THF|hexanes?|BHT|(?:13C\s+)?satellites?|artifact|reference)"
    r"(?:\s+(?:peak|signal|line|residual))?$",
    re.IGNORECASE,
)
_LARGEST_J_HZ = 25.0  # between hydrogens


def check_experiment(experiment: Experiment, expected: ExpectedSpectra) -> tuple[Remark, ...]:
    """Return what fits and what does not, spectrum by spectrum: numbers of signals and nuclei, solvent, odd entries."""
    remarks: list[Remark] = []
    for spectrum in experiment.spectra:
        sets = [signal for signal in expected.signals if signal.nucleus == spectrum.nucleus]
        remarks += _of_numbers(spectrum, sets)
        remarks += _of_kinds(spectrum, sets)
        remarks += _of_foreign_lines(spectrum, sets)
        remarks += _of_entries(spectrum)
        remarks += _of_frequency(spectrum, experiment)
    return tuple(remarks)


def is_foreign(signal: MeasuredSignal) -> bool:
    """Return whether the author says that a signal is of a solvent, of water, of TMS, or an impurity."""
    if signal.atoms or signal.kind:
        return False
    parts = [part.strip() for part in signal.label.split(",") if part.strip()]
    if parts == ["TMS"]:
        return signal.nuclei is None  # with a number it is a protecting group
    return bool(parts) and all(_FOREIGN.match(part) for part in parts)


def foreign_lines(spectrum: Spectrum) -> dict[int, str]:
    """Return the signals that may be of the solvent, its water or TMS, by their place, with what they may be.

    One that the author assigns to the molecule, gives a range or splits into more than the line would have is none.
    """
    found = {}
    for place, signal in enumerate(spectrum.signals):
        if is_foreign(signal):
            found[place] = f"of {signal.label}, as the list says"
        elif not (signal.is_range or signal.atoms or signal.kind or signal.label):
            what = _what_line(spectrum, signal)
            if what:
                found[place] = what
    return found


def _what_line(spectrum: Spectrum, signal: MeasuredSignal) -> str:
    shift = signal.shift_ppm
    plain = signal.multiplicity in ("", "s", "br s", "br", "quint", "t", "sept", "m") and (signal.nuclei or 1) <= 2
    if not plain:
        return ""
    if spectrum.nucleus in _NEAR_PPM and abs(shift) <= _REFERENCE_PPM:
        return "TMS (0.00)"
    for solvent in solvents_named(spectrum.solvent):
        lines = {"1H": solvent.proton_ppm, "13C": solvent.carbon_ppm}.get(spectrum.nucleus, ())
        near = _NEAR_PPM.get(spectrum.nucleus, 0.0)
        if spectrum.nucleus == "13C" and spectrum.is_peak_list:
            near = _PICKED_CARBON_PPM
        for line in lines:
            if abs(shift - line) <= near + 1e-9:
                return f"{solvent.name} itself ({line:.2f})"
        is_single = signal.multiplicity in ("", "s", "br s", "br") and spectrum.nucleus == "1H"
        if is_single and solvent.water_ppm is not None and abs(shift - solvent.water_ppm) <= _WATER_PPM + 1e-9:
            return f"water in {solvent.name} ({solvent.water_ppm:.2f})"
    return ""


def _of_numbers(spectrum: Spectrum, sets: Sequence[ExpectedSignal]) -> Iterator[Remark]:
    """Yield what the numbers of nuclei and of signals say."""
    element = element_of(spectrum.nucleus)
    own = [signal for place, signal in enumerate(spectrum.signals) if not is_foreign(signal)]
    if not sets:
        yield _doubt(spectrum, f"{_signals(len(own))} listed, and the molecule has no {element}")
        return
    there, exchangeable = sum(s.nuclei for s in sets), sum(s.nuclei for s in sets if s.is_exchangeable)
    listed = [signal.nuclei for signal in own]
    if spectrum.is_peak_list and len(own) > len(sets) and spectrum.nucleus == "1H":
        yield _doubt(
            spectrum, f"{len(own)} lines picked by a program, {len(sets)} signals expected: join the multiplets"
        )
        return
    if listed and None not in listed:
        yield _of_sum(spectrum, sum(n for n in listed if n is not None), there, exchangeable)
    elif any(n is not None for n in listed) and spectrum.nucleus != "1H":
        if sum(1 if n is None else n for n in listed) == there:  # papers leave out "1C"
            text = f"{there} {element} listed, as in the formula, with one {element} where no number is said"
            yield Remark(text=text, nucleus=spectrum.nucleus)
    elif any(n is not None for n in listed):
        yield _doubt(spectrum, f"{listed.count(None)} of {len(listed)} signals have no number of {element}")
    if spectrum.nucleus != "1H" or not any(n is not None for n in listed):
        yield from _of_count(spectrum, len(own), sets, there)


def _signals(number: int, of: str = "") -> str:
    """Return "1 carbon signal", "2 signals"."""
    return " ".join(filter(None, (str(number), of, "signal" if number == 1 else "signals")))


def _of_sum(spectrum: Spectrum, listed: float, there: int, exchangeable: int) -> Remark:
    element = element_of(spectrum.nucleus)
    words = f"{listed:g} {element} listed, {there} in the formula"
    if listed == there:
        return Remark(text=f"{listed:g} {element} listed, as in the formula", nucleus=spectrum.nucleus)
    if spectrum.nucleus == "1H" and there - exchangeable <= listed < there:
        return Remark(
            text=f"{words}, {exchangeable} of them on N, O or S: not all of these are listed", nucleus=spectrum.nucleus
        )
    if listed and there % listed == 0 and there // listed in (2, 3, 4):
        return _doubt(spectrum, f"{words}: is one of {there // int(listed)} equal parts listed?")
    return _doubt(spectrum, words)


def _of_count(spectrum: Spectrum, listed: int, sets: Sequence[ExpectedSignal], there: int) -> Iterator[Remark]:
    said = _signals(listed, "carbon" if spectrum.nucleus == "13C" else "")
    if listed == len(sets):
        yield Remark(text=f"{said} listed, as expected", nucleus=spectrum.nucleus)
        return
    equal = f" ({there} atoms, of which some are equivalent)" if there > len(sets) else ""
    yield _doubt(spectrum, f"{said} listed, {len(sets)} expected{equal}")


def _of_kinds(spectrum: Spectrum, sets: Sequence[ExpectedSignal]) -> Iterator[Remark]:
    """Yield where there are more carbons of a kind than the molecule has."""
    listed: Counter[int] = Counter()
    for signal in spectrum.signals:
        if signal.hydrogens is not None:
            listed[signal.hydrogens] += 1
    expected = Counter(s.hydrogens for s in sets)
    for hydrogens, number in sorted(listed.items()):
        if sets and number > expected[hydrogens]:
            yield _doubt(spectrum, f"{_signals(number)} of {KINDS[hydrogens]} listed, {expected[hydrogens]} expected")


def _of_foreign_lines(spectrum: Spectrum, sets: Sequence[ExpectedSignal]) -> Iterator[Remark]:
    """Yield what may be of the solvent; where all signals are needed for the molecule, only what the author says is."""
    for place, what in foreign_lines(spectrum).items():
        signal = spectrum.signals[place]
        if is_foreign(signal):
            yield Remark(text=f"{signal.shift_ppm:g} ppm is {what}", nucleus=spectrum.nucleus, line=signal.line)
        elif not _is_complete(spectrum, sets):
            yield _doubt(spectrum, f"{signal.shift_ppm:g} ppm may be {what}", line=signal.line)


def _is_complete(spectrum: Spectrum, sets: Sequence[ExpectedSignal]) -> bool:
    """Return whether the signals, all but those that the author says are foreign, are as many as the molecule has."""
    own = [signal for signal in spectrum.signals if not is_foreign(signal)]
    numbers = [signal.nuclei for signal in own]
    if spectrum.nucleus == "1H" and set(numbers) != {None}:
        return None not in numbers and sum(n for n in numbers if n is not None) == sum(s.nuclei for s in sets)
    return len(own) == len(sets)


def _of_entries(spectrum: Spectrum) -> Iterator[Remark]:
    """Yield what is odd in single signals."""
    seen: dict[float, MeasuredSignal] = {}
    for signal in spectrum.signals:
        shift, line = signal.shift_ppm, signal.line
        wanted, found = couplings_of(signal.multiplicity), len(signal.couplings_hz)
        if found and wanted is not None and found != wanted and not (wanted == 0 and not found):
            yield _doubt(
                spectrum, f"{shift:g} ppm: {signal.multiplicity!r} has {_counted(wanted)}, {found} given", line=line
            )
        largest = max((abs(j) for j in signal.couplings_hz), default=0.0)
        if spectrum.nucleus == "1H" and largest > _LARGEST_J_HZ:
            yield _doubt(spectrum, f"{shift:g} ppm: J = {largest:g} Hz is no coupling between hydrogens", line=line)
        if signal.high_ppm - signal.low_ppm > _WIDE_PPM.get(spectrum.nucleus, 10.0):
            yield _doubt(
                spectrum, f"{signal.high_ppm:g}-{signal.low_ppm:g} ppm is a wide range for one signal", line=line
            )
        if not signal.is_range and shift in seen and not spectrum.is_peak_list:
            yield _doubt(spectrum, f"{shift:g} ppm is listed twice", line=line)
        seen.setdefault(shift, signal)


def _of_frequency(spectrum: Spectrum, experiment: Experiment) -> Iterator[Remark]:
    """Yield a frequency that is the one of hydrogen on the same magnet, as people write by mistake."""
    if spectrum.frequency_mhz is None or spectrum.nucleus == "1H":
        return
    others = [s.frequency_mhz for s in experiment.spectra if s.nucleus == "1H" and s.frequency_mhz]
    ratio = larmor_mhz(spectrum.nucleus, proton_mhz=1.0)
    if others and abs(spectrum.frequency_mhz / others[0] - 1.0) < 0.02 < abs(ratio - 1.0):
        wanted = others[0] * ratio
        words = f"{spectrum.frequency_mhz:g} MHz is the frequency of 1H; {spectrum.nucleus} has {wanted:.0f} MHz there"
        yield _doubt(spectrum, words, line=spectrum.line)


def _counted(number: int) -> str:
    return {0: "no coupling", 1: "one coupling"}.get(number, f"{number} couplings")


def _doubt(spectrum: Spectrum, text: str, *, line: int = 0) -> Remark:
    return Remark(text=text, is_doubt=True, nucleus=spectrum.nucleus, line=line)
