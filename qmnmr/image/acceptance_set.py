"""The acceptance set: whether an installation, above all an image, computes right on this machine."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from qmnmr.datatypes.calculation import CalculationFailure
from qmnmr.errors import OutputFormatError, QmnmrError
from qmnmr.image import acceptance_programs as programs
from qmnmr.image.image_file import architecture_name
from qmnmr.programs.installation import Installation, read_installation
from qmnmr.programs.machine import MIN_SHARED_MEMORY_MB, find_program, shared_memory_mb
from qmnmr.programs.self_check import METHANE, WATER, KnownResult, known_check
from qmnmr.runs.provenance import toolkit_versions


class State(StrEnum):
    """How a check ended."""

    PASSED = "ok"
    FAILED = "FAILED"
    LEFT_OUT = "--"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One line of the acceptance set."""

    name: str
    state: State
    detail: str


Check = Callable[[Path, Installation], CheckResult]


def run_acceptance(scratch_root: Path) -> Iterator[CheckResult]:
    """Yield the result of each check as it ends. A check that can't be done is a failed one."""
    installation = read_installation()
    for name, check in _CHECKS:
        try:
            yield check(scratch_root, installation)
        except (QmnmrError, OSError, ValueError, subprocess.SubprocessError) as error:
            yield CheckResult(name=name, state=State.FAILED, detail=f"{type(error).__name__}: {error}")


def summary(results: list[CheckResult]) -> str:
    """Return the closing line."""
    failed = [r.name for r in results if r.state is State.FAILED]
    left_out = [r.name for r in results if r.state is State.LEFT_OUT]
    passed = len(results) - len(failed) - len(left_out)
    words = [f"{passed} of {len(results)} checks passed"]
    words += [f"FAILED: {', '.join(failed)}"] if failed else []
    words += [f"left out: {', '.join(left_out)}"] if left_out else []
    return "acceptance: " + ", ".join(words)


def _result(name: str, detail: str, *, is_good: bool) -> CheckResult:
    return CheckResult(name=name, state=State.PASSED if is_good else State.FAILED, detail=detail)


def _check_architecture(_: Path, installation: Installation) -> CheckResult:
    machine = platform.machine()
    if installation.label("qmnmr.architecture") is None:
        return _result("architecture", f"{machine}; this is no image, so nothing states another", is_good=True)
    stated = architecture_name(installation.label("qmnmr.architecture") or "")
    detail = machine if stated == machine else f"this machine is {machine}, the image is for {stated}"
    return _result("architecture", detail, is_good=stated == machine)


def _check_versions(_: Path, installation: Installation) -> CheckResult:
    found = toolkit_versions()
    for name in ("mpirun", "xtb"):
        program = find_program(name)
        if program.path is None or program.version is None:
            return _result("versions", f"{name} is missing or does not say its version", is_good=False)
        found[name] = program.version
    if shutil.which("nwchem") is None:
        return _result("versions", "nwchem is missing", is_good=False)
    found["nwchem"] = installation.label("qmnmr.nwchem") or "(see water)"
    return _result("versions", ", ".join(f"{k} {v}" for k, v in found.items()), is_good=True)


def _check_environment(_: Path, installation: Installation) -> CheckResult:
    """The variables that decide whether programs survive a cluster's environment."""
    if not installation.is_image:
        return CheckResult(name="environment", state=State.LEFT_OUT, detail="no image: qmnmr sets what it needs")
    wanted = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_STACKSIZE": "1G", "TZ": "UTC"}
    wrong = [f"{k}={os.environ.get(k, '')}, not {v}" for k, v in wanted.items() if os.environ.get(k) != v]
    wrong += [k for k in ("XTBPATH", "NWCHEM_BASIS_LIBRARY") if not Path(os.environ.get(k, "/nowhere")).is_dir()]
    settings = "threads, stack, XTBPATH, NWCHEM_BASIS_LIBRARY"
    return _result("environment", f"wrong: {'; '.join(wrong)}" if wrong else settings, is_good=not wrong)


def _check_user(scratch_root: Path, _: Installation) -> CheckResult:
    name, user = "user", os.geteuid()
    if user != 0:
        return _result(name, f"an ordinary user ({user}) runs all of this", is_good=True)
    try:
        energy = programs.hydrogen_energy(scratch_root, ranks=2, user=65534)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EINVAL):  # EINVAL: a user namespace without other users
            raise
        return CheckResult(name=name, state=State.LEFT_OUT, detail="root can't become another user here; test as one")
    return _result(name, f"root, and as uid 65534 NWChem gives {energy:.6f} hartree", is_good=True)


def _check_shared_memory(_: Path, __: Installation) -> CheckResult:
    found = shared_memory_mb()
    detail = f"{found} MB"
    if found < MIN_SHARED_MEMORY_MB:
        detail += f"; MPI needs {MIN_SHARED_MEMORY_MB} MB for each calculation: give the container or node a larger one"
    return _result("/dev/shm", detail, is_good=found >= MIN_SHARED_MEMORY_MB)  # noqa: S108


def _check_scratch(scratch_root: Path, _: Installation) -> CheckResult:
    free_mb = shutil.disk_usage(scratch_root).free // 1_000_000
    detail = f"{scratch_root}, {free_mb} MB free"
    return _result("scratch", detail, is_good=free_mb >= programs.MIN_SCRATCH_MB)


def _check_basis_sets(scratch_root: Path, _: Installation) -> CheckResult:
    names = programs.basis_set_names()
    problem = programs.basis_set_problem(scratch_root, names)
    return _result("basis sets", problem or ", ".join(names), is_good=not problem)


def _check_mpi(ranks: int) -> Check:
    def check(scratch_root: Path, _: Installation) -> CheckResult:
        name = f"MPI, {ranks} rank{'s' * (ranks > 1)}"
        energy = programs.hydrogen_energy(scratch_root, ranks=ranks, user=None)
        return _result(name, f"NWChem in {ranks} process{'es' * (ranks > 1)}, H2 {energy:.6f} hartree", is_good=True)

    return check


def _check_known(name: str, known: KnownResult, *, engine: str, cores: int) -> Check:
    def check(scratch_root: Path, _: Installation) -> CheckResult:
        outcome = known_check(known, scratch_root, engine=engine, cores=cores)
        if isinstance(outcome, CalculationFailure):
            raise OutputFormatError(f"{outcome.message} ({outcome.evidence})")
        detail = outcome.text if outcome.is_good else f"other numbers than a sound NWChem gives: {outcome.text}"
        return _result(name, detail, is_good=outcome.is_good)

    return check


def _check_xtb(scratch_root: Path, _: Installation) -> CheckResult:
    energy = programs.xtb_water_optimization(scratch_root)
    is_good = abs(energy - programs.XTB_WATER_HARTREE) < 1e-6
    return _result("xTB optimisation", f"water {energy:.6f} hartree", is_good=is_good)


def _check_stack(scratch_root: Path, _: Installation) -> CheckResult:
    energy = programs.xtb_large_molecule(scratch_root)
    is_good = abs(energy - programs.XTB_ICOSANE_HARTREE) < 1e-6
    return _result("xTB, 62 atoms", f"C20H42 {energy:.6f} hartree, the stack is large enough", is_good=is_good)


def _check_crest(scratch_root: Path, installation: Installation) -> CheckResult:
    if shutil.which("crest") is not None:
        count = programs.crest_conformers(scratch_root)
        return _result("CREST", f"{count} conformers of 1-propanol", is_good=count > 0)
    if installation.label("qmnmr.recipe") == "conda":
        return _result("CREST", "missing, though conda-forge has it", is_good=False)
    return CheckResult(name="CREST", state=State.LEFT_OUT, detail="not in here: Debian has no CREST")


def _check_drawing(_: Path, __: Installation) -> CheckResult:
    size = programs.drawn_bytes()
    return _result("drawing", f"RDKit drew ethanol without X, {size} bytes of PNG", is_good=size > 0)


def _check_command_line(scratch_root: Path, _: Installation) -> CheckResult:
    told = programs.told_helps(scratch_root)
    tasks = programs.dry_submission_tasks(scratch_root)
    detail = f"{len(told)} commands tell their help, a dry submission writes a job script of {tasks} tasks"
    return _result("command line", detail, is_good=True)


_CHECKS: tuple[tuple[str, Check], ...] = (
    ("architecture", _check_architecture),
    ("versions", _check_versions),
    ("environment", _check_environment),
    ("/dev/shm", _check_shared_memory),  # noqa: S108
    ("scratch", _check_scratch),
    ("basis sets", _check_basis_sets),
    ("MPI, 1 rank", _check_mpi(1)),
    ("MPI, 2 ranks", _check_mpi(2)),
    ("user", _check_user),
    ("water, 1 rank", _check_known("water, 1 rank", WATER, engine="nwchem", cores=1)),
    ("water, 2 ranks", _check_known("water, 2 ranks", WATER, engine="nwchem", cores=2)),
    ("methane, 1 rank", _check_known("methane, 1 rank", METHANE, engine="nwchem", cores=1)),
    ("embedded engine", _check_known("embedded engine", METHANE, engine="pyscf", cores=1)),
    ("xTB optimisation", _check_xtb),
    ("xTB, 62 atoms", _check_stack),
    ("CREST", _check_crest),
    ("drawing", _check_drawing),
    ("command line", _check_command_line),
)
