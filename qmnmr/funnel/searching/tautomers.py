"""A molecule's tautomers, each searched for its own conformers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from qmnmr.datatypes.molecule import Ensemble, Molecule
from qmnmr.errors import InputError
from qmnmr.exchange.tautomers import tautomer_note, tautomer_smiles, tautomers

Search = Callable[[Molecule, str], Ensemble]
"""Returns the conformers of one graph; the second argument begins the labels of what is computed on the way."""


def search_tautomers(molecule: Molecule, *, most: int, search: Search) -> Ensemble:
    """Return the conformers of a molecule as drawn, then those of its other tautomers, labelled t2c001 on.

    Energies of a search are not comparable between tautomers; every tautomer's lowest conformer comes first. Of a
    molecule with more than `most` the one as drawn is searched alone, and a note says so. A tautomer without conformers
    is left out with a note. Raises what `search` raises for the molecule as drawn.
    """
    found = search(molecule, "")
    forms = tautomers(molecule, most=most)
    if len(forms) == 1:
        return found
    note = tautomer_note(molecule, most=most)
    if len(forms) > most:
        return replace(found, notes=(*found.notes, note))
    parts, notes = [found], [note]
    for number, form in enumerate(forms[1:], start=2):
        try:
            parts.append(_as_tautomer(search(form, f"t{number}"), form, prefix=f"t{number}"))
        except InputError as error:
            notes.append(f"the tautomer {tautomer_smiles(form)} is left out: {error}")
    return replace(
        found,
        conformers=tuple(conformer for part in parts for conformer in part.conformers),
        notes=tuple(dict.fromkeys([*notes, *(note for part in parts for note in part.notes)])),
        starts=sum(part.starts for part in parts),
        gradients=sum(part.gradients for part in parts),
        cpu_seconds=sum(part.cpu_seconds for part in parts),
        method=found.method if all(part.method == found.method for part in parts) else "",
        missed_population=_largest(part.missed_population for part in parts),
    )


def _largest(shares: Iterable[float | None]) -> float | None:
    """Return the largest share, None where one is not known: which tautomer holds the population is not known yet."""
    known: list[float] = []
    for share in shares:
        if share is None:
            return None
        known.append(share)
    return max(known)


def _as_tautomer(ensemble: Ensemble, form: Molecule, *, prefix: str) -> Ensemble:
    conformers = (
        replace(conformer, label=f"{prefix}{conformer.label}", tautomer=form.mapped_smiles)
        for conformer in ensemble.conformers
    )
    return replace(ensemble, conformers=tuple(conformers))
