"""Quantum-chemical NMR shifts with free programs: SMILES or structure files in, assigned shifts out.

`predict` runs the whole chain on this machine; `qmnmr --help` lists what the command line does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qmnmr.workflow.api import predict

__all__ = ["__version__", "predict"]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    # Loaded on first use: `qmnmr --help` must answer at once.
    if name == "__version__":
        from importlib import metadata

        return metadata.version("qmnmr")
    if name == "predict":
        from qmnmr.workflow.api import predict

        return predict
    raise AttributeError(f"module 'qmnmr' has no attribute {name!r}")
