"""What an NWChem output says, whoever made it.

Of repeated blocks (an optimisation prints most of them at every step) the last one counts. Blocks are found by their
headings with `bytes.find` and `rfind`, and a regex sees only the block: many times faster than a regex over the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qmnmr.datatypes.calculation import Shielding
from qmnmr.datatypes.molecule import Geometry
from qmnmr.engines.nwchem.output_blocks import (
    read_basis,
    read_energies,
    read_geometry,
    read_last_density,
    read_shieldings,
    unreadable,
)
from qmnmr.engines.nwchem.xc_information import XcInformation, read_xc_information
from qmnmr.errors import OutputFormatError


@dataclass(frozen=True, slots=True, kw_only=True)
class NwchemOutput:
    """Everything that qmnmr reads from an output; None or empty where the output does not say."""

    version: str
    ranks: int
    tasks: tuple[str, ...]  # of "optimization", "energy", "shielding": what was begun
    charge: int | None
    multiplicity: int | None
    atom_count: int | None  # as the SCF states it
    xc: XcInformation | None
    basis_by_tag: dict[str, str]  # "C" -> "6-31G*"
    is_spherical: bool | None
    dielectric_constant: float | None  # None: gas phase
    cavity_radii_angstrom: tuple[float, ...]  # of the continuum's spheres, in the order of the atoms
    energies_hartree: tuple[float, ...]  # all DFT energies, in order
    energy_parts_hartree: tuple[float, ...]  # of the last energy that prints them
    integrated_electrons: float | None  # the density of that energy on the grid; None for Hartree-Fock
    geometry: Geometry | None  # the last one
    optimization_steps: int | None  # number of the last step; the start is step 0
    optimizer_energy_hartree: float | None  # that the optimiser states at its last step
    convergence_phrase: str | None  # what the optimiser said at its end
    shieldings: tuple[Shielding, ...]
    is_complete: bool  # the end marker "Total times  cpu:" is there
    cpu_seconds: float | None  # of the first rank
    wall_seconds: float | None

    @property
    def functional(self) -> str | None:
        """The name that qmnmr has for the functional, None if it isn't one of ours."""
        return self.xc.functional if self.xc else None

    @property
    def energy_hartree(self) -> float | None:
        """The last energy."""
        return self.energies_hartree[-1] if self.energies_hartree else None


_VERSION = re.compile(rb"Northwest Computational Chemistry Package \(NWChem\) (?P<version>\S+)\n")
_RANKS = re.compile(rb"nproc +=\s+(?P<ranks>\d+)\n")
_GENERAL = re.compile(
    rb"(?: .*\n){2,6}? +No\. of atoms     : +(?P<atoms>\d+)\n(?: .*\n){1,6}?"
    rb" +Charge           : +(?P<charge>-?\d+)\n +Spin multiplicity: +(?P<multiplicity>\d+)\n"
)
_DIELECTRIC = re.compile(rb" +(?P<value>\d+\.\d+)\n")
_RADII = re.compile(rb" *\n --------------\n(?P<rows>(?: +\d+ +\d+\.\d+ +\d+\.\d+\n)+)(?:\n| \.{6} end)")
_STEP = re.compile(rb"\n@ +(?P<step>\d+) +(?P<energy>-?\d+\.\d+) ")
_CONVERGENCE = re.compile(rb" *(?P<phrase>Optimization converged|Failed to converge in maximum number of steps.*)\n")
_END_MARKER = re.compile(rb" Total times  cpu: +(?P<cpu>\d+\.\d+)s +wall: +(?P<wall>\d+\.\d+)s")

_PROGRAM = b"Northwest Computational Chemistry Package (NWChem)"
_GENERAL_ANCHOR = b"  General Information\n"
_DIELECTRIC_ANCHOR = b"dielec:"
_RADII_ANCHOR = b" atomic radii ="


def parse_output(data: bytes, *, source: str) -> NwchemOutput:
    """Return what an output says, also one that ends early or that qmnmr did not ask for.

    Raises OutputFormatError with file and line where it is no output of NWChem, or a block is cut or holds no number.
    """
    version = _VERSION.match(data, max(data.find(_PROGRAM), 0))
    if version is None:
        raise OutputFormatError(
            f"{source}, line 1: not an output of NWChem, since it nowhere says '{_PROGRAM.decode()}'.",
            hint="Give the file that received NWChem's standard output.",
        )
    ranks = _RANKS.match(data, max(data.find(b"nproc", version.end(), version.end() + 4000), 0))
    if ranks is None:
        raise unreadable(data, version.start(), source=source, what="the number of ranks")
    general = _read_general(data, source)
    basis_by_tag, is_spherical = read_basis(data, source=source)
    optimization = _read_optimization(data, version.end())
    shieldings = read_shieldings(data, source=source)
    parts, integrated = read_last_density(data)
    end = find_end_marker(data)
    if shieldings and end is None and general and len(shieldings) < int(general["atoms"]):
        raise unreadable(data, len(data), source=source, what=f"the shielding of atom {len(shieldings) + 1}")
    return NwchemOutput(
        version=version["version"].decode("ascii", "replace"),
        ranks=int(ranks["ranks"]),
        tasks=_read_tasks(data, is_optimization=optimization is not None),
        charge=int(general["charge"]) if general else None,
        multiplicity=int(general["multiplicity"]) if general else None,
        atom_count=int(general["atoms"]) if general else None,
        xc=read_xc_information(data),
        basis_by_tag=basis_by_tag,
        is_spherical=is_spherical,
        dielectric_constant=_read_dielectric(data, source),
        cavity_radii_angstrom=_read_cavity_radii(data, source),
        energies_hartree=read_energies(data, source=source),
        energy_parts_hartree=parts,
        integrated_electrons=integrated,
        geometry=read_geometry(data, source=source),
        optimization_steps=optimization[0] if optimization else None,
        optimizer_energy_hartree=optimization[1] if optimization else None,
        convergence_phrase=optimization[2] if optimization else None,
        shieldings=shieldings,
        is_complete=end is not None,
        cpu_seconds=end[0] if end else None,
        wall_seconds=end[1] if end else None,
    )


def find_end_marker(data: bytes) -> tuple[float, float] | None:
    """Return CPU and wall seconds of the line that ends a complete output, None if it is missing."""
    start = data.rfind(b" Total times  cpu:")
    marker = _END_MARKER.match(data, start) if start >= 0 else None
    return (float(marker["cpu"]), float(marker["wall"])) if marker else None


def _read_general(data: bytes, source: str) -> re.Match[bytes] | None:
    """Return the last statement of atoms, charge and multiplicity."""
    start = data.rfind(_GENERAL_ANCHOR)
    if start < 0:
        return None
    general = _GENERAL.match(data, start)
    if general is None:
        raise unreadable(data, start, source=source, what="the number of atoms, the charge or the multiplicity")
    return general


def _read_dielectric(data: bytes, source: str) -> float | None:
    start = data.rfind(_DIELECTRIC_ANCHOR)
    if start < 0:
        return None
    dielectric = _DIELECTRIC.match(data, start + len(_DIELECTRIC_ANCHOR))
    if dielectric is None:
        raise unreadable(data, start + 1, source=source, what="the dielectric constant")
    return float(dielectric["value"])


def _read_cavity_radii(data: bytes, source: str) -> tuple[float, ...]:
    start = data.rfind(_RADII_ANCHOR)
    if start < 0:
        return ()
    radii = _RADII.match(data, start + len(_RADII_ANCHOR))
    if radii is None:
        raise unreadable(data, start + 1, source=source, what="the radii of the continuum's cavity")
    return tuple(float(row.split()[2]) for row in radii["rows"].splitlines())


def _read_optimization(data: bytes, start: int) -> tuple[int | None, float | None, str | None] | None:
    """Return number and energy of the last step and the optimiser's last word; None if nothing was optimised."""
    heading = data.find(b"NWChem Geometry Optimization\n", start)
    if heading < 0:
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


def _read_tasks(data: bytes, *, is_optimization: bool) -> tuple[str, ...]:
    tasks = ("optimization",) if is_optimization else ()
    if b"NWChem Property Module\n" in data:
        return (*tasks, "shielding")
    if not tasks and b"NWChem DFT Module\n" in data:
        return ("energy",)
    return tasks
