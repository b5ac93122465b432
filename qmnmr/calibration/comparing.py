"""A finished run beside an experiment."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qmnmr.calibration.atom_mapping import with_own_atoms
from qmnmr.calibration.experiment_input import read_experiment
from qmnmr.couplings.comparison import compare_couplings
from qmnmr.datatypes.measured.comparison import ComparedCoupling, Comparison
from qmnmr.datatypes.measured.experiment import ExpectedSpectra, Experiment, Remark, Spectrum
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.errors import InputError
from qmnmr.experiments.checks import check_experiment, foreign_lines, is_foreign
from qmnmr.experiments.kinds import with_kinds_of_letters
from qmnmr.report.page.molecule_page import BesideExperiment
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.shifts.comparison import compare as compare_predictions
from qmnmr.shifts.expected import expected_spectra


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What an experiment says of one molecule of a run."""

    prediction: Prediction
    expected: ExpectedSpectra
    experiment: Experiment  # the spectra of this molecule alone
    losses: tuple[Remark, ...]  # assignments of the file that can't be used


def compare(
    run: str | os.PathLike[str],
    experiment: str | os.PathLike[str] | Experiment,
    *,
    nucleus: str | None = None,
    molecule: str | None = None,
) -> Comparison:
    """Compare a finished run with an experiment, as `qmnmr compare` does.

    Args:
        run: Run folder.
        experiment: A file, the text itself, or what `read_experiment` returned.
        nucleus: What a list is of that doesn't say it: "1H", "13C" …
        molecule: Name of the molecule whose spectra they are, in a run of several.

    Returns:
        The pairs of measured and predicted shifts, errors by nucleus, and warnings of what was done.

    Raises:
        InputError: For a folder without a run, an experiment that is not understood or does not fit the molecules.
        OutputFormatError: For a record of the run that can't be read.
    """
    folder = RunFolder(Path(run))
    folder.settings()
    read = experiment if isinstance(experiment, Experiment) else read_experiment(experiment, nucleus=nucleus)
    return compare_run(folder, of_molecule(read, molecule))


def of_molecule(experiment: Experiment, molecule: str | None) -> Experiment:
    """Return an experiment whose spectra are of this molecule where they don't say whose they are."""
    spectra = tuple(replace(s, molecule=s.molecule or molecule or "") for s in experiment.spectra)
    return replace(experiment, spectra=spectra)


def compare_run(run: RunFolder, experiment: str | os.PathLike[str] | Experiment) -> Comparison:
    """Return the comparison of a run with an experiment. Raises InputError as `compare` does."""
    understood = understand(run, experiment)
    warnings: list[str] = []
    notes: list[str] = []
    pairs = []
    for entry in understood:
        name, spectra = entry.expected.molecule, []
        for spectrum in entry.experiment.spectra:
            kept, words = without_foreign(spectrum, entry.expected)
            spectra.append(kept)
            warnings += [f"{name}, {spectrum.nucleus}: {word}" for word in words]
            notes += [f"{name}, {spectrum.nucleus}: {note}" for note in spectrum.notes]
        kept_alone = replace(entry, experiment=replace(entry.experiment, spectra=tuple(spectra)))
        warnings += [f"{name}, {_said(remark)}" for remark in remarks_on(kept_alone) if remark.is_doubt]
        notes += entry.experiment.notes
        pairs.append((entry.prediction, spectra))
    comparison = compare_predictions(pairs)
    couplings: list[ComparedCoupling] = []
    for prediction, _ in pairs:
        own = [pair for pair in comparison.pairs if pair.molecule == prediction.molecule.name]
        found, words_of_couplings = compare_couplings(prediction, own)
        couplings += found
        warnings += words_of_couplings
    return replace(
        comparison,
        couplings=tuple(couplings),
        warnings=tuple(dict.fromkeys((*warnings, *comparison.warnings))),
        notes=tuple(dict.fromkeys(notes)),
    )


def beside_predictions(run: RunFolder, experiment: Experiment) -> dict[str, BesideExperiment]:
    """Return by the names of molecules what an experiment says of them, compared with the run's predictions.

    Raises InputError as `compare` does.
    """
    found = {}
    for entry in understand(run, experiment):
        name = entry.expected.molecule
        own = of_molecule(replace(experiment, spectra=entry.experiment.spectra), name)
        comparison = compare_run(run, own)
        found[name] = BesideExperiment(
            source=Path(experiment.source).name,
            spectra=own.spectra,
            pairs=comparison.pairs,
            errors=comparison.errors,
            remarks=(*comparison.warnings, *comparison.notes),
        )
    return found


def remarks_on(understood: Understood) -> tuple[Remark, ...]:
    """Return what fits and what does not; of a spectrum that is assigned throughout, only what concerns all of it."""
    experiment, expected = understood.experiment, understood.expected
    loose = tuple(s for s in experiment.spectra if any(not signal.atoms for signal in s.signals))
    of_solvents = [remark for spectrum in experiment.spectra for remark in _of_solvent(spectrum, expected)]
    return (*understood.losses, *of_solvents, *check_experiment(replace(experiment, spectra=loose), expected))


def understand(run: RunFolder, experiment: str | os.PathLike[str] | Experiment) -> tuple[Understood, ...]:
    """Return what an experiment says of each molecule of a run that it has spectra of.

    Raises InputError for an experiment that is not understood, an unknown molecule, one without result, and for two
    spectra of one nucleus of one molecule.
    """
    read = experiment if isinstance(experiment, Experiment) else read_experiment(experiment)
    names = [molecule.name for molecule in run.molecules()]
    by_molecule: dict[str, list[Spectrum]] = {}
    for spectrum in read.spectra:
        by_molecule.setdefault(_molecule(spectrum, names, read.source), []).append(spectrum)
    return tuple(understood_by(_prediction(run, name), spectra, read) for name, spectra in by_molecule.items())


def understood_by(prediction: Prediction, spectra: Sequence[Spectrum], read: Experiment) -> Understood:
    """Return what spectra of one molecule say beside its prediction. Raises InputError for two of one nucleus."""
    expected = expected_spectra(prediction)
    elements = frozenset(element for element, _ in expected.formula)
    own: list[Spectrum] = []
    losses: list[Remark] = []
    for spectrum in spectra:
        same = [other for other in own if other.nucleus == spectrum.nucleus]
        if same and not any(s.nucleus == spectrum.nucleus and s.shift_ppm is not None for s in prediction.shifts):
            losses.append(_left_out(spectrum))
            continue
        if same:
            raise InputError(
                f"{read.source}: two {spectrum.nucleus} spectra of {expected.molecule}, lines {same[0].line} and "
                f"{spectrum.line}",
                hint="keep one of them in the text; of another solvent, compare it on its own",
            )
        mapped, words = with_own_atoms(spectrum, prediction.molecule)
        own.append(with_kinds_of_letters(mapped, elements))
        if words:
            losses.append(Remark(text=words, is_doubt=True, nucleus=spectrum.nucleus))
    return Understood(
        prediction=prediction,
        expected=expected,
        experiment=replace(read, spectra=tuple(own)),
        losses=tuple(losses),
    )


def _left_out(spectrum: Spectrum) -> Remark:
    words = f"a second {spectrum.nucleus} spectrum (line {spectrum.line}) left out"
    return Remark(text=words, is_doubt=True, nucleus=spectrum.nucleus)


def _molecule(spectrum: Spectrum, names: Sequence[str], source: str) -> str:
    """Return the run's molecule that a spectrum is of."""
    if not spectrum.molecule and len(names) > 1:
        raise InputError(
            f"{source}, line {spectrum.line}: which of the run's {len(names)} molecules is meant?",
            hint="give --molecule NAME, or a table with a column molecule that has their names",
        )
    chosen = spectrum.molecule or names[0]
    if chosen not in names:
        raise InputError(
            f"{source}, line {spectrum.line}: the run has no molecule {chosen!r}", hint=f"it has {', '.join(names[:5])}"
        )
    return chosen


def _prediction(run: RunFolder, name: str) -> Prediction:
    molecule = next(m for m in run.molecules() if m.name == name)
    prediction = run.load_prediction(molecule)
    if prediction is None or prediction.status is not PredictionStatus.COMPLETED:
        why = "" if prediction is None or not prediction.messages else f": {prediction.messages[0]}"
        raise InputError(f"{name} has no result in {run.path}{why}", hint="repeat the run's command first")
    return prediction


def _of_solvent(spectrum: Spectrum, expected: ExpectedSpectra) -> list[Remark]:
    """Return that the spectrum is of another solvent than the prediction, if both are known."""
    if not spectrum.solvent or not expected.solvent:
        return []
    try:
        measured = find_solvent(spectrum.solvent.split("/")[0])
    except KeyError:
        return []
    if measured is None or measured.name == expected.solvent:
        return []
    words = f"measured in {spectrum.solvent}, predicted in {expected.solvent}"
    return [Remark(text=words, is_doubt=True, nucleus=spectrum.nucleus, line=spectrum.line)]


def without_foreign(spectrum: Spectrum, expected: ExpectedSpectra) -> tuple[Spectrum, list[str]]:
    """Return a spectrum without the lines that are of no molecule, and what was left out.

    Those that the author says are foreign go; those that only lie where the solvent has a line go if there are more
    signals than the molecule can have.
    """
    lines = foreign_lines(spectrum)
    named = {place for place in lines if is_foreign(spectrum.signals[place])}
    sets = sum(signal.nucleus == spectrum.nucleus for signal in expected.signals)
    is_surplus = len(spectrum.signals) - len(named) > sets
    gone = set(lines) if is_surplus else named
    words = [f"{spectrum.signals[place].shift_ppm:g} ppm left out: {lines[place]}" for place in sorted(gone)]
    signals = tuple(signal for place, signal in enumerate(spectrum.signals) if place not in gone)
    return replace(spectrum, signals=signals), words


def _said(remark: Remark) -> str:
    place = f" (line {remark.line})" if remark.line else ""
    return f"{remark.nucleus}: {remark.text}{place}"
