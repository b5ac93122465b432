"""Our solvents as ALPB, xTB's continuum, knows them."""

from __future__ import annotations

from dataclasses import dataclass

from qmnmr.datatypes.theory import Solvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AlpbSolvent:
    """The word for xTB, and the solvent that it means where that is another than the one asked for."""

    name: str
    stands_in: str = ""


_ALPB: dict[str, AlpbSolvent] = {
    "chloroform": AlpbSolvent(name="chcl3"),
    "DMSO": AlpbSolvent(name="dmso"),
    "methanol": AlpbSolvent(name="methanol"),
    "acetone": AlpbSolvent(name="acetone"),
    "acetonitrile": AlpbSolvent(name="acetonitrile"),
    "benzene": AlpbSolvent(name="benzene"),
    "toluene": AlpbSolvent(name="toluene"),
    "dichloromethane": AlpbSolvent(name="ch2cl2"),
    "THF": AlpbSolvent(name="thf"),
    # No parameters. Acetone too accepts hydrogen bonds and donates none; (eps-1)/(eps+1/2) is 0.93 for 0.89.
    "pyridine": AlpbSolvent(name="acetone", stands_in="acetone"),
    "DMF": AlpbSolvent(name="dmf"),
    "water": AlpbSolvent(name="water"),
}


def alpb_solvent(solvent: Solvent) -> AlpbSolvent:
    """Return what xTB is asked for. Raises KeyError for a solvent that is not one of ours."""
    return _ALPB[solvent.name]
