"""Conformers as SDF, with the atom numbering that all shifts use."""

from __future__ import annotations

import io
from typing import Any

from qmnmr.datatypes.molecule import Conformer, Ensemble, Molecule


def ensemble_sdf(ensemble: Ensemble) -> str:
    """Return all conformers as SDF records (V2000, V3000 above 999 atoms), atoms in the molecule's order."""
    from rdkit import Chem

    stream = io.StringIO()
    writer = Chem.SDWriter(stream)
    for conformer in ensemble.conformers:
        writer.write(_record(ensemble.molecule, conformer))
    writer.close()
    return stream.getvalue()


def _record(molecule: Molecule, conformer: Conformer) -> Any:  # noqa: ANN401
    from rdkit import Chem
    from rdkit.Geometry import Point3D

    parameters = Chem.SmilesParserParams()
    parameters.removeHs = False
    parsed = Chem.MolFromSmiles(molecule.mapped_smiles, parameters)
    order = sorted(range(parsed.GetNumAtoms()), key=lambda i: parsed.GetAtomWithIdx(i).GetAtomMapNum())
    graph = Chem.RenumberAtoms(parsed, order)
    placed = Chem.Conformer(graph.GetNumAtoms())
    for index, position in enumerate(conformer.geometry.coordinates_angstrom):
        placed.SetAtomPosition(index, Point3D(*position))
        graph.GetAtomWithIdx(index).SetAtomMapNum(0)
    graph.AddConformer(placed, assignId=True)
    graph.SetProp("_Name", molecule.name)
    graph.SetProp("conformer", conformer.label)
    if conformer.energy_hartree is not None:
        graph.SetProp("energy_hartree", f"{conformer.energy_hartree:.10f}")
    return graph
