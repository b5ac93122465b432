"""The conformers that a molecule's shifts are averages over, with their geometries."""

from __future__ import annotations

from qmnmr.datatypes.molecule import Conformer
from qmnmr.datatypes.shift import Prediction
from qmnmr.runs.folder.molecule_folder import MoleculeFolder


def final_conformers(folder: MoleculeFolder, prediction: Prediction) -> dict[str, Conformer]:
    """Return by label the conformers of a finished molecule whose geometries can be read, as they were shielded.

    The search's record says which tautomer each is.
    """
    geometries = folder.final_geometries(prediction)
    searched = folder.readable_ensemble() if any(c.tautomer for c in prediction.conformers) else None
    tautomers = {c.label: c.tautomer for c in searched.conformers} if searched is not None else {}
    return {
        weighted.label: Conformer(
            label=weighted.label,
            geometry=geometries[weighted.label],
            energy_hartree=weighted.energy_hartree,
            degeneracy=weighted.degeneracy,
            free_energy_correction_hartree=weighted.free_energy_correction_hartree,
            tautomer=tautomers.get(weighted.label, ""),
            inclusion=weighted.inclusion,
        )
        for weighted in prediction.conformers
        if weighted.label in geometries
    }
