"""One engine after the other: what is written here once holds for each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qmnmr.datatypes.calculation import Calculation
from qmnmr.engines import engine_names, get_engine
from qmnmr.engines.engine import Engine
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Outcome, Workplace, run_calculation
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder

Run = Callable[[Calculation], Outcome]


def _marks(name: str) -> tuple[pytest.MarkDecorator, ...]:
    """An engine with programs has a mark of its name: it is skipped, or missed, where they are not."""
    return (getattr(pytest.mark, name),) if get_engine(name).facts.programs else ()


@pytest.fixture(scope="module", params=[pytest.param(name, marks=_marks(name)) for name in engine_names()])
def engine(request: pytest.FixtureRequest) -> Engine:
    return get_engine(request.param)


@pytest.fixture(scope="module")
def run(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return the function that runs a calculation with the engine; the same one a second time is not run again."""
    folder = tmp_path_factory.mktemp(engine.facts.name)
    done: dict[Calculation, Outcome] = {}

    def outcome(calculation: Calculation) -> Outcome:
        if calculation not in done:
            store = MoleculeFolder(folder / f"store{len(done)}")
            done[calculation] = run_in(folder, calculation, engine=engine, store=store)[0]
        return done[calculation]

    return outcome


def run_in(
    folder: Path,
    calculation: Calculation,
    *,
    engine: Engine,
    store: MoleculeFolder,
    cores: int = 1,
    memory_mb: int = 1000,
) -> tuple[Outcome, int]:
    """Return the outcome and how many programs were started."""
    with ScratchFolder.create(folder) as scratch:
        programs = Programs(scratch)
        workplace = Workplace(engine=engine, scratch=scratch, programs=programs)
        outcome = run_calculation(
            calculation, workplace=workplace, store=store, cores=cores, memory_mb=memory_mb, max_remedies=0
        )
    return outcome, programs.started
