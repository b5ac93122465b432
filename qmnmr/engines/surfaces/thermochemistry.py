"""What vibrations and rotation add to an energy: rigid rotor, harmonic oscillator, and free rotor for soft modes.

Grimme, Chem. Eur. J. 2012, 18, 9955: the entropy of a mode goes over from that of an oscillator to that of a rotor
below ROTOR_WAVENUMBER; its enthalpy stays the oscillator's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qmnmr.engines.start_hessian import rigid_body_motions
from qmnmr.engines.surfaces.internal_coordinates import Array
from qmnmr.units import (
    BOLTZMANN_HARTREE_PER_KELVIN,
    DALTON_ELECTRON_MASSES,
    HARTREE_PER_WAVENUMBER,
    STANDARD_PRESSURE_ATOMIC_UNITS,
)

ROTOR_WAVENUMBER = 50.0
"""cm-1."""


def wavenumbers(symbols: Sequence[str], positions: Array, hessian: Array) -> Array:
    """Return the normal modes' wavenumbers in cm-1, ascending, imaginary ones negative.

    `positions` in bohr, (n_atoms, 3); `hessian` in hartree/bohr^2, (3 n_atoms, 3 n_atoms). Translation and rotation
    are left out.
    """
    roots = np.sqrt(np.repeat(_masses(symbols), 3))
    weighted_motions = rigid_body_motions(positions) * roots[:, None]
    body, _ = np.linalg.qr(weighted_motions)
    inner = np.eye(len(roots)) - body @ body.T
    values, vectors = np.linalg.eigh(inner @ (hessian / np.outer(roots, roots)) @ inner)
    is_mode = np.linalg.norm(body.T @ vectors, axis=0) < 0.5
    modes = values[is_mode]
    return np.asarray(np.sort(np.sign(modes) * np.sqrt(np.abs(modes))) / HARTREE_PER_WAVENUMBER)


def free_energy_correction(
    symbols: Sequence[str], positions: Array, modes: Array, *, temperature_kelvin: float
) -> float:
    """Return G - E in hartree at 1 atm of an ideal gas, with a rotational symmetry number of 1.

    `positions` in bohr, (n_atoms, 3); `modes` are wavenumbers in cm-1, all of them positive.
    """
    kt = BOLTZMANN_HARTREE_PER_KELVIN * temperature_kelvin
    masses = _masses(symbols)
    centred = positions - masses @ positions / masses.sum()
    inertia = np.einsum("a,ax,ay->xy", masses, centred, centred)
    moments = np.linalg.eigvalsh(np.trace(inertia) * np.eye(3) - inertia)
    real = moments[moments > 1e-3 * moments[-1]] if moments[-1] > 0 else moments[:0]
    energies = modes * HARTREE_PER_WAVENUMBER
    vibration = float((energies / 2 + kt * np.log1p(-np.exp(-energies / kt))).sum())
    vibration -= kt * float(_rotor_gain(energies, moments.mean(), kt).sum())
    volume = kt / STANDARD_PRESSURE_ATOMIC_UNITS
    translation = -kt * (1.5 * np.log(masses.sum() * kt / (2 * np.pi)) + np.log(volume))
    return vibration + float(translation) + _rotation(real, kt)


def _rotor_gain(energies: Array, mean_moment: float, kt: float) -> Array:
    """Return the entropy in k that each mode gains over its oscillator's by being a free rotor in part."""
    ratio = energies / kt
    oscillator = ratio / np.expm1(ratio) - np.log1p(-np.exp(-ratio))
    moment = 1 / (2 * energies)  # of a rotor with this frequency, in atomic units
    effective = moment * mean_moment / (moment + mean_moment)
    rotor = 0.5 + np.log(np.sqrt(2 * np.pi * effective * kt))
    share = 1 / (1 + (ROTOR_WAVENUMBER * HARTREE_PER_WAVENUMBER / energies) ** 4)
    return np.asarray((1 - share) * (rotor - oscillator))


def _rotation(moments: Array, kt: float) -> float:
    """Return the free energy of rotation: none of an atom, two axes of a linear molecule."""
    if len(moments) == 0:
        return 0.0
    if len(moments) == 2:  # both the same
        return -kt * float(np.log(2 * moments.mean() * kt))
    return -kt * float(np.log(np.sqrt(np.pi * np.prod(2 * moments * kt))))


def _masses(symbols: Sequence[str]) -> Array:
    """Return standard atomic weights in electron masses, (n_atoms,)."""
    from rdkit.Chem import GetPeriodicTable

    table = GetPeriodicTable()
    return np.array([table.GetAtomicWeight(symbol) for symbol in symbols]) * DALTON_ELECTRON_MASSES
