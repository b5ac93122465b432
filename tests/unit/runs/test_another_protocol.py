"""Protocols and levels of the user's own: a file, or a level in one word, and everything that reads steps knows it.

What own-geometry-and-level.md shows of files.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from qmnmr.cli.main import cli
from qmnmr.cost.molecule_cost import molecule_cost
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.engines import get_engine
from qmnmr.errors import InputError
from qmnmr.report.level_words import level_words
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.forecast import forecast, long_run_words
from qmnmr.runs.plan import plan_run
from qmnmr.runs.protocols import get_protocol, protocol_names, shown_protocol
from qmnmr.runs.request import RunRequest
from qmnmr.runs.sources.shift_sources import run_level
from qmnmr.shifts.scaling import find_factors, shipped_factor_files

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "add-a-protocol.md"


@pytest.fixture
def mine(tmp_path: Path) -> str:
    (table,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "mine.toml"
    path.write_text(table, encoding="utf-8")
    return str(path)


def test_a_protocol_is_one_table(mine: str, tmp_path: Path) -> None:
    protocol = get_protocol(mine, solvent=CHLOROFORM)
    assert protocol.name == "mine"
    assert [step.name for step in protocol.steps(("C", "H"))] == ["screening", "optimization", "energy", "shielding"]
    assert "CAM-B3LYP/DEF2-SVP" in level_words(protocol.decisive_steps)["weights"]
    request = RunRequest(inputs=("CCO",), protocol=mine, engine="pyscf", solvent="chloroform", out=tmp_path / "run")
    plan = plan_run(request)
    folder = RunFolder(tmp_path / "run")
    folder.start(plan.settings, plan.molecules)
    assert RunFolder(tmp_path / "run").settings().protocol == protocol
    assert plan_run(request).settings.protocol == protocol  # the same command goes on
    draft = get_protocol("draft", solvent=CHLOROFORM)
    (ethanol,) = plan.molecules
    cost = molecule_cost(ethanol, protocol, engine="pyscf").cpu_seconds
    assert cost > molecule_cost(ethanol, draft, engine="pyscf").cpu_seconds
    left = forecast(folder, plan.molecules, protocol, engine="pyscf")
    assert "predicted to take" in long_run_words(left, plan.molecules, protocol, engine="pyscf", cores=1)


@pytest.mark.parametrize("name", protocol_names())
def test_a_shown_protocol_is_a_file_that_says_the_same_under_a_name_of_its_own(name: str, tmp_path: Path) -> None:
    shown = CliRunner().invoke(cli, ["protocols", "--show", name.upper()])
    assert shown.output == shown_protocol(name)
    path = tmp_path / "my.toml"
    path.write_text(shown.output, encoding="utf-8")
    own, shipped = (get_protocol(p, solvent=CHLOROFORM) for p in (str(path), name))
    assert own.name == f"my-{name}"
    assert [s.level for s in own.steps()] == [s.level for s in shipped.steps()]
    levels = [run_level(protocol, engine=get_engine("pyscf")) for protocol in (own, shipped)]
    found = [find_factors(shipped_factor_files(), level) for level in levels]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[protocol.my-draft", "[protocol.draft", "is the name of a protocol that comes with qmnmr"),
        ("[protocol.my-draft", "[protocol.'my draft'", "can't be a protocol's name"),
        ('functional = "b3lyp"', 'functonal = "b3lyp"', "missing required field `functional`"),
        ("max_gradients = 4", "max_gradients = 4\nlimit = 4", "has no entry refinement.limit"),
        ("population = 0.95", "population = 95", "ranking.population is 95, and must lie in 0 to 1"),
        ("shielded_population = 0.98", "shielded_population = 0", "shielded_population is 0"),
        ("temperature_kelvin = 298.15", "temperature_kelvin = -1", "must be positive"),
        ('method = "rdkit"', 'method = "crset"', "search.method is 'crset'; choose one of: rdkit, crest, none"),
        ('shielding."*"', 'shielding."H"', 'no table for "*"'),
        ("[protocol.my-draft]", "[protocol.my-draft", "is not TOML"),
        ("[protocol.my-draft]", "[protocol.another]\n[protocol.my-draft]", "one table [protocol.<name>]"),
        ("max_embeddings = 300", 'max_embeddings = "many"', "`$.search.max_embeddings`"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(old: str, new: str, said: str, tmp_path: Path) -> None:
    text = shown_protocol("draft")
    assert old in text
    path = tmp_path / "my.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        get_protocol(str(path), solvent=CHLOROFORM)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.hint


def test_a_level_in_one_word_is_that_of_all_shieldings_and_of_nothing_else() -> None:
    standard = get_protocol("standard", solvent=CHLOROFORM)
    protocol = get_protocol("standard", solvent=CHLOROFORM, level="PBE0/def2-TZVP")
    assert protocol.name == "standard-pbe0-def2-tzvp"
    (shielding,) = protocol.shielding_steps(("C", "H", "F"))
    assert str(shielding.level) == "PBE0/DEF2-TZVP spherical, COSMO(chloroform, UFF radii)"
    assert protocol.steps()[:-1] == standard.steps()[: len(protocol.steps()) - 1]
    assert find_factors(shipped_factor_files(), run_level(protocol, engine=get_engine("pyscf"))) == {}
    again = get_protocol("draft", solvent=CHLOROFORM, level="b3lyp/6-31G*")
    assert set(find_factors(shipped_factor_files(), run_level(again, engine=get_engine("pyscf")))) == {"1H", "13C"}


@pytest.mark.parametrize("word", ["PBE0", "PBE0/", "/def2-TZVP", "PBE0/def2/TZVP", ""])
def test_what_is_no_level_is_refused(word: str) -> None:
    with pytest.raises(InputError, match="is not FUNCTIONAL/BASIS"):
        get_protocol("draft", solvent=CHLOROFORM, level=word)
