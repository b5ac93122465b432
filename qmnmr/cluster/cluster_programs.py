"""Whether the programs of a run are on a cluster, as far as that can be known where it is submitted."""

from __future__ import annotations

import platform
from pathlib import Path

from qmnmr.cluster.submission_site import Cluster
from qmnmr.datatypes.protocol import Protocol
from qmnmr.errors import MissingProgramError, SiteError
from qmnmr.funnel.step_programs import require_step_programs
from qmnmr.programs.container import ProgramImage


def require_cluster_programs(protocol: Protocol, cluster: Cluster) -> None:
    """Raise MissingProgramError if the image of a cluster's profile lacks a program that a step needs.

    What the nodes' modules bring, and an image that can't be started here, only a task can look into; it does so first.
    """
    image = _image(cluster)
    if image is None:
        return

    def has_program(name: str) -> bool:
        try:
            return image.holds(name)
        except (MissingProgramError, SiteError):
            return True

    require_step_programs(protocol, has_program, has_packages=False)  # those of this process are outside


def _image(cluster: Cluster) -> ProgramImage | None:
    """Return the image for this machine's architecture, None if there is none; all of them are built alike."""
    container = cluster.site.container
    path = next((i.path for i in cluster.images if i.architecture == platform.machine()), None)
    if container is None or path is None:
        return None
    return ProgramImage(path=Path(path), command=container.command, binds=tuple(map(Path, container.binds)))
