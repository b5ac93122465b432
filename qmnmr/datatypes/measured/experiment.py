"""An experiment as it was written down: spectra and their signals, each with the piece of text that it came from."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("C", "CH", "CH2", "CH3")
"""What a carbon is called by the number of hydrogens on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSignal:
    """One signal: a shift, or the range of a multiplet, and what was written of it."""

    low_ppm: float
    high_ppm: float  # the same as low_ppm where one shift was given
    nuclei: float | None = None  # how many nuclei it was said to be of: 3 for "3H", 0.5 of a minor form
    multiplicity: str = ""  # "q", "dd", "br s", "m"; empty where none was given
    couplings_hz: tuple[float, ...] = ()  # as written, signs too
    hydrogens: int | None = None  # on the carbon, from DEPT or HSQC: 3 for CH3
    atoms: tuple[int, ...] = ()  # 1-based, numbered as in the molecule
    label: str = ""  # an assignment in the author's own words: "C-3", "OCH3"
    text: str = ""  # what it was read from
    line: int = 0  # 1-based

    @property
    def shift_ppm(self) -> float:
        """The shift, of a range its middle."""
        return (self.low_ppm + self.high_ppm) / 2

    @property
    def is_range(self) -> bool:
        """Whether a range was given."""
        return self.low_ppm != self.high_ppm

    @property
    def kind(self) -> str:
        """What the carbon is called: "CH3"; empty where that was not said."""
        return "" if self.hydrogens is None else KINDS[self.hydrogens]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectrum:
    """The signals of one nucleus in one sample."""

    nucleus: str  # "13C"
    signals: tuple[MeasuredSignal, ...]
    frequency_mhz: float | None = None
    solvent: str = ""  # "CDCl3"; of a mixture "CDCl3/CD3OD"; empty where none was said
    conditions: str = ""  # what else the heading says: "298 K"
    molecule: str = ""  # whose spectrum it is, where the text says so
    mapped_smiles: str = ""  # the structure that atoms are numbered in, map numbers from 1; empty: the molecule itself
    is_peak_list: bool = False  # lines as a program picked them, not signals as somebody reports them
    notes: tuple[str, ...] = ()  # what was made of it: columns that were not used, letters that were taken for a kind
    line: int = 0  # of the heading, 1-based


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """All spectra of one text or file."""

    source: str  # the file, or "the text"
    spectra: tuple[Spectrum, ...]
    notes: tuple[str, ...] = ()  # what was not read, with its line


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedSignal:
    """A set of equivalent nuclei of a molecule, which makes one signal."""

    nucleus: str
    nuclei: int
    hydrogens: int | None = None  # on each, of a carbon
    is_exchangeable: bool = False  # a hydrogen on N, O or S, which spectra often don't show


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedSpectra:
    """What a molecule lets one expect of its spectra."""

    molecule: str
    formula: tuple[tuple[str, int], ...]  # element and number, as in a Hill formula
    signals: tuple[ExpectedSignal, ...]
    solvent: str = ""  # the continuum that the prediction is in; empty for the gas phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing to know of an experiment beside its molecule."""

    text: str
    is_doubt: bool = False  # something does not fit
    nucleus: str = ""
    line: int = 0  # 1-based; 0 for a whole spectrum
