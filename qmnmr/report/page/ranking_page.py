"""The page of a ranking: candidates with their probabilities, what decides, and where each is off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import PurePath

from markupsafe import Markup

from qmnmr.datatypes.measured.comparison import ComparedPair
from qmnmr.datatypes.measured.ranking import RankedCandidate, Ranking
from qmnmr.datatypes.molecule import Molecule
from qmnmr.report.measured.ranking_report import (
    couplings_words,
    meaning,
    moves_with_weights,
    next_words,
    percent,
    range_words,
    weights_words,
)
from qmnmr.report.page.drawing import thumbnail
from qmnmr.report.page.number_places import number_range
from qmnmr.report.page.shell import rendered
from qmnmr.report.page.spectrum_svg import spread, tick_step

MOST_SHOWN = 8
"""Candidates, the likeliest, whose differences are drawn."""

_WIDTH, _ROW, _TOP, _LEFT, _RIGHT = 960.0, 84.0, 8.0, 150.0, 16.0
_LABEL_WIDTH = 13.0
_ROOM, _MOST_OF_THE_FIRST = 1.5, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A candidate as the page lists it."""

    candidate: RankedCandidate
    drawing: Markup
    percent: str
    range: str
    bar: str  # width in pixels of 100
    fit: str
    dp4: str
    address: str


def ranking_page(
    ranking: Ranking, molecules: Sequence[Molecule], *, run: str, addresses: Mapping[str, str] | None = None
) -> str:
    """Return the page of a ranking as one file of HTML.

    Args:
        ranking: What is shown.
        molecules: The candidates, for their drawings.
        run: Name of the run.
        addresses: Of the candidates' own pages, by name, relative to this one; those without have no link.
    """
    by_name = {molecule.name: molecule for molecule in molecules}
    nuclei = [e.nucleus for e in ranking.candidates[0].errors]
    shown = [_shown(c, by_name[c.name], (addresses or {}).get(c.name, "")) for c in ranking.candidates]
    figures = [(nucleus, Markup(_differences(ranking.candidates, nucleus))) for nucleus in nuclei]  # noqa: S704
    values = {
        "run": run,
        "ranking": ranking,
        "source": PurePath(ranking.source).name,
        "shown": shown,
        "nuclei": nuclei,
        "is_alone": ranking.none_probability is None,
        "none_said": percent(ranking.none_probability),
        "none_bar": f"{100 * (ranking.none_probability or 0.0):.1f}",
        "meaning": meaning(ranking),
        "couplings": couplings_words(ranking),
        "weights": weights_words(ranking) if any(moves_with_weights(c) for c in ranking.candidates) else "",
        "next": next_words(ranking),
        "figures": figures,
        "omitted": max(0, len(ranking.candidates) - MOST_SHOWN),
        "digest": "",
    }
    return rendered("ranking.html.j2", script="ranking.js", values=values)


def _shown(candidate: RankedCandidate, molecule: Molecule, address: str) -> _Shown:
    return _Shown(
        candidate=candidate,
        drawing=Markup(thumbnail(molecule)),  # noqa: S704  # nothing of a name is in it
        percent=percent(candidate.probability),
        range=range_words(candidate),
        bar=f"{100 * (candidate.probability or 0.0):.1f}",
        fit=percent(candidate.fit),
        dp4=percent(candidate.dp4),
        address=address,
    )


def _differences(candidates: Sequence[RankedCandidate], nucleus: str) -> str:
    """Return an SVG with a row for each candidate: predicted minus measured, with error bars, by measured shift."""
    rows = [(c, [p for p in c.pairs if p.nucleus == nucleus]) for c in candidates[:MOST_SHOWN]]
    measured = sorted({p.measured_ppm for _, pairs in rows for p in pairs}, reverse=True)
    furthest = [max(abs(p.difference_ppm) + (p.uncertainty_ppm or 0.0) for p in pairs) for _, pairs in rows]
    most = min(_ROOM * max(furthest[:2]), _MOST_OF_THE_FIRST * furthest[0])  # what is further off stands at the edge
    x = dict(zip(measured, _columns(measured), strict=True))
    height = _TOP + _ROW * len(rows) + 56
    parts = [part for k, (c, pairs) in enumerate(rows) for part in _row(c, pairs, x, top=_TOP + k * _ROW, most=most)]
    foot = _TOP + _ROW * len(rows)
    parts += [
        f'<text class="tick" transform="translate({place + 4:.1f},{foot + 6:g})rotate(-90)" text-anchor="end">'
        f"{ppm:g}</text>"
        for ppm, place in x.items()
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="strip" viewBox="0 0 {_WIDTH:g} {height:g}" role="img" '
        f'aria-label="differences, {escape(nucleus)}">{"".join(parts)}'
        f'<text class="unit" x="6" y="{height - 8:g}">measured δ({escape(nucleus)}) / ppm</text></svg>'
    )


def _columns(measured: Sequence[float]) -> list[float]:
    """Return where each measured shift stands: from right to left as on an axis, and far enough apart to be read."""
    high, low = measured[0], measured[-1]
    span = max(high - low, 1e-6)
    wanted = [_LEFT + 14 + (high - ppm) / span * (_WIDTH - _LEFT - _RIGHT - 28) for ppm in measured]
    return spread(wanted, width=_LABEL_WIDTH, low=_LEFT + 14, high=_WIDTH - _RIGHT - 14)


def _row(
    candidate: RankedCandidate, pairs: Sequence[ComparedPair], x: Mapping[float, float], *, top: float, most: float
) -> Iterator[str]:
    middle, scale = top + _ROW / 2, (_ROW / 2 - 8) / most
    step = tick_step(2 * most, most=4)
    yield f'<path class="axis" d="M{_LEFT:g},{middle:g}H{_WIDTH - _RIGHT:g}"/>'
    for sign in (-1, 1):
        y = middle - sign * step * scale
        if abs(y - middle) < _ROW / 2:
            yield f'<path class="grid" d="M{_LEFT:g},{y:.1f}H{_WIDTH - _RIGHT:g}"/>'
            yield f'<text class="unit" x="{_LEFT - 5:g}" y="{y + 4:.1f}" text-anchor="end">{sign * step:+g}</text>'
    name = candidate.name if len(candidate.name) <= 16 else f"{candidate.name[:15]}…"
    yield f'<text class="name" x="6" y="{middle + 4:g}">{escape(name)}<title>{escape(candidate.name)}</title></text>'
    for p in pairs:
        y = middle - min(max(p.difference_ppm, -most), most) * scale
        error = (p.uncertainty_ppm or 0.0) * scale
        place = x[p.measured_ppm]
        words = (
            f"{candidate.name}, atoms {number_range(p.atoms)}: predicted {p.predicted_ppm:.2f} ± "
            f"{p.uncertainty_ppm or 0.0:.2f}, measured {p.measured_ppm:g}, difference {p.difference_ppm:+.2f} ppm"
        )
        off = " off" if abs(p.difference_ppm) > 2 * (p.uncertainty_ppm or 0.0) else ""
        yield (
            f'<g class="difference{off}"><title>{escape(words)}</title>'
            f'<path class="whisker" d="M{place:.1f},{y - error:.1f}V{y + error:.1f}"/>'
            f'<path class="stem" d="M{place:.1f},{middle:g}V{y:.1f}"/>'
            f'<circle cx="{place:.1f}" cy="{y:.1f}" r="3.4"/></g>'
        )
