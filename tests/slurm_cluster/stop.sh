#!/bin/bash
# stop.sh PREFIX: ends the private cluster of that PREFIX, and nothing else: its jobs, the recorded processes, and what
# carries its SLURM_CONF and is a slurmstepd or belongs to a job (both outlive a killed slurmd).
P=$(realpath -m "$1")
export SLURM_CONF=$P/slurm.conf
[ -f "$P/pids" ] || exit 0

is_ours() { # is_ours PID NAME: the process id has not been given to another program
  local command
  command=$({ tr '\0' ' ' < "/proc/$1/cmdline"; } 2> /dev/null) || return 1
  case $command in *"${2%%-*}"*) return 0 ;; *) return 1 ;; esac
}

is_alive() { readlink "/proc/$1/exe" > /dev/null 2>&1; }

end() { # end PREFIX-OF-NAME...: TERM to all, then KILL to what is left
  local pids=() name pid prefix i alive
  while read -r name pid; do
    for prefix in "$@"; do
      if [[ $name == "$prefix"* ]] && is_ours "$pid" "$name"; then pids+=("$pid"); fi
    done
  done < "$P/pids"
  [ "${#pids[@]}" = 0 ] && return
  kill -TERM "${pids[@]}" 2> /dev/null
  for ((i = 0; i < 60; i++)); do
    alive=0
    for pid in "${pids[@]}"; do if is_alive "$pid"; then alive=1; fi; done
    [ "$alive" = 0 ] && return
    sleep 0.05
  done
  kill -KILL "${pids[@]}" 2> /dev/null
}

timeout 10 scancel -Q -u "$(id -un)" 2> /dev/null
for ((i = 0; i < 50; i++)); do
  [ -z "$(timeout 5 squeue -h 2> /dev/null)" ] && break
  sleep 0.1
done
end slurmctld slurmd-
end slurmdbd
end mariadbd
end munged
for process in /proc/[0-9]*; do
  pid=${process#/proc/}
  [ "$pid" = $$ ] && continue
  environment=$({ tr '\0' '\n' < "$process/environ"; } 2> /dev/null) || continue
  grep -qxF "SLURM_CONF=$P/slurm.conf" <<< "$environment" || continue
  name=$({ cat "$process/comm"; } 2> /dev/null)
  if [[ $name == slurmstepd* ]] || grep -q '^SLURM_JOB_ID=' <<< "$environment"; then
    kill -KILL "$pid" 2> /dev/null && echo "stop.sh: ended what was left: $pid ($name)" >&2
  fi
done
rm -f "$P/pids"
