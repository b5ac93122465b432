"""A spectrum as text, JSON and tables."""

from __future__ import annotations

import csv
import io
from typing import Any

from qmnmr.report.columns import aligned
from qmnmr.spectra.predicted_spectrum import Multiplet, PredictedSpectrum
from qmnmr.spectra.spin_system import Floats


def spectrum_text(spectrum: PredictedSpectrum) -> str:
    """Return a line for each signal: shift, number of nuclei, multiplicity as a paper writes it, what couples."""
    rows = [("atoms", "", "shift", "+/-", "nuclei", "multiplicity", "couplings / Hz", "flags")]
    rows += [
        (
            _atoms(multiplet.atoms),
            multiplet.label,
            f"{multiplet.shift_ppm:.2f}",
            "" if multiplet.uncertainty_ppm is None else f"{multiplet.uncertainty_ppm:.2f}",
            str(len(multiplet.atoms)),
            multiplicity_words(multiplet),
            ", ".join(_coupling(c.coupling_hz, c.uncertainty_hz, c.partner) for c in multiplet.couplings),
            "; ".join(multiplet.flags),
        )
        for multiplet in spectrum.multiplets
    ]
    return "\n".join(aligned(rows, right=range(2, 5))) + "\n"


def multiplicity_words(multiplet: Multiplet) -> str:
    """Return the word of a multiplet and the couplings that it stands for: "dd 17.0 10.6"."""
    found = multiplet.multiplicity
    return " ".join((found.word, *(f"{s.coupling_hz:.1f}" for s in found.splittings)))


def spectrum_object(spectrum: PredictedSpectrum) -> dict[str, Any]:
    """Return the spectrum as builtin types; atoms are counted from 1."""
    settings = spectrum.settings
    return {
        "schema": 1,
        "nucleus": settings.nucleus,
        "frequency_mhz": settings.frequency_mhz,
        "line_width_hz": settings.line_width_hz,
        "pure_shift": settings.is_pure_shift,
        "signals": [
            {
                "atoms": [atom + 1 for atom in m.atoms],
                "shift_ppm": round(m.shift_ppm, 4),
                "uncertainty_ppm": None if m.uncertainty_ppm is None else round(m.uncertainty_ppm, 4),
                "multiplicity": m.multiplicity.word,
                "splittings_hz": [round(s.coupling_hz, 2) for s in m.multiplicity.splittings],
                "first_order_overlap": round(m.multiplicity.first_order_overlap, 3),
                "couplings": [
                    {
                        "coupling_hz": round(c.coupling_hz, 2),
                        "uncertainty_hz": None if c.uncertainty_hz is None else round(c.uncertainty_hz, 2),
                        "atoms": [atom + 1 for atom in c.partner],
                    }
                    for c in m.couplings
                ],
                "label": m.label,
                "flags": list(m.flags),
            }
            for m in spectrum.multiplets
        ],
        "lines": [
            {
                "shift_ppm": round(line.shift_ppm, 6),
                "intensity": round(line.intensity, 6),
                "atoms": [atom + 1 for atom in line.atoms],
            }
            for line in spectrum.lines
        ],
        "notes": list(spectrum.notes),
    }


def lines_csv(spectrum: PredictedSpectrum) -> str:
    """Return the line list: shift in ppm, frequency from 0 ppm in Hz, intensity in nuclei, atoms counted from 1."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("shift_ppm", "frequency_hz", "intensity", "atoms"))
    writer.writerows(
        (
            f"{line.shift_ppm:.6f}",
            f"{line.shift_ppm * spectrum.larmor_mhz:.3f}",
            f"{line.intensity:.6f}",
            " ".join(str(atom + 1) for atom in line.atoms),
        )
        for line in spectrum.lines
    )
    return text.getvalue()


def points_csv(shifts_ppm: Floats, intensities: Floats) -> str:
    """Return the points of a spectrum: shift in ppm, intensity in nuclei per ppm."""
    rows = zip(shifts_ppm.tolist(), intensities.tolist(), strict=True)
    return "shift_ppm,intensity\n" + "".join(f"{x:.6f},{y:.5g}\n" for x, y in rows)


def _atoms(atoms: tuple[int, ...]) -> str:
    return " ".join(str(atom + 1) for atom in atoms)


def _coupling(hz: float, uncertainty_hz: float | None, partner: tuple[int, ...]) -> str:
    error_bar = "" if uncertainty_hz is None else f" +/- {uncertainty_hz:.1f}"
    return f"{hz:.1f}{error_bar} ({_atoms(partner)})"
