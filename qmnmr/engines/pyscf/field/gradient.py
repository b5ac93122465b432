"""Gradients of the energy, in vacuum and in the continuum."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from qmnmr.engines.pyscf.field.continuum import Continuum
from qmnmr.engines.pyscf.field.fitting import Array, FittedOperator
from qmnmr.engines.pyscf.field.scf import GroundState
from qmnmr.engines.pyscf.field.surface import Surface
from qmnmr.engines.pyscf.pyscf_types import Mole


def energy_gradient(state: GroundState) -> Array:
    """Return the gradient in hartree/bohr, (n_atoms, 3)."""
    mean_field = state.mean_field if state.continuum is None else state.mean_field.undo_solvent()
    gradient = mean_field.nuc_grad_method()
    gradient.verbose = 0
    total = np.asarray(gradient.kernel())
    if state.continuum is not None:
        total = total + continuum_gradient(state.continuum, state.density)
    return total


def continuum_gradient(continuum: Continuum, density: Array) -> Array:
    """Return the gradient of the energy that `Continuum.energy_and_fock` gives, (n_atoms, 3).

    The energy is stationary in the charges q, so that only V and A are differentiated: q dV + q dA q/(2f).
    """
    charges = continuum.charges(density)
    surface = continuum.surface
    total = _repulsion_gradient(surface, charges) / (2 * continuum.screening)
    total += _nuclear_gradient(continuum, charges)
    return total - _electronic_gradient(continuum, density, charges)


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


def _electronic_gradient(continuum: Continuum, density: Array, charges: Array) -> Array:
    """Return the derivative of D_mn (mn|P) [J^-1]_PQ (Q|k) q_k."""
    from pyscf import gto

    fit, surface = continuum.fit, continuum.surface
    auxiliary = fit.auxiliary
    gaussians = gto.fakemol_for_charges(surface.positions, expnt=surface.outer_exponents**2)
    electrons, continuum_fit = fit.fit_density(density), fit.root @ (continuum.coupling @ charges)
    to_surface = gto.intor_cross("int2c2e_ip1", auxiliary, gaussians)
    on_auxiliary = -np.einsum("P,xPk,k->Px", electrons, to_surface, charges)
    on_surface = -np.einsum("k,xkP,P->kx", charges, gto.intor_cross("int2c2e_ip1", gaussians, auxiliary), electrons)
    metric = auxiliary.intor("int2c2e_ip1")
    on_auxiliary += np.einsum("P,xPQ,Q->Px", electrons, metric, continuum_fit)
    on_auxiliary += np.einsum("P,xPQ,Q->Px", continuum_fit, metric, electrons)
    on_orbitals, from_integrals = _three_centre_gradient(fit, density, continuum_fit)
    return (
        _sum_by_atom(surface, on_surface)
        + _sum_by_shell(auxiliary, on_auxiliary + from_integrals)
        + _sum_by_shell(fit.mol, on_orbitals)
    )


def _three_centre_gradient(fit: FittedOperator, density: Array, coefficients: Array) -> tuple[Array, Array]:
    """Return D_mn d(mn|P) w_P by orbitals, (n_ao, 3), and by auxiliary functions, (n_auxiliary, 3)."""
    from pyscf import df

    mol, auxiliary = fit.mol, fit.auxiliary
    locations = auxiliary.ao_loc_nr()
    on_orbitals, on_auxiliary = np.zeros((mol.nao, 3)), np.zeros((auxiliary.nao, 3))
    for first in range(0, auxiliary.nbas, 30):
        end = min(first + 30, auxiliary.nbas)
        shells = (0, mol.nbas, 0, mol.nbas, first, end)
        part = slice(locations[first], locations[end])
        inner = df.incore.aux_e2(mol, auxiliary, intor="int3c2e_ip1", comp=3, shls_slice=shells)
        on_orbitals -= 2 * np.einsum("xmnP,mn,P->mx", inner, density, coefficients[part], optimize=True)
        outer = df.incore.aux_e2(mol, auxiliary, intor="int3c2e_ip2", comp=3, shls_slice=shells)
        on_auxiliary[part] -= np.einsum("xmnP,mn->Px", outer, density, optimize=True) * coefficients[part, None]
    return on_orbitals, on_auxiliary


def _sum_by_atom(surface: Surface, values: Array) -> Array:
    total = np.zeros((len(surface.inner_radii), 3))
    np.add.at(total, surface.atoms, values)
    return total


def _sum_by_shell(mol: Mole, values: Array) -> Array:
    return np.array([values[start:end].sum(axis=0) for _, _, start, end in mol.aoslice_by_atom()])
