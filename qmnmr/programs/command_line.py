"""Argument lists and environments of the programs that qmnmr starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_SCHEDULER_PREFIXES = ("SLURM_", "SLURMD_", "SRUN_", "PMI_", "PMIX_", "PMI2_", "OMPI_", "PRTE_", "HYDRA_", "MPIR_CVAR_")

MPI_SETTINGS: dict[str, str] = {
    # Open MPI 4: fork on this node, whatever a scheduler says of nodes and slots; ranks may share cores.
    "OMPI_MCA_ras": "^slurm",
    "OMPI_MCA_plm": "isolated",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none",
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    # Open MPI 5 (PRRTE 3) ignores those names; Open MPI 6 (PRRTE 5) calls two of them mapby and bindto.
    "PRTE_MCA_ras": "^slurm",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "PRTE_MCA_hwloc_default_binding_policy": "none",
    "PRTE_MCA_mapby": ":oversubscribe",
    "PRTE_MCA_bindto": "none",
    # MPICH (Hydra)
    "HYDRA_RMK": "user",
    "HYDRA_LAUNCHER": "fork",
    "MPIR_CVAR_PMI_VERSION": "1",
}
"""Settings under which mpirun works inside and outside a Slurm job, on one node (docs/explanation/mpi.md)."""

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_FIXED_SETTINGS = {
    "OMP_STACKSIZE": "1G",
    "GFORTRAN_UNBUFFERED_ALL": "1",
    "TZ": "UTC",
    "LC_ALL": "C",
}


def program_environment(base: Mapping[str, str], *, scratch: str, threads: int = 1) -> dict[str, str]:
    """Return the environment of a quantum-chemistry program: the caller's, less what schedulers and MPI set."""
    kept = {name: value for name, value in base.items() if not name.startswith(_SCHEDULER_PREFIXES)}
    return {**kept, **program_settings(scratch=scratch, threads=threads)}


def program_settings(*, scratch: str, threads: int = 1) -> dict[str, str]:
    """Return the variables that qmnmr sets for a program, wherever it runs."""
    bounds = dict.fromkeys(_THREAD_VARIABLES, str(threads))
    return {**MPI_SETTINGS, **_FIXED_SETTINGS, **bounds, "TMPDIR": scratch, "SCRATCH_DIR": scratch}


def needed_programs(arguments: Sequence[str], *, is_parallel: bool) -> tuple[str, ...]:
    """Return the programs that must be on PATH for an argument list."""
    return ("mpirun", arguments[0]) if is_parallel else (arguments[0],)


def program_argv(arguments: Sequence[str], *, ranks: int, is_parallel: bool) -> list[str]:
    """Return the argument list that starts a program on this node with this many MPI ranks."""
    if not is_parallel:
        return list(arguments)
    return ["mpirun", "-n", str(ranks), *arguments]
