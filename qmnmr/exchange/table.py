"""The table of exchange processes, processes.toml, as data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

import msgspec

Kind = Literal[
    "rotation",
    "twist",
    "double_bond",
    "inversion",
    "bridgehead",
    "ring",
    "axis",
    "trans_alkene",
    "cyclophane",
    "polyhedron",
    "proton",
]

COALESCENCE_KCAL_PER_MOL = (13.3, 14.7)
"""Barriers at which two signals 500 and 50 Hz apart merge at 298 K (Eyring, k = 2.22 times the difference)."""

_BROAD_KCAL_PER_MOL = 1.0  # a factor of 5 in rate around coalescence


class Verdict(StrEnum):
    """How an NMR spectrum at 298 K shows a process."""

    SLOW = "slow"  # two signals
    FAST = "fast"  # one
    OPEN = "open"  # not known: kept apart, and said so


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One row of the table."""

    key: str
    what: str
    kind: Kind
    verdict: Verdict
    source: str
    barrier_kcal_per_mol: tuple[float, float] | None = None
    smarts: tuple[str, ...] = ()
    has_one_graph: bool = False  # of protons: a conformer search finds what exchanges, whichever was drawn

    @property
    def is_held(self) -> bool:
        """Say whether it leaves the signals apart: it is slow, or perhaps so."""
        return self.verdict is not Verdict.FAST

    @property
    def is_near_coalescence(self) -> bool:
        """Say whether a spectrum at 298 K may show broad signals: a middling barrier lies near coalescence."""
        if self.barrier_kcal_per_mol is None:
            return False
        middle = sum(self.barrier_kcal_per_mol) / 2
        first, last = COALESCENCE_KCAL_PER_MOL
        return first - _BROAD_KCAL_PER_MOL <= middle <= last + _BROAD_KCAL_PER_MOL

    @property
    def barrier_words(self) -> str:
        """The barrier as people write it: " (15 to 25 kcal/mol)", nothing where the table has none."""
        if self.barrier_kcal_per_mol is None:
            return ""
        low, high = self.barrier_kcal_per_mol
        return f" ({low:g} to {high:g} kcal/mol)" if low != high else f" ({low:g} kcal/mol)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Increment:
    """What an atom beside a hindered axis adds to the barrier; see `hindered_axes`."""

    smarts: str
    kcal_per_mol: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    process: tuple[Process, ...]
    increment: tuple[Increment, ...]


@lru_cache(maxsize=1)
def _table() -> _Table:
    text = resources.files("qmnmr.exchange").joinpath("processes.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), _Table)


def all_processes() -> tuple[Process, ...]:
    """Return all rows in the order of the table."""
    return _table().process


def processes(kind: Kind) -> tuple[Process, ...]:
    """Return the rows of one kind, in the order in which they are tried."""
    return tuple(row for row in _table().process if row.kind == kind)


def process(key: str) -> Process:
    """Return the row with this key; KeyError if there is none."""
    for row in _table().process:
        if row.key == key:
            return row
    raise KeyError(key)


def increments() -> tuple[Increment, ...]:
    """Return the increments of hindered axes in the order in which they are tried."""
    return _table().increment


@cache
def _query(smarts: str) -> tuple[Any, tuple[tuple[int, ...], ...]]:
    """Return a pattern as RDKit has it, and its atoms numbered :1, :2 ... in that order (several may be :1)."""
    from rdkit import Chem

    query = Chem.MolFromSmarts(smarts)
    numbers = [atom.GetAtomMapNum() for atom in query.GetAtoms()]
    named = tuple(
        tuple(place for place, number in enumerate(numbers) if number == wanted)
        for wanted in range(1, max(numbers, default=0) + 1)
    )
    return query, named


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern fits."""

    named: tuple[tuple[int, ...], ...]  # the atoms numbered :1, :2 ...
    atoms: tuple[int, ...]  # all atoms of the pattern


def fits(mol: Any, smarts: str) -> bool:  # noqa: ANN401
    """Return whether a pattern fits anywhere."""
    return bool(mol.HasSubstructMatch(_query(smarts)[0]))


def matches(mol: Any, smarts: str) -> list[Match]:  # noqa: ANN401
    """Return all fits of a pattern, those that only exchange equal atoms too."""
    query, named = _query(smarts)
    found = mol.GetSubstructMatches(query, uniquify=False, maxMatches=100_000)
    return [Match(tuple(tuple(fit[place] for place in places) for places in named), fit) for fit in found]
