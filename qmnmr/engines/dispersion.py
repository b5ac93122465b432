"""London dispersion, which density functionals lack: a term of the geometry alone, added to any engine's energy.

D4: Caldeweyher et al., J. Chem. Phys. 150, 154122 (2019); two-body terms and the three-body term of Axilrod, Teller and
Muto, with charges by electronegativity equilibration. D3(0): Grimme et al., J. Chem. Phys. 132, 154104 (2010), two-body
terms that are damped to zero; of wB97X-D3 as it was fitted (Lin et al., J. Chem. Theory Comput. 9, 263 (2013)). The
package pyscf-dispersion has their authors' libraries and the parameters of the functionals.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from importlib import metadata
from importlib.util import find_spec

from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.digest import input_digest
from qmnmr.errors import MissingProgramError

D4, D3_ZERO = "d4", "d3(0)"
PACKAGE = "pyscf-dispersion"
_FUNCTIONALS = {
    D4: {name: name for name in ("hf", "blyp", "bp86", "pbe", "b3lyp", "pbe0", "cam-b3lyp")},
    D3_ZERO: {"wb97x-d3": "wb97x"},
}
"""Those whose parameters a library has, with its names."""

_KINDS = frozenset({CalculationKind.ENERGY, CalculationKind.GRADIENT})
_library = threading.Lock()


def is_installed() -> bool:
    """Return whether the library is in this Python."""
    return find_spec("pyscf") is not None and find_spec("pyscf.dispersion") is not None


def require_dispersion(levels: Iterable[LevelOfTheory]) -> None:
    """Raise MissingProgramError if a level has a dispersion term and the library is missing."""
    asked = next((level for level in levels if level.dispersion), None)
    if asked is not None and not is_installed():
        raise MissingProgramError(
            f"the Python package {PACKAGE} is not installed, and {asked} needs it",
            hint=f"install it: pip install {PACKAGE}",
        )


def refuse_dispersion(calculation: Calculation) -> str | None:
    """Return in one sentence why a calculation can't have the dispersion term of its level, None if it can.

    A functional that was fitted with its term has no energy without it.
    """
    level = calculation.level
    if not level.dispersion:
        if level.functional in _FUNCTIONALS[D3_ZERO] and calculation.kind in _KINDS:
            return f"The energy of {level.functional} needs its dispersion: {D3_ZERO}."
        return None
    if level.dispersion not in _FUNCTIONALS:
        return f"There is no dispersion {level.dispersion!r} here; there is {', '.join(map(repr, _FUNCTIONALS))}."
    known = _FUNCTIONALS[level.dispersion]
    if level.functional not in known:
        term = level.dispersion.upper()
        return f"There is no {term} of {level.functional!r} here; there is one of {', '.join(sorted(known))}."
    if calculation.kind not in _KINDS:
        return f"Dispersion is added to energies and gradients, not to the {calculation.kind.value} of {level}."
    return None


def without_dispersion(calculation: Calculation) -> Calculation:
    """Return the part of a calculation that is an engine's."""
    if not calculation.level.dispersion:
        return calculation
    return replace(calculation, level=replace(calculation.level, dispersion=""))


def digest_with_dispersion(digest: str, level: LevelOfTheory) -> str:
    """Return the digest of the whole for that of the engine's part: the same where there is no dispersion."""
    return input_digest(digest, {"dispersion": level.dispersion}) if level.dispersion else digest


def with_dispersion(result: CalculationResult, level: LevelOfTheory, *, charge: int) -> CalculationResult:
    """Return an engine's result with the dispersion term of a level in its energy, and in its gradient if it has one.

    Raises MissingProgramError without the library.
    """
    if not level.dispersion:
        return result
    require_dispersion([level])
    term, slope = _term(result, level, charge=charge)
    gradient = result.gradient
    if gradient is not None:
        gradient = tuple((x + dx, y + dy, z + dz) for (x, y, z), (dx, dy, dz) in zip(gradient, slope, strict=True))
    return replace(
        result,
        level=level,
        energy_hartree=result.energy_hartree + term,
        dispersion_hartree=term,
        gradient=gradient,
    )


def library_version() -> str:
    """Return the package's version. Raises PackageNotFoundError."""
    return metadata.version(PACKAGE)


def _term(result: CalculationResult, level: LevelOfTheory, *, charge: int) -> tuple[float, list[list[float]]]:
    """Return the term's energy in hartree and its gradient in hartree/bohr, (n_atoms, 3)."""
    from pyscf import gto
    from pyscf.dispersion.dftd3 import DFTD3Dispersion
    from pyscf.dispersion.dftd4 import DFTD4Dispersion

    functional = _FUNCTIONALS[level.dispersion][level.functional]
    geometry = result.geometry
    atoms = list(zip(geometry.symbols, geometry.coordinates_angstrom, strict=True))
    with _library:
        mol = gto.M(atom=atoms, basis="sto-3g", charge=charge, spin=None, unit="Angstrom", verbose=0)
        if level.dispersion == D4:
            library = DFTD4Dispersion(mol, functional)
        else:
            library = DFTD3Dispersion(mol, functional, version="d3zero")
        found = library.get_dispersion(grad=True)
    return float(found["energy"]), found["gradient"].tolist()
