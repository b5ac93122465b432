"""How couplings are asked for, and what that adds to a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qmnmr.cost.molecule_cost import conformer_limit, molecule_cost
from qmnmr.datatypes.calculation import CalculationKind
from qmnmr.datatypes.coupling import CouplingSource
from qmnmr.datatypes.molecule import Conformer, Geometry
from qmnmr.engines import get_engine
from qmnmr.errors import InputError
from qmnmr.runs.protocols import COUPLINGS, get_protocol, protocol_names
from qmnmr.runs.spectra.couplings import missing_couplings
from qmnmr.structures import read_molecules

ETHANOL = ("C", "C", "O", *"HHHHHH")


def test_the_contact_term_is_one_more_step_of_a_conformer() -> None:
    plain = get_protocol("standard", solvent=None)
    asked = get_protocol("standard", solvent=None, couplings="fc")
    (step,) = asked.coupling_steps(ETHANOL)
    assert step.kind is CalculationKind.COUPLINGS
    assert step.level == asked.contact
    assert asked.steps(ETHANOL) == (*plain.steps(ETHANOL), step)
    assert step in asked.decisive_steps
    assert asked.coupling_steps(("C", "H", "Cl", "Cl", "Cl")) == ()  # one hydrogen
    for other in set(COUPLINGS) - {CouplingSource.FC}:
        assert get_protocol("standard", solvent=None, couplings=other).steps(ETHANOL) == plain.steps(ETHANOL)


def test_every_recipe_but_the_peers_has_a_level_for_the_contact_term() -> None:
    assert [name for name in protocol_names() if get_protocol(name, solvent=None).contact is None] == ["peer"]
    with pytest.raises(InputError, match="no level for couplings by the contact term"):
        get_protocol("peer", solvent=None, couplings="fc")
    with pytest.raises(InputError, match="no couplings 'all'"):
        get_protocol("standard", solvent=None, couplings="all")


def test_couplings_are_forecast_and_leave_the_number_of_conformers_as_it_is() -> None:
    (molecule,) = read_molecules(["CC(C)[C@@H]1CC[C@@H](C)C[C@H]1O"])
    plain, asked = (get_protocol("standard", solvent=None, couplings=how) for how in ("none", "fc"))
    assert conformer_limit(molecule.symbols, asked) == conformer_limit(molecule.symbols, plain)
    with_couplings = molecule_cost(molecule, asked, engine="pyscf")
    without = molecule_cost(molecule, plain, engine="pyscf")
    assert 1.2 * without.cpu_seconds < with_couplings.cpu_seconds < 3.0 * without.cpu_seconds


def test_nwchem_is_not_asked_for_couplings() -> None:
    (molecule,) = read_molecules(["CCO"])
    (step,) = get_protocol("standard", solvent=None, couplings="fc").coupling_steps(molecule.symbols)
    line = Geometry(symbols=molecule.symbols, coordinates_angstrom=tuple((2.0 * i, 0.0, 0.0) for i in range(9)))
    asked = step.of(Conformer(label="c001", geometry=line, energy_hartree=None), molecule)
    assert "not used for couplings" in str(get_engine("nwchem").refusal(asked))
    assert get_engine("pyscf").refusal(asked) is None
    with_cores = replace(asked, level=replace(asked.level, basis="vdzp"))
    assert "which couplings need" in str(get_engine("pyscf").refusal(with_cores))


def test_couplings_that_are_not_computed_are_said() -> None:
    assert "1H with 19F and 31P" in missing_couplings(("P", "F", "H"))
    assert missing_couplings(ETHANOL) == ""
    assert missing_couplings(("C", "F", "F", "F", "F")) == ""
