"""Measured signals beside predicted shifts: assigned by the user, or matched in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qmnmr.datatypes.measured.comparison import ComparedPair, Comparison, NucleusErrors
from qmnmr.datatypes.shift import ChemicalShift, Prediction
from qmnmr.errors import InputError
from qmnmr.shifts.regression import mean_absolute, root_mean_square


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One measured signal; no atoms means that it is not assigned."""

    nucleus: str
    shift_ppm: float
    atoms: tuple[int, ...] = ()  # 1-based
    line: int = 0


def compare(predictions: Sequence[tuple[Prediction, Sequence[Signal]]]) -> Comparison:
    """Return all pairs of measured and predicted shifts with their errors.

    A signal with atoms is compared with the mean over these atoms. Signals without are matched per molecule and nucleus
    to predicted shifts that no assigned signal took, so that the sum of squares is smallest, which keeps their
    order; that makes errors look smaller than they are, and is warned of.

    Raises InputError for atoms that have no shift of that nucleus, for an atom in two signals, and for more signals
    than predicted shifts.
    """
    pairs: list[ComparedPair] = []
    warnings: list[str] = []
    for prediction, signals in predictions:
        for nucleus in dict.fromkeys(s.nucleus for s in signals):
            rows = [s for s in prediction.shifts if s.nucleus == nucleus and s.shift_ppm is not None]
            name = prediction.molecule.name
            if not rows:
                raise InputError(
                    f"{name}: there are no calibrated {nucleus} shifts to compare with",
                    hint="the run's table says why; take these lines out, or use a protocol that has factors",
                )
            mine = [s for s in signals if s.nucleus == nucleus]
            _refuse_shared_atoms(name, mine)
            assigned = [_assigned(name, s, rows) for s in mine if s.atoms]
            taken = {a for p in assigned for a in p.atoms}
            free = [r for r in rows if not taken & {i + 1 for i in r.atom_indices}]
            loose = [s for s in mine if not s.atoms]
            pairs += assigned
            if loose:
                pairs += _in_order(name, loose, free)
                warnings.append(
                    f"{name}, {nucleus}: {len(loose)} signals without atoms were matched in order to {len(free)} "
                    "predicted shifts; a wrong prediction can hide behind a neighbour"
                )
    return Comparison(pairs=tuple(pairs), errors=_errors(pairs), warnings=tuple(warnings))


def _refuse_shared_atoms(name: str, signals: Sequence[Signal]) -> None:
    """Raise InputError if an atom is in two signals of its nucleus, or twice in one."""
    seen: dict[int, Signal] = {}
    for signal in signals:
        for atom in signal.atoms:
            if atom in seen:
                raise InputError(
                    f"{name}, line {signal.line}: atom {atom} has two {signal.nucleus} signals, "
                    f"{seen[atom].shift_ppm:g} and {signal.shift_ppm:g} ppm (line {seen[atom].line})",
                    hint="name each atom once; a signal of several nuclei is one line with all of them",
                )
            seen[atom] = signal


def _assigned(name: str, signal: Signal, rows: Sequence[ChemicalShift]) -> ComparedPair:
    by_atom = {i + 1: row for row in rows for i in row.atom_indices}
    unknown = [a for a in signal.atoms if a not in by_atom]
    if unknown:
        raise InputError(
            f"{name}, line {signal.line}: atom {unknown[0]} has no {signal.nucleus} shift",
            hint="atoms are numbered as in the run's table and structure.sdf",
        )
    found = [by_atom[a] for a in signal.atoms]
    return _pair(name, signal, found, atoms=signal.atoms, is_assigned=True)


def _in_order(name: str, signals: Sequence[Signal], rows: Sequence[ChemicalShift]) -> list[ComparedPair]:
    from scipy.optimize import linear_sum_assignment

    if len(signals) > len(rows):
        raise InputError(
            f"{name}: {len(signals)} {signals[0].nucleus} signals without atoms, but only {len(rows)} predicted shifts",
            hint="give one line for each set of equivalent nuclei, or name the atoms",
        )
    measured, predicted = [s.shift_ppm for s in signals], [row.shift_ppm or 0.0 for row in rows]
    cost = np.subtract.outer(measured, predicted) ** 2
    chosen = zip(*linear_sum_assignment(cost), strict=True)
    return [
        _pair(
            name,
            signals[int(i)],
            [rows[int(j)]],
            atoms=tuple(a + 1 for a in rows[int(j)].atom_indices),
            is_assigned=False,
        )
        for i, j in chosen
    ]


def _pair(
    name: str, signal: Signal, rows: Sequence[ChemicalShift], *, atoms: tuple[int, ...], is_assigned: bool
) -> ComparedPair:
    values = [row.shift_ppm for row in rows if row.shift_ppm is not None]
    errors = [row.uncertainty_ppm for row in rows if row.uncertainty_ppm is not None]
    return ComparedPair(
        molecule=name,
        nucleus=signal.nucleus,
        atoms=atoms,
        measured_ppm=signal.shift_ppm,
        predicted_ppm=sum(values) / len(values),
        uncertainty_ppm=max(errors, default=None),  # errors of one level go together: the mean has no smaller one
        is_assigned=is_assigned,
        flags=tuple(dict.fromkeys(f for row in rows for f in row.flags)),
    )


def _errors(pairs: Sequence[ComparedPair]) -> tuple[NucleusErrors, ...]:
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
