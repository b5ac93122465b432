"""Geometry optimisation by geomeTRIC (Wang, Song, J. Chem. Phys. 144, 214108 (2016))."""

from __future__ import annotations

import contextlib
import gc
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.pyscf.exact_energy import exact_energy
from qmnmr.engines.pyscf.fitting import Array
from qmnmr.engines.pyscf.gradient import energy_gradient
from qmnmr.engines.pyscf.pyscf_types import Mole
from qmnmr.engines.pyscf.scf import Accuracy, GroundState, solve_ground_state
from qmnmr.units import BOHR_ANGSTROM

CRITERIA = {
    "convergence_gmax": 4.5e-4,
    "convergence_grms": 3.0e-4,
    "convergence_dmax": 1.8e-3 * BOHR_ANGSTROM,
    "convergence_drms": 1.2e-3 * BOHR_ANGSTROM,
    "convergence_energy": 1e-6,
}
"""Those of NWChem's driver by default; gradients in hartree/bohr, steps in angstrom."""

MAX_STEPS = 200


class GeometryNotConvergedError(Exception):
    """No minimum within the steps that are allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """Where an optimisation ended."""

    coordinates_angstrom: Array  # (n_atoms, 3)
    energy_hartree: float  # with exact integrals
    steps: int


def optimize_geometry(mol: Mole, level: LevelOfTheory, *, accuracy: Accuracy, report: Callable[[str], None]) -> Minimum:
    """Return the nearest minimum. Raises GeometryNotConvergedError and ScfNotConvergedError."""
    from pyscf.geomopt import geometric_solver
    from pyscf.geomopt.addons import as_pyscf_method

    energies: list[float] = []
    states: list[GroundState] = []  # the last one

    def evaluate(moved: Mole) -> tuple[float, Array]:
        state = solve_ground_state(moved, level, accuracy=accuracy, guess=states[0].density if states else None)
        states[:] = [state]
        gc.collect()  # the last step's grid and integrals: they hold each other
        energies.append(state.energy_hartree)
        gradient = energy_gradient(state)
        report(f"step {len(energies)}: {energies[-1]:.8f} hartree, largest force {np.abs(gradient).max():.6f}")
        return state.energy_hartree, gradient

    with contextlib.redirect_stdout(io.StringIO()):  # geomeTRIC's own report, with its logo
        is_converged, final = geometric_solver.kernel(
            as_pyscf_method(mol, evaluate), assert_convergence=False, maxsteps=MAX_STEPS, **CRITERIA
        )
    if not is_converged:
        raise GeometryNotConvergedError(f"the geometry did not converge in {len(energies)} steps")
    return Minimum(
        coordinates_angstrom=final.atom_coords() * BOHR_ANGSTROM,
        energy_hartree=exact_energy(states[0]),
        steps=len(energies),
    )
