"""A comparison as text and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qmnmr.datatypes.measured.comparison import ComparedCoupling, Comparison, NucleusErrors
from qmnmr.report.columns import aligned


def comparison_text(comparison: Comparison) -> str:
    """Return the assignment table, then the errors by nucleus."""
    rows = [("molecule", "nucleus", "atoms", "", "measured", "predicted", "+/-", "difference", "flags")]
    rows += [
        (
            p.molecule,
            p.nucleus,
            " ".join(str(a) for a in p.atoms),
            "" if p.is_assigned else "matched",
            f"{p.measured_ppm:.2f}",
            f"{p.predicted_ppm:.2f}",
            "" if p.uncertainty_ppm is None else f"{p.uncertainty_ppm:.2f}",
            f"{p.difference_ppm:+.2f}",
            "; ".join(p.flags),
        )
        for p in comparison.pairs
    ]
    lines = aligned(rows, right=range(4, 8))
    lines += [
        f"{e.nucleus}: n {e.n}, MAE {e.mae_ppm:.3f}, RMSD {e.rmsd_ppm:.3f}, "
        f"largest {e.largest_ppm:+.3f} ppm ({e.largest_of})"
        for e in comparison.errors
    ]
    return "\n".join(lines + _couplings_text(comparison.couplings)) + "\n"


def _couplings_text(couplings: Sequence[ComparedCoupling]) -> list[str]:
    """Return the table of couplings and their errors; nothing where none were given, or predicted."""
    if not couplings:
        return []
    rows = [("molecule", "atoms", "measured J", "predicted J", "+/-", "difference")]
    rows += [
        (
            c.molecule,
            " ".join(str(a) for a in c.atoms),
            f"{c.measured_hz:.1f}",
            f"{c.predicted_hz:.1f}",
            "" if c.uncertainty_hz is None else f"{c.uncertainty_hz:.1f}",
            f"{c.difference_hz:+.1f}",
        )
        for c in couplings
    ]
    differences = [c.difference_hz for c in couplings]
    mean = sum(map(abs, differences)) / len(differences)
    square = (sum(d * d for d in differences) / len(differences)) ** 0.5
    words = f"J: n {len(couplings)}, MAE {mean:.2f}, RMSD {square:.2f}, largest {max(differences, key=abs):+.2f} Hz"
    return ["", *aligned(rows, right=range(2, 6)), words]


def comparison_object(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as builtin types; ppm with four decimals, atoms counted from 1."""
    return {
        "schema": 1,
        "errors": errors_object(comparison.errors),
        "pairs": [
            {
                "molecule": p.molecule,
                "nucleus": p.nucleus,
                "atoms": list(p.atoms),
                "assigned": p.is_assigned,
                "measured_ppm": p.measured_ppm,
                "predicted_ppm": round(p.predicted_ppm, 4),
                "uncertainty_ppm": None if p.uncertainty_ppm is None else round(p.uncertainty_ppm, 4),
                "difference_ppm": round(p.difference_ppm, 4),
                "flags": list(p.flags),
            }
            for p in comparison.pairs
        ],
        "couplings": [
            {
                "molecule": c.molecule,
                "atoms": list(c.atoms),
                "measured_hz": c.measured_hz,
                "predicted_hz": round(c.predicted_hz, 2),
                "uncertainty_hz": None if c.uncertainty_hz is None else round(c.uncertainty_hz, 2),
                "difference_hz": round(c.difference_hz, 2),
            }
            for c in comparison.couplings
        ],
        "warnings": list(comparison.warnings),
        "notes": list(comparison.notes),
    }


def errors_object(errors: Sequence[NucleusErrors]) -> list[dict[str, Any]]:
    """Return errors by nucleus as builtin types."""
    return [
        {
            "nucleus": e.nucleus,
            "n": e.n,
            "mae_ppm": round(e.mae_ppm, 4),
            "rmsd_ppm": round(e.rmsd_ppm, 4),
            "largest_ppm": round(e.largest_ppm, 4),
            "largest_of": e.largest_of,
        }
        for e in errors
    ]
