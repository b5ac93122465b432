"""The recorded xTB outputs and the calculations behind them: `record.py` makes them, the tests read them."""

from __future__ import annotations

import gzip
import tomllib
from dataclasses import dataclass
from pathlib import Path

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.datatypes.theory import gfn2_xtb
from qmnmr.engines.facts import Ended
from qmnmr.engines.xtb.engine import XtbEngine
from qmnmr.engines.xtb.free_energy import XtbFreeEnergyEngine
from qmnmr.engines.xtb.hessian import XtbHessianEngine

RECORDS = Path(__file__).resolve().parent / "6.5.1"

GEOMETRIES = {
    "ethanol": """C -0.887 0.175 -0.017; C 0.460 -0.516 -0.066; O 1.442 0.307 0.528; H -0.847 1.126 -0.557;
        H -1.184 0.371 1.017; H -1.657 -0.454 -0.474; H 0.749 -0.695 -1.103; H 0.421 -1.464 0.477;
        H 1.501 1.150 0.047""",
    "acetate": """C 0 0 0; C 1.553 0 0; O 2.106 1.128 0; O 2.106 -1.128 0; H -0.385 1.021 0;
        H -0.385 -0.511 0.885; H -0.385 -0.511 -0.885""",
    "1,2-dichloroethane": """C -0.763 0 0; C 0.763 0 0; Cl 1.420 1.680 0; Cl -1.420 -1.680 0; H 1.120 -0.510 0.890;
        H 1.120 -0.510 -0.890; H -1.120 0.510 0.890; H -1.120 0.510 -0.890""",
    "planar ammonia": "N 0 0 0; H 1.005 0 0; H -0.5025 0.87036 0; H -0.5025 -0.87036 0",
    "two atoms in one place": "H 0 0 0; H 0 0 0",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One recorded run; `edits` are replacements in the control file that provoke a failure."""

    proves: str
    molecule: str
    charge: int = 0
    solvent: str = "gas"
    is_lbfgs: bool = False
    edits: tuple[tuple[str, str], ...] = ()
    kind: CalculationKind = CalculationKind.OPTIMIZATION
    temperature_kelvin: float | None = None  # of a free energy

    def calculation(self, label: str) -> Calculation:
        """Return the calculation that was asked for."""
        rows = [row.split() for row in GEOMETRIES[self.molecule].split(";")]
        geometry = Geometry(
            symbols=tuple(row[0] for row in rows),
            coordinates_angstrom=tuple((float(row[1]), float(row[2]), float(row[3])) for row in rows),
        )
        return Calculation(
            label=label,
            kind=self.kind,
            geometry=geometry,
            charge=self.charge,
            multiplicity=1,
            level=gfn2_xtb(find_solvent(self.solvent)),
            temperature_kelvin=self.temperature_kelvin,
        )

    @property
    def engine(self) -> XtbEngine | XtbFreeEnergyEngine | XtbHessianEngine:
        """Return the engine that does it."""
        if self.kind is CalculationKind.HESSIAN:
            return XtbHessianEngine()
        return XtbEngine(is_lbfgs=self.is_lbfgs) if self.kind is CalculationKind.OPTIMIZATION else XtbFreeEnergyEngine()


CASES = {
    "ethanol-gas": Case(proves="an optimisation without a continuum", molecule="ethanol"),
    "ethanol-chloroform": Case(proves="an optimisation in ALPB", molecule="ethanol", solvent="chloroform"),
    "ethanol-pyridine": Case(proves="a solvent that acetone stands in for", molecule="ethanol", solvent="pyridine"),
    "ethanol-lbfgs": Case(proves="the other optimiser", molecule="ethanol", solvent="chloroform", is_lbfgs=True),
    "acetate-water": Case(proves="a charge and ALPB", molecule="acetate", charge=-1, solvent="water"),
    "steps-exhausted": Case(
        proves="an unconverged optimisation ends with 0",
        molecule="ethanol",
        edits=(("optlevel=tight", "optlevel=tight\n   maxcycle=2"),),
    ),
    "charges-unconverged": Case(
        proves="an unconverged electronic structure",
        molecule="ethanol",
        edits=(("$opt", "$scc\n   maxiterations=2\n$opt"),),
    ),
    "solvent-unknown": Case(
        proves="a solvent without parameters",
        molecule="ethanol",
        solvent="chloroform",
        edits=(("solvent=chcl3", "solvent=pyridine"),),
    ),
    "dichloroethane-free-energy": Case(
        proves="a free energy in ALPB at a structure with a rotational symmetry number of 2",
        molecule="1,2-dichloroethane",
        solvent="chloroform",
        kind=CalculationKind.FREE_ENERGY,
        temperature_kelvin=310.0,
    ),
    "ethanol-free-energy": Case(
        proves="a free energy in the gas phase",
        molecule="ethanol",
        kind=CalculationKind.FREE_ENERGY,
        temperature_kelvin=298.15,
    ),
    "acetate-free-energy": Case(
        proves="a free energy of a charge, with a symmetry number of 1",
        molecule="acetate",
        charge=-1,
        solvent="water",
        kind=CalculationKind.FREE_ENERGY,
        temperature_kelvin=298.15,
    ),
    "free-energy-charges-unconverged": Case(
        proves="an unconverged electronic structure in a free energy",
        molecule="ethanol",
        kind=CalculationKind.FREE_ENERGY,
        temperature_kelvin=298.15,
        edits=(("$thermo", "$scc\n   maxiterations=2\n$thermo"),),
    ),
    "free-energy-imaginary": Case(
        proves="a saddle point has an imaginary mode that is no noise",
        molecule="planar ammonia",
        kind=CalculationKind.FREE_ENERGY,
        temperature_kelvin=298.15,
    ),
    "ethanol-hessian": Case(
        proves="a Hessian in ALPB at a structure that is no minimum",
        molecule="ethanol",
        solvent="chloroform",
        kind=CalculationKind.HESSIAN,
    ),
    "acetate-hessian": Case(
        proves="a Hessian of a charge", molecule="acetate", charge=-1, solvent="water", kind=CalculationKind.HESSIAN
    ),
    "hessian-charges-unconverged": Case(
        proves="an unconverged electronic structure in a Hessian",
        molecule="ethanol",
        kind=CalculationKind.HESSIAN,
        edits=(("$gfn", "$scc\n   maxiterations=2\n$gfn"),),
    ),
    "atoms-too-close": Case(proves="a refused structure", molecule="two atoms in one place"),
}


@dataclass(frozen=True, kw_only=True)
class Golden:
    """A recorded run."""

    calculation: Calculation
    output: bytes  # standard output, then standard error
    exit_code: int

    @property
    def ended(self) -> Ended:
        """Return what the program left; the recordings hold the file of a Hessian behind the output."""
        report, title, numbers = self.output.rpartition(b"$hessian")
        files = {"hessian": title + numbers} if title else {}
        return Ended(output=report + numbers, exit_code=self.exit_code, files=files)


def read_golden(name: str) -> Golden:
    """Return a recorded run."""
    folder = RECORDS / name
    return Golden(
        calculation=CASES[name].calculation(name),
        output=gzip.decompress((folder / "output.out.gz").read_bytes()) + (folder / "stderr.txt").read_bytes(),
        exit_code=tomllib.loads((folder / "case.toml").read_text())["exit_code"],
    )
