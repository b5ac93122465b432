"""What conformers that are not in the average may add to the error of a shift."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def incompleteness_sensitivities(
    isotropic_ppm: Sequence[Sequence[float]],
    *,
    populations: Sequence[float],
    inclusions: Sequence[float],
    missed_population: float,
    sets: Sequence[Sequence[int]],
) -> tuple[float, ...]:
    """Return for each set, in ascending order, how far its shielding (ppm) may move by conformers that are not there.

    Two parts, added in squares. What was missed: if its shieldings are spread as those of the conformers that are
    there, with the standard deviation s, the average is off by missed_population times s. What was drawn by weight: the
    error of the Horvitz-Thompson ratio for a sample that takes conformer i with the probability q, the square root of
    the sum of (1 - q) p^2 (x - mean)^2 (Poisson sampling's variance, an upper bound for an ordered systematic sample).
    `isotropic_ppm` has shape (conformers, atoms).
    """
    values = np.asarray(isotropic_ppm, dtype=float)
    weights, drawn = np.asarray(populations, dtype=float), np.asarray(inclusions, dtype=float)
    found = []
    for members in sorted(tuple(sorted(s)) for s in sets):
        of_set = values[:, list(members)].mean(axis=1)
        squares = (of_set - weights @ of_set) ** 2
        missing = missed_population * math.sqrt(float(weights @ squares))
        found.append(math.hypot(missing, math.sqrt(float(((1.0 - drawn) * weights**2) @ squares))))
    return tuple(found)
