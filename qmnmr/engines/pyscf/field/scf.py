"""The closed-shell ground state: Kohn-Sham or Hartree-Fock, in vacuum or in a continuum."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.pyscf.field.continuum import Continuum, attach_continuum, build_continuum
from qmnmr.engines.pyscf.field.fitting import Array, FittedOperator, fit_operator
from qmnmr.engines.pyscf.field.surface import NWCHEM_DIRECTIONS, build_surface, lebedev_sphere, nwchem_sphere
from qmnmr.engines.pyscf.molecule import FUNCTIONALS, HARTREE_FOCK
from qmnmr.engines.pyscf.pyscf_types import MeanField, Mole


class ScfNotConvergedError(Exception):
    """The self-consistent field did not converge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Everything that trades time for digits; the defaults are measured in docs/explanation/embedded-engine.md."""

    is_fitted: bool = True  # density fitting of all two-electron terms
    auxiliary_basis: str = "heavy-aug-cc-pvtz-jkfit"  # for every orbital basis
    grid_level: int = 2  # PySCF's, 0 to 9
    first_grid_level: int = 0  # on which the orbitals are brought near
    energy_tolerance_hartree: float = 1e-9
    gradient_tolerance: float = 3e-5  # norm of the orbital gradient
    response_threshold: float = 1e-5
    overlap_threshold: float = 1e-5  # NWChem's: combinations of basis functions below it are left out
    n_directions: int = NWCHEM_DIRECTIONS  # charges on each sphere of the continuum; another number: Lebedev's


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundState:
    """Converged orbitals and what they were converged with."""

    mol: Mole
    mean_field: MeanField
    energy_hartree: float
    orbitals: Array  # (n_ao, n_mo)
    orbital_energies: Array
    n_occupied: int
    density: Array
    exchange_factors: tuple[tuple[float, float], ...]  # (factor, omega) of exchange with 1/r (omega 0), erf(omega r)/r
    fits: dict[float, FittedOperator]  # by omega; empty with exact integrals
    continuum: Continuum | None

    @property
    def occupied(self) -> Array:
        """The doubly occupied orbitals, (n_ao, n_occ)."""
        return self.orbitals[:, : self.n_occupied]


def solve_ground_state(
    mol: Mole, level: LevelOfTheory, *, accuracy: Accuracy, guess: Array | None = None
) -> GroundState:
    """Return the ground state. Raises ScfNotConvergedError."""
    from qmnmr.engines.pyscf.field.mean_field import fitted

    mean_field, factors = new_mean_field(mol, level, overlap_threshold=accuracy.overlap_threshold)
    fits: dict[float, FittedOperator] = {}
    if accuracy.is_fitted:
        fits = _fit(mol, factors, accuracy)
        mean_field = fitted(mean_field, fits)
    continuum = None
    if level.solvent is not None:
        fit = fits.get(0.0) or fit_operator(mol, _auxiliary(mol, accuracy), omega=0.0, memory_mb=mol.max_memory)
        is_nwchem = accuracy.n_directions == NWCHEM_DIRECTIONS
        sphere = nwchem_sphere() if is_nwchem else lebedev_sphere(accuracy.n_directions)
        surface = build_surface(mol, sphere, cavity=level.cavity)
        continuum = build_continuum(fit, surface, dielectric_constant=level.solvent.dielectric_constant)
        mean_field = attach_continuum(mean_field, continuum)
    energy = _converge(mean_field, accuracy, guess)
    return GroundState(
        mol=mol,
        mean_field=mean_field,
        energy_hartree=energy,
        orbitals=mean_field.mo_coeff,
        orbital_energies=mean_field.mo_energy,
        n_occupied=mol.nelectron // 2,
        density=np.asarray(mean_field.make_rdm1()),
        exchange_factors=factors,
        fits=fits,
        continuum=continuum,
    )


def new_mean_field(
    mol: Mole, level: LevelOfTheory, *, overlap_threshold: float
) -> tuple[MeanField, tuple[tuple[float, float], ...]]:
    """Return PySCF's mean field, not yet run, and the factors of its exact exchange."""
    from qmnmr.engines.pyscf.field.mean_field import HartreeFock, KohnSham

    if level.functional == HARTREE_FOCK:
        mean_field = HartreeFock(mol)
        mean_field.begin(overlap_threshold)
        return mean_field, ((1.0, 0.0),)
    functional = FUNCTIONALS[level.functional]
    mean_field = KohnSham(mol, xc=functional.xc)
    mean_field.begin(overlap_threshold)
    omega, long_range, short_range = mean_field._numint.rsh_and_hybrid_coeff(functional.xc)
    factors = ((float(short_range), 0.0), (float(long_range - short_range), float(omega)))
    return mean_field, tuple(
        (factor, w) for factor, w in factors if factor != 0.0 and (w != 0.0 or factor == short_range)
    )


def _auxiliary(mol: Mole, accuracy: Accuracy) -> Mole:
    """Return the auxiliary molecule; an element that the basis lacks gets PySCF's choice for its orbitals."""
    from pyscf import df, gto
    from pyscf.lib.exceptions import BasisNotFoundError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PySCF's advice to install another library of basis sets
        basis = dict(df.addons.make_auxbasis(mol))
        for symbol in {mol.atom_symbol(atom) for atom in range(mol.natm)}:
            with suppress(BasisNotFoundError, KeyError):
                basis[symbol] = gto.basis.load(accuracy.auxiliary_basis, symbol)
    return df.make_auxmol(mol, basis)


def _fit(mol: Mole, factors: tuple[tuple[float, float], ...], accuracy: Accuracy) -> dict[float, FittedOperator]:
    """Return the factors of every operator by omega."""
    auxiliary = _auxiliary(mol, accuracy)
    omegas = {0.0, *(omega for _, omega in factors)}
    memory_mb = mol.max_memory // len(omegas)
    return {omega: fit_operator(mol, auxiliary, omega=omega, memory_mb=memory_mb) for omega in omegas}


def _converge(mean_field: MeanField, accuracy: Accuracy, guess: Array | None) -> float:
    """Converge on a coarse grid, then on the final one; return the energy."""
    mean_field.conv_check = False
    mean_field.max_cycle = 100
    density = guess
    if hasattr(mean_field, "grids"):
        if guess is None:
            mean_field.grids.level = accuracy.first_grid_level
            mean_field.conv_tol, mean_field.conv_tol_grad = 1e-5, 1e-2
            mean_field.kernel()
            density = mean_field.make_rdm1()
        mean_field.grids.level = accuracy.grid_level
        mean_field.grids.reset()
    mean_field.conv_tol, mean_field.conv_tol_grad = accuracy.energy_tolerance_hartree, accuracy.gradient_tolerance
    energy = mean_field.kernel(dm0=density)
    if not mean_field.converged:
        raise ScfNotConvergedError(f"the self-consistent field did not converge in {mean_field.max_cycle} cycles")
    return float(energy)
