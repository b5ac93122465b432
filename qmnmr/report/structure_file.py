"""Conformers as SDF, with the atom numbering that all shifts use."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry, Molecule, tautomer_of
from qmnmr.datatypes.rdkit_molecule import coordinates_of, geometries_of_sdf, rdkit_mol, with_coordinates
from qmnmr.errors import OutputFormatError


def ensemble_sdf(ensemble: Ensemble, *, labels: Mapping[int, str] | None = None) -> str:
    """Return all conformers as SDF records (V2000, V3000 above 999 atoms), atoms in the molecule's order.

    `labels` of atoms ("pro-R") are written as RDKit's list of an atom property, `atom.prop.label`.
    """
    from rdkit import Chem

    stream = io.StringIO()
    writer = Chem.SDWriter(stream)
    for conformer in ensemble.conformers:
        writer.write(_record(ensemble.molecule, conformer, labels or {}))
    writer.close()
    return stream.getvalue()


def ensemble_xyz(ensemble: Ensemble) -> str:
    """Return all conformers as frames of an XYZ file, atoms in the molecule's order; the comment names them.

    An XYZ file knows neither bonds nor charge.
    """
    frames = []
    for conformer in ensemble.conformers:
        geometry = conformer.geometry
        energy = "" if conformer.energy_hartree is None else f" {conformer.energy_hartree:.10f} hartree"
        frames.append(f"{len(geometry.symbols)}\n{ensemble.molecule.name} {conformer.label}{energy}\n")
        frames += [
            f"{symbol:<2} {x:14.8f} {y:14.8f} {z:14.8f}\n"
            for symbol, (x, y, z) in zip(geometry.symbols, geometry.coordinates_angstrom, strict=True)
        ]
    return "".join(frames)


def geometry_of_sdf(text: str, *, symbols: tuple[str, ...]) -> Geometry:
    """Return the geometry of the first record of an SDF that `ensemble_sdf` wrote, for these atoms.

    Raises OutputFormatError if it is of other atoms.
    """
    found = next(iter(geometries_of_sdf(text).values()), None)
    if found is None or found.symbols != symbols:
        raise OutputFormatError("structure.sdf is not of the molecule's atoms", hint="repeat the run's command")
    return found


def _record(molecule: Molecule, conformer: Conformer, labels: Mapping[int, str]) -> Any:  # noqa: ANN401
    from rdkit import Chem

    record = with_coordinates(rdkit_mol(tautomer_of(molecule, conformer)), coordinates_of(conformer.geometry))
    # A title that begins like the line between two records would end this one.
    record.SetProp("_Name", f" {molecule.name}" if molecule.name.startswith("$$$$") else molecule.name)
    record.SetProp("conformer", conformer.label)
    if conformer.energy_hartree is not None:
        record.SetProp("energy_hartree", f"{conformer.energy_hartree:.10f}")
    for atom, name in labels.items():
        record.GetAtomWithIdx(atom).SetProp("label", name.replace(" ", "_"))  # a blank ends an entry of the list
    if labels:
        Chem.CreateAtomStringPropertyList(record, "label")
    return record
