"""A sample of conformers drawn by weight."""

from __future__ import annotations

import numpy as np
import pytest

from qmnmr.conformers.pruning import prune
from qmnmr.conformers.rdkit_search import search
from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry
from qmnmr.datatypes.protocol import SearchSettings
from qmnmr.funnel.selection import drawn_by_weight, most_populated
from qmnmr.structures import read_molecules

TEMPERATURE = 298.15
KT = 9.441e-4  # hartree


def conformers(populations: np.ndarray) -> list[Conformer]:
    atom = Geometry(symbols=("He",), coordinates_angstrom=((0.0, 0.0, 0.0),))
    return [
        Conformer(label=f"c{k:03d}", geometry=atom, energy_hartree=-KT * float(np.log(p)))
        for k, p in enumerate(populations)
    ]


def sample(found: list[Conformer], count: int, seed: int) -> tuple[Conformer, ...]:
    return drawn_by_weight(found, count=count, temperature_kelvin=TEMPERATURE, random_seed=seed)


def test_a_few_are_all_taken_as_they_are():
    found = conformers(np.array([0.7, 0.2, 0.1]))
    assert sample(found, 3, 1) == tuple(found)


def test_as_many_as_asked_are_drawn_and_the_common_ones_for_certain():
    populations = 0.7 ** np.arange(30)
    for seed in range(20):
        drawn = sample(conformers(populations), 8, seed)
        assert len(drawn) == 8
        assert drawn[0].inclusion == 1.0
        assert list(drawn) == sorted(drawn, key=lambda c: c.label)


def test_the_draw_depends_on_the_seed_alone():
    found = conformers(0.9 ** np.arange(40))
    assert sample(found, 10, 7) == sample(found, 10, 7)
    assert sample(found, 10, 7) != sample(found, 10, 8)


def test_weights_make_up_for_those_that_were_not_drawn():
    populations = 0.93 ** np.arange(60)
    values = np.linspace(20.0, 80.0, 60)
    found = conformers(populations)
    truth = float(populations @ values / populations.sum())
    means = []
    for seed in range(300):
        drawn = sample(found, 15, seed)
        weights = np.array([populations[int(c.label[1:])] * c.weight for c in drawn])
        means.append(float(weights @ [values[int(c.label[1:])] for c in drawn] / weights.sum()))
    assert np.mean(means) == pytest.approx(truth, abs=0.3)
    lowest = float(populations[:15] @ values[:15] / populations[:15].sum())
    assert abs(lowest - truth) > 5.0  # what the lowest fifteen would say


def test_populations_count_what_a_drawn_conformer_stands_for():
    whole, half = conformers(np.array([0.5, 0.5]))
    drawn = Conformer(label="half", geometry=half.geometry, energy_hartree=half.energy_hartree, inclusion=0.25)
    held = most_populated([whole, drawn], share=0.7, temperature_kelvin=TEMPERATURE)
    assert [c.label for c in held.conformers] == ["half"]
    assert held.left_out == pytest.approx(0.2, abs=1e-3)


def test_two_drawn_conformers_in_one_minimum_were_drawn_if_one_was():
    (molecule,) = read_molecules(["CCCC"])
    settings = SearchSettings(
        method="rdkit", random_seed=1, max_embeddings=20, energy_window_kcal_per_mol=6.0, max_conformers=5
    )
    first = search(molecule, settings).conformers[0]
    twins = tuple(
        Conformer(label=label, geometry=first.geometry, energy_hartree=first.energy_hartree, inclusion=0.5)
        for label in ("a", "b")
    )
    (one,) = prune(Ensemble(molecule=molecule, conformers=twins)).conformers
    assert one.inclusion == pytest.approx(0.75)
