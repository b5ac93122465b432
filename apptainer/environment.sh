# shellcheck shell=sh
# Sourced by %environment of every qmnmr image, so by exec, run, shell, test and all apps.
# An `export` here beats the host's variable, `unset` has no effect on one, and `apptainer --env` beats this file.
# So whatever a host could leak in without --cleanenv is set here, to nothing if need be.

if [ -d /opt/conda/conda-meta ]; then
    # Apptainer does not run the Docker entry point that would activate the conda environment.
    export CONDA_PREFIX=/opt/conda
    export PATH="/opt/conda/bin:$PATH"
    XTBPATH=''
    for script in "$CONDA_PREFIX"/etc/conda/activate.d/*.sh; do
        # shellcheck disable=SC1090  # NWChem's sets NWCHEM_BASIS_LIBRARY and NWCHEM_NWPW_LIBRARY
        [ -r "$script" ] && . "$script"
    done
    # xTB's activation script is not among them (facts of its feedstock), hence the default.
    export XTBPATH="${XTBPATH:-$CONDA_PREFIX/share/xtb}"
else
    export NWCHEM_BASIS_LIBRARY=/usr/share/nwchem/libraries/
    export NWCHEM_NWPW_LIBRARY=/usr/share/nwchem/libraryps/
    export XTBPATH=/usr/share/xtb
fi

# One thread per rank: threads times ranks would exceed the cores. xTB's recursion needs a large stack.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 OMP_STACKSIZE=1G
export GFORTRAN_UNBUFFERED_ALL=1
export TZ=UTC LC_ALL=C.UTF-8

# mpirun forks on this node, whatever batch system started us: Open MPI 4, Open MPI 5, Open MPI 6, MPICH.
export OMPI_MCA_ras=^slurm OMPI_MCA_plm=isolated
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export PRTE_MCA_ras=^slurm
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe PRTE_MCA_hwloc_default_binding_policy=none
export PRTE_MCA_mapby=:oversubscribe PRTE_MCA_bindto=none
export HYDRA_RMK=user HYDRA_LAUNCHER=fork MPIR_CVAR_PMI_VERSION=1

# A TMPDIR of the host need not exist in here, and /tmp is 64 MiB under --containall.
export TMPDIR=/tmp
if [ -d /scratch ] && [ -w /scratch ]; then export TMPDIR=/scratch; fi

# Python modules of the host's home must not be mixed with the image's.
export PYTHONPATH='' PYTHONHOME='' PYTHONNOUSERSITE=1 PYTHONDONTWRITEBYTECODE=1
