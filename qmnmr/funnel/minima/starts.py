"""Starts of a search: sources that know nothing of each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from qmnmr.conformers.integrity import structure_change
from qmnmr.conformers.rdkit_search import rotors
from qmnmr.datatypes.molecule import Geometry, Molecule
from qmnmr.datatypes.rdkit_embedding import embed
from qmnmr.datatypes.rdkit_molecule import Coordinates, coordinates_of, fix_biaryl_axes, rdkit_mol, with_coordinates

_DIELECTRIC = 30.0
"""Of the force field: in vacuum it folds a molecule on its hydrogen bonds, and few minima are left."""

_ALL_STEPS, _FEW_STEPS = 500, 60
"""Of the force field. ETKDG's torsions are those of minima: all steps, and what is alike ends alike. What comes from
distances alone, or from turned torsions, is hardly touched, so that minima remain which the force field has not."""

_KNOWING_SHARE = 1 / 3
"""Of the embeddings, by ETKDG; the others by distances alone, which give rings and torsions that ETKDG never has."""

_SAME_ANGSTROM = 0.1
_TURNED = (0.4, 0.8, 1.0)  # cumulated probabilities that one, two, three torsions are turned
_TRIES = 20
_THIRDS = (2.0 * math.pi / 3.0, -2.0 * math.pi / 3.0)
_CLASH_ANGSTROM = 1.2  # between atoms that a turn brought together; the force field moves apart what is farther


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A structure to begin with. What ended in one form of the force field has one number: only the first is new."""

    geometry: Geometry
    form: int | None  # None: the force field hardly touched it
    is_repeated: bool = False


@dataclass(slots=True, kw_only=True)
class Source:
    """One series of new structures: embeddings, and minima of its own with other torsions.

    What it gives depends on its seed and number alone, and on the minima that it is told of.
    """

    molecule: Molecule
    number: int
    seed: int
    _forms: list[Coordinates] = field(default_factory=list)  # distances (n(n-1)/2,) in Å of each
    _rounds: int = 0
    rejected: int = 0  # structures whose bonds or stereo were not the molecule's

    def embedded(self, count: int) -> Iterator[Start]:
        """Yield up to `count` structures from distance geometry, with ETKDG's knowledge and without."""
        knowing = math.ceil(_KNOWING_SHARE * count)
        for number, by_distances in ((knowing, False), (count - knowing, True)):
            if not number:
                continue
            mol = rdkit_mol(self.molecule)
            fix_biaryl_axes(mol, self.molecule.axes)
            found = embed(mol, number, seed=self._next_seed(), is_patient=True, by_distances=by_distances)
            if found is not None:
                yield from self._relaxed(mol, has_forms=not by_distances)

    def turned(self, minima: Sequence[Geometry], weights: Sequence[float], count: int) -> Iterator[Start]:
        """Yield up to `count` structures: minima, drawn by weight, with one to three torsions turned."""
        mol = rdkit_mol(self.molecule)
        bonds = rotors(mol)
        if not bonds or not minima:
            return
        draw = np.random.default_rng(self._next_seed())
        shares = np.asarray(weights, dtype=float) / sum(weights)
        turn = _Turn(mol, bonds)
        mol.RemoveAllConformers()
        for _ in range(count):
            start = coordinates_of(minima[int(draw.choice(len(minima), p=shares))])
            turned = next((t for t in (turn(start, draw) for _ in range(_TRIES)) if t is not None), None)
            if turned is not None:
                mol.AddConformer(with_coordinates(mol, turned).GetConformer(), assignId=True)
        yield from self._relaxed(mol, has_forms=False)

    def beside(self, minimum: Geometry) -> Iterator[Start]:
        """Yield a minimum with one torsion turned by a third of a circle, either way, each torsion in its turn."""
        mol = rdkit_mol(self.molecule)
        bonds = rotors(mol)
        turn = _Turn(mol, bonds)
        mol.RemoveAllConformers()
        for k in range(len(bonds)):
            for angle in _THIRDS:
                turned = turn.by(coordinates_of(minimum), {k: angle})
                if turned is not None:
                    mol.AddConformer(with_coordinates(mol, turned).GetConformer(), assignId=True)
        yield from self._relaxed(mol, has_forms=False)

    def _next_seed(self) -> int:
        self._rounds += 1
        return int(np.random.default_rng([self.seed, self.number, self._rounds]).integers(1, 2**31 - 1))

    def _relaxed(self, mol: Any, *, has_forms: bool) -> Iterator[Start]:  # noqa: ANN401
        """Yield what the force field makes of the conformers."""
        for minimise, conformer in zip(_force_fields(mol), mol.GetConformers(), strict=True):
            minimise(_ALL_STEPS if has_forms else _FEW_STEPS)
            positions = conformer.GetPositions()
            geometry = Geometry(
                symbols=self.molecule.symbols, coordinates_angstrom=tuple((x, y, z) for x, y, z in positions.tolist())
            )
            if structure_change(self.molecule, geometry) is not None:
                self.rejected += 1
                continue
            if not has_forms:
                yield Start(geometry=geometry, form=None)
                continue
            before = len(self._forms)
            form = self._form(positions)
            yield Start(geometry=geometry, form=form, is_repeated=form < before)

    def _form(self, positions: Coordinates) -> int:
        """Return the number of the form that these positions are, perhaps a new one."""
        distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)[np.triu_indices(len(positions), 1)]
        if self._forms:
            gaps = np.abs(np.asarray(self._forms) - distances).max(axis=1)
            if gaps.min() < _SAME_ANGSTROM:
                return int(gaps.argmin())
        self._forms.append(distances)
        return len(self._forms) - 1


class _Turn:
    """Turns bonds of a structure."""

    def __init__(self, mol: Any, bonds: Sequence[tuple[int, int]]) -> None:  # noqa: ANN401
        self._bonds = [(x, y, _beyond(mol, x, y)) for x, y in bonds]
        self._bonded = np.eye(mol.GetNumAtoms(), dtype=bool)
        for bond in mol.GetBonds():
            x, y = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
            self._bonded[x, y] = self._bonded[y, x] = True
        self._near = (self._bonded @ self._bonded).astype(bool)  # bonded, or with a common neighbour

    def __call__(self, start: Coordinates, draw: np.random.Generator) -> Coordinates | None:
        """Turn one to three bonds by any angle; return the coordinates (n, 3) in Å, None where atoms clash."""
        count = min(len(self._bonds), 1 + int(np.searchsorted(_TURNED, draw.random())))
        bonds = draw.choice(len(self._bonds), size=count, replace=False)
        return self.by(start, {int(k): draw.uniform(0.0, 2.0 * np.pi) for k in bonds})

    def by(self, start: Coordinates, angles: Mapping[int, float]) -> Coordinates | None:
        """Turn bonds, by their number, by these angles (radians); return as above."""
        positions = start.copy()
        for k, angle in angles.items():
            x, y, moved = self._bonds[k]
            positions[moved] = _rotated(positions[moved], positions[x], positions[y], angle)
        distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
        return None if (distances[~self._near] < _CLASH_ANGSTROM).any() else positions


def _beyond(mol: Any, x: int, y: int) -> list[int]:  # noqa: ANN401
    """Return the atoms that turn about the bond x-y: those on y's side."""
    found, queue = {x, y}, [y]
    while queue:
        for near in mol.GetAtomWithIdx(queue.pop()).GetNeighbors():
            if near.GetIdx() not in found:
                found.add(near.GetIdx())
                queue.append(near.GetIdx())
    return sorted(found - {x, y})


def _rotated(points: Coordinates, start: Coordinates, end: Coordinates, angle: float) -> Coordinates:
    """Return points (k, 3) turned about the line through two others (Rodrigues)."""
    axis = (end - start) / np.linalg.norm(end - start)
    arms = points - end
    turned = arms * np.cos(angle) + np.cross(axis, arms) * np.sin(angle)
    return np.asarray(end + turned + np.outer(arms @ axis, axis) * (1.0 - np.cos(angle)))


def _force_fields(mol: Any) -> Iterator[Callable[[int], object]]:  # noqa: ANN401
    """Yield for each conformer what moves it by a number of steps: MMFF94s, UFF, or nothing where neither fits."""
    from rdkit import rdBase
    from rdkit.Chem import rdForceFieldHelpers as Fields

    with rdBase.BlockLogs():
        has_mmff, has_uff = Fields.MMFFHasAllMoleculeParams(mol), Fields.UFFHasAllMoleculeParams(mol)
        properties = Fields.MMFFGetMoleculeProperties(mol, "MMFF94s") if has_mmff else None
    if properties is not None:
        properties.SetMMFFDielectricConstant(_DIELECTRIC)
    for conformer in mol.GetConformers():
        if properties is not None:
            made = Fields.MMFFGetMoleculeForceField(mol, properties, confId=conformer.GetId())
        elif has_uff:
            made = Fields.UFFGetMoleculeForceField(mol, confId=conformer.GetId())
        else:
            made = None
        yield partial(_minimise, made)


def _minimise(force_field: Any, steps: int) -> None:  # noqa: ANN401
    if force_field is not None:
        force_field.Minimize(maxIts=steps)
