"""Argument lists and environments of programs that run inside an image."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from qmnmr.errors import SiteError
from qmnmr.programs.attached import run_read

_PREFIX = "APPTAINERENV_"
_CAPABILITIES = Path("/proc/self/status")
_CAP_SYS_RESOURCE = 24  # what root of a container or sandbox most often lacks


ISOLATION = ("--cleanenv", "--containall", "--no-home")
"""Nothing of the host comes along but the binds: no environment, no $HOME, no /tmp (64 MiB inside: bind a scratch)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A folder of the host that is visible inside."""

    source: Path
    target: Path
    is_read_only: bool = False

    def __str__(self) -> str:
        """Return the value of --bind. Raises SiteError for a path that --bind can't express."""
        for path in (self.source, self.target):
            if set(str(path)) & set(":,"):
                raise SiteError(
                    f"{path} can't be bound into a container: Apptainer splits at ':' and ','",
                    hint="use a folder without these characters in its path",
                )
        return f"{self.source}:{self.target}:{'ro' if self.is_read_only else 'rw'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramImage:
    """An image for programs alone: qmnmr starts each of them in a container of its own, from outside."""

    path: Path
    command: str = "apptainer"
    binds: tuple[Path, ...] = ()  # further folders

    def argv(self, arguments: Sequence[str], *, folder: Path) -> list[str]:
        """Return the argument list that runs a program inside, in this folder, which has the same path there."""
        binds = [Bind(source=path, target=path) for path in (folder, *self.binds)]
        return container_argv(self.path, arguments, binds=binds, folder=folder, command=self.command)

    def holds(self, program: str) -> bool:
        """Say whether a program is on PATH inside. The image is asked once in each process.

        Raises SiteError if nothing can be run in the image, MissingProgramError without Apptainer.
        """
        return _holds(self, program)


@cache
def _holds(image: ProgramImage, program: str) -> bool:
    look = ("sh", "-c", 'command -v "$0" || echo none', program)
    argv = container_argv(image.path, look, binds=[], folder=Path("/"), command=image.command)
    done = run_read(argv, environment=container_environment(os.environ, {}))
    if done.exit_code != 0:
        raise SiteError(
            f"the image {image.path} can't be started: {done.last_line}",
            hint="docs/how-to/image-troubleshooting.md, Starting",
        )
    return done.stdout.strip() != "none"


def container_argv(
    image: Path, arguments: Sequence[str], *, binds: Sequence[Bind], folder: Path, command: str = "apptainer"
) -> list[str]:
    """Return the argument list that runs a program inside an image, in `folder` as it is called inside.

    Nothing of the host comes along but the binds.
    """
    options = [word for bind in binds for word in ("--bind", str(bind))]
    return [command, "--quiet", "exec", *ISOLATION, *options, "--pwd", str(folder), str(image), *arguments]


def container_environment(base: Mapping[str, str], inside: Mapping[str, str]) -> dict[str, str]:
    """Return the environment to start apptainer in: the caller's, and what programs shall see inside.

    `--env` would split values at commas; these variables are passed whole, also under --cleanenv. Those of the caller
    are dropped: only `inside` decides.
    """
    foreign = (_PREFIX, "SINGULARITYENV_")
    kept = {name: value for name, value in base.items() if not name.startswith(foreign)}
    return {**kept, **missing_capabilities(base), **{_PREFIX + name: value for name, value in inside.items()}}


def missing_capabilities(base: Mapping[str, str]) -> dict[str, str]:
    """Return the setting that keeps Apptainer from asking for what this (containered) root does not have.

    Else it ends with "Requesting capability set … while permitted capability set is …". Nothing for ordinary users.
    """
    lines = _CAPABILITIES.read_text(encoding="utf-8").splitlines() if _CAPABILITIES.exists() else []
    permitted = next((int(line.split()[1], 16) for line in lines if line.startswith("CapPrm:")), 0)
    is_missing = permitted != 0 and not permitted >> _CAP_SYS_RESOURCE & 1
    return {"APPTAINER_DROP_CAPS": "CAP_SYS_RESOURCE"} if is_missing and "APPTAINER_DROP_CAPS" not in base else {}
