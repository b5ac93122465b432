"""The how-to's protocol: one table more, and everything that reads steps knows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from qmnmr.cost.molecule_cost import molecule_cost
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.report.level_words import level_words
from qmnmr.runs import protocols
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import plan_run
from qmnmr.runs.request import RunRequest

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "add-a-protocol.md"


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    (table,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    shipped = resources.files("qmnmr.runs").joinpath("protocols.toml").read_text(encoding="utf-8")
    (tmp_path / "protocols.toml").write_text(shipped + table, encoding="utf-8")
    real = resources.files
    monkeypatch.setattr(resources, "files", lambda name: tmp_path if name == "qmnmr.runs" else real(name))
    protocols._recipes.cache_clear()
    yield "mine"
    protocols._recipes.cache_clear()


def test_a_protocol_is_one_table(mine: str, tmp_path: Path) -> None:
    protocol = protocols.get_protocol(mine, solvent=CHLOROFORM)
    assert [step.name for step in protocol.steps(("C", "H"))] == ["screening", "optimization", "energy", "shielding"]
    assert "CAM-B3LYP/DEF2-SVP" in level_words(protocol.decisive_steps)["weights"]
    request = RunRequest(inputs=("CCO",), protocol=mine, engine="pyscf", solvent="chloroform", out=tmp_path / "run")
    plan = plan_run(request)
    folder = RunFolder(tmp_path / "run")
    folder.start(plan.settings, plan.molecules)
    assert RunFolder(tmp_path / "run").settings().protocol == protocol
    draft = protocols.get_protocol("draft", solvent=CHLOROFORM)
    (ethanol,) = plan.molecules
    cost = molecule_cost(ethanol, protocol, engine="pyscf").cpu_seconds
    assert cost > molecule_cost(ethanol, draft, engine="pyscf").cpu_seconds
