"""Measured signals beside predicted shifts: assigned by the user, or matched."""

from __future__ import annotations

from collections.abc import Sequence

from qmnmr.datatypes.measured.comparison import ComparedPair, Comparison, NucleusErrors
from qmnmr.datatypes.measured.experiment import MeasuredSignal, Spectrum
from qmnmr.datatypes.shift import ChemicalShift, Prediction
from qmnmr.errors import InputError
from qmnmr.shifts.expected import attached_hydrogens
from qmnmr.shifts.fit.regression import mean_absolute, root_mean_square
from qmnmr.shifts.matching import Matching, PredictedSet, match_signals


def compare(predictions: Sequence[tuple[Prediction, Sequence[Spectrum]]]) -> Comparison:
    """Return all pairs of measured and predicted shifts with their errors.

    A signal with atoms is compared with the mean over these atoms. Signals without are matched per molecule and nucleus
    to predicted shifts that no assigned signal took, so that the sum of squares is smallest, within the numbers of
    nuclei and the kinds (CH3, CH2, CH, C) that they were given; that makes errors look smaller than they are, and is
    warned of. A nucleus without calibrated shifts is left out with a warning if there is another one.

    Raises InputError for atoms that have no shift of that nucleus, for an atom in two signals, for more signals than
    predicted shifts, and if no nucleus can be compared.
    """
    pairs: list[ComparedPair] = []
    warnings: list[str] = []
    refused: list[InputError] = []
    for prediction, spectra in predictions:
        name = prediction.molecule.name
        for spectrum in spectra:
            nucleus = spectrum.nucleus
            rows = [s for s in prediction.shifts if s.nucleus == nucleus and s.shift_ppm is not None]
            if not rows:
                refused.append(
                    InputError(
                        f"{name}: there are no calibrated {nucleus} shifts to compare with",
                        hint="the run's table says why; take these lines out, or use a protocol that has factors",
                    )
                )
                continue
            _refuse_shared_atoms(name, spectrum.signals, nucleus)
            assigned = [_assigned(name, s, rows, nucleus) for s in spectrum.signals if s.atoms]
            taken = {a for p in assigned for a in p.atoms}
            free = [r for r in rows if not taken & {i + 1 for i in r.atom_indices}]
            loose = [s for s in spectrum.signals if not s.atoms]
            pairs += assigned
            if loose:
                found, words = _matched(prediction, loose, free, nucleus)
                pairs += found
                warnings += words
    if refused and not pairs:
        raise refused[0]
    warnings += [f"{error}: left out" for error in refused]
    return Comparison(pairs=tuple(pairs), errors=errors_by_nucleus(pairs), warnings=tuple(warnings))


def _refuse_shared_atoms(name: str, signals: Sequence[MeasuredSignal], nucleus: str) -> None:
    """Raise InputError if an atom is in two signals of its nucleus, or twice in one."""
    seen: dict[int, MeasuredSignal] = {}
    for signal in signals:
        for atom in signal.atoms:
            if atom in seen:
                raise InputError(
                    f"{name}, line {signal.line}: atom {atom} has two {nucleus} signals, "
                    f"{seen[atom].shift_ppm:g} and {signal.shift_ppm:g} ppm (line {seen[atom].line})",
                    hint="name each atom once; a signal of several nuclei is one line with all of them",
                )
            seen[atom] = signal


def _assigned(name: str, signal: MeasuredSignal, rows: Sequence[ChemicalShift], nucleus: str) -> ComparedPair:
    by_atom = {i + 1: row for row in rows for i in row.atom_indices}
    unknown = [a for a in signal.atoms if a not in by_atom]
    if unknown:
        raise InputError(
            f"{name}, line {signal.line}: atom {unknown[0]} has no {nucleus} shift",
            hint="atoms are numbered as in the run's table and structure.sdf",
        )
    found = [by_atom[a] for a in signal.atoms]
    return _pair(name, signal, found, nucleus=nucleus, atoms=signal.atoms, is_assigned=True)


def _matched(
    prediction: Prediction, signals: Sequence[MeasuredSignal], rows: Sequence[ChemicalShift], nucleus: str
) -> tuple[list[ComparedPair], list[str]]:
    """Return the pairs of signals without atoms, and what was done in words."""
    name = prediction.molecule.name
    hydrogens = attached_hydrogens(prediction.molecule)
    sets = [
        PredictedSet(
            shift_ppm=row.shift_ppm or 0.0,
            nuclei=len(row.atom_indices),
            hydrogens=hydrogens[row.atom_indices[0]] if nucleus == "13C" else None,
        )
        for row in rows
    ]
    matching = match_signals(signals, sets)
    if matching is None:
        raise InputError(
            f"{name}: {len(signals)} {nucleus} signals without atoms, but only {len(rows)} predicted shifts",
            hint="give one line for each set of equivalent nuclei, or name the atoms",
        )
    pairs = [
        _pair(
            name,
            signal,
            [rows[chosen[0]]] if len(chosen) == 1 else [rows[j] for j in chosen for _ in rows[j].atom_indices],
            nucleus=nucleus,
            atoms=tuple(a + 1 for j in chosen for a in rows[j].atom_indices),
            is_assigned=False,
        )
        for signal, chosen in zip(signals, matching.sets, strict=True)
    ]
    signals_were = "1 signal without atoms was" if len(signals) == 1 else f"{len(signals)} signals without atoms were"
    words = f"{name}, {nucleus}: {signals_were} {_how(matching, len(rows))}"
    return pairs, [f"{words}; a wrong prediction can hide behind a neighbour", *_dropped(name, nucleus, matching)]


def _how(matching: Matching, rows: int) -> str:
    """Return in words how signals came to their shifts."""
    kept = [
        *(["numbers of nuclei"] if matching.kept_numbers else []),
        *(["kinds (CH3, CH2, CH, C)"] if matching.kept_kinds else []),
    ]
    if kept:
        return f"matched to {rows} predicted shifts by the least squares within their {' and '.join(kept)}"
    return f"matched in order to {rows} predicted shifts"


def _dropped(name: str, nucleus: str, matching: Matching) -> list[str]:
    return [f"{name}, {nucleus}: {words}" for words in matching.dropped]


def _pair(
    name: str,
    signal: MeasuredSignal,
    rows: Sequence[ChemicalShift],
    *,
    nucleus: str,
    atoms: tuple[int, ...],
    is_assigned: bool,
) -> ComparedPair:
    """Return a pair; `rows` are those of each atom."""
    values = [row.shift_ppm for row in rows if row.shift_ppm is not None]
    errors = [row.uncertainty_ppm for row in rows if row.uncertainty_ppm is not None]
    return ComparedPair(
        molecule=name,
        nucleus=nucleus,
        atoms=atoms,
        measured_ppm=signal.shift_ppm,
        predicted_ppm=sum(values) / len(values),
        uncertainty_ppm=max(errors, default=None),  # errors of one level go together: the mean has no smaller one
        is_assigned=is_assigned,
        flags=tuple(dict.fromkeys(f for row in rows for f in row.flags)),
        weight_moves_ppm=tuple(
            sum(moves) / len(rows) for moves in zip(*(row.weight_moves_ppm for row in rows), strict=True)
        ),
        measured_couplings_hz=signal.couplings_hz,
    )


def errors_by_nucleus(pairs: Sequence[ComparedPair]) -> tuple[NucleusErrors, ...]:
    """Return the errors of each nucleus, in the order of its name."""
    found = []
    for nucleus in sorted({p.nucleus for p in pairs}):
        mine = [p for p in pairs if p.nucleus == nucleus]
        worst = max(mine, key=lambda p: abs(p.difference_ppm))
        found.append(
            NucleusErrors(
                nucleus=nucleus,
                n=len(mine),
                mae_ppm=mean_absolute([p.difference_ppm for p in mine]),
                rmsd_ppm=root_mean_square([p.difference_ppm for p in mine]),
                largest_ppm=worst.difference_ppm,
                largest_of=f"{worst.molecule} {nucleus} {' '.join(str(a) for a in worst.atoms)}",
            )
        )
    return tuple(found)
