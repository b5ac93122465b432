"""A minimum of density functional theory from few of its gradients: the ordinary optimiser only where they don't do.

Between two gradients a cheap surface is walked on: GFN2-xTB's, shifted so that at the last gradient's place its slope
is DFT's (engines/surfaces/shifted_surface.py). Each gradient is a calculation with a record of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np

from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult, Refinement
from qmnmr.datatypes.theory import gfn2_xtb
from qmnmr.engines.digest import input_digest
from qmnmr.engines.surfaces.internal_coordinates import Array
from qmnmr.engines.surfaces.minimization import LARGEST_FORCE, LAST_GAIN_HARTREE, NoMinimumError, Surface, minimize
from qmnmr.engines.surfaces.rotors import FOLD
from qmnmr.engines.surfaces.shifted_surface import BondStiffening, ShiftedSurface, Stiffening
from qmnmr.engines.xtb import library
from qmnmr.engines.xtb.embedded import rounded_geometry, watched
from qmnmr.engines.xtb.library import ChargesNotConvergedError, StructureRefusedError
from qmnmr.engines.xtb.rotors import ROTORS
from qmnmr.engines.xtb.surface import XtbSurface
from qmnmr.programs.run_calculation import MoleculeStore, Outcome, Workplace, finished_result, run_calculation
from qmnmr.units import BOHR_ANGSTROM, HARTREE_KCAL_PER_MOL

_UPHILL_HARTREE = 2.0e-4
"""More above the lowest place than the surface's own error: the last step has gone wrong."""

_ACCURACY = 0.2
_STIFFENING = Stiffening(
    bonds=(
        BondStiffening(elements="CC", shortest_angstrom=0.0, constant=-0.062),
        BondStiffening(elements="CC", shortest_angstrom=1.27, constant=-0.012),
        BondStiffening(elements="CC", shortest_angstrom=1.43, constant=-0.019),
        BondStiffening(elements="CF", shortest_angstrom=0.0, constant=0.056),
        BondStiffening(elements="CH", shortest_angstrom=0.0, constant=0.051),
        BondStiffening(elements="CH", shortest_angstrom=1.07, constant=0.018),
        BondStiffening(elements="CN", shortest_angstrom=0.0, constant=0.006),
        BondStiffening(elements="CO", shortest_angstrom=0.0, constant=0.095),
        BondStiffening(elements="CO", shortest_angstrom=1.27, constant=0.043),
        BondStiffening(elements="CO", shortest_angstrom=1.385, constant=0.001),
        BondStiffening(elements="NN", shortest_angstrom=0.0, constant=0.043),
        BondStiffening(elements="NO", shortest_angstrom=0.0, constant=0.016),
    ),
    angles=(0.049, 0.026, 0.008),
    bends=0.028,
)
"""B3LYP/6-31G*'s coordinates beside GFN2-xTB's, by least squares (docs/decisions/0015)."""


def can_refine() -> bool:
    """Return whether the cheap surface is here: as a Python package, since a program can't be asked step by step."""
    return library.is_installed()


def refine(
    calculation: Calculation,
    refinement: Refinement,
    *,
    workplace: Workplace,
    store: MoleculeStore,
    cores: int,
    memory_mb: int,
) -> Outcome:
    """Return the minimum of an optimisation's level that is nearest on the shifted surface, or the named failure.

    The walk begins at the cheap surface's own minimum. Where no step comes out short enough, a gradient's place lies
    higher than an earlier one, or the surface fails, the engine optimises from the lowest place on. Raises as
    `run_calculation` does.
    """
    digest_of = partial(_digest, refinement=refinement, workplace=workplace)
    finished = finished_result(calculation, workplace.engine, store, digest_of=digest_of)
    if finished is not None:
        return finished
    digest = digest_of(calculation)

    def run(asked: Calculation) -> Outcome:
        return run_calculation(asked, workplace=workplace, store=store, cores=cores, memory_mb=memory_mb)

    here, spent = _without_gradient(calculation, check=workplace.programs.check), 0.0
    earlier: list[CalculationResult] = []
    for number in range(1, refinement.max_gradients + 1):
        gradient = run(_gradient(here, number))
        if not isinstance(gradient, CalculationResult):
            return replace(gradient, label=calculation.label, kind=calculation.kind)
        spent += gradient.cpu_seconds
        lowest = min((*earlier, gradient), key=_energy)
        if _energy(gradient) > _energy(lowest) + _UPHILL_HARTREE:
            earlier.append(gradient)
            here = replace(here, geometry=lowest.geometry)
            break
        began = time.thread_time()
        step = _walk(here, gradient, earlier=earlier, check=workplace.programs.check)
        if step is None and earlier:
            step = _walk(here, gradient, earlier=(), check=workplace.programs.check)
        spent += time.thread_time() - began
        earlier.append(gradient)
        if step is None:
            break
        here = replace(here, geometry=rounded_geometry(calculation.geometry.symbols, step.positions))
        if step.is_within(refinement):
            result = replace(
                gradient,
                label=calculation.label,
                kind=calculation.kind,
                geometry=here.geometry,
                energy_hartree=gradient.energy_hartree + step.energy_hartree,
                gradient=None,
                optimization_steps=number,
                cpu_seconds=round(spent, 2),
            )
            store.save_outcome(result, digest=digest, files={})
            return result
    outcome = run(replace(here, refinement=None))
    if isinstance(outcome, CalculationResult):
        steps = len(earlier) + (outcome.optimization_steps or 0)
        outcome = replace(outcome, optimization_steps=steps, cpu_seconds=round(outcome.cpu_seconds + spent, 2))
        store.save_outcome(outcome, digest=digest, files={})
    return outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """The way from a gradient's place to the minimum of the shifted surface."""

    positions: Array  # (n_atoms, 3), bohr
    energy_hartree: float  # there minus here
    bond_angstrom: float  # the largest change of each kind
    angle_degrees: float
    torsion_degrees: float

    def is_within(self, limits: Refinement) -> bool:
        return (
            self.bond_angstrom <= limits.bond_angstrom
            and self.angle_degrees <= limits.angle_degrees
            and (
                self.torsion_degrees <= limits.torsion_degrees
                or abs(self.energy_hartree) * HARTREE_KCAL_PER_MOL <= limits.free_turn_kcal_per_mol
            )
        )


def _walk(
    here: Calculation,
    gradient: CalculationResult,
    *,
    earlier: Sequence[CalculationResult],
    check: Callable[[], None],
) -> _Step | None:
    """Return the step, None where the cheap surface has no minimum or no charges."""
    try:
        symbols, origin, cheap = _cheap_surface(here, check)
        surface = ShiftedSurface(
            symbols,
            cheap,
            origin=origin,
            gradient=_slope(gradient),
            stiffening=_STIFFENING,
            earlier=[(_positions(found), _slope(found)) for found in earlier],
        )
        minimum = minimize(symbols, origin, surface)
    except (NoMinimumError, ChargesNotConvergedError, StructureRefusedError):
        return None
    bonds, angles, torsions = surface.coordinates.largest_changes(origin, minimum.positions)
    return _Step(
        positions=minimum.positions,
        energy_hartree=minimum.energy_hartree - surface.energy_at_origin,
        bond_angstrom=bonds * BOHR_ANGSTROM,
        angle_degrees=np.degrees(angles),
        torsion_degrees=np.degrees(torsions),
    )


def _without_gradient(calculation: Calculation, *, check: Callable[[], None]) -> Calculation:
    """Return the calculation at the cheap surface's own minimum, or as it is where that has none."""
    try:
        symbols, origin, cheap = _cheap_surface(calculation, check)
        minimum = minimize(symbols, origin, cheap)
    except (NoMinimumError, ChargesNotConvergedError, StructureRefusedError):
        return calculation
    return replace(calculation, geometry=rounded_geometry(symbols, minimum.positions))


def _cheap_surface(here: Calculation, check: Callable[[], None]) -> tuple[tuple[str, ...], Array, Surface]:
    """Return elements, positions (n_atoms, 3) in bohr, and GFN2-xTB's surface with DFT's barriers of rotors."""
    xtb = XtbSurface(replace(here, level=gfn2_xtb(here.level.solvent)), accuracy=_ACCURACY, rotors=ROTORS)
    return xtb.symbols, xtb.positions, watched(xtb, check)


def _energy(result: CalculationResult) -> float:
    return result.energy_hartree


def _positions(result: CalculationResult) -> Array:
    return np.array(result.geometry.coordinates_angstrom, dtype=float) / BOHR_ANGSTROM


def _slope(result: CalculationResult) -> Array:
    return np.array(result.gradient, dtype=float)


def _gradient(here: Calculation, number: int) -> Calculation:
    step = f"gradient{number}"
    label = f"{here.conformer}-{step}" if here.conformer else f"{here.label}-{step}"
    return replace(here, label=label, step=step, kind=CalculationKind.GRADIENT, refinement=None)


def _digest(calculation: Calculation, *, refinement: Refinement, workplace: Workplace) -> str:
    limits = {name: str(value) for name, value in asdict(refinement).items()}
    limits |= {
        "stiffening": str(_STIFFENING),
        "rotors": str(ROTORS),
        "fold": str(FOLD),
        "largest_force": str(LARGEST_FORCE),
        "last_gain_hartree": str(LAST_GAIN_HARTREE),
    }
    return input_digest(workplace.engine.input_digest(calculation), limits)
