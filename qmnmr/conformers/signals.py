"""The signals of a molecule: sets of equivalent nuclei, which is which, and why.

A reason is found by trial: the sets are made again with a process the other way round (held instead of fast, fast
instead of held), and what changes is due to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from qmnmr.conformers.configuration import (
    Configuration,
    StereoFrame,
    elements_of,
    read_configuration,
    stereo_frame,
)
from qmnmr.conformers.equivalence import Sets, orbits
from qmnmr.conformers.labels import set_labels
from qmnmr.conformers.symmetry import find_permutation
from qmnmr.datatypes.molecule import Ensemble, Molecule
from qmnmr.datatypes.rdkit_molecule import coordinates_of, label, rdkit_mol
from qmnmr.datatypes.signal import Signal
from qmnmr.exchange.sites import Site
from qmnmr.exchange.table import Process, Verdict
from qmnmr.exchange.tautomers import tautomer_sites

_MAX_NAMED = 4


def find_signals(molecule: Molecule, ensemble: Ensemble, *, about_tautomers: str = "") -> tuple[Signal, ...]:
    """Return the signals of a molecule, every atom in exactly one, ascending by first atom.

    The sets are those of `equivalent_sets`. `about_tautomers` is a flag for the nuclei that differ between tautomers.
    """
    frame = stereo_frame(molecule, moving_protons=True)
    mol = rdkit_mol(molecule)
    configuration = read_configuration(frame, coordinates_of(ensemble.conformers[0].geometry))
    sets = orbits(frame, configuration)
    reasons = _Reasons(molecule, mol, frame, configuration, sets)
    labels = set_labels(mol, frame, configuration, sets, ensemble)
    return tuple(
        Signal(
            atom_indices=members,
            element=molecule.symbols[members[0]],
            label=labels[members],
            why="; ".join((reasons.of_togetherness(members), *reasons.of_separation(members))),
            flags=reasons.flags(members, about_tautomers),
        )
        for members in sets
    )


@dataclass(frozen=True, slots=True)
class _Trial:
    """What the sets would be if a process were the other way round."""

    process: Process | None  # None: the sides of double bonds
    places: str
    sets: Sets


class _Reasons:
    """Why nuclei are together or apart, in words."""

    def __init__(
        self,
        molecule: Molecule,
        mol: Any,  # noqa: ANN401
        frame: StereoFrame,
        configuration: Configuration,
        sets: Sets,
    ) -> None:
        self._mol, self._frame, self._configuration, self._sets = mol, frame, configuration, sets
        self._set_of = {atom: members for members in sets for atom in members}
        self._alike = _alike(frame, sets)
        self._trials = _trials(molecule, mol, frame, configuration) if len(sets) > 1 or len(sets[0]) > 1 else ()

    def of_togetherness(self, members: tuple[int, ...]) -> str:
        """Return why the nuclei of a set are one signal."""
        if len(members) == 1:
            return "one nucleus"
        through = [
            f"fast {_exchange(trial)}"
            for trial in self._trials
            if trial.process and not trial.process.is_held and members not in trial.sets
        ]
        if through:
            return f"one signal: {', '.join(through)}"
        if any(members[0] in site.hydrogens for site in self._frame.sites):
            return "one signal: protons that exchange"
        parents = {near.GetIdx() for atom in members for near in self._mol.GetAtomWithIdx(atom).GetNeighbors()}
        if len(parents) == 1 and len(members) == 3:
            return "one signal: the group turns"
        return f"one signal: {'homotopic' if self._is_homotopic(members) else 'enantiotopic'}"

    def _is_homotopic(self, members: tuple[int, ...]) -> bool:
        return all(
            find_permutation(self._frame, self._configuration, self._configuration, fixed=((members[0], other),))
            for other in members[1:]
            if self._frame.graph.neighbours[other]
        )

    def of_separation(self, members: tuple[int, ...]) -> tuple[str, ...]:
        """Return why a set is not one signal with those that constitution alone can't tell from it."""
        others = [other for other in self._alike[members] if other != members]
        if not others:
            return ()
        causes = [
            f"{'slow' if trial.process.verdict is Verdict.SLOW else 'perhaps slow'} {_exchange(trial)}"
            if trial.process
            else f"the sides of {trial.places}"
            for trial in self._trials
            if self._merges(trial, members, others)
        ]
        apart = " ".join(_numbers(other) for other in others)
        return (f"apart from {apart}: {', '.join(causes) or 'diastereotopic'}",)

    def _merges(self, trial: _Trial, members: tuple[int, ...], others: Iterable[tuple[int, ...]]) -> bool:
        merged = next(found for found in trial.sets if members[0] in found)
        is_held = trial.process is None or trial.process.is_held
        return is_held and any(set(other) <= set(merged) for other in others)

    def flags(self, members: tuple[int, ...], about_tautomers: str) -> tuple[str, ...]:
        """Return what is open about a set."""
        found = []
        for trial in self._trials:
            if trial.process is None:
                continue
            others = [other for other in self._alike[members] if other != members]
            merged = [other for other in others if self._merges(trial, members, [other])]
            if trial.process.verdict is Verdict.OPEN and merged:
                atoms = " ".join(_numbers(other) for other in merged)
                found.append(f"may be one signal with {atoms}: is {_exchange(trial)} slow?")
            if not trial.process.is_held and trial.process.is_near_coalescence and members not in trial.sets:
                found.append(f"may be broad or two signals: {_exchange(trial)}")
        if about_tautomers and any(self._is_touched(site, members) for site in self._differing_sites()):
            found.append(about_tautomers)
        return tuple(found)

    def _differing_sites(self) -> list[Site]:
        """Return where tautomers differ: all sites if each is symmetric, as the two of a porphyrin's inner protons."""
        sites = tautomer_sites(self._frame.sites)
        return [site for site in sites if not self._is_symmetric(site)] or list(sites)

    def _is_touched(self, site: Site, members: tuple[int, ...]) -> bool:
        """Return whether a tautomer shifts these nuclei: on the way of the proton, or bonded to it."""
        near = {n.GetIdx() for atom in site.path for n in self._mol.GetAtomWithIdx(atom).GetNeighbors()}
        return bool({*site.path, *near} & set(members))

    def _is_symmetric(self, site: Site) -> bool:
        return len({self._set_of[atom] for atom in site.atoms}) == 1


def _alike(frame: StereoFrame, sets: Sets) -> dict[tuple[int, ...], list[tuple[int, ...]]]:
    """Return for each set all that constitution can't tell from it, itself among them."""
    colours = frame.graph.colours
    by_colour: dict[int, list[tuple[int, ...]]] = {}
    for members in sets:
        if frame.graph.neighbours[members[0]]:  # moving protons are of no constitution
            by_colour.setdefault(colours[members[0]], []).append(members)
    return {members: by_colour.get(colours[members[0]], [members]) for members in sets}


def _trials(molecule: Molecule, mol: Any, frame: StereoFrame, configuration: Configuration) -> tuple[_Trial, ...]:  # noqa: ANN401
    """Return the sets with each process of the molecule the other way round."""
    by_process: dict[Process, list[Site]] = {}
    for site in frame.sites:
        if site.process.kind != "proton" and site.elements:
            by_process.setdefault(site.process, []).append(site)
    found = []
    for process, sites in by_process.items():
        turned = elements_of(sites)
        kept = (
            tuple(element for element in frame.held if element not in turned)
            if process.is_held
            else tuple(dict.fromkeys((*frame.held, *turned)))
        )
        found.append(_Trial(process, _places(mol, sites), orbits(frame, configuration, elements=kept)))
    if frame.rigid:
        kept = tuple(element for element in frame.held if element not in frame.rigid)
        names = _listed([f"{label(mol, x)}={label(mol, y)}" for x, y in frame.rigid])
        found.append(_Trial(None, names, orbits(frame, configuration, elements=kept)))
    return (*found, *_proton_trials(molecule, mol, frame, configuration))


def _proton_trials(
    molecule: Molecule,
    mol: Any,  # noqa: ANN401
    frame: StereoFrame,
    configuration: Configuration,
) -> list[_Trial]:
    """Return the sets that the drawn tautomers alone would have, if protons move at all."""
    sites = [site for site in frame.sites if site.process.kind == "proton"]
    if not sites:
        return []
    drawn = stereo_frame(molecule)
    known = {element for element in drawn.all_elements if element in frame.all_elements}
    kept = tuple(element for element in drawn.held if element in known)
    sets = orbits(drawn, configuration, elements=kept)
    return [
        _Trial(process, _places(mol, [s for s in sites if s.process == process]), sets)
        for process in dict.fromkeys(site.process for site in sites)
    ]


def _exchange(trial: _Trial) -> str:
    """Return a process with its place and barrier."""
    if trial.process is None:
        raise ValueError("the sides of double bonds are no process")
    return f"{trial.process.what}, {trial.places}{trial.process.barrier_words}"


def _places(mol: Any, sites: Sequence[Site]) -> str:  # noqa: ANN401
    """Return where sites are, as people write it: C1-N2."""
    return _listed(["-".join(label(mol, atom) for atom in site.atoms[:_MAX_NAMED]) for site in sites])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(names[:_MAX_NAMED]) + more


def _numbers(members: tuple[int, ...]) -> str:
    """Return a set as people write it: 7/8."""
    return "/".join(str(atom + 1) for atom in members)
