"""How fast this machine is beside the one that the cost model was fitted on; kept with the user's files."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.programs.machine import processor_name
from qmnmr.programs.self_check import run_alone
from qmnmr.records import decode, encode, write_atomically
from qmnmr.user_files import user_folder

BENCHMARK = Calculation(
    label="benchmark",
    kind=CalculationKind.SHIELDING,
    geometry=Geometry(
        symbols=("C", "C", "O", "H", "H", "H", "H", "H", "H"),
        coordinates_angstrom=(
            (0.87705, 0.18081, 0.12579),
            (-0.46918, -0.50807, 0.04134),
            (-1.33521, 0.22245, -0.81496),
            (0.76862, 1.19484, 0.52445),
            (1.56172, -0.37882, 0.76915),
            (1.32418, 0.27604, -0.86916),
            (-0.9339, -0.58403, 1.02904),
            (-0.358, -1.51709, -0.36617),
            (-1.43528, 1.11385, -0.43947),
        ),
    ),
    charge=0,
    multiplicity=1,
    level=LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=None),
)
"""Ethanol's shieldings at B3LYP/6-31G*, gas phase, with the plain input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSpeed:
    """A measured benchmark of one engine."""

    engine: str
    cpu_seconds: float
    program_version: str
    processor: str
    host: str
    date_utc: str

    @property
    def factor(self) -> float:
        """This machine's CPU time beside that of the machine of the fit: 2 is half as fast."""
        return self.cpu_seconds / get_engine(self.engine).facts.benchmark_cpu_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedFile:
    """What speed.json holds: measured speeds by engine."""

    speeds: dict[str, MachineSpeed]


def speed_file() -> Path:
    """Return the file of measured speeds: $XDG_CONFIG_HOME/qmnmr/speed.json."""
    return user_folder() / "speed.json"


def measured_speeds() -> dict[str, MachineSpeed]:
    """Return what was measured, by engine; nothing where nothing was. Raises OutputFormatError for a broken file."""
    path = speed_file()
    return decode(path.read_bytes(), SpeedFile, source=path).speeds if path.exists() else {}


def measure_speed(engine_name: str, scratch_root: Path) -> MachineSpeed | CalculationFailure:
    """Run the benchmark on one core and keep what it took."""
    outcome = run_alone(BENCHMARK, scratch_root, engine=engine_name, cores=1)
    if isinstance(outcome, CalculationFailure):
        return outcome
    speed = MachineSpeed(
        engine=engine_name,
        cpu_seconds=outcome.cpu_seconds,
        program_version=outcome.program_version,
        processor=processor_name(),
        host=platform.node(),
        date_utc=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    path = speed_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, encode(SpeedFile(speeds={**measured_speeds(), engine_name: speed})))
    return speed
