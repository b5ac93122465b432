"""A calibration, a comparison and the list of protocols, as text for people."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from qmnmr.datatypes.calibration import FactorFile, ScalingFactors
from qmnmr.datatypes.protocol import DEFAULT_PROTOCOL
from qmnmr.report.columns import aligned

_WORST = 5
_WIDTH = 80


def factors_text(file: FactorFile) -> str:
    """Return what a calibration gave: one line for each nucleus, then environments and the largest residuals."""
    rows: list[tuple[str, ...]] = [
        ("nucleus", "n", "slope", "intercept/ppm", "RMSD/ppm", "MAE/ppm", "leave-one-out/ppm", "largest/ppm")
    ]
    rows += [_row(factors) for factors in file.nuclei.values()]
    way = "converged" if file.refinement is None else "from few gradients"
    versions = ", ".join(file.program_versions)
    lines = [
        f"{file.protocol} on {file.set_name}: {versions}, geometries {file.geometry_level}, {way}",
        *(f"  {line}" for line in aligned(rows, right=range(1, len(rows[0])))),
    ]
    for nucleus, factors in file.nuclei.items():
        of_line = f"; the line of {factors.moved_from}, moved" if factors.moved_from else ""
        lines.append(f"  {nucleus}: {factors.shielding_level}{of_line}")
        lines += [f"    {line}" for line in _environment_lines(factors)]
        worst = sorted(factors.residuals, key=lambda r: -abs(r.left_out_ppm))[:_WORST]
        named = (f"{r.point.described(nucleus)} {r.left_out_ppm:+.2f}" for r in worst)
        lines.append(f"    largest leave-one-out errors: {', '.join(named)}")
    return "\n".join(lines) + "\n"


def _environment_lines(factors: ScalingFactors) -> list[str]:
    rows = [("environment", "n", "offset/ppm", "error/ppm", "leave-one-out/ppm")]
    rows += [
        (name or "other", str(e.n), f"{e.offset_ppm:+.3f}", f"{e.error_ppm:.3f}", f"{e.loo_rmsd_ppm:.3f}")
        for name, e in sorted(factors.environments.items(), key=lambda item: -item[1].n)
    ]
    rows.append(("any other", "0", "", f"{factors.unseen_error_ppm:.3f}", ""))
    return aligned(rows, right=range(1, 5))


def _row(factors: ScalingFactors) -> tuple[str, ...]:
    return (
        factors.nucleus,
        str(factors.n),
        f"{factors.slope:.4f}",
        f"{factors.intercept_ppm:.3f}",
        f"{factors.rmsd_ppm:.3f}",
        f"{factors.mae_ppm:.3f}",
        f"{factors.loo_rmsd_ppm:.3f}",
        f"{factors.largest_residual_ppm:+.2f} ({factors.largest_residual_atom})",
    )


def protocols_text(rows: Sequence[dict[str, object]]) -> str:
    """Return the list of protocols: of each what it computes, and what it is calibrated for.

    Engines with the same factors share a line.
    """
    names = dict.fromkeys(str(row["name"]) for row in rows)
    return "\n".join(_protocol_text(name, [row for row in rows if row["name"] == name]) for name in names)


def _protocol_text(name: str, rows: Sequence[dict[str, object]]) -> str:
    keys = ("nucleus", "solvent", "n", "loo_rmsd_ppm")
    engines: dict[tuple[object, ...], list[str]] = {}
    for row in rows:
        engines.setdefault(tuple(row[key] for key in keys), []).append(str(row["engine"]))
    table: list[tuple[str, ...]] = [("nucleus", "solvent", "engines", "n", "leave-one-out/ppm")]
    for (nucleus, solvent, n, error), its in sorted(engines.items(), key=lambda item: str(item[0][0])):
        end = ("", "no factors") if n is None else (str(n), f"{error:.3f}")
        table.append((str(nucleus), str(solvent), ", ".join(its), *end))
    facts = {f"{row['nucleus']} by": str(row["level"]) for row in rows} | {"geometries": str(rows[0]["geometry"])}
    heading = f"{name} (the default)" if name == DEFAULT_PROTOCOL else name
    lines = [heading, *wrap(str(rows[0]["description"]), width=_WIDTH - 2)]
    lines += [*aligned(table, right=(3, 4)), *aligned(list(facts.items()))]
    return "\n  ".join(lines) + "\n"
