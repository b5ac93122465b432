"""Which conformers go on: by energy window, by population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qmnmr.datatypes.molecule import Conformer
from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.units import HARTREE_KCAL_PER_MOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Populated:
    """The conformers that hold the wanted share of the population, and what is left out."""

    conformers: tuple[Conformer, ...]
    left_out: float  # share of the population, 0 to 1


def energy_of(conformer: Conformer) -> float:
    """Return the energy in hartree. Raises ValueError where there is none yet."""
    if conformer.energy_hartree is None:
        raise ValueError(f"conformer {conformer.label} has no energy")
    return conformer.energy_hartree


def weighing_energy(conformer: Conformer) -> float:
    """Return what decides the weight: the energy, with the free energy's terms where there are any, in hartree."""
    return energy_of(conformer) + (conformer.free_energy_correction_hartree or 0.0)


def within_window(conformers: Sequence[Conformer], window_kcal_per_mol: float) -> tuple[Conformer, ...]:
    """Return the conformers that lie at most this much above the lowest, in their order."""
    if not conformers:
        return ()
    limit = min(energy_of(c) for c in conformers) + window_kcal_per_mol / HARTREE_KCAL_PER_MOL
    return tuple(c for c in conformers if energy_of(c) <= limit)


def most_populated(conformers: Sequence[Conformer], *, share: float, temperature_kelvin: float) -> Populated:
    """Return the fewest conformers that hold at least this share of the population, in their order."""
    if not conformers:
        return Populated(conformers=(), left_out=0.0)
    populations = boltzmann_populations(
        [weighing_energy(c) for c in conformers],
        degeneracies=[c.weight for c in conformers],
        temperature_kelvin=temperature_kelvin,
    )
    chosen: set[int] = set()
    held = 0.0
    for index in sorted(range(len(conformers)), key=lambda k: -populations[k]):
        if held >= share:
            break
        chosen.add(index)
        held += populations[index]
    left_out = sum(p for k, p in enumerate(populations) if k not in chosen)
    return Populated(conformers=tuple(c for k, c in enumerate(conformers) if k in chosen), left_out=left_out)


def drawn_by_weight(
    conformers: Sequence[Conformer], *, count: int, temperature_kelvin: float, random_seed: int
) -> tuple[Conformer, ...]:
    """Return `count` conformers, each with the probability by which it was drawn; all of them where there are no more.

    The probabilities go as the populations, up to certainty (Madow's systematic sample: Ann. Math. Stat. 1949, 20,
    333), and whoever is drawn stands for 1/probability of its like (Horvitz and Thompson, J. Am. Stat. Assoc. 1952, 47,
    663), whatever weights a better level gives afterwards. In the order of the conformers; the seed alone decides.
    """
    if len(conformers) <= count:
        return tuple(conformers)
    populations = boltzmann_populations(
        [weighing_energy(c) for c in conformers],
        degeneracies=[c.weight for c in conformers],
        temperature_kelvin=temperature_kelvin,
    )
    inclusions = _inclusions(np.asarray(populations), count)
    ends = np.cumsum(inclusions) - np.random.default_rng(random_seed).random()
    chosen = np.floor(ends) > np.floor(ends - inclusions)
    return tuple(
        replace(c, inclusion=c.inclusion * float(p))
        for c, p, is_chosen in zip(conformers, inclusions, chosen, strict=True)
        if is_chosen
    )


def _inclusions(populations: np.ndarray, count: int) -> np.ndarray:
    """Return probabilities (n,) that sum to `count`, in proportion to the populations and none above one."""
    certain = np.zeros(len(populations), dtype=bool)
    while True:
        rest = populations[~certain].sum()
        found = np.where(certain, 1.0, populations * (count - certain.sum()) / rest)
        if (found[~certain] <= 1.0).all():
            return found
        certain |= found >= 1.0
