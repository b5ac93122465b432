"""Spin-spin couplings: of pairs of nuclei in one conformer, and averaged as a spectrum shows them.

A method (`CouplingSource`) gives `ConformerCouplings` for each conformer: pairs of atoms, and Hz with their sign.
`qmnmr.couplings` says which pairs there are and of which class, calibrates and averages them to `Coupling`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

AtomPair = tuple[int, int]
"""Two nuclei by their 0-based atom indices, ascending."""

MOST_BONDS = 5
"""Couplings over more bonds than these are left out."""


class CouplingSource(StrEnum):
    """How couplings are found."""

    FC = "fc"  # the Fermi-contact term by DFT
    KARPLUS = "karplus"  # rules from geometries


class CouplingClass(StrEnum):
    """Kinds of couplings of hydrogens, each with factors and an error of its own. The value is what people read."""

    GEMINAL = "geminal"  # two bonds
    VICINAL_SP3 = "vicinal sp3"  # three bonds, both inner atoms sp3 carbon
    VICINAL_OTHER = "vicinal sp2"  # three bonds, an inner atom that is no sp3 carbon; no C=C, not in one aromatic ring
    ALKENE = "alkene"  # three bonds over C=C
    AROMATIC = "aromatic"  # three to five bonds, on one aromatic ring
    LONG_RANGE = "long-range"  # four or five bonds, all others


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCoupling:
    """The coupling of two nuclei in one conformer, as its method gives it: before any factor."""

    atom_indices: AtomPair
    coupling_hz: float  # with its sign


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformerCouplings:
    """All couplings of one conformer by one method, ascending by pair; a pair that is not here is negligible."""

    conformer: str  # its label
    couplings: tuple[PairCoupling, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CouplingFactor:
    """What turns a calculated coupling of one class into one of a spectrum: slope * calculated + intercept."""

    coupling_class: CouplingClass
    slope: float
    intercept_hz: float
    residual_hz: float  # standard deviation of measured minus fitted couplings, of molecules left out
    n: int  # couplings that it rests on


@dataclass(frozen=True, slots=True, kw_only=True)
class CouplingFactors:
    """The factors of one method at one level, by class; a class without a factor has no error known."""

    source: CouplingSource
    level: str  # what was computed, "" for rules
    factors: tuple[CouplingFactor, ...]
    provenance: str  # molecules, command and date

    def of(self, wanted: CouplingClass) -> CouplingFactor | None:
        """Return the factor of a class, None if there is none."""
        return next((factor for factor in self.factors if factor.coupling_class is wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupling:
    """One coupling constant of a molecule: the mean over conformers and over pairs that the molecule exchanges.

    Pairs are together if one permutation of the nuclei carries both atoms of one to those of the other, so that two
    sets of nuclei may have several couplings between them (J and J' of AA'XX').
    """

    atom_pairs: tuple[AtomPair, ...]  # ascending
    elements: tuple[str, str]
    n_bonds: int
    coupling_class: CouplingClass
    coupling_hz: float  # with its sign
    uncertainty_hz: float | None  # standard deviation; None: not known
    source: CouplingSource
    flags: tuple[str, ...] = ()  # short reasons not to trust value and error bar as they stand
