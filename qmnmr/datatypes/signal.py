"""A signal that a molecule will show: which nuclei, which of alike ones, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One set of nuclei that share a shift."""

    atom_indices: tuple[int, ...]  # 0-based, ascending
    element: str
    label: str  # which of several alike by constitution: "pro-R", "cis to O4"; empty where there is no other
    why: str  # why its nuclei are one signal, and why the ones most alike are another
    flags: tuple[str, ...] = ()  # what is open, or averaged over something that is not computed
