"""The signals that a predicted molecule lets one expect in its spectra."""

from __future__ import annotations

from collections import Counter

from qmnmr.datatypes.measured.experiment import ExpectedSignal, ExpectedSpectra
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.datatypes.shift import Prediction
from qmnmr.shifts.environments import exchangeable_hydrogens


def expected_spectra(prediction: Prediction) -> ExpectedSpectra:
    """Return one signal for each row of a prediction, whether it has a shift or not."""
    molecule = prediction.molecule
    exchangeable = exchangeable_hydrogens(molecule)
    hydrogens = attached_hydrogens(molecule)
    return ExpectedSpectra(
        molecule=molecule.name,
        formula=_hill_formula(molecule),
        signals=tuple(
            ExpectedSignal(
                nucleus=row.nucleus,
                nuclei=len(row.atom_indices),
                hydrogens=hydrogens[row.atom_indices[0]] if row.element == "C" else None,
                is_exchangeable=row.atom_indices[0] in exchangeable,
            )
            for row in prediction.shifts
        ),
        solvent=prediction.provenance.solvent if prediction.provenance else "",
    )


def attached_hydrogens(molecule: Molecule) -> tuple[int, ...]:
    """Return for each atom how many hydrogens are bonded to it."""
    return tuple(
        sum(near.GetSymbol() == "H" for near in atom.GetNeighbors()) for atom in rdkit_mol(molecule).GetAtoms()
    )


def _hill_formula(molecule: Molecule) -> tuple[tuple[str, int], ...]:
    """Return elements and numbers, carbon and hydrogen first, then by the alphabet."""
    numbers = Counter(molecule.symbols)
    first = [element for element in ("C", "H") if "C" in numbers and element in numbers]
    return tuple((element, numbers[element]) for element in (*first, *sorted(set(numbers) - set(first))))
