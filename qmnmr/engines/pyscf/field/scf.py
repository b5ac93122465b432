"""The closed-shell ground state: Kohn-Sham or Hartree-Fock, in vacuum or in a continuum."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.pyscf.field.continuum import Continuum, attach_continuum, build_continuum
from qmnmr.engines.pyscf.field.fitting import Array, Fits, Terms, fit_operator, fit_operators
from qmnmr.engines.pyscf.field.mean_field import GridCorrection, HartreeFock, KohnSham, grid_correction
from qmnmr.engines.pyscf.field.surface import NWCHEM_DIRECTIONS, build_surface, lebedev_sphere, nwchem_sphere
from qmnmr.engines.pyscf.molecule import FUNCTIONALS, HARTREE_FOCK
from qmnmr.engines.pyscf.pyscf_types import MeanField, Mole

LEAN_FITS = ("6-31g*", "6-31g(d)", "def2-svp")
"""Basis sets of which a leaner auxiliary basis is enough, or better (docs/explanation/embedded-engine.md)."""

_MOST_CYCLES = 100
_MOST_PASSES = 10
_CORRECTED_BELOW = (1e-2, 3e-4)  # the orbital gradients at which a coarse grid gets its corrections
_CYCLES_SHARE = 0.5  # of the gradient's tolerance


class ScfNotConvergedError(Exception):
    """The self-consistent field did not converge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Everything that trades time for digits; the defaults are measured in docs/explanation/embedded-engine.md."""

    is_fitted: bool = True  # density fitting of all two-electron terms
    auxiliary_basis: str = "heavy-aug-cc-pvtz-jkfit"
    lean_auxiliary_basis: str = "def2-universal-jkfit"  # of the orbital basis sets in LEAN_FITS
    grid_level: int = 2  # PySCF's, 0 to 9
    first_grid_level: int = 0  # on which the orbitals are brought near
    energy_tolerance_hartree: float = 1e-9
    gradient_tolerance: float = 3e-5  # norm of the orbital gradient
    response_threshold: float = 1e-5
    overlap_threshold: float = 1e-5  # NWChem's: combinations of basis functions below it are left out
    n_directions: int = NWCHEM_DIRECTIONS  # charges on each sphere of the continuum; another number: Lebedev's


SINGLE_POINT = Accuracy(energy_tolerance_hartree=1e-6, gradient_tolerance=1e-3)
"""Of an energy alone, whose error is of second order in the orbitals' (docs/explanation/embedded-engine.md)."""


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
    exchange: Terms  # the exact exchange's operator; empty for a functional without
    fits: Fits | None  # None with exact integrals
    continuum: Continuum | None

    @property
    def occupied(self) -> Array:
        """The doubly occupied orbitals, (n_ao, n_occ)."""
        return self.orbitals[:, : self.n_occupied]

    @property
    def reported_energy_hartree(self) -> float:
        """The energy as NWChem counts it: of an ion in a continuum without the multiplier's share f lambda Q/2.

        What is minimised has that share; without it the energy is half the interaction of charges and molecule.
        """
        if self.continuum is None or self.mol.charge == 0:
            return self.energy_hartree
        multiplier = self.continuum.multiplier(self.continuum.potential(self.density))
        return self.energy_hartree - 0.5 * self.continuum.screening * multiplier * float(self.mol.charge)


def solve_ground_state(
    mol: Mole, level: LevelOfTheory, *, accuracy: Accuracy, guess: Array | None = None
) -> GroundState:
    """Return the ground state. Raises ScfNotConvergedError."""
    mean_field, exchange = new_mean_field(mol, level, overlap_threshold=accuracy.overlap_threshold)
    if accuracy.is_fitted:
        mean_field.fits = fit_operators(mol, _auxiliary(mol, level, accuracy), exchange)
    fits: Fits | None = mean_field.fits
    continuum = None
    if level.solvent is not None:
        fit = fits.coulomb if fits else fit_operator(mol, _auxiliary(mol, level, accuracy), memory_mb=mol.max_memory)
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
        exchange=exchange,
        fits=fits,
        continuum=continuum,
    )


def new_mean_field(mol: Mole, level: LevelOfTheory, *, overlap_threshold: float) -> tuple[MeanField, Terms]:
    """Return PySCF's mean field, not yet run, and the operator of its exact exchange."""
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


def _auxiliary(mol: Mole, level: LevelOfTheory, accuracy: Accuracy) -> Mole:
    """Return the auxiliary molecule; an element that the basis lacks gets PySCF's choice for its orbitals."""
    from pyscf import df, gto
    from pyscf.lib.exceptions import BasisNotFoundError

    is_lean = level.basis in LEAN_FITS
    wanted = accuracy.lean_auxiliary_basis if is_lean else accuracy.auxiliary_basis
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PySCF's advice to install another library of basis sets
        basis = dict(df.addons.make_auxbasis(mol))
        for symbol in {mol.atom_symbol(atom) for atom in range(mol.natm)}:
            with suppress(BasisNotFoundError, KeyError):
                basis[symbol] = gto.basis.load(wanted, symbol)
    return df.make_auxmol(mol, basis)


def _converge(mean_field: MeanField, accuracy: Accuracy, guess: Array | None) -> float:
    """Converge; return the energy. Raises ScfNotConvergedError."""
    mean_field.conv_check = False
    mean_field.max_cycle = _MOST_CYCLES
    if hasattr(mean_field, "grids"):
        return _converge_on_grids(mean_field, accuracy, guess)
    _cycles(mean_field, accuracy.energy_tolerance_hartree, accuracy.gradient_tolerance, guess)
    return float(mean_field.e_tot)


def _converge_on_grids(mean_field: MeanField, accuracy: Accuracy, guess: Array | None) -> float:
    """Converge a Kohn-Sham field in cycles on a coarse grid, which take a tenth of the final grid's time.

    They add what the final grid's energy and potential differ by at a density on the way. Converged is what the final
    grid's own potential leaves: its orbital gradient, beside that of the cycles, is within the tolerance.
    """
    coarse, final = mean_field.grids, mean_field.grids.copy()
    coarse.level, final.level = accuracy.first_grid_level, accuracy.grid_level
    in_cycles = _CYCLES_SHARE * accuracy.gradient_tolerance
    to_come = list(_CORRECTED_BELOW)

    def correct(cycle: dict[str, Any]) -> None:
        if to_come and in_cycles < cycle["norm_gorb"] < to_come[0]:
            del to_come[0]
            mean_field.correction = grid_correction(mean_field, coarse, final, cycle["dm"])

    mean_field.callback = correct
    density = guess
    for _ in range(_MOST_PASSES):
        _cycles(mean_field, accuracy.energy_tolerance_hartree, in_cycles, density)
        density = mean_field.make_rdm1()
        used, right = mean_field.correction, grid_correction(mean_field, coarse, final, density)
        if _coupling(mean_field, right.potential - used.potential) < accuracy.gradient_tolerance - in_cycles:
            mean_field.e_tot += right.energy_of(density) - used.energy_of(density)
            mean_field.grids, mean_field.correction, mean_field.callback = final, GridCorrection(), None
            return float(mean_field.e_tot)
        mean_field.correction = right
    raise ScfNotConvergedError(f"the self-consistent field did not converge in {_MOST_PASSES} passes of its grid")


def _coupling(mean_field: MeanField, potential: Array) -> float:
    """Return the norm of the orbital gradient that a potential adds."""
    is_occupied = mean_field.mo_occ > 0
    occupied, virtual = mean_field.mo_coeff[:, is_occupied], mean_field.mo_coeff[:, ~is_occupied]
    return float(np.linalg.norm(2.0 * virtual.T @ potential @ occupied))


def _cycles(mean_field: MeanField, energy_tolerance: float, gradient_tolerance: float, guess: Array | None) -> None:
    """Let PySCF converge the field it has. Raises ScfNotConvergedError."""
    mean_field.conv_tol, mean_field.conv_tol_grad = energy_tolerance, gradient_tolerance
    mean_field.kernel(dm0=guess)
    if not mean_field.converged:
        raise ScfNotConvergedError(f"the self-consistent field did not converge in {mean_field.max_cycle} cycles")
