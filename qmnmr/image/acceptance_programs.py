"""What the acceptance set runs beside whole calculations: small inputs of NWChem, xTB, CREST and RDKit."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from qmnmr.engines.facts import mpirun
from qmnmr.engines.nwchem.basis_sets import BASIS_SETS
from qmnmr.errors import OutputFormatError
from qmnmr.programs.attached import Finished, run_read
from qmnmr.programs.command_line import program_environment
from qmnmr.runs.predict import MIN_SCRATCH_MB
from qmnmr.runs.protocols import get_protocol, protocol_names

__all__ = ["MIN_SCRATCH_MB"]

XTB_WATER_HARTREE = -5.070544172185
"""GFN2-xTB minimum of water; xTB 6.5.1 and 6.7.1."""
XTB_ICOSANE_HARTREE = -64.289540697
"""GFN2-xTB energy of all-trans icosane at the geometry below; xTB 6.5.1 and 6.7.1."""

_HYDROGEN_HARTREE = -1.116759307  # RHF/STO-3G at 0.74 angstrom

_HYDROGEN = """start h2
geometry noautosym
 H 0 0 0
 H 0 0 0.74
end
basis
 * library sto-3g
end
task scf energy
"""

_ELEMENTS = ("H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl")
_WATER_XYZ = "3\nwater\nO 0 0 0.117\nH 0 0.757 -0.468\nH 0 -0.757 -0.468\n"
_PROPANOL = "CCCO"

_NWCHEM_ENERGY = re.compile(r"^\s*Total SCF energy =\s+(?P<energy>-\d+\.\d+)\s*$", re.MULTILINE)
_NWCHEM_RANKS = re.compile(r"^\s*nproc\s+=\s+(?P<ranks>\d+)\s*$", re.MULTILINE)
_BASIS_FAILURE = re.compile(r"(?P<words>bas_tag_lib: .*|There is an error in the specified basis set)")
_ARRAY = re.compile(r"^#SBATCH --array=0-(?P<last>\d+)", re.MULTILINE)
_USAGE = re.compile(r"^Usage: (?P<command>qmnmr(?: [a-z]+)*) ", re.MULTILINE)
_XTB_ENERGY = re.compile(r"^\s*\|\s*TOTAL ENERGY\s+(?P<energy>-\d+\.\d+) Eh\s*\|\s*$", re.MULTILINE)


def hydrogen_energy(scratch_root: Path, *, ranks: int, user: int | None) -> float:
    """Return the RHF energy of H2 by NWChem with MPI, as another user where root asks for that.

    Raises OutputFormatError if it failed, ran in other than `ranks` processes or gave another energy.
    """
    root = scratch_root if user is None else _open_to_all(scratch_root)
    with _folder(root, user=user) as folder:
        (folder / "h2.nw").write_text(_HYDROGEN, encoding="utf-8")
        argv = mpirun("nwchem", "h2.nw", ranks=ranks)
        done = _run(argv, folder, user=user)
    energy, found_ranks = _NWCHEM_ENERGY.search(done.stdout), _NWCHEM_RANKS.search(done.stdout)
    if energy is None or found_ranks is None:
        raise OutputFormatError(f"NWChem printed no energy: {done.last_line}")
    if int(found_ranks["ranks"]) != ranks:
        raise OutputFormatError(
            f"NWChem ran with {found_ranks['ranks']} ranks, not {ranks}: is mpirun that of its MPI?"
        )
    value = float(energy["energy"])
    if abs(value - _HYDROGEN_HARTREE) > 1e-6:
        raise OutputFormatError(f"NWChem's energy of H2 is {value}, not {_HYDROGEN_HARTREE} hartree")
    return value


def basis_set_names() -> tuple[str, ...]:
    """Return the basis sets of all protocols that NWChem's library has, as it calls them."""
    protocols = [get_protocol(name, solvent=None) for name in protocol_names()]
    levels = [step.level for p in protocols for step in p.steps()]
    names = dict.fromkeys(BASIS_SETS[level.basis].library for level in levels)
    return tuple(name for name in names if name)


def basis_set_problem(scratch_root: Path, names: Sequence[str]) -> str:
    """Return what NWChem says against one of these basis sets for the elements that qmnmr reports; empty: nothing."""
    atoms = "\n".join(f" {symbol} 0 0 {4 * i}" for i, symbol in enumerate(_ELEMENTS))
    # Element by element: `* library` reads nothing before there is a task.
    blocks = "\n".join(
        f'basis "b{i}" spherical\n' + "".join(f' {s} library "{name}"\n' for s in _ELEMENTS) + "end"
        for i, name in enumerate(names)
    )
    with _folder(scratch_root) as folder:
        (folder / "basis.nw").write_text(f"start b\ngeometry noautosym\n{atoms}\nend\n{blocks}\n", encoding="utf-8")
        done = _run(mpirun("nwchem", "basis.nw", ranks=1), folder, is_failure_told=False)
    if done.exit_code == 0:
        return ""
    match = _BASIS_FAILURE.search(done.words)
    return f"NWChem can't read them all: {done.last_line if match is None else match['words'].strip()}"


def xtb_water_optimization(scratch_root: Path) -> float:
    """Return the energy of water optimised by GFN2-xTB."""
    return _xtb_energy(scratch_root, _WATER_XYZ, "--opt")


def xtb_large_molecule(scratch_root: Path) -> float:
    """Return the GFN2-xTB energy of all-trans icosane: with a small stack xTB dies of it."""
    return _xtb_energy(scratch_root, alkane_xyz(20))


def _xtb_energy(scratch_root: Path, xyz: str, *options: str) -> float:
    with _folder(scratch_root) as folder:
        (folder / "molecule.xyz").write_text(xyz, encoding="utf-8")
        done = _run(["xtb", "molecule.xyz", "--gfn", "2", *options], folder)
    found = _XTB_ENERGY.findall(done.stdout)
    if not found:
        raise OutputFormatError(f"xTB printed no energy: {done.last_line}")
    return float(found[-1])


def crest_conformers(scratch_root: Path) -> int:
    """Return how many conformers of 1-propanol CREST finds with GFN-FF."""
    with _folder(scratch_root) as folder:
        (folder / "molecule.xyz").write_text(_embedded_xyz(_PROPANOL), encoding="utf-8")
        done = _run(["crest", "molecule.xyz", "--gfnff", "--quick", "-T", "1"], folder)
        ensemble = folder / "crest_conformers.xyz"
        if not ensemble.is_file():
            raise OutputFormatError(f"CREST wrote no conformers: {done.last_line}")
        lines = ensemble.read_text(encoding="utf-8").splitlines()
    return len(lines) // (int(lines[0]) + 2)


def drawn_bytes() -> int:
    """Return the size of a PNG that RDKit drew with no display named; 0 if it is none."""
    os.environ.pop("DISPLAY", None)
    from rdkit import Chem
    from rdkit.Chem.Draw import rdMolDraw2D

    drawer = rdMolDraw2D.MolDraw2DCairo(200, 150)
    drawer.DrawMolecule(Chem.MolFromSmiles("CCO"))
    drawer.FinishDrawing()
    picture: bytes = drawer.GetDrawingText()
    return len(picture) if picture.startswith(b"\x89PNG") else 0


def told_helps(scratch_root: Path) -> tuple[str, ...]:
    """Return the commands of qmnmr that tell their help, a start of its own for the first and one for all the others.

    Raises OutputFormatError if one of them can't.
    """
    with _folder(scratch_root) as folder:
        first = _run([sys.executable, "-m", "qmnmr", "--help"], folder)
        every = _run([sys.executable, "-m", "qmnmr.cli.command_tree"], folder, is_failure_told=False)
    told = tuple(_USAGE.findall(every.stdout))
    if every.exit_code != 0:
        raise OutputFormatError(f"after {told[-1] if told else 'none'} no command told its help: {every.last_line}")
    if not _USAGE.match(first.stdout):
        raise OutputFormatError(f"`qmnmr --help` told no usage: {first.last_line}")
    return told


def dry_submission_tasks(scratch_root: Path) -> int:
    """Return for how many tasks a dry submission of two molecules writes a job script, with or without a cluster here.

    Raises OutputFormatError if it writes none.
    """
    words = ("submit", "C", "O", "--protocol", protocol_names()[0], "--solvent", "gas", "--site", "generic")
    with _folder(scratch_root) as folder:
        done = _run([sys.executable, "-m", "qmnmr", *words, "--out", str(folder / "run"), "--dry-run"], folder)
    array = _ARRAY.search(done.stdout)
    if array is None:
        raise OutputFormatError(f"a dry submission wrote no job script: {done.last_line}")
    return int(array["last"]) + 1


def _run(argv: Sequence[str], folder: Path, *, user: int | None = None, is_failure_told: bool = True) -> Finished:
    environment = program_environment(os.environ, scratch=str(folder))
    done = run_read(argv, environment=environment, folder=folder, timeout_seconds=900, user=user)
    if done.exit_code is None:
        raise OutputFormatError(f"{argv[0]} did not end within 15 minutes; it last said: {done.last_line}")
    if done.exit_code != 0 and is_failure_told:
        raise OutputFormatError(f"{' '.join(argv)} ended with {done.exit_code}: {done.last_line}")
    return done


@contextmanager
def _folder(scratch_root: Path, *, user: int | None = None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="qmnmr-acceptance-", dir=scratch_root) as text:
        if user is not None:
            os.chown(text, user, user)
        yield Path(text)


def _open_to_all(folder: Path) -> Path:
    """Return the folder if other users can get there, else the common one for temporary files."""
    is_open = all(path.stat().st_mode & 0o001 for path in (folder, *folder.resolve().parents))
    return folder if is_open else Path("/tmp")  # noqa: S108


def alkane_xyz(carbons: int) -> str:
    """Return an all-trans alkane: exact, so that its energy is the same everywhere."""
    rise, half, out, up = 1.2702, 0.4181, 0.8860, 0.6265  # C-C 1.521, C-H 1.085 angstrom
    rows = []
    for i in range(carbons):
        side = 1 if i % 2 else -1
        x, y = i * rise, side * half
        rows.append(("C", x, y, 0.0))
        rows += [("H", x, y + side * up, out), ("H", x, y + side * up, -out)]
    first, last = rows[0], rows[3 * (carbons - 1)]
    rows.append(("H", first[1] - 0.8860, first[2] + 0.6265, 0.0))
    rows.append(("H", last[1] + 0.8860, last[2] - 0.6265, 0.0))
    return f"{len(rows)}\nall-trans alkane\n" + "".join(f"{s} {x:.4f} {y:.4f} {z:.4f}\n" for s, x, y, z in rows)


def _embedded_xyz(smiles: str) -> str:
    from rdkit import Chem
    from rdkit.Chem import AllChem

    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    if AllChem.EmbedMolecule(molecule, randomSeed=7) != 0:
        raise OutputFormatError(f"RDKit found no coordinates of {smiles}")
    return str(Chem.MolToXYZBlock(molecule))
