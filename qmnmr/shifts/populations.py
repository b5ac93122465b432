"""Boltzmann populations of conformers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qmnmr.units import BOLTZMANN_HARTREE_PER_KELVIN


def boltzmann_populations(
    energies_hartree: Sequence[float], *, degeneracies: Sequence[float], temperature_kelvin: float
) -> tuple[float, ...]:
    """Return the populations of n conformers, which sum to one.

    p_i = g_i exp(-E_i / kT) / sum_j g_j exp(-E_j / kT), with the statistical weight g_i of a conformer that stands for
    its mirror image and for the wells that differ from it only by exchange of equal nuclei.

    Raises ValueError if the two lists differ in length, are empty, or a value is not a finite number.
    """
    energies = np.asarray(energies_hartree, dtype=float)
    weights = np.asarray(degeneracies, dtype=float)
    if energies.size == 0 or energies.shape != weights.shape:
        raise ValueError(
            f"{energies.size} energies and {weights.size} degeneracies: need as many of each, at least one"
        )
    if not (
        np.isfinite(energies).all() and np.isfinite(weights).all() and (weights > 0).all() and temperature_kelvin > 0
    ):
        raise ValueError("energies must be finite, degeneracies and temperature positive")
    # Energies lie near -1000 hartree: without this shift every exp() overflows.
    relative = energies - energies.min()
    boltzmann = weights * np.exp(-relative / (BOLTZMANN_HARTREE_PER_KELVIN * temperature_kelvin))
    return tuple(float(p) for p in boltzmann / boltzmann.sum())
