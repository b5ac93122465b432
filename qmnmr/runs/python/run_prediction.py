"""What Python gets of a run: predictions that know where their run keeps its structures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from qmnmr.datatypes.molecule import Conformer, Geometry, Molecule
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.datatypes.shift import ChemicalShift, Prediction, WeightedConformer
from qmnmr.errors import OutputFormatError
from qmnmr.report.page.notebook import prediction_html, predictions_html
from qmnmr.report.structure_file import conformer_record, with_shifts
from qmnmr.report.tables import shifts_frame
from qmnmr.runs.folder.final_conformers import final_conformers
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.folder.run_folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd
    from rdkit.Chem import Mol


class StoredConformers:
    """The geometries of one prediction's conformers, read from its folder once, when the first is asked for."""

    def __init__(self, folder: Path, prediction: Prediction) -> None:
        self.folder = folder
        self._prediction = prediction
        self._found: dict[str, Conformer] | None = None

    @property
    def molecule(self) -> Molecule:
        """The molecule that they are of."""
        return self._prediction.molecule

    @property
    def shifts(self) -> tuple[ChemicalShift, ...]:
        """The shifts that are averages over them."""
        return self._prediction.shifts

    def of(self, label: str) -> Conformer:
        """Return a conformer with its geometry. Raises OutputFormatError if the run folder has it no more."""
        if self._found is None:
            self._found = final_conformers(MoleculeFolder(self.folder), self._prediction)
        if label not in self._found:
            raise OutputFormatError(
                f"{self.folder}: the geometry of conformer {label} can't be read",
                hint="was the run folder moved or removed? Load it anew with qmnmr.load_run",
            )
        return self._found[label]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConformer(WeightedConformer):
    """A conformer of a run, with its population; its geometry is read from the run folder when it is asked for."""

    stored: StoredConformers = field(repr=False, compare=False)

    @property
    def geometry(self) -> Geometry:
        """Symbols (n,) and coordinates (n, 3) in Å that the shieldings are of, atoms in the molecule's order.

        Raises OutputFormatError if the run folder has it no more.
        """
        return self.stored.of(self.label).geometry

    @property
    def mol(self) -> Mol:
        """RDKit's molecule with all hydrogens and this geometry; its atoms have the prediction's shifts as properties.

        Raises OutputFormatError as `geometry` does.
        """
        return conformer_record(self.stored.molecule, self.stored.of(self.label), shifts=self.stored.shifts)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPrediction(Prediction):
    """The outcome of one molecule of a run: a Prediction with its structures, as table and in a notebook."""

    conformers: tuple[RunConformer, ...] = ()
    folder: Path = field(repr=False, compare=False)  # of the molecule, in the run folder

    @property
    def mol(self) -> Mol:
        """RDKit's molecule with all hydrogens, in the most populated conformer; without result it has no structure.

        Its atoms have the properties NMR_shielding, NMR_shift, NMR_uncertainty (numbers, ppm) and label (text), each
        where there is one: `mol.GetAtomWithIdx(0).GetDoubleProp("NMR_shift")`.
        """
        if self.conformers:
            return max(self.conformers, key=lambda c: c.population).mol
        mol = rdkit_mol(self.molecule)
        with_shifts(mol, self.shifts)
        mol.SetProp("_Name", self.molecule.name)
        return mol

    def to_frame(self) -> pd.DataFrame:
        """Return the shifts as a pandas table, as `qmnmr.shifts_frame` does."""
        return shifts_frame(self)

    def _repr_html_(self) -> str:
        return prediction_html(self)


class RunPredictions(tuple[RunPrediction, ...]):
    """All predictions of a run in input order: a tuple that notebooks show as drawings and tables."""

    __slots__ = ()

    def to_frame(self) -> pd.DataFrame:
        """Return the shifts of all molecules as one pandas table, as `qmnmr.shifts_frame` does."""
        return shifts_frame(self)

    def _repr_html_(self) -> str:
        return predictions_html(self)


def predictions_of(run: RunFolder, predictions: Iterable[Prediction]) -> RunPredictions:
    """Return predictions of a run with their way to its folder."""
    return RunPredictions(_of_run(run, predictions))


def _of_run(run: RunFolder, predictions: Iterable[Prediction]) -> Iterator[RunPrediction]:
    for prediction in predictions:
        folder = run.molecule_folder(prediction.molecule).path
        stored = StoredConformers(folder, prediction)
        values = {f.name: getattr(prediction, f.name) for f in fields(Prediction)}
        conformers = tuple(
            RunConformer(**{f.name: getattr(c, f.name) for f in fields(WeightedConformer)}, stored=stored)
            for c in prediction.conformers
        )
        yield RunPrediction(**values | {"conformers": conformers, "folder": folder})
