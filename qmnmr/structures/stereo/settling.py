"""Stereo that the input left open: chosen where the choice can't matter, refused where it does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from qmnmr.datatypes.rdkit_embedding import embed
from qmnmr.errors import InputError
from qmnmr.exchange.averaged_centres import averaged_centres
from qmnmr.exchange.protons import proton_sites
from qmnmr.exchange.turning_bonds import double_bond_sites, turning_double_bonds
from qmnmr.structures.atoms import atoms, bonds
from qmnmr.structures.rdkit_log import captured_rdkit_log
from qmnmr.structures.stereo.axes import (
    Axis,
    Signs,
    axes_key,
    axis_words,
    completed,
    is_flat,
    is_writable,
    marked_smiles,
    mirrored,
)
from qmnmr.structures.stereo.large_rings import check_annulenes, close_eight_rings

MAX_OPEN_ELEMENTS = 6
MAX_LISTED = 4
_CAGE_EMBEDDINGS = 30
_AVERAGED = ("N", "P", "S")  # elements whose configuration exchange may average
_STEREO_MARKS = frozenset("@/\\")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A molecule with all its stereo given."""

    mol: Any  # rdkit Mol
    axes: Signs
    notes: tuple[str, ...] = ()  # about what was chosen


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One stereoisomer that fits what was given."""

    mol: Any
    axes: Signs

    @property
    def key(self) -> tuple[object, ...]:
        """What is equal for one compound."""
        return plain_smiles(self.mol), axes_key(self.mol, self.axes)

    def mirror_key(self) -> tuple[object, ...]:
        """The key of the mirror image."""
        return _Candidate(_mirror(self.mol), mirrored(self.mol, self.axes)).key


def settle_stereo(mol: Any, given: Signs, *, source: str) -> Settled:  # noqa: ANN401
    """Return the molecule with all stereo given, and notes about what was chosen; `given` are axes that are known.

    Enantiomers have equal shifts, so one of them stands for both. Diastereomers and E/Z isomers differ: where they are
    open, InputError lists the candidates. What exchanges fast stays open on purpose (`qmnmr.exchange`): C=N-H bonds, N
    that inverts, P of acids; a configuration that the input gives to such an atom is left out.
    """
    notes = (*check_annulenes(mol, source=source), *close_eight_rings(mol))
    _open_what_is_unknown(mol)
    _open_what_is_averaged(mol)
    elements = open_elements(mol)
    every = list(completed(mol, given))
    open_axes = [axis for axis in every[0] if axis not in given]
    if not elements and not open_axes:
        return Settled(mol=mol, axes=every[0], notes=(*notes, *_axis_notes(mol, every[0], given)))
    few = len(elements) + len(open_axes) <= MAX_OPEN_ELEMENTS
    isomers = _isomers(mol, few=few) if elements else [mol]
    found: dict[tuple[object, ...], _Candidate] = {}
    for candidate in (_Candidate(isomer, axes) for isomer in isomers for axes in every):
        found.setdefault(candidate.key, candidate)
    keys = sorted(found, key=repr)
    if not keys or len(keys) > 2 or (len(keys) == 2 and found[keys[0]].mirror_key() != keys[1]):
        names = elements + [f"the axis {axis_words(mol, axis, sign=True).split()[0]}" for axis in open_axes]
        raise _refusal(mol, names, sorted(_written(found[key], open_axes) for key in keys), source)
    chosen = found[keys[-1]]  # '@@' sorts after '@': no meaning, but always the same choice
    if len(keys) == 1:
        return Settled(mol=chosen.mol, axes=chosen.axes, notes=(*notes, *_axis_notes(mol, chosen.axes, given)))
    taken = f"{_written(chosen, open_axes)} was taken: its mirror image has the same shifts"
    note = f"the configuration was not given; {taken}"
    return Settled(mol=chosen.mol, axes=chosen.axes, notes=(*notes, *_axis_notes(mol, chosen.axes, given), note))


def _isomers(mol: Any, *, few: bool) -> list[Any]:  # noqa: ANN401
    """Return the stereoisomers that fit what was given; those of cages are found in space (cubane, bicyclobutane)."""
    found = _candidates(mol) if few else {}
    return list((found or _embedded(mol)).values())


def _written(candidate: _Candidate, open_axes: Sequence[Axis]) -> str:
    """Return an isomer as people write it, and an axis that its SMILES does not carry in words behind it."""
    smiles = str(plain_smiles(candidate.mol, candidate.axes))
    words = [
        axis_words(candidate.mol, axis, sign=candidate.axes[axis])
        for axis in open_axes
        if not is_writable(candidate.mol, axis)
    ]
    return f"{smiles} with {', '.join(words)}" if words else smiles


def _axis_notes(mol: Any, axes: Signs, given: Signs) -> tuple[str, ...]:  # noqa: ANN401
    """Return a note about the given axes that are kept."""
    words = [
        f"{'' if is_flat(mol, axis) else 'dihedral angle '}{axis_words(mol, axis, sign=sign)}"
        for axis, sign in axes.items()
        if axis in given
    ]
    return (f"the configuration of the axis is kept as given ({', '.join(words)})",) if words else ()


def plain_smiles(mol: Any, axes: Signs | None = None) -> str:  # noqa: ANN401
    """Return the canonical isomeric SMILES with implicit hydrogens, cumulenes marked where `axes` says how."""
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        if axes and any(is_writable(mol, axis) for axis in axes):
            return _with_axes(mol, axes)
        written = str(Chem.MolToSmiles(Chem.RemoveHs(mol, sanitize=False)))
        # Which of several spellings of a configuration is written, depends on the order of the atoms until it is read.
        return str(Chem.CanonSmiles(written)) if _STEREO_MARKS.intersection(written) else written


def _with_axes(mol: Any, axes: Signs) -> str:  # noqa: ANN401
    """Return the SMILES with cumulenes marked."""
    from rdkit import Chem

    # Heavy atoms keep their order without hydrogens, and so do the numbers of an axis among each other.
    heavy = Chem.RemoveHs(mol)
    kept = [atom.GetIdx() for atom in mol.GetAtoms() if atom.GetAtomicNum() > 1]
    place = {atom: number for number, atom in enumerate(kept)}
    renamed = {(place[a], place[x], place[y], place[b]): sign for (a, x, y, b), sign in axes.items()}
    return marked_smiles(heavy, renamed)


def _open_what_is_unknown(mol: Any) -> None:  # noqa: ANN401
    """Make stereo that was drawn as unknown (crossed bonds, wavy bonds) open, in place."""
    from rdkit import Chem

    for bond in bonds(mol):
        bond.ClearProp("_UnknownStereo")
        if bond.GetBondDir() in (Chem.BondDir.UNKNOWN, Chem.BondDir.EITHERDOUBLE):
            bond.SetBondDir(Chem.BondDir.NONE)
        if bond.GetStereo() == Chem.BondStereo.STEREOANY:
            bond.SetStereo(Chem.BondStereo.STEREONONE)


def _open_what_is_averaged(mol: Any) -> None:  # noqa: ANN401
    """Take out in place the configuration of centres that exchange averages: N that inverts, P and S of acids."""
    from rdkit import Chem

    none = Chem.ChiralType.CHI_UNSPECIFIED
    given = {atom.GetIdx() for atom in atoms(mol) if atom.GetChiralTag() != none and atom.GetSymbol() in _AVERAGED}
    averaged = given & averaged_centres(mol) if given else given
    for index in averaged:
        mol.GetAtomWithIdx(index).SetChiralTag(none)
    if averaged:
        Chem.AssignStereochemistry(mol, cleanIt=True, force=True)


def assign_from_3d(mol: Any) -> None:  # noqa: ANN401
    """Read all stereo from the conformer, in place.

    RDKit leaves out three-coordinate P and the N of three-membered rings, which it counts as stereo in SMILES; they
    are read here.
    """
    import numpy as np
    from rdkit import Chem

    Chem.AssignStereochemistryFrom3D(mol)
    positions = mol.GetConformer().GetPositions()
    for info in Chem.FindPotentialStereo(mol):
        atom = mol.GetAtomWithIdx(info.centeredOn) if info.type == Chem.StereoType.Atom_Tetrahedral else None
        if atom is None or info.specified == Chem.StereoSpecified.Specified or atom.GetDegree() != 3:
            continue
        arms = [positions[bond.GetOtherAtomIdx(atom.GetIdx())] - positions[atom.GetIdx()] for bond in atom.GetBonds()]
        hand = float(np.linalg.det(np.array([*arms[1:], np.zeros(3)]) - arms[0]))
        tags = Chem.ChiralType
        atom.SetChiralTag(tags.CHI_TETRAHEDRAL_CW if hand > 0 else tags.CHI_TETRAHEDRAL_CCW)
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)


def open_elements(mol: Any) -> list[str]:  # noqa: ANN401
    """Return the stereo elements without configuration, as people write them: "C2", "C2=C3" (from 1)."""
    from rdkit import Chem

    left_open = [info for info in Chem.FindPotentialStereo(mol) if info.specified != Chem.StereoSpecified.Specified]
    turning, averaged = _exchanging(mol, left_open)
    found = []
    for info in left_open:
        if info.type == Chem.StereoType.Bond_Double:
            bond = mol.GetBondWithIdx(info.centeredOn)
            if bond.GetIdx() not in turning and not _is_cumulated(bond):
                found.append(f"{_label(bond.GetBeginAtom())}={_label(bond.GetEndAtom())}")
        elif info.type == Chem.StereoType.Atom_Tetrahedral and info.centeredOn not in averaged:
            found.append(_label(mol.GetAtomWithIdx(info.centeredOn)))
    return found


def _mirror(mol: Any) -> Any:  # noqa: ANN401
    """Return the mirror image, but for its axes."""
    from rdkit import Chem

    mirror = Chem.RWMol(mol)
    for atom in mirror.GetAtoms():
        atom.InvertChirality()
    Chem.AssignStereochemistry(mirror, cleanIt=True, force=True)
    return mirror


def _candidates(mol: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the stereoisomers that fit what was given, by canonical SMILES; impossible ring fusions are left out."""
    from rdkit import Chem
    from rdkit.Chem import EnumerateStereoisomers as Enumerate

    options = Enumerate.StereoEnumerationOptions(onlyUnassigned=True, unique=True)
    needs_proof = _has_bridges(mol)
    turning, averaged = _exchanging(mol, Chem.FindPotentialStereo(mol))
    found = {}
    for isomer in Enumerate.EnumerateStereoisomers(mol, options=options):
        for index in turning:
            if mol.GetBondWithIdx(index).GetStereo() <= Chem.BondStereo.STEREOANY:
                isomer.GetBondWithIdx(index).SetStereo(Chem.BondStereo.STEREONONE)
        for index in averaged:
            isomer.GetAtomWithIdx(index).SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
        Chem.AssignStereochemistry(isomer, cleanIt=True, force=True)
        smiles = Chem.CanonSmiles(Chem.MolToSmiles(isomer))
        if smiles not in found and (not needs_proof or embed(Chem.AddHs(isomer), 1, seed=1) is not None):
            found[smiles] = isomer
    return found


def _embedded(mol: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the stereoisomers that embedding finds, by canonical SMILES: cages such as cubane have only one."""
    from rdkit import Chem

    work = Chem.AddHs(mol)
    found = {}
    with captured_rdkit_log():
        embed(work, _CAGE_EMBEDDINGS, seed=1)
        for conformer in range(work.GetNumConformers()):
            isomer = Chem.Mol(work, confId=conformer)
            assign_from_3d(isomer)
            _open_what_is_averaged(isomer)
            isomer = Chem.RemoveHs(isomer)
            isomer.RemoveAllConformers()
            found[Chem.CanonSmiles(Chem.MolToSmiles(isomer))] = isomer
    return found


def _is_cumulated(bond: Any) -> bool:  # noqa: ANN401
    """Return whether this is a bond of C=C=C, whose stereo belongs to the whole axis."""
    from rdkit import Chem

    kinds = [other.GetBondType() for end in (bond.GetBeginAtom(), bond.GetEndAtom()) for other in end.GetBonds()]
    return kinds.count(Chem.BondType.DOUBLE) > 2


def _has_bridges(mol: Any) -> bool:  # noqa: ANN401
    """Return whether rings are fused or bridged, so that some stereoisomers can't exist."""
    return any(mol.GetRingInfo().NumAtomRings(atom.GetIdx()) > 1 for atom in mol.GetAtoms())


def _exchanging(mol: Any, elements: Iterable[Any]) -> tuple[frozenset[int], frozenset[int]]:  # noqa: ANN401
    """Return the bonds and the atoms that exchange fast; the table is asked if `elements`, possible ones, may do so."""
    from rdkit import Chem

    double, tetrahedral = Chem.StereoType.Bond_Double, Chem.StereoType.Atom_Tetrahedral
    found = [(info.type, info.centeredOn) for info in elements]
    may_average = (kind == tetrahedral and mol.GetAtomWithIdx(at).GetSymbol() in _AVERAGED for kind, at in found)
    turning = _turning_bonds(mol) if any(kind == double for kind, _ in found) else frozenset()
    return turning, averaged_centres(mol) if any(may_average) else frozenset()


def _turning_bonds(mol: Any) -> frozenset[int]:  # noqa: ANN401
    """Return the indices of double bonds whose two forms interchange fast."""
    sites = [site for site in (*double_bond_sites(mol), *proton_sites(mol)) if not site.process.is_held]
    found = [mol.GetBondBetweenAtoms(*ends) for ends in turning_double_bonds(sites)]
    return frozenset(bond.GetIdx() for bond in found if bond is not None)


def _refusal(mol: Any, elements: list[str], smiles: list[str], source: str) -> InputError:  # noqa: ANN401
    """Return the error that lists what is open and what it could be."""
    from rdkit import Chem

    axis = any(" with " in isomer for isomer in smiles)
    listed = ", ".join(smiles[:MAX_LISTED]) or "none can be built"
    more = f" and {len(smiles) - MAX_LISTED} more" if len(smiles) > MAX_LISTED else ""
    return InputError(
        f"{source}: {Chem.MolToSmiles(Chem.RemoveHs(mol))} leaves the configuration of {', '.join(elements)} open, "
        f"and the choices have different shifts: {listed}{more}",
        hint="Write the isomer that you mean, or give all of them as separate molecules."
        + (
            " An axis that no SMILES tells is told by a 3D structure, a biaryl's also by a wedge at its bond."
            if axis
            else ""
        ),
    )


def _label(atom: Any) -> str:  # noqa: ANN401
    """Return an atom as people write it: C2, counted from 1."""
    return f"{atom.GetSymbol()}{atom.GetIdx() + 1}"
