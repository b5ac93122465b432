"""The conformers in space: what the page's script turns, and the most populated one as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.rdkit_molecule import coordinates_of, rdkit_mol
from qmnmr.datatypes.shift import Prediction, WeightedConformer
from qmnmr.units import HARTREE_KCAL_PER_MOL

MOST_COORDINATES = 30_000
"""Of more, pages leave the least populated conformers out of the view: 200 kB of text."""

_WIDTH, _HEIGHT = 420.0, 320.0
_BOND_LENGTHENING = 1.3  # of the sum of covalent radii; only where conformers are of several graphs

# Colours of elements as usual (Corey, Pauling, Koltun), dark enough for a white ground.
COLOURS = {
    "H": "#8f8f8f",
    "B": "#c77c4a",
    "C": "#333333",
    "N": "#2b4fd8",
    "O": "#d0201c",
    "F": "#2f9e2f",
    "Si": "#9a7b40",
    "P": "#c76a00",
    "S": "#a88d00",
    "Cl": "#1f8f1f",
    "Br": "#8a2f16",
    "I": "#6a1f8a",
}
OTHER_COLOUR = "#7a5a7a"

_Coordinates = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownConformer:
    """One conformer of the view."""

    label: str
    population: float
    xyz: tuple[int, ...]  # hundredths of an Å, three for each atom; turned alike for all conformers
    bonds: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformerView:
    """What is turned on the page."""

    symbols: tuple[str, ...]
    colours: tuple[str, ...]  # of the atoms
    conformers: tuple[ShownConformer, ...]  # the most populated first


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformerRow:
    """What is listed of a conformer."""

    label: str
    population: float
    relative_kcal_per_mol: float  # of what weighs it
    degeneracy: float
    energy_population: float | None
    tautomer: str
    view: int | None  # its place in the view


def conformer_rows(prediction: Prediction, view: ConformerView | None) -> list[ConformerRow]:
    """Return the conformers of a prediction, the most populated first."""
    places = {} if view is None else {c.label: k for k, c in enumerate(view.conformers)}
    weighing = {c.label: c.energy_hartree + (c.free_energy_correction_hartree or 0.0) for c in prediction.conformers}
    lowest = min(weighing.values(), default=0.0)
    return [
        ConformerRow(
            label=c.label,
            population=c.population,
            relative_kcal_per_mol=(weighing[c.label] - lowest) * HARTREE_KCAL_PER_MOL,
            degeneracy=c.degeneracy,
            energy_population=c.energy_population,
            tautomer=c.tautomer,
            view=places.get(c.label),
        )
        for c in _by_population(prediction.conformers)
    ]


def conformer_view(prediction: Prediction, geometries: Mapping[str, Geometry]) -> ConformerView | None:
    """Return the conformers whose geometry is known, laid over the first; None where there is none."""
    known = [c for c in _by_population(prediction.conformers) if c.label in geometries]
    symbols = prediction.molecule.symbols
    known = known[: max(1, MOST_COORDINATES // (3 * len(symbols)))]
    if not known:
        return None
    places = [coordinates_of(geometries[c.label]) for c in known]
    heavy = [k for k, symbol in enumerate(symbols) if symbol != "H"]
    frame = _turned_flat(places[0])
    laid = [frame, *(_laid_over(p, frame, heavy if len(heavy) > 2 else list(range(len(symbols)))) for p in places[1:])]
    has_tautomers = any(c.tautomer for c in prediction.conformers)
    graph = None if has_tautomers else _bonds_of_graph(prediction)
    return ConformerView(
        symbols=symbols,
        colours=tuple(COLOURS.get(symbol, OTHER_COLOUR) for symbol in symbols),
        conformers=tuple(
            ShownConformer(
                label=c.label,
                population=round(c.population, 6),
                xyz=tuple(int(v) for v in np.rint(100 * xyz).reshape(-1)),
                bonds=_bonds_of_distances(symbols, xyz) if graph is None else graph,
            )
            for c, xyz in zip(known, laid, strict=True)
        ),
    )


def conformer_svg(view: ConformerView) -> str:
    """Return the most populated conformer as sticks, seen on its broad side."""
    first = view.conformers[0]
    xyz = np.array(first.xyz, dtype=float).reshape(-1, 3) / 100
    size = max(float(np.linalg.norm(xyz, axis=1).max()), 1.0)
    scale = min(_WIDTH / 2, _HEIGHT / 2) * 0.92 / size
    flat = xyz[:, :2] * [scale, -scale] + [_WIDTH / 2, _HEIGHT / 2]
    lines = []
    for a, b in sorted(first.bonds, key=lambda bond: xyz[list(bond), 2].sum()):
        middle = (flat[a] + flat[b]) / 2
        for end in (a, b):
            width = 4 if view.symbols[end] == "H" else 7
            (x, y), (u, v) = flat[end], middle
            lines.append(
                f'<path stroke="{view.colours[end]}" stroke-width="{width}" d="M{x:.1f},{y:.1f}L{u:.1f},{v:.1f}"/>'
            )
    lonely = [] if first.bonds else [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6"/>' for x, y in flat.tolist()]
    said = escape(f"conformer {first.label}, {100 * first.population:.1f} % of the population")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sticks" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" '
        f'tabindex="0" aria-label="{said}"><g stroke-linecap="round">{"".join(lines)}{"".join(lonely)}</g></svg>'
    )


def _by_population(conformers: Sequence[WeightedConformer]) -> list[WeightedConformer]:
    return sorted(conformers, key=lambda c: -c.population)


def _turned_flat(places: _Coordinates) -> _Coordinates:
    """Return positions about their middle with the longest axis across and the shortest towards the reader."""
    centred = places - places.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=True)
    # Signs of the axes are the library's whim; the first atom that is off an axis lies on its positive side.
    for k in range(3):
        along = centred @ axes[k]
        off = along[np.abs(along) > 0.05]
        if len(off) and off[0] < 0:
            axes[k] = -axes[k]
    if np.linalg.det(axes) < 0:
        axes[2] = -axes[2]
    turned: _Coordinates = centred @ axes.T
    return turned


def _laid_over(places: _Coordinates, target: _Coordinates, atoms: Sequence[int]) -> _Coordinates:
    """Return positions turned so that these atoms lie nearest to the target's (Kabsch, Acta Cryst. 1976, A32, 922)."""
    own, wanted = places[list(atoms)], target[list(atoms)]
    left, _, right = np.linalg.svd((own - own.mean(axis=0)).T @ (wanted - wanted.mean(axis=0)))
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right)) or 1.0])
    turned: _Coordinates = (places - own.mean(axis=0)) @ left @ flip @ right + wanted.mean(axis=0)
    return turned


def _bonds_of_graph(prediction: Prediction) -> tuple[tuple[int, int], ...]:
    return tuple((b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in rdkit_mol(prediction.molecule).GetBonds())


def _bonds_of_distances(symbols: Sequence[str], places: _Coordinates) -> tuple[tuple[int, int], ...]:
    """Return pairs of atoms nearer than bonds are; the conformers of several tautomers have no graph in common."""
    from rdkit import Chem

    table = Chem.GetPeriodicTable()
    radii = np.array([table.GetRcovalent(symbol) for symbol in symbols])
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    near = distances < _BOND_LENGTHENING * (radii[:, None] + radii[None])
    return tuple((int(a), int(b)) for a, b in np.argwhere(np.triu(near, 1)))
