"""A conductor-like continuum whose charges respond to the molecule: q = -f A^-1 (V + lambda), sum(q) = -f Q.

f = (eps - 1)/eps (Stefanovich, Truong, Chem. Phys. Lett. 244, 65 (1995)); the multiplier lambda keeps Gauss's law on
a surface of finitely many charges (York, Karplus 1999). Both are NWChem's choice. The charges' interaction with the
electrons goes through the auxiliary basis of the density fitting, (mn|k) ~ (mn|P) [J^-1]_PQ (Q|k): a few matrix
products instead of new integrals in every cycle, variational like the fit itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from qmnmr.engines.pyscf.field.fitting import Array, FittedOperator
from qmnmr.engines.pyscf.field.surface import Surface
from qmnmr.engines.pyscf.pyscf_types import MeanField


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuum:
    """Everything about the continuum that does not depend on the density."""

    surface: Surface
    screening: float  # f
    interaction: Array  # A
    response: Array  # P = A^-1 - A^-1 1 1^t A^-1 / (1^t A^-1 1)
    uniform: Array  # A^-1 1 / (1^t A^-1 1)
    capacity: float  # 1^t A^-1 1
    monopole: Array  # charges that hold sum(q) = -f Q
    nuclear_potential: Array  # at the charges
    fit: FittedOperator
    coupling: Array  # T^t (P|k), shape (n_kept, n_charges)

    def charges(self, density: Array) -> Array:
        """Return the surface charges that belong to a density."""
        potential = self.potential(density)
        return self.monopole - self.screening * self.response @ potential

    def potential(self, density: Array) -> Array:
        """Return the molecule's potential at the charges."""
        return self.nuclear_potential - self.coupling.T @ self.fit.project_density(density)

    def multiplier(self, potential: Array) -> float:
        """Return lambda for a potential of the molecule at the charges."""
        return float(self.fit.mol.charge / self.capacity - self.uniform @ potential)

    def energy_and_fock(self, density: Array) -> tuple[float, Array]:
        """Return the energy of charges and molecule with each other, and its derivative with the density."""
        from pyscf import lib

        potential = self.potential(density)
        charges = self.monopole - self.screening * self.response @ potential
        energy = charges @ potential + charges @ self.interaction @ charges / (2 * self.screening)
        return float(energy), -lib.unpack_tril(self.fit.combine(self.coupling @ charges))

    def fitted_charges(self, density: Array) -> Array:
        """Return coefficients in the auxiliary basis whose potential is that of the charges, (n_auxiliary,)."""
        return np.asarray(self.fit.root @ (self.coupling @ self.charges(density)))


def build_continuum(fit: FittedOperator, surface: Surface, *, dielectric_constant: float) -> Continuum:
    """Return the continuum of a molecule with density fitting of 1/r."""
    from pyscf import gto

    mol = fit.mol
    screening = (dielectric_constant - 1.0) / dielectric_constant
    interaction = surface.interaction()
    inverse = scipy.linalg.inv(interaction)
    uniform = inverse.sum(axis=1) / inverse.sum()
    gaussians = gto.fakemol_for_charges(surface.positions, expnt=surface.outer_exponents**2)
    nuclei = gto.fakemol_for_charges(mol.atom_coords())
    return Continuum(
        surface=surface,
        screening=screening,
        interaction=interaction,
        response=inverse - np.outer(uniform, inverse.sum(axis=0)),
        uniform=uniform,
        capacity=float(inverse.sum()),
        monopole=-screening * mol.charge * uniform,
        nuclear_potential=mol.atom_charges() @ gto.intor_cross("int2c2e", nuclei, gaussians),
        fit=fit,
        coupling=fit.root.T @ gto.intor_cross("int2c2e", fit.auxiliary, gaussians),
    )


@dataclass(slots=True)
class _Solvent:
    """What PySCF's self-consistent field asks of a solvent model."""

    continuum: Continuum
    frozen: bool = False
    method: str = "COSMO"
    e: float = 0.0
    v: Array | None = None

    def kernel(self, density: Array) -> tuple[float, Array]:
        """Return energy and potential matrix."""
        return self.continuum.energy_and_fock(np.asarray(density))

    def check_sanity(self) -> None:
        """Nothing to check."""

    def dump_flags(self, verbose: int | None = None) -> None:
        """Print nothing."""


def attach_continuum(mean_field: MeanField, continuum: Continuum) -> MeanField:
    """Return PySCF's mean field in the continuum."""
    from pyscf.solvent import _attach_solvent

    return _attach_solvent._for_scf(mean_field, _Solvent(continuum))
