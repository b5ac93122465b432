"""The signals that molecules will have, from their structures alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qmnmr.conformers.integrity import structure_change
from qmnmr.conformers.rdkit_search import embedded, given_geometry, search
from qmnmr.conformers.signals import find_signals
from qmnmr.datatypes.molecule import Ensemble, Molecule
from qmnmr.datatypes.protocol import SearchSettings
from qmnmr.datatypes.signal import Signal
from qmnmr.errors import InputError
from qmnmr.structures import read_molecules

_SEED = 42
_SEARCH = SearchSettings(
    method="rdkit", random_seed=_SEED, max_embeddings=12, energy_window_kcal_per_mol=6.0, max_conformers=20
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoleculeSignals:
    """One molecule with its signals."""

    molecule: Molecule
    signals: tuple[Signal, ...]
    notes: tuple[str, ...]


def list_signals(inputs: Sequence[str], *, charge: int | None = None) -> tuple[MoleculeSignals, ...]:
    """Return the signals of all molecules of the inputs, in order; computes nothing but a force field's geometries.

    Raises InputError as `read_molecules` does, and where a molecule has no 3D structure.
    """
    return tuple(_of_molecule(molecule) for molecule in read_molecules(inputs, charge=charge))


def _of_molecule(molecule: Molecule) -> MoleculeSignals:
    ensemble = _conformers(molecule)
    return MoleculeSignals(
        molecule=molecule,
        signals=find_signals(molecule, ensemble),
        notes=(*molecule.notes, *ensemble.notes),
    )


def _conformers(molecule: Molecule) -> Ensemble:
    """Return the given geometry, else a few searched ones, else an embedding where no force field knows the atoms."""
    if molecule.geometry is not None and structure_change(molecule, molecule.geometry) is None:
        return given_geometry(molecule)
    try:
        return search(molecule, _SEARCH)
    except InputError:
        return embedded(molecule, random_seed=_SEED)
