"""Argument lists and environments of the programs that qmnmr starts."""

from __future__ import annotations

from collections.abc import Mapping

from qmnmr.engines.facts import thread_variables

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

_FIXED_SETTINGS = {
    "OMP_STACKSIZE": "1G",
    "GFORTRAN_UNBUFFERED_ALL": "1",
    "TZ": "UTC",
    "LC_ALL": "C",
}


def program_environment(
    base: Mapping[str, str], *, scratch: str, variables: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the environment of a quantum-chemistry program: the caller's, less what schedulers and MPI set."""
    kept = {name: value for name, value in base.items() if not name.startswith(_SCHEDULER_PREFIXES)}
    return {**kept, **program_settings(scratch=scratch, variables=variables)}


def program_settings(*, scratch: str, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables that are set for a program, wherever it runs: qmnmr's, and those that the program wants.

    Where the program says nothing of threads, it has one.
    """
    return {
        **MPI_SETTINGS,
        **_FIXED_SETTINGS,
        **thread_variables(1),
        **(variables or {}),
        "TMPDIR": scratch,
        "SCRATCH_DIR": scratch,
    }
