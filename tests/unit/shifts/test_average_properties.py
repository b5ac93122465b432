"""What populations and averages keep whatever the numbers are."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmnmr.shifts.averaging import average_shieldings
from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.shifts.uncertainty import weight_moves

ENERGIES = st.floats(-1e4, 0.0).map(lambda e: round(e, 8))
DEGENERACIES = st.sampled_from([0.5, 1.0, 2.0, 1 / 3, 12.0])
KELVIN = st.floats(50.0, 1000.0)
CONFORMERS = st.lists(st.tuples(ENERGIES, DEGENERACIES), min_size=1, max_size=6)
NEAR = st.lists(st.tuples(st.floats(-0.01, 0.01), DEGENERACIES), min_size=1, max_size=6)
PPM = st.floats(-2000.0, 2000.0)


def populations(conformers: list[tuple[float, float]], kelvin: float) -> tuple[float, ...]:
    energies, degeneracies = zip(*conformers, strict=True)
    return boltzmann_populations(energies, degeneracies=degeneracies, temperature_kelvin=kelvin)


@given(CONFORMERS, KELVIN)
def test_populations_are_shares_of_one(conformers: list[tuple[float, float]], kelvin: float) -> None:
    found = populations(conformers, kelvin)
    assert math.fsum(found) == pytest.approx(1.0, abs=1e-12)
    assert all(0.0 <= p <= 1.0 for p in found)
    lowest = min(conformers)
    assert found[conformers.index(lowest)] > 0.0


@given(NEAR, KELVIN, st.floats(-1000.0, 1000.0))
def test_only_energy_differences_matter(conformers: list[tuple[float, float]], kelvin: float, shift: float) -> None:
    moved = [(energy + shift, degeneracy) for energy, degeneracy in conformers]
    # 1e-12 hartree are lost in the sum; at 50 K that is 1e-8 of kT.
    assert populations(moved, kelvin) == pytest.approx(populations(conformers, kelvin), abs=1e-7)


@given(NEAR, KELVIN, st.randoms(use_true_random=False))
def test_order_does_not_matter(conformers: list[tuple[float, float]], kelvin: float, random: Any) -> None:
    order = list(range(len(conformers)))
    random.shuffle(order)
    found, shuffled = populations(conformers, kelvin), populations([conformers[i] for i in order], kelvin)
    assert shuffled == pytest.approx([found[i] for i in order], abs=1e-12)


@given(NEAR, KELVIN)
def test_two_copies_with_half_the_weight_are_one_conformer(
    conformers: list[tuple[float, float]], kelvin: float
) -> None:
    energy, degeneracy = conformers[0]
    split = populations([(energy, degeneracy / 2), *conformers[1:], (energy, degeneracy / 2)], kelvin)
    assert split[0] + split[-1] == pytest.approx(populations(conformers, kelvin)[0], abs=1e-12)


@given(NEAR, KELVIN)
def test_of_equal_degeneracies_the_lower_energy_has_the_larger_share(
    conformers: list[tuple[float, float]], kelvin: float
) -> None:
    energies = sorted(energy for energy, _ in conformers)
    found = populations([(energy, 1.0) for energy in energies], kelvin)
    assert list(found) == sorted(found, reverse=True)


@st.composite
def shieldings(draw: st.DrawFn) -> dict[str, Any]:
    """Shieldings of some conformers, and any division of their atoms into sets of one element."""
    symbols = draw(st.lists(st.sampled_from(["H", "C", "N"]), min_size=1, max_size=6))
    conformers = draw(NEAR)
    rows = [draw(st.lists(PPM, min_size=len(symbols), max_size=len(symbols))) for _ in conformers]
    groups = [draw(st.integers(0, 1)) for _ in symbols]
    kinds = sorted(set(zip(symbols, groups, strict=True)))
    sets = [[i for i, pair in enumerate(zip(symbols, groups, strict=True)) if pair == kind] for kind in kinds]
    return {"conformers": conformers, "rows": rows, "sets": draw(st.permutations(sets)), "symbols": symbols}


def averages(given_: dict[str, Any], **changes: Any) -> dict[tuple[int, ...], float]:
    facts = given_ | changes
    weights = populations(facts["conformers"], 298.15)
    found = average_shieldings(facts["rows"], populations=weights, sets=facts["sets"], symbols=facts["symbols"])
    assert [a.atom_indices for a in found] == sorted(a.atom_indices for a in found)
    assert all(a.element == facts["symbols"][i] for a in found for i in a.atom_indices)
    return {a.atom_indices: a.shielding_ppm for a in found}


@given(shieldings())
def test_an_average_lies_between_what_is_averaged(facts: dict[str, Any]) -> None:
    found = averages(facts)
    assert sorted(i for members in found for i in members) == list(range(len(facts["symbols"])))
    for members, mean in found.items():
        values = [row[i] for row in facts["rows"] for i in members]
        assert min(values) - 1e-9 <= mean <= max(values) + 1e-9


@given(shieldings(), st.randoms(use_true_random=False))
def test_the_order_of_conformers_sets_and_members_does_not_matter(facts: dict[str, Any], random: Any) -> None:
    order = list(range(len(facts["rows"])))
    random.shuffle(order)
    sets = [random.sample(members, len(members)) for members in facts["sets"]]
    random.shuffle(sets)
    changes = {key: [facts[key][i] for i in order] for key in ("rows", "conformers")}
    assert averages(facts, sets=sets, **changes) == pytest.approx(averages(facts), abs=1e-8)


@given(shieldings(), st.data())
def test_equal_nuclei_may_exchange_their_places(facts: dict[str, Any], data: st.DataObject) -> None:
    """In one conformer alone: their set's average is the same."""
    members = data.draw(st.sampled_from(facts["sets"]))
    k = data.draw(st.integers(0, len(facts["rows"]) - 1))
    turned = data.draw(st.permutations(members))
    rows = [list(row) for row in facts["rows"]]
    for old, new in zip(members, turned, strict=True):
        rows[k][new] = facts["rows"][k][old]
    assert averages(facts, rows=rows) == pytest.approx(averages(facts), abs=1e-8)


@given(shieldings(), st.data())
def test_a_value_that_is_missing_is_refused(facts: dict[str, Any], data: st.DataObject) -> None:
    k, atom = (data.draw(st.integers(0, len(facts[name]) - 1)) for name in ("rows", "symbols"))
    rows = [list(row) for row in facts["rows"]]
    rows[k][atom] = data.draw(st.sampled_from([math.nan, math.inf, -math.inf]))
    with pytest.raises(ValueError, match="has no shielding"):
        averages(facts, rows=rows)


@given(shieldings(), st.floats(-500.0, 500.0))
def test_a_sensitivity_knows_differences_alone_and_no_more_than_they_are(facts: dict[str, Any], shift: float) -> None:
    energies, degeneracies = zip(*facts["conformers"], strict=True)

    def sensitivities(rows: list[list[float]]) -> tuple[float, ...]:
        moves = weight_moves(
            rows,
            energies_hartree=energies,
            degeneracies=degeneracies,
            temperature_kelvin=298.15,
            energy_error_kcal_per_mol=0.5,
            sets=facts["sets"],
        )
        return tuple(math.hypot(*of_set) for of_set in moves)

    found = sensitivities(facts["rows"])
    assert sensitivities([[value + shift for value in row] for row in facts["rows"]]) == pytest.approx(found, abs=1e-8)
    spreads = [
        max(max(row[i] for row in facts["rows"]) - min(row[i] for row in facts["rows"]) for i in members)
        for members in sorted(facts["sets"])
    ]
    for value, spread in zip(found, spreads, strict=True):
        assert 0.0 <= value <= spread * math.sqrt(len(energies)) + 1e-9


@given(CONFORMERS, st.sampled_from([math.nan, math.inf, -math.inf]), st.data())
def test_an_energy_that_is_not_finite_is_refused(
    conformers: list[tuple[float, float]], number: float, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(conformers) - 1))
    conformers[place] = (number, 1.0)
    with pytest.raises(ValueError, match="must be finite"):
        populations(conformers, 298.15)
