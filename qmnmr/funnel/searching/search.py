"""The conformers that a protocol begins with."""

from __future__ import annotations

from qmnmr.conformers.rdkit_search import given_geometries, search
from qmnmr.datatypes.molecule import Ensemble, Molecule
from qmnmr.datatypes.protocol import Protocol


def search_conformers(molecule: Molecule, protocol: Protocol) -> Ensemble:
    """Return the conformers of RDKit's search, or those that the input gave.

    A molecule that was given with several conformers is not searched. A search that needs programs (CREST) is not done
    here. Raises InputError for a molecule that can't be embedded or
    that has no geometry to keep.
    """
    if protocol.search.method == "none" or molecule.other_geometries:
        return given_geometries(molecule, most=protocol.search.max_conformers)
    return search(molecule, protocol.search)
