"""Shifts as a text table for people."""

from __future__ import annotations

from collections.abc import Sequence

from qmnmr.datatypes.shift import ChemicalShift, Prediction
from qmnmr.report.tables import atom_numbers

_HEADINGS = ("nucleus", "atoms", "group", "shielding/ppm", "shift/ppm", "+/-")


def prediction_text(prediction: Prediction) -> str:
    """Return the table of one molecule: a heading line, one line for each set of equivalent nuclei, then remarks."""
    lines = [_title(prediction), *(f"  {line}" for line in _table(prediction))]
    lines += [f"  note: {message}" for message in prediction.messages]
    return "\n".join(lines) + "\n"


def _title(prediction: Prediction) -> str:
    molecule = prediction.molecule
    name = molecule.name if molecule.name == molecule.smiles else f"{molecule.name}  {molecule.smiles}"
    if prediction.provenance is None:
        return f"{name}  FAILED"
    provenance = prediction.provenance
    count = len(prediction.conformers)
    conformers = "1 conformer" if count == 1 else f"{count} conformers"
    shielding = ", ".join(dict.fromkeys(v for k, v in provenance.levels.items() if k.startswith("shielding")))
    return f"{name}  ({provenance.protocol}: {shielding}; {conformers}, {provenance.temperature_kelvin:g} K)"


def _table(prediction: Prediction) -> list[str]:
    if not prediction.shifts:
        return []
    groups = group_names(prediction)
    rows = [_HEADINGS, *(_row(shift, groups) for shift in prediction.shifts)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADINGS))]
    return [
        "  ".join(
            cell.ljust(w) if i < 3 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _row(shift: ChemicalShift, groups: Sequence[str]) -> tuple[str, ...]:
    return (
        shift.nucleus,
        " ".join(str(n) for n in atom_numbers(shift)),
        groups[shift.atom_indices[0]],
        f"{shift.shielding_ppm:.2f}",
        "" if shift.shift_ppm is None else f"{shift.shift_ppm:.2f}",
        "" if shift.uncertainty_ppm is None else f"{shift.uncertainty_ppm:.2f}",
    )


def group_names(prediction: Prediction) -> tuple[str, ...]:
    """Return for each atom what a chemist calls its place: CH3 for a methyl carbon, "on C1" for its hydrogens."""
    from rdkit import Chem

    parser = Chem.SmilesParserParams()
    parser.removeHs = False
    graph = Chem.MolFromSmiles(prediction.molecule.mapped_smiles, parser)
    names = {}
    for atom in graph.GetAtoms():
        neighbours = [n for n in atom.GetNeighbors() if atom.GetSymbol() == "H"]
        if neighbours:
            names[atom.GetAtomMapNum()] = f"on {neighbours[0].GetSymbol()}{neighbours[0].GetAtomMapNum()}"
            continue
        hydrogens = sum(n.GetSymbol() == "H" for n in atom.GetNeighbors())
        names[atom.GetAtomMapNum()] = atom.GetSymbol() + (
            "" if hydrogens == 0 else "H" if hydrogens == 1 else f"H{hydrogens}"
        )
    return tuple(names[number] for number in sorted(names))
