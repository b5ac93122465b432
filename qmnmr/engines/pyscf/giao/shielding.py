"""Shielding tensors from the perturbed orbitals.

Sources: Wolinski, Hinton, Pulay, J. Am. Chem. Soc. 112, 8251 (1990); Olsen, Bak, Ruud, Helgaker, Jorgensen, Theor.
Chim. Acta 90, 421 (1995), for the form in which PySCF has the diamagnetic integrals.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import constants

from qmnmr.engines.pyscf.pyscf_types import Mole

PPM = constants.fine_structure**2 * 1e6
"""From atomic units (1/c^2) to ppm."""


def shielding_tensors(
    mol: Mole, density: NDArray[np.float64], first_order_density: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the tensors in ppm, shape (n_atoms, 3, 3).

    PySCF's integrals give rows for the applied field and columns for the nuclear moment; the first-order density
    is the imaginary part, antisymmetric, of shape (3, n_ao, n_ao).
    """
    tensors = np.empty((mol.natm, 3, 3))
    for atom in range(mol.natm):
        with mol.with_rinv_origin(mol.atom_coord(atom)):
            tensors[atom] = _diamagnetic(mol, density) + _paramagnetic(mol, first_order_density)
    return PPM * tensors


def _diamagnetic(mol: Mole, density: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the expectation value of the part that is of second order in field and moment."""
    local = np.einsum("xij,ij->x", mol.intor("int1e_giao_a11part", 9), density).reshape(3, 3)
    phase = np.einsum("xij,ij->x", mol.intor("int1e_a01gp", 9), density).reshape(3, 3)
    return np.asarray(local - np.eye(3) * local.trace() + phase)


def _paramagnetic(mol: Mole, first_order_density: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Tr(D1 h01), h01 the operator of the electron's orbital motion around the nucleus."""
    orbital = mol.intor_asymmetric("int1e_prinvxp", 3)
    return np.asarray(np.einsum("xji,yij->xy", first_order_density, orbital))
