"""The molecules of a run as candidates for an experiment."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from qmnmr.calibration.atom_mapping import with_own_atoms
from qmnmr.calibration.comparing import remarks_on, understood_by, without_foreign
from qmnmr.calibration.experiment_input import read_experiment
from qmnmr.couplings.comparison import compare_couplings
from qmnmr.datatypes.calibration import ScalingFactors
from qmnmr.datatypes.measured.comparison import ComparedCoupling, ComparedPair, Comparison
from qmnmr.datatypes.measured.experiment import Experiment, Spectrum
from qmnmr.datatypes.measured.ranking import LeftOut, NextSpectrum, RankedCandidate, Ranking
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.engines import get_engine
from qmnmr.errors import InputError
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.python.api import load_run
from qmnmr.runs.sources.shift_sources import run_level, shift_sources
from qmnmr.shifts.comparison import compare as compare_predictions
from qmnmr.shifts.ranking.coupling_evidence import couplings_that_count
from qmnmr.shifts.ranking.next_spectrum import next_spectra
from qmnmr.shifts.ranking.rank_candidates import TEMPERING, deciding, ranked, signals_that_count
from qmnmr.shifts.scaling import usable_factors
from qmnmr.structures.stereo.configurations import same_or_mirror_images

NONE_PRIOR = 0.1
"""The probability of none of the candidates before anything is measured."""


def rank(
    run: str | os.PathLike[str],
    experiment: str | os.PathLike[str] | Experiment,
    *,
    nucleus: str | None = None,
    none_prior: float = NONE_PRIOR,
    use_couplings: bool = False,
) -> Ranking:
    """Rank the molecules of a finished run as candidates for an experiment, as `qmnmr rank` does.

    Args:
        run: Run folder; each of its molecules is a candidate.
        experiment: A file, the text itself, or what `read_experiment` returned.
        nucleus: What a list is of that doesn't say it: "1H", "13C" …
        none_prior: Probability that it is none of them before anything is measured, from 0 to below 1.
        use_couplings: Let measured couplings count too. How right such probabilities are was not tried on known cases.

    Returns:
        The candidates with their probabilities, the likeliest first, and the probability of none of them.

    Raises:
        InputError: For a folder without a run, an experiment that is not understood, candidates of which two are the
            same compound or mirror images, and where nothing is left to compare.
        OutputFormatError: For a record of the run that can't be read.
    """
    read = experiment if isinstance(experiment, Experiment) else read_experiment(experiment, nucleus=nucleus)
    return rank_run(RunFolder(Path(run)), read, none_prior=none_prior, use_couplings=use_couplings)


def rank_run(
    run: RunFolder, experiment: Experiment, *, none_prior: float = NONE_PRIOR, use_couplings: bool = False
) -> Ranking:
    """Return the ranking of a run's molecules. Raises InputError as `rank` does."""
    predictions = load_run(run.path)
    return rank_predictions(predictions, experiment, _factors(run), none_prior=none_prior, use_couplings=use_couplings)


def rank_predictions(
    predictions: Sequence[Prediction],
    experiment: Experiment,
    factors: Mapping[str, ScalingFactors],
    *,
    none_prior: float = NONE_PRIOR,
    use_couplings: bool = False,
) -> Ranking:
    """Return the ranking of predictions of one protocol, by the factors that their shifts are from.

    Raises InputError as `rank` does.
    """
    if not 0.0 <= none_prior < 1.0:
        raise InputError(f"the prior of none is {none_prior:g}", hint="give a probability from 0 to below 1")
    _refuse_several_molecules(experiment)
    refuse_same_compounds([p.molecule for p in predictions])
    found = {p.molecule.name: p for p in predictions if p.status is PredictionStatus.COMPLETED}
    unknown = [
        LeftOut(what=p.molecule.name, why=p.messages[0] if p.messages else f"it is {p.status.value}")
        for p in predictions
        if p.status is not PredictionStatus.COMPLETED
    ]
    if not found:
        raise InputError("no candidate has a result", hint="`qmnmr status` says where they stand")
    looked_at = _comparisons(tuple(found.values()), experiment)
    if not looked_at.comparisons:
        last = looked_at.refused[-1]
        raise InputError(f"the experiment fits none of the candidates: {last.what}: {last.why}")
    signals = signals_that_count(looked_at.comparisons)
    if not any(signals.pairs.values()):
        reasons = "; ".join(f"{entry.what}: {entry.why}" for entry in signals.left_out[:3])
        raise InputError(f"nothing is left to compare ({reasons})", hint="rank with more signals")
    missing = {pair.nucleus for pairs in signals.pairs.values() for pair in pairs} - factors.keys()
    if missing:
        raise InputError(
            f"this version has no factors for the {' and '.join(sorted(missing))} shifts of the candidates",
            hint="compute the candidates again with it",
        )
    smiles = {name: p.molecule.smiles for name, p in found.items()}
    couplings = _couplings(found, signals.pairs) if use_couplings else {}
    candidates, none = ranked(
        signals.pairs,
        smiles,
        factors,
        none_prior=none_prior,
        is_alone=len(predictions) == 1,
        couplings=couplings,
    )
    return Ranking(
        source=experiment.source,
        candidates=candidates,
        none_probability=none,
        none_prior=none_prior,
        tempering=TEMPERING,
        couplings=len(next(iter(couplings.values()), ())),
        deciding=deciding(candidates),
        next_spectra=_next_spectra(found, candidates, experiment, factors),
        unknown=tuple(unknown),
        impossible=looked_at.refused,
        left_out=signals.left_out,
        warnings=looked_at.warnings,
        notes=tuple(dict.fromkeys((*experiment.notes, *(n for s in experiment.spectra for n in s.notes)))),
    )


def _couplings(
    predictions: Mapping[str, Prediction], pairs: Mapping[str, Sequence[ComparedPair]]
) -> dict[str, tuple[ComparedCoupling, ...]]:
    """Return the couplings that count. Raises InputError where there are none."""
    counted = couplings_that_count(
        {name: [compare_couplings(predictions[name], [pair])[0] for pair in own] for name, own in pairs.items()}
    )
    if not any(counted.values()):
        raise InputError(
            "no measured coupling has a prediction in every candidate",
            hint="give 1H signals with their J, and candidates that were computed with couplings",
        )
    return counted


def _next_spectra(
    predictions: Mapping[str, Prediction],
    candidates: Sequence[RankedCandidate],
    experiment: Experiment,
    factors: Mapping[str, ScalingFactors],
) -> tuple[NextSpectrum, ...]:
    if len(candidates) < 2:
        return ()
    first, second = (predictions[c.name] for c in candidates[:2])
    measured = {spectrum.nucleus for spectrum in experiment.spectra if spectrum.signals}
    return next_spectra(first, second, nuclei=sorted(factors), measured=measured)


def refuse_same_compounds(molecules: Sequence[Molecule]) -> None:
    """Raise InputError if two candidates are one compound, or mirror images of each other."""
    for first, second in combinations(molecules, 2):
        words = same_or_mirror_images(first.smiles, second.smiles)
        if words is not None:
            raise InputError(
                f"{first.name} and {second.name} are {words}: no spectrum tells them apart",
                hint="leave one of them out; together they are one candidate",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _LookedAt:
    comparisons: Mapping[str, Comparison]
    refused: tuple[LeftOut, ...]  # candidates that the experiment can't be of
    warnings: tuple[str, ...]


def _comparisons(predictions: Sequence[Prediction], experiment: Experiment) -> _LookedAt:
    """Return the comparison of each candidate with the experiment, on the same terms for all."""
    comparisons: dict[str, Comparison] = {}
    refused: list[LeftOut] = []
    warnings: list[str] = []
    spectra, words = _on_the_same_terms(experiment.spectra, predictions)
    warnings += words
    for prediction in predictions:
        name = prediction.molecule.name
        own = [with_own_atoms(s, prediction.molecule, is_its_configuration=len(predictions) == 1)[0] for s in spectra]
        try:
            entry = understood_by(prediction, [replace(s, mapped_smiles="") for s in own], experiment)
            kept = [without_foreign(s, entry.expected) for s in entry.experiment.spectra]
            comparisons[name] = compare_predictions([(prediction, [spectrum for spectrum, _ in kept])])
        except InputError as error:
            refused.append(LeftOut(what=name, why=str(error)))
            continue
        alone = replace(entry, experiment=replace(entry.experiment, spectra=tuple(s for s, _ in kept)))
        warnings += [word for _, found in kept for word in found]
        warnings += [f"{name}: {remark.text}" for remark in remarks_on(alone) if remark.is_doubt]
    return _LookedAt(comparisons=comparisons, refused=tuple(refused), warnings=tuple(dict.fromkeys(warnings)))


def _on_the_same_terms(
    spectra: Sequence[Spectrum], predictions: Sequence[Prediction]
) -> tuple[tuple[Spectrum, ...], list[str]]:
    """Return spectra whose atoms are those of the first candidate; without atoms if the constitutions differ.

    Matched signals have smaller errors than assigned ones: it must be the same for all candidates.
    """
    if not any(signal.atoms for spectrum in spectra for signal in spectrum.signals):
        return tuple(spectra), []
    if len({_constitution(p.molecule) for p in predictions}) > 1:
        bare = tuple(
            replace(spectrum, signals=tuple(replace(signal, atoms=()) for signal in spectrum.signals))
            for spectrum in spectra
        )
        return bare, ["the candidates differ in constitution: assignments were not used for any of them"]
    reference = predictions[0].molecule.mapped_smiles
    return tuple(replace(s, mapped_smiles=s.mapped_smiles or reference) for s in spectra), []


def _constitution(molecule: Molecule) -> str:
    from rdkit import Chem

    bare = Chem.RemoveHs(rdkit_mol(molecule))
    Chem.RemoveStereochemistry(bare)
    return str(Chem.MolToSmiles(bare))


def _refuse_several_molecules(experiment: Experiment) -> None:
    names = sorted({spectrum.molecule for spectrum in experiment.spectra if spectrum.molecule})
    if len(names) > 1:
        raise InputError(
            f"{experiment.source}: spectra of {len(names)} molecules ({', '.join(names[:3])})",
            hint="rank candidates for the spectra of one compound",
        )


def _factors(run: RunFolder) -> dict[str, ScalingFactors]:
    """Return the factors that the run's shifts are from, by nucleus."""
    settings = run.settings()
    level = run_level(settings.protocol, engine=get_engine(settings.engine))
    found = usable_factors(shift_sources(run).factor_files, level)
    return {nucleus: entry.factors for nucleus, entry in found.items()}
