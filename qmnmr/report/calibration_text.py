"""A calibration, a comparison and the list of protocols, as text for people."""

from __future__ import annotations

from collections.abc import Sequence

from qmnmr.datatypes.calibration import FactorFile, ScalingFactors
from qmnmr.report.columns import aligned

_WORST = 5


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
        lines.append(f"  {nucleus}: {factors.shielding_level}")
        found = ", ".join(f"{name or 'other'} {e.loo_rmsd_ppm:g} (n {e.n})" for name, e in factors.environments.items())
        lines.append(f"    leave-one-out RMSD by environment: {found}")
        worst = sorted(factors.residuals, key=lambda r: -abs(r.left_out_ppm))[:_WORST]
        named = (f"{r.point.described(nucleus)} {r.left_out_ppm:+.2f}" for r in worst)
        lines.append(f"    largest leave-one-out errors: {', '.join(named)}")
    return "\n".join(lines) + "\n"


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
    """Return the list of protocols; an unknown number is a dash."""

    def cell(value: object) -> str:
        return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)

    keys = ("name", "engine", "nucleus", "n", "rmsd_ppm", "loo_rmsd_ppm", "level", "geometry")
    headings = ("name", "engine", "nucleus", "n", "RMSD/ppm", "leave-one-out/ppm", "shieldings", "geometries")
    lines = aligned([headings, *(tuple(cell(row[key]) for key in keys) for row in rows)])
    return "\n".join(lines) + "\n"
