"""Texts in NWChem's and mpirun's output that name a failure, and what to do about it.

A test shows each of them in a recorded output; NOT_RECORDED are those that could not be provoked here, taken from the
source and the programs' own strings.
"""

from __future__ import annotations

from qmnmr.datatypes.calculation import FailureKind
from qmnmr.known_failures import KnownFailure

_SCF_HINT = "Check structure and charge; a smaller basis set without diffuse functions converges more easily."
_MEMORY_HINT = "Give each rank more memory, or use fewer ranks."

# In this order: what is told in detail comes before what follows from it.
RECORDED: tuple[KnownFailure, ...] = (
    KnownFailure(
        text=b"There are not enough slots available",
        kind=FailureKind.PARALLEL_START,
        message="mpirun found too few slots for the ranks.",
        hint="Ask for fewer cores, or allow oversubscription (OMPI_MCA_rmaps_base_oversubscribe=1).",
    ),
    KnownFailure(
        text=b"There are insufficient internal variables",
        kind=FailureKind.INTERNAL_COORDINATES,
        message="NWChem found no internal coordinates for this structure.",
        hint="Optimise in Cartesian coordinates (noautoz).",
    ),
    KnownFailure(
        text=b"geom_binvr: #indep variables incorrect",
        kind=FailureKind.INTERNAL_COORDINATES,
        message="NWChem found no internal coordinates for this structure.",
        hint="Optimise in Cartesian coordinates (noautoz).",
    ),
    KnownFailure(
        text=b"bas_tag_lib: failed to locate basis",
        kind=FailureKind.BASIS,
        message="The basis set lacks an element of the molecule.",
        hint="Choose a basis set that covers all elements.",
    ),
    KnownFailure(
        text=b"Attempting to read a basis set from a  non-existing file",
        kind=FailureKind.BASIS,
        message="This NWChem's library has no such basis set.",
        hint="Check NWCHEM_BASIS_LIBRARY and the version of NWChem.",
    ),
    KnownFailure(
        text=b"Calculation failed to converge",
        kind=FailureKind.SCF_NOT_CONVERGED,
        message="The SCF did not converge.",
        hint=_SCF_HINT,
    ),
    KnownFailure(
        text=b"Failed to converge in maximum number of steps",
        kind=FailureKind.GEOMETRY_NOT_CONVERGED,
        message="The optimisation ran out of steps.",
        hint="Start from a better structure.",
    ),
    KnownFailure(
        text=b"SCF residual greater than 1d-2",
        kind=FailureKind.RESPONSE_NOT_CONVERGED,
        message="The response equations (CPHF) were refused, since the orbitals are not converged for them.",
        hint=_SCF_HINT,
    ),
    KnownFailure(
        text=b"lkain: not converged",
        kind=FailureKind.RESPONSE_NOT_CONVERGED,
        message="The response equations (CPHF) did not converge.",
        hint=_SCF_HINT,
    ),
    KnownFailure(
        text=b"Memory_Defaults: Global memory limit unreasonable",
        kind=FailureKind.MEMORY,
        message="The memory for each rank is less than NWChem needs to start.",
        hint=_MEMORY_HINT,
    ),
    KnownFailure(
        text=b"out of memory", kind=FailureKind.MEMORY, message="NWChem ran out of its memory.", hint=_MEMORY_HINT
    ),
    KnownFailure(
        text=b"movecs_converged: error opening file",
        kind=FailureKind.RESTART_FILES,
        message="The orbitals to start from can't be read.",
        hint="Run again in an empty scratch folder.",
    ),
    KnownFailure(
        text=b"Odd number of electrons",
        kind=FailureKind.INPUT,
        message="Charge and multiplicity do not fit the number of electrons.",
        hint="Check the charge.",
    ),
    KnownFailure(
        text=b"xc_input: invalid format",
        kind=FailureKind.NOT_IMPLEMENTED,
        message="This version of NWChem has no such functional.",
        hint="Use another functional or a newer NWChem.",
    ),
)

NOT_RECORDED: tuple[KnownFailure, ...] = (
    KnownFailure(
        text=b"slots are filled",
        kind=FailureKind.PARALLEL_START,
        message="mpirun found too few slots for the ranks.",
    ),
    KnownFailure(
        text=b"mpirun was unable to",
        kind=FailureKind.PARALLEL_START,
        message="mpirun could not start NWChem.",
    ),
    KnownFailure(
        text=b"sym_center_map is inconsistent",
        kind=FailureKind.SYMMETRY,
        message="NWChem lost the symmetry of the structure.",
    ),
    KnownFailure(
        text=b"non-Abelian symmetry not permitted",
        kind=FailureKind.SYMMETRY,
        message="The task can't use this symmetry.",
    ),
    KnownFailure(
        text=b"You need to assign at least",
        kind=FailureKind.MEMORY,
        message="NWChem ran out of its memory.",
        hint=_MEMORY_HINT,
    ),
    KnownFailure(
        text=b"could not read mo vectors",
        kind=FailureKind.RESTART_FILES,
        message="The orbitals of an earlier step can't be read.",
        hint="Run again in an empty scratch folder.",
    ),
    KnownFailure(
        text=b"No space left on device",
        kind=FailureKind.DISK,
        message="The scratch disk is full.",
        hint="Use another scratch folder.",
    ),
    KnownFailure(
        text=b"Bus error",
        kind=FailureKind.SHARED_MEMORY,
        message="NWChem got a bus error, as happens when /dev/shm is full or too small.",
        hint="Free /dev/shm, make it larger, or use fewer ranks.",
    ),
    KnownFailure(
        text=b"warning: processed input with no task",
        kind=FailureKind.INPUT,
        message="The input has no task.",
        hint="This is an error of qmnmr; please report it.",
    ),
)

KNOWN_FAILURES = (*RECORDED, *NOT_RECORDED)

# What errquit prints (src/util/errquit.F) when it knows no more than the part of NWChem that gave up.
ERRQUIT_CATEGORIES: tuple[KnownFailure, ...] = (
    KnownFailure(
        text=b"most commonly associated with calculations not reaching convergence criteria",
        kind=FailureKind.SCF_NOT_CONVERGED,
        message="Something in NWChem did not converge.",
        hint=_SCF_HINT,
    ),
    KnownFailure(
        text=b"There is an error in the specified basis set",
        kind=FailureKind.BASIS,
        message="NWChem refuses the basis set.",
    ),
    KnownFailure(
        text=b"There is an error related to the specified geometry",
        kind=FailureKind.INTERNAL_COORDINATES,
        message="NWChem can't handle the geometry.",
    ),
    KnownFailure(
        text=b"An error occured in the Runtime Database",
        kind=FailureKind.RESTART_FILES,
        message="NWChem's database can't be read or written.",
        hint="Run again in an empty scratch folder.",
    ),
    KnownFailure(
        text=b"An error occured while computing integrals",
        kind=FailureKind.INTEGRALS,
        message="NWChem failed to compute integrals.",
    ),
    KnownFailure(
        text=b"An error occured while trying to read or write to disk space",
        kind=FailureKind.DISK,
        message="NWChem could not read or write its scratch files.",
        hint="Check the scratch folder and its space.",
    ),
    KnownFailure(
        text=b"There is an error in the input file",
        kind=FailureKind.INPUT,
        message="NWChem refuses the input.",
        hint="This is an error of qmnmr; please report it.",
    ),
)
