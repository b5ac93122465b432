"""GFN2-xTB's surface in this process, with density functional theory's barriers of rotors where a level has them."""

from __future__ import annotations

from collections.abc import Sequence

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.theory import GFN2_XTB_WITH_ROTORS
from qmnmr.engines.surfaces.internal_coordinates import Array
from qmnmr.engines.surfaces.rotors import RotorDifference, RotorTerms
from qmnmr.engines.xtb.library import Gfn2Surface
from qmnmr.engines.xtb.rotors import ROTORS, SATURATED_ROTORS


def rotors_of(calculation: Calculation) -> tuple[RotorDifference, ...]:
    """Return the barriers that a calculation's surface gets: none where its level has none.

    Minima are told apart by those between saturated carbons, vibrations at a minimum of DFT belong to all of them: some
    methyl groups of esters and acetyl groups are the other way round without.
    """
    if calculation.level.functional != GFN2_XTB_WITH_ROTORS:
        return ()
    return ROTORS if calculation.kind is CalculationKind.FREE_ENERGY else SATURATED_ROTORS


class XtbSurface(Gfn2Surface):
    """The surface of a calculation's level; which atom is of which kind is settled by the calculation's geometry.

    `rotors` are the barriers that it gets; without them those of `rotors_of`.
    """

    def __init__(
        self, calculation: Calculation, *, accuracy: float, rotors: Sequence[RotorDifference] | None = None
    ) -> None:
        super().__init__(calculation, accuracy=accuracy)
        rotors = rotors_of(calculation) if rotors is None else rotors
        self._rotors = RotorTerms(self.symbols, origin=self.positions, differences=rotors) if rotors else None

    def __call__(self, positions: Array) -> tuple[float, Array]:
        """Return energy (hartree) and gradient (hartree/bohr, (n_atoms, 3)) at positions in bohr.

        Raises ChargesNotConvergedError.
        """
        energy, gradient = super().__call__(positions)
        if self._rotors is None:
            return energy, gradient
        more, slope = self._rotors(positions)
        return energy + more, gradient + slope

    def belongs_to(self, positions: Array) -> bool:
        """Return whether the kinds of atoms at these positions, in bohr, are those of the surface."""
        return self._rotors is None or self._rotors.belong_to(positions)
