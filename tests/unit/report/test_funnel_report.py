"""The funnel as text and in the protocol."""

from __future__ import annotations

from qmnmr.datatypes.funnel import FunnelStep
from qmnmr.datatypes.protocol import RANKINGS
from qmnmr.datatypes.shift import WeightedConformer
from qmnmr.report.funnel_text import funnel_lines, weight_lines
from qmnmr.runs.protocols import get_protocol, protocol_names

SEARCH = FunnelStep(name="search", method="rdkit", entered=30, left=2, cpu_seconds=0.1)
RANKING = FunnelStep(
    name="ranking", method="GFN2-XTB", entered=2, left=1, cpu_seconds=0.04, remark="1 above 5 kcal/mol"
)


def test_each_step_is_a_line_with_its_numbers():
    heading, search, ranking = funnel_lines([SEARCH, RANKING])
    assert heading.split()[:4] == ["step", "in", "out", "CPU"]
    assert search.split() == ["search", "30", "2", "0.1", "rdkit"]
    assert ranking.endswith("GFN2-XTB; 1 above 5 kcal/mol")


def test_a_rigid_molecule_has_no_funnel_to_show():
    single = FunnelStep(name="optimization", method="B3LYP", entered=1, left=1, cpu_seconds=9.0)
    assert funnel_lines([FunnelStep(name="search", method="rdkit", entered=5, left=1, cpu_seconds=0.1), single]) == []
    assert funnel_lines([]) == []


def test_every_protocol_states_its_funnel():
    for name in protocol_names():
        protocol = get_protocol(name, solvent=None)
        assert protocol.ranking.method in RANKINGS
        assert protocol.ranking.energy_window_kcal_per_mol >= protocol.energy_window_kcal_per_mol
        assert protocol.ranking.max_conformers <= protocol.search.max_conformers
        assert 0.9 <= protocol.shielded_population <= 1.0


def test_populations_by_free_energy_stand_beside_those_by_energy():
    anti = WeightedConformer(
        label="c001",
        energy_hartree=-999.0,
        degeneracy=0.5,
        population=0.4,
        free_energy_correction_hartree=0.02,
        energy_population=0.55,
    )
    gauche = WeightedConformer(
        label="c002",
        energy_hartree=-998.999,
        degeneracy=1.0,
        population=0.6,
        free_energy_correction_hartree=0.018,
        energy_population=0.45,
    )
    heading, first, second = weight_lines([anti, gauche])
    assert heading.startswith("conformer")
    assert first.split() == ["c001", "0.63", "40.0", "0.00", "55.0"]
    assert second.split() == ["c002", "0.00", "60.0", "0.63", "45.0"]


def test_conformers_weighed_by_energies_have_no_table_of_weights():
    assert weight_lines([WeightedConformer(label="c001", energy_hartree=-1.0, degeneracy=1.0, population=1.0)]) == []


def test_the_peer_recipe_is_computed_with_its_plain_input_and_weights_of_its_own():
    assert not get_protocol("peer", solvent=None).is_tuned
    assert [name for name in protocol_names() if get_protocol(name, solvent=None).has_free_energies] == ["draft"]
    assert not any(get_protocol(name, solvent=None).needs_free_energies for name in protocol_names())
