"""The recorded outputs and the calculations behind them: `record.py` makes them, the tests read them."""

from __future__ import annotations

import gzip
import tomllib
from dataclasses import dataclass
from pathlib import Path

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.datatypes.theory import LevelOfTheory

RECORDS = Path(__file__).resolve().parent / "7.0.2"

GEOMETRIES = {
    "ethanol": """C -0.887 0.175 -0.017; C 0.460 -0.516 -0.066; O 1.442 0.307 0.528; H -0.847 1.126 -0.557;
        H -1.184 0.371 1.017; H -1.657 -0.454 -0.474; H 0.749 -0.695 -1.103; H 0.421 -1.464 0.477;
        H 1.501 1.150 0.047""",
    "ethanol turned": """C 0.292344 0.063228 0.965064; C -0.116303 -0.311679 -0.444455; O 0.920423 -1.042991 -1.064834;
        H 1.198496 0.676590 0.948428; H 0.485518 -0.831746 1.562965; H -0.504085 0.630051 1.456799;
        H -0.294634 0.590108 -1.032597; H -1.019144 -0.927846 -0.427413; H 1.728250 -0.503093 -1.102476""",
    "methane": """C 0 0 0; H 0.629118 0.629118 0.629118; H -0.629118 -0.629118 0.629118;
        H -0.629118 0.629118 -0.629118; H 0.629118 -0.629118 -0.629118""",
    "methanol": """C -0.0503 0.6685 0.0; O -0.0503 -0.7585 0.0; H -1.0807 1.0417 0.0; H 0.4650 1.0417 0.8924;
        H 0.4650 1.0417 -0.8924; H 0.8544 -1.0417 0.0""",
    "water": "O 0 0 0.1173; H 0 0.7572 -0.4692; H 0 -0.7572 -0.4692",
    "helium": "He 0 0 0",
    "hydrogen bromide": "H 0 0 0; Br 0 0 1.414",
    "2-butyne": """C 0 0 2.071; C 0 0 0.605; C 0 0 -0.605; C 0 0 -2.071; H 1.022 0 2.462; H -0.511 0.885 2.462;
        H -0.511 -0.885 2.462; H -1.022 0 -2.462; H 0.511 0.885 -2.462; H 0.511 -0.885 -2.462""",
    "pyridinium": """N 0 0 1.353; C 1.180 0 0.700; C 1.213 0 -0.680; C 0 0 -1.380; C -1.213 0 -0.680; C -1.180 0 0.700;
        H 0 0 2.370; H 2.063 0 1.325; H 2.166 0 -1.194; H 0 0 -2.464; H -2.166 0 -1.194; H -2.063 0 1.325""",
    "acetate": """C 0 0 0; C 1.553 0 0; O 2.106 1.128 0; O 2.106 -1.128 0; H -0.385 1.021 0;
        H -0.385 -0.511 0.885; H -0.385 -0.511 -0.885""",
    "methyl radical": "C 0 0 0; H 1.079 0 0; H -0.5395 0.9344 0; H -0.5395 -0.9344 0",
}


def read_geometry(name: str) -> Geometry:
    """Return one of the structures above."""
    rows = [row.split() for row in GEOMETRIES[name].split(";")]
    return Geometry(
        symbols=tuple(row[0] for row in rows),
        coordinates_angstrom=tuple((float(row[1]), float(row[2]), float(row[3])) for row in rows),
    )


@dataclass(frozen=True, kw_only=True)
class Case:
    """One recorded run; `edits` are replacements in the rendered input that provoke a failure."""

    proves: str
    molecule: str
    kind: CalculationKind = CalculationKind.SHIELDING
    charge: int = 0
    solvent: str = "gas"
    functional: str = "b3lyp"
    basis: str = "6-31g*"
    spherical: bool = True
    ranks: int = 1
    mpirun: tuple[str, ...] = ()
    edits: tuple[tuple[str, str], ...] = ()
    kill_at: str = ""  # SIGKILL to the program as soon as the output holds this
    memory_mb: int = 400

    def calculation(self, label: str) -> Calculation:
        """Return what was asked."""
        return Calculation(
            label=label,
            kind=self.kind,
            geometry=read_geometry(self.molecule),
            charge=self.charge,
            multiplicity=1,
            level=LevelOfTheory(
                functional=self.functional,
                basis=self.basis,
                spherical=self.spherical,
                solvent=find_solvent(self.solvent),
            ),
        )


_OPTIMIZATION, _ENERGY = CalculationKind.OPTIMIZATION, CalculationKind.ENERGY

CASES: dict[str, Case] = {
    "ethanol-2-ranks": Case(proves="shieldings of a 2-rank run in COSMO", molecule="ethanol", solvent="cdcl3", ranks=2),
    "ethanol-gas": Case(proves="shieldings of a 1-rank run in the gas phase", molecule="ethanol"),
    "ethanol-gas-2-ranks": Case(proves="the same with 2 ranks", molecule="ethanol", ranks=2),
    "ethanol-gas-turned": Case(proves="the same molecule in another orientation", molecule="ethanol turned"),
    "ethanol-optimization": Case(
        proves="an optimisation that converged; many repeated blocks",
        molecule="ethanol",
        kind=_OPTIMIZATION,
        solvent="cdcl3",
        ranks=2,
    ),
    "methanol-energy": Case(
        proves="a single-point energy with a cartesian basis in water",
        molecule="methanol",
        kind=_ENERGY,
        basis="6-311+g(2d,p)",
        spherical=False,
        solvent="water",
    ),
    "methanol-effective-cores": Case(
        proves="an energy with a basis set and effective cores that the input writes out, in a continuum",
        molecule="methanol",
        kind=_ENERGY,
        basis="vdzp",
        solvent="cdcl3",
    ),
    "2-butyne-optimization": Case(
        proves="a straight chain optimised without internal coordinates", molecule="2-butyne", kind=_OPTIMIZATION
    ),
    "pyridinium": Case(proves="shieldings of a cation", molecule="pyridinium", charge=1, solvent="dmso", ranks=2),
    "acetate": Case(proves="shieldings of an anion", molecule="acetate", charge=-1, solvent="water"),
    **{
        f"methane-{functional}": Case(
            proves=f"{functional} with GIAO", molecule="methane", functional=functional, basis=basis
        )
        for functional, basis in (
            ("hf", "def2-svp"),
            ("pbe", "def2-svp"),
            ("b3lyp", "cc-pvtz"),
            ("pbe0", "def2-svp"),
            ("mpw1pw91", "6-31g(d,p)"),
            ("cam-b3lyp", "def2-svp"),
            ("wp04", "6-31g(d,p)"),
        )
    },
    "optimization-unconverged": Case(
        proves="an optimisation that ran out of steps",
        molecule="methanol",
        kind=_OPTIMIZATION,
        edits=(("maxiter 200", "maxiter 2"),),
    ),
    "scf-unconverged": Case(
        proves="an SCF that ran out of iterations", molecule="methanol", edits=(("iterations 200", "iterations 2"),)
    ),
    "scf-unconverged-optimization": Case(
        proves="an SCF that ran out of iterations within an optimisation",
        molecule="methanol",
        kind=_OPTIMIZATION,
        edits=(("iterations 200", "iterations 2"),),
    ),
    "cphf-unconverged": Case(
        proves="a CPHF that ran out of iterations",
        molecule="methanol",
        edits=(("\nproperty\n", "\nset cphf:maxiter 1\nproperty\n"),),
    ),
    "killed-in-cphf": Case(
        proves="a run cut off by SIGKILL in the CPHF",
        molecule="ethanol",
        kill_at="Iterative solution of linear equations",
    ),
    "killed-rank": Case(
        proves="one of two ranks killed by SIGKILL", molecule="ethanol", ranks=2, kill_at="convergence    iter"
    ),
    "cphf-residual": Case(
        proves="a CPHF that finds the orbitals not converged",
        molecule="methanol",
        edits=((" direct\n", " direct\n noscf\n"),),
    ),
    "memory-unreasonable": Case(proves="less memory than NWChem reserves", molecule="ethanol", memory_mb=4),
    "memory-too-small": Case(proves="too little memory for the molecule", molecule="ethanol", memory_mb=16),
    "autoz-straight-chain": Case(
        proves="autoz gives up on a straight chain",
        molecule="2-butyne",
        kind=_OPTIMIZATION,
        edits=((" noautoz", ""),),
    ),
    "basis-missing-element": Case(
        proves="an element that the basis set lacks",
        molecule="hydrogen bromide",
        edits=(("library 6-31G*", "library 6-311+G(2d,p)"),),
    ),
    "basis-unknown": Case(
        proves="a basis set that the library lacks",
        molecule="water",
        edits=(("library 6-31G*", "library no-such-basis"),),
    ),
    "functional-unknown": Case(
        proves="NWChem 7.0.2 has no wB97X-D3", molecule="water", edits=(("xc b3lyp", "xc wb97x-d3"),)
    ),
    "solvent-unknown": Case(
        proves="an unknown solvent becomes water, with exit code 0",
        molecule="methanol",
        solvent="cdcl3",
        edits=(("solvent chcl3", "solvent chlorofm"),),
    ),
    "open-shell": Case(
        proves="shieldings of an open shell are not calculated, with exit code 0",
        molecule="methyl radical",
        charge=1,
        edits=(("charge 1", "charge 0"), ("mult 1", "mult 2\n odft")),
    ),
    "odd-electrons": Case(
        proves="charge and multiplicity that do not fit", molecule="water", edits=(("charge 0", "charge 1"),)
    ),
    "orbitals-missing": Case(
        proves="orbitals that can't be read",
        molecule="water",
        edits=((" direct\n", " direct\n vectors input nowhere.movecs\n"),),
    ),
    "no-task": Case(proves="an input without a task", molecule="water", edits=(("task dft property\n", ""),)),
    "no-slots": Case(proves="mpirun finds too few slots", molecule="water", ranks=64, mpirun=("--host", "localhost:1")),
}


@dataclass(frozen=True, kw_only=True)
class Golden:
    """A recorded run: what was asked, and what NWChem printed."""

    name: str
    calculation: Calculation
    stdout: bytes
    stderr: bytes
    exit_code: int

    @property
    def output(self) -> bytes:
        """What execution hands to the engine: standard output, then standard error."""
        return self.stdout + self.stderr


def read_golden(name: str) -> Golden:
    """Return the recorded run of a case."""
    folder = RECORDS / name
    return Golden(
        name=name,
        calculation=CASES[name].calculation(name),
        stdout=gzip.decompress((folder / "output.out.gz").read_bytes()),
        stderr=(folder / "stderr.txt").read_bytes(),
        exit_code=tomllib.loads((folder / "case.toml").read_text())["exit_code"],
    )
