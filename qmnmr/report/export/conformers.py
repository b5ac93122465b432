"""SDF of the conformers that the shifts are averages over: with populations, and the shifts as atom properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qmnmr.datatypes.molecule import Conformer
from qmnmr.datatypes.shift import Prediction
from qmnmr.report.export.statement import Statement
from qmnmr.report.structure_file import conformer_record, sdf_text


def conformers_sdf(prediction: Prediction, conformers: Mapping[str, Conformer], *, statement: Statement) -> str:
    """Return a record for each conformer, the most populated first, each with what the numbers are.

    `conformers` are those by label whose geometries are known; the others have no record. The shifts of all records are
    the prediction's: averages, not those of a conformer.
    """
    by_population = sorted(prediction.conformers, key=lambda c: (-c.population, c.label))
    records = []
    for weighted in by_population:
        if weighted.label not in conformers:
            continue
        record = conformer_record(prediction.molecule, conformers[weighted.label], shifts=prediction.shifts)
        record.SetProp("population", f"{weighted.population:.6f}")
        record.SetProp("degeneracy", f"{weighted.degeneracy:g}")
        say(record, statement)
        records.append(record)
    return sdf_text(records)


def say(record: Any, statement: Statement) -> None:  # noqa: ANN401
    """Give RDKit's molecule what is to be said of its shifts as properties."""
    record.SetProp("origin", f"{statement.predicted}, by {statement.program}, protocol {statement.protocol}")
    record.SetProp("level", statement.level)
    record.SetProp("error", statement.error)
    record.SetProp("conditions", f"{statement.solvent}, {statement.temperature_kelvin:g} K")
