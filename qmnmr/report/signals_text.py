"""Expected signals as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.shift import NUCLEI
from qmnmr.datatypes.signal import Signal
from qmnmr.report.columns import aligned
from qmnmr.report.group_names import group_names

_HEADINGS = ("nucleus", "number", "atoms", "group", "which", "why")


def signals_text(molecule: Molecule, signals: Sequence[Signal], notes: Sequence[str]) -> str:
    """Return a heading, one line for each signal, what is open about it below, and notes."""
    groups = group_names(molecule)
    rows = [_HEADINGS, *(_row(signal, groups) for signal in _reported(signals))]
    heading, *lines = aligned(rows, right=(1,))
    name = molecule.name if molecule.name == molecule.smiles else f"{molecule.name}  {molecule.smiles}"
    text = [name, f"  {heading}"]
    for signal, line in zip(_reported(signals), lines, strict=True):
        text += [f"  {line}", *(f"    ? {flag}" for flag in signal.flags)]
    text += [f"  note: {note}" for note in notes]
    return "\n".join(text) + "\n"


def signals_object(molecule: Molecule, signals: Sequence[Signal], notes: Sequence[str]) -> dict[str, Any]:
    """Return the signals of a molecule as builtin types; atoms are counted from 1."""
    return {
        "name": molecule.name,
        "smiles": molecule.smiles,
        "signals": [
            {
                "nucleus": NUCLEI[signal.element],
                "atoms": _numbers(signal),
                "label": signal.label,
                "why": signal.why,
                "flags": list(signal.flags),
            }
            for signal in _reported(signals)
        ],
        "notes": list(notes),
    }


def _reported(signals: Sequence[Signal]) -> list[Signal]:
    """Return the signals of nuclei that are reported, in the order of results."""
    order = list(NUCLEI)
    reported = [signal for signal in signals if signal.element in NUCLEI]
    return sorted(reported, key=lambda signal: (order.index(signal.element), signal.atom_indices))


def _row(signal: Signal, groups: Sequence[str]) -> tuple[str, ...]:
    return (
        NUCLEI[signal.element],
        str(len(signal.atom_indices)),
        " ".join(str(number) for number in _numbers(signal)),
        groups[signal.atom_indices[0]],
        signal.label,
        signal.why,
    )


def _numbers(signal: Signal) -> list[int]:
    return [index + 1 for index in signal.atom_indices]
