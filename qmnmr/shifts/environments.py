"""What kind of place a nucleus has, told from the molecule's graph: the classes by which a calibration tells errors.

Names are read by people: in factor files, in flags and in tables. What decides is, in this order, a bonded atom of the
third row or below, a multiple bond, other bonded hetero atoms, and the number of hydrogens.
"""

from __future__ import annotations

import re
from typing import Any

from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.rdkit_molecule import rdkit_mol

HEAVY_HALOGENS = ("Cl", "Br", "I")
_EXCHANGING = ("N", "O", "S", "Se", "F", *HEAVY_HALOGENS)
_HEAVY = ("I", "Te", "Br", "Se", "As", "Ge", "Sn", "Cl", "S", "P", "Si")
"""Elements below the second row; the first that a carbon carries names its class."""

_OF_HEAVY = re.compile(rf"C[-=](?P<element>{'|'.join(_HEAVY)})(?P<number>\d?)$")


def environments(molecule: Molecule) -> tuple[str, ...]:
    """Return for each atom its class, "" for one that has no neighbour.

    Carbons: what they are ("ketone C=O", "aromatic CH", "CH3", "C-O" …). Hydrogens: by the carbon that carries them,
    else "OH", "NH" …. Fluorine by its carbon, phosphorus by its bonds; other atoms by their hybridisation.
    """
    return tuple(_environment(atom) for atom in rdkit_mol(molecule).GetAtoms())


def exchangeable_hydrogens(molecule: Molecule) -> frozenset[int]:
    """Return the 0-based indices of hydrogens on N, O, S, Se and halogens."""
    return frozenset(
        atom.GetIdx()
        for atom in rdkit_mol(molecule).GetAtoms()
        if atom.GetSymbol() == "H" and any(n.GetSymbol() in _EXCHANGING for n in atom.GetNeighbors())
    )


def bonded_heavy_halogens(molecule: Molecule) -> dict[int, str]:
    """Return the 0-based indices of atoms that carry Cl, Br or I, each with the heaviest of them."""
    found = {}
    for atom in rdkit_mol(molecule).GetAtoms():
        near = [n.GetSymbol() for n in atom.GetNeighbors() if n.GetSymbol() in HEAVY_HALOGENS]
        if near:
            found[atom.GetIdx()] = max(near, key=HEAVY_HALOGENS.index)
    return found


def heavy_neighbours(environment: str) -> tuple[str, int] | None:
    """Return the element below the second row that gave a carbon or its hydrogens their class, and how many of it."""
    found = _OF_HEAVY.search(environment)
    return None if found is None else (found["element"], int(found["number"] or 1))


def _environment(atom: Any) -> str:  # noqa: ANN401
    near = list(atom.GetNeighbors())
    if not near:
        return ""
    match atom.GetSymbol():
        case "C":
            return _carbon(atom)
        case "H":
            return _hydrogen(near[0])
        case "F":
            return _fluorine(near[0])
        case "P":
            return _phosphorus(atom)
    return str(atom.GetHybridization()).lower()


def _hydrogen(carrier: Any) -> str:  # noqa: ANN401
    if carrier.GetSymbol() != "C":
        return f"{carrier.GetSymbol()}H"
    of_carbon = _carbon(carrier)
    return of_carbon if of_carbon in ("CH3", "CH2", "CH") else f"H of {of_carbon}"


def _carbon(atom: Any) -> str:  # noqa: ANN401
    match str(atom.GetHybridization()):
        case "SP":
            return _sp(atom)
        case "SP2":
            return _sp2(atom)
    others, heavy = _hetero(atom), _heavy(atom)
    if heavy:
        return f"C-{heavy}"
    if len(others) > 1:
        return "C of two hetero atoms"
    if others:
        return "C-NO2" if _is_nitro(atom) else f"C-{others[0]}"
    return _with_hydrogens(atom)


def _sp(atom: Any) -> str:  # noqa: ANN401
    if any(_order(bond) > 2.0 and bond.GetOtherAtom(atom).GetSymbol() == "N" for bond in atom.GetBonds()):
        return "nitrile"
    if any(_order(bond) > 2.0 for bond in atom.GetBonds()):
        return f"alkyne {_with_hydrogens(atom)}"
    return "cumulated C"


def _sp2(atom: Any) -> str:  # noqa: ANN401
    others, heavy = _hetero(atom), _heavy(atom)
    double = [b.GetOtherAtom(atom) for b in atom.GetBonds() if _order(b) == 2.0]
    to = double[0].GetSymbol() if double else ""
    if heavy:
        return f"C={heavy}" if to in _HEAVY else f"sp2 C-{heavy}"
    if to == "O":
        name = "ketone C=O" if sum(n.GetSymbol() == "C" for n in atom.GetNeighbors()) > 1 else "aldehyde C=O"
        return name if len(others) == 1 else "C=O of acids, esters, amides"
    if atom.GetIsAromatic():
        return f"aromatic {'-'.join(['C', *sorted(set(others))])}" if others else f"aromatic {_with_hydrogens(atom)}"
    if others:
        return "C=N" if to == "N" else "alkene C-X"
    return _alkene(atom, double)


def _alkene(atom: Any, double: list[Any]) -> str:  # noqa: ANN401
    if any(_is_carbonyl(near) for near in atom.GetNeighbors()):
        return "alkene C beside C=O"
    if any(_is_carbonyl(near) for other in double for near in other.GetNeighbors()):
        return "alkene C beta to C=O"
    return f"alkene {_with_hydrogens(atom)}"


def _fluorine(carrier: Any) -> str:  # noqa: ANN401
    if carrier.GetSymbol() != "C":
        return f"{carrier.GetSymbol()}-F"
    if str(carrier.GetHybridization()) != "SP3":
        return "F of aromatic C" if carrier.GetIsAromatic() else "F of C=C"
    number = sum(near.GetSymbol() == "F" for near in carrier.GetNeighbors())
    return "CF" if number == 1 else f"CF{number}"


def _phosphorus(atom: Any) -> str:  # noqa: ANN401
    if atom.GetIsAromatic() or any(_order(b) > 2.0 for b in atom.GetBonds()):
        return "P of a multiple bond"
    double = {b.GetOtherAtom(atom).GetSymbol() for b in atom.GetBonds() if _order(b) == 2.0}
    if double & {"C", "N", "P"}:
        return "P of a multiple bond"
    return next((f"P={element}" for element in ("O", "S", "Se") if element in double), f"P({atom.GetTotalValence()})")


def _heavy(atom: Any) -> str:  # noqa: ANN401
    """Return the heaviest element below the second row that an atom carries and how often: "Br", "Cl2"; or ""."""
    others = _hetero(atom)
    found = next((element for element in _HEAVY if element in others), "")
    return f"{found}{others.count(found)}" if others.count(found) > 1 else found


def _hetero(atom: Any) -> list[str]:  # noqa: ANN401
    return sorted(n.GetSymbol() for n in atom.GetNeighbors() if n.GetSymbol() not in ("C", "H"))


def _is_nitro(carbon: Any) -> bool:  # noqa: ANN401
    return any(
        near.GetSymbol() == "N" and sum(n.GetSymbol() == "O" for n in near.GetNeighbors()) > 1
        for near in carbon.GetNeighbors()
    )


def _is_carbonyl(atom: Any) -> bool:  # noqa: ANN401
    return atom.GetSymbol() == "C" and any(
        _order(b) == 2.0 and b.GetOtherAtom(atom).GetSymbol() == "O" for b in atom.GetBonds()
    )


def _order(bond: Any) -> float:  # noqa: ANN401
    return float(bond.GetBondTypeAsDouble())


def _with_hydrogens(atom: Any) -> str:  # noqa: ANN401
    number = sum(near.GetSymbol() == "H" for near in atom.GetNeighbors())
    return {0: "C", 1: "CH"}.get(number, f"CH{number}")
