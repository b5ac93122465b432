"""Shieldings of a ground state: first-order Fock matrix, response, tensors."""

from __future__ import annotations

from dataclasses import dataclass

from qmnmr.engines.pyscf.field.fitting import Array, Fits
from qmnmr.engines.pyscf.field.scf import Accuracy, GroundState
from qmnmr.engines.pyscf.giao.first_order import (
    Matrices,
    exact_continuum,
    exact_coulomb_exchange,
    exact_long_range_exchange,
    exchange_correlation,
    first_order_core,
    first_order_overlap,
)
from qmnmr.engines.pyscf.giao.fitted_first_order import fitted_coulomb_exchange
from qmnmr.engines.pyscf.giao.response import solve_response
from qmnmr.engines.pyscf.giao.shielding import shielding_tensors
from qmnmr.engines.pyscf.response.exchange import exchange_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ShieldingResult:
    """Tensors and the quality of the response."""

    tensors_ppm: Array  # (n_atoms, 3, 3); rows: induced field, columns: applied field
    residual: float
    exchange_builds: int


def calculate_shieldings(state: GroundState, *, accuracy: Accuracy) -> ShieldingResult:
    """Return all atoms' shielding tensors. Raises ResponseNotConvergedError."""
    fock = first_order_core(state.mol) + (
        _exact_terms(state) if state.fits is None else _fitted_terms(state, state.fits)
    )
    if hasattr(state.mean_field, "grids"):
        fock = fock + exchange_correlation(state.mean_field, state.density)
    response = solve_response(
        orbitals=state.orbitals,
        energies=state.orbital_energies,
        n_occupied=state.n_occupied,
        fock=fock,
        overlap=first_order_overlap(state.mol),
        exchange=exchange_of(state, is_imaginary=True),
        threshold=accuracy.response_threshold,
    )
    tensors = shielding_tensors(state.mol, state.density, response.first_order_density)
    return ShieldingResult(
        tensors_ppm=tensors.transpose(0, 2, 1), residual=response.residual, exchange_builds=response.builds
    )


def _fitted_terms(state: GroundState, fits: Fits) -> Matrices:
    """Return Coulomb, exchange and continuum terms with density fitting."""
    coefficients = fits.coulomb.fit_density(state.density)
    if state.continuum is not None:
        # Negative: the coefficients stand for electrons.
        coefficients = coefficients - state.continuum.fitted_charges(state.density)
    return fitted_coulomb_exchange(fits, fitted=coefficients, occupied=state.occupied, memory_mb=state.mol.max_memory)


def _exact_terms(state: GroundState) -> Matrices:
    """Return the same with four-centre integrals, and exact integrals over the continuum's charges."""
    total, exchange = exact_coulomb_exchange(state.mol, state.density)
    for factor, omega in state.exchange:
        if omega:
            exchange = exact_long_range_exchange(state.mol, state.density, omega=omega)
        total = total - 0.5 * factor * exchange
    if state.continuum is not None:
        total = total + exact_continuum(state.mol, state.continuum.surface, state.continuum.charges(state.density))
    return total
