"""Reference shieldings: those that come with qmnmr, and those that a user computed for another level or version."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qmnmr.datatypes.calculation import CalculationKind
from qmnmr.datatypes.protocol import Step, shielding_step
from qmnmr.datatypes.shift import Prediction, ReferenceShielding
from qmnmr.errors import InputError
from qmnmr.records import decode, write_atomically
from qmnmr.runs.folder.recorded_levels import upgraded_references
from qmnmr.shifts.referencing import ReferenceFile, encode_references, shipped_references
from qmnmr.user_files import user_folder

REFERENCE_SMILES: dict[str, tuple[str, tuple[str, ...]]] = {
    "C[Si](C)(C)C": ("TMS", ("1H", "13C", "29Si")),
    "C[N+](=O)[O-]": ("CH3NO2", ("15N",)),
    "FC(Cl)(Cl)Cl": ("CFCl3", ("19F",)),
    "O=P(O)(O)O": ("H3PO4", ("31P",)),
}
"""Compounds whose shift is zero by convention: name and nuclei, by canonical SMILES.

Harris et al., Pure Appl. Chem. 2001, 73, 1795. Measured are the neat liquids CH3NO2 and CFCl3 and 85 % H3PO4 in water;
what is computed is one molecule in the run's continuum, which is not the same thing, least of all for H3PO4.
"""


def user_reference_file() -> Path:
    """Return the file of the user's own references: $XDG_CONFIG_HOME/qmnmr/references.json."""
    return user_folder() / "references.json"


def all_references() -> tuple[ReferenceShielding, ...]:
    """Return the shipped references, then the user's."""
    return (*shipped_references(), *read_references(user_reference_file()))


def read_references(path: Path) -> tuple[ReferenceShielding, ...]:
    """Return the references in a file, none if there is no such file."""
    if not path.exists():
        return ()
    return decode(path.read_bytes(), ReferenceFile, source=path, upgrade=upgraded_references).references


def references_from(prediction: Prediction) -> tuple[ReferenceShielding, ...]:
    """Return what a finished prediction of a reference compound gives as references.

    Raises InputError if it is of another compound or has no shieldings.
    """
    provenance = prediction.provenance
    found = REFERENCE_SMILES.get(prediction.molecule.smiles)
    if found is None or provenance is None:
        known = ", ".join(f"{name} '{smiles}'" for smiles, (name, _) in REFERENCE_SMILES.items())
        raise InputError(
            f"{prediction.molecule.name} is not a finished calculation of a reference compound",
            hint=f"run `qmnmr predict` with the protocol and solvent that need a reference, for one of: {known}",
        )
    if not _is_optimized_by_dft(provenance.steps):
        raise InputError(
            f"the geometry of {prediction.molecule.name} is not of DFT",
            hint="shifts of other runs would be differences to it: predict the reference compound without --geometry",
        )
    compound, nuclei = found
    program, _, version = provenance.program_versions[0].partition(" ")
    return tuple(
        ReferenceShielding(
            compound=compound,
            nucleus=shift.nucleus,
            shielding_ppm=round(shift.shielding_ppm, 4),
            engine=provenance.engine,
            program_version=version,
            shielding_level=shielding_step(provenance.steps, shift.element).level,
            geometry_level=next(s.level for s in provenance.steps if s.kind is CalculationKind.OPTIMIZATION),
            provenance=f"qmnmr predict '{prediction.molecule.smiles}' --protocol {provenance.protocol}, "
            f"{program} {version}, qmnmr {provenance.qmnmr_version}, {provenance.date_utc[:10]}",
        )
        for shift in prediction.shifts
        if shift.nucleus in nuclei
    )


def _is_optimized_by_dft(steps: Sequence[Step]) -> bool:
    return any(step.kind is CalculationKind.OPTIMIZATION and step.level.basis for step in steps)


def add_references(path: Path, new: tuple[ReferenceShielding, ...]) -> None:
    """Write references to a file; an entry for the same nucleus, level and version is replaced."""

    def key(entry: ReferenceShielding) -> tuple[str, ...]:
        levels = (str(entry.shielding_level), str(entry.geometry_level))
        return (entry.engine, entry.program_version, *levels, entry.nucleus)

    kept = {key(entry): entry for entry in (*read_references(path), *new)}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, encode_references(kept[k] for k in sorted(kept)))
