#!/bin/bash
# start.sh PREFIX: a private Slurm cluster of this user, without systemd, on one machine.
# PREFIX is a short path on a local disk; after it `. PREFIX/env.sh`; stop with `stop.sh PREFIX`. Knobs, by environment:
#   NODES CPUS MEM           virtual nodes n1, n2, …, cores and MB of each (more than the hardware has is fine)
#   HOSTNODE=1               the only node is called like the host
#   DBD=1                    with slurmdbd and MariaDB, so that sacct and limits work
#   KILLWAIT SLURMDTIMEOUT MINJOBAGE MAXARRAY MAXJOBS CRED GRACE    as in slurm.conf (CRED: seconds a requeued job is held)
#   EXTRA                    any lines for slurm.conf
#   OWNER                    a process id; when it is gone, the cluster stops itself
set -euo pipefail
P=$(realpath -m "$1")
HERE=$(dirname "$(realpath "$0")")
NODES=${NODES:-1} CPUS=${CPUS:-8} MEM=${MEM:-16000} DBD=${DBD:-0} HOSTNODE=${HOSTNODE:-0} OWNER=${OWNER:-}
export PATH=$PATH:/usr/sbin:/sbin
HOST=$(hostname -s) USER_=$(id -un)

if [ "${#P}" -gt 80 ]; then echo "start.sh: $P is too long a path for sockets" >&2; exit 2; fi
if [ -f "$P/pids" ]; then echo "start.sh: already started in $P (run stop.sh)" >&2; exit 1; fi
umask 022
mkdir -p "$P"/{run,log,state}
chmod 755 "$P" "$P/run" # munged refuses a socket that others can not reach
: > "$P/pids"
trap '[ "$?" = 0 ] || { echo "start.sh: the cluster did not come up; see $P/log" >&2; "$HERE/stop.sh" "$P"; }' EXIT

free_ports() { # free_ports N: as many as the kernel has free now
  python3 - "$1" <<'PY'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in sockets])
PY
}

render() { # render TEMPLATE TARGET: each @NAME@ becomes the variable NAME
  python3 - "$1" "$2" <<'PY'
import os, re, sys
text = open(sys.argv[1]).read()
open(sys.argv[2], "w").write(re.sub(r"@([A-Z0-9_]+)@", lambda found: os.environ.get(found[1], ""), text))
PY
}

start() { # start NAME COMMAND...: in the background, its process id recorded
  local name=$1
  shift
  setsid "$@" > "$P/log/$name.out" 2>&1 < /dev/null &
  echo "$name $!" >> "$P/pids"
}

wait_for() { # wait_for TENTHS COMMAND...: until the command succeeds
  local tenths=$1 i
  shift
  for ((i = 0; i < tenths; i++)); do
    if "$@" > /dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  echo "start.sh: waited in vain for: $*" >&2
  return 1
}

read -ra ports <<< "$(free_ports $((NODES + 3)))"
node_name() { if [ "$HOSTNODE" = 1 ]; then echo "$HOST"; else echo "n$1"; fi; }
NODE_LINES=
for ((i = 1; i <= NODES; i++)); do
  NODE_LINES+="NodeName=$(node_name "$i") NodeHostname=$HOST NodeAddr=127.0.0.1 Port=${ports[i + 2]}"
  NODE_LINES+=" CPUs=$CPUS RealMemory=$MEM State=UNKNOWN"$'\n'
done
ACCOUNTING="AccountingStorageType=accounting_storage/none"
if [ "$DBD" = 1 ]; then
  ACCOUNTING="AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=${ports[1]}
AccountingStoragePass=$P/run/munge.sock
AccountingStorageEnforce=associations,limits,qos"
fi
export P HOST USER_ NODE_LINES ACCOUNTING CTLPORT=${ports[0]} DBDPORT=${ports[1]} SQLPORT=${ports[2]} NODEPORT=${ports[3]}
export CRED=${CRED:-5} SLURMDTIMEOUT=${SLURMDTIMEOUT:-10} KILLWAIT=${KILLWAIT:-10} MINJOBAGE=${MINJOBAGE:-300}
export MAXARRAY=${MAXARRAY:-1001} MAXJOBS=${MAXJOBS:-10000} GRACE=${GRACE:-0} EXTRA=${EXTRA:-}
render "$HERE/conf/slurm.conf.in" "$P/slurm.conf"
version=$(slurmd -V | grep -oE '[0-9]+\.[0-9]+' | head -n 1)
if [ "${version/./}" -ge 2311 ]; then # older ones don't know the word; these start nowhere without cgroups or this
  echo "CgroupPlugin=disabled" > "$P/cgroup.conf"
fi
printf 'export SLURM_CONF=%q\nexport MUNGE_SOCKET=%q\n' "$P/slurm.conf" "$P/run/munge.sock" > "$P/env.sh"
export SLURM_CONF=$P/slurm.conf

[ -f "$P/munge.key" ] || (umask 077 && head -c 1024 /dev/urandom > "$P/munge.key")
start munged munged -F --key-file="$P/munge.key" --socket="$P/run/munge.sock" --pid-file="$P/run/munged.pid" \
  --log-file="$P/log/munged.log" --seed-file="$P/run/munged.seed"
wait_for 100 test -S "$P/run/munge.sock"
if [ "$DBD" = 1 ]; then
  export -f start wait_for render
  "$HERE/start_accounting.sh" "$HERE"
fi
start slurmctld slurmctld -D -f "$P/slurm.conf"
for ((i = 1; i <= NODES; i++)); do
  name=$(node_name "$i")
  mkdir -p "$P/spool-$name"
  start "slurmd-$name" slurmd -D -N "$name" -f "$P/slurm.conf"
done
all_idle() { [ "$(sinfo -h -N -p main -t idle -o %N 2> /dev/null | wc -l)" = "$NODES" ]; }
wait_for 300 all_idle
if [ -n "$OWNER" ]; then # not recorded: stop.sh must not end its own caller
  # shellcheck disable=SC2016
  setsid bash -c 'while kill -0 "$1" 2> /dev/null; do sleep 1; [ -f "$2/pids" ] || exit 0; done
    "$3/stop.sh" "$2"; rm -rf "$2"' watchdog "$OWNER" "$P" "$HERE" > /dev/null 2>&1 < /dev/null &
fi
echo "ready: . $P/env.sh"
