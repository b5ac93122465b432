"""The run as one JSON object, schema 1."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import msgspec

from qmnmr.datatypes.shift import Prediction, Provenance
from qmnmr.report.level_words import level_words
from qmnmr.report.tables import atom_numbers

SCHEMA = 1


def run_json(predictions: Iterable[Prediction], *, run: str) -> str:
    """Return a run as indented JSON text with a final newline: {"schema", "run", "molecules": [...]}.

    Atoms are counted from 1; there is no NaN, unknown values are null.
    """
    return "".join(run_json_parts(predictions, run=run))


def run_json_parts(predictions: Iterable[Prediction], *, run: str) -> Iterator[str]:
    """Yield the text of `run_json`, a molecule at a time: that of ten thousand is 40 MB, and their data 400 MB."""
    yield f'{{\n "schema": {SCHEMA},\n "run": {json.dumps(run, ensure_ascii=False)},\n "molecules": ['
    count = 0
    for count, prediction in enumerate(predictions, start=1):
        # json indents in Python, ten times slower than it writes; msgspec lays out what json has written.
        plain = json.dumps(_molecule_object(prediction), ensure_ascii=False, allow_nan=False)
        text = msgspec.json.format(plain, indent=1).replace("\n", "\n  ")
        yield f"{',' if count > 1 else ''}\n  {text}"
    yield "\n ]\n}\n" if count else "]\n}\n"


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
        "couplings": [
            {
                "pairs": [[first + 1, second + 1] for first, second in c.atom_pairs],
                "bonds": c.n_bonds,
                "class": str(c.coupling_class),
                "coupling_hz": round(c.coupling_hz, 2),
                "uncertainty_hz": _rounded(c.uncertainty_hz, 2),
                "source": str(c.source),
                "flags": list(c.flags),
            }
            for c in prediction.couplings
        ],
        "conformers": [
            {
                "label": c.label,
                "energy_hartree": round(c.energy_hartree, 8),
                "population": round(c.population, 6),
                "free_energy_correction_hartree": _rounded(c.free_energy_correction_hartree, 8),
                "energy_population": _rounded(c.energy_population, 6),
                "tautomer": c.tautomer or None,
                "inclusion": round(c.inclusion, 6),
            }
            for c in prediction.conformers
        ],
        "missed_population": _rounded(prediction.missed_population, 4),
        "funnel": msgspec.to_builtins(prediction.funnel),
        "provenance": None if prediction.provenance is None else _provenance_object(prediction.provenance),
    }


def _provenance_object(provenance: Provenance) -> dict[str, Any]:
    """Return the provenance with its levels in words, in the place of its steps."""
    said = {name: getattr(provenance, name) for name in provenance.__dataclass_fields__ if name != "steps"}
    plain = msgspec.to_builtins(said)
    return {
        "levels" if name == "steps" else name: dict(_levels(provenance.steps)) if name == "steps" else plain[name]
        for name in provenance.__dataclass_fields__
    }


_levels = lru_cache(maxsize=8)(level_words)  # all molecules of a run have the same steps


def _ppm(value: float | None) -> float | None:
    """Return a value with the four decimals that programs print, as in shifts.csv."""
    return None if value is None else round(value, 4)


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals)
