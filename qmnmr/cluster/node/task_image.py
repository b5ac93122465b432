"""Which image a task of an array runs in, or runs its programs in."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from qmnmr.cluster.job_records import TaskDescription
from qmnmr.engines.facts import EngineFacts
from qmnmr.errors import SiteError
from qmnmr.programs.container import ProgramImage
from qmnmr.programs.installation import Installation


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskImage:
    """What a task knows of its image."""

    name: str | None  # for provenance: "sha256:…" and what of it computed; None where no image is used
    programs: ProgramImage | None  # to start each program in; None where they run beside the task


def task_image(
    description: TaskDescription, installation: Installation, *, engine: EngineFacts, architecture: str | None = None
) -> TaskImage:
    """Return the image for this node. Arguments: what this process runs in, the run's engine, the node's architecture.

    Raises SiteError if the profile states no image for it, or if the task should run in one and does not.
    """
    container = description.container
    if container is None:
        return TaskImage(name=None, programs=None)
    machine = architecture or platform.machine()
    image = next((i for i in description.images if i.architecture == machine), None)
    if image is None:
        raise SiteError(
            f"the site's profile states no image for {machine}", hint="add it to container.images, or avoid such nodes"
        )
    name = f"sha256:{image.sha256}"
    if container.runs == "programs":
        binds = tuple(map(Path, container.binds))
        computed = f"{name}, for xTB and CREST alone" if engine.is_embedded else name
        return TaskImage(
            name=computed, programs=ProgramImage(path=Path(image.path), command=container.command, binds=binds)
        )
    if not installation.is_image:
        raise SiteError(
            "the site's profile wants the task in its image, but it runs outside",
            hint="the site's template must start it with {{ launcher }}{{ command }} (docs/reference/templates.md)",
        )
    return TaskImage(name=name, programs=None)
