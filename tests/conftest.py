"""Which programs the tests may use, and which of them must not be missing."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from qmnmr.engines.facts import THREAD_VARIABLES

CHEAPEST = "draft"
"""The protocol of tests that name none: the least work, and levels that every NWChem has."""

ENGINE = "nwchem" if shutil.which("nwchem") else "pyscf"
"""The engine of tests that name none: where there is NWChem, what a program outside Python can do is tested with it."""

SETTINGS = {"QMNMR_PROTOCOL": CHEAPEST, "QMNMR_ENGINE": ENGINE}
# Before numpy is there: threads of the tests' own processes would wait for each other on a busy machine.
os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
os.environ.update(SETTINGS)  # also for fixtures that are older than `clean_environment`
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", ""), "/opt/apptainer/bin", "/usr/sbin"])

# Always the same examples, and however long they take: no test depends on chance or on how fast the machine is.
settings.register_profile(
    "qmnmr",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("qmnmr")

PROGRAMS = {
    "nwchem": ("nwchem", "mpirun"),
    "xtb": ("xtb",),
    "slurm": ("slurmctld", "slurmd", "sbatch", "munged", "slurmdbd", "mariadbd"),
    "apptainer": ("apptainer", "debootstrap", "openssl"),
    "chromium": ("chromium",),
}


def _missing(name: str) -> list[str]:
    return [command for command in PROGRAMS[name] if shutil.which(command) is None]


def _let_children_take_signals() -> None:
    """Ignore what is ignored (in the background, behind nohup) in this process alone: programs inherit it otherwise."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--require", default="", help="programs that must be there: nwchem,xtb,slurm,apptainer,chromium")


def pytest_configure(config: pytest.Config) -> None:
    _let_children_take_signals()
    wanted = [name for name in config.getoption("--require").split(",") if name]
    unknown = [name for name in wanted if name not in PROGRAMS]
    if unknown:
        raise pytest.UsageError(f"--require knows {', '.join(PROGRAMS)}; not {', '.join(unknown)}")
    missing = {name: _missing(name) for name in wanted if _missing(name)}
    if missing:
        raise pytest.UsageError(f"required programs are missing: {missing}")


LONGEST_FIRST = (
    "test_image",
    "test_faults",
    "test_image_jobs",
    "test_engines",
    "test_cluster_faults",
    "test_predict",
    "test_same_number",
    "test_remedies",
    "test_another_engine",
    "test_interruption",
    "test_arrays",
    "test_first_array",
    "test_docs_commands",
    "test_physics",
    "test_two_hands",
    "test_calibrate",
)
"""Files that take minutes begin the run (make test keeps the order): one at its end would leave processes idle."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {f"{name}.py": number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))
    for item in items:
        for name in PROGRAMS:
            if item.get_closest_marker(name) and _missing(name):
                item.add_marker(pytest.mark.skip(reason=f"{name} is not installed ({', '.join(_missing(name))})"))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the person who runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith("QMNMR_") or name == "SCRATCH_DIR":
            monkeypatch.delenv(name)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture(scope="session")
def golden() -> Callable[[str], Path]:
    """Return the path of a recorded NWChem output by the name of its case."""

    def find(case: str) -> Path:
        folder = Path(__file__).parent / "golden" / "nwchem" / "7.0.2" / case
        return next(p for p in (folder / "output.out.gz", folder / "output.out") if p.exists())

    return find
