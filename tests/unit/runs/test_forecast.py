"""What a run is going to take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from qmnmr.cost.machine_speed import MachineSpeed, SpeedFile, speed_file
from qmnmr.cost.molecule_cost import correction, molecule_cost
from qmnmr.datatypes.shift import Prediction, PredictionStatus, Provenance
from qmnmr.records import encode
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.forecast import forecast, time_factor
from qmnmr.runs.plan import plan_run
from qmnmr.runs.request import RunRequest

PROVENANCE = Provenance(
    qmnmr_version="0",
    engine="nwchem",
    program_versions=(),
    protocol="draft",
    steps=(),
    solvent="gas phase",
    dielectric_constant=None,
    temperature_kelvin=298.15,
    conformer_search="",
    toolkit_versions={},
    referencing={},
    host="",
    date_utc="",
    cpu_seconds=0.0,
)


@pytest.fixture(autouse=True)
def no_measured_speed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def keep_speed(seconds: float) -> None:
    speed = MachineSpeed(
        engine="nwchem", cpu_seconds=seconds, program_version="7.0.2", processor="a processor", host="", date_utc=""
    )
    speed_file().parent.mkdir(parents=True)
    speed_file().write_bytes(encode(SpeedFile(speeds={"nwchem": speed})))


def finished(run: RunFolder, ratio: float) -> list[Prediction]:
    """Return predictions that took so much more than predicted."""
    protocol = run.settings().protocol
    return [
        Prediction(
            molecule=m,
            status=PredictionStatus.COMPLETED,
            messages=(),
            provenance=replace(PROVENANCE, cpu_seconds=ratio * molecule_cost(m, protocol, engine="nwchem").cpu_seconds),
        )
        for m in run.molecules()
    ]


@pytest.mark.parametrize(
    ("smiles", "ranked"),
    [("ClCCCl", 2), ("CCCCCC", 10), ("COC(=O)[C@H](C)N", 5), ("C[C@@H]1CC[C@H]([C@@H](C1)O)C(C)C", 8), ("c1ccccc1", 1)],
)
def test_conformers_are_about_as_many_as_a_ranking_lets_through(smiles: str, ranked: int) -> None:
    plan = plan_run(RunRequest(inputs=(smiles,), solvent="gas", protocol="draft", engine="nwchem"))
    predicted = molecule_cost(plan.molecules[0], plan.settings.protocol, engine="nwchem").conformers
    assert ranked / 2 <= predicted <= 2 * ranked


def test_a_given_structure_is_one_conformer() -> None:
    plan = plan_run(RunRequest(inputs=("CCCCCC",), solvent="gas", protocol="draft", engine="nwchem"))
    protocol = plan.settings.protocol
    fixed = replace(protocol, search=replace(protocol.search, method="none"))
    assert molecule_cost(plan.molecules[0], fixed, engine="nwchem").conformers == 1


def test_a_machine_that_was_not_measured_is_the_one_of_the_fit(new_run: Callable[..., RunFolder]) -> None:
    run = new_run()
    factor = time_factor(run, run.settings().protocol, engine="nwchem")
    assert factor.value == 1.0
    assert "doctor --benchmark" in factor.source


def test_a_slow_machine_takes_longer(new_run: Callable[..., RunFolder]) -> None:
    run = new_run()
    protocol = run.settings().protocol
    before = forecast(run, run.molecules(), protocol, engine="nwchem")
    keep_speed(32.5)
    after = forecast(run, run.molecules(), protocol, engine="nwchem")
    assert after.cost.cpu_seconds == pytest.approx(2 * before.cost.cpu_seconds)
    assert "as measured on a processor" in after.text(cores=2)


def test_finished_molecules_correct_the_forecast_of_the_others(new_run: Callable[..., RunFolder]) -> None:
    run = new_run("C", "O", "N", "CC")
    protocol = run.settings().protocol
    keep_speed(32.5)
    for prediction in finished(run, 3.0)[:3]:
        run.molecule_folder(prediction.molecule).save_prediction(prediction, structure_sdf=None)
    left = forecast(run, run.molecules(), protocol, engine="nwchem")
    assert left.n_molecules == 1
    assert left.factor.value == pytest.approx(3.0)
    assert left.cost.cpu_seconds == pytest.approx(
        3 * molecule_cost(run.molecules()[3], protocol, engine="nwchem").cpu_seconds
    )


def test_two_molecules_correct_nothing(new_run: Callable[..., RunFolder]) -> None:
    run = new_run()
    assert correction(finished(run, 3.0)[:2], run.settings().protocol, engine="nwchem") is None
