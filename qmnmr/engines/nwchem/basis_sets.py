"""Basis sets: NWChem's library names and the elements that each covers without a core potential.

Read from the library of NWChem 7.0.2; a test compares them with the installed library. A basis set that stands in
qmnmr (engines/effective_cores.py) is written out in the input, and NWChem calls it "user specified".
"""

from __future__ import annotations

from dataclasses import dataclass

from qmnmr.engines.effective_cores import element_basis
from qmnmr.engines.elements import SYMBOLS

_TO_CALCIUM = frozenset(SYMBOLS[:20])
_TO_ZINC = frozenset(SYMBOLS[:30])
_TO_KRYPTON = frozenset(SYMBOLS)


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisSet:
    """One orbital basis in NWChem's words."""

    name: str
    library: str  # what `library` is followed by, and what the output's basis summary prints; "": written out
    elements: frozenset[str]

    def description(self, symbol: str) -> str:
        """Return what the output's basis summary says of an element, with the types of shells that were written out."""
        return self.library or f"user specified {element_basis(self.name, symbol).types}"


BASIS_SETS: dict[str, BasisSet] = {
    basis.name: basis
    for basis in (
        BasisSet(name="6-31g*", library="6-31G*", elements=_TO_KRYPTON),
        BasisSet(name="6-31g(d,p)", library="6-31G**", elements=_TO_ZINC),
        BasisSet(name="6-31+g(d,p)", library="6-31+G**", elements=_TO_CALCIUM),
        BasisSet(name="6-311g(d,p)", library="6-311G**", elements=_TO_CALCIUM | set(SYMBOLS[30:])),
        BasisSet(name="6-311+g(2d,p)", library="6-311+G(2d,p)", elements=_TO_CALCIUM),
        BasisSet(name="def2-svp", library="def2-svp", elements=_TO_KRYPTON),
        BasisSet(name="def2-tzvp", library="def2-tzvp", elements=_TO_KRYPTON),
        BasisSet(name="cc-pvdz", library="cc-pVDZ", elements=_TO_KRYPTON - {"K"}),
        BasisSet(name="cc-pvtz", library="cc-pVTZ", elements=_TO_KRYPTON - {"K"}),
        BasisSet(name="pcsseg-1", library="pcSseg-1", elements=_TO_KRYPTON),
        BasisSet(name="pcsseg-2", library="pcSseg-2", elements=_TO_KRYPTON),
        BasisSet(name="vdzp", library="", elements=_TO_KRYPTON),
    )
}
"""By qmnmr's name of the basis."""
