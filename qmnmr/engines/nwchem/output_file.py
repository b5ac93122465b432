"""What an NWChem output says, whoever made it.

Of several jobs and tasks the last one with shieldings counts, with its own level, charge and energy. Of repeated blocks
(an optimisation prints most of them at every step) the last one counts. Blocks are found by their headings with
`bytes.find` and `rfind`, and a regex sees only the block: many times faster than a regex over the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qmnmr.datatypes.calculation import Shielding
from qmnmr.datatypes.molecule import Geometry
from qmnmr.engines.nwchem.reading.blocks import (
    GHOST,
    read_basis,
    read_energies,
    read_geometry,
    read_gradient,
    read_last_density,
    unreadable,
)
from qmnmr.engines.nwchem.reading.jobs import BEYOND_SCF, PROGRAM, Job, find_job
from qmnmr.engines.nwchem.reading.scf_state import read_hamiltonian, read_state
from qmnmr.engines.nwchem.reading.shieldings import assign, read_shieldings
from qmnmr.engines.nwchem.reading.xc_information import XcInformation, read_xc_information
from qmnmr.errors import OutputFormatError


@dataclass(frozen=True, slots=True, kw_only=True)
class NwchemOutput:
    """Everything that qmnmr reads from an output; None or empty where the output does not say."""

    version: str
    ranks: int
    tasks: tuple[str, ...]  # of the job that counts: "optimization", "energy", "shielding" ...: what was begun
    jobs: int  # in the file
    charge: int | None
    multiplicity: int | None
    atom_count: int | None  # as the SCF states it, ghost atoms included
    is_dft_module: bool  # False: of the SCF module, Hartree-Fock
    hamiltonian: str | None  # "ZORA" ...; None: nonrelativistic
    xc: XcInformation | None
    basis_by_tag: dict[str, str]  # "C" -> "6-31G*"
    is_spherical: bool | None
    dielectric_constant: float | None  # None: gas phase
    cavity_radii_angstrom: tuple[float, ...]  # of the continuum's spheres, in the order of the atoms
    energies_hartree: tuple[float, ...]  # all DFT (else SCF) energies of the task, in order
    energy_parts_hartree: tuple[float, ...]  # of the last energy that prints them
    dispersion_hartree: float  # the one among these parts that NWChem adds by itself
    integrated_electrons: float | None  # the density of that energy on the grid; None for Hartree-Fock
    geometry: Geometry | None  # the last one
    optimization_steps: int | None  # number of the last step; the start is step 0
    optimizer_energy_hartree: float | None  # that the optimiser states at its last step
    convergence_phrase: str | None  # what the optimiser said at its end
    gradient: tuple[tuple[float, float, float], ...]  # the last one, hartree/bohr; empty without one
    shieldings: tuple[Shielding, ...]
    is_complete: bool  # the end marker "Total times  cpu:" is there
    cpu_seconds: float | None  # of the first rank
    wall_seconds: float | None
    notes: tuple[str, ...] = ()  # what a reader should know before using the numbers

    @property
    def functional(self) -> str | None:
        """The name that qmnmr has for the functional, None if it isn't one of ours."""
        if not self.is_dft_module:
            return "hf"
        return self.xc.functional if self.xc else None

    @property
    def energy_hartree(self) -> float | None:
        """The last energy."""
        return self.energies_hartree[-1] if self.energies_hartree else None


_RANKS = re.compile(rb"nproc +=\s+(?P<ranks>\d+)\n")
_DIELECTRIC = re.compile(rb" +(?P<value>\d+\.\d+)\n")
_RADII = re.compile(rb" *\n --------------\n(?P<rows>(?: +\d+ +\d+\.\d+ +\d+\.\d+\n)+)(?:\n| \.{6} end)")
_STEP = re.compile(rb"\n@ +(?P<step>\d+) +(?P<energy>-?\d+\.\d+) ")
_CONVERGENCE = re.compile(rb" *(?P<phrase>Optimization converged|Failed to converge in maximum number of steps.*)\n")
_END_MARKER = re.compile(rb" Total times  cpu: +(?P<cpu>\d+\.\d+)s +wall: +(?P<wall>\d+\.\d+)s")

_DIELECTRIC_ANCHOR = b"dielec:"
_RADII_ANCHOR = b" atomic radii ="


def parse_output(data: bytes, *, source: str, selected: Sequence[int] = ()) -> NwchemOutput:
    """Return what an output says, also one that ends early or that qmnmr did not ask for.

    `selected` are the atoms (1-based) that the input's `shielding N i j ...` named, which NWChem does not print. Raises
    OutputFormatError with file and line where it is no output of NWChem, or a block is cut or holds no number.
    """
    job = find_job(data)
    if job is None:
        raise OutputFormatError(
            f"{source}, line 1: not an output of NWChem, since it nowhere says '{PROGRAM.decode()}'.",
            hint="Give the file that received NWChem's standard output.",
        )
    if job.jobs > 1:
        source = f"{source} (job {job.number} of {job.jobs})"
    text, start = job.until_task_end, job.task_start
    ranks = _RANKS.match(text, max(text.find(b"nproc", job.heading, job.heading + 4000), 0))
    if ranks is None:
        raise unreadable(text, job.heading, source=source, what="the number of ranks")
    state = read_state(text, start, source=source)
    is_dft_module = state is None or state.is_dft_module
    basis_by_tag, is_spherical = read_basis(text, source=source)
    optimization = _read_optimization(text, job.optimization)
    geometry = read_geometry(text, source=source)
    shieldings = read_shieldings(text, start, source=source)
    parts, dispersion, integrated = read_last_density(text, start)
    end = find_end_marker(job.text)
    if shieldings and state and len(shieldings) < state.atom_count and not _is_task_ended(job):
        raise unreadable(text, len(text), source=source, what=f"the shielding of atom {len(shieldings) + 1}")
    if shieldings and geometry:
        shieldings = assign(shieldings, geometry, selected=selected, echo=job.echo, source=source)
    return NwchemOutput(
        version=job.version,
        ranks=int(ranks["ranks"]),
        tasks=job.tasks,
        jobs=job.jobs,
        charge=state.charge if state else None,
        multiplicity=state.multiplicity if state else None,
        atom_count=state.atom_count if state else None,
        is_dft_module=is_dft_module,
        hamiltonian=read_hamiltonian(text, start),
        xc=read_xc_information(text, start) if is_dft_module else None,
        basis_by_tag=basis_by_tag,
        is_spherical=is_spherical,
        dielectric_constant=_read_dielectric(text, start, source),
        cavity_radii_angstrom=_read_cavity_radii(text, start, source),
        energies_hartree=read_energies(text, start, is_dft=is_dft_module, source=source),
        energy_parts_hartree=parts,
        dispersion_hartree=dispersion,
        integrated_electrons=integrated,
        geometry=geometry,
        optimization_steps=optimization[0] if optimization else None,
        optimizer_energy_hartree=optimization[1] if optimization else None,
        convergence_phrase=optimization[2] if optimization else None,
        gradient=read_gradient(text, start, source=source),
        shieldings=shieldings,
        is_complete=end is not None,
        cpu_seconds=end[0] if end else None,
        wall_seconds=end[1] if end else None,
        notes=_notes(job, geometry, has_shieldings=bool(shieldings)),
    )


def _is_task_ended(job: Job) -> bool:
    """Return whether the task that counts went on to its end."""
    return job.task_end < len(job.text) or job.text.find(b"Task  times ", job.task_start) >= 0


def _notes(job: Job, geometry: Geometry | None, *, has_shieldings: bool) -> tuple[str, ...]:
    """Return what the numbers are of where the output holds more, and what is missing or unusual."""
    notes = []
    if job.jobs > 1:
        why = "the last one" if job.number == job.jobs else "the last one with shieldings"
        notes.append(f"{job.jobs} jobs in one file: read is job {job.number}, {why}")
    if len(job.tasks) > 1:
        notes.append(
            f"{len(job.tasks)} tasks in one job: level, charge and energy are those of task {job.task + 1} "
            f"({job.tasks[job.task]})"
        )
    if job.tasks and job.tasks[job.task] in BEYOND_SCF:
        notes.append(f"{job.tasks[job.task]}: its own energies are not read; level and energy are its reference's")
    ghosts = [number for number, symbol in enumerate(geometry.symbols if geometry else (), start=1) if symbol == GHOST]
    if ghosts:
        notes.append(
            f"{', '.join(f'{GHOST}{number}' for number in ghosts)}: ghost atoms, without a nucleus; their shielding "
            "is minus the NICS"
        )
    if has_shieldings and geometry is None:
        notes.append("the output holds no geometry: atoms are numbered as printed, unchecked")
    return tuple(notes)


def find_end_marker(data: bytes) -> tuple[float, float] | None:
    """Return CPU and wall seconds of the line that ends a complete output, None if it is missing."""
    start = data.rfind(b" Total times  cpu:")
    marker = _END_MARKER.match(data, start) if start >= 0 else None
    return (float(marker["cpu"]), float(marker["wall"])) if marker else None


def _read_dielectric(data: bytes, start: int, source: str) -> float | None:
    start = data.rfind(_DIELECTRIC_ANCHOR, start)
    if start < 0:
        return None
    dielectric = _DIELECTRIC.match(data, start + len(_DIELECTRIC_ANCHOR))
    if dielectric is None:
        raise unreadable(data, start + 1, source=source, what="the dielectric constant")
    return float(dielectric["value"])


def _read_cavity_radii(data: bytes, start: int, source: str) -> tuple[float, ...]:
    start = data.rfind(_RADII_ANCHOR, start)
    if start < 0:
        return ()
    radii = _RADII.match(data, start + len(_RADII_ANCHOR))
    if radii is None:
        raise unreadable(data, start + 1, source=source, what="the radii of the continuum's cavity")
    return tuple(float(row.split()[2]) for row in radii["rows"].splitlines())


def _read_optimization(data: bytes, heading: int | None) -> tuple[int | None, float | None, str | None] | None:
    """Return number and energy of the last step and the optimiser's last word; None if nothing was optimised.

    `heading` is where the first optimisation of the job begins; what a later task optimises is not in `data`.
    """
    if heading is None or heading > len(data):
        return None
    step = _STEP.match(data, max(data.rfind(b"\n@ ", heading), 0))
    # The phrase stands on a line of its own after the last but one step line; look at it from its beginning.
    phrase_start = max(data.rfind(b"Optimization converged\n"), data.rfind(b"Failed to converge in maximum"))
    phrase = _CONVERGENCE.match(data, phrase_start) if phrase_start > heading else None
    return (
        int(step["step"]) if step else None,
        float(step["energy"]) if step else None,
        phrase["phrase"].decode("ascii", "replace").strip() if phrase else None,
    )
