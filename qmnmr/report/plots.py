"""Plots of calibrations, comparisons and rankings with matplotlib, which is an extra: `pip install 'qmnmr[plots]'`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from qmnmr.datatypes.calibration import FactorFile, ScalingFactors
from qmnmr.datatypes.measured.comparison import Comparison
from qmnmr.datatypes.measured.ranking import Ranking

FORMATS = ("png", "svg")
_CANDIDATES, _LONGEST_NAME = 4, 28
NO_PLOTS = "no plots: matplotlib is not installed (pip install 'qmnmr[plots]')"


def can_plot() -> bool:
    """Return whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def plot_calibration(file: FactorFile, folder: Path) -> tuple[Path, ...]:
    """Write regression, residuals and errors by environment of each nucleus as PNG and SVG; return the paths."""
    paths: list[Path] = []
    for nucleus, factors in file.nuclei.items():
        measured = [r.point.measured_ppm for r in factors.residuals]
        figure, (left, right) = _two_panels()
        left.plot(measured, [r.point.shielding_ppm for r in factors.residuals], "o", markersize=3)
        ends = list(factors.measured_range_ppm)
        left.plot(ends, [factors.intercept_ppm + factors.slope * x for x in ends], linewidth=1)
        left.set(xlabel="measured shift / ppm", ylabel="computed shielding / ppm")
        left.set_title(f"{nucleus}: {factors.slope:.4f} δ + {factors.intercept_ppm:.3f}, n = {factors.n}")
        right.plot(measured, [r.left_out_ppm for r in factors.residuals], "o", markersize=3)
        right.axhline(0.0, linewidth=1)
        right.set(xlabel="measured shift / ppm", ylabel="predicted - measured / ppm")
        right.set_title(f"leave one molecule out: RMSD {factors.loo_rmsd_ppm:.3f} ppm")
        figure.suptitle(f"{factors.shielding_level}\n{file.protocol}, {', '.join(file.program_versions)}", fontsize=9)
        paths += save_figure(figure, folder, f"calibration-{nucleus}")
        paths += save_figure(environments_figure(file, factors), folder, f"environments-{nucleus}")
    return tuple(paths)


def environments_figure(file: FactorFile, factors: ScalingFactors) -> Any:  # noqa: ANN401
    """Return the leave-one-out errors by kind of environment, the commonest first, in one and two error bars."""
    from matplotlib.figure import Figure

    kinds = sorted(factors.environments.items(), key=lambda item: (item[1].n, item[0]))
    figure = Figure(figsize=(9.0, 1.4 + 0.21 * len(kinds)), layout="constrained")
    axes = figure.subplots()
    for place, (kind, of_kind) in enumerate(kinds):
        errors = [r.left_out_ppm for r in factors.residuals if r.point.environment == kind]
        for bars in (2, 1):
            axes.barh(
                place, 2 * bars * of_kind.error_ppm, left=-bars * of_kind.error_ppm, height=0.8, color="C0", alpha=0.15
            )
        axes.plot(errors, [place] * len(errors), "o", color="C0", markersize=3.5, alpha=0.6)
    axes.axvline(0.0, linewidth=1, color="black")
    axes.set_yticks(range(len(kinds)), [f"{kind or 'no neighbours'} ({e.n})" for kind, e in kinds], fontsize=8)
    axes.set(
        xlabel=f"predicted - measured {factors.nucleus} shift / ppm, each molecule left out",
        ylim=(-0.6, len(kinds) - 0.4),
    )
    axes.set_title(f"{file.protocol} on {file.set_name}: errors in one and two error bars", fontsize=9)
    return figure


def plot_comparison(comparison: Comparison, folder: Path) -> tuple[Path, ...]:
    """Write predicted against measured shifts and their differences; return the paths."""
    paths: list[Path] = []
    for nucleus in sorted({pair.nucleus for pair in comparison.pairs}):
        pairs = [p for p in comparison.pairs if p.nucleus == nucleus]
        figure, (left, right) = _two_panels()
        measured, bars = [p.measured_ppm for p in pairs], [p.uncertainty_ppm or 0.0 for p in pairs]
        left.errorbar(measured, [p.predicted_ppm for p in pairs], yerr=bars, fmt="o", markersize=3)
        left.axline((measured[0], measured[0]), slope=1.0, linewidth=1)
        left.set(xlabel="measured shift / ppm", ylabel="predicted shift / ppm")
        right.errorbar(measured, [p.difference_ppm for p in pairs], yerr=bars, fmt="o", markersize=3)
        right.axhline(0.0, linewidth=1)
        right.set(xlabel="measured shift / ppm", ylabel="predicted - measured / ppm")
        figure.suptitle(f"{nucleus}, n = {len(pairs)}", fontsize=9)
        paths += save_figure(figure, folder, f"comparison-{nucleus}")
    return tuple(paths)


def plot_ranking(ranking: Ranking, folder: Path) -> tuple[Path, ...]:
    """Write the candidates' probabilities, and the errors of the first ones in error bars; return the paths.

    One figure for each nucleus with signals that count.
    """
    paths: list[Path] = []
    shown = ranking.candidates[:_CANDIDATES]
    for nucleus in sorted({pair.nucleus for candidate in shown for pair in candidate.pairs}):
        figure, (left, right) = _two_panels()
        _draw_probabilities(left, ranking)
        for candidate in shown:
            pairs = [p for p in candidate.pairs if p.nucleus == nucleus and p.uncertainty_ppm]
            errors = [p.difference_ppm / (p.uncertainty_ppm or 1.0) for p in pairs]
            right.plot([p.measured_ppm for p in pairs], errors, "o", markersize=4, label=_short(candidate.name))
        right.axhspan(-2.0, 2.0, alpha=0.12, linewidth=0)
        right.axhline(0.0, linewidth=1)
        right.invert_xaxis()
        right.set(xlabel=f"measured {nucleus} shift / ppm", ylabel="(predicted - measured) / error bar")
        right.legend(fontsize=8)
        paths += save_figure(figure, folder, f"ranking-{nucleus}")
    return tuple(paths)


def _draw_probabilities(axes: Any, ranking: Ranking) -> None:  # noqa: ANN401
    rows = [(c.name, c.probability, c.probability_range) for c in ranking.candidates]
    rows.append(("none of these", ranking.none_probability, None))
    known = [(name, share, band) for name, share, band in rows if share is not None][::-1]
    places = range(len(known))
    axes.barh(places, [share for _, share, _ in known], height=0.6)
    for place, (_, _, band) in zip(places, known, strict=True):
        if band is not None:
            axes.plot(band, [place, place], color="black", linewidth=1.5)
    axes.set_yticks(list(places), [_short(name) for name, _, _ in known], fontsize=8)
    axes.set(xlabel="probability", xlim=(0.0, 1.0))
    if not known:
        axes.set_title("one candidate: it has a fit, and no probability", fontsize=9)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _two_panels() -> Any:  # noqa: ANN401
    from matplotlib.figure import Figure

    # Not pyplot: no display, no global state.
    figure = Figure(figsize=(9.0, 4.2), layout="constrained")
    return figure, figure.subplots(1, 2)


def save_figure(figure: Any, folder: Path, stem: str) -> Sequence[Path]:  # noqa: ANN401
    """Write a figure in all FORMATS into a folder, which is made; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{stem}.{extension}" for extension in FORMATS]
    for path in paths:
        figure.savefig(path, dpi=150)
    return paths
