"""The exact parts of the first-order GIAO Fock and overlap matrices of a closed shell.

A magnetic field makes all of them purely imaginary. Kept are the imaginary parts: real antisymmetric matrices of
shape (3, n_ao, n_ao), one per Cartesian component of the field, in atomic units.

Sources: Wolinski, Hinton, Pulay, J. Am. Chem. Soc. 112, 8251 (1990); Helgaker, Jaszunski, Ruud, Chem. Rev. 99, 293
(1999), section IV; for density functionals Schreckenbach, Ziegler, J. Phys. Chem. 99, 606 (1995), and Cheeseman,
Trucks, Keith, Frisch, J. Chem. Phys. 104, 5497 (1996). In PySCF's integrals "g" stands for the GIAO's phase factor:
i/2 (R_m - R_n) x r, with the origin of r as gauge origin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qmnmr.engines.pyscf.field.surface import Surface
from qmnmr.engines.pyscf.giao.phase_screening import phase_screening
from qmnmr.engines.pyscf.pyscf_types import MeanField, Mole

Matrices = NDArray[np.float64]


def first_order_overlap(mol: Mole) -> Matrices:
    """Return S1, the overlap's derivative with respect to the field."""
    return -_antisymmetric(mol, "int1e_igovlp")


def first_order_core(mol: Mole) -> Matrices:
    """Return the one-electron terms: orbital Zeeman term, GIAO kinetic energy and nuclear attraction."""
    zeeman = -0.5 * mol.intor("int1e_giao_irjxp", 3)
    kinetic = -mol.intor("int1e_igkin", 3)
    return np.asarray(zeeman + kinetic - _antisymmetric(mol, "int1e_ignuc"))


def exact_coulomb_exchange(mol: Mole, density: NDArray[np.float64]) -> tuple[Matrices, Matrices]:
    """Return (J1, K1) from four-centre integrals; the Fock matrix takes J1 - factor/2 K1.

    J1 = -(g mn|kl) D_kl, K1 = -(g mk|ln) D_kl minus its transpose.
    """
    from pyscf.scf import _vhf

    coulomb, exchange = _vhf.direct_mapdm(
        mol._add_suffix("int2e_ig1"),
        "a4ij",
        ("lk->s1ij", "jk->s1il"),
        density,
        3,
        mol._atm,
        mol._bas,
        mol._env,
        phase_screening(mol),
    )
    return -coulomb, -(exchange - exchange.transpose(0, 2, 1))


def exact_long_range_exchange(mol: Mole, density: NDArray[np.float64], *, omega: float) -> Matrices:
    """Return K1 of the operator erf(omega r)/r."""
    with mol.with_range_coulomb(omega):
        return exact_coulomb_exchange(mol, density)[1]


def exact_continuum(mol: Mole, surface: Surface, charges: NDArray[np.float64], *, block: int = 200) -> Matrices:
    """Return the term of a continuum's charges, +(g mn|k) q_k: they act on the electrons like nuclei."""
    from pyscf import df, gto

    total = np.zeros((3, mol.nao, mol.nao))
    for start in range(0, len(charges), block):
        part = slice(start, start + block)
        gaussians = gto.fakemol_for_charges(surface.positions[part], expnt=surface.outer_exponents[part] ** 2)
        integrals = df.incore.aux_e2(mol, gaussians, intor=mol._add_suffix("int3c2e_ig1"), aosym="s1", comp=3)
        total += integrals @ charges[part]
    return total


def exchange_correlation(mean_field: MeanField, density: NDArray[np.float64]) -> Matrices:
    """Return the GIAO exchange-correlation term of a GGA or LDA.

    With the real orbitals the potential acts on the product m(r) n(r); the phase factors multiply that product by
    i/2 (R_m - R_n) x r. The term is therefore 1/2 (R_m - R_n) x M_mn, where the moment matrix M_k is an ordinary
    potential matrix whose weights carry r_k: v -> r_k v for the density's part, and for the gradient's part, with
    f the vector 2 (de/dsigma) grad(rho), (v, f) -> (r_k v + f_k, r_k f), because
    grad(r_k m n) = r_k grad(m n) + e_k m n.
    """
    mol = mean_field.mol
    moments = np.zeros((3, mol.nao, mol.nao))
    numint = mean_field._numint
    xctype = numint._xc_type(mean_field.xc)
    order = {"LDA": 0, "GGA": 1}[xctype]
    rho_of, _, _ = numint._gen_rho_evaluator(mol, density, 1, False, mean_field.grids)
    for ao, mask, weight, points in numint.block_loop(
        mol, mean_field.grids, mol.nao, order, max_memory=mean_field.max_memory
    ):
        rho = rho_of(0, ao, mask, xctype)
        potential = numint.eval_xc_eff(mean_field.xc, rho, deriv=1, xctype=xctype, spin=0)[1]
        weights = np.atleast_2d(potential).reshape(-1, weight.size) * weight
        values = ao if order else ao[None]
        for k in range(3):
            _add_moment(moments[k], values, weights, points[:, k], k)
    moments += moments.transpose(0, 2, 1)
    return _cross_with_distances(mol, moments)


def _add_moment(
    moment: NDArray[np.float64],
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    r_k: NDArray[np.float64],
    k: int,
) -> None:
    """Add a block of grid points to half of the moment matrix M_k."""
    moved = weights * r_k
    if len(weights) > 1:
        moved[0] += weights[1 + k]
    moved[0] *= 0.5
    scaled = np.einsum("dgm,dg->gm", values[: len(moved)], moved)
    moment += values[0].T @ scaled


def _cross_with_distances(mol: Mole, moments: NDArray[np.float64]) -> Matrices:
    """Return 1/2 (R_m - R_n) x M_mn."""
    centres = mol.atom_coords()[[label[0] for label in mol.ao_labels(fmt=None)]]
    distance = (centres[:, None] - centres[None]).transpose(2, 0, 1)
    x, y, z = distance
    mx, my, mz = moments
    return 0.5 * np.array([y * mz - z * my, z * mx - x * mz, x * my - y * mx])


def _antisymmetric(mol: Mole, name: str) -> Matrices:
    return np.asarray(mol.intor_asymmetric(name, 3))
