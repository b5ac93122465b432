#!/bin/bash
# openmpi5.sh IMAGE: mpirun of Open MPI 5 inside real Slurm jobs, with the settings of the image and without them.
# To be run in a shell of a cluster whose nodes are not called like their hosts (tests/slurm_cluster/start.sh).
set -euo pipefail
image=$(realpath "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/openmpi5-XXXXXX")
trap 'rm -rf "$work"' EXIT
cat > "$work/water.nw" << 'INPUT'
start w
geometry
 O 0 0 0.117
 H 0 0.757 -0.468
 H 0 -0.757 -0.468
end
basis spherical
 * library 6-31G*
end
dft
 xc b3lyp
end
task dft energy
INPUT

# The whole environment of the job, Slurm's variables included, comes along: no --cleanenv.
inside=(apptainer --quiet exec --contain --bind "$work:/scratch" --pwd /scratch "$image")
unset_all='for name in $(env | grep -oE "^(PRTE|OMPI)_MCA_[a-z_]+"); do unset "$name"; done;'

try() { # try WORDS RANKS SRUN SETTINGS: one job, one line
  local name=$1 ranks=$2 srun=$3 settings=$4 state energy said
  cat > "$work/job.sh" << JOB
#!/bin/bash
cd "$work"
$srun timeout 100 ${inside[*]} sh -c '$settings exec mpirun -n $ranks nwchem water.nw' > out 2> err < /dev/null
echo \$? > code
JOB
  rm -f "$work"/{out,err,code}
  sbatch --quiet --wait --nodes=1 --ntasks=1 --cpus-per-task=2 --output=/dev/null "$work/job.sh" || true
  state=$(cat "$work/code")
  energy=$(grep -o 'Total DFT energy = .*' "$work/out" | tr -s ' ' || true)
  said=$(grep -E 'slots available|ssh: |daemon failed|not resolve|unable' "$work/err" | head -n 1 | sed 's/^ *//' || true)
  printf '%-34s %s rank(s)  exit %-4s %s %s\n' "$name" "$ranks" "$state" \
    "$(grep -c . <<< "$(grep -E '^ *nproc' "$work/out" | grep -o '[0-9]*$')") x nproc=$(grep -E '^ *nproc' "$work/out" | grep -oE '[0-9]+$' || echo -)" "${energy:-$said}"
}

"${inside[@]}" sh -c 'mpirun --version | head -n 1; nwchem --version 2> /dev/null | head -n 0; dpkg-query -W -f "\${Package} \${Version}\n" nwchem-openmpi libopenmpi40 openmpi-bin'
echo "node $(sinfo -h -N -o %N | head -n 1), which is not a host's name"
for ranks in 1 2; do
  try "settings of the image" "$ranks" "" ""
  try "settings of the image, in srun" "$ranks" "srun --overlap --ntasks=1" ""
  try "without them" "$ranks" "" "$unset_all"
  try "without them, in srun" "$ranks" "srun --overlap --ntasks=1" "$unset_all"
done
for setting in PRTE_MCA_ras PRTE_MCA_mapby PRTE_MCA_bindto; do
  try "without $setting" 2 "" "unset $setting;"
done
