"""One numbering for all conformers: atom 9 is the same nucleus in each of them.

An embedding may give the pro-R hydrogen of a CH2 the number 9 in one conformer and 10 in the next, since the graph
can't tell them apart; likewise the two methyl groups of DMF. Averaging shieldings by atom number would then mix
diastereotopic nuclei. Every conformer is therefore renumbered to the configuration of the lowest one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from qmnmr.conformers.configuration import (
    Configuration,
    StereoFrame,
    elements_of,
    read_configuration,
    stereo_frame,
)
from qmnmr.conformers.symmetry import Permutation, find_permutation
from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry, Molecule, by_tautomer, tautomer_of
from qmnmr.datatypes.rdkit_molecule import Coordinates, coordinates_of, label, rdkit_mol
from qmnmr.exchange.sites import Bond, Element
from qmnmr.exchange.table import Verdict


def align_slow_rotamers(molecule: Molecule, ensemble: Ensemble) -> Ensemble:
    """Return the ensemble with one numbering: prochiral H and equal N-substituents lie as in the first conformer.

    A conformer that is another numbering of the same configuration is renumbered (and mirrored if only that does it:
    shieldings don't notice). Rotamers that differ really (cis- and trans-N-methylacetamide) stay as they are, and a
    note says that they were averaged as if they exchanged fast. Doing it again changes nothing.
    """
    if len(ensemble.conformers) < 2:
        return ensemble
    first = ensemble.conformers[0]
    aligned: dict[str, Iterator[Conformer]] = {}
    notes: list[str] = []
    for name, members in by_tautomer(ensemble.conformers).items():
        tautomer = tautomer_of(molecule, members[0])
        part = _align_one_tautomer(tautomer, replace(ensemble, conformers=members, notes=()))
        found = part.conformers
        if name != first.tautomer:
            found = _numbered_as(tautomer, found, coordinates_of(first.geometry))
        aligned[name] = iter(found)
        notes += part.notes
    return replace(
        ensemble,
        conformers=tuple(next(aligned[conformer.tautomer]) for conformer in ensemble.conformers),
        notes=(*ensemble.notes, *(note for note in notes if note not in ensemble.notes)),
    )


def _align_one_tautomer(molecule: Molecule, ensemble: Ensemble) -> Ensemble:
    """Return conformers of one graph with the numbering of their first one, and notes."""
    frame = stereo_frame(molecule)
    choices = _kept(frame)
    reference = read_configuration(frame, coordinates_of(ensemble.conformers[0].geometry))
    aligned = []
    other_configuration = []
    for conformer in ensemble.conformers:
        found = _aligned(frame, conformer, reference, choices)
        aligned.append(found or conformer)
        if found is None:
            other_configuration.append(conformer.label)
    notes = (*_rotamer_note(molecule, frame, reference, aligned), *_configuration_note(other_configuration))
    return replace(ensemble, conformers=tuple(aligned), notes=notes)


def _numbered_as(tautomer: Molecule, conformers: Sequence[Conformer], reference: Coordinates) -> tuple[Conformer, ...]:
    """Return a tautomer's conformers, alike among each other, numbered as those of another tautomer.

    `reference` (n, 3) in Å is one of the other's. Both are read with the protons that move left out, and the atoms are
    exchanged as this tautomer's own graph allows. Unchanged where their configurations differ.
    """
    loose = stereo_frame(tautomer, moving_protons=True)
    frame = replace(loose, graph=stereo_frame(tautomer).graph)
    target = read_configuration(loose, reference)
    own = read_configuration(loose, coordinates_of(conformers[0].geometry))
    for elements in _kept(loose):
        if own.agrees_with(target, elements):
            break
        for mirror in (False, True):
            permutation = find_permutation(frame, own, target, mirror=mirror, elements=elements)
            if permutation:
                return tuple(_renumbered(conformer, permutation, mirror=mirror) for conformer in conformers)
    return tuple(conformers)


def _kept(frame: StereoFrame) -> tuple[tuple[Element, ...], ...]:
    """Return what all conformers should agree in; where they can't, the same without what may exchange fast.

    Rotamers of amides with unlike substituents on N are left out: they are different structures.
    """
    unlike = {bond for bond in frame.slow if not _has_equal_arms(frame, bond)}
    is_open = elements_of(site for site in frame.sites if site.process.verdict is Verdict.OPEN)
    held = tuple(element for element in frame.held if element not in unlike)
    firm = tuple(element for element in held if element not in is_open)
    return (held, firm) if firm != held else (held,)


def _has_equal_arms(frame: StereoFrame, bond: Bond) -> bool:
    """Return whether the two substituents of N can't be told apart by constitution."""
    arms = [frame.graph.colours[atom] for atom in frame.graph.neighbours[bond[1]] if atom != bond[0]]
    return len(arms) == 2 and arms[0] == arms[1]


def _aligned(
    frame: StereoFrame, conformer: Conformer, reference: Configuration, choices: tuple[tuple[Element, ...], ...]
) -> Conformer | None:
    """Return a conformer numbered as the reference's configuration is, None if its configuration is another."""
    own = read_configuration(frame, coordinates_of(conformer.geometry))
    for elements in choices:
        if own.agrees_with(reference, elements):
            return conformer
        for mirror in (False, True):
            permutation = find_permutation(frame, own, reference, mirror=mirror, elements=elements)
            if permutation:
                return _renumbered(conformer, permutation, mirror=mirror)
    return None


def _renumbered(conformer: Conformer, permutation: Permutation, *, mirror: bool) -> Conformer:
    """Return the conformer with atom i in the place of permutation[i]."""
    coordinates = coordinates_of(conformer.geometry)
    moved = np.empty_like(coordinates)
    moved[list(permutation)] = coordinates * np.array([-1.0 if mirror else 1.0, 1.0, 1.0]) + 0.0
    positions = tuple((x, y, z) for x, y, z in moved.tolist())
    return replace(conformer, geometry=Geometry(symbols=conformer.geometry.symbols, coordinates_angstrom=positions))


def _rotamer_note(
    molecule: Molecule, frame: StereoFrame, reference: Configuration, conformers: Sequence[Conformer]
) -> tuple[str, ...]:
    """Return the note about slow bonds whose sides are not the same in all conformers."""
    slow = [bond for bond, verdict in frame.turning_bonds if verdict is Verdict.SLOW]
    differing = set()
    for conformer in conformers:
        own = read_configuration(frame, coordinates_of(conformer.geometry))
        differing |= {bond for bond in slow if own.cis[bond] != reference.cis[bond]}
    if not differing:
        return ()
    mol = rdkit_mol(molecule)
    note = (
        f"rotamers about {', '.join(_name(mol, bond) for bond in sorted(differing))} exchange slowly but were averaged "
        "as if fast: the real spectrum shows a set of signals for each"
    )
    return (note,)


def _configuration_note(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the note about conformers that are another stereoisomer."""
    if not labels:
        return ()
    note = (
        f"{', '.join(labels)} differ from the first conformer in a configuration that the structure leaves open "
        "(an axis, a held ring, an inverting centre) and were averaged with it"
    )
    return (note,)


def _name(mol: Any, bond: Bond) -> str:  # noqa: ANN401
    """Return a bond as people write it: C1-N2."""
    return f"{label(mol, bond[0])}-{label(mol, bond[1])}"
