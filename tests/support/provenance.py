"""Provenance of a prediction that nothing was computed for."""

from __future__ import annotations

from qmnmr.datatypes.protocol import Protocol
from qmnmr.datatypes.shift import Provenance
from qmnmr.runs.provenance import build_provenance, this_machine


def provenance_of(protocol: Protocol) -> Provenance:
    """Return the embedded engine's, of a protocol, on this machine."""
    return build_provenance(
        protocol,
        engine="pyscf",
        results=[],
        has_free_energies=False,
        cpu_seconds=0.0,
        referencing={},
        machine=this_machine(),
    )
