"""A spectrum as a picture: the whole of it, and each multiplet larger."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from qmnmr.report.plots import save_figure
from qmnmr.report.spectra.spectrum_text import multiplicity_words
from qmnmr.spectra.predicted_spectrum import Multiplet, PredictedSpectrum, spectrum_points
from qmnmr.spectra.spin_system import Floats

_MOST_PANELS = 16
_COLUMNS = 4
_BLUE, _GREY = "#1f5a96", "#7a7a7a"
_HZ_BETWEEN = 25.0  # multiplets nearer than this are in one panel
_MARGIN_HZ = 12.0


def plot_spectrum(
    spectrum: PredictedSpectrum, shifts_ppm: Floats, intensities: Floats, *, title: str, folder: Path, stem: str
) -> tuple[Path, ...]:
    """Write the spectrum as PNG and SVG; return the paths.

    Bars below the whole spectrum are the signals' error bars: the multiplet may lie anywhere in one.
    """
    from matplotlib.figure import Figure

    panels = _panels(spectrum)
    rows = math.ceil(len(panels) / _COLUMNS)
    figure = Figure(figsize=(11.0, 3.6 + 2.3 * rows), layout="constrained")
    grid = figure.add_gridspec(1 + rows, _COLUMNS, height_ratios=[3.0, *([2.0] * rows)])
    _whole(figure.add_subplot(grid[0, :]), spectrum, shifts_ppm, intensities)
    for number, members in enumerate(panels):
        _panel(figure.add_subplot(grid[1 + number // _COLUMNS, number % _COLUMNS]), spectrum, members)
    figure.suptitle(title, fontsize=10)
    return tuple(save_figure(figure, folder, stem))


def _panels(spectrum: PredictedSpectrum) -> list[list[Multiplet]]:
    """Return the multiplets that are shown together, downfield first; none where all are single lines."""
    if all(m.multiplicity.word == "s" for m in spectrum.multiplets):
        return []
    found: list[list[Multiplet]] = []
    for multiplet in spectrum.multiplets:
        near = found and (found[-1][-1].shift_ppm - multiplet.shift_ppm) * spectrum.larmor_mhz < _HZ_BETWEEN
        if near:
            found[-1].append(multiplet)
        else:
            found.append([multiplet])
    return found[:_MOST_PANELS]


def _whole(axes: Any, spectrum: PredictedSpectrum, shifts_ppm: Floats, intensities: Floats) -> None:  # noqa: ANN401
    top = float(intensities.max())
    axes.plot(shifts_ppm, intensities, color=_BLUE, linewidth=0.8)
    for multiplet in spectrum.multiplets:
        below = -0.06 * top
        spread = multiplet.uncertainty_ppm
        if spread is not None:
            axes.plot(
                [multiplet.shift_ppm - spread, multiplet.shift_ppm + spread],
                [below, below],
                color=_GREY,
                linewidth=4.0,
                alpha=0.4,
                solid_capstyle="butt",
            )
        axes.annotate(
            str(len(multiplet.atoms)), (multiplet.shift_ppm, below), ha="center", va="center", fontsize=7, color=_GREY
        )
    axes.set(xlim=(shifts_ppm[-1], shifts_ppm[0]), ylim=(-0.12 * top, 1.08 * top), yticks=[])
    axes.set_xlabel(f"{spectrum.settings.nucleus} shift / ppm")
    axes.spines[["top", "left", "right"]].set_visible(False)


def _panel(axes: Any, spectrum: PredictedSpectrum, members: list[Multiplet]) -> None:  # noqa: ANN401
    shifts = [shift for m in members for shift in _ends(spectrum, m)]
    margin = max(_MARGIN_HZ, 6.0 * spectrum.settings.line_width_hz) / spectrum.larmor_mhz
    low, high = min(shifts) - margin, max(shifts) + margin
    x, y = spectrum_points(spectrum, first_ppm=low, last_ppm=high, points=2000)
    axes.plot(x, y, color=_BLUE, linewidth=0.9)
    axes.set(xlim=(high, low), yticks=[], ylim=(-0.03 * np.max(y), 1.1 * np.max(y)))
    axes.set_title("\n".join(_caption(m) for m in members[:4]), fontsize=7)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "left", "right"]].set_visible(False)


def _ends(spectrum: PredictedSpectrum, multiplet: Multiplet) -> tuple[float, float]:
    """Return between which shifts a multiplet's lines lie to first order; others of strong coupling may lie farther."""
    width_hz = sum(abs(c.coupling_hz) * len(c.partner) for c in multiplet.couplings)
    half = 0.5 * width_hz / spectrum.larmor_mhz
    return multiplet.shift_ppm - half, multiplet.shift_ppm + half


def _caption(multiplet: Multiplet) -> str:
    numbers = " ".join(str(atom + 1) for atom in multiplet.atoms)
    order = ", second order" if multiplet.multiplicity.is_second_order else ""
    return f"H {numbers}: {multiplet.shift_ppm:.2f} {multiplicity_words(multiplet)}{order}"
