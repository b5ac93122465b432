"""What CREST's recorded list of rotamers says of equivalent nuclei."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from qmnmr.conformers.crest import read_rotamers
from qmnmr.conformers.equivalence import equivalent_sets
from qmnmr.conformers.rotamers import exchanged_sets, unexpected_exchanges
from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry, Molecule
from qmnmr.structures import read_molecules

RECORDED = Path(__file__).resolve().parents[2] / "golden" / "crest" / "2-butanol"
SYMBOLS = (*"CCCCO", *"H" * 10)


@pytest.fixture(scope="module")
def butanol() -> Molecule:
    """The molecule with the atoms in CREST's order."""
    (molecule,) = read_molecules([str(RECORDED / "input.xyz")])
    return molecule


@pytest.fixture(scope="module")
def rotamers() -> tuple[tuple[Geometry, float], ...]:
    return read_rotamers(gzip.decompress((RECORDED / "crest_rotamers.xyz.gz").read_bytes()), symbols=SYMBOLS)


def lowest(rotamers: tuple[tuple[Geometry, float], ...]) -> Conformer:
    geometry, energy = rotamers[0]
    return Conformer(label="c001", geometry=geometry, energy_hartree=energy)


def test_the_recorded_rotamers_exchange_what_the_graph_calls_equivalent(butanol, rotamers):
    assert len(rotamers) == 60
    found = exchanged_sets(butanol, rotamers)
    sets = equivalent_sets(butanol, Ensemble(molecule=butanol, conformers=(lowest(rotamers),)))
    assert found == tuple(s for s in sets if len(s) > 1)
    assert [len(s) for s in found] == [3, 3]  # two methyl groups; the CH2's hydrogens stay apart
    assert unexpected_exchanges(butanol, lowest(rotamers), rotamers) == ()


def test_an_exchange_that_the_graph_does_not_know_is_told(butanol, rotamers):
    """The two hydrogens of the CH2, renumbered in one structure, as if they exchanged."""
    geometry, energy = rotamers[0]
    positions = list(geometry.coordinates_angstrom)
    positions[8], positions[9] = positions[9], positions[8]
    swapped = Geometry(symbols=geometry.symbols, coordinates_angstrom=tuple(positions))
    found = unexpected_exchanges(butanol, lowest(rotamers), [(geometry, energy), (swapped, energy)])
    assert found == ((8, 9),)


def test_structures_of_different_conformers_show_no_exchange(butanol, rotamers):
    first, other = rotamers[0], max(rotamers, key=lambda r: r[1])
    assert exchanged_sets(butanol, [first, other]) == ()


def test_a_turned_structure_is_no_exchange(butanol, rotamers):
    geometry, energy = rotamers[0]
    turned = np.array(geometry.coordinates_angstrom) @ np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    other = Geometry(symbols=geometry.symbols, coordinates_angstrom=tuple((x, y, z) for x, y, z in turned.tolist()))
    assert exchanged_sets(butanol, [(geometry, energy), (other, energy)]) == ()


@pytest.mark.parametrize("cut", [0, 100, 5000])
def test_a_list_that_is_cut_says_nothing(cut):
    data = gzip.decompress((RECORDED / "crest_rotamers.xyz.gz").read_bytes())
    assert read_rotamers(data[:cut], symbols=SYMBOLS) == ()
    assert read_rotamers(data, symbols=SYMBOLS[::-1]) == ()
