"""Averages of shieldings over conformers and over equivalent nuclei."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qmnmr.datatypes.shift import AveragedShielding


def average_shieldings(
    isotropic_ppm: Sequence[Sequence[float]],
    *,
    populations: Sequence[float],
    sets: Sequence[Sequence[int]],
    symbols: Sequence[str],
    sensitivities_ppm: Sequence[float] = (),
    moves_ppm: Sequence[tuple[float, ...]] = (),
) -> tuple[AveragedShielding, ...]:
    """Return one shielding for each set of equivalent nuclei.

    `isotropic_ppm` has shape (conformers, atoms); NaN marks an atom that was not computed, and no set may hold one.
    `sensitivities_ppm` and `moves_ppm` have one entry for each set in ascending order (see shifts.uncertainty); none
    means 0, and no moves.
    Each set holds 0-based atom indices of one element. The order of conformers and of atoms in a set changes nothing.

    Raises ValueError where a set mixes elements or holds an atom without a value.
    """
    values = np.asarray(isotropic_ppm, dtype=float)
    weights = np.asarray(populations, dtype=float)
    if values.shape != (len(weights), len(symbols)):
        raise ValueError(f"shieldings have shape {values.shape}, expected {(len(weights), len(symbols))}")
    by_atom = weights @ values
    averaged = []
    ordered = sorted(tuple(sorted(s)) for s in sets)
    sensitivities_ppm, moves_ppm = sensitivities_ppm or [0.0] * len(ordered), moves_ppm or [()] * len(ordered)
    for members, sensitivity, moves in zip(ordered, sensitivities_ppm, moves_ppm, strict=True):
        elements = {symbols[i] for i in members}
        if len(elements) != 1:
            raise ValueError(f"atoms {members} are of different elements: {sorted(elements)}")
        mean = float(np.mean(by_atom[list(members)]))
        if not np.isfinite(mean):
            raise ValueError(f"an atom of {members} has no shielding")
        averaged.append(
            AveragedShielding(
                atom_indices=members,
                element=elements.pop(),
                shielding_ppm=mean,
                weight_sensitivity_ppm=sensitivity,
                weight_moves_ppm=moves,
            )
        )
    return tuple(averaged)
