"""Gradients of the energy, in vacuum and in the continuum."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from qmnmr.engines.pyscf.field.continuum import Continuum
from qmnmr.engines.pyscf.field.fitted_gradient import charges_slope, fitted_slope, sum_by_atom
from qmnmr.engines.pyscf.field.fitting import Array
from qmnmr.engines.pyscf.field.scf import GroundState
from qmnmr.engines.pyscf.field.surface import Surface
from qmnmr.engines.pyscf.field.xc_gradient import exchange_correlation_slope
from qmnmr.engines.pyscf.pyscf_types import Mole


def energy_gradient(state: GroundState) -> Array:
    """Return the gradient in hartree/bohr, (n_atoms, 3)."""
    mol, continuum = state.mol, state.continuum
    if state.fits is None:
        exact = (state.mean_field if continuum is None else state.mean_field.undo_solvent()).nuc_grad_method()
        exact.verbose = 0
        total = np.asarray(exact.kernel())
        if continuum is not None:
            fitted_charges = continuum.fitted_charges(state.density)
            total += charges_slope(continuum.fit, state.density, fitted_charges, memory_mb=mol.max_memory)
    else:
        total = _one_electron_gradient(state)
        total += fitted_slope(
            state.fits,
            state.density,
            state.occupied,
            charges=None if continuum is None else continuum.fitted_charges(state.density),
            memory_mb=mol.max_memory,
        )
        if hasattr(state.mean_field, "grids"):
            total += sum_by_atom(mol, exchange_correlation_slope(state.mean_field, state.occupied))
    return total if continuum is None else total + _surface_gradient(continuum, state.density)


def _one_electron_gradient(state: GroundState) -> Array:
    """Return the gradient of nuclei, one-electron terms and overlap, (n_atoms, 3)."""
    from pyscf import grad

    class OneElectron(grad.rhf.Gradients):  # type: ignore[misc]
        def get_veff(self, mol: Mole | None = None, dm: Array | None = None) -> Array:
            return np.zeros((3, state.mol.nao, state.mol.nao))

    mean_field = state.mean_field if state.continuum is None else state.mean_field.undo_solvent()
    gradient = OneElectron(mean_field)
    gradient.verbose = 0
    return np.asarray(gradient.kernel())


def _surface_gradient(continuum: Continuum, density: Array) -> Array:
    """Return what the charges' sites move of the energy that `Continuum.energy_and_fock` gives, (n_atoms, 3).

    The energy is stationary in the charges q, so that only V and A are differentiated: q dV + q dA q/(2f). The
    electrons' integrals have their part in fitted_gradient.py.
    """
    charges = continuum.charges(density)
    total = _repulsion_gradient(continuum.surface, charges) / (2 * continuum.screening)
    total += _nuclear_gradient(continuum, charges)
    return total - _electrons_at_the_charges(continuum, density, charges)


def _repulsion_gradient(surface: Surface, charges: Array) -> Array:
    """Return q (dA/dR) q."""
    from scipy.special import erf

    first, second = surface.exponents[:, None], surface.exponents[None]
    width = first * second / np.sqrt(first**2 + second**2)
    apart = surface.positions[:, None] - surface.positions[None]
    distance = np.linalg.norm(apart, axis=2)
    np.fill_diagonal(distance, 1.0)
    slope = (2 / sqrt(pi) * width * np.exp(-((width * distance) ** 2)) - erf(width * distance) / distance) / distance**2
    np.fill_diagonal(slope, 0.0)
    force = 2 * charges[:, None] * np.einsum("kl,l,klx->kx", slope, charges, apart, optimize=True)
    own = -surface.own_exponents * sqrt(2 / pi) / surface.switching * charges**2
    return _sum_by_atom(surface, force) + _switching_gradient(surface, own)


def _switching_gradient(surface: Surface, factors: Array) -> Array:
    """Return sum_k factor_k d(ln F_k)/dR, F the product of f(d), f = d^3 (10 - 15 d + 6 d^2)."""
    total = np.zeros((len(surface.inner_radii), 3))
    for atom, (inner, width) in enumerate(zip(surface.inner_radii, surface.switching_widths, strict=True)):
        apart = surface.positions - surface.centres[atom]
        distance = np.linalg.norm(apart, axis=1)
        depth = (distance - inner) / width
        zone = (depth > 0.0) & (depth < 1.0) & (surface.atoms != atom)
        d = depth[zone]
        slope = 30.0 * (1.0 - d) ** 2 / (d * (10.0 - 15.0 * d + 6.0 * d**2)) / width
        pull = (factors[zone] * slope / distance[zone])[:, None] * apart[zone]
        np.add.at(total, surface.atoms[zone], pull)
        total[atom] -= pull.sum(axis=0)
    return total


def _nuclear_gradient(continuum: Continuum, charges: Array) -> Array:
    """Return q dV for the nuclei's potential."""
    from pyscf import gto

    mol, surface = continuum.fit.mol, continuum.surface
    gaussians = gto.fakemol_for_charges(surface.positions, expnt=surface.outer_exponents**2)
    nuclei = gto.fakemol_for_charges(mol.atom_coords())
    # int2c2e_ip1 differentiates by the electron's coordinate: minus the derivative by the centre
    force = -np.einsum("k,xkn,n->kx", charges, gto.intor_cross("int2c2e_ip1", gaussians, nuclei), mol.atom_charges())
    back = -np.einsum("n,xnk,k->nx", mol.atom_charges(), gto.intor_cross("int2c2e_ip1", nuclei, gaussians), charges)
    return np.asarray(_sum_by_atom(surface, force) + back)


def _electrons_at_the_charges(continuum: Continuum, density: Array, charges: Array) -> Array:
    """Return c_P d(P|k) q_k of the fitted density c."""
    from pyscf import gto

    surface, auxiliary = continuum.surface, continuum.fit.auxiliary
    gaussians = gto.fakemol_for_charges(surface.positions, expnt=surface.outer_exponents**2)
    electrons = continuum.fit.fit_density(density)
    to_surface = gto.intor_cross("int2c2e_ip1", auxiliary, gaussians)
    on_auxiliary = -np.einsum("P,xPk,k->Px", electrons, to_surface, charges, optimize=True)
    to_electrons = gto.intor_cross("int2c2e_ip1", gaussians, auxiliary)
    on_surface = -np.einsum("k,xkP,P->kx", charges, to_electrons, electrons, optimize=True)
    return _sum_by_atom(surface, on_surface) + sum_by_atom(auxiliary, on_auxiliary)


def _sum_by_atom(surface: Surface, values: Array) -> Array:
    total = np.zeros((len(surface.inner_radii), 3))
    np.add.at(total, surface.atoms, values)
    return total
