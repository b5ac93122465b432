#!/bin/sh
# The container contract:
#   apptainer run --containall --bind molecules:/input,results:/output qmnmr.sif
# predicts every molecule file of /input and writes the run to /output; the same command again continues it.
# With arguments, they go to qmnmr: apptainer run qmnmr.sif doctor
# Settings of a run without arguments come as variables: --env QMNMR_SOLVENT=DMSO,QMNMR_PROTOCOL=peer
set -eu

if [ $# -gt 0 ]; then exec qmnmr "$@"; fi

refuse() {
    echo "Error: $1" >&2
    echo "  -> $2" >&2
    exit 2
}

example="apptainer run --containall --bind FOLDER_WITH_MOLECULES:/input,FOLDER_FOR_RESULTS:/output IMAGE.sif"
[ -d /input ] || refuse "no molecules: nothing is bound to /input" "$example"

for file in /input/*; do
    case $file in
        *.smi | *.csv | *.sdf | *.mol | *.xyz | *.SMI | *.CSV | *.SDF | *.MOL | *.XYZ) set -- "$@" "$file" ;;
        "/input/*") refuse "/input is empty, or nothing is bound to it" "$example" ;;
        *) echo "not read: $file (only .smi .csv .sdf .mol .xyz are)" >&2 ;;
    esac
done
[ $# -gt 0 ] || refuse "/input holds no molecule files" "put .smi .csv .sdf .mol or .xyz files into the folder"
[ -d /output ] || refuse "no place for results: nothing is bound to /output" "$example"
[ -w /output ] || refuse "/output can't be written to" "bind a folder of your own that is not read-only: $example"

# Temporary files: a scratch that was bound or named, else /tmp where it is large (64 MiB under --containall), else
# a folder of the run that is removed at its end.
if [ -z "${QMNMR_SCRATCH:-}${SCRATCH_DIR:-}" ] && ! { [ -d /scratch ] && [ -w /scratch ]; }; then
    free_kb=$(df -Pk /tmp | awk 'NR == 2 { print $4 }')
    [ "${free_kb:-0}" -ge 4000000 ] || export QMNMR_SCRATCH=/output
fi

exec qmnmr predict --out /output "$@"
