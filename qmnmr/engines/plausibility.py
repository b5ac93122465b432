"""What no closed-shell molecule has: results are refused for it although the output answers the question.

The limits are wide: they stand for "this is no molecule", not for "this is a poor level". Each was held against all
stored calculations and against small molecules of 14 elements at seven levels, minimal basis sets among them
(docs/decisions/0013-checks-of-a-ground-state.md has the figures).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from qmnmr.datatypes.calculation import CalculationResult
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.effective_cores import electrons_of, has_effective_cores
from qmnmr.engines.elements import ATOMIC_NUMBERS, SYMBOLS

ATOM_ENERGIES_HARTREE: dict[str, float] = dict(
    zip(
        SYMBOLS,
        (
            *(-0.5, -2.861680),
            *(-7.432727, -14.573023, -24.529061, -37.688619, -54.400934, -74.809398, -99.409349, -128.547098),
            *(-161.858912, -199.614636, -241.876707, -288.854362, -340.718781, -397.504896, -459.482072, -526.817513),
            *(-599.164787, -676.758186, -759.735718, -848.405997, -942.884338, -1043.356376, -1149.866252),
            *(-1262.443665, -1381.414553, -1506.870908, -1638.963742, -1777.848116),
            *(-1923.261010, -2075.359734, -2234.238654, -2399.867612, -2572.441333, -2752.054977),
        ),
        strict=True,
    )
)
"""Ground states in the Hartree-Fock limit (Bunge, Barrientos, Bunge, At. Data Nucl. Data Tables 53, 113 (1993))."""

_ATOM_ENERGIES_WITH_CORES_HARTREE: dict[str, dict[str, float]] = {
    "vdzp": dict(
        zip(
            SYMBOLS,
            (
                *(-0.493827, -2.860334),
                *(-7.427908, -14.564973, -2.535816, -5.324269, -9.651912, -15.687148, -23.924661, -34.693661),
                *(-47.540100, -62.898749, -1.881630, -3.679249, -6.353490, -9.956289, -14.741233, -20.878248),
                *(-27.919722, -36.286617, -46.242441, -57.726934, -71.013200, -86.314265, -103.537438),
                *(-122.960235, -144.845234, -169.847514, -196.136698, -225.926104),
                *(-1.976217, -3.649851, -6.035960, -9.131107, -13.125143, -18.126273),
            ),
            strict=True,
        )
    )
}
"""By basis set with effective cores: ground states by unrestricted Hartree-Fock in it (PySCF 2.14.0)."""

_BELOW_PER_ELECTRON_HARTREE = 0.13  # bonds and correlation: 0.10 at most, in H2 and methane
_ABOVE_PER_ELECTRON_HARTREE = 0.15  # what a minimal basis lacks
_ABOVE_SHARE = 0.02  # in heavy atoms' cores more
_FEW_ELECTRONS_HARTREE = 0.05  # the ionisation of small ions stays within the share of each electron
_LOWER_ENERGIES_HARTREE = {"wp04": (0.03, 0.035)}
"""By functional: WP04, which was fitted to 1H shifts, counts 1.119 times the exchange. Its energies lie lower by
a + b Z^(2/3) for each electron of an atom (H2 0.08, methane 0.12, H2S 0.22)."""

_RANGES_PPM: dict[str, tuple[float, float]] = {
    "H": (-20.0, 70.0),
    "He": (30.0, 90.0),
    "Li": (40.0, 150.0),
    "Be": (20.0, 200.0),
    "B": (-300.0, 300.0),
    "C": (-400.0, 330.0),
    "N": (-1500.0, 500.0),
    "O": (-3000.0, 600.0),
    "F": (-1500.0, 900.0),
    "Si": (-800.0, 1100.0),
    "P": (-2000.0, 1500.0),
    "S": (-4000.0, 1500.0),
    "Cl": (-4000.0, 2000.0),
}
_ANY_RANGE_PPM = (-15_000.0, 6_000.0)

_VIRIAL = (1.95, 2.025)
_VIRIAL_OF_HYDROGEN = 0.11  # times the squared share of hydrogen's electrons: they have little but correlation
_HIGHER_VIRIALS = {"wp04": 0.02}
_ELECTRONS = 1e-6
_GRID_ELECTRONS = 1e-3  # share of an integration over NWChem's grid
_OPERATOR_SHARE = 1e-3  # the fit of an atom's density is a hundred times better
_PARTS_HARTREE = 1e-4
_LEVELS_PER_ELECTRON_HARTREE = 0.15
_CONFORMERS_HARTREE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why a number is refused: one sentence, and what was found beside what would be possible."""

    message: str
    evidence: str


def doubt_result(result: CalculationResult) -> Doubt | None:
    """Return why a result of density functional or Hartree-Fock theory can't be a molecule's, None if it can.

    Its energy is held against the sum of its atoms' energies, its isotropic shieldings against their elements' ranges.
    """
    doubt = doubt_energy(result.energy_hartree, symbols=result.geometry.symbols, level=result.level)
    return doubt or doubt_shieldings(result)


def doubt_energy(energy_hartree: float, *, symbols: Sequence[str], level: LevelOfTheory) -> Doubt | None:
    """Return why no molecule of these atoms has this energy at a level, None if one may have it."""
    has_cores = has_effective_cores(level.basis)
    of_atoms = _ATOM_ENERGIES_WITH_CORES_HARTREE[level.basis] if has_cores else ATOM_ENERGIES_HARTREE
    atoms = sum(of_atoms[symbol] for symbol in symbols)
    electrons = electrons_of(symbols, basis=level.basis)
    below = _BELOW_PER_ELECTRON_HARTREE * electrons + _lower(symbols, level.functional) + _FEW_ELECTRONS_HARTREE
    lowest = atoms - below
    highest = atoms + _ABOVE_PER_ELECTRON_HARTREE * electrons + _ABOVE_SHARE * abs(atoms) + _FEW_ELECTRONS_HARTREE
    if lowest <= energy_hartree <= highest:
        return None
    return Doubt(
        message=f"The energy is not that of a molecule: its atoms alone have {atoms:.3f} hartree.",
        evidence=f"{energy_hartree:.6f} hartree, possible are {lowest:.3f} to {highest:.3f}",
    )


def doubt_shieldings(result: CalculationResult) -> Doubt | None:
    """Return which atom has a shielding that its element never has, None if none has."""
    for shielding in result.shieldings:
        lowest, highest = _RANGES_PPM.get(shielding.symbol, _ANY_RANGE_PPM)
        if not lowest <= shielding.isotropic_ppm <= highest:
            atom = f"{shielding.symbol}{shielding.atom_index + 1}"
            return Doubt(
                message=f"The shielding of {atom} lies far outside what its element has.",
                evidence=f"{shielding.isotropic_ppm:.2f} ppm, possible are {lowest:g} to {highest:g}",
            )
    return None


def doubt_electrons(found: float, *, expected: int) -> Doubt | None:
    """Return why a density with this trace is not the molecule's, None if it is."""
    if abs(found - expected) <= _ELECTRONS * expected:
        return None
    return Doubt(
        message="The density does not hold the molecule's electrons.", evidence=f"{found:.8f} instead of {expected}"
    )


def doubt_integrated_electrons(found: float, *, expected: int) -> Doubt | None:
    """Return why a density that a grid integrates to this number is not the molecule's, None if it is."""
    if abs(found - expected) <= _GRID_ELECTRONS * expected:
        return None
    return Doubt(
        message="The density on the grid does not hold the molecule's electrons.",
        evidence=f"{found:.8f} instead of {expected}",
    )


def doubt_virial_ratio(ratio: float, *, symbols: Sequence[str], functional: str) -> Doubt | None:
    """Return why -V/T is not that of a converged ground state near a minimum, None if it may be.

    It is 2 for exact states, and a little more for density functionals, whose kinetic energy lacks correlation. It
    finds what is not self-consistent with Coulomb's law in a small basis set; a large one adapts to any law.
    """
    hydrogen = sum(symbol == "H" for symbol in symbols) / _electrons(symbols)
    lowest, highest = _VIRIAL
    highest += _VIRIAL_OF_HYDROGEN * hydrogen**2 + _HIGHER_VIRIALS.get(functional, 0.0)
    if lowest <= ratio <= highest:
        return None
    return Doubt(
        message="Kinetic and potential energy do not fit each other.",
        evidence=f"virial ratio {ratio:.4f}, possible are {lowest:.3f} to {highest:.3f}",
    )


def doubt_operator(name: str, *, used_hartree: float, exact_hartree: float) -> Doubt | None:
    """Return why an operator is not the one that it should be, None if its energy of a probe is the exact one."""
    if abs(used_hartree - exact_hartree) <= _OPERATOR_SHARE * abs(exact_hartree) + 1e-6:
        return None
    return Doubt(
        message=f"The calculation did not use the {name} that it should have used.",
        evidence=f"a probe has {used_hartree:.6f} hartree instead of {exact_hartree:.6f} with exact integrals",
    )


def doubt_parts(parts_hartree: Sequence[float], *, total_hartree: float) -> Doubt | None:
    """Return why an energy is not the sum of its parts, None if it is."""
    if abs(sum(parts_hartree) - total_hartree) <= _PARTS_HARTREE:
        return None
    return Doubt(
        message="The energy is not the sum of the parts that are printed with it.",
        evidence=f"{total_hartree:.6f} hartree, the parts give {sum(parts_hartree):.6f}",
    )


def doubt_levels(first: Sequence[CalculationResult], second: Sequence[CalculationResult]) -> tuple[Doubt | None, ...]:
    """Return for each conformer why two levels' energies of it do not belong to one molecule.

    `first` and `second` hold the conformers in the same order. Levels differ by nearly the same energy for all
    conformers of a molecule.
    """
    apart = [a.energy_hartree - b.energy_hartree for a, b in zip(first, second, strict=True)]
    usual = median(apart) if apart else 0.0
    return tuple(_doubt_pair(a, b, usual) for a, b in zip(first, second, strict=True))


def _doubt_pair(first: CalculationResult, second: CalculationResult, usual: float) -> Doubt | None:
    apart = first.energy_hartree - second.energy_hartree
    symbols = first.geometry.symbols
    offset = abs(_lower(symbols, first.level.functional) - _lower(symbols, second.level.functional))
    most = offset + _LEVELS_PER_ELECTRON_HARTREE * _electrons(symbols) + _ABOVE_SHARE * abs(second.energy_hartree)
    found = f"{first.energy_hartree:.6f} hartree at {first.level}, {second.energy_hartree:.6f} at {second.level}"
    if abs(apart) > most:
        return Doubt(
            message="The energies of two levels do not belong to one molecule.",
            evidence=f"{found}: {abs(apart):.3f} apart, possible are {most:.3f}",
        )
    if abs(apart - usual) > _CONFORMERS_HARTREE:
        return Doubt(
            message="Two levels disagree about this conformer's energy.",
            evidence=f"{found}: {apart - usual:+.3f} beside the molecule's other conformers",
        )
    return None


def _lower(symbols: Sequence[str], functional: str) -> float:
    """Return by how much a functional's energy may lie below others'."""
    first, second = _LOWER_ENERGIES_HARTREE.get(functional, (0.0, 0.0))
    numbers = [ATOMIC_NUMBERS[symbol] for symbol in symbols]
    return float(sum(number * (first + second * number ** (2 / 3)) for number in numbers))


def _electrons(symbols: Sequence[str]) -> int:
    return sum(ATOMIC_NUMBERS[symbol] for symbol in symbols)
