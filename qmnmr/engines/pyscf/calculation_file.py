"""The two texts between qmnmr and the worker process: the input file, and the lines on its standard output."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.theory import LevelOfTheory, Solvent

FORMAT = 1
INPUT_FILE = "input.json"
STEM_ARGUMENT = "--stem"
RESULT_PREFIX = "result "
FAILURE_PREFIX = "failure "
GEOMETRY_PREFIX = "geometry "
STEP_PREFIX = "step "
STEP_FILE = "steps.jsonl"
HESSIAN_FILE = "start_hessian.json"
END_MARKER = "end of qmnmr calculation"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerInput:
    """What the worker process is asked."""

    calculation: Calculation
    memory_mb: int
    is_fitted: bool = True  # False: four-centre integrals, a remedy


def write_input(calculation: Calculation, *, memory_mb: int, is_fitted: bool = True) -> str:
    """Return the input file's text: JSON, every setting spelled out."""
    fields = {"format": FORMAT, "memory_mb": memory_mb, **describe(calculation)}
    if not is_fitted:
        fields["is_fitted"] = False
    return json.dumps(fields, indent=1) + "\n"


def describe(calculation: Calculation) -> dict[str, Any]:
    """Return what is asked, as plain values; a result repeats it."""
    level, solvent = calculation.level, calculation.level.solvent
    return {
        "label": calculation.label,
        "kind": calculation.kind.value,
        "charge": calculation.charge,
        "multiplicity": calculation.multiplicity,
        "functional": level.functional,
        "basis": level.basis,
        "spherical": level.spherical,
        "solvent": None if solvent is None else solvent.name,
        "dielectric_constant": None if solvent is None else solvent.dielectric_constant,
        "cavity": level.cavity,
        "symbols": list(calculation.geometry.symbols),
        "coordinates_angstrom": [list(position) for position in calculation.geometry.coordinates_angstrom],
    }


def read_input(text: str) -> WorkerInput:
    """Return what an input file asks. Raises ValueError, KeyError or TypeError where the text is wrong."""
    fields = json.loads(text)
    if fields["format"] != FORMAT:
        raise ValueError(f"format {fields['format']!r} of the input file, {FORMAT} is understood")
    solvent = None
    if fields["solvent"] is not None:
        solvent = Solvent(name=str(fields["solvent"]), dielectric_constant=float(fields["dielectric_constant"]))
    calculation = Calculation(
        label=str(fields["label"]),
        kind=CalculationKind(fields["kind"]),
        geometry=read_geometry(fields),
        charge=int(fields["charge"]),
        multiplicity=int(fields["multiplicity"]),
        level=LevelOfTheory(
            functional=str(fields["functional"]),
            basis=str(fields["basis"]),
            spherical=bool(fields["spherical"]),
            solvent=solvent,
            cavity=str(fields["cavity"]),
        ),
    )
    return WorkerInput(
        calculation=calculation, memory_mb=int(fields["memory_mb"]), is_fitted=bool(fields.get("is_fitted", True))
    )


def read_geometry(fields: dict[str, Any]) -> Geometry:
    """Return the geometry of an input or a result."""
    positions = ((float(x), float(y), float(z)) for x, y, z in fields["coordinates_angstrom"])
    return Geometry(symbols=tuple(fields["symbols"]), coordinates_angstrom=tuple(positions))
