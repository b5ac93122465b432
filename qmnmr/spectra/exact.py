"""Exact lines of a spin system, by diagonalising each block of one total Mz.

A group of n equivalent spins 1/2 is taken as composite particles: one of spin n/2, and C(n, k) - C(n, k-1) of spin
n/2 - k. Total F is kept, so that the blocks of each choice of composite spins are diagonalised on their own. H, in Hz,
is sum_i nu_i Fz_i + sum_i<j J_ij F_i.F_j; a line from state a to b has the intensity <b|F+|a>^2, of which group g has
<b|F+_g|a> <b|F+|a>. (Corio, Structure of High-Resolution NMR Spectra, 1966.)
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import comb, prod
from typing import TYPE_CHECKING

import numpy as np

from qmnmr.spectra.spin_system import Floats, SpinSystem, Transitions

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_LEAST_INTENSITY = 1e-3
"""Of a line, where one of a lone spin has 1: weaker ones are left out, and the others scaled to the right sum."""

_STATES_AT_ONCE = 64


def exact_transitions(system: SpinSystem) -> Transitions:
    """Return all lines of a spin system that are not negligible; 12 spins take about a second."""
    frequencies: list[Floats] = []
    intensities: list[Floats] = []
    choices = [_composites(count) for count in system.counts]
    for choice in product(*choices):
        levels = tuple(levels for levels, _ in choice)
        weight = prod(multiplicity for _, multiplicity in choice)
        for energies, parts in _lines(system, levels):
            frequencies.append(energies)
            intensities.append(weight * parts)
    counts = np.array(system.counts, dtype=float)
    all_frequencies = np.concatenate(frequencies) if frequencies else np.zeros(0)
    all_intensities = np.concatenate(intensities) if intensities else np.zeros((0, len(counts)))
    order = np.argsort(all_frequencies, kind="stable")
    scaled = all_intensities * (counts / all_intensities.sum(axis=0))
    return Transitions(frequencies_hz=all_frequencies[order], intensities=scaled[order])


def _composites(count: int) -> list[tuple[int, int]]:
    """Return what so many equivalent spins 1/2 are made of: the number of levels of each composite, how many there are.

    Composites without spin are among them: they leave the others' lines as they are.
    """
    return [(count - 2 * k + 1, comb(count, k) - (comb(count, k - 1) if k else 0)) for k in range(count // 2 + 1)]


@dataclass(frozen=True, slots=True)
class _Block:
    """States of one total Mz."""

    levels: Floats  # (n, k) of each particle, 0 is the lowest
    codes: np.ndarray  # (n,) of the states


def _lines(system: SpinSystem, levels: tuple[int, ...]) -> list[tuple[Floats, Floats]]:
    """Return frequencies (m,) and intensities (m, k) between neighbouring blocks of particles with so many levels."""
    particles = len(levels)
    states = np.indices(levels).reshape(particles, -1).T
    strides = np.array([prod(levels[i + 1 :]) for i in range(particles)])
    total = states.sum(axis=1)
    spins = (np.array(levels) - 1) / 2.0
    place = np.zeros(len(states), dtype=np.int64)
    blocks = []
    for k in range(int(total.max()) + 1):
        codes = np.flatnonzero(total == k)
        place[codes] = np.arange(len(codes))
        blocks.append(_Block(levels=states[codes].astype(float), codes=codes))
    solved = [_solve(system, block, spins=spins, strides=strides, place=place) for block in blocks]
    found = []
    for k in range(len(blocks) - 1):
        raising = _raising(blocks[k], len(blocks[k + 1].codes), spins=spins, strides=strides, place=place)
        found.append(_between(solved[k], solved[k + 1], raising, particles))
    return found


def _solve(
    system: SpinSystem, block: _Block, *, spins: Floats, strides: np.ndarray, place: np.ndarray
) -> tuple[Floats, Floats]:
    """Return energies in Hz and eigenvectors of a block."""
    m = block.levels - spins
    size = len(block.codes)
    hamiltonian = np.zeros((size, size))
    couplings = system.couplings_hz
    diagonal = m @ system.frequencies_hz + 0.5 * np.einsum("si,ij,sj->s", m, couplings, m)
    hamiltonian[np.arange(size), np.arange(size)] = diagonal
    up, down = _ladder(block.levels, spins), _ladder(block.levels - 1, spins)
    for i, j in zip(*np.nonzero(np.triu(couplings)), strict=True):
        # F+ of i, F- of j; the other way round is the transpose.
        possible = np.flatnonzero((up[:, i] > 0) & (down[:, j] > 0))
        targets = place[block.codes[possible] + strides[i] - strides[j]]
        values = 0.5 * couplings[i, j] * up[possible, i] * down[possible, j]
        hamiltonian[targets, possible] += values
        hamiltonian[possible, targets] += values
    if size == 1:  # which scipy 1.11 can't solve
        return hamiltonian[0], np.ones((1, 1))
    from scipy.linalg import eigh

    energies, vectors = eigh(hamiltonian, driver="evd", overwrite_a=True, check_finite=False)
    return energies, vectors


def _ladder(levels: Floats, spins: Floats) -> Floats:
    """Return <m+1|F+|m> of each particle (columns) in each state; 0 where there is no such level."""
    squares = (2.0 * spins - levels) * (levels + 1.0)  # F(F+1) - m(m+1) with m = level - F
    return np.sqrt(np.maximum(squares, 0.0))


def _raising(block: _Block, size_above: int, *, spins: Floats, strides: np.ndarray, place: np.ndarray) -> csr_matrix:
    """Return F+ of k particles from this block to the next: row r k + g is of state r there and of particle g."""
    up = _ladder(block.levels, spins)
    particles = len(strides)
    rows, columns, values = [], [], []
    for particle, stride in enumerate(strides):
        possible = np.flatnonzero(up[:, particle] > 0)
        rows.append(place[block.codes[possible] + stride] * particles + particle)
        columns.append(possible)
        values.append(up[possible, particle])
    shape = (size_above * particles, len(block.codes))
    from scipy.sparse import csr_matrix

    return csr_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape)


def _between(
    lower: tuple[Floats, Floats], upper: tuple[Floats, Floats], raising: csr_matrix, particles: int
) -> tuple[Floats, Floats]:
    """Return frequencies (m,) and the particles' intensities (m, k) of the lines between two blocks."""
    size = raising.shape[0] // particles
    above = np.ascontiguousarray(upper[1].T)  # a row is an eigenvector
    frequencies, parts = [], []
    for start in range(0, lower[1].shape[1], _STATES_AT_ONCE):
        raised = raising @ lower[1][:, start : start + _STATES_AT_ONCE]
        strengths = above @ np.add.reduce(raised.reshape(size, particles, -1), axis=1)
        is_line = strengths**2 > _LEAST_INTENSITY
        for column in range(raised.shape[1]):
            final = np.flatnonzero(is_line[:, column])
            by_particle = raised[:, column].reshape(size, particles)
            parts.append((above[final] @ by_particle) * strengths[final, column, None])
            frequencies.append(upper[0][final] - lower[0][start + column])
    return np.concatenate(frequencies), np.concatenate(parts)
