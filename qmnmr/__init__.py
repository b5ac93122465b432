"""Quantum-chemical NMR shifts with free programs: SMILES or structure files in, assigned shifts out.

`predict` runs the whole chain on this machine, `load_run` returns what a run folder holds, `shifts_frame` makes a
pandas table of either; `read_experiment` reads measured spectra, `compare` puts a run beside them, and `rank` says
which of its molecules they are of, of which `ranking_frame` makes a table; `qmnmr.errors` has what they raise.
`qmnmr --help` lists what the command line does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qmnmr import errors
    from qmnmr.calibration.comparing import compare
    from qmnmr.calibration.experiment_input import read_experiment
    from qmnmr.calibration.ranking import rank
    from qmnmr.datatypes.measured.comparison import Comparison
    from qmnmr.datatypes.measured.experiment import Experiment
    from qmnmr.datatypes.measured.ranking import Ranking
    from qmnmr.datatypes.shift import ChemicalShift, Prediction, PredictionStatus
    from qmnmr.errors import QmnmrError
    from qmnmr.funnel.progress import Progress
    from qmnmr.report.measured.ranking_report import ranking_frame
    from qmnmr.report.tables import shifts_frame
    from qmnmr.runs.python.api import load_run, predict
    from qmnmr.runs.python.run_prediction import RunConformer, RunPrediction, RunPredictions

    __version__: str

__all__ = [
    "ChemicalShift",
    "Comparison",
    "Experiment",
    "Prediction",
    "PredictionStatus",
    "Progress",
    "QmnmrError",
    "Ranking",
    "RunConformer",
    "RunPrediction",
    "RunPredictions",
    "__version__",
    "compare",
    "errors",
    "load_run",
    "predict",
    "rank",
    "ranking_frame",
    "read_experiment",
    "shifts_frame",
]

_HOMES = {
    "ChemicalShift": "qmnmr.datatypes.shift",
    "Comparison": "qmnmr.datatypes.measured.comparison",
    "Experiment": "qmnmr.datatypes.measured.experiment",
    "Prediction": "qmnmr.datatypes.shift",
    "PredictionStatus": "qmnmr.datatypes.shift",
    "Progress": "qmnmr.funnel.progress",
    "QmnmrError": "qmnmr.errors",
    "Ranking": "qmnmr.datatypes.measured.ranking",
    "RunConformer": "qmnmr.runs.python.run_prediction",
    "RunPrediction": "qmnmr.runs.python.run_prediction",
    "RunPredictions": "qmnmr.runs.python.run_prediction",
    "compare": "qmnmr.calibration.comparing",
    "load_run": "qmnmr.runs.python.api",
    "predict": "qmnmr.runs.python.api",
    "rank": "qmnmr.calibration.ranking",
    "ranking_frame": "qmnmr.report.measured.ranking_report",
    "read_experiment": "qmnmr.calibration.experiment_input",
    "shifts_frame": "qmnmr.report.tables",
}

if not TYPE_CHECKING:  # a type checker shall know the names above, and no other

    def __getattr__(name: str) -> object:
        # Loaded on first use: `qmnmr --help` must answer at once.
        import importlib

        if name == "__version__":
            from importlib import metadata

            return metadata.version("qmnmr")
        if name == "errors":
            return importlib.import_module("qmnmr.errors")
        if name in _HOMES:
            return getattr(importlib.import_module(_HOMES[name]), name)
        raise AttributeError(f"module 'qmnmr' has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
