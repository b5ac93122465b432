"""The funnel as lines of text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import msgspec

from qmnmr.datatypes.funnel import SEARCH, FunnelStep, MoleculeConformers
from qmnmr.datatypes.molecule import Ensemble, Molecule, tautomer_of
from qmnmr.datatypes.shift import WeightedConformer
from qmnmr.exchange.tautomers import tautomer_smiles
from qmnmr.report.columns import aligned
from qmnmr.units import HARTREE_KCAL_PER_MOL

_HEADINGS = ("step", "in", "out", "CPU s", "method; where the others went")
_CONFORMER_HEADINGS = ("conformer", "kcal/mol", "population/%", "degeneracy")
_WIDTH = 80
_WEIGHT_HEADINGS = ("conformer", "G kcal/mol", "population %", "E kcal/mol", "by energy alone %")


def funnel_lines(funnel: Sequence[FunnelStep]) -> list[str]:
    """Return the funnel as a table; nothing for a molecule whose search gave one conformer, which has no funnel."""
    if not any(step.left > 1 or step.entered > 1 for step in funnel if step.name != SEARCH):
        return []
    return aligned([_HEADINGS, *(_row(step) for step in funnel)], right=range(1, 4))


def weight_lines(conformers: Sequence[WeightedConformer]) -> list[str]:
    """Return free energies and energies of the conformers with the populations that each gives, as a table.

    Nothing where the conformers are weighed by their energies alone.
    """
    if not any(c.energy_population is not None for c in conformers):
        return []
    energies = [c.energy_hartree for c in conformers]
    free = [e + (c.free_energy_correction_hartree or 0.0) for c, e in zip(conformers, energies, strict=True)]
    rows = [
        (
            c.label,
            f"{(g - min(free)) * HARTREE_KCAL_PER_MOL:.2f}",
            f"{100 * c.population:.1f}",
            f"{(e - min(energies)) * HARTREE_KCAL_PER_MOL:.2f}",
            f"{100 * (c.energy_population or 0.0):.1f}",
        )
        for c, e, g in zip(conformers, energies, free, strict=True)
    ]
    return aligned([_WEIGHT_HEADINGS, *rows], right=range(1, 5))


def _row(step: FunnelStep) -> tuple[str, ...]:
    words = "; ".join(word for word in (step.method, step.remark) if word)
    return (step.name, str(step.entered), str(step.left), f"{step.cpu_seconds:.1f}", words)


def conformers_text(found: MoleculeConformers) -> str:
    """Return a table of the conformers that would go to DFT, where the others went, what may be missing, and notes.

    No line is longer than 80 characters, names of molecules and their SMILES apart.
    """
    ensemble, populations = found.ensemble, found.populations
    tautomers = _tautomers(ensemble)
    headings = (*_CONFORMER_HEADINGS, "tautomer") if any(tautomers) else _CONFORMER_HEADINGS
    rows = [
        (
            c.label,
            "" if energy is None else f"{energy:.2f}",
            f"{100 * populations[k]:.1f}" if populations else "",
            f"{c.degeneracy:g}",
            *((tautomers[k],) if any(tautomers) else ()),
        )
        for k, (c, energy) in enumerate(zip(ensemble.conformers, _above_lowest(ensemble), strict=True))
    ]
    lines = [f"  {line}" for line in aligned([headings, *rows], right=range(1, 4))]
    said = [
        f"{step.name}: {step.entered} in, {step.left} out, {step.cpu_seconds:.1f} CPU s; {_row(step)[-1]}"
        for step in found.funnel
    ]
    said += [_missing_words(found), *(f"note: {note}" for note in found.notes)]
    for words in said:
        lines += textwrap.wrap(
            words, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
        )
    return "\n".join([_name(ensemble.molecule), *lines]) + "\n"


def conformers_object(found: MoleculeConformers) -> dict[str, Any]:
    """Return the same as builtin types. Energies in kcal/mol above the lowest; null where none is known."""
    ensemble, populations = found.ensemble, found.populations
    energies, tautomers = _above_lowest(ensemble), _tautomers(ensemble)
    return {
        "name": ensemble.molecule.name,
        "smiles": ensemble.molecule.smiles,
        "missed_population": _rounded(found.missed_population),
        "not_found_population": _rounded(found.not_found),
        "conformers": [
            {
                "label": c.label,
                "kcal_per_mol": None if energy is None else round(energy, 4),
                "population": round(populations[k], 6) if populations else None,
                "degeneracy": c.degeneracy,
                "inclusion": round(c.inclusion, 6),
                "tautomer": tautomers[k] or None,
                "symbols": list(c.geometry.symbols),
                "coordinates_angstrom": [list(position) for position in c.geometry.coordinates_angstrom],
            }
            for k, (c, energy) in enumerate(zip(ensemble.conformers, energies, strict=True))
        ],
        "funnel": msgspec.to_builtins(found.funnel),
        "notes": list(found.notes),
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _missing_words(found: MoleculeConformers) -> str:
    missed_population, not_found = found.missed_population, found.not_found
    if missed_population is None:
        return "missing: not estimated (no search at the level of the ranking)"
    left_out = 1.0 - (1.0 - missed_population) / (1.0 - not_found) if not_found is not None and not_found < 1 else 0.0
    parts = f"{100 * (not_found or 0.0):.1f} % not found, {100 * left_out:.1f} % found and left out"
    return f"missing: about {100 * missed_population:.1f} % of the population ({parts})"


def _above_lowest(ensemble: Ensemble) -> list[float | None]:
    """Return energies above the lowest in kcal/mol; of several conformers without energies, None."""
    energies = [c.energy_hartree for c in ensemble.conformers]
    if len(energies) == 1:
        return [0.0]
    known = [e for e in energies if e is not None]
    if len(known) < len(energies):
        return [None] * len(energies)
    return [(e - min(known)) * HARTREE_KCAL_PER_MOL for e in known]


def _tautomers(ensemble: Ensemble) -> list[str]:
    """Return the SMILES of each conformer's tautomer, empty strings where all are of one."""
    if len({c.tautomer for c in ensemble.conformers}) == 1:
        return [""] * len(ensemble.conformers)
    return [tautomer_smiles(tautomer_of(ensemble.molecule, c)) for c in ensemble.conformers]


def _name(molecule: Molecule) -> str:
    return molecule.name if molecule.name == molecule.smiles else f"{molecule.name}  {molecule.smiles}"
