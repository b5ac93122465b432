"""Predictions of qmnmr 0.1.0 that rest on a wrong ground state are no results.

Its embedded engine computed the long-range exchange of range-separated functionals with the factors of 1/r wherever
those of 1/r went to disk and the smaller ones of the long range stayed in memory: with too little memory for the one
and enough for the other. The energy tells it from every right calculation: it lies 0.2 hartree or more below for each
electron (qmnmr.engines.plausibility).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from qmnmr.datatypes.calculation import CalculationResult
from qmnmr.datatypes.protocol import Step
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.engines import get_engine
from qmnmr.runs.folder.molecule_folder import MoleculeFolder

_HIT_VERSION = "0.1.0"
_HIT_ENGINE = "pyscf"
_HIT_FUNCTIONALS = ("cam-b3lyp", "wb97x", "wb97x-d", "wb97x-d3")


def withdraw(prediction: Prediction, folder: MoleculeFolder) -> Prediction:
    """Return the prediction, or a failed one without shifts where a result behind it can't be a molecule's."""
    if not _may_be_hit(prediction):
        return prediction
    doubts = [words for result in folder.results() if (words := _doubt(result))]
    if not doubts:
        return prediction
    words = (
        f"computed by qmnmr {_HIT_VERSION} with a wrong ground state: {'; '.join(doubts)}; `qmnmr resume`, or the "
        "run's own `qmnmr predict` once more, computes it again"
    )
    return replace(
        prediction,
        status=PredictionStatus.FAILED,
        messages=(words, *prediction.messages),
        shifts=(),
        conformers=(),
    )


def _may_be_hit(prediction: Prediction) -> bool:
    provenance = prediction.provenance
    return provenance is not None and may_be_hit(provenance.qmnmr_version, provenance.engine, provenance.steps)


def may_be_hit(qmnmr_version: str, engine: str, steps: Iterable[Step]) -> bool:
    """Say whether what was computed so can be wrong."""
    is_version = qmnmr_version == _HIT_VERSION and engine == _HIT_ENGINE
    return is_version and any(step.level.functional in _HIT_FUNCTIONALS for step in steps)


def _doubt(result: CalculationResult) -> str:
    if result.program != _HIT_ENGINE:
        return ""
    doubt = get_engine(result.program).doubt(result)
    return "" if doubt is None else f"{result.label} has {doubt.evidence}"
