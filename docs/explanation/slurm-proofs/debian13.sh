#!/bin/bash
# debian13.sh TREE [PYTEST-ARGUMENT...]: the tests of tests/system/slurm, or those named, with Debian 13's Slurm and NWChem instead of this machine's.
# As root, in a clone whose .venv is set up, with debootstrap; TREE (a new folder, 2 GB) becomes a Debian 13 and is kept for the next time.
# The tests run in TREE with this machine's Python, which is seen there under its own path, in namespaces of their own: when they end, all ends.
#   MIRROR    a Debian mirror; default: this machine's own
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
repository=$(realpath "$(dirname "$0")/../../..")
tree=$(realpath -m "$1")
shift
[ "$#" -gt 0 ] || set -- tests/system/slurm
python=$repository/.venv/bin/python
packages=(slurmctld slurmd slurm-client slurmdbd slurm-wlm-mysql-plugin mariadb-server munge nwchem-openmpi xtb procps python3-minimal)

if [ ! -f "$tree/ready" ]; then
  mirror=${MIRROR:-$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources | head -n 1)}
  debootstrap --variant=minbase trixie "$tree" "$mirror"
  printf '%s\n' 'Acquire::Check-Valid-Until "false";' 'Acquire::Retries "5";' > "$tree/etc/apt/apt.conf.d/99mirror"
  printf 'path-exclude=/usr/share/%s/*\n' doc man locale > "$tree/etc/dpkg/dpkg.cfg.d/99trim"
  printf '#!/bin/sh\nexit 101\n' > "$tree/usr/sbin/policy-rc.d" # no daemon of the packages starts
  chmod 755 "$tree/usr/sbin/policy-rc.d"
  cp /etc/resolv.conf "$tree/etc/"
  # shellcheck disable=SC2016
  unshare --mount sh -euc 'tree=$1; shift; mount --bind /proc "$tree/proc"; export DEBIAN_FRONTEND=noninteractive
    chroot "$tree" apt-get update -qq; chroot "$tree" apt-get install -y -qq --no-install-recommends "$@"; chroot "$tree" apt-get clean' \
    install "$tree" "${packages[@]}"
  touch "$tree/ready"
fi

# shellcheck disable=SC2016  # the words are for the Python
mapfile -t seen < <("$python" -c 'import os, sys
places = [sys.argv[1], sys.prefix, sys.base_prefix, *filter(os.path.isdir, sys.path)]
print(*dict.fromkeys(map(os.path.realpath, places)), sep="\n")' "$repository")
# shellcheck disable=SC2016
exec unshare --mount --pid --fork --kill-child bash -euc '
  tree=$1 repository=$2 places=$3
  shift 3
  mount --bind "$tree" "$tree" # a root that is a mount point, as others are
  mount -t proc proc "$tree/proc"
  mount --rbind /dev "$tree/dev"
  mount --rbind -o ro /sys "$tree/sys"
  while read -r place; do
    mkdir -p "$tree$place"
    mountpoint -q "$tree$place" || mount --bind "$place" "$tree$place"
  done <<< "$places"
  cp /etc/hosts "$tree/etc/hosts"
  exec chroot "$tree" env -i HOME=/root LANG=C.UTF-8 OMP_NUM_THREADS=1 PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -euc "
    cd \"\$0\"
    slurmctld -V
    dpkg-query -W nwchem-openmpi xtb
    exec .venv/bin/python -m pytest -p no:cacheprovider \"\$@\"" "$repository" "$@"' \
  tests "$tree" "$repository" "$(printf '%s\n' "${seen[@]}")" "$@"
