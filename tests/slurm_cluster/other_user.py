"""A second account of this machine for a test. It sees this Python, even one that lies in a folder of root's alone."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.slurm_cluster.cluster import REPOSITORY

_GROUP = "nogroup"

# In a mount namespace of its own, which nobody else sees: folders that are closed to others are covered, and of what is
# in them the places that are needed come back.
_OPENED = r"""
places=$1 closed=$2 user=$3
shift 3
kept=$(mktemp -d)
mount -t tmpfs tmpfs "$kept"
number=0
while read -r place; do
  mkdir "$kept/$number"
  mount --bind "$place" "$kept/$number"
  number=$((number + 1))
done << PLACES
$places
PLACES
while read -r folder; do
  [ -z "$folder" ] || mount -t tmpfs -o mode=755 tmpfs "$folder"
done << FOLDERS
$closed
FOLDERS
number=0
while read -r place; do
  mkdir -p "$place"
  mount --move "$kept/$number" "$place"
  number=$((number + 1))
done << PLACES
$places
PLACES
umount "$kept"
rmdir "$kept"
exec setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups "$@"
"""


@dataclass(frozen=True, slots=True)
class OtherUser:
    """An account with a home of its own."""

    name: str
    home: Path

    def qmnmr(self, *words: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run qmnmr as this user, in its home."""
        argv = (sys.executable, "-m", "qmnmr", *words)
        mine = {name: value for name, value in environment.items() if not name.startswith("XDG_")}
        return subprocess.run(
            [*("unshare", "--mount", "sh", "-euc", _OPENED, "opened", *_places(), self.name), *argv],
            env=mine | {"HOME": str(self.home), "USER": self.name, "LOGNAME": self.name},
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


@contextmanager
def other_user() -> Iterator[OtherUser]:
    """Yield a new account, which is gone afterwards. Only root can make one."""
    name = f"qmnmr{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="qo-", dir="/tmp") as folder:
        home = Path(folder)
        subprocess.run(["useradd", "--home-dir", folder, "--gid", _GROUP, name], check=True)
        try:
            shutil.chown(home, user=name, group=_GROUP)
            yield OtherUser(name=name, home=home)
        finally:
            subprocess.run(["userdel", name], check=True)


def _places() -> tuple[str, str]:
    """Return, a line each, the folders that Python needs, and the outermost ones that others can't look into."""
    found = {REPOSITORY, *map(Path, (sys.prefix, sys.base_prefix, *sys.path))}
    places = sorted({path.resolve() for path in found if path.is_dir()})
    outer = [place for place in places if not any(place != p and place.is_relative_to(p) for p in places)]
    closed = {next((p for p in reversed(place.parents) if not _is_open(p)), None) for place in outer}
    return "\n".join(map(str, outer)), "\n".join(sorted(str(p) for p in closed if p is not None))


def _is_open(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)
