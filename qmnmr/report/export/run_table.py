"""One wide table of a whole run: each row has all that is needed to read it far from its run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from typing import Any

from qmnmr.datatypes.shift import Prediction
from qmnmr.errors import MissingProgramError
from qmnmr.report.export.statement import statement_of
from qmnmr.report.tables import COLUMNS, table_cells, table_rows

WIDE_COLUMNS = (
    *COLUMNS,
    *("origin", "program", "protocol", "engine", "level", "referencing", "solvent", "temperature_kelvin"),
    *("conformers", "missed_population"),
)
"""Those of shifts.csv, and behind them what the numbers rest on."""

_NUMBERS = ("shielding_ppm", "shift_ppm", "uncertainty_ppm", "reference_shift_ppm", "temperature_kelvin")
_NUCLEUS = COLUMNS.index("nucleus")


def wide_rows(prediction: Prediction) -> Iterator[tuple[Any, ...]]:
    """Yield the values of WIDE_COLUMNS for each set of equivalent nuclei; None where a value is not known."""
    provenance = prediction.provenance
    if provenance is None:
        nothing = (None,) * (len(WIDE_COLUMNS) - len(COLUMNS))
        yield from ((*row, *nothing) for row in table_rows(prediction))
        return
    statement = statement_of(prediction, provenance)
    for row in table_rows(prediction):
        yield (
            *row,
            statement.predicted,
            statement.program,
            statement.protocol,
            provenance.engine,
            statement.level,
            provenance.referencing.get(row[_NUCLEUS], ""),
            statement.solvent,
            statement.temperature_kelvin,
            len(prediction.conformers),
            prediction.missed_population,
        )


def wide_csv(rows: Iterable[tuple[Any, ...]]) -> str:
    """Return rows of `wide_rows` as CSV with a heading: ppm with four decimals, nothing where a value is not known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(WIDE_COLUMNS)
    writer.writerows(map(table_cells, rows))
    return text.getvalue()


def require_parquet() -> None:
    """Raise MissingProgramError if the package that writes Parquet is not there."""
    if find_spec("pyarrow") is None:
        raise MissingProgramError(
            "Parquet needs the Python package pyarrow, which is not installed",
            hint="`pip install 'qmnmr[parquet]'`, or export csv, which has the same columns",
        )


def wide_parquet(rows: Iterable[tuple[Any, ...]]) -> bytes:
    """Return the same rows as a Parquet file with all their digits. Raises MissingProgramError without pyarrow."""
    import pandas as pd

    require_parquet()
    table = pd.DataFrame(list(rows), columns=list(WIDE_COLUMNS))
    kinds = dict.fromkeys((*_NUMBERS, "missed_population"), "float64") | {"conformers": "Int64"}
    texts = dict.fromkeys((name for name in WIDE_COLUMNS if name not in kinds), "string")
    return bytes(table.astype(kinds | texts).to_parquet(None, engine="pyarrow", index=False))
