"""What a chemist calls the place of an atom."""

from __future__ import annotations

from qmnmr.datatypes.molecule import Molecule, neighbours


def group_names(molecule: Molecule) -> tuple[str, ...]:
    """Return for each atom what a chemist calls its place: CH3 for a methyl carbon, "on C1" for its hydrogens."""
    symbols, names = molecule.symbols, []
    for symbol, near in zip(symbols, neighbours(molecule), strict=True):
        if symbol == "H" and near:
            names.append(f"on {symbols[near[0]]}{near[0] + 1}")
            continue
        hydrogens = sum(symbols[atom] == "H" for atom in near)
        names.append(f"{symbol}{'H' * (hydrogens > 0)}{hydrogens if hydrogens > 1 else ''}")
    return tuple(names)
