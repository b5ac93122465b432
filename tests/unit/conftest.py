"""A run folder with a few molecules and no calculation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import plan_run
from qmnmr.runs.request import RunRequest


@pytest.fixture
def new_run(tmp_path: Path) -> Callable[..., RunFolder]:
    def make(*smiles: str) -> RunFolder:
        inputs = smiles or ("C", "O", "N")
        plan = plan_run(RunRequest(inputs=inputs, solvent="gas", protocol="draft", engine="nwchem"))
        run = RunFolder(tmp_path / "run")
        run.start(plan.settings, plan.molecules)
        return run

    return make
