"""What the rest of the house has to know of an engine's program, so that it stands in the engine's own folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allotment:
    """What one calculation may use, on one node."""

    cores: int
    memory_mb: int  # for all cores together


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a program left behind.

    `output` is standard output, followed by standard error where it was kept. `exit_code` None means that it is not
    known; a negative one is a signal, as in Python's subprocess.
    """

    output: bytes
    exit_code: int | None
    files: Mapping[str, bytes] = field(default_factory=dict)  # those of `result_files` that are there


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLaw:
    """CPU seconds of one core: start + factor(functional) * continuum * coefficient * N^power, N basis functions."""

    start_seconds: float
    coefficient_seconds: float
    power: float
    continuum: float  # in COSMO, beside the gas phase


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLaws:
    """What an engine's calculations take; fitted by bench/cost_model.py, scatter in docs/explanation/cost-model.md."""

    shielding: CostLaw
    step: CostLaw  # of an optimisation, which starts once, in COSMO; the gas phase was not fitted
    functional_factors: Mapping[str, float]  # beside B3LYP; others count as B3LYP
    steps: tuple[float, float]  # of an optimisation that begins with xTB's Hessian: a * atoms^b; without it about twice
    memory_mb: tuple[float, ...]  # a + b N + c N^2 + ...
    scratch_mb: tuple[float, ...]
    scratch_mb_per_atom: float = 0.0
    couplings: CostLaw | None = None  # of all hydrogens with each other; None: the engine computes none
    energy_share: float = 0.5  # of a step with as many functions: what an energy alone takes
    tuned_functionals: frozenset[str] = frozenset()
    tuned_share: float = 1.0  # of the plain input's time


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionProbe:
    """How a program is asked for its version: it is started with nothing to do."""

    files: Mapping[str, str]
    command: tuple[str, ...]
    pattern: str  # with a group "version", searched in the output
    first_versions: Mapping[str, tuple[int, int]]  # of functionals that older versions lack


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """An engine beside the calculations: where it is, what it takes, what is said of it."""

    name: str  # the key under which it is chosen
    title: str  # as people call it
    choice: str  # as --help lists it
    programs: tuple[str, ...] = ()  # executables that must be where it runs
    packages: tuple[str, ...] = ()  # Python packages of an embedded engine; the first has its version
    is_embedded: bool = False  # it runs where qmnmr runs, in no other image
    uses_mpi: bool = False  # its cores are ranks, and need shared memory
    max_cores: int | None = None  # more are of no use to it
    preference: int = 0  # of --engine auto: the smallest first
    reason: str = ""  # why auto takes it where nothing speaks against it
    absence: str = "not found"
    cost: CostLaws | None = None  # None: nothing beside DFT
    benchmark_cpu_seconds: float = 0.0  # ethanol on the machine of the fit, as the engine states it
    energy_tolerance_hartree: float = 0.0  # of a self-check against known numbers
    shielding_tolerance_ppm: float = 0.0
    version_probe: VersionProbe | None = None  # None: the version is that of the first package


def thread_variables(threads: int) -> dict[str, str]:
    """Return the variables that bound a program's threads."""
    return dict.fromkeys(THREAD_VARIABLES, str(threads))


def mpirun(*arguments: str, ranks: int) -> tuple[str, ...]:
    """Return the argument list that starts a program on this node with this many MPI ranks."""
    return ("mpirun", "-n", str(ranks), *arguments)
