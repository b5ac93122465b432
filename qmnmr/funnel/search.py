"""The conformers that a protocol begins with."""

from __future__ import annotations

from qmnmr.conformers.rdkit_search import given_geometry, search
from qmnmr.datatypes.molecule import Ensemble, Molecule
from qmnmr.datatypes.protocol import Protocol


def search_conformers(molecule: Molecule, protocol: Protocol) -> Ensemble:
    """Return the conformers of RDKit's search, or the one geometry of the input.

    A search that needs programs (CREST) is not done here. Raises InputError for a molecule that can't be embedded or
    that has no geometry to keep.
    """
    return given_geometry(molecule) if protocol.search.method == "none" else search(molecule, protocol.search)
