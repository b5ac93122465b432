#!/bin/bash
# try_package.sh BIN: does the installed package do its work with nothing beside it? BIN is the bin/ of its environment.
# Runs in an empty folder, with an empty home and no other program on PATH than the system's.
set -eu
bin=$(realpath "$1")
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
mkdir "$here/home"
cd "$here"
qmnmr() { env -i PATH="$bin:/usr/bin:/bin" HOME="$here/home" QMNMR_ENGINE=pyscf qmnmr "$@"; }

"$bin/python" -c 'import sys, qmnmr; print("qmnmr", qmnmr.__version__, "on Python", sys.version.split()[0])'
case $("$bin/python" -c 'import qmnmr; print(qmnmr.__file__)') in */site-packages/qmnmr/*) ;; *)
  echo "not the installed package" >&2; exit 1 ;; esac
qmnmr protocols | grep -q '^standard '
qmnmr site list | grep -q '^generic '
qmnmr submit C --protocol draft --site generic --dry-run | grep -q '^#SBATCH'
qmnmr --quiet predict C --protocol draft --cores 1 --out methane
qmnmr --quiet compare methane "13C NMR (101 MHz, CDCl3) δ -2.3." > /dev/null
test -s methane/shifts.csv
echo "the package works on its own"
