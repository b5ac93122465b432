"""A place in a molecule where a process of the table happens."""

from __future__ import annotations

from dataclasses import dataclass

from qmnmr.exchange.table import Process

Bond = tuple[int, int]
Quad = tuple[int, int, int, int]

Element = Bond | Quad
"""What a geometry shows of a configuration.

Four atoms, ascending: the sign of the volume that they span. Two atoms: which of their substituents lie on one side of
the line between them. The same atom twice: which of its ligands lie across from each other.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A process at its place, and the elements that are kept while it does not happen."""

    process: Process
    atoms: tuple[int, ...]  # that name the place: the bond's ends, the N; of protons: the atoms that share them
    elements: tuple[Element, ...] = ()
    path: tuple[int, ...] = ()  # of protons: all atoms whose bonds change order
    hydrogens: tuple[int, ...] = ()  # of protons: those that move


def quad(atoms: tuple[int, ...] | list[int]) -> Quad:
    """Return four atoms in ascending order."""
    first, second, third, fourth = sorted(atoms)
    return first, second, third, fourth
