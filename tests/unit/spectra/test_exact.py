"""Lines of spin systems, against a solver that knows nothing of blocks and composites, and against formulas."""

from __future__ import annotations

from math import comb, hypot, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from qmnmr.spectra.exact import exact_transitions
from qmnmr.spectra.fragments import all_transitions, components, fragment
from qmnmr.spectra.line_shape import lorentzian_points
from qmnmr.spectra.spin_system import SpinSystem, Transitions, merged


def by_whole_matrix(frequencies, couplings) -> Transitions:
    """Diagonalise all 2^n states at once, with operators made of Kronecker products."""
    n = len(frequencies)
    plus = np.array([[0.0, 1.0], [0.0, 0.0]])
    one = {"z": np.diag([0.5, -0.5]), "+": plus, "x": (plus + plus.T) / 2, "y": (plus - plus.T) / 2j}

    def operator(kind: str, spin: int) -> np.ndarray:
        found = np.eye(1)
        for other in range(n):
            found = np.kron(found, one[kind] if other == spin else np.eye(2))
        return found

    spins = [{kind: operator(kind, spin) for kind in "xyz+"} for spin in range(n)]
    hamiltonian = sum(frequencies[i] * spins[i]["z"] for i in range(n)).astype(complex)
    for i in range(n):
        for j in range(i):
            hamiltonian += couplings[i][j] * sum(spins[i][kind] @ spins[j][kind] for kind in "xyz")
    energies, vectors = np.linalg.eigh(hamiltonian)
    moments = vectors.conj().T @ sum(spin["+"] for spin in spins) @ vectors
    strengths = np.abs(moments) ** 2
    upper, lower = np.nonzero(strengths > 1e-9)
    order = np.argsort(energies[upper] - energies[lower])
    intensities = strengths[upper, lower] / 2.0 ** (n - 1)
    return Transitions((energies[upper] - energies[lower])[order], intensities[order][:, None])


def by_product_basis(frequencies, couplings) -> Transitions:
    """Return the transitions of n spins from sparse Kronecker products, whose states of one Mz are solved together."""
    n = len(frequencies)
    raising: Any = sparse.csr_array([[0.0, 1.0], [0.0, 0.0]])

    def operator(one: Any, spin: int) -> Any:
        found: Any = sparse.kron(sparse.eye_array(2**spin), one)
        return sparse.csr_array(sparse.kron(found, sparse.eye_array(2 ** (n - 1 - spin))))

    z: list[Any] = [operator(sparse.csr_array([[0.5, 0.0], [0.0, -0.5]]), spin) for spin in range(n)]
    up = [operator(raising, spin) for spin in range(n)]
    hamiltonian: Any = sum(frequencies[i] * z[i] for i in range(n))
    for i in range(n):
        for j in range(i):
            flips = up[i] @ up[j].T
            hamiltonian = hamiltonian + couplings[i][j] * (z[i] @ z[j] + 0.5 * (flips + flips.T))
    total = np.rint(2.0 * sum(z).diagonal()).astype(int)
    rises: Any = sparse.csr_array(sum(up))
    hamiltonian = sparse.csr_array(hamiltonian)
    solved = {}
    for m in range(-n, n + 1, 2):
        states = np.nonzero(total == m)[0]
        solved[m] = (states, *np.linalg.eigh(hamiltonian[states][:, states].toarray()))
    frequencies_hz, intensities = [], []
    for m in range(-n, n, 2):
        (low, low_energies, low_vectors), (high, high_energies, high_vectors) = solved[m], solved[m + 2]
        strengths = (high_vectors.T @ (rises[high][:, low] @ low_vectors)) ** 2
        seen = strengths > 1e-9
        frequencies_hz.append((high_energies[:, None] - low_energies[None, :])[seen])
        intensities.append(strengths[seen] / 2.0 ** (n - 1))
    order = np.argsort(np.concatenate(frequencies_hz))
    return Transitions(np.concatenate(frequencies_hz)[order], np.concatenate(intensities)[order][:, None])


def system_of(frequencies, couplings, counts=None) -> SpinSystem:
    table = np.zeros((len(frequencies), len(frequencies)))
    for (i, j), value in couplings.items():
        table[i, j] = table[j, i] = value
    return SpinSystem(tuple(counts or [1] * len(frequencies)), np.array(frequencies, dtype=float), table)


def spread_out(system: SpinSystem, within=None) -> tuple[list[float], np.ndarray]:
    """Return the same system with each spin by itself; spins of a group couple with `within`."""
    groups = [group for group, count in enumerate(system.counts) for _ in range(count)]
    table = system.couplings_hz[np.ix_(groups, groups)].copy()
    for i, a in enumerate(groups):
        for j, b in enumerate(groups):
            if i != j and a == b:
                table[i, j] = (within or {}).get(a, 0.0)
    return [float(system.frequencies_hz[group]) for group in groups], table


def curve(lines: Transitions, *, first: float, points: int, step: float = 0.05) -> np.ndarray:
    totals = lines.intensities.sum(axis=1)
    return lorentzian_points(lines.frequencies_hz, totals, first=first, step=step, points=points, line_width=0.5)


def assert_same_spectrum(found: Transitions, expected: Transitions, *, within: float = 1e-3) -> None:
    first = float(min(expected.frequencies_hz[0], found.frequencies_hz[0])) - 20.0
    last = float(max(expected.frequencies_hz[-1], found.frequencies_hz[-1])) + 20.0
    points = int((last - first) / 0.05) + 1
    ours, theirs = (curve(lines, first=first, points=points) for lines in (found, expected))
    assert np.abs(ours - theirs).max() <= within * theirs.max()


AROMATIC = {(0, 1): 8.2, (2, 3): 8.2, (1, 2): 7.5, (0, 2): 1.5, (1, 3): 1.5, (0, 3): 0.4}
TWELVE = {(i, i + 1): 7.0 + 0.3 * i for i in range(11)} | {(i, i + 2): -1.0 - 0.1 * i for i in range(10)}

SYSTEMS = {
    "AB, strongly coupled": system_of([100, 105], {(0, 1): 12.0}),
    "ABX of styrene's vinyl group at 60 MHz": system_of(
        [401.4, 343.8, 313.2], {(0, 1): 17.6, (0, 2): 10.9, (1, 2): 1.0}
    ),
    "ABX with a negative geminal coupling": system_of([0, 9, 300], {(0, 1): -14.0, (0, 2): 9.0, (1, 2): 4.0}),
    "AA'XX' of 1,2-dichlorobenzene at 400 MHz": system_of([2976, 2888, 2888, 2976], AROMATIC),
    "AA'BB' of the same at 60 MHz": system_of([446.4, 433.2, 433.2, 446.4], AROMATIC),
    "ethyl": system_of([1540, 480], {(0, 1): 7.1}, [2, 3]),
    "ethyl, strongly coupled": system_of([30, 10], {(0, 1): 7.1}, [2, 3]),
    "isopropyl": system_of([1600, 480], {(0, 1): 6.3}, [1, 6]),
    "three groups": system_of([50, 0, 20], {(0, 1): 7.0, (1, 2): -3.0, (0, 2): 1.0}, [2, 3, 1]),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_lines_are_those_of_the_whole_matrix(name):
    system = SYSTEMS[name]
    frequencies, couplings = spread_out(system)
    assert_same_spectrum(exact_transitions(system), by_whole_matrix(frequencies, couplings))


@pytest.mark.parametrize("name", SYSTEMS)
def test_intensities_sum_to_the_numbers_of_nuclei_group_by_group(name):
    found = exact_transitions(SYSTEMS[name])
    assert found.intensities.sum(axis=0) == pytest.approx(SYSTEMS[name].counts, abs=1e-9)
    assert (found.intensities.sum(axis=1) > 0).all()


def test_couplings_within_a_group_leave_no_trace():
    system = SYSTEMS["three groups"]
    frequencies, couplings = spread_out(system, within={0: -12.0, 1: -13.5})
    assert_same_spectrum(exact_transitions(system), by_whole_matrix(frequencies, couplings))


@pytest.mark.parametrize(("difference", "coupling"), [(5.0, 12.0), (20.0, 10.0), (200.0, -8.0), (0.5, 7.0)])
def test_an_ab_quartet_has_the_lines_of_the_textbook(difference, coupling):
    found = exact_transitions(system_of([0, difference], {(0, 1): coupling}))
    apart = hypot(difference, coupling)
    lines = sorted(difference / 2 + sign * (apart + way * abs(coupling)) / 2 for sign in (1, -1) for way in (1, -1))
    inner, outer = (1 + abs(coupling) / apart) / 2, (1 - abs(coupling) / apart) / 2
    expected = [outer, inner, inner, outer] if outer > 1e-3 else [inner, inner]
    lines = lines if outer > 1e-3 else lines[1:3]
    assert found.frequencies_hz == pytest.approx(lines, abs=1e-9)
    assert found.intensities.sum(axis=1) == pytest.approx(expected, abs=2e-3)


def test_the_a_part_of_an_aaxx_system_has_the_ten_lines_of_the_textbook():
    """K = J_AA + J_XX, L = J - J', M = J_AA - J_XX, N = J + J' (Pople, Schneider and Bernstein)."""
    j_aa, j_xx, j, other = 0.4, 7.5, 8.2, 1.5
    couplings = {(0, 3): j_aa, (1, 2): j_xx, (0, 1): j, (2, 3): j, (0, 2): other, (1, 3): other}
    found = merged(exact_transitions(system_of([0, 100000, 100000, 0], couplings)), within_hz=1e-3)
    k, m, n, ell = j_aa + j_xx, j_aa - j_xx, j + other, j - other
    places = [n / 2, -n / 2]
    for sign, root in ((1, k), (-1, k), (1, m), (-1, m)):
        places += [sign * root / 2 + hypot(root, ell) / 2, sign * root / 2 - hypot(root, ell) / 2]
    ours = sorted(hz for hz in found.frequencies_hz if hz < 50000)
    assert len(ours) == 10
    assert ours == pytest.approx(sorted(places), abs=2e-3)
    strongest = [found.intensities[k].sum() for k, hz in enumerate(found.frequencies_hz) if abs(abs(hz) - n / 2) < 0.01]
    assert strongest == pytest.approx([0.5, 0.5], abs=1e-4)


def test_first_order_multiplets_are_binomial():
    found = merged(exact_transitions(system_of([0, 1e6], {(0, 1): 7.0}, [1, 6])), within_hz=0.1)
    septet = [
        intensities[0] for hz, intensities in zip(found.frequencies_hz, found.intensities, strict=True) if hz < 1e3
    ]
    assert septet == pytest.approx([comb(6, k) / 64 for k in range(7)], abs=1e-4)


@pytest.mark.long
def test_twelve_spins_are_those_of_the_whole_product_basis_and_of_nine_where_three_stand_apart():
    rng = np.random.default_rng(5)
    frequencies = np.sort(rng.uniform(200, 1600, 12))
    system = system_of(frequencies, TWELVE)
    found = exact_transitions(system)
    assert found.intensities.sum(axis=0) == pytest.approx(np.ones(12))
    totals = found.intensities.sum(axis=1)
    # Tr of [H, F+] with F-: the first moment of the whole spectrum is the mean frequency, whatever the couplings.
    assert totals @ found.frequencies_hz / 12 == pytest.approx(frequencies.mean(), abs=0.05)
    # The second moment: sum of (nu - mean)^2, couplings leave no trace of themselves in it (F+ commutes with I.I).
    spread = totals @ (found.frequencies_hz - frequencies.mean()) ** 2 / 12
    assert sqrt(spread) == pytest.approx(frequencies.std(), rel=1e-3)
    assert_same_spectrum(found, by_product_basis(frequencies, system.couplings_hz), within=5e-3)
    cut = dict.fromkeys(((8, 9), (7, 9), (8, 10)), 0.0)
    apart = system_of(frequencies, TWELVE | cut)
    nine = by_whole_matrix(frequencies[:9], apart.couplings_hz[:9, :9])
    three = by_whole_matrix(frequencies[9:], apart.couplings_hz[9:, 9:])
    order = np.argsort(np.concatenate([nine.frequencies_hz, three.frequencies_hz]))
    both = Transitions(
        np.concatenate([nine.frequencies_hz, three.frequencies_hz])[order],
        np.concatenate([nine.intensities, three.intensities])[order],
    )
    assert_same_spectrum(exact_transitions(apart), both, within=5e-3)


@given(
    st.lists(st.floats(-30, 30), min_size=4, max_size=4),
    st.lists(st.floats(-15, 15), min_size=6, max_size=6),
    st.sampled_from([(1, 1, 1, 1), (2, 1, 1), (3, 1), (2, 2)]),
)
@settings(max_examples=40, deadline=None)
def test_any_small_system_is_that_of_the_whole_matrix(frequencies, values, counts):
    n = len(counts)
    pairs = [(i, j) for i in range(n) for j in range(i)]
    system = system_of(frequencies[:n], dict(zip(pairs, values, strict=False)), counts)
    assert_same_spectrum(exact_transitions(system), by_whole_matrix(*spread_out(system)), within=6e-3)


def test_what_does_not_couple_is_apart():
    system = system_of([0, 10, 20, 30], {(0, 2): 5.0, (1, 3): 0.1})
    assert components(system.couplings_hz) == [(0, 2), (1, 3)]
    found = all_transitions(system, cut_hz=0.2, within_hz=0.02)
    assert len(found.frequencies_hz) == 6
    assert found.intensities.sum(axis=0) == pytest.approx(np.ones(4))


def test_a_fragment_takes_the_partners_that_shape_its_lines():
    # 1 couples strongest with 0; 2 hardly with 0, but is mixed with 1; 3 couples with 0 alone; 4 is far away from 1.
    system = system_of([0, 100, 103, 500, 900], {(0, 1): 8.0, (1, 2): 9.0, (0, 3): 3.0, (1, 4): 7.0})
    assert fragment(system, 0, 2) == (0, 1)
    assert fragment(system, 0, 3) == (0, 1, 2)
    assert fragment(system, 0, 4) == (0, 1, 2, 3)


def test_fragments_give_the_spectrum_of_the_whole():
    rng = np.random.default_rng(1)
    couplings = {(i, i + 1): 7.0 for i in range(8)} | {(i, i + 2): 1.0 for i in range(7)}
    system = system_of(np.sort(rng.uniform(200, 1600, 9)), couplings)
    whole = all_transitions(system, cut_hz=0.2, within_hz=0.02)
    parts = all_transitions(system, cut_hz=0.2, within_hz=0.02, most_exact=4, most_in_fragment=7)
    assert parts.intensities.sum(axis=0) == pytest.approx(np.ones(9))
    ours, theirs = (curve(lines, first=100.0, points=32000) for lines in (parts, whole))
    assert np.minimum(ours, theirs).sum() / theirs.sum() > 0.995


def test_a_partner_outside_a_fragment_still_splits_the_lines():
    system = system_of([0, 1000, 2000], {(0, 1): 10.0, (0, 2): 4.0})
    whole = all_transitions(system, cut_hz=0.2, within_hz=0.02)
    parts = all_transitions(system, cut_hz=0.2, within_hz=0.02, most_exact=1, most_in_fragment=2)
    assert_same_spectrum(parts, whole, within=0.01)


def test_lines_taken_together_keep_intensity_and_centre():
    lines = Transitions(np.array([0.0, 0.015, 0.019, 5.0]), np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [1.0, 1.0]]))
    found = merged(lines, within_hz=0.02)
    assert len(found.frequencies_hz) == 2
    assert found.intensities.sum(axis=0) == pytest.approx(lines.intensities.sum(axis=0))
    assert found.frequencies_hz[0] == pytest.approx((0.015 + 0.019) / 3)
