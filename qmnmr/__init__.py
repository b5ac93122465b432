"""Quantum-chemical NMR shifts with free programs: SMILES or structure files in, assigned shifts out.

`predict` runs the whole chain on this machine, `shifts_frame` makes a pandas table of what it returns; `qmnmr --help`
lists what the command line does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qmnmr.report.tables import shifts_frame
    from qmnmr.runs.api import predict

__all__ = ["__version__", "predict", "shifts_frame"]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    # Loaded on first use: `qmnmr --help` must answer at once.
    if name == "__version__":
        from importlib import metadata

        return metadata.version("qmnmr")
    if name == "predict":
        from qmnmr.runs.api import predict

        return predict
    if name == "shifts_frame":
        from qmnmr.report.tables import shifts_frame

        return shifts_frame
    raise AttributeError(f"module 'qmnmr' has no attribute {name!r}")
