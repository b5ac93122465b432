"""Basis sets that stand here as data, with potentials in the place of inner electrons: the same for every engine.

No engine's own library is asked for them: older programs lack them. The files are in NWChem's format, which PySCF reads
too; each says its source.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from qmnmr.engines.elements import ATOMIC_NUMBERS

_FILES = {"vdzp": "vdzp.nw"}
_LETTERS = "SPDFG"


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementBasis:
    """An element's orbital basis and its effective core, as lines in NWChem's format."""

    shells: tuple[str, ...]
    core: tuple[str, ...] = ()  # empty: all electrons are there
    core_electrons: int = 0  # that the potential stands for

    @property
    def types(self) -> str:
        """Return how many shells there are of each kind: "2s2p1d"."""
        kinds = [line.split()[1] for line in self.shells if line[0].isalpha()]
        return "".join(f"{kinds.count(letter)}{letter.lower()}" for letter in _LETTERS if letter in kinds)


def has_effective_cores(basis: str) -> bool:
    """Say whether a basis set, by qmnmr's name, replaces inner electrons."""
    return basis in _FILES


def element_basis(basis: str, symbol: str) -> ElementBasis:
    """Return what the basis set has for an element. Raises KeyError where it has nothing."""
    return _elements(basis)[symbol]


def electrons_of(symbols: Iterable[str], *, basis: str) -> int:
    """Return how many electrons neutral atoms have in a basis set: those of effective cores are not counted."""
    cores = {symbol: element.core_electrons for symbol, element in _elements(basis).items()} if basis in _FILES else {}
    return sum(ATOMIC_NUMBERS[symbol] - cores.get(symbol, 0) for symbol in symbols)


@cache
def _elements(basis: str) -> dict[str, ElementBasis]:
    text = resources.files("qmnmr.engines").joinpath(_FILES[basis]).read_text(encoding="utf-8")
    blocks: dict[str, dict[str, list[str]]] = {"basis": {}, "ecp": {}}
    of_block, of_element = blocks["basis"], list[str]()
    for line in text.splitlines():
        word = line.partition(" ")[0]
        if word in blocks:
            of_block = blocks[word]
        elif word in ATOMIC_NUMBERS:
            of_element = of_block.setdefault(word, [])
            of_element.append(line)
        elif not line.startswith(("#", "end")):
            of_element.append(line.strip())
    cores = blocks["ecp"]
    return {
        symbol: ElementBasis(
            shells=tuple(shells),
            core=tuple(cores.get(symbol, ())),
            core_electrons=int(cores[symbol][0].split()[-1]) if symbol in cores else 0,
        )
        for symbol, shells in blocks["basis"].items()
    }
