"""NMReDATA 1.1: a structure with its assigned shifts as tags of an SDF file, in a zip with its spectra.

Format: https://www.nmredata.org. Readers want the backslash at every line's end, names without signs, and
`Jcamp_Location=file:NAME` for a spectrum that lies beside the SDF.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from qmnmr.datatypes.measured.larmor import larmor_mhz
from qmnmr.datatypes.shift import Prediction
from qmnmr.report.export.spectrum import DECOUPLED, PredictedLine
from qmnmr.report.export.statement import Statement
from qmnmr.report.structure_file import sdf_text

VERSION = "1.1"
_RECORD_NUMBER = re.compile(r"^(?P<tag>>  <[^>\n]+>)  \(\d+\) $", re.MULTILINE)  # not every reader expects it
_SPELLINGS = 200  # of a SMILES that are tried
_OTHER_WAY = str.maketrans("/\\", "\\/")
_NO_TIME = (1980, 1, 1, 0, 0, 0)  # the same prediction gives the same archive, byte for byte


def nmredata_sdf(
    record: Any,  # noqa: ANN401  # RDKit's molecule
    prediction: Prediction,
    lines: Mapping[str, Sequence[PredictedLine]],
    *,
    smiles: str,
    statement: Statement,
    nmr_solvent: str,
    proton_mhz: float,
    spectrum_files: Mapping[str, str],
) -> str:
    """Return a record with NMReDATA's tags behind its own.

    Args:
        record: RDKit's molecule with all hydrogens as atoms, in the prediction's order.
        prediction: What the lines are of.
        lines: By nucleus.
        smiles: Of the record, which may be another tautomer than the molecule as drawn.
        statement: What is said of the numbers.
        nmr_solvent: "CDCl3"; "" for none.
        proton_mhz: Frequency of hydrogen.
        spectrum_files: By nucleus, the name of the JCAMP-DX file beside the SDF.
    """
    for name, values in _tags(
        record,
        prediction,
        lines,
        statement,
        nmr_solvent,
        smiles=smiles,
        proton_mhz=proton_mhz,
        spectrum_files=spectrum_files,
    ):
        record.SetProp(f"NMREDATA_{name}", "\n".join(f"{value}\\" for value in values))
    return _RECORD_NUMBER.sub(r"\g<tag>", sdf_text([record]))


def _tags(
    record: Any,  # noqa: ANN401
    prediction: Prediction,
    lines: Mapping[str, Sequence[PredictedLine]],
    statement: Statement,
    nmr_solvent: str,
    *,
    smiles: str,
    proton_mhz: float,
    spectrum_files: Mapping[str, str],
) -> Iterator[tuple[str, list[str]]]:
    from rdkit.Chem import rdMolDescriptors

    yield "VERSION", [VERSION]
    yield "LEVEL", ["0"]
    yield "ID", [f"Title={_plain(prediction.molecule.name)}", f"Comment={_plain(statement.sentence)}"]
    if nmr_solvent:
        yield "SOLVENT", [nmr_solvent]
    yield "TEMPERATURE", [f"{statement.temperature_kelvin:.2f} K"]
    yield "FORMULA", [rdMolDescriptors.CalcMolFormula(record)]
    if spelt := smiles_without_backslash(smiles):
        yield "SMILES", [spelt]
    if inchi := _inchi(record):
        yield "INCHI", [inchi]
    by_atoms = sorted((line for found in lines.values() for line in found), key=lambda line: line.atom_indices)
    yield "ASSIGNMENT", [_assignment(line) for line in by_atoms]
    for nucleus, found in lines.items():
        heads = [f"Larmor={larmor_mhz(nucleus, proton_mhz=proton_mhz):.6f}"]
        if nucleus in DECOUPLED:
            heads.append("Decoupled=1H")
        heads.append(f"Jcamp_Location=file:{spectrum_files[nucleus]}")
        yield f"1D_{nucleus}", [*heads, *(_signal(line) for line in found)]


def _assignment(line: PredictedLine) -> str:
    return ", ".join([line.name, f"{line.shift_ppm:.4f}", *(str(index + 1) for index in line.atom_indices)])


def _signal(line: PredictedLine) -> str:
    shape = f" S={line.multiplicity}," if line.multiplicity else ""
    return f"{line.shift_ppm:.4f},{shape} N={line.nuclei}, L={line.name}, E={line.nuclei:.2f}"


def smiles_without_backslash(smiles: str) -> str:
    r"""Return a SMILES of the same molecule without the sign \ that ends a line of a tag, which some readers cut it at.

    Written from another atom the same double bond may do with / alone, and all of / and \ may change places, since
    only what they are to each other counts. "" where no such spelling is found: the mol block and the InChI have the
    structure too.
    """
    from rdkit import Chem

    if "\\" not in smiles:
        return smiles
    spellings = Chem.MolToRandomSmilesVect(Chem.MolFromSmiles(smiles), _SPELLINGS, randomSeed=1)
    mirrored = (spelling.translate(_OTHER_WAY) for spelling in spellings)
    return next((s for pair in zip(spellings, mirrored, strict=True) for s in pair if "\\" not in s), "")


def _inchi(record: Any) -> str:  # noqa: ANN401
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        return str(Chem.MolToInchi(record))


def _plain(text: str) -> str:
    """Return a text without what ends a value: a comment's semicolon, the backslash."""
    return text.replace(";", ",").replace("\\", "/")


def zipped(files: Iterable[tuple[str, str]]) -> bytes:
    """Return a zip archive of texts by their names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for name, text in files:
            archive.writestr(zipfile.ZipInfo(name, date_time=_NO_TIME), text, compress_type=zipfile.ZIP_DEFLATED)
    return stream.getvalue()
