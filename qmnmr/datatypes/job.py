"""What a calculation may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Cores and memory that a run was given, all on one node."""

    cores: int
    memory_mb: int  # in total, for all cores
