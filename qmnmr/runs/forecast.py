"""The forecast of a run: what is still to be done of it, with what is known of the machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from qmnmr.cost.machine_speed import measured_speeds
from qmnmr.cost.molecule_cost import MoleculeCost, correction, molecule_costs, run_cost, share_left
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.protocol import BY_DFT, Protocol
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.report.words import counted, time_words
from qmnmr.runs.folder.earlier_runs import earlier_runs, reused_runs
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.protocols import CONVERGED, FEW_GRADIENTS, get_protocol, protocol_names

_MAX_LOOKED_AT = 100
_LONG_SECONDS = 3600.0
_COMPARED = 20  # molecules by which protocols are compared
_CHEAPER = 0.8  # of the time: worth a word


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
    n_reused: int = 0  # molecules some of whose steps other runs have computed: these are not counted

    def is_long(self, *, cores: int) -> bool:
        """Say whether the run takes more than an hour on these cores."""
        return self.cost.cpu_seconds / cores > _LONG_SECONDS

    def time_text(self, *, cores: int) -> str:
        """Return how long the run takes on these cores."""
        return time_words(self.cost.cpu_seconds / cores)

    def text(self, *, cores: int) -> str:
        """Return the forecast as one line."""
        cost = self.cost
        seconds = cost.cpu_seconds
        reused = f"{counted(self.n_reused, 'molecule')} in part from other runs; " if self.n_reused else ""
        return (
            f"predicted: {counted(cost.conformers, 'conformer')} by DFT, "
            f"{time_words(seconds)} of CPU ({time_words(seconds / cores)} on {counted(cores, 'core')}), "
            f"{cost.memory_mb} MB and {cost.scratch_mb} MB of scratch for each calculation; within a factor of 3; "
            f"{reused}{self.factor.source}"
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
    cost = run_cost(left, protocol, engine=engine, machine_factor=factor.value)
    if not folder.exists() or not reused_runs(folder):
        return Forecast(cost=cost, n_molecules=len(left), factor=factor)
    earlier = earlier_runs(folder)
    shares = [
        share_left(molecule.symbols, protocol, done=earlier.computed_steps(molecule), engine=engine)
        for molecule in left
    ]
    each = molecule_costs(left, protocol, engine=engine, machine_factor=factor.value)
    seconds = sum(share * one.cpu_seconds for share, one in zip(shares, each, strict=True))
    return Forecast(
        cost=replace(cost, cpu_seconds=seconds),
        n_molecules=len(left),
        factor=factor,
        n_reused=sum(share < 1 for share in shares),
    )


def long_run_words(
    forecast: Forecast, molecules: Sequence[Molecule], protocol: Protocol, *, engine: str, cores: int
) -> str:
    """Return in words how long a long run takes and what would be quicker or cheaper."""
    seconds = forecast.cost.cpu_seconds
    sample = molecules[:_COMPARED]
    ours = run_cost(sample, protocol, engine=engine).cpu_seconds
    shares = {
        words: run_cost(sample, other, engine=engine).cpu_seconds / ours
        for words, other in _other_ways(protocol).items()
    }
    cheaper = [
        f"{words} ({time_words(share * seconds / cores)})"
        for words, share in sorted(shares.items(), key=lambda pair: pair[1])
        if share < _CHEAPER
    ]
    ways = [*cheaper, "--reuse RUN where another run has computed a part"]
    if forecast.cost.conformers > forecast.n_molecules:
        ways.append("--conformers none with a 3D structure of each")
    return (
        f"this is predicted to take {time_words(seconds / cores)} on {counted(cores, 'core')} "
        f"({time_words(seconds)} of CPU); "
        f"`qmnmr submit` takes the same words to a cluster; cheaper: {', '.join(ways)}"
    )


def _other_ways(protocol: Protocol) -> dict[str, Protocol]:
    """Return by the option that asks for it each other protocol, with what this run changes in its own."""

    def made(name: str, optimization: str | None) -> Protocol:
        return get_protocol(
            name,
            solvent=protocol.optimization.solvent,
            search_method=protocol.search.method,
            temperature_kelvin=protocol.temperature_kelvin,
            free_energies=protocol.has_free_energies,
            optimization=optimization,
        )

    if protocol.name not in protocol_names() or protocol.geometry != BY_DFT:
        return {}  # a level or a geometry of the user's own: what they want is not to be had more cheaply
    usual = made(protocol.name, None)
    is_converged = protocol.refinement is None and usual.refinement is not None
    asked = CONVERGED if is_converged else None
    others = {f"--protocol {name}": made(name, asked) for name in protocol_names() if name != protocol.name}
    return others | ({f"--optimization {FEW_GRADIENTS}": usual} if is_converged else {})


def _finished(folder: RunFolder) -> Iterator[Prediction]:
    for molecule in folder.molecules():
        if folder.prediction_problem(molecule):
            continue
        prediction = folder.load_prediction(molecule)
        if prediction is not None and prediction.status is PredictionStatus.COMPLETED:
            yield prediction
