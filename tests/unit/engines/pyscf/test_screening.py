"""Screened four-centre integrals give what all of them give."""

from __future__ import annotations

import numpy as np
import pytest
from pyscf import gto, scf
from pyscf.scf import _vhf

from qmnmr.engines.pyscf.giao import phase_screening as module
from qmnmr.engines.pyscf.giao.first_order import exact_coulomb_exchange, exact_long_range_exchange
from qmnmr.engines.pyscf.response.exchange import exact_exchange

APART = "O 0 0 0; H 0.76 0.59 0; H -0.76 0.59 0; C 0 0.3 9; O 0 0.3 10.13"


@pytest.fixture(scope="module")
def far_apart() -> gto.Mole:
    return gto.M(atom=APART, basis="def2-svp", verbose=0)


def plain_terms(mol: gto.Mole, density: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scripts = ("lk->s1ij", "jk->s1il")
    j, k = _vhf.direct_mapdm("int2e_ig1_sph", "a4ij", scripts, density, 3, mol._atm, mol._bas, mol._env)
    return -j, -(k - k.transpose(0, 2, 1))


@pytest.mark.parametrize("omega", [0.0, 0.25])
def test_screened_giao_terms_are_those_of_all_integrals(
    far_apart: gto.Mole, omega: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    density = scf.RHF(far_apart).get_init_guess(key="minao")
    with far_apart.with_range_coulomb(omega or None):
        expected: tuple[np.ndarray, ...] = plain_terms(far_apart, density)
    if omega:
        given: tuple[np.ndarray, ...] = (exact_long_range_exchange(far_apart, density, omega=omega),)
        expected = expected[1:]
    else:
        given = exact_coulomb_exchange(far_apart, density)
    for one, other in zip(given, expected, strict=True):
        assert np.abs(other).max() > 0.1
        assert np.abs(one - other).max() < 1e-10
    monkeypatch.setattr(module, "THRESHOLD", 1e-3)  # what is left out can be seen: it screens
    assert np.abs(exact_coulomb_exchange(far_apart, density)[1] - plain_terms(far_apart, density)[1]).max() > 1e-6


@pytest.mark.parametrize("omega", [0.0, 0.25])
def test_screened_exchange_of_the_response_is_that_of_all_integrals(far_apart: gto.Mole, omega: float) -> None:
    random = np.random.default_rng(1)
    occupied, perturbed = random.normal(size=(far_apart.nao, 4)), random.normal(size=(3, far_apart.nao, 4))
    density = 2.0 * perturbed @ occupied.T
    density = density - density.transpose(0, 2, 1)
    with far_apart.with_range_coulomb(omega or None):
        integrals = far_apart.intor("int2e")
    expected = -0.5 * 0.7 * np.einsum("mjkn,xjk->xmn", integrals, density) @ occupied
    build = exact_exchange(scf.RHF(far_apart), ((0.7, omega),), occupied)
    assert np.abs(build(perturbed) - expected).max() < 1e-9 * np.abs(expected).max()
