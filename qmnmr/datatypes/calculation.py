"""One quantum-chemical calculation: what is asked, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qmnmr.datatypes.coupling import PairCoupling
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.remedy import AppliedRemedy
from qmnmr.datatypes.theory import LevelOfTheory

Tensor = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
Matrix = tuple[tuple[float, ...], ...]


class CalculationKind(StrEnum):
    """What a calculation yields."""

    OPTIMIZATION = "optimization"  # a minimum and its energy
    ENERGY = "energy"
    GRADIENT = "gradient"  # the energy and its first derivatives with the positions
    SHIELDING = "shielding"  # GIAO shielding tensors of all nuclei, and the energy
    COUPLINGS = "couplings"  # Fermi-contact couplings of all pairs of hydrogens, and the energy
    FREE_ENERGY = "free_energy"  # what vibrations and rotation add to an energy
    HESSIAN = "hessian"  # second derivatives of the energy


class FailureKind(StrEnum):
    """Why a calculation has no result."""

    SCF_NOT_CONVERGED = "scf_not_converged"
    GEOMETRY_NOT_CONVERGED = "geometry_not_converged"
    RESPONSE_NOT_CONVERGED = "response_not_converged"  # coupled-perturbed (CPHF) equations
    TRIPLET_INSTABILITY = "triplet_instability"  # the closed shell is no minimum: no response to a nucleus's spin
    INTERNAL_COORDINATES = "internal_coordinates"
    SYMMETRY = "symmetry"
    BASIS = "basis"
    MEMORY = "memory"
    SHARED_MEMORY = "shared_memory"  # /dev/shm
    DISK = "disk"
    RESTART_FILES = "restart_files"  # database or orbitals that can't be read
    PARALLEL_START = "parallel_start"  # mpirun could not start the program
    INPUT = "input"
    NOT_IMPLEMENTED = "not_implemented"
    INTEGRALS = "integrals"
    KILLED = "killed"
    CUT_OFF = "cut_off"  # the output ends before its end marker
    MISMATCH = "mismatch"  # the output is of something else than what was asked
    UNPHYSICAL = "unphysical"  # numbers that no molecule has: the calculation went wrong without saying so
    STRUCTURE_CHANGED = "structure_changed"  # bonds or stereo differ after the geometry step
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refinement:
    """How a minimum is found from few gradients: on GFN2-xTB's surface, shifted by the gradients' difference.

    A minimum of that surface counts if the way to it from the last gradient's place was no longer than this.
    """

    max_gradients: int  # after them the ordinary optimiser goes on
    bond_angstrom: float
    angle_degrees: float
    torsion_degrees: float
    free_turn_kcal_per_mol: float  # a way that gains less than this may turn further: a methyl group on a flat ring


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """A calculation to be done on one geometry of a closed-shell molecule."""

    label: str  # unique in its molecule: "c001-optimization"
    kind: CalculationKind
    geometry: Geometry
    charge: int
    multiplicity: int
    level: LevelOfTheory
    conformer: str = ""  # label of the conformer, and name of the step in the protocol; "" for one that belongs to none
    step: str = ""
    is_tuned: bool = False  # faster settings of the engine where they are proved to give the same number
    temperature_kelvin: float | None = None  # of a FREE_ENERGY; nothing else depends on it
    # With what an OPTIMIZATION begins, (3 n_atoms, 3 n_atoms) in hartree/bohr^2, without negative eigenvalues. It
    # decides how many steps there are, not where they lead, and so is no part of what was asked.
    start_hessian: Matrix | None = None
    refinement: Refinement | None = None  # of an OPTIMIZATION; None: steps until the gradient is zero


@dataclass(frozen=True, slots=True, kw_only=True)
class Shielding:
    """Shielding of one nucleus in one conformer."""

    atom_index: int  # 0-based; only text shown to people counts from 1
    symbol: str
    isotropic_ppm: float
    tensor_ppm: Tensor  # rows: induced field, columns: applied field, as the program prints it


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculationResult:
    """What a calculation gave. All fields were read from the program's output and agree with what was asked."""

    label: str
    kind: CalculationKind
    level: LevelOfTheory
    energy_hartree: float
    geometry: Geometry  # the last one: optimised if the kind is OPTIMIZATION, else the input's
    shieldings: tuple[Shielding, ...]  # in atom order; empty unless the kind is SHIELDING
    program: str
    program_version: str
    ranks: int
    cpu_seconds: float  # summed over ranks
    wall_seconds: float
    optimization_steps: int | None = None
    # FREE_ENERGY alone: G(RRHO) - E, as if the rotational symmetry number were 1 (a conformer's degeneracy has it).
    free_energy_correction_hartree: float | None = None
    hessian: Matrix | None = None  # of a HESSIAN alone: (3 n_atoms, 3 n_atoms), hartree/bohr^2
    couplings: tuple[PairCoupling, ...] = ()  # of COUPLINGS alone: every pair of hydrogens, ascending by pair
    gradient: Matrix | None = None  # of a GRADIENT alone: (n_atoms, 3), hartree/bohr
    remedies: tuple[AppliedRemedy, ...] = ()  # what had to be changed after failures, in order
    dispersion_hartree: float | None = None  # the part of the energy that no engine computed; None: the level has none
    memory_mb: int | None = None  # that the program was given for all its ranks; None in results of qmnmr 0.1.0
    reused_from: str = ""  # the folder of the molecule in another run, where it was computed; "": in this run


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculationFailure:
    """Why a calculation gave nothing, with the line of output that says so."""

    label: str
    kind: CalculationKind
    failure: FailureKind
    message: str  # one sentence
    evidence: str  # the line of the program's output, or what was found instead of it
    hint: str = ""
    geometry: Geometry | None = None  # where an optimisation that ran out of steps had come to
    remedies: tuple[AppliedRemedy, ...] = ()  # what was tried before and failed too, in order
