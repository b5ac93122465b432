"""Structures in space from a graph alone: RDKit's distance geometry, and other settings where its knowledge hinders."""

from __future__ import annotations

import _thread
from dataclasses import dataclass
from typing import Any

_PROBE_TRIES = 50
"""Tries to embed one structure before a way is given up. A molecule that is easy needs one to five."""

_SMALL_CAGE = 20  # atoms
_CAGE_TRIES = 1000
"""The same for small molecules, whose tries take 0.2 ms: of bicyclobutane one in 300 may succeed, by their order."""


@dataclass(frozen=True, slots=True)
class _Way:
    """One set of embedding parameters beside ETKDGv3's own."""

    settings: dict[str, bool]
    note: str


# Flat rings and known torsions can't be had where aromatic rings are bent or twisted: cyclophanes, helicenes, C60.
_FREE = {"useRandomCoords": True, "useBasicKnowledge": False}
_WAYS = (
    _Way({}, ""),
    _Way({"useRandomCoords": True}, ""),
    _Way(_FREE, "embedded without ETKDG's knowledge of flat rings, with which no structure was found"),
    _Way(
        {**_FREE, "useExpTorsionAnglePrefs": False, "useSmallRingTorsions": False, "useMacrocycleTorsions": False},
        "embedded by distances alone, since ETKDG's knowledge of rings and torsions gave no structure",
    ),
)


def embed(
    mol: Any,  # noqa: ANN401
    count: int,
    *,
    seed: int,
    threads: int = 1,
    is_patient: bool = False,
    by_distances: bool = False,
) -> str | None:
    """Give a molecule with all hydrogens up to `count` conformers in place, by the first way that finds one.

    Return a note about the way, empty for the usual one; None if none finds a structure. Each way is tried a fixed
    number of times, so that a hopeless molecule ends soon and the same on every machine; `is_patient` tries small cages
    more often. `by_distances` tries distances alone first, without any knowledge of rings and torsions.
    """
    from rdkit import rdBase
    from rdkit.Chem import rdDistGeom

    is_cage = is_patient and mol.GetNumAtoms() <= _SMALL_CAGE
    with rdBase.BlockLogs():
        for way in (_WAYS[-1], *_WAYS[:-1]) if by_distances else _WAYS:
            parameters = rdDistGeom.ETKDGv3()
            parameters.randomSeed = seed
            parameters.numThreads = threads
            parameters.pruneRmsThresh = -1.0
            for name, value in way.settings.items():
                setattr(parameters, name, value)
            parameters.maxIterations = _CAGE_TRIES if is_cage else _PROBE_TRIES
            if not _found(mol, 1, parameters):
                continue
            parameters.maxIterations = _CAGE_TRIES if is_cage else 0  # 0: RDKit's own number
            if _found(mol, count, parameters):
                return way.note
    return None


def _found(mol: Any, count: int, parameters: Any) -> bool:  # noqa: ANN401
    """Give a molecule up to `count` conformers in place, and say whether there are any.

    RDKit takes an interrupt (SIGINT) that comes meanwhile for itself, and then finds nothing without a word. The same
    seed gives the same again: where there is something the second time the interrupt is handed on.
    """
    from rdkit.Chem import rdDistGeom

    for attempt in (1, 2):
        rdDistGeom.EmbedMultipleConfs(mol, count, parameters)
        if mol.GetNumConformers():
            if attempt == 2:
                _thread.interrupt_main()
            return True
    return False
