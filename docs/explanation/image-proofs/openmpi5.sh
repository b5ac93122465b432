#!/bin/bash
# openmpi5.sh IMAGE nwchem cores: mpirun of Open MPI 5 inside real Slurm jobs, with the MPI settings of qmnmr's images and without.
# For a shell of a cluster whose node is not called like its host: tests/slurm_cluster/start.sh, then `. PREFIX/env.sh`.
# shellcheck disable=SC2016  # what is quoted is for the shell in the image
set -euo pipefail
image=$(realpath "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/openmpi5-XXXXXX")
trap 'rm -rf "$work"' EXIT
# As small as can be: this is about starting ranks, and on cores that other work takes as well two ranks wait for each other.
cat > "$work/h2.nw" << 'INPUT'
start h2
geometry noautosym
 H 0 0 0
 H 0 0 0.74
end
basis
 * library sto-3g
end
task scf energy
INPUT
seconds=600 # of patience with an mpirun that hangs

# The whole environment of the job, Slurm's variables included, comes along: no --cleanenv.
inside=(apptainer --quiet exec --contain --bind "$work:/scratch" --pwd /scratch "$image")

try() { # try WORDS RANKS SRUN SETTINGS: one job of one task with two cores, one line
  local code said
  rm -f "$work"/{out,err,code}
  cat > "$work/job.sh" << JOB
#!/bin/bash
cd "$work"
$3 timeout $seconds ${inside[*]} sh -c '$4 exec mpirun -n $2 nwchem h2.nw' > out 2> err < /dev/null
echo \$? > code
JOB
  sbatch --quiet --wait --nodes=1 --ntasks=1 --cpus-per-task=2 --output=/dev/null "$work/job.sh"
  code=$(cat "$work/code")
  if [ "$code" = 0 ]; then
    said="$(grep -oE 'nproc += +[0-9]+' "$work/out" | tr -s ' '), $(grep -o 'Total SCF energy = .*' "$work/out" | tr -s ' ')"
  elif [ "$code" = 124 ]; then
    said="still hanging after $seconds s"
  else
    said=$(grep -ahE 'slots available|ssh: |daemon failed|resolve|unable|oversubscri|error' "$work/err" | head -n 1 | tr -d '\r' | sed 's/^ *//')
  fi
  printf '%-30s %s   %-4s %s\n' "$1" "$2" "$code" "$said"
}

nwchem() { # NWChem in jobs: each combination, one line
  local ranks
  printf '\nNWChem\n%-30s %s %s %s\n' settings ranks exit "what came of it"
  for ranks in 1 2; do
    try "the image's" "$ranks" "" ""
    try "the image's, within srun" "$ranks" "srun --overlap --ntasks=1" ""
    try "none" "$ranks" "" "$none"
    try "none, within srun" "$ranks" "srun --overlap --ntasks=1" "$none"
  done
  try "all but ras" 2 "" "unset PRTE_MCA_ras;"
}

cores() { # which cores the ranks of a job may use; "slots" where mpirun refuses to start them
  local ranks name settings
  printf '\ncores that each rank may use, in a job\n%-30s %s\n' settings ranks
  for ranks in 2 $(($(nproc) * 2)); do
    for name in "the image's" "only ras" "ras, and those of Open MPI 6"; do
      case $name in
        only*) settings="$none export PRTE_MCA_ras=^slurm;" ;;
        ras*) settings="$none export PRTE_MCA_ras=^slurm PRTE_MCA_mapby=:oversubscribe PRTE_MCA_bindto=none;" ;;
        *) settings= ;;
      esac
      cat > "$work/job.sh" << JOB
#!/bin/bash
cd "$work"
${inside[*]} sh -c '$settings exec mpirun -n $ranks grep Cpus_allowed_list /proc/self/status' > out 2> err < /dev/null
JOB
      sbatch --quiet --wait --nodes=1 --ntasks=1 --cpus-per-task=2 --output=/dev/null "$work/job.sh" || true
      printf '%-30s %-5s %s\n' "$name" "$ranks" \
        "$(cut -f 2 "$work/out" | paste -s -d ' ')$(grep -aho 'not enough slots available' "$work/err" | head -n 1)"
    done
  done
}

"${inside[@]}" sh -c 'mpirun --version | head -n 1; dpkg-query -W -f "\${Package} \${Version}\n" nwchem-openmpi openmpi-bin'
echo "Slurm $(sinfo --version | cut -d ' ' -f 2), node $(sinfo -h -N -o %N | head -n 1), sbatch --ntasks=1 --cpus-per-task=2"
none='for name in $(env | grep -oE "^(PRTE|OMPI)_MCA_[a-z_]+"); do unset "$name"; done;'
for part in "${@:2}"; do "$part"; done
