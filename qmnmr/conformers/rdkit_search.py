"""Conformers from RDKit: distance geometry, then a force field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from qmnmr.conformers.alignment import align_slow_rotamers
from qmnmr.conformers.integrity import changed_axes, structure_change
from qmnmr.conformers.pruning import prune
from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry, Molecule, StereoAxis
from qmnmr.datatypes.protocol import SearchSettings
from qmnmr.datatypes.rdkit_embedding import embed
from qmnmr.datatypes.rdkit_molecule import fix_biaryl_axes, rdkit_mol
from qmnmr.errors import InputError
from qmnmr.exchange.polyhedra import octahedra_with_large_ligands, place_octahedra
from qmnmr.units import HARTREE_KCAL_PER_MOL

DECIMALS = 4
"""Coordinates are rounded to what an SDF holds, so that a file gives back the very same numbers."""

RIGID_EMBEDDINGS = 5
"""Starts of a molecule with no bond to turn."""

_STARTS_PER_MINIMUM = 10
_ITERATIONS = 2000
_FLAT_DEGREES = 5.0
_FLAT_FORCE = 100.0  # kcal/mol per squared degree, of a torsion beyond these degrees
_ROUNDS = 5


def search(molecule: Molecule, settings: SearchSettings, *, threads: int = 1) -> Ensemble:
    """Return the conformers of a molecule: ETKDGv3 embeddings, minimised with MMFF94s (else UFF), pruned, sorted, cut.

    Energies are force-field energies; the window is wide on purpose, since MMFF in vacuo overrates hydrogen bonds by
    several kcal/mol. Secondary amides are embedded trans (RDKit's default). The result depends on the seed alone,
    not on `threads`. Of a molecule with one conformer and no bond to turn nothing is missed.
    Raises InputError if no embedding succeeds or no force field knows the molecule.
    """
    mol = rdkit_mol(molecule)
    count = number_of_embeddings(mol, settings.max_embeddings)
    way = _embed(mol, molecule, count, settings.random_seed, threads)
    minimised = _minimise(mol, molecule, threads)
    conformers, rejected = _accepted(molecule, mol, minimised)
    notes = (*filter(None, [way]), *minimised.notes)
    if rejected and not _allenes(mol, molecule):
        notes += (f"{rejected} of {count} embeddings were rejected: bonds or stereo were not the molecule's",)
    started = len(minimised.energies)
    ensemble = prune(Ensemble(molecule=molecule, conformers=conformers, notes=notes, starts=started))
    if len(ensemble.conformers) == 1 and expected_minima(mol) == 1.0:
        ensemble = replace(ensemble, missed_population=0.0)
    return align_slow_rotamers(molecule, within_settings(ensemble, settings))


def embedded(molecule: Molecule, *, random_seed: int) -> Ensemble:
    """Return one embedding, which no force field has touched: enough to read a configuration from.

    Raises InputError if no embedding succeeds, or where cis and trans at a six-coordinate centre are open.
    """
    mol = rdkit_mol(molecule)
    if octahedra_with_large_ligands(mol):
        raise InputError(
            f"{molecule.source}: {molecule.name} has a six-coordinate atom with several large ligands, cis or trans",
            hint="Give a 3D structure.",
        )
    way = _embed(mol, molecule, RIGID_EMBEDDINGS if molecule.axes else 1, random_seed, 1)
    for embedding in mol.GetConformers():
        positions = place_octahedra(mol, embedding.GetPositions()).round(DECIMALS) + 0.0
        if not any(changed_axes(molecule, positions)):
            break
    else:
        raise InputError(
            f"{molecule.source}: no embedding of {molecule.name} has its axes", hint="Give a 3D structure."
        )
    geometry = Geometry(
        symbols=molecule.symbols, coordinates_angstrom=tuple((x, y, z) for x, y, z in positions.tolist())
    )
    conformer = Conformer(label="c001", geometry=geometry, energy_hartree=None)
    return Ensemble(molecule=molecule, conformers=(conformer,), notes=tuple(filter(None, [way])), starts=1)


def given_geometries(molecule: Molecule, *, most: int) -> Ensemble:
    """Return the input's own geometries as the conformers, with no energies: distinct ones, `most` of them at most.

    Raises InputError if the input carried none, or one that doesn't fit the molecule's bonds and stereo.
    """
    if molecule.geometry is None:
        raise InputError(
            f"{molecule.source}: {molecule.name} has no 3D coordinates to start from",
            hint="Let conformers be searched (--conformers rdkit), or give an XYZ or a 3D SDF with all hydrogens.",
        )
    given = (molecule.geometry, *molecule.other_geometries)
    for number, geometry in enumerate(given, start=1):
        change = structure_change(molecule, geometry)
        if change:
            which = (
                f"the coordinates of {molecule.name}" if len(given) == 1 else f"structure {number} of {molecule.name}"
            )
            raise InputError(
                f"{molecule.source}: {which} don't fit its bonds: {change}",
                hint="Are the coordinates in Å and in the right order?",
            )
    conformers = tuple(
        Conformer(label=f"g{number}", geometry=geometry, energy_hartree=None) for number, geometry in enumerate(given)
    )
    distinct = prune(Ensemble(molecule=molecule, conformers=conformers)).conformers
    kept = tuple(
        replace(conformer, label=f"c{number:03d}") for number, conformer in enumerate(distinct[:most], start=1)
    )
    notes: tuple[str, ...] = ()
    if len(distinct) < len(given):
        notes += (f"{len(given) - len(distinct)} of {len(given)} given structures repeat another one",)
    if len(kept) < len(distinct):
        notes += (
            f"the first {len(kept)} of {len(distinct)} distinct given structures were taken: the limit is {most}",
        )
    ensemble = Ensemble(molecule=molecule, conformers=kept, notes=notes)
    return ensemble if len(kept) == 1 else align_slow_rotamers(molecule, ensemble)


def number_of_embeddings(mol: Any, maximum: int) -> int:  # noqa: ANN401
    """Return how many starts a molecule gets: ten for each expected minimum, five if it's rigid.

    Never more than `maximum`. Four starts for each minimum lose some: of the nine of 2-butanol 36 starts find 7 or 8,
    90 find 8 or 9; 1-butanol (13 within 3 kcal/mol) needs 90.
    """
    minima = expected_minima(mol)
    return min(maximum, RIGID_EMBEDDINGS if minima == 1.0 else int(_STARTS_PER_MINIMUM * minima))


def expected_minima(mol: Any) -> float:  # noqa: ANN401
    """Return about how many minima a molecule has: 3^n, 1 if it's rigid. Hydrogens may be atoms or not.

    n counts bonds with a threefold (or twofold) choice, and half of the ring bonds that can pucker.
    """
    rotors = len(mol.GetSubstructMatches(_rotor(), maxMatches=100_000))
    flexible = rotors + _ring_flexibility(mol)
    return 1.0 if flexible == 0 else float(3.0 ** min(flexible, 12))


def rotors(mol: Any) -> tuple[tuple[int, int], ...]:  # noqa: ANN401
    """Return the single bonds with distinct rotamers, outside of rings, that turn: not those of amides and esters."""
    stiff = {frozenset(match[:2]) for match in mol.GetSubstructMatches(_stiff(), maxMatches=100_000)}
    found = mol.GetSubstructMatches(_rotor(), maxMatches=100_000)
    return tuple((x, y) for x, y in found if frozenset((x, y)) not in stiff)


@lru_cache(maxsize=1)
def _stiff() -> Any:  # noqa: ANN401
    """Return the pattern of amide and ester bonds: C(=O)-N, C(=O)-O and their like."""
    from rdkit import Chem

    return Chem.MolFromSmarts("[CX3;$(C=[O,S,N])]-[NX3,OX2;!$([OH])]")


_LOOKS_ALIKE = "!$([CX4;H3,H4]);" + "".join(f"!$([CX4]({x})({x}){x});" for x in ("F", "Cl", "Br", "[CH3]"))
_END = f"[!#1;!X1;{_LOOKS_ALIKE}!$(*#*)]"


@lru_cache(maxsize=1)
def _rotor() -> Any:  # noqa: ANN401
    """Return the pattern of single bonds with distinct rotamers.

    Not to methyl, CX3 or tert-butyl, alike after a third of a turn.
    """
    from rdkit import Chem

    return Chem.MolFromSmarts(f"{_END}-;!@{_END}")


def _ring_flexibility(mol: Any) -> float:  # noqa: ANN401
    """Return half of the ring bonds that can turn, closing a ring taking three of them."""
    from rdkit import Chem

    rings = mol.GetRingInfo()
    free = 0.0
    for ring in rings.BondRings():
        turning = sum(
            mol.GetBondWithIdx(bond).GetBondType() == Chem.BondType.SINGLE and rings.NumBondRings(bond) == 1
            for bond in ring
        )
        if len(ring) > 4:
            free += max(0.0, (turning - 3) / 2)
    return free


def _embed(mol: Any, molecule: Molecule, count: int, seed: int, threads: int) -> str:  # noqa: ANN401
    """Give the molecule up to `count` conformers in place; return a note where it took unusual settings, else "".

    Biaryl axes are embedded as they are; of an allene both hands come, and the wrong ones are rejected afterwards.
    """
    fix_biaryl_axes(mol, molecule.axes)
    note = embed(mol, count * 2 ** min(_allenes(mol, molecule), 3), seed=seed, threads=threads, is_patient=True)
    if note is None:
        raise InputError(
            f"{molecule.source}: no 3D structure of {molecule.name} could be embedded, whatever the settings",
            hint="Is the stereo of its rings possible? If it is, give a 3D structure and --conformers none.",
        )
    return note


def _allenes(mol: Any, molecule: Molecule) -> int:  # noqa: ANN401
    """Return how many axes are not that of a bond, so that embedding can't be told about them."""
    return sum(mol.GetBondBetweenAtoms(*axis.atoms[1:3]) is None for axis in molecule.axes)


@dataclass(frozen=True, slots=True)
class _Minimised:
    """What the force field gave: one energy (kcal/mol) for each conformer, in order."""

    energies: tuple[float, ...]
    notes: tuple[str, ...]


def _minimise(mol: Any, molecule: Molecule, threads: int) -> _Minimised:  # noqa: ANN401
    """Minimise all conformers in place with MMFF94s, or UFF where MMFF has no parameters."""
    from rdkit import rdBase
    from rdkit.Chem import rdForceFieldHelpers as Fields

    notes: tuple[str, ...] = ()
    with rdBase.BlockLogs():
        flat = [axis for axis in molecule.axes if axis.is_flat]
        if Fields.MMFFHasAllMoleculeParams(mol):
            steps: Any = lambda: Fields.MMFFOptimizeMoleculeConfs(mol, threads, _ITERATIONS, "MMFF94s")  # noqa: E731
            if flat:
                steps = lambda: [_minimise_flat(mol, c.GetId(), flat) for c in mol.GetConformers()]  # noqa: E731
        elif Fields.UFFHasAllMoleculeParams(mol):
            steps = lambda: Fields.UFFOptimizeMoleculeConfs(mol, threads, _ITERATIONS)  # noqa: E731
            notes = ("MMFF94s has no parameters for this molecule: its conformers are ranked by UFF, which is rougher",)
        else:
            raise InputError(
                f"{molecule.source}: neither MMFF94s nor UFF has parameters for {molecule.name}",
                hint="Give a 3D structure and --conformers none.",
            )
        for _ in range(_ROUNDS):
            outcome = steps()
            if not any(unfinished for unfinished, _ in outcome):
                break
    open_ends = sum(bool(unfinished) for unfinished, _ in outcome)
    if open_ends:
        notes += (f"{open_ends} of {len(outcome)} force-field minimisations did not converge",)
    return _Minimised(energies=tuple(energy for _, energy in outcome), notes=notes)


def _minimise_flat(mol: Any, conformer: int, axes: Sequence[StereoAxis]) -> tuple[int, float]:  # noqa: ANN401
    """Minimise one conformer in place with flat cumulenes in their form; return 1 if that is unfinished, and kcal/mol.

    MMFF94s lets the ends of a cumulene turn freely.
    """
    from rdkit.Chem import rdForceFieldHelpers as Fields

    field = Fields.MMFFGetMoleculeForceField(mol, Fields.MMFFGetMoleculeProperties(mol, "MMFF94s"), confId=conformer)
    for axis in axes:
        middle = 0.0 if axis.is_positive else 180.0
        low, high = middle - _FLAT_DEGREES, middle + _FLAT_DEGREES
        field.MMFFAddTorsionConstraint(*axis.atoms, 0, low, high, _FLAT_FORCE)  # 0: not relative to the start
    unfinished = field.Minimize(maxIts=_ITERATIONS)
    return unfinished, float(field.CalcEnergy())


def _accepted(molecule: Molecule, mol: Any, minimised: _Minimised) -> tuple[tuple[Conformer, ...], int]:  # noqa: ANN401
    """Return the conformers that still are the molecule, and how many are not."""
    accepted = []
    for number, (conformer, energy) in enumerate(zip(mol.GetConformers(), minimised.energies, strict=True)):
        positions = conformer.GetPositions().round(DECIMALS) + 0.0  # + 0.0: no minus zero
        geometry = Geometry(
            symbols=molecule.symbols, coordinates_angstrom=tuple((x, y, z) for x, y, z in positions.tolist())
        )
        if structure_change(molecule, geometry) is None:
            accepted.append(
                Conformer(label=f"e{number + 1}", geometry=geometry, energy_hartree=energy / HARTREE_KCAL_PER_MOL)
            )
    if not accepted:
        raise InputError(
            f"{molecule.source}: no embedding of {molecule.name} kept its bonds and stereo under the force field",
            hint="Give a 3D structure and --conformers none.",
        )
    return tuple(accepted), len(minimised.energies) - len(accepted)


def within_settings(ensemble: Ensemble, settings: SearchSettings) -> Ensemble:
    """Return what lies in the window, at most max_conformers, labelled c001 on; notes say what was left out."""
    lowest = ensemble.conformers[0].energy_hartree or 0.0
    limit = lowest + settings.energy_window_kcal_per_mol / HARTREE_KCAL_PER_MOL
    inside = [conformer for conformer in ensemble.conformers if (conformer.energy_hartree or 0.0) <= limit]
    kept = inside[: settings.max_conformers]
    notes = ensemble.notes
    if len(kept) < len(inside):
        window = f"{settings.energy_window_kcal_per_mol:g} kcal/mol"
        left_out = f"{len(inside) - len(kept)} of {len(inside)} conformers within {window} were left out"
        notes += (f"{left_out}: the limit is {settings.max_conformers}",)
    labelled = tuple(
        Conformer(
            label=f"c{number:03d}",
            geometry=conformer.geometry,
            energy_hartree=conformer.energy_hartree,
            degeneracy=conformer.degeneracy,
        )
        for number, conformer in enumerate(kept, start=1)
    )
    return replace(ensemble, conformers=labelled, notes=notes)
