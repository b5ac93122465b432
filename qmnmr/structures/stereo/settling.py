"""Stereo that the input left open: chosen where the choice can't matter, refused where it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qmnmr.errors import InputError
from qmnmr.structures.stereo.axes import Signs, axis_words, completed, is_flat
from qmnmr.structures.stereo.isomers import Isomer, both_hands, fitting_isomers, plain_smiles
from qmnmr.structures.stereo.large_rings import check_annulenes, close_eight_rings
from qmnmr.structures.stereo.open_elements import open_elements, open_what_is_averaged, open_what_is_unknown

MAX_OPEN_ELEMENTS = 6
MAX_LISTED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A molecule with all its stereo given."""

    mol: Any  # rdkit Mol
    axes: Signs
    smiles: str  # canonical, isomeric, with implicit hydrogens
    notes: tuple[str, ...] = ()  # about what was chosen


def settle_stereo(mol: Any, given: Signs, *, source: str, is_drawn: bool = True) -> Settled:  # noqa: ANN401
    """Return the molecule with all stereo given, and notes about what was chosen; `given` are axes that are known.

    Enantiomers have equal shifts, so one of them stands for both. Diastereomers and E/Z isomers differ: where they are
    open, InputError lists the candidates. What exchanges fast stays open on purpose (`qmnmr.exchange`): C=N-H bonds, N
    that inverts, P of acids; a configuration that the input gives to such an atom is left out. `is_drawn`: stereo may
    be marked as unknown, which a SMILES alone can't say.
    """
    ring_notes = (*check_annulenes(mol, source=source), *close_eight_rings(mol))
    if is_drawn:
        open_what_is_unknown(mol)
    open_what_is_averaged(mol)
    elements = open_elements(mol)
    every = list(completed(mol, given))
    open_axes = [axis for axis in every[0] if axis not in given]
    if not elements and not open_axes:
        notes = ring_notes + _axis_notes(mol, every[0], given)
        return Settled(mol=mol, axes=every[0], smiles=plain_smiles(mol, every[0]), notes=notes)
    lone_centre = None if any(every) else elements.lone_centre
    isomers = [mol]
    if lone_centre is not None:
        isomers = both_hands(mol, lone_centre)
    elif elements:
        isomers = fitting_isomers(mol, few=len(elements.names) + len(open_axes) <= MAX_OPEN_ELEMENTS)
    found: dict[tuple[str, tuple[object, ...]], Isomer] = {}
    for isomer in (Isomer(each, axes) for each in isomers for axes in every):
        found.setdefault(isomer.key(), isomer)
    keys = sorted(found, key=repr)
    are_hands = len(keys) == 2 and (lone_centre is not None or found[keys[0]].mirror_key() == keys[1])
    if len(keys) != 1 and not are_hands:
        names = [*elements.names, *(f"the axis {axis_words(mol, a, sign=True).split()[0]}" for a in open_axes)]
        raise _refusal(mol, names, sorted(found[key].written(open_axes) for key in keys), source)
    chosen = found[keys[-1]]  # '@@' sorts after '@': no meaning, but always the same choice
    smiles = plain_smiles(chosen.mol, chosen.axes) if chosen.axes else keys[-1][0]
    notes = ring_notes + _axis_notes(mol, chosen.axes, given)
    if are_hands:
        taken = chosen.written(open_axes) if chosen.axes else smiles
        notes += (f"the configuration was not given; {taken} was taken: its mirror image has the same shifts",)
    return Settled(mol=chosen.mol, axes=chosen.axes, smiles=smiles, notes=notes)


def _axis_notes(mol: Any, axes: Signs, given: Signs) -> tuple[str, ...]:  # noqa: ANN401
    """Return a note about the given axes that are kept."""
    words = [
        f"{'' if is_flat(mol, axis) else 'dihedral angle '}{axis_words(mol, axis, sign=sign)}"
        for axis, sign in axes.items()
        if axis in given
    ]
    return (f"the configuration of the axis is kept as given ({', '.join(words)})",) if words else ()


def _refusal(mol: Any, elements: Sequence[str], smiles: Sequence[str], source: str) -> InputError:  # noqa: ANN401
    """Return the error that lists what is open and what it could be."""
    from rdkit import Chem

    axis = any(" with " in isomer for isomer in smiles)
    listed = ", ".join(smiles[:MAX_LISTED]) or "none can be built"
    more = f" and {len(smiles) - MAX_LISTED} more" if len(smiles) > MAX_LISTED else ""
    return InputError(
        f"{source}: {Chem.MolToSmiles(Chem.RemoveHs(mol))} leaves the configuration of {', '.join(elements)} open, "
        f"and the choices have different shifts: {listed}{more}",
        hint="Write the isomer that you mean, or give all of them as separate molecules; "
        "`qmnmr rank --stereo relative` makes them and tries each for a measured spectrum."
        + (
            " An axis that no SMILES tells is told by a 3D structure, a biaryl's also by a wedge at its bond."
            if axis
            else ""
        ),
    )
