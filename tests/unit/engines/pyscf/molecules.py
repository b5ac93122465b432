"""Small molecules of the tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.theory import LevelOfTheory, Solvent
from qmnmr.engines.pyscf.field.scf import Accuracy, GroundState, solve_ground_state
from qmnmr.engines.pyscf.giao.shielding_task import calculate_shieldings
from qmnmr.engines.pyscf.molecule import build_molecule

DMSO = Solvent(name="DMSO", dielectric_constant=46.826)

_XYZ = {
    "water": "O 0 0 0.1173; H 0 0.7572 -0.4692; H 0 -0.7572 -0.4692",
    "formaldehyde": "C 0.1 0 -0.53; O 0.1 0.02 0.68; H 0.13 0.94 -1.11; H 0.05 -0.93 -1.12",
    # exactly tetrahedral
    "methane": "C 0 0 0; H 0.63 0.63 0.63; H -0.63 -0.63 0.63; H -0.63 0.63 -0.63; H 0.63 -0.63 -0.63",
    # The molecule and frame of the NWChem 7.0.2 runs that are quoted in the tests.
    "ethanol": (
        "C -0.854405 0.223518 0.241798; C 0.387146 -0.358540 -0.401459; O 1.531580 0.384308 -0.007311;"
        "H -1.747552 -0.327802 -0.065135; H -0.974933 1.275795 -0.035861; H -0.777063 0.189189 1.333495;"
        "H 0.528307 -1.403138 -0.108021; H 0.310280 -0.313797 -1.491701; H 1.596640 0.330502 0.961438"
    ),
}


def calculation(
    name: str,
    functional: str = "b3lyp",
    basis: str = "def2-svp",
    *,
    kind: CalculationKind = CalculationKind.SHIELDING,
    solvent: Solvent | None = None,
    charge: int = 0,
) -> Calculation:
    rows = [row.split() for row in _XYZ[name].split(";")]
    positions = tuple((float(x), float(y), float(z)) for _, x, y, z in rows)
    return Calculation(
        label="c001-test",
        kind=kind,
        geometry=Geometry(symbols=tuple(row[0] for row in rows), coordinates_angstrom=positions),
        charge=charge,
        multiplicity=1,
        level=LevelOfTheory(functional=functional, basis=basis, spherical=True, solvent=solvent),
    )


@dataclass(frozen=True)
class Outcome:
    state: GroundState
    tensors: np.ndarray
    residual: float

    @property
    def isotropic(self) -> np.ndarray:
        return self.tensors.trace(axis1=1, axis2=2) / 3


def shieldings(
    asked: Calculation, *, accuracy: Accuracy | None = None, rotation: Any = None, shift_bohr: float = 0.0
) -> Outcome:
    accuracy = accuracy or Accuracy(grid_level=1)
    mol = build_molecule(asked, memory_mb=1000)
    if rotation is not None:
        mol.set_geom_(mol.atom_coords() @ np.asarray(rotation).T, unit="Bohr")
    if shift_bohr:
        mol.set_geom_(mol.atom_coords() + shift_bohr, unit="Bohr")
    state = solve_ground_state(mol, asked.level, accuracy=accuracy)
    result = calculate_shieldings(state, accuracy=accuracy)
    return Outcome(state, result.tensors_ppm, result.residual)
