"""A mistake that was once made, put back: the long-range exchange is computed with the factors of 1/r.

python wrong_operator.py input.json      the worker with the mistake
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from qmnmr.engines.pyscf.__main__ import main
from qmnmr.engines.pyscf.field import mean_field


@contextmanager
def other_factors(self: mean_field.FittedOperators, omega: float | None) -> Iterator[mean_field.FittedOperators]:
    with self.mol.with_range_coulomb(omega or 0.0), self.auxmol.with_range_coulomb(omega or 0.0):
        yield self


if __name__ == "__main__":
    with patch.object(mean_field.FittedOperators, "range_coulomb", other_factors):
        sys.exit(main())
