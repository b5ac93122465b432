"""The elements hydrogen to krypton: order, and radii that tell which atoms are bonded.

Heavier elements need an effective core potential or a relativistic Hamiltonian for a shielding to mean
anything; no level of qmnmr has either.
"""

from __future__ import annotations

SYMBOLS: tuple[str, ...] = (
    *("H", "He"),
    *("Li", "Be", "B", "C", "N", "O", "F", "Ne"),
    *("Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar"),
    *("K", "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr"),
)

ATOMIC_NUMBERS: dict[str, int] = {symbol: number for number, symbol in enumerate(SYMBOLS, start=1)}

# Cordero et al., Dalton Trans. 2008, 2832 (sp3 carbon, low-spin metals).
COVALENT_RADII_ANGSTROM: dict[str, float] = dict(
    zip(
        SYMBOLS,
        (
            *(0.31, 0.28),
            *(1.28, 0.96, 0.84, 0.76, 0.71, 0.66, 0.57, 0.58),
            *(1.66, 1.41, 1.21, 1.11, 1.07, 1.05, 1.02, 1.06),
            *(2.03, 1.76, 1.70, 1.60, 1.53, 1.39, 1.39, 1.32, 1.26, 1.24),
            *(1.32, 1.22, 1.22, 1.20, 1.19, 1.20, 1.20, 1.16),
        ),
        strict=True,
    )
)


def is_bonded(first: str, second: str, *, distance_angstrom: float) -> bool:
    """Return whether two atoms at this distance are bonded: up to 1.3 times the sum of their covalent radii."""
    return distance_angstrom < 1.3 * (COVALENT_RADII_ANGSTROM[first] + COVALENT_RADII_ANGSTROM[second])
