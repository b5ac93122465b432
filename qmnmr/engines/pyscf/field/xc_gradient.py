"""The slope of the exchange-correlation energy with the basis functions, contracted with the density at once.

The grid stays where it is (its points' motion is left out, as everywhere here). Of a closed shell with orbitals c the
products phi D are 2 (phi c) c^t: the number of occupied orbitals takes the place of that of basis functions, and
no matrix of derivatives is made.
"""

from __future__ import annotations

import numpy as np

from qmnmr.engines.pyscf.field.fitting import Array
from qmnmr.engines.pyscf.pyscf_types import MeanField

_SECOND = ((4, 5, 6), (5, 7, 8), (6, 8, 9))
"""Where PySCF has the second derivatives xx, xy, xz; yx, ...: behind value and first derivatives."""


def exchange_correlation_slope(mean_field: MeanField, occupied: Array) -> Array:
    """Return the derivative of the energy with the positions of the basis functions, (n_ao, 3), in hartree/bohr.

    `occupied` are the doubly occupied orbitals, (n_ao, n_occ); the functional is a local or gradient-corrected one.
    """
    numerical, mol = mean_field._numint, mean_field.mol
    has_gradient = numerical._xc_type(mean_field.xc) == "GGA"
    n_kinds = 4 if has_gradient else 1
    total = np.zeros((mol.nao, 3))
    memory_mb = mean_field.max_memory
    for functions, _, weights, _ in numerical.block_loop(
        mol, mean_field.grids, mol.nao, 2 if has_gradient else 1, memory_mb
    ):
        values = [component.T for component in functions]  # (n_ao, n_points) each
        orbitals = [occupied.T @ value for value in values[:n_kinds]]
        density = np.array([np.einsum("op,op->p", orbitals[0], orbital) for orbital in orbitals])
        density[0] *= 2.0
        density[1:] *= 4.0
        potential = weights * numerical.eval_xc_eff(mean_field.xc, density if has_gradient else density[0], 1)[1]
        potential[0] *= 0.5
        mixed = sum(part * orbital for part, orbital in zip(potential, orbitals, strict=True))
        by_gradient = 2.0 * occupied @ mixed
        by_value = 2.0 * occupied @ orbitals[0]
        parts = [part * by_value for part in potential]
        for x in range(3):
            total[:, x] += np.einsum("mp,mp->m", values[1 + x], by_gradient)
            total[:, x] += np.einsum("mp,mp->m", values[1 + x], parts[0])
            if has_gradient:
                for place, part in zip(_SECOND[x], parts[1:], strict=True):
                    total[:, x] += np.einsum("mp,mp->m", values[place], part)
    return -2.0 * total
