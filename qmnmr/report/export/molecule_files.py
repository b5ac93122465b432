"""The files of one molecule in each format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from qmnmr.datatypes.molecule import Conformer, tautomer_of
from qmnmr.datatypes.shift import Prediction
from qmnmr.exchange.tautomers import tautomer_smiles
from qmnmr.report.export.conformers import conformers_sdf, say
from qmnmr.report.export.jcamp import jcamp_text
from qmnmr.report.export.nmredata import nmredata_sdf, zipped
from qmnmr.report.export.nmrium import nmrium_text
from qmnmr.report.export.spectrum import PredictedLine, predicted_lines, sampled
from qmnmr.report.export.statement import Statement
from qmnmr.report.page.spectra import calibrated_nuclei
from qmnmr.report.structure_file import conformer_record
from qmnmr.report.words import counted

File = tuple[str, bytes]
"""A file's name and what is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSource:
    """All that the files of one finished molecule are made of."""

    prediction: Prediction
    statement: Statement
    conformers: Mapping[str, Conformer]  # by label, those whose geometries are known
    nmr_solvent: str  # "CDCl3"; "" for none
    proton_mhz: float

    @property
    def stem(self) -> str:
        """What the files' names begin with."""
        return self.prediction.molecule.id

    @property
    def best(self) -> Conformer | None:
        """The most populated conformer, None where its geometry is not known."""
        first = max(self.prediction.conformers, key=lambda c: c.population, default=None)
        return None if first is None else self.conformers.get(first.label)


def export_notes(source: ExportSource, formats: Sequence[str]) -> Iterator[str]:
    """Yield what the molecule's files lack, or why there are none."""
    prediction = source.prediction
    name = prediction.molecule.name
    spectral = [wanted for wanted in formats if wanted in ("nmredata", "jcamp", "nmrium")]
    there = calibrated_nuclei(prediction)
    without = list(dict.fromkeys(s.nucleus for s in prediction.shifts if s.nucleus not in there))
    if spectral and without:
        yield f"{name}: no calibrated shifts of {', '.join(without)}: not in {', '.join(spectral)}"
    unknown = [c.label for c in prediction.conformers if c.label not in source.conformers]
    if unknown and "sdf" in formats:
        yield f"{name}: geometries of {counted(len(unknown), 'conformer')} can't be read: not in sdf"
    if source.best is None and "nmredata" in formats:
        yield f"{name}: no nmredata: the geometry of the most populated conformer can't be read"


def _lines(source: ExportSource) -> dict[str, tuple[PredictedLine, ...]]:
    """Return the signals of each nucleus that has calibrated shifts."""
    prediction, mhz = source.prediction, source.proton_mhz
    return {nucleus: predicted_lines(prediction, nucleus, proton_mhz=mhz) for nucleus in calibrated_nuclei(prediction)}


def _nmredata(source: ExportSource) -> Iterator[File]:
    prediction, best = source.prediction, source.best
    lines = _lines(source)
    if best is None or not lines:
        return
    record = conformer_record(prediction.molecule, best, shifts=prediction.shifts)
    say(record, source.statement)
    sdf = nmredata_sdf(
        record,
        prediction,
        lines,
        smiles=tautomer_smiles(tautomer_of(prediction.molecule, best)) if best.tautomer else prediction.molecule.smiles,
        statement=source.statement,
        nmr_solvent=source.nmr_solvent,
        proton_mhz=source.proton_mhz,
        spectrum_files={nucleus: f"{nucleus}.jdx" for nucleus in lines},
    )
    spectra = [(f"{nucleus}.jdx", _jcamp_text(source, nucleus)) for nucleus in lines]
    yield f"{source.stem}.nmredata.zip", zipped([(f"{source.stem}.nmredata.sdf", sdf), *spectra])


def _jcamp(source: ExportSource) -> Iterator[File]:
    for nucleus in calibrated_nuclei(source.prediction):
        yield f"{source.stem}-{nucleus}.jdx", _jcamp_text(source, nucleus).encode()


def _jcamp_text(source: ExportSource, nucleus: str) -> str:
    return jcamp_text(
        sampled(_lines(source)[nucleus], nucleus, proton_mhz=source.proton_mhz),
        nucleus=nucleus,
        name=source.prediction.molecule.name,
        statement=source.statement,
        nmr_solvent=source.nmr_solvent,
        proton_mhz=source.proton_mhz,
    )


def _nmrium(source: ExportSource) -> Iterator[File]:
    prediction = source.prediction
    lines = _lines(source)
    if not lines:
        return
    text = nmrium_text(
        prediction.molecule,
        lines,
        {nucleus: sampled(found, nucleus, proton_mhz=source.proton_mhz) for nucleus, found in lines.items()},
        statement=source.statement,
        nmr_solvent=source.nmr_solvent,
        proton_mhz=source.proton_mhz,
    )
    yield f"{source.stem}.nmrium", text.encode()


def _sdf(source: ExportSource) -> Iterator[File]:
    if source.conformers:
        text = conformers_sdf(source.prediction, source.conformers, statement=source.statement)
        yield f"{source.stem}.sdf", text.encode()


FILES_OF_A_MOLECULE: dict[str, Callable[[ExportSource], Iterator[File]]] = {
    "nmredata": _nmredata,
    "jcamp": _jcamp,
    "nmrium": _nmrium,
    "sdf": _sdf,
}
"""What makes the files of a molecule, by the name of the format."""
