"""Averages of couplings over conformers, and over pairs that a molecule exchanges."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qmnmr.couplings.pairs import CoupledPair
from qmnmr.datatypes.coupling import AtomPair, ConformerCouplings, Coupling, CouplingFactors


def coupling_table(conformers: Sequence[ConformerCouplings], pairs: Sequence[CoupledPair]) -> NDArray[np.float64]:
    """Return the couplings in Hz as (conformers, pairs); a pair that a conformer does not name has 0."""
    found = [{c.atom_indices: c.coupling_hz for c in conformer.couplings} for conformer in conformers]
    return np.array([[own.get(pair.atom_indices, 0.0) for pair in pairs] for own in found]).reshape(
        len(conformers), len(pairs)
    )


def average_couplings(
    table_hz: NDArray[np.float64],
    *,
    populations: Sequence[float],
    pairs: Sequence[CoupledPair],
    sets: Sequence[Sequence[AtomPair]],
    sensitivities_hz: Sequence[float],
    factors: CouplingFactors,
) -> tuple[Coupling, ...]:
    """Return one coupling for each set of pairs: calculated, averaged, turned by the factor of its class.

    `table_hz` has shape (conformers, pairs) in the order of `pairs`; `sensitivities_hz` says of each set how far it
    moves with the conformers' weights. The average keeps the sign; a class without factor is left as calculated and has
    no error bar. Where tautomers make pairs of several classes one, its class is that of most.
    """
    place = {pair.atom_indices: number for number, pair in enumerate(pairs)}
    by_pair = np.asarray(populations, dtype=float) @ table_hz
    found = []
    for members, sensitivity in zip(sets, sensitivities_hz, strict=True):
        numbers = [place[pair] for pair in members]
        kinds = Counter((pairs[number].coupling_class, pairs[number].n_bonds) for number in numbers)
        ((kind, n_bonds), _) = kinds.most_common(1)[0]
        factor = factors.of(kind)
        slope, intercept = (1.0, 0.0) if factor is None else (factor.slope, factor.intercept_hz)
        found.append(
            Coupling(
                atom_pairs=tuple(members),
                elements=("H", "H"),
                n_bonds=n_bonds,
                coupling_class=kind,
                coupling_hz=slope * float(by_pair[numbers].mean()) + intercept,
                uncertainty_hz=None if factor is None else math.hypot(factor.residual_hz, slope * sensitivity),
                source=factors.source,
            )
        )
    return tuple(found)
