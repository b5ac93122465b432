"""Conformers from RDKit: distance geometry, then a force field."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from qmnmr.conformers.alignment import align_slow_rotamers
from qmnmr.conformers.integrity import structure_change
from qmnmr.conformers.pruning import degeneracy, prune
from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry, Molecule
from qmnmr.datatypes.protocol import SearchSettings
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.errors import InputError
from qmnmr.exchange.polyhedra import octahedra_with_large_ligands, place_octahedra
from qmnmr.units import HARTREE_KCAL_PER_MOL

DECIMALS = 4
"""Coordinates are rounded to what an SDF holds, so that a file gives back the very same numbers."""

RIGID_EMBEDDINGS = 5
"""Starts of a molecule with no bond to turn."""

_STARTS_PER_MINIMUM = 10
_ITERATIONS = 2000
_ROUNDS = 5


def search(molecule: Molecule, settings: SearchSettings, *, threads: int = 1) -> Ensemble:
    """Return the conformers of a molecule: ETKDGv3 embeddings, minimised with MMFF94s (else UFF), pruned, sorted, cut.

    Energies are force-field energies; the window is wide on purpose, since MMFF in vacuo overrates hydrogen bonds by
    several kcal/mol. Secondary amides are embedded trans (RDKit's default). The result depends on the seed alone,
    not on `threads`. Raises InputError if no embedding succeeds or no force field knows the molecule.
    """
    mol = rdkit_mol(molecule)
    count = number_of_embeddings(mol, settings.max_embeddings)
    mol = _embed(mol, molecule, count, settings.random_seed, threads)
    minimised = _minimise(mol, molecule, threads)
    conformers, rejected = _accepted(molecule, mol, minimised)
    notes = minimised.notes
    if rejected:
        notes += (f"{rejected} of {count} embeddings were rejected: bonds or stereo were not the molecule's",)
    started = len(minimised.energies)
    ensemble = prune(Ensemble(molecule=molecule, conformers=conformers, notes=notes, starts=started))
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
    mol = _embed(mol, molecule, 1, random_seed, 1)
    positions = place_octahedra(mol, mol.GetConformer().GetPositions()).round(DECIMALS) + 0.0
    geometry = Geometry(
        symbols=molecule.symbols, coordinates_angstrom=tuple((x, y, z) for x, y, z in positions.tolist())
    )
    conformer = Conformer(label="c001", geometry=geometry, energy_hartree=None)
    return Ensemble(molecule=molecule, conformers=(conformer,), starts=1)


def given_geometry(molecule: Molecule) -> Ensemble:
    """Return the input's own geometry as the only conformer, with no energy.

    Raises InputError if the input carried none, or one that doesn't fit the molecule's bonds and stereo.
    """
    if molecule.geometry is None:
        raise InputError(
            f"{molecule.source}: {molecule.name} has no 3D coordinates to start from",
            hint="Let conformers be searched (--conformers rdkit), or give an XYZ or a 3D SDF with all hydrogens.",
        )
    change = structure_change(molecule, molecule.geometry)
    if change:
        raise InputError(
            f"{molecule.source}: the coordinates of {molecule.name} don't fit its bonds: {change}",
            hint="Are the coordinates in Å and in the right order?",
        )
    conformer = Conformer(
        label="c001",
        geometry=molecule.geometry,
        energy_hartree=None,
        degeneracy=degeneracy(molecule, molecule.geometry),
    )
    return Ensemble(molecule=molecule, conformers=(conformer,))


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


def _embed(mol: Any, molecule: Molecule, count: int, seed: int, threads: int) -> Any:  # noqa: ANN401
    """Return the molecule with up to `count` ETKDGv3 conformers; random starting coordinates if the first way fails."""
    from rdkit import rdBase
    from rdkit.Chem import rdDistGeom

    parameters = rdDistGeom.ETKDGv3()
    parameters.randomSeed = seed
    parameters.numThreads = threads
    parameters.pruneRmsThresh = -1.0
    with rdBase.BlockLogs():
        for random_coordinates in (False, True):
            parameters.useRandomCoords = random_coordinates
            if len(rdDistGeom.EmbedMultipleConfs(mol, count, parameters)):
                return mol
    raise InputError(
        f"{molecule.source}: no 3D structure of {molecule.name} could be embedded in {count} tries",
        hint="Is the stereo of its rings possible? If it is, give a 3D structure and --conformers none.",
    )


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
        if Fields.MMFFHasAllMoleculeParams(mol):
            steps: Any = lambda: Fields.MMFFOptimizeMoleculeConfs(mol, threads, _ITERATIONS, "MMFF94s")  # noqa: E731
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
