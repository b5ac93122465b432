"""What to try after a failure, gentlest first. A failure without a ladder is one that no other input mends."""

from __future__ import annotations

from qmnmr.datatypes.calculation import FailureKind
from qmnmr.datatypes.remedy import Remedy

_FEWER_RANKS = (Remedy.HALF_RANKS, Remedy.ONE_RANK)

LADDERS: dict[FailureKind, tuple[Remedy, ...]] = {
    FailureKind.SCF_NOT_CONVERGED: (Remedy.SCF_DAMPED, Remedy.SCF_MINIMIZED, Remedy.SCF_TIGHT),
    # "SCF residual greater than 1d-2" comes from orbitals that are not converged well enough for CPHF.
    FailureKind.RESPONSE_NOT_CONVERGED: (Remedy.RESPONSE_LONGER, Remedy.SCF_TIGHT, Remedy.SCF_MINIMIZED),
    FailureKind.GEOMETRY_NOT_CONVERGED: (Remedy.SMALLER_STEPS, Remedy.CARTESIAN),
    FailureKind.INTERNAL_COORDINATES: (Remedy.CARTESIAN,),
    FailureKind.MEMORY: _FEWER_RANKS,
    FailureKind.SHARED_MEMORY: _FEWER_RANKS,
    FailureKind.PARALLEL_START: (Remedy.ONE_RANK,),
    FailureKind.RESTART_FILES: (Remedy.AGAIN,),
    FailureKind.CUT_OFF: (Remedy.AGAIN,),
    FailureKind.UNPHYSICAL: (Remedy.AGAIN, Remedy.SCF_TIGHT),
}
"""No ladder for a full disk (the same disk is as full the next time; all integrals are `direct` anyway), for a kill
from outside, and for what the input itself forbids. Linear dependence of a basis is NWChem's own affair: its default
tolerance removes the functions, and an SCF that oscillates with diffuse functions has the SCF's ladder."""
