"""Shifts from calibrated factors: which factors belong to a run, and what they give."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from typing import Any

import msgspec

from qmnmr.datatypes.calibration import FactorFile, FoundFactors
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.shift import NUCLEI, AveragedShielding, ChemicalShift
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import LevelOfTheory, RunLevel
from qmnmr.shifts.apply_factors import shift_ppm
from qmnmr.shifts.environments import bonded_heavy_halogens, environments, exchangeable_hydrogens
from qmnmr.shifts.fit.solvent_moves import solvent_move
from qmnmr.shifts.uncertainty import uncertainty_ppm

SCHEMA = 2


def upgraded_factors(data: dict[str, Any]) -> dict[str, Any]:
    """Return a factor file of schema 1 as one of today: its line as it was, with one error for all environments."""
    nuclei = {
        nucleus: {
            **factors,
            "environments": {},
            "unseen_error_ppm": factors["loo_rmsd_ppm"],
            "bar_nu": factors["dp4_nu"],
        }
        for nucleus, factors in data["nuclei"].items()
    }
    return {**data, "schema": SCHEMA, "nuclei": nuclei}


def shipped_factor_files() -> tuple[FactorFile, ...]:
    """Return the factor files that come with qmnmr, by file name."""
    folder = resources.files("qmnmr.shifts").joinpath("data/factors")
    found = folder.iterdir() if folder.is_dir() else ()
    entries = sorted((e for e in found if e.name.endswith(".json")), key=lambda e: e.name)
    return tuple(msgspec.json.decode(e.read_bytes(), type=FactorFile) for e in entries)


def usable_factors(files: Sequence[FactorFile], level: RunLevel) -> dict[str, FoundFactors]:
    """Return by nucleus the factors that fit the run, else those of its recipe in chloroform with a wider error bar.

    Shieldings of the run hold what the continuum says of its solvent. What it does not say is at most what measured
    shifts move by (root mean square); that is added to the error bar, in squares.
    """
    found = find_factors(files, level)
    solvent = level.geometry_level.solvent
    if solvent is None:
        return found
    borrowed = {}
    for nucleus, there in find_factors(files, in_chloroform(level)).items():
        move = solvent_move(nucleus, solvent.name)
        if move is not None:
            borrowed[nucleus] = replace(there, move=move)
    return borrowed | found


def in_chloroform(level: RunLevel) -> RunLevel:
    """Return the same recipe with chloroform in the place of its solvent."""
    solvent = level.geometry_level.solvent
    return replace(
        level,
        geometry_level=replace(level.geometry_level, solvent=CHLOROFORM),
        shielding_levels={
            n: replace(own, solvent=CHLOROFORM) if own.solvent == solvent else own
            for n, own in level.shielding_levels.items()
        },
    )


def find_factors(files: Iterable[FactorFile], level: RunLevel) -> dict[str, FoundFactors]:
    """Return by nucleus the first factors that fit the run exactly; a nucleus without such factors is left out."""
    found: dict[str, FoundFactors] = {}
    for file in files:
        for nucleus in level.shielding_levels:
            if nucleus in file.nuclei and nucleus not in found and mismatch(file, level, nucleus=nucleus) is None:
                found[nucleus] = FoundFactors(file=file, factors=file.nuclei[nucleus])
    return found


def mismatch(file: FactorFile, level: RunLevel, *, nucleus: str) -> str | None:
    """Return in words why these factors are not for this run, None if they are."""
    factors = file.nuclei.get(nucleus)
    if factors is None:
        return f"they have none for {nucleus}"
    served = {file.engine, *(a.engine for a in file.agreements)}
    if level.engine not in served:
        return f"they are for the engine {' and '.join(sorted(served))}, not {level.engine}"
    wanted = level.shielding_levels[nucleus]
    difference = _difference(factors.shielding_level, wanted, "shieldings") or _difference(
        file.geometry_level, level.geometry_level, "geometries"
    )
    if difference or level.engine != file.engine:
        return difference
    return _settings_difference(file.settings, level.settings)


def _difference(theirs: LevelOfTheory, ours: LevelOfTheory, what: str) -> str | None:
    """Return in words how two levels differ, None if they do not."""
    if theirs == ours:
        return None
    if theirs.solvent != ours.solvent:
        return f"they are for {what} in {_medium(theirs)}, not in {_medium(ours)}"
    if theirs.spherical != ours.spherical:
        words = {True: "spherical", False: "cartesian"}
        return f"they are for {what} with {words[theirs.spherical]} functions, not {words[ours.spherical]} ones"
    return f"they are for {what} of {theirs}, not {ours}"


def _settings_difference(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str | None:
    for name in sorted({*theirs, *ours}):
        if theirs.get(name) != ours.get(name):
            values = (theirs.get(name, "absent"), ours.get(name, "absent"))
            return f"they are for the engine's setting {name} {values[0]}, not {values[1]}"
    return None


def _medium(level: LevelOfTheory) -> str:
    return "the gas phase" if level.solvent is None else f"COSMO({level.solvent.name})"


def calibrated_shifts(
    averaged: Sequence[AveragedShielding], *, molecule: Molecule, found: Mapping[str, FoundFactors]
) -> tuple[ChemicalShift, ...]:
    """Return one row for each set of reported nuclei; shift and uncertainty are None where there are no factors."""
    classes = environments(molecule)
    flags = _Flags(molecule)
    rows = []
    for entry in averaged:
        nucleus = NUCLEI.get(entry.element)
        if nucleus is None:
            continue
        shift, uncertainty, reasons = None, None, flags.of_atoms(entry)
        moves: tuple[float, ...] = ()
        if nucleus in found:
            factors, kind = found[nucleus].factors, classes[entry.atom_indices[0]]
            shift = shift_ppm(factors, entry.shielding_ppm, kind)
            own = uncertainty_ppm(factors, environment=kind, weight_sensitivity_ppm=entry.weight_sensitivity_ppm)
            move = found[nucleus].move
            uncertainty = own if move is None else math.hypot(own, move.ppm)
            reasons += flags.of_factors(found[nucleus], shift, kind)
            moves = tuple(move / factors.slope for move in entry.weight_moves_ppm)
        rows.append(
            ChemicalShift(
                atom_indices=entry.atom_indices,
                element=entry.element,
                nucleus=nucleus,
                shielding_ppm=entry.shielding_ppm,
                shift_ppm=shift,
                uncertainty_ppm=uncertainty,
                flags=reasons,
                weight_moves_ppm=moves,
            )
        )
    order = list(NUCLEI.values())
    return tuple(sorted(rows, key=lambda row: (_rank(order, row.nucleus), row.atom_indices)))


class _Flags:
    """Short reasons not to trust a shift and its error bar as they stand."""

    def __init__(self, molecule: Molecule) -> None:
        self._charge = molecule.charge
        self._exchangeable = exchangeable_hydrogens(molecule)
        self._halogens = bonded_heavy_halogens(molecule)

    def of_atoms(self, entry: AveragedShielding) -> tuple[str, ...]:
        first = entry.atom_indices[0]
        reasons = ["exchangeable"] if first in self._exchangeable else []
        reasons += [f"bonded to {self._halogens[first]}"] if first in self._halogens else []
        return (*reasons, *(["charged species"] if self._charge else []))

    @staticmethod
    def of_factors(found: FoundFactors, shift: float, environment: str) -> tuple[str, ...]:
        low, high = found.factors.measured_range_ppm
        reasons: tuple[str, ...] = () if low <= shift <= high else (f"outside {low:g} to {high:g} ppm",)
        own = found.factors.environments.get(environment)
        if found.factors.environments and (own is None or not own.n):
            reasons += (f"no {environment or 'such place'} in {found.file.set_name}",)
        solvent = found.factors.shielding_level.solvent
        medium = "gas phase" if solvent is None else solvent.name
        is_own = medium == found.file.set_solvent and found.move is None
        return reasons if is_own else (*reasons, f"factors from {found.file.set_solvent}")


def _rank(order: list[str], nucleus: str) -> int:
    # 13C first: that is how a table of shifts is read.
    return -1 if nucleus == "13C" else order.index(nucleus)
