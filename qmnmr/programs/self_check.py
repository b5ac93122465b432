"""Tiny calculations whose results are known."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationKind, CalculationResult
from qmnmr.datatypes.molecule import Ensemble, Geometry
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.engines.engine import Engine
from qmnmr.programs.command_line import program_environment
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Outcome, RecordedResult, RestartSet, Workplace, run_calculation
from qmnmr.programs.scratch import ScratchFolder

_LEVEL = LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownResult:
    """A molecule with NWChem's energy and shieldings at B3LYP/6-31G*, spherical, gas phase."""

    name: str
    geometry: Geometry
    energy_hartree: float
    shieldings_ppm: tuple[float, ...]

    @property
    def calculation(self) -> Calculation:
        """Return the calculation that gives it."""
        return Calculation(
            label=self.name,
            kind=CalculationKind.SHIELDING,
            geometry=self.geometry,
            charge=0,
            multiplicity=1,
            level=_LEVEL,
        )


# NWChem 7.0.2 (Open MPI) and 7.3.1 (MPICH), 1 and 2 ranks, agree to all digits given here.
WATER = KnownResult(
    name="water",
    geometry=Geometry(
        symbols=("O", "H", "H"),
        coordinates_angstrom=((0.0, 0.0, 0.117), (0.0, 0.757, -0.468), (0.0, -0.757, -0.468)),
    ),
    energy_hartree=-76.4067621,
    shieldings_ppm=(324.678, 32.400, 32.400),
)
METHANE = KnownResult(
    name="methane",
    geometry=Geometry(
        symbols=("C", "H", "H", "H", "H"),
        coordinates_angstrom=(
            (0.0, 0.0, 0.0),
            (0.63, 0.63, 0.63),
            (-0.63, -0.63, 0.63),
            (-0.63, 0.63, -0.63),
            (0.63, -0.63, -0.63),
        ),
    ),
    energy_hartree=-40.5176455,
    shieldings_ppm=(194.0225, 31.971, 31.971, 31.971, 31.971),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Whether the test calculation gave the known numbers, and what it gave."""

    is_good: bool
    text: str


class _Nowhere:
    """A store that keeps nothing."""

    def load_ensemble(self) -> Ensemble | None:
        return None

    def save_ensemble(self, ensemble: Ensemble) -> None:
        pass

    def load_result(self, label: str, *, digest: str) -> CalculationResult | None:
        return None

    def recorded_elsewhere(self, calculation: Calculation) -> Iterable[RecordedResult]:
        return ()

    def save_outcome(self, outcome: Outcome, *, digest: str, files: Mapping[str, Path]) -> None:
        pass

    def load_restart(self, label: str, *, digest: str) -> RestartSet | None:
        return None

    def save_restart(self, label: str, *, digest: str, restart: RestartSet) -> None:
        pass

    def save_interrupted(self, label: str, *, digest: str, restart: RestartSet | None, elapsed_seconds: float) -> None:
        pass


def program_version(engine: Engine, scratch_root: Path) -> str:
    """Return the version that an engine's program prints when it is started with nothing to do.

    Of an embedded engine that of its package; in words where a program can't be started.
    """
    probe = engine.facts.version_probe
    if probe is None:
        return metadata.version(engine.facts.packages[0])
    with ScratchFolder.create(scratch_root) as scratch:
        folder = scratch.subfolder("version")
        for name, text in probe.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        Programs(scratch).run(
            list(probe.command),
            folder=folder,
            environment=program_environment(os.environ, scratch=str(folder)),
            stdout=folder / "out",
            stderr=folder / "err",
        )
        found = re.search(probe.pattern, (folder / "out").read_text(encoding="utf-8", errors="replace"))
    return "of unknown version: it does not start" if found is None else found["version"]


def water_check(scratch_root: Path, *, ranks: int) -> Check | CalculationFailure:
    """Compute the shieldings of water with NWChem and compare with known values."""
    return known_check(WATER, scratch_root, engine="nwchem", cores=ranks)


def known_check(known: KnownResult, scratch_root: Path, *, engine: str, cores: int) -> Check | CalculationFailure:
    """Compute shieldings and compare with NWChem's known values, within what the engine is to keep."""
    outcome = run_alone(known.calculation, scratch_root, engine=engine, cores=cores)
    if isinstance(outcome, CalculationFailure):
        return outcome
    found = [s.isotropic_ppm for s in outcome.shieldings]
    facts = get_engine(engine).facts
    hartree, ppm = facts.energy_tolerance_hartree, facts.shielding_tolerance_ppm
    is_good = abs(outcome.energy_hartree - known.energy_hartree) < hartree and all(
        abs(a - b) < ppm for a, b in zip(found, known.shieldings_ppm, strict=True)
    )
    symbols = known.geometry.symbols
    by_element = dict(reversed(list(zip(symbols, found, strict=True))))
    values = ", ".join(f"{symbol} {by_element[symbol]:.2f}" for symbol in dict.fromkeys(symbols))
    text = (
        f"{outcome.program} {outcome.program_version}: {outcome.energy_hartree:.6f} hartree, "
        f"{values} ppm, {outcome.wall_seconds:.1f} s"
    )
    return Check(is_good=is_good, text=text)


def run_alone(calculation: Calculation, scratch_root: Path, *, engine: str, cores: int) -> Outcome:
    """Run a calculation that belongs to no run, and return its outcome; nothing of it is kept.

    No remedies: two ranks that only work as one are what a check is to find out.
    """
    with ScratchFolder.create(scratch_root) as scratch:
        workplace = Workplace(engine=get_engine(engine), scratch=scratch, programs=Programs(scratch))
        return run_calculation(
            calculation, workplace=workplace, store=_Nowhere(), cores=cores, memory_mb=1000 * cores, max_remedies=0
        )
