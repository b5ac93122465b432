"""The molecule's graph as plain tuples."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class BareGraph:
    """Atoms and bonds without bond orders and charges, so that resonance forms are one graph.

    The two O of a carboxylate or a nitro group are alike here, as they are in the molecule.
    """

    neighbours: tuple[tuple[int, ...], ...]  # ascending
    colours: tuple[int, ...]  # constitutional class of each atom: equal where constitution can't tell them apart


def bare_graph(
    mol: Any,  # noqa: ANN401
    *,
    keep: Sequence[int] | None = None,
    without: Collection[int] = (),
) -> BareGraph:
    """Return the bare graph of an RDKit molecule; of the atoms `keep` alone if given (renumbered in that order).

    Atoms `without` bonds stand alone, and their neighbours have one bond less.
    """
    atoms = list(range(mol.GetNumAtoms())) if keep is None else list(keep)
    place = {atom: number for number, atom in enumerate(atoms)}
    neighbours = tuple(
        tuple(
            sorted(
                place[other.GetIdx()]
                for other in mol.GetAtomWithIdx(atom).GetNeighbors()
                if other.GetIdx() in place and not {atom, other.GetIdx()} & set(without)
            )
        )
        for atom in atoms
    )
    start = [f"{mol.GetAtomWithIdx(atom).GetSymbol()}{_degree(mol, atom, without)}" for atom in atoms]
    return BareGraph(neighbours=neighbours, colours=refine(neighbours, start))


def _degree(mol: Any, atom: int, without: Collection[int]) -> int:  # noqa: ANN401
    """Return the number of bonds of an atom in the whole molecule."""
    if atom in without:
        return 0
    return sum(near.GetIdx() not in without for near in mol.GetAtomWithIdx(atom).GetNeighbors())


def refine(neighbours: Sequence[Sequence[int]], start: Sequence[str]) -> tuple[int, ...]:
    """Return the coarsest stable colouring (Weisfeiler-Leman): equal colours have neighbours of equal colours."""
    names = sorted(set(start))
    colours = [names.index(colour) for colour in start]
    while True:
        signatures = [(colours[i], tuple(sorted(colours[j] for j in near))) for i, near in enumerate(neighbours)]
        order = {signature: number for number, signature in enumerate(sorted(set(signatures)))}
        if len(order) == len(set(colours)):
            return tuple(colours)
        colours = [order[signature] for signature in signatures]
