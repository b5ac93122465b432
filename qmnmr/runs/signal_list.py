"""The signals that molecules will have, from their structures alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qmnmr.conformers.integrity import structure_change
from qmnmr.conformers.rdkit_search import embedded, given_geometries, search
from qmnmr.conformers.signals import find_signals
from qmnmr.datatypes.molecule import Ensemble, Molecule
from qmnmr.datatypes.protocol import SearchSettings
from qmnmr.datatypes.signal import Signal
from qmnmr.errors import InputError
from qmnmr.exchange.tautomers import tautomer_note, tautomer_words
from qmnmr.structures import read_inputs, refusal_line, refusal_of_all

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalList:
    """The molecules of all inputs with their signals, and what was left out."""

    molecules: tuple[MoleculeSignals, ...]
    skipped: tuple[str, ...] = ()  # a line for each entry that can't be used


def list_signals(
    inputs: Sequence[str],
    *,
    charge: int | None = None,
    skip_bad: bool = False,
    report: Callable[[int], None] | None = None,
) -> SignalList:
    """Return the signals of all molecules of the inputs, in order; computes nothing but a force field's geometries.

    `report` is told how many molecules are read. With `skip_bad` what can't be used is left out and listed. Raises
    InputError as `read_inputs` does, and one that lists all molecules without a 3D structure.
    """
    reading = read_inputs(inputs, charge=charge, skip_bad=skip_bad, report=report)
    found: list[MoleculeSignals] = []
    refused: list[InputError] = []
    for molecule in reading.molecules:
        try:
            found.append(signals_of(molecule))
        except InputError as error:
            refused.append(error)
    if refused and not (skip_bad and found):
        raise refusal_of_all(refused, entries=len(reading.molecules), unit="molecule")
    return SignalList(molecules=tuple(found), skipped=reading.skipped + tuple(map(refusal_line, refused)))


def signals_of(molecule: Molecule) -> MoleculeSignals:
    """Return the signals of one molecule. Raises InputError if no 3D structure of it can be made."""
    ensemble = _conformers(molecule)
    return MoleculeSignals(
        molecule=molecule,
        signals=find_signals(molecule, ensemble, about_tautomers=_about_tautomers(molecule)),
        notes=(*molecule.notes, *ensemble.notes, *_tautomer_notes(molecule)),
    )


def _tautomer_notes(molecule: Molecule) -> tuple[str, ...]:
    note = "" if molecule.other_geometries else tautomer_note(molecule, most=_SEARCH.max_tautomers)
    return (note,) if note else ()


def _about_tautomers(molecule: Molecule) -> str:
    """Return what a prediction would say; of a molecule that was given with its conformers no others are computed."""
    shares = {"": 1.0} if molecule.other_geometries else None
    return tautomer_words(molecule, most=_SEARCH.max_tautomers, shares=shares)


def _conformers(molecule: Molecule) -> Ensemble:
    """Return the given geometries, else a few searched ones, else an embedding where no force field knows the atoms."""
    given = () if molecule.geometry is None else (molecule.geometry, *molecule.other_geometries)
    if given and all(structure_change(molecule, geometry) is None for geometry in given):
        return given_geometries(molecule, most=_SEARCH.max_conformers)
    try:
        return search(molecule, _SEARCH)
    except InputError:
        return embedded(molecule, random_seed=_SEED)
