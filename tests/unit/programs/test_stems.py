"""Programs that branch off a loaded process: they end, fail and are stopped as programs of their own do."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.errors import InterruptedRunError
from qmnmr.programs.processes import Ended, Programs
from qmnmr.programs.run_calculation import Workplace, run_calculation
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder

pytest.importorskip("pyscf")

STEM = (
    sys.executable,
    "-c",
    "import os, sys\nfrom qmnmr.engines.pyscf.stem import serve\nserve(sys.stdin, os.dup(1), exec, input_file='input')",
)


@pytest.fixture
def scratch(tmp_path):
    with ScratchFolder.create(tmp_path) as folder:
        yield folder


def _branch(programs: Programs, scratch: ScratchFolder, code: str, *, stem: tuple[str, ...] = STEM, **options) -> Ended:
    folder = scratch.subfolder("program")
    (folder / "input").write_text(code)
    return programs.run(
        [sys.executable, "-c", f"print('alone'); {code}"],
        folder=folder,
        environment={**os.environ, "TMPDIR": str(folder)},
        stdout=folder / "out",
        stderr=folder / "err",
        stem=stem,
        **options,
    )


def _said(scratch: ScratchFolder) -> list[str]:
    """Return what each program has said; the files of one that is about to begin may not be there yet."""
    return [out.read_text().strip() for out in sorted(scratch.path.glob("program-*/out"), key=os.path.getmtime)]


def _children() -> set[int]:
    own = os.getpid()
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == own and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


def test_branches_have_their_own_folder_environment_exit_code_and_cpu_time(scratch):
    before = _children()
    says = "import os, tempfile; print(os.getppid(), os.getcwd() == os.environ['TMPDIR'] == tempfile.gettempdir())"
    with Programs(scratch) as programs:
        first = _branch(programs, scratch, says)
        busy = _branch(programs, scratch, "import time\nwhile time.process_time() < 0.3: pass\nraise SystemExit(3)")
        killed = _branch(programs, scratch, "import os; os.kill(os.getpid(), 9)")
        assert [first.exit_code, busy.exit_code, killed.exit_code] == [0, 1, -9]
        after = _branch(programs, scratch, says)
        assert after.cpu_seconds < first.cpu_seconds, "the first holds what the stem took"
        assert busy.cpu_seconds >= 0.3
        assert programs.started == 4
        assert len(_children() - before) == 1
    said = _said(scratch)
    assert said[0] == said[3], "one stem for all"
    assert said[0].endswith(" True")
    assert _children() == before, "no stem is left"


def test_a_stem_that_is_gone_is_a_killed_program_and_the_next_gets_another(scratch):
    with Programs(scratch) as programs:
        assert _branch(programs, scratch, "import os; os.kill(os.getppid(), 9); os.abort()").exit_code < 0
        assert _branch(programs, scratch, "print('again')").exit_code == 0
    assert _said(scratch)[-1] == "again"


@pytest.mark.parametrize("stem", [(sys.executable, "-c", "pass"), ("nosuchprogram",)])
def test_without_a_stem_that_begins_a_program_runs_alone(scratch, stem):
    with Programs(scratch) as programs:
        assert _branch(programs, scratch, "", stem=stem).exit_code == 0
    assert _said(scratch) == ["alone"]


def test_stems_are_kept_within_with_only(scratch):
    before = _children()
    assert _branch(Programs(scratch), scratch, "").exit_code == 0
    assert _said(scratch) == ["alone"]
    assert _children() == before


def test_stop_ends_a_branch_and_the_stems(scratch):
    before, outcome = _children(), []
    with Programs(scratch) as programs:
        _branch(programs, scratch, "")

        def work() -> None:
            try:
                _branch(programs, scratch, "import time; print('here', flush=True); time.sleep(600)")
            except InterruptedRunError as error:
                outcome.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        while "here" not in _said(scratch):
            time.sleep(0.01)
        programs.stop()
        thread.join()
        assert len(outcome) == 1
        with pytest.raises(InterruptedRunError):
            _branch(programs, scratch, "")
    assert _children() == before


def test_what_looks_at_a_branch_may_end_it(scratch):
    def look() -> None:
        raise RuntimeError("seen enough")

    with Programs(scratch, look_seconds=0.05) as programs, pytest.raises(RuntimeError, match="seen enough"):
        _branch(programs, scratch, "import time; time.sleep(600)", meanwhile=look)


def test_a_calculation_is_the_same_from_a_stem(scratch, tmp_path):
    level = LevelOfTheory(functional="hf", basis="3-21g", spherical=True, solvent=None)
    water = Geometry(symbols=("O", "H", "H"), coordinates_angstrom=((0, 0, 0.12), (0, 0.76, -0.48), (0, -0.76, -0.48)))
    found = []
    for number, programs in enumerate((Programs(scratch), Programs(scratch))):
        place = Workplace(engine=get_engine("pyscf"), scratch=scratch, programs=programs)
        for kind in (CalculationKind.GRADIENT, CalculationKind.SHIELDING):
            asked = Calculation(label=kind.value, kind=kind, geometry=water, charge=0, multiplicity=1, level=level)
            store = MoleculeFolder(tmp_path / str(number))
            if number:
                programs.__enter__()
            outcome = run_calculation(asked, workplace=place, store=store, cores=1, memory_mb=500)
            assert isinstance(outcome, CalculationResult)
            found.append(
                (outcome.energy_hartree, outcome.gradient, [s.isotropic_ppm for s in outcome.shieldings or ()])
            )
        programs.__exit__(None, None, None)
    assert found[:2] == found[2:]


def test_term_from_outside_reaches_the_branch_alone(scratch):
    with Programs(scratch) as programs:
        ended = _branch(programs, scratch, f"import os; os.kill(os.getpid(), {int(signal.SIGTERM)})")
        assert ended.exit_code == -signal.SIGTERM
        assert _branch(programs, scratch, "").exit_code == 0


def test_what_keeps_a_branch_from_beginning_is_said_in_its_own_file(scratch):
    with Programs(scratch) as programs:
        folder = scratch.subfolder("program")
        ended = programs.run(
            [sys.executable, "-c", ""],
            folder=folder / "gone",
            environment=dict(os.environ),
            stdout=folder / "out",
            stderr=folder / "err",
            stem=STEM,
        )
        assert ended.exit_code == 1
        assert "FileNotFoundError" in (folder / "err").read_text()
        assert _branch(programs, scratch, "").exit_code == 0
