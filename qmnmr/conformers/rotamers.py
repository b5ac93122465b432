"""Which nuclei a search has seen to exchange: structures of one conformer that differ by a renumbering of atoms.

CREST lists such structures (crest_rotamers.xyz). They are a check on the equivalence that follows from the molecule's
graph, no replacement for it: what was not sampled may exchange too, and what a metadynamics at high temperature turns
may stand still in a spectrum.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qmnmr.conformers.equivalence import equivalent_sets
from qmnmr.conformers.graph import bare_graph
from qmnmr.conformers.pruning import RMSD_ANGSTROM, proper_numberings
from qmnmr.conformers.rotation import principal_moments, rotates_alike
from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry, Molecule
from qmnmr.datatypes.rdkit_molecule import coordinates_of, rdkit_mol
from qmnmr.units import HARTREE_KCAL_PER_MOL

_ENERGY_KCAL_PER_MOL = 0.1
_MAX_ROTAMERS = 500


def exchanged_sets(molecule: Molecule, rotamers: Sequence[tuple[Geometry, float]]) -> tuple[tuple[int, ...], ...]:
    """Return the sets of nuclei that the rotamers (geometry, energy in hartree) exchange, each with two at least.

    Two structures belong to one conformer if energy, rotational constants and, in another numbering of equal atoms, all
    positions agree (0.1 kcal/mol, 2.5 %, 0.125 Å). Of a longer list the first 500 are looked at.
    """
    graph = bare_graph(rdkit_mol(molecule))
    leader = list(range(len(molecule.symbols)))
    known: list[tuple[Geometry, float]] = []
    for geometry, energy in rotamers[:_MAX_ROTAMERS]:
        points = _centred(geometry)
        for other, other_energy in known:
            is_near = abs(energy - other_energy) * HARTREE_KCAL_PER_MOL <= _ENERGY_KCAL_PER_MOL
            if not is_near or not rotates_alike(principal_moments(geometry), principal_moments(other)):
                continue
            found = proper_numberings(graph, _centred(other), points, RMSD_ANGSTROM)
            for numbering in found:
                for atom, image in enumerate(numbering):
                    first, second = sorted((leader[atom], leader[image]))
                    leader = [first if value == second else value for value in leader]
            if found:
                break
        else:
            known.append((geometry, energy))
    sets: dict[int, list[int]] = {}
    for atom, first in enumerate(leader):
        sets.setdefault(first, []).append(atom)
    return tuple(tuple(members) for members in sets.values() if len(members) > 1)


def unexpected_exchanges(
    molecule: Molecule, conformer: Conformer, rotamers: Sequence[tuple[Geometry, float]]
) -> tuple[tuple[int, ...], ...]:
    """Return the exchanged sets that are not of one set of equivalent nuclei, as the graph and the conformer say."""
    sets = equivalent_sets(molecule, Ensemble(molecule=molecule, conformers=(conformer,)))
    together = {atom: members for members in sets for atom in members}
    found = exchanged_sets(molecule, rotamers)
    return tuple(members for members in found if not set(members) <= set(together[members[0]]))


def _centred(geometry: Geometry) -> np.ndarray:
    points = coordinates_of(geometry)
    return np.asarray(points - points.mean(axis=0))
