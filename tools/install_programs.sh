#!/bin/bash
# install_programs.sh [--try] PROGRAM...  (nwchem xtb slurm apptainer chromium node)
# Installs what is missing from Debian's packages when run as root; else says what is missing.
# Exit code 1 if something is missing in the end, unless --try.
set -u
here=$(dirname "$(realpath "$0")")
must=1
if [ "${1:-}" = "--try" ]; then must=0; shift; fi
PATH=$PATH:/usr/sbin:/sbin:/opt/apptainer/bin

has() {
  case $1 in
    nwchem) command -v nwchem && command -v mpirun ;;
    xtb) command -v xtb ;;
    slurm) command -v slurmctld && command -v slurmd && command -v sbatch && command -v munged &&
      command -v slurmdbd && command -v mariadbd ;;
    apptainer) apptainer --version ;;
    chromium) command -v chromium ;;
    node) command -v node && test -e "$(npm root --global)/nmredata/package.json" ;;
    *) echo "unknown program: $1 (know: nwchem xtb slurm apptainer chromium node)" >&2; exit 2 ;;
  esac > /dev/null 2>&1
}

packages() {
  case $1 in
    nwchem) echo nwchem ;;
    xtb) echo xtb ;;
    slurm) echo slurmctld slurmd slurm-client munge slurmdbd mariadb-server ;;
    node) command -v npm > /dev/null || echo nodejs npm ;;
    apptainer) echo patchelf uidmap squashfs-tools squashfuse fuse-overlayfs debootstrap libcap2-bin ;;
    chromium) echo chromium ;;
  esac
}

wanted=()
for program in "$@"; do has "$program" || wanted+=("$program"); done
if [ ${#wanted[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  # No daemon may start by itself: the tests start their own.
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d.qmnmr && chmod +x /usr/sbin/policy-rc.d.qmnmr
  [ -e /usr/sbin/policy-rc.d ] || ln -s policy-rc.d.qmnmr /usr/sbin/policy-rc.d
  list=$(for program in "${wanted[@]}"; do packages "$program"; done)
  echo "installing: ${wanted[*]}" >&2
  # shellcheck disable=SC2086  # one word per package
  apt-get update -qq && apt-get install -y -qq --no-install-recommends $list > /dev/null
  [ "$(readlink /usr/sbin/policy-rc.d)" = policy-rc.d.qmnmr ] && rm -f /usr/sbin/policy-rc.d
  rm -f /usr/sbin/policy-rc.d.qmnmr
  case " ${wanted[*]} " in *" node "*) npm install --global --silent nmredata@1.0.1 >&2 ;; esac
  case " ${wanted[*]} " in *" apptainer "*) "$here"/install_apptainer.sh /opt/apptainer >&2 ;; esac
fi

# Ordinary users mount images with FUSE; every distribution's udev gives the device these permissions.
case " $* " in *" apptainer "*) if [ "$(id -u)" = 0 ] && [ -c /dev/fuse ]; then chmod 666 /dev/fuse; fi ;; esac

missing=()
for program in "$@"; do has "$program" || missing+=("$program"); done
[ ${#missing[@]} = 0 ] && exit 0
echo "missing: ${missing[*]}" >&2
exit "$must"
