"""Geometry optimisation by geomeTRIC (Wang, Song, J. Chem. Phys. 144, 214108 (2016))."""

from __future__ import annotations

import contextlib
import gc
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.plausibility import doubt_energy
from qmnmr.engines.pyscf.acceptance import doubt_ground_state
from qmnmr.engines.pyscf.calculation_file import GEOMETRY_PREFIX, STEP_PREFIX
from qmnmr.engines.pyscf.field.checks import ground_state_checks
from qmnmr.engines.pyscf.field.fitting import Array
from qmnmr.engines.pyscf.field.gradient import energy_gradient
from qmnmr.engines.pyscf.field.scf import Accuracy, GroundState, solve_ground_state
from qmnmr.engines.pyscf.pyscf_types import Mole
from qmnmr.engines.pyscf.step_file import Step, append_step, is_at, read_steps, write_steps
from qmnmr.engines.start_hessian import rigid_body_motions
from qmnmr.units import BOHR_ANGSTROM

CRITERIA = {
    "convergence_gmax": 4.5e-4,
    "convergence_grms": 3.0e-4,
    "convergence_dmax": 1.8e-3 * BOHR_ANGSTROM,
    "convergence_drms": 1.2e-3 * BOHR_ANGSTROM,
    "convergence_energy": 1e-6,
}
"""Those of NWChem's driver by default; gradients in hartree/bohr, steps in angstrom."""

LAST_STEP_HARTREE = 1e-6
LAST_STEP_ANGSTROM = 3e-3
"""Where the forces are within the criteria, a step of the optimiser that is to lower the energy by less than this, and
moves no atom further, is taken without another look: what is left is of second order in it."""

MAX_STEPS = 200
_NO_NET_FORCE = 2
"""geomeTRIC's word for: net force and torque are taken off the gradient in each step. The continuum's surface does not
turn with the molecule, and its energy of some 1e-5 hartree led whole molecules through 13 more steps of turning."""


class GeometryNotConvergedError(Exception):
    """No minimum within the steps that are allowed."""


class WrongGroundStateError(Exception):
    """The first step's ground state can't be the molecule's: a minimum is not looked for on such a surface."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """Where an optimisation ended."""

    coordinates_angstrom: Array  # (n_atoms, 3)
    energy_hartree: float
    steps: int
    state: GroundState  # of the last step that was computed


def optimize_geometry(
    mol: Mole,
    level: LevelOfTheory,
    *,
    accuracy: Accuracy,
    report: Callable[[str], None],
    step_file: Path,
    hessian: list[list[float]] | None = None,
) -> Minimum:
    """Return the nearest minimum; steps that are in the file already are not computed again.

    The optimiser gets them as if they were computed now, and so takes the same path with the same approximate Hessian.
    `hessian`, (3 n_atoms, 3 n_atoms) in hartree/bohr^2 and positive definite, is what it begins with.
    Raises GeometryNotConvergedError, ScfNotConvergedError and WrongGroundStateError.
    """
    from pyscf.geomopt import geometric_solver
    from pyscf.geomopt.addons import as_pyscf_method

    path = _Path(symbols=_symbols(mol), level=level, accuracy=accuracy, report=report, step_file=step_file)
    gain, final = 0.0, None
    report_of_geometric = io.StringIO()  # with its logo, to both streams
    with contextlib.redirect_stdout(report_of_geometric), contextlib.redirect_stderr(report_of_geometric):
        try:
            is_converged, _ = geometric_solver.kernel(
                as_pyscf_method(mol, path.evaluate),
                assert_convergence=False,
                maxsteps=MAX_STEPS,
                hess_data=hessian,
                frequency=False,
                subfrctor=_NO_NET_FORCE,
                **CRITERIA,
            )
        except _LastStep as last:
            is_converged, gain, final = True, last.gain_hartree, last.positions_bohr
    if not is_converged:
        raise GeometryNotConvergedError(f"the geometry did not converge in {len(path.taken)} steps")
    evaluated = path.taken[-1].positions_bohr
    state = path.state or solve_ground_state(mol.set_geom_(evaluated, unit="Bohr"), level, accuracy=accuracy)
    return Minimum(
        coordinates_angstrom=(evaluated if final is None else final) * BOHR_ANGSTROM,
        energy_hartree=state.reported_energy_hartree - gain,
        steps=len(path.taken),
        state=state,
    )


class _LastStep(Exception):  # noqa: N818  (no error)
    """The step that the optimiser wants is too small to look at."""

    def __init__(self, positions_bohr: Array, gain_hartree: float) -> None:
        super().__init__()
        self.positions_bohr = positions_bohr
        self.gain_hartree = gain_hartree


class _Path:
    """The steps of one optimisation: those that a stopped start left, then computed ones."""

    def __init__(
        self,
        *,
        symbols: Sequence[str],
        level: LevelOfTheory,
        accuracy: Accuracy,
        report: Callable[[str], None],
        step_file: Path,
    ) -> None:
        self.taken: list[Step] = []
        self.state: GroundState | None = None  # of the last step; None if that was not computed here
        self._level, self._accuracy, self._report, self._file = level, accuracy, report, step_file
        self._known = read_steps(step_file)
        if any(doubt_energy(s.energy_hartree, symbols=symbols, level=level) for s in self._known):
            self._known = []  # of an earlier version that did not judge its ground states
        write_steps(step_file, self._known)  # a line that was cut must not be continued

    def evaluate(self, mol: Mole) -> tuple[float, Array]:
        """Return energy (hartree) and gradient (hartree/bohr) of a step. Raises _LastStep."""
        if self.taken:
            _look_ahead(self.taken[-1], mol.atom_coords())
        number, positions = len(self.taken), mol.atom_coords()
        if number < len(self._known) and is_at(self._known[number], positions):
            step = self._known[number]
        else:
            if number < len(self._known):  # another path
                self._known = []
                write_steps(self._file, self.taken)
            step = self._compute(mol)
            append_step(self._file, step)
        self.taken.append(step)
        symbols = _symbols(mol)
        rounded = np.round(positions * BOHR_ANGSTROM, 7).tolist()
        self._report(GEOMETRY_PREFIX + json.dumps({"symbols": symbols, "coordinates_angstrom": rounded}))
        largest = np.abs(step.gradient).max()
        self._report(f"{STEP_PREFIX}{number + 1}: {step.energy_hartree:.8f} hartree, largest force {largest:.6f}")
        return step.energy_hartree, step.gradient

    def _compute(self, mol: Mole) -> Step:
        guess = self.state.density if self.state is not None else None
        here = mol.copy()  # the optimiser moves its own
        self.state = solve_ground_state(here, self._level, accuracy=self._accuracy, guess=guess)
        if guess is None:
            self._judge(self.state)
        gc.collect()  # the last step's grid and integrals: they hold each other
        gradient = np.asarray(energy_gradient(self.state), dtype=float)
        return Step(
            positions_bohr=mol.atom_coords(), energy_hartree=float(self.state.energy_hartree), gradient=gradient
        )

    def _judge(self, state: GroundState) -> None:
        """Raise WrongGroundStateError for a ground state that can't be the molecule's."""
        doubt = doubt_ground_state(
            ground_state_checks(state), symbols=_symbols(state.mol), charge=state.mol.charge, level=self._level
        )
        if doubt is not None:
            raise WrongGroundStateError(f"{doubt.message.rstrip('.')}: {doubt.evidence}")


def _symbols(mol: Mole) -> list[str]:
    return [mol.atom_symbol(atom) for atom in range(mol.natm)]


def _look_ahead(here: Step, there: Array) -> None:
    """Raise _LastStep if the way from here to there is not worth another gradient.

    The quadratic model lowers the energy by half of what the gradient alone would.
    """
    motions = rigid_body_motions(here.positions_bohr)
    slope = here.gradient.ravel()
    slope = slope - motions @ (motions.T @ slope)
    forces = np.linalg.norm(slope.reshape(-1, 3), axis=1)
    is_flat = forces.max() < CRITERIA["convergence_gmax"] and np.sqrt((forces**2).mean()) < CRITERIA["convergence_grms"]
    step = there - here.positions_bohr
    gain = -0.5 * float(slope @ step.ravel())
    furthest = np.linalg.norm(step, axis=1).max() * BOHR_ANGSTROM
    if is_flat and 0.0 <= gain < LAST_STEP_HARTREE and furthest < LAST_STEP_ANGSTROM:
        raise _LastStep(there, gain)
