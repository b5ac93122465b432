"""Finished molecules of a run as they are wanted for a spectrum: with couplings."""

from __future__ import annotations

from dataclasses import replace

from qmnmr.datatypes.coupling import Coupling
from qmnmr.datatypes.molecule import Ensemble, Molecule
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.errors import InputError
from qmnmr.runs.folder.final_conformers import final_conformers
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.spectra.couplings import couplings_by_rules


def finished_molecule(folder: RunFolder, name: str | None) -> Molecule:
    """Return a molecule of a run by its name or id; the only one if none is named.

    Raises InputError if there is no such molecule, or several and none is named.
    """
    molecules = folder.molecules()
    found = [m for m in molecules if name is None or name in (m.name, m.id)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(m.name for m in molecules[:8]) + (" …" if len(molecules) > 8 else "")
    if not found:
        raise InputError(f"{folder.path} has no molecule {name!r}", hint=f"it has {listed}")
    what = f"several molecules called {name}" if name else f"{len(molecules)} molecules"
    raise InputError(f"{folder.path} has {what}", hint=f"name one with --molecule: {listed}")


def finished_prediction(folder: RunFolder, molecule: Molecule) -> Prediction:
    """Return a molecule's prediction with couplings: its own, or else those that rules give for its conformers.

    Raises InputError if the molecule is not finished, failed, or its conformers are not kept.
    """
    prediction = folder.load_prediction(molecule)
    if prediction is None:
        raise InputError(
            f"{molecule.name} is not finished in {folder.path}", hint="repeat the command that began the run"
        )
    if prediction.status is not PredictionStatus.COMPLETED:
        raise InputError(f"{molecule.name} has no shifts: {prediction.messages[0]}")
    if prediction.couplings or not prediction.conformers:
        return prediction
    return replace(prediction, couplings=_by_rules(folder, prediction))


def _by_rules(folder: RunFolder, prediction: Prediction) -> tuple[Coupling, ...]:
    """Return couplings from the geometries that the shieldings were computed at."""
    store = folder.molecule_folder(prediction.molecule)
    found = final_conformers(store, prediction)
    missing = [c.label for c in prediction.conformers if c.label not in found]
    if missing:
        raise InputError(
            f"the geometries of {prediction.molecule.name} are not in {store.path}: {', '.join(missing[:5])}",
            hint="was calculations.zip taken away? Restore it, or repeat the command that began the run",
        )
    return couplings_by_rules(
        Ensemble(molecule=prediction.molecule, conformers=tuple(found.values())),
        prediction.conformers,
        folder.settings().protocol,
        missed_population=prediction.missed_population,
    )
