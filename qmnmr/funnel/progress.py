"""What a run tells while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A change of state of one molecule."""

    molecule: str  # its name
    step: str  # SEARCH, a Step's title, or at the end how it ended
    done: int = 0  # calculations of this step that have an outcome
    total: int = 0
    detail: str = ""
    is_end: bool = False

    @property
    def text(self) -> str:
        """One line for people: "ethanol: shielding 1/2"."""
        count = f" {self.done}/{self.total}" if self.total else ""
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.molecule}: {self.step}{count}{detail}"


Report = Callable[[Progress], None]
