"""Inputs that qmnmr would not write, as people write them: what they print has to be read, or refused by name.

All are tiny (STO-3G, water, methanol or hydrogen). `record.py` runs them as it runs qmnmr's own cases.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

RECORDS = Path(__file__).resolve().parent / "7.0.2"

_HEAD = "start calc\nscratch_dir .\npermanent_dir .\nmemory total 300 mb\n"
_GEOMETRY = "geometry units angstroms noautosym nocenter noautoz\n{atoms}\nend\n"
_WATER = " O 0 0 0.117\n H 0 0.757 -0.471\n H 0 -0.757 -0.471"
_BASIS = "basis spherical\n * library sto-3g\nend\n"
_DFT = 'dft\n xc b3lyp\n noprint "final vectors analysis" multipole\nend\n'
_SHIELDING = "property\n shielding\nend\n"


@dataclass(frozen=True, kw_only=True)
class ForeignInput:
    """One input and what its output proves."""

    proves: str
    text: str


def _input(*blocks: str, atoms: str = _WATER, basis: str = _BASIS) -> str:
    return _HEAD + _GEOMETRY.format(atoms=atoms) + basis + "".join(blocks)


FOREIGN: dict[str, ForeignInput] = {
    "water-dft": ForeignInput(
        proves="shieldings that others are compared with",
        text=_input(_DFT, _SHIELDING, "task dft property\n"),
    ),
    "hydrogen-energy": ForeignInput(
        proves="an energy without shieldings", text=_input(_DFT, "task dft energy\n", atoms=" H 0 0 0\n H 0 0 0.74")
    ),
    "hydrogen-dft": ForeignInput(
        proves="a molecule without heavy atom",
        text=_input(_DFT, _SHIELDING, "task dft property\n", atoms=" H 0 0 0\n H 0 0 0.74"),
    ),
    "selected-atoms": ForeignInput(
        proves="shieldings of selected atoms are counted from 1, whichever they are",
        text=_input(
            _DFT,
            "property\n shielding 4 2 4 5 6\nend\ntask dft property\n",
            atoms=" O 0 0 0.117\n C 0 1.30 -0.45\n H 0 -0.757 -0.471\n H 0.9 1.6 -0.9\n H -0.9 1.6 -0.9\n H 0 1.9 0.45",
        ),
    ),
    "ghost-atoms": ForeignInput(
        proves="ghost atoms (NICS), with functions and without",
        text=_input(
            _DFT,
            _SHIELDING,
            "task dft property\n",
            atoms=_WATER + "\n bqH 0 0 2\n bqo 0 2 0",
            basis="basis spherical\n O library sto-3g\n H library sto-3g\n bqH library H sto-3g\n"
            " bqo library O sto-3g\nend\n",
        ),
    ),
    "tagged-atoms": ForeignInput(
        proves="tags with letters behind the element",
        text=_input(
            _DFT,
            _SHIELDING,
            "task dft property\n",
            atoms=" Ow 0 0 0.117\n Hw1 0 0.757 -0.471\n H_2 0 -0.757 -0.471",
        ),
    ),
    "hf-after-dft": ForeignInput(
        proves="a DFT energy, then the shieldings of Hartree-Fock: another level and energy",
        text=_input(_DFT, "task dft energy\n", _SHIELDING, "task scf property\n"),
    ),
    "cation-after-shieldings": ForeignInput(
        proves="shieldings of a neutral molecule, then the energy of its cation: another charge",
        text=_input(_DFT, _SHIELDING, "task dft property\n", "charge 1\ndft\n odft\n mult 2\nend\ntask dft energy\n"),
    ),
    "optimized-then-shieldings": ForeignInput(
        proves="an optimisation and shieldings in one input: the geometry is the optimised one",
        text=_input(_DFT, "task dft optimize\n", _SHIELDING, "task dft property\n"),
    ),
    "tddft": ForeignInput(
        proves="excited states are no energy of the ground state",
        text=_input(_DFT, "tddft\n nroots 1\nend\ntask tddft energy\n"),
    ),
    "mp2": ForeignInput(proves="MP2 energy", text=_input("task mp2 energy\n")),
    "ccsd": ForeignInput(proves="CCSD(T) energy", text=_input("task ccsd(t) energy\n")),
    "tce": ForeignInput(proves="CCSD of the TCE", text=_input("tce\n ccsd\nend\ntask tce energy\n")),
    "zora": ForeignInput(
        proves="shieldings with the ZORA Hamiltonian",
        text=_input("relativistic\n zora on\nend\n", _DFT, _SHIELDING, "task dft property\n"),
    ),
    "douglas-kroll": ForeignInput(
        proves="an energy with the Douglas-Kroll Hamiltonian",
        text=_input("relativistic\n douglas-kroll on\nend\n", _DFT, "task dft energy\n"),
    ),
    "echoed-selection": ForeignInput(
        proves="an output that begins with its own input says which atoms were selected",
        text="echo\n" + _input(_DFT, "property\n shielding 2 3 1\nend\ntask dft property\n"),
    ),
    "named-basis": ForeignInput(
        proves="a basis with a name of its own",
        text=_input(
            _DFT,
            'set "ao basis" small\n',
            "task dft energy\n",
            basis='basis "small" spherical\n * library sto-3g\nend\n',
        ),
    ),
    "uhf": ForeignInput(
        proves="an open shell of the SCF module", text=_input("charge 1\nscf\n uhf\n doublet\nend\ntask scf energy\n")
    ),
    "many-properties": ForeignInput(
        proves="blocks of other properties around the shieldings, in COSMO",
        text=_input(
            "cosmo\n dielec 4.7113\n do_gasphase false\nend\n",
            _DFT,
            "property\n dipole\n mulliken\n efield\n esp\n shielding\n spinspin\nend\ntask dft property\n",
        ),
    ),
    "frequencies": ForeignInput(
        proves="a Hessian, with atoms displaced in turn",
        text=_input(_DFT, "task dft freq\n", atoms=" H 0 0 0\n H 0 0 0.74"),
    ),
    "scf-energy": ForeignInput(proves="a Hartree-Fock energy without DFT module", text=_input("task scf energy\n")),
}


def read_foreign(name: str) -> bytes:
    """Return what NWChem printed for an input."""
    return gzip.decompress((RECORDS / name / "output.out.gz").read_bytes())


def with_blanks(output: bytes) -> bytes:
    """Return an output as the builds print it that write every empty line as one blank.

    No such build is at hand; public outputs of 4.0 to 7.3.1 show that this is all that differs.
    """
    lines = output.split(b"\n")
    return b"\n".join([line or b" " for line in lines[:-1]] + lines[-1:])
