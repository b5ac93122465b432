"""The forecast of a run: what is still to be done of it, with what is known of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from qmnmr.cost.machine_speed import measured_speeds
from qmnmr.cost.molecule_cost import MoleculeCost, correction, run_cost
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.protocol import Protocol
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.report.words import counted
from qmnmr.runs.folder.run_folder import RunFolder

_MAX_LOOKED_AT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeFactor:
    """By how much predicted CPU times are multiplied, and why."""

    value: float
    source: str  # in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is left of a run."""

    cost: MoleculeCost
    n_molecules: int
    factor: TimeFactor

    def text(self, *, cores: int) -> str:
        """Return the forecast as one line."""
        cost = self.cost
        minutes = cost.cpu_seconds / 60
        return (
            f"predicted: {counted(cost.conformers, 'conformer')} by DFT, "
            f"{_time(minutes)} of CPU ({_time(minutes / cores)} on {counted(cores, 'core')}), "
            f"{cost.memory_mb} MB and {cost.scratch_mb} MB of scratch for each calculation; within a factor of 3; "
            f"{self.factor.source}"
        )


def time_factor(folder: RunFolder, protocol: Protocol, *, engine: str) -> TimeFactor:
    """Return how predicted times are corrected: by the run's finished molecules, else by the measured machine."""
    if folder.has_molecules():
        ratio = correction(list(islice(_finished(folder), _MAX_LOOKED_AT)), protocol, engine=engine)
        if ratio is not None:
            return TimeFactor(value=ratio, source=f"corrected by finished molecules of this run ({ratio:.2f})")
    speed = measured_speeds().get(engine)
    if speed is None:
        return TimeFactor(value=1.0, source="this machine was not measured (`qmnmr doctor --benchmark`)")
    return TimeFactor(value=speed.factor, source=f"as measured on {speed.processor}")


def forecast(folder: RunFolder, molecules: tuple[Molecule, ...], protocol: Protocol, *, engine: str) -> Forecast:
    """Return what the molecules without a prediction take."""
    factor = time_factor(folder, protocol, engine=engine)
    left = [m for m in molecules if folder.prediction_problem(m)] if folder.exists() else list(molecules)
    return Forecast(
        cost=run_cost(left, protocol, engine=engine, machine_factor=factor.value), n_molecules=len(left), factor=factor
    )


def _finished(folder: RunFolder) -> Iterator[Prediction]:
    for molecule in folder.molecules():
        if folder.prediction_problem(molecule):
            continue
        prediction = folder.load_prediction(molecule)
        if prediction is not None and prediction.status is PredictionStatus.COMPLETED:
            yield prediction


def _time(minutes: float) -> str:
    if minutes < 2:
        return f"{60 * minutes:.0f} s"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
