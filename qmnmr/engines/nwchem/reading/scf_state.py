"""Charge, multiplicity, atoms and Hamiltonian of the SCF behind a task."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qmnmr.engines.nwchem.reading.blocks import unreadable
from qmnmr.engines.nwchem.reading.words import places

_DFT = re.compile(
    rb"SCF calculation type: DFT\n(?: .*\n){1,5}? +No\. of atoms     : +(?P<atoms>\d+)\n(?: .*\n){1,6}?"
    rb" +Charge           : +(?P<charge>-?\d+)\n +Spin multiplicity: +(?P<multiplicity>\d+)\n"
)
_SCF = re.compile(
    rb"  atoms           = +(?P<atoms>\d+)\n"
    rb"(?:  closed shells   = +\d+\n  open shells     = +(?P<open>\d+)\n)?"
    rb"(?:  alpha electrons = +(?P<alpha>\d+)\n  beta  electrons = +(?P<beta>\d+)\n)?"
    rb"  charge          = +(?P<charge>-?\d+)\.\d+\n"
)
_DFT_ANCHOR = b"SCF calculation type: DFT\n"
_SCF_ANCHOR = b"NWChem SCF Module\n"
_SCF_FIRST = b"  atoms           ="

# In the order in which they are looked for: words, their rarest letter, name.
_HAMILTONIANS = (
    (b"Performing ZORA calculations", b"Z", "ZORA"),
    (b"tensor-> zora", b">", "ZORA"),
    (b"Douglas-Kroll integrals are switched on", b"K", "Douglas-Kroll"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScfState:
    """What the SCF says about the molecule."""

    atom_count: int  # ghost atoms included
    charge: int
    multiplicity: int
    is_dft_module: bool  # else the SCF module, which is Hartree-Fock


def read_state(data: bytes, start: int, *, source: str) -> ScfState | None:
    """Return what the last SCF from `start` on states, None if there is none."""
    dft, scf = data.rfind(_DFT_ANCHOR, start), data.rfind(_SCF_ANCHOR, start)
    if max(dft, scf) < 0:
        return None
    if dft > scf:
        found = _DFT.match(data, dft)
        if found is None:
            raise unreadable(data, dft, source=source, what="the number of atoms, the charge or the multiplicity")
        multiplicity = int(found["multiplicity"])
    else:
        place = data.find(_SCF_FIRST, scf)
        if place < 0:
            return None  # printing was turned off
        found = _SCF.match(data, place)
        if found is None:
            raise unreadable(data, place, source=source, what="the number of atoms, the charge or the multiplicity")
        unpaired = int(found["alpha"]) - int(found["beta"]) if found["alpha"] else int(found["open"] or 0)
        multiplicity = unpaired + 1
    return ScfState(
        atom_count=int(found["atoms"]),
        charge=int(found["charge"]),
        multiplicity=multiplicity,
        is_dft_module=dft > scf,
    )


def read_hamiltonian(data: bytes, start: int) -> str | None:
    """Return the name of a task's relativistic Hamiltonian, None if it has none."""
    for words, rare, name in _HAMILTONIANS:
        if next(places(data, words, rare=rare, start=start), None) is not None:
            return name
    return None
