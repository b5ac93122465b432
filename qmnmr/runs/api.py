"""The Python interface: the same run as `qmnmr predict`, as a function."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.protocol import DEFAULT_PROTOCOL
from qmnmr.datatypes.shift import Prediction
from qmnmr.funnel.progress import Progress
from qmnmr.programs.machine import available_cores, available_memory_mb
from qmnmr.programs.scratch import choose_scratch
from qmnmr.runs.engine_choice import AUTO
from qmnmr.runs.plan import default_run_folder, plan_run
from qmnmr.runs.predict import MIN_SCRATCH_MB, predict_run, require_machine
from qmnmr.runs.run_folder import RunFolder


def predict(
    inputs: str | Sequence[str],
    *,
    solvent: str = "chloroform",
    protocol: str = DEFAULT_PROTOCOL,
    engine: str = AUTO,
    conformers: str | None = None,
    charge: int | None = None,
    free_energies: bool | None = None,
    cores: int | None = None,
    memory_mb: int | None = None,
    out: str | Path | None = None,
    scratch: str | Path | None = None,
) -> tuple[Prediction, ...]:
    """Return the predictions of one or more SMILES or structure files, in input order.

    What the run folder `out` already holds is not computed again. Raises a subclass of qmnmr.errors.QmnmrError for
    input that can't be used and programs that are missing; a molecule that fails has status "failed".
    """
    plan = plan_run(
        [inputs] if isinstance(inputs, str) else list(inputs),
        solvent=solvent,
        protocol=protocol,
        engine=engine,
        conformers=conformers,
        charge=charge,
        free_energies=free_energies,
        out=None if out is None else Path(out),
    )
    folder = RunFolder(default_run_folder(plan) if out is None else Path(out))
    root = choose_scratch(None if scratch is None else Path(scratch), os.environ, needed_mb=MIN_SCRATCH_MB)
    resources = Resources(cores=cores or available_cores(), memory_mb=memory_mb or available_memory_mb())
    require_machine(plan, cores=resources.cores)
    folder.start(plan.settings, plan.molecules)
    return predict_run(plan, folder, resources=resources, scratch_root=root, report=_silent).predictions


def _silent(_: Progress) -> None:
    pass
