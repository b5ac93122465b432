"""A mistake that was once made, put back: the long-range exchange is computed with the factors of 1/r.

python wrong_operator.py input.json      the worker with the mistake
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from qmnmr.engines.pyscf.__main__ import main
from qmnmr.engines.pyscf.field import mean_field
from qmnmr.engines.pyscf.field.fitting import Array, Fits

right = mean_field.fitted_jk


def other_factors(fits: Fits, density: Array | None, **asked: Any) -> tuple[Array | None, Array | None]:
    if fits.exchange is not None and len(fits.exchange.terms) > 1:
        fits = replace(fits, exchange=fits.coulomb)
    return right(fits, density, **asked)


if __name__ == "__main__":
    with patch.object(mean_field, "fitted_jk", other_factors):
        sys.exit(main())
