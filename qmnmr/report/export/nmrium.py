"""Files of NMRium (.nmrium): spectra with their ranges, and the drawing.

Its links between ranges and atoms are codes that its own toolkit computes: for links there is NMReDATA.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from qmnmr.datatypes.measured.larmor import larmor_mhz
from qmnmr.datatypes.molecule import Molecule
from qmnmr.report.export.spectrum import PredictedLine, SampledSpectrum
from qmnmr.report.export.statement import Statement

VERSION = 22
"""Of the format; older ones are migrated by NMRium when it reads them."""

_RANGE_HZ = 20.0  # to either side of a line


def nmrium_text(
    molecule: Molecule,
    lines: Mapping[str, Sequence[PredictedLine]],
    spectra: Mapping[str, SampledSpectrum],
    *,
    statement: Statement,
    nmr_solvent: str,
    proton_mhz: float,
) -> str:
    """Return the text of a .nmrium file with the lines and spectra of each nucleus."""
    found = [
        _spectrum(
            nucleus,
            lines[nucleus],
            spectrum,
            name=f"{molecule.name} {nucleus} predicted",
            statement=statement,
            nmr_solvent=nmr_solvent,
            mhz=round(larmor_mhz(nucleus, proton_mhz=proton_mhz), 6),
        )
        for nucleus, spectrum in spectra.items()
    ]
    drawing = {"id": "molecule", "molfile": _drawing(molecule), "label": molecule.name}
    content = {"version": VERSION, "data": {"molecules": [drawing], "spectra": found}}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def _spectrum(
    nucleus: str,
    lines: Sequence[PredictedLine],
    spectrum: SampledSpectrum,
    *,
    name: str,
    statement: Statement,
    nmr_solvent: str,
    mhz: float,
) -> dict[str, Any]:
    total = sum(line.nuclei for line in lines)
    return {
        "id": f"predicted-{nucleus}",
        "data": {
            "x": [round(value, 6) for value in spectrum.ppm[::-1].tolist()],
            "re": [round(value, 6) for value in spectrum.intensity[::-1].tolist()],
            "im": None,
        },
        "info": {
            "nucleus": nucleus,
            "isFid": False,
            "isFt": True,
            "isComplex": False,
            "dimension": 1,
            "originFrequency": mhz,
            "baseFrequency": mhz,
            "name": name,
            "title": name,
            "solvent": nmr_solvent,
            "temperature": statement.temperature_kelvin,
            "experiment": "proton" if nucleus == "1H" else "1d",
            "pulseSequence": "prediction",
            "spectrumSource": "prediction",
        },
        "meta": asdict(statement),
        "ranges": {
            "values": [_range(line, nucleus=nucleus, mhz=mhz) for line in lines],
            "options": {"sum": total, "isSumConstant": True, "sumAuto": True},
        },
    }


def _range(line: PredictedLine, *, nucleus: str, mhz: float) -> dict[str, Any]:
    half = _RANGE_HZ / mhz
    name = f"{nucleus}-{line.name}"
    return {
        "id": f"range-{name}",
        "from": round(line.shift_ppm - half, 6),
        "to": round(line.shift_ppm + half, 6),
        "integration": line.nuclei,
        "kind": "signal",
        "signals": [
            {
                "id": f"signal-{name}",
                "delta": line.shift_ppm,
                "multiplicity": line.multiplicity or "m",
                "kind": "signal",
                "js": [],
                "diaIDs": [],
                "assignment": line.name,
            }
        ],
    }


def _drawing(molecule: Molecule) -> str:
    """Return the mol block of the structure as chemists draw it, heavy atoms in the order of the shifts."""
    from rdkit import Chem
    from rdkit.Chem import rdDepictor

    from qmnmr.datatypes.rdkit_molecule import rdkit_mol

    mol = Chem.RemoveHs(rdkit_mol(molecule))
    rdDepictor.Compute2DCoords(mol)
    return str(Chem.MolToMolBlock(mol))
