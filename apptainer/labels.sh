#!/bin/sh
# Last step of %post of every qmnmr image: what is really in it becomes labels.
# Reads /opt/qmnmr/packages.txt (name=version lines), appends to $APPTAINER_LABELS.
set -eu
list=/opt/qmnmr/packages.txt

label() { echo "$1 $2" >> "$APPTAINER_LABELS"; }

# version REGEX: of the first package whose whole name matches; "none" where there is none
version() {
    found=$(grep -E "^($1)=" "$list" | head -n 1 | cut -d = -f 2)
    echo "${found:-none}"
}

label qmnmr.architecture "$(uname -m)"
label qmnmr.nwchem "$(version 'nwchem(-mpich|-openmpi)?')"
label qmnmr.mpi "$(mpirun --version 2>&1 | awk '/Version:/ { print "MPICH " $2; exit } /Open MPI/ { print "Open MPI " $NF; exit }')"
label qmnmr.xtb "$(version xtb)"
label qmnmr.crest "$(version crest)"
label qmnmr.python "$(python3 -c 'import platform; print(platform.python_version())')"
label qmnmr.pyscf "$(python3 -c 'from importlib.metadata import version; print(version("pyscf"))')"
label qmnmr.rdkit "$(python3 -c 'import rdkit; print(rdkit.__version__)')"
