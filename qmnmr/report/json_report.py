"""The run as one JSON object, schema 1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from qmnmr.datatypes.shift import Prediction, Provenance
from qmnmr.report.level_words import level_words
from qmnmr.report.tables import atom_numbers

SCHEMA = 1


def run_object(predictions: Sequence[Prediction], *, run: str) -> dict[str, Any]:
    """Return a run as builtin types: {"schema", "run", "molecules": [...]}; atoms are counted from 1."""
    return {"schema": SCHEMA, "run": run, "molecules": [_molecule_object(p) for p in predictions]}


def run_json(predictions: Sequence[Prediction], *, run: str) -> str:
    """Return a run as indented JSON text with a final newline; no NaN, unknown values are null."""
    return json.dumps(run_object(predictions, run=run), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _molecule_object(prediction: Prediction) -> dict[str, Any]:
    return {
        "name": prediction.molecule.name,
        "smiles": prediction.molecule.smiles,
        "status": str(prediction.status),
        "message": "; ".join(prediction.messages),
        "shifts": [
            {
                "atoms": atom_numbers(s),
                "element": s.element,
                "nucleus": s.nucleus,
                "shielding_ppm": _ppm(s.shielding_ppm),
                "shift_ppm": _ppm(s.shift_ppm),
                "uncertainty_ppm": _ppm(s.uncertainty_ppm),
                "flags": list(s.flags),
                "reference_shift_ppm": _ppm(s.reference_shift_ppm),
                "reference": s.reference or None,
                "label": s.label,
            }
            for s in prediction.shifts
        ],
        "conformers": [
            {
                "label": c.label,
                "energy_hartree": round(c.energy_hartree, 8),
                "population": round(c.population, 6),
                "free_energy_correction_hartree": _rounded(c.free_energy_correction_hartree, 8),
                "energy_population": _rounded(c.energy_population, 6),
            }
            for c in prediction.conformers
        ],
        "funnel": [asdict(step) for step in prediction.funnel],
        "provenance": None if prediction.provenance is None else _provenance_object(prediction.provenance),
    }


def _provenance_object(provenance: Provenance) -> dict[str, Any]:
    """Return the provenance with its levels in words, in the place of its steps."""
    return {
        "levels" if name == "steps" else name: level_words(provenance.steps) if name == "steps" else value
        for name, value in asdict(provenance).items()
    }


def _ppm(value: float | None) -> float | None:
    """Return a value with the four decimals that programs print, as in shifts.csv."""
    return _rounded(value, 4)


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals)
