"""The one list of steps that plan, cost, render, version checks, provenance and funnel read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qmnmr.datatypes.calculation import CalculationKind
from qmnmr.datatypes.molecule import Conformer, Geometry, Molecule
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.runs.protocols import get_protocol, protocol_names

ETHANOL = ("C", "C", "O", "H", "H", "H", "H", "H", "H")
WATER = Molecule(
    id="O",
    name="water",
    smiles="O",
    mapped_smiles="[O:1]([H:2])[H:3]",
    symbols=("O", "H", "H"),
    charge=0,
    multiplicity=1,
    geometry=None,
    source="test",
)
CONFORMER = Conformer(
    label="c003",
    geometry=Geometry(symbols=("O", "H", "H"), coordinates_angstrom=((0, 0, 0.1), (0, 0.8, -0.5), (0, -0.8, -0.5))),
    energy_hartree=None,
)


@pytest.mark.parametrize("name", protocol_names())
@pytest.mark.parametrize("solvent", [None, CHLOROFORM], ids=["gas", "chloroform"])
def test_steps_have_names_of_their_own_and_shield_every_element_once(name, solvent) -> None:
    protocol = get_protocol(name, solvent=solvent)
    steps = protocol.steps(ETHANOL)
    names = [step.name for step in (*steps, protocol.ranking_step, protocol.hessian_step, protocol.free_energy_step)]
    assert len(set(names)) == len(names)
    shielded = [element for step in steps if step.kind is CalculationKind.SHIELDING for element in step.elements]
    assert sorted(shielded) == ["C", "H", "O"]
    for step in protocol.shielding_steps(ETHANOL):
        assert all(protocol.shielding_level(element) == step.level for element in step.elements)
    assert {step.level for step in protocol.shielding_steps()} == {level for _, level in protocol.shieldings}


def test_a_calculation_knows_its_conformer_and_its_step() -> None:
    standard = get_protocol("standard", solvent=CHLOROFORM)
    of_hydrogen, of_others = standard.shielding_steps(("H", "O"))
    assert (of_hydrogen.elements, of_others.elements) == (("H",), ("O",))
    asked = of_others.of(CONFORMER, WATER)
    assert (asked.conformer, asked.step, asked.label) == ("c003", "shielding2", "c003-shielding2")
    assert (asked.kind, asked.level) == (CalculationKind.SHIELDING, standard.shielding_level("O"))


def test_a_name_does_not_depend_on_the_elements_of_the_molecule() -> None:
    """A molecule without hydrogen has its other shieldings under the same name."""
    standard = get_protocol("standard", solvent=None)
    (alone,) = standard.shielding_steps(("C", "O"))
    assert alone.name == "shielding2"


def test_an_energy_at_the_optimisations_own_level_is_no_step() -> None:
    protocol = get_protocol("draft", solvent=None)
    assert replace(protocol, energy=protocol.optimization).energy_step is None
    other = replace(protocol.optimization, basis="def2-svp")
    step = replace(protocol, energy=other).energy_step
    assert step is not None
    assert (step.name, step.level) == ("energy", other)
    assert [s.name for s in replace(protocol, energy=other, screening=None).steps(("C",))] == [
        "optimization",
        "energy",
        "shielding",
    ]
