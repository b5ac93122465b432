"""The slope of fitted two-electron energies: Coulomb, exchange and continuum in one pass over the derivative integrals.

With c = J^-1 d the fitted density, w = J^-1 v the fitted charges of a continuum and Z = K^-1 (P|ij) the fitted products
of occupied orbitals, K the metric of the exchange's operator, the energy is

    E = 1/2 d J^-1 d - d J^-1 v - a Z K Z,    dE = G_mnP d(mn|P) - 1/2 g_PQ d(P|Q) - c dv,
    G_mnP = D_mn (c - w)_P - 2 a C_mi C_nj Z_Pij,    g = c c - c w - w c - 2 a Z Z

(Weigend, Phys. Chem. Chem. Phys. 4, 4285 (2002) has Coulomb and exchange). Derivatives with an auxiliary function's
position come from those with the orbitals', since an integral stays when all its centres move.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qmnmr.engines.pyscf.field.fitting import COULOMB, Array, Fits, FittedOperator, Terms, auxiliary_blocks, metric
from qmnmr.engines.pyscf.pyscf_types import Mole

_ORBITALS_SHARE = 0.125  # of the memory, for the fitted products of a block of orbitals


def fitted_slope(fits: Fits, density: Array, occupied: Array, *, charges: Array | None, memory_mb: int) -> Array:
    """Return the gradient of E without c dv, (n_atoms, 3), in hartree/bohr.

    `charges` are w, (n_auxiliary,); `occupied` are the doubly occupied orbitals, (n_ao, n_occ).
    """
    fitted = fits.coulomb.fit_density(density)
    acting = fitted if charges is None else fitted - charges
    slope = _Slope(fits.coulomb, memory_mb=memory_mb)
    slope.add_metric(COULOMB, [(fitted, acting)] if charges is None else [(fitted, acting), (-charges, fitted)])
    exchange_terms = {} if fits.exchange is None else {omega: factor for factor, omega in fits.exchange.terms}
    for number, orbitals in enumerate(_blocks(fits, occupied, memory_mb)):
        products = None
        if fits.exchange is not None:
            products = _fitted_products(fits.exchange, orbitals, occupied)
            slope.add_products_metric(fits.exchange, products, -2.0 * fits.exchange_factor)
        for omega in sorted({0.0, *exchange_terms}):
            densities: list[PairDensity] = []
            if omega == 0.0 and number == 0:
                densities.append(_of_density(density, acting))
            if omega in exchange_terms and products is not None:
                factor = -2.0 * fits.exchange_factor * exchange_terms[omega]
                densities.append(_of_products(occupied, products, orbitals, factor))
            if densities:
                slope.add_integrals(omega, densities)
    return slope.by_atom()


def charges_slope(fit: FittedOperator, density: Array, charges: Array, *, memory_mb: int) -> Array:
    """Return the gradient of -d J^-1 v without c dv, (n_atoms, 3), where nothing else is fitted."""
    fitted = fit.fit_density(density)
    slope = _Slope(fit, memory_mb=memory_mb)
    slope.add_metric(COULOMB, [(fitted, -charges), (-charges, fitted)])
    slope.add_integrals(0.0, [_of_density(density, -charges)])
    return slope.by_atom()


PairDensity = Callable[[slice], Array]
"""From auxiliary functions to their part of G, (n_block, n_ao, n_ao)."""


def _of_density(density: Array, coefficients: Array) -> PairDensity:
    return lambda functions: coefficients[functions, None, None] * density


def _of_products(occupied: Array, products: Array, orbitals: Array, factor: float) -> PairDensity:
    return lambda functions: factor * np.matmul(occupied, np.matmul(products[functions].transpose(0, 2, 1), orbitals.T))


class _Slope:
    """Sums by basis function of the orbitals and of the auxiliary basis."""

    def __init__(self, fit: FittedOperator, *, memory_mb: int) -> None:
        self._fit, self._memory_mb = fit, memory_mb
        self._on_orbitals = np.zeros((fit.mol.nao, 3))
        self._on_auxiliary = np.zeros((fit.auxiliary.nao, 3))

    def add_metric(self, terms: Terms, pairs: list[tuple[Array, Array]]) -> None:
        """Add -1/2 g dJ for g the sum of the pairs' products."""
        derivative = metric(self._fit.auxiliary, "int2c2e_ip1", terms)
        for left, right in pairs:
            self._on_auxiliary += left[:, None] * (derivative @ right).T

    def add_products_metric(self, operator: FittedOperator, products: Array, factor: float) -> None:
        """Add -1/2 g dK for g = factor Z Z."""
        flat = products.reshape(len(products), -1)
        density = factor * flat @ flat.T
        self._on_auxiliary += np.einsum(
            "xPQ,PQ->Px", metric(self._fit.auxiliary, "int2c2e_ip1", operator.terms), density
        )

    def add_integrals(self, omega: float, densities: list[PairDensity]) -> None:
        """Add G d(mn|P) of erf(omega r)/r, or 1/r (omega 0), for G the sum of the densities."""
        for functions, derivative in auxiliary_blocks(self._fit, "int3c2e_ip1", omega=omega, memory_mb=self._memory_mb):
            weights = sum(density(functions) for density in densities)
            for x in range(3):
                found = np.einsum("Pnm,Pnm->Pm", derivative[x], weights)
                self._on_orbitals[:, x] -= 2.0 * found.sum(axis=0)
                self._on_auxiliary[functions, x] += 2.0 * found.sum(axis=1)

    def by_atom(self) -> Array:
        """Return the sums, (n_atoms, 3)."""
        return sum_by_atom(self._fit.mol, self._on_orbitals) + sum_by_atom(self._fit.auxiliary, self._on_auxiliary)


def sum_by_atom(mol: Mole, values: Array) -> Array:
    """Return sums over each atom's basis functions, (n_atoms, 3)."""
    return np.array([values[start:end].sum(axis=0) for _, _, start, end in mol.aoslice_by_atom()])


def _blocks(fits: Fits, occupied: Array, memory_mb: int) -> list[Array]:
    """Return the occupied orbitals in blocks whose fitted products take an eighth of the memory."""
    if fits.exchange is None:
        return [occupied]
    width = max(1, int(_ORBITALS_SHARE * memory_mb * 1e6 / (8 * len(fits.exchange.root) * occupied.shape[1])))
    return [occupied[:, start : start + width] for start in range(0, occupied.shape[1], width)]


def _fitted_products(fit: FittedOperator, orbitals: Array, occupied: Array) -> Array:
    """Return Z for products of some orbitals and all occupied ones, (n_auxiliary, n, n_occ)."""
    rows = np.empty((fit.root.shape[1], orbitals.shape[1], occupied.shape[1]))
    for block, square in fit.blocks(max(1, 4_000_000 // len(occupied) ** 2)):
        rows[block] = np.matmul(np.matmul(orbitals.T, square), occupied)
    return np.asarray((fit.root @ rows.reshape(len(rows), -1)).reshape(-1, *rows.shape[1:]))
