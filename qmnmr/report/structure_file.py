"""Conformers as SDF, with the atom numbering that all shifts use."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry, Molecule, tautomer_of
from qmnmr.datatypes.rdkit_molecule import coordinates_of, geometries_of_sdf, rdkit_mol, with_coordinates
from qmnmr.datatypes.shift import ChemicalShift
from qmnmr.errors import OutputFormatError

_LIST_WIDTH = 190  # characters of a line, as RDKit has it

SHIFT_PROPERTIES = ("NMR_shielding", "NMR_shift", "NMR_uncertainty")
"""The atom properties of `with_shifts` that are numbers, in ppm: averages over conformers and equivalent nuclei."""


def ensemble_sdf(ensemble: Ensemble, *, shifts: Sequence[ChemicalShift] = ()) -> str:
    """Return all conformers as SDF records (V2000, V3000 above 999 atoms), atoms in the molecule's order.

    What `with_shifts` says of atoms is written as RDKit's lists of atom properties, `atom.dprop.NMR_shift` and others.
    """
    return sdf_text(conformer_record(ensemble.molecule, conformer, shifts=shifts) for conformer in ensemble.conformers)


def sdf_text(records: Iterable[Any]) -> str:
    """Return RDKit molecules as the text of an SDF with their properties."""
    from rdkit import Chem

    stream = io.StringIO()
    writer = Chem.SDWriter(stream)
    for record in records:
        writer.write(record)
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


def conformer_record(molecule: Molecule, conformer: Conformer, *, shifts: Sequence[ChemicalShift] = ()) -> Any:  # noqa: ANN401
    """Return a conformer as RDKit's molecule with its name, energy and the shifts as properties and lists of them."""
    from rdkit import Chem

    record = with_coordinates(rdkit_mol(tautomer_of(molecule, conformer)), coordinates_of(conformer.geometry))
    with_shifts(record, shifts)
    # A title that begins like the line between two records would end this one.
    record.SetProp("_Name", f" {molecule.name}" if molecule.name.startswith("$$$$") else molecule.name)
    record.SetProp("conformer", conformer.label)
    if conformer.energy_hartree is not None:
        record.SetProp("energy_hartree", f"{conformer.energy_hartree:.10f}")
    if any(shift.label for shift in shifts):
        Chem.CreateAtomStringPropertyList(record, "label")
    for name in SHIFT_PROPERTIES:
        _set_list(record, name)
    return record


def _set_list(record: Any, name: str) -> None:  # noqa: ANN401
    """Write a number of the atoms as RDKit's list, if any has it; its own function would write 17 digits."""
    values = [f"{atom.GetDoubleProp(name):.4f}" if atom.HasProp(name) else "n/a" for atom in record.GetAtoms()]
    if set(values) != {"n/a"}:
        record.SetProp(f"atom.dprop.{name}", textwrap.fill(" ".join(values), _LIST_WIDTH))


def with_shifts(mol: Any, shifts: Sequence[ChemicalShift]) -> None:  # noqa: ANN401
    """Give the atoms of RDKit's molecule, in place, their shifts as properties, with four decimals as in shifts.csv.

    NMR_shielding, and NMR_shift and NMR_uncertainty where there is a calibrated shift, are numbers in ppm. The label
    ("pro-R", with _ for a blank, which would end an entry of the list) is a text.
    """
    for shift in shifts:
        values = (shift.shielding_ppm, shift.shift_ppm, shift.uncertainty_ppm)
        for index in shift.atom_indices:
            atom = mol.GetAtomWithIdx(index)
            for name, value in zip(SHIFT_PROPERTIES, values, strict=True):
                if value is not None:
                    atom.SetDoubleProp(name, round(value, 4))
            if shift.label:
                atom.SetProp("label", shift.label.replace(" ", "_"))
