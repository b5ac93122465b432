"""The energy of a density with exact integrals, when the density was converged with fitted ones.

The exact energy is stationary at the exact density, from which the fitted one differs by little: the error is of
second order in that difference, and one build of the exact matrices is enough.
"""

from __future__ import annotations

import numpy as np

from qmnmr.engines.pyscf.field.fitting import Array
from qmnmr.engines.pyscf.field.scf import GroundState


def exact_energy(state: GroundState) -> float:
    """Return the energy in hartree of a ground state's density with four-centre integrals, as NWChem counts it."""
    from pyscf import scf

    mol, density = state.mol, state.density
    if not state.fits:
        return state.energy_hartree + _continuum(state)
    has_full_exchange = any(omega == 0.0 for _, omega in state.exchange_factors)
    direct = scf.RHF(mol)
    direct.max_memory = 0  # integrals screened and used as they come, instead of all of them kept
    coulomb, exchange = direct.get_jk(mol, density, with_k=has_full_exchange)
    total = state.energy_hartree + 0.5 * _trace(density, coulomb) - _fitted_coulomb(state)
    for factor, omega in state.exchange_factors:
        if omega:
            exchange = direct.get_k(mol, density, omega=omega)
        total -= factor * (0.25 * _trace(density, exchange) - state.fits[omega].exchange_energy(state.occupied))
    return float(total + _continuum(state))


def _trace(first: Array, second: Array) -> float:
    return float(np.vdot(first, second))


def _fitted_coulomb(state: GroundState) -> float:
    """Return 1/2 D_mn (mn|kl) D_kl as it was fitted."""
    projected = state.fits[0.0].project_density(state.density)
    return 0.5 * float(projected @ projected)


def _continuum(state: GroundState) -> float:
    """Return what is to be added for a continuum: exact integrals, and NWChem's measure of an ion's energy.

    The multiplier that holds the sum of the charges adds f lambda Q/2 to the energy that is minimised. Without it the
    energy is half the interaction of charges and molecule, which is what NWChem prints.
    """
    from pyscf import df, gto

    if state.continuum is None:
        return 0.0
    continuum, surface = state.continuum, state.continuum.surface
    charges, fitted = continuum.charges(state.density), continuum.potential(state.density)
    exact = continuum.nuclear_potential.copy()
    for start in range(0, len(charges), 200):
        part = slice(start, start + 200)
        gaussians = gto.fakemol_for_charges(surface.positions[part], expnt=surface.outer_exponents[part] ** 2)
        integrals = df.incore.aux_e2(state.mol, gaussians, aosym="s1")
        exact[part] -= np.einsum("mnk,mn->k", integrals, state.density, optimize=True)
    multiplier = continuum.multiplier(exact)
    return float(charges @ (exact - fitted) - 0.5 * continuum.screening * multiplier * state.mol.charge)
