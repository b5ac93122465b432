"""A level that the NWChem of this machine is too old for is refused before anything is computed."""

from __future__ import annotations

import pytest

from qmnmr.errors import MissingProgramError
from qmnmr.workflow.plan import plan_run
from qmnmr.workflow.predict import require_machine
from qmnmr.workflow.program_age import outdated_program
from qmnmr.workflow.self_check import nwchem_version

pytestmark = pytest.mark.nwchem


def test_the_functional_of_standard_needs_nwchem_7_3(tmp_path):
    version = nwchem_version(tmp_path)
    plan = plan_run(["C"], solvent="chloroform", protocol="standard", engine="nwchem", out=tmp_path / "run")
    if tuple(int(part) for part in version.split(".")[:2]) >= (7, 3):
        assert outdated_program(plan.engine, plan.settings.protocol) == ""
        return
    with pytest.raises(MissingProgramError, match=f"NWChem {version} has no wb97x-d3, which standard needs"):
        require_machine(plan, cores=1)
    chosen = plan_run(["C"], solvent="chloroform", protocol="standard", engine="auto", out=tmp_path / "run")
    assert chosen.settings.engine == "pyscf"
    assert "NWChem 7.3 has it" in chosen.engine_reason


def test_levels_that_every_version_has_are_not_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr("qmnmr.workflow.program_age.nwchem_version", lambda _: pytest.fail("NWChem was started"))
    plan = plan_run(["C"], solvent="chloroform", protocol="draft", engine="nwchem", out=tmp_path / "run")
    assert outdated_program(plan.engine, plan.settings.protocol) == ""
