"""The Debian twin of the image, really used; its jobs are in slurm/test_image_jobs.py."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from qmnmr.datatypes.calculation import Calculation
from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.engines.xtb import library
from qmnmr.engines.xtb.engine import XtbEngine
from qmnmr.funnel.ranking import rank
from qmnmr.funnel.searching.search import search_conformers
from qmnmr.funnel.side_by_side import AnyEngine, run_one
from qmnmr.programs.container import ProgramImage, container_argv, container_environment, missing_capabilities
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Outcome, Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.protocols import get_protocol
from qmnmr.structures import read_molecules
from qmnmr.units import HARTREE_KCAL_PER_MOL

pytestmark = pytest.mark.apptainer

REPOSITORY = Path(__file__).parents[2]
NOBODY = 65534
MAX_MB = 600
CLOSING_LINE = "acceptance: 17 of 18 checks passed, left out: CREST"
HOSTILE = {
    "NWCHEM_BASIS_LIBRARY": "/nowhere/",
    "XTBPATH": "/nowhere",
    "TMPDIR": "/nowhere",
    "OMP_NUM_THREADS": "64",
    "OMP_STACKSIZE": "100K",
    "PYTHONPATH": "/nowhere",
    "SLURM_JOB_ID": "1",
    "SLURM_JOBID": "1",
    "SLURM_NTASKS": "1",
    "SLURM_NNODES": "1",
    "SLURM_JOB_NODELIST": "node001",
    "SLURM_NODELIST": "node001",
    "SLURM_TASKS_PER_NODE": "1",
    "PMIX_RANK": "0",
    "PMIX_NAMESPACE": "slurm.pmix.1.0",
}
"""What a cluster's job may bring along where --cleanenv is forgotten."""


def run(argv: Sequence[str | Path], **settings: Any) -> subprocess.CompletedProcess[str]:
    settings = {"env": {**os.environ, **missing_capabilities(os.environ)}, "timeout": 1800, **settings}
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=False, **settings)


def image(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, "-m", "qmnmr", "image", *arguments], cwd=REPOSITORY)


@pytest.fixture
def home() -> Iterator[Path]:
    """The folder of an ordinary user; pytest's own folders are private to root."""
    with tempfile.TemporaryDirectory(prefix="qmnmr-test-") as text:
        folder = Path(text)
        folder.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        yield folder


@pytest.fixture
def public_twin(twin: Path) -> Iterator[Path]:
    """The image where everybody can read it."""
    with tempfile.TemporaryDirectory(prefix="qmnmr-test-") as text:
        Path(text).chmod(0o755)
        yield Path(shutil.copy(twin, Path(text) / "twin.sif"))


@pytest.fixture
def private_copy(twin: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(twin, tmp_path / "copy.sif"))


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder with two key pairs: ours, ours.pub, theirs, theirs.pub."""
    for name in ("ours", "theirs"):
        key = tmp_path / name
        assert run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key]).returncode == 0
        assert run(["openssl", "pkey", "-in", key, "-pubout", "-out", key.with_suffix(".pub")]).returncode == 0
    return tmp_path


def as_ordinary_user(argv: Sequence[str | Path], home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    return run(argv, env={"PATH": os.environ["PATH"], "HOME": str(home), **variables}, cwd=home, **user)


def test_the_twin_is_below_its_size(twin: Path) -> None:
    assert twin.stat().st_size < MAX_MB * 1_000_000


def test_the_acceptance_set_passes_for_who_runs_the_tests(twin: Path) -> None:
    done = image("test", twin)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == CLOSING_LINE
    assert [line.split()[0] for line in lines[:-1]].count("ok") == 17


def test_the_acceptance_set_passes_for_an_ordinary_user_whatever_a_cluster_sets(public_twin: Path, home: Path) -> None:
    contained = ["apptainer", "exec", "--contain", "--bind", f"{home}:/scratch"]
    done = as_ordinary_user([*contained, public_twin, "qmnmr", "image", "test"], home, **HOSTILE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "an ordinary user" in done.stdout
    assert done.stdout.splitlines()[-1] == CLOSING_LINE


def test_everything_in_the_input_folder_is_predicted(public_twin: Path, home: Path, tmp_path: Path) -> None:
    molecules, results = home / "molecules", home / "results"
    for folder in (molecules, results):
        folder.mkdir()
        shutil.chown(folder, home.stat().st_uid)
    (molecules / "list.smi").write_text("C methane\n")
    (molecules / "notes.txt").write_text("not a molecule")
    binds = f"{molecules}:/input:ro,{results}:/output"
    argv: list[str | Path] = ["apptainer", "run", "--containall", "--bind", binds, public_twin]
    done = as_ordinary_user(argv, home)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [row.split(",") for row in (results / "shifts.csv").read_text().splitlines()]
    assert rows[0][:5] == ["molecule", "atoms", "element", "nucleus", "shielding_ppm"]
    assert [row[:3] for row in rows[1:]] == [["methane", "1", "C"], ["methane", "2 3 4 5", "H"]]
    assert "not read: /input/notes.txt" in done.stderr
    assert not list(results.glob("qmnmr-*")), "scratch was left"
    again = as_ordinary_user(argv, home)
    assert "nothing to compute" in again.stderr, again.stdout + again.stderr


def test_a_run_without_molecules_says_what_to_bind(twin: Path) -> None:
    done = run(["apptainer", "--quiet", "run", "--containall", twin])
    assert done.returncode == 2
    assert done.stderr.startswith("Error: /input is empty")
    assert "--bind FOLDER_WITH_MOLECULES:/input" in done.stderr


def test_other_arguments_go_to_qmnmr(twin: Path) -> None:
    done = run(["apptainer", "--quiet", "run", "--containall", twin, "--version"])
    assert done.stdout.startswith("qmnmr, version")


def test_the_labels_say_what_is_inside(twin: Path) -> None:
    done = image("info", twin)
    assert done.returncode == 0, done.stderr
    facts = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert facts["architecture"] == facts["qmnmr.architecture"] == platform.machine()
    assert facts["qmnmr.recipe"] == "debian"
    assert facts["qmnmr.nwchem"].startswith("7.3.1")
    assert facts["qmnmr.xtb"].startswith("6.7.1")
    assert facts["qmnmr.crest"] == "none"
    assert facts["qmnmr.pyscf"] == metadata.version("pyscf")
    assert len(facts["sha256"]) == 64


def test_a_signed_image_is_accepted_and_a_changed_one_refused(private_copy: Path, keys: Path) -> None:
    unsigned = image("verify", private_copy, "--key", keys / "ours.pub")
    assert (unsigned.returncode, "is not signed" in unsigned.stderr) == (3, True)
    signed = image("sign", private_copy, "--key", keys / "ours")
    assert signed.returncode == 0, signed.stderr
    stated = tomllib.loads(signed.stdout)["container"]
    assert stated["images"] == {platform.machine(): str(private_copy)}
    digest = stated["sha256"][platform.machine()]
    good = image("verify", private_copy, "--key", keys / "ours.pub", "--sha256", digest)
    assert good.returncode == 0, good.stderr
    flip_one_bit(private_copy, private_copy.stat().st_size // 2)
    changed = image("verify", private_copy, "--key", keys / "ours.pub")
    assert (changed.returncode, "was changed after it was signed" in changed.stderr) == (3, True), changed.stderr
    other = image("verify", private_copy, "--key", keys / "ours.pub", "--sha256", digest)
    assert (other.returncode, "is not the stated one" in other.stderr) == (3, True)


def flip_one_bit(path: Path, position: int) -> None:
    with path.open("r+b") as file:
        file.seek(position)
        byte = file.read(1)[0]
        file.seek(position)
        file.write(bytes([byte ^ 1]))


def test_an_image_signed_with_another_key_is_refused(private_copy: Path, keys: Path) -> None:
    assert image("sign", private_copy, "--key", keys / "theirs").returncode == 0
    done = image("verify", private_copy, "--key", keys / "ours.pub")
    assert (done.returncode, "can't be verified with" in done.stderr) == (3, True), done.stderr


def test_an_image_for_another_architecture_is_refused_before_it_is_started(private_copy: Path) -> None:
    with private_copy.open("r+b") as file:
        file.seek(45)
        file.write({"x86_64": b"04", "aarch64": b"02"}[platform.machine()])
    done = image("test", private_copy)
    assert done.returncode == 3
    assert f"{platform.machine()} is needed" in done.stderr


def test_the_programs_alone_survive_a_clusters_environment(twin: Path, tmp_path: Path) -> None:
    """Without qmnmr between them: mpirun and nwchem, as an app of the image."""
    (tmp_path / "h2.nw").write_text(
        "start h2\ngeometry\n H 0 0 0\n H 0 0 0.74\nend\nbasis\n * library sto-3g\nend\ntask scf\n"
    )
    hostile = {"SLURM_JOB_ID": "1", "SLURM_JOB_NODELIST": "node001", "SLURM_NNODES": "1", "PMIX_RANK": "0"}
    environment = {**os.environ, **missing_capabilities(os.environ), **hostile, "NRANKS": "2", "TMPDIR": "/nowhere"}
    argv = [
        "apptainer",
        "--quiet",
        "run",
        "--bind",
        f"{tmp_path}:/scratch",
        "--pwd",
        "/scratch",
        "--app",
        "nwchem",
    ]
    done = run([*argv, twin, "h2.nw"], env=environment, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert "-1.11675931" in done.stdout


def test_a_conda_environment_is_activated_for_every_entry(twin: Path, tmp_path: Path) -> None:
    """A stand-in for the tree of the conda image, in the twin: what the two do not share is the activation."""
    conda = tmp_path / "conda"
    for folder in ("conda-meta", "etc/conda/activate.d", "bin", "share/xtb"):
        (conda / folder).mkdir(parents=True)
    (conda / "etc/conda/activate.d/nwchem_env.sh").write_text(
        "export NWCHEM_BASIS_LIBRARY=$CONDA_PREFIX/share/nwchem/libraries/\n"
        "export NWCHEM_NWPW_LIBRARY=$CONDA_PREFIX/share/nwchem/libraryps/\n"
    )
    (conda / "etc/conda/activate.d/nwchem_env.fish").write_text("set -gx NWCHEM_BASIS_LIBRARY wrong")
    hostile = {"XTBPATH": "/nowhere", "NWCHEM_BASIS_LIBRARY": "/nowhere"}
    environment = {**os.environ, **missing_capabilities(os.environ), **hostile}
    for entry in (["exec"], ["exec", "--cleanenv"], ["exec", "--containall"]):
        done = run(["apptainer", "--quiet", *entry, "--bind", f"{conda}:/opt/conda", twin, "env"], env=environment)
        found = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
        assert found["NWCHEM_BASIS_LIBRARY"] == "/opt/conda/share/nwchem/libraries/", done.stderr
        assert found["NWCHEM_NWPW_LIBRARY"] == "/opt/conda/share/nwchem/libraryps/"
        assert found["XTBPATH"] == "/opt/conda/share/xtb"
        assert found["PATH"].startswith("/opt/conda/bin:")


def test_xtb_of_the_image_ranks_where_the_machine_has_none(
    twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a task does under a site's runs = "programs": qmnmr here, each program in a container of its own."""
    (tmp_path / "bin").mkdir()
    for name in ("apptainer", "sh"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(library, "absence", lambda: "the Python package tblite is not installed")
    (molecule,) = read_molecules(["ClCCCl"])
    protocol = get_protocol("draft", solvent=find_solvent("chloroform"))
    with ScratchFolder.create(tmp_path) as scratch:
        image = ProgramImage(path=twin)
        workplace = Workplace(engine=XtbEngine(), scratch=scratch, programs=Programs(scratch), image=image)
        assert [workplace.has_program(name) for name in ("nwchem", "xtb", "crest")] == [True, True, False]

        def run_all(calculations: Sequence[Calculation], engine: AnyEngine) -> list[Outcome]:
            store, share = MoleculeFolder(tmp_path / "molecule"), Resources(cores=1, memory_mb=500)
            return [run_one(c, engine, workplace=workplace, store=store, share=share) for c in calculations]

        found = search_conformers(molecule, protocol)
        ranked = rank(found, protocol, run=run_all, has_program=workplace.has_program)
    assert ranked.step is not None, ranked.notes
    assert "xtb 6.7.1" in ranked.step.method
    assert [c.label for c in ranked.conformers] == ["c001", "c002"]
    first, second = (c.energy_hartree for c in ranked.conformers)
    assert first is not None
    assert second is not None
    assert 0.3 < (second - first) * HARTREE_KCAL_PER_MOL < 2.0


def test_the_image_can_not_be_written_to(twin: Path) -> None:
    argv = container_argv(twin, ["touch", "/opt/qmnmr/mark"], binds=[], folder=Path("/"))
    done = run(argv, env=container_environment(os.environ, {}))
    assert done.returncode != 0
    assert "Read-only file system" in done.stderr


def test_the_modules_commands_work_in_the_image_on_files_elsewhere(twin: Path, tmp_path: Path) -> None:
    """There is no Slurm inside, but a submission can be looked at."""
    commands = Path(__file__).parents[2] / "apptainer" / "bin"
    for name in ("here", "data"):
        (tmp_path / name).mkdir()
    (tmp_path / "data" / "two.smi").write_text("C methane\nCO methanol\n")
    settings = {"QMNMR_IMAGE": str(twin), "PATH": f"{commands}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)}
    environment = {**os.environ, **missing_capabilities(os.environ), **settings}
    words = ("submit", "../data/two.smi", "--protocol", "draft", "--solvent", "gas", "--dry-run")
    done = run(["qmnmr", *words], env=environment, cwd=tmp_path / "here")
    assert done.returncode == 0, done.stderr
    assert "#SBATCH --array=0-1%2\n" in done.stdout
    assert "the script is that of the site generic with Slurm's own defaults" in done.stderr
    assert "6.7.1" in run(["qmnmr-xtb", "--version"], env=environment, cwd=tmp_path / "here").stdout


def test_missing_crest_is_told(twin: Path) -> None:
    done = run(["apptainer", "--quiet", "run", "--app", "crest", twin])
    assert (done.returncode, "this image has no CREST" in done.stderr) == (4, True)


def test_the_conda_definition_is_sound_up_to_the_first_step_that_needs_the_network(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "qmnmr-0-py3-none-any.whl").touch()
    nowhere = ("--build-arg", "REGISTRY=registry.invalid/")
    done = image("build", "--recipe", "conda", "--wheels", wheels, *nowhere, "--out", tmp_path / "q.sif")
    assert done.returncode == 3
    assert "registry.invalid" in done.stderr, done.stderr
    assert "no such host" in done.stderr, done.stderr
