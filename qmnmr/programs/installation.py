"""Whether this process runs inside an image, and what that image says of itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

_LABELS = Path("/.singularity.d/labels.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The labels of the image that this process runs in; none outside of one."""

    is_image: bool
    labels: dict[str, str] = field(default_factory=dict)

    def label(self, name: str) -> str | None:
        """Return what the image says, None if it says nothing or this is no image."""
        return self.labels.get(name)


def read_installation(path: Path = _LABELS) -> Installation:
    """Return what this process runs in."""
    if not path.is_file():
        return Installation(is_image=False)
    labels = json.loads(path.read_text(encoding="utf-8"))
    return Installation(is_image=True, labels={str(k): str(v) for k, v in labels.items()})
