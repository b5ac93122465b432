"""Protocols: a named recipe from structure to shifts, and the steps that a conformer takes in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qmnmr.datatypes.calculation import Calculation, CalculationKind, Refinement
from qmnmr.datatypes.coupling import CouplingSource
from qmnmr.datatypes.molecule import Conformer, Molecule
from qmnmr.datatypes.theory import GFN2_XTB, GFN2_XTB_WITH_ROTORS, LevelOfTheory, gfn2_xtb

DEFAULT_PROTOCOL = "standard"

BY_DFT, BY_XTB, AS_GIVEN = "dft", "xtb", "keep"
GEOMETRIES = (BY_DFT, BY_XTB, AS_GIVEN)
"""Where the geometries of the shieldings come from: the protocol's optimisation, GFN2-xTB alone, or the input."""

RANKINGS = (GFN2_XTB_WITH_ROTORS, GFN2_XTB, "none")
"""The surfaces on which conformers are searched and ranked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One calculation on a conformer's way through a protocol."""

    name: str  # "shielding2": unique in its protocol; with the conformer's label it is the calculation's
    title: str  # for people: "shielding", "free energy"
    kind: CalculationKind
    level: LevelOfTheory
    elements: tuple[str, ...] = ()  # whose nuclei a SHIELDING is for; "*" are all that no other step names
    is_for_all: bool = True  # whether every conformer that comes so far takes it
    is_comparison: bool = False  # of no use for a conformer that is the only one
    is_tuned: bool = False
    temperature_kelvin: float | None = None
    refinement: Refinement | None = None

    def label_of(self, conformer: str) -> str:
        """Return the label of this step's calculation for the conformer of this label."""
        return f"{conformer}-{self.name}"

    def of(self, conformer: Conformer, molecule: Molecule) -> Calculation:
        """Return the calculation of this step for a conformer, at the geometry that it has now."""
        return Calculation(
            label=self.label_of(conformer.label),
            conformer=conformer.label,
            step=self.name,
            kind=self.kind,
            geometry=conformer.geometry,
            charge=molecule.charge,
            multiplicity=molecule.multiplicity,
            level=self.level,
            is_tuned=self.is_tuned,
            temperature_kelvin=self.temperature_kelvin,
            refinement=self.refinement,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings:
    """How conformers are searched and which are kept."""

    method: str  # "rdkit", "crest" or "none"
    random_seed: int
    max_embeddings: int  # how many starts at most, however flexible the molecule
    energy_window_kcal_per_mol: float  # force field, above the lowest
    max_conformers: int  # that leave the search, of each tautomer
    max_tautomers: int = 24  # of a molecule with more, the one as drawn is searched alone
    missed_population: float | None = None  # searched at the ranking's level until less is missing; None: force field
    max_starts: int = 0  # of a search at the ranking's level
    budget_cpu_hours: float | None = None  # of such a search, by the number of its gradients. None: no limit


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingSettings:
    """Which conformers of a search go on to DFT."""

    method: str  # one of RANKINGS
    energy_window_kcal_per_mol: float  # at the method's level, above the lowest
    max_conformers: int  # of each tautomer; of more, a sample by weight, or without a population the lowest
    all_tautomers_up_to: int = 6  # whatever the method says of their energies; of more, those within the window
    population: float = 1.0  # the fewest conformers that hold this share go on; 1.0: all within the window
    budget_cpu_hours: float | None = None  # forecast of the embedded engine; the limit is what it pays for. None: none
    fewest_conformers: int = 1  # that the budget leaves, of each tautomer


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningSettings:
    """Which conformers are worth an optimisation: single points at the weights' level on the ranking's geometries."""

    energy_window_kcal_per_mol: float  # above the lowest
    ranked_above_kcal_per_mol: float  # only those that lie higher in the ranking are asked, and its lowest one


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A named recipe from structure to shifts: one level for each step."""

    name: str
    description: str
    search: SearchSettings
    ranking: RankingSettings
    optimization: LevelOfTheory
    energy_window_kcal_per_mol: float  # at the level of the weights; conformers above it get no shieldings
    energy: LevelOfTheory | None  # level of the Boltzmann weights; None: the optimisation's own energies
    shielded_population: float  # conformers get shieldings until they hold this share of the population; 1.0: all
    shieldings: tuple[tuple[str, LevelOfTheory], ...]  # (element or "*", level); the first that fits
    temperature_kelvin: float
    has_free_energies: bool = False  # weights are free energies: xTB's RRHO terms are added to the DFT energies
    needs_free_energies: bool = False  # they were asked for: without an xTB the run is refused, not weighed by energies
    screening: ScreeningSettings | None = None  # None: every ranked conformer is optimised
    refinement: Refinement | None = None  # minima from few gradients; None: optimised until the gradient is zero
    couplings: CouplingSource | None = None  # how couplings between hydrogens are found; None: there are none
    contact: LevelOfTheory | None = None  # of their contact term; None: the protocol has no level for it
    is_tuned: bool = False  # engines take the faster settings that are proved to give the same shieldings
    geometry: str = BY_DFT  # one of GEOMETRIES; factors are fitted to BY_DFT

    @property
    def ranking_step(self) -> Step:
        """The cheap optimisation by which conformers of a search are ranked.

        Where its geometries are those of the shieldings they are GFN2-xTB's own.
        """
        level = self._cheap_level if self.geometry == BY_XTB else self._cheap_level_with_rotors
        return Step(name="ranking", title="ranking", kind=CalculationKind.OPTIMIZATION, level=level)

    @property
    def hessian_step(self) -> Step:
        """Second derivatives with which an optimisation begins."""
        return Step(name="hessian", title="Hessian", kind=CalculationKind.HESSIAN, level=self._cheap_level)

    @property
    def free_energy_step(self) -> Step:
        """What vibrations and rotation add to an energy."""
        return Step(
            name="freeenergy",
            title="free energy",
            kind=CalculationKind.FREE_ENERGY,
            level=self._cheap_level_with_rotors,
            is_comparison=True,
            temperature_kelvin=self.temperature_kelvin,
        )

    @property
    def weighing_level(self) -> LevelOfTheory:
        """The level of the energies that weigh conformers."""
        return self.energy or self.optimization

    @property
    def screening_step(self) -> Step:
        """The energy that a conformer would be weighed by if xTB's geometry were its own."""
        return Step(
            name="screening",
            title="screening",
            kind=CalculationKind.ENERGY,
            level=self.weighing_level,
            is_for_all=False,
            is_comparison=True,
        )

    @property
    def optimization_step(self) -> Step:
        """The geometry."""
        return Step(
            name="optimization",
            title="optimization",
            kind=CalculationKind.OPTIMIZATION,
            level=self.optimization,
            refinement=self.refinement,
        )

    @property
    def energy_step(self) -> Step | None:
        """The energy that weighs a conformer; None where the optimisation's own serves.

        Where DFT does not optimise there is no other energy, so that a conformer alone takes it too.
        """
        is_optimized = self.geometry == BY_DFT
        if is_optimized and self.weighing_level == self.optimization:
            return None
        return Step(
            name="energy",
            title="energy",
            kind=CalculationKind.ENERGY,
            level=self.weighing_level,
            is_comparison=is_optimized,
        )

    @property
    def geometry_steps(self) -> tuple[Step, ...]:
        """The step that makes the geometry of the shieldings; none where it is kept as given."""
        return {BY_DFT: (self.optimization_step,), BY_XTB: (self.ranking_step,), AS_GIVEN: ()}[self.geometry]

    def shielding_steps(self, elements: Iterable[str] | None = None) -> tuple[Step, ...]:
        """Return one step for each level that shields nuclei of these elements, of all elements if None.

        With elements, each stands in the `elements` of its step; without, what the protocol says stands there.
        """
        levels = list(dict.fromkeys(level for _, level in self.shieldings))
        if elements is None:
            wanted = list(self.shieldings)
        else:
            wanted = [(element, self.shielding_level(element)) for element in dict.fromkeys(elements)]
        return tuple(
            Step(
                name="shielding" if len(levels) == 1 else f"shielding{levels.index(level) + 1}",
                title="shielding",
                kind=CalculationKind.SHIELDING,
                level=level,
                elements=tuple(element for element, its in wanted if its == level),
                is_tuned=self.is_tuned,
            )
            for level in dict.fromkeys(level for _, level in wanted)
        )

    def coupling_steps(self, symbols: Iterable[str] | None = None) -> tuple[Step, ...]:
        """Return the step that computes couplings, if that was asked for and two of these atoms can have one."""
        if self.couplings is not CouplingSource.FC or self.contact is None:
            return ()
        if symbols is not None and list(symbols).count("H") < 2:
            return ()
        return (Step(name="couplings", title="couplings", kind=CalculationKind.COUPLINGS, level=self.contact),)

    def steps(self, elements: Iterable[str] | None = None) -> tuple[Step, ...]:
        """Return what the run's engine computes for a conformer, in order; for a molecule of these atoms, or for any.

        The cheap steps by xTB stand beside them: ranking, Hessian, free energy.
        """
        atoms = None if elements is None else tuple(elements)
        screening = () if self.screening is None else (self.screening_step,)
        optimization = (*screening, self.optimization_step) if self.geometry == BY_DFT else ()
        energy = () if self.energy_step is None else (self.energy_step,)
        return (*optimization, *energy, *self.shielding_steps(atoms), *self.coupling_steps(atoms))

    @property
    def decisive_steps(self) -> tuple[Step, ...]:
        """The steps that decide a prediction's numbers: geometry, weights, shieldings of all elements, couplings."""
        energy = () if self.energy_step is None else (self.energy_step,)
        free_energy = (self.free_energy_step,) if self.has_free_energies else ()
        return (*self.geometry_steps, *energy, *free_energy, *self.shielding_steps(), *self.coupling_steps())

    @property
    def _cheap_level(self) -> LevelOfTheory:
        return gfn2_xtb(self.optimization.solvent)

    @property
    def _cheap_level_with_rotors(self) -> LevelOfTheory:
        """The level of what is weighed or walked on, as the ranking's method says."""
        has_rotors = self.ranking.method == GFN2_XTB_WITH_ROTORS
        return gfn2_xtb(self.optimization.solvent, method=GFN2_XTB_WITH_ROTORS if has_rotors else GFN2_XTB)

    def shielding_level(self, element: str) -> LevelOfTheory:
        """Return the level at which nuclei of this element are shielded."""
        for wanted, level in self.shieldings:
            if wanted in (element, "*"):
                return level
        raise KeyError(f"protocol {self.name} has no shielding level for {element}")


def shielding_step(steps: Iterable[Step], element: str) -> Step:
    """Return the step that shields nuclei of an element: the first that names it, or else all others ("*").

    Raises KeyError if there is none.
    """
    shielding = [step for step in steps if step.kind is CalculationKind.SHIELDING]
    for wanted in (element, "*"):
        for step in shielding:
            if wanted in step.elements:
                return step
    raise KeyError(f"nothing shields {element}")
