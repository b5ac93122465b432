"""Candidates on the same terms: assignments, constitutions, signals that count for all or for none."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from scipy import stats

import qmnmr
from qmnmr.calibration.ranking import rank_predictions
from qmnmr.datatypes.coupling import Coupling, CouplingClass, CouplingSource
from qmnmr.datatypes.measured.experiment import Experiment, MeasuredSignal, Spectrum
from qmnmr.datatypes.measured.ranking import COUPLINGS, Ranking
from qmnmr.datatypes.shift import ChemicalShift, Prediction, PredictionStatus
from qmnmr.errors import InputError
from qmnmr.report.measured.ranking_report import percent, ranking_object, ranking_text
from qmnmr.report.plots import plot_ranking
from qmnmr.shifts.scaling import shipped_factor_files
from qmnmr.structures import molecules_from_smiles

FACTORS = next(f for f in shipped_factor_files() if f.protocol == "standard").nuclei
SYN, ANTI = "C[C@H](O)[C@H](C)C(C)=O", "C[C@H](O)[C@@H](C)C(C)=O"


def prediction(name: str, smiles: str, carbons: dict[int, float]) -> Prediction:
    """Return a prediction with these 13C shifts by atom, counted from 1."""
    (molecule,) = molecules_from_smiles([(name, smiles)], source="test")
    shifts = tuple(
        ChemicalShift(
            atom_indices=(atom - 1,),
            element="C",
            nucleus="13C",
            shielding_ppm=190.0 - value,
            shift_ppm=value,
            uncertainty_ppm=1.5,
        )
        for atom, value in carbons.items()
    )
    return Prediction(molecule=molecule, status=PredictionStatus.COMPLETED, messages=(), shifts=shifts)


def carbons(*values: tuple[float, tuple[int, ...]]) -> Experiment:
    signals = tuple(MeasuredSignal(low_ppm=v, high_ppm=v, atoms=atoms) for v, atoms in values)
    return Experiment(source="test", spectra=(Spectrum(nucleus="13C", signals=signals),))


RIGHT = {1: 21.0, 2: 68.0, 4: 53.0, 5: 13.0, 6: 212.0, 7: 29.0}
WRONG = {1: 24.5, 2: 64.0, 4: 50.0, 5: 9.0, 6: 212.0, 7: 29.5}


def test_atoms_are_those_of_the_first_candidate_for_all_of_one_constitution() -> None:
    measured = carbons((21.3, (1,)), (67.5, (2,)), (53.4, (4,)), (12.8, (5,)), (211.5, (6,)), (29.2, (7,)))
    other = prediction("anti", "CC(=O)[C@H](C)[C@H](C)O", {1: 29.5, 2: 212.0, 4: 50.0, 5: 9.0, 6: 64.0, 7: 24.5})
    found = rank_predictions([prediction("syn", SYN, RIGHT), other], measured, FACTORS)
    assert [c.name for c in found.candidates] == ["syn", "anti"]
    assert [pair.atoms for pair in found.candidates[1].pairs] == [(7,), (6,), (4,), (5,), (2,), (1,)]
    assert all(pair.is_assigned for c in found.candidates for pair in c.pairs)


def test_candidates_of_two_constitutions_are_all_matched() -> None:
    measured = carbons((21.3, (1,)), (67.5, (2,)), (53.4, (4,)), (12.8, (5,)), (211.5, (6,)), (29.2, (7,)))
    other = prediction("ester", "CCCCOC(C)=O", {1: 13.7, 2: 19.1, 3: 30.7, 4: 64.3, 6: 171.0, 7: 20.9})
    found = rank_predictions([prediction("syn", SYN, RIGHT), other], measured, FACTORS)
    assert not any(pair.is_assigned for c in found.candidates for pair in c.pairs)
    assert "the candidates differ in constitution: assignments were not used for any of them" in found.warnings


def test_the_signals_that_decide_are_told_with_both_predictions() -> None:
    measured = carbons(*((value, ()) for value in RIGHT.values()))
    found = rank_predictions([prediction("anti", ANTI, WRONG), prediction("syn", SYN, RIGHT)], measured, FACTORS)
    assert found.candidates[0].name == "syn"
    strongest, least = found.deciding[0], found.deciding[-1]
    assert strongest.evidence > abs(least.evidence)
    assert strongest.first.predicted_ppm == strongest.measured_ppm
    assert (strongest.second.predicted_ppm, least.second.predicted_ppm) == (24.5, 212.0)


def test_a_candidate_without_result_is_not_lost() -> None:
    (molecule,) = molecules_from_smiles([("anti", ANTI)], source="test")
    failed = Prediction(molecule=molecule, status=PredictionStatus.FAILED, messages=("no conformer was left",))
    measured = carbons(*((value, ()) for value in RIGHT.values()))
    found = rank_predictions([prediction("syn", SYN, RIGHT), failed], measured, FACTORS)
    assert [(entry.what, entry.why) for entry in found.unknown] == [("anti", "no conformer was left")]


def test_what_is_left_of_several_candidates_has_a_probability_and_a_single_one_none() -> None:
    measured = carbons(*((value, ()) for value in RIGHT.values()))
    symmetric = prediction("symmetric", "CC(C)OC(C)C", {1: 23.0, 2: 68.0})  # two signals, six are measured
    found = rank_predictions([prediction("syn", SYN, RIGHT), symmetric], measured, FACTORS)
    assert found.candidates[0].probability is not None
    assert found.none_probability == pytest.approx(1.0 - found.candidates[0].probability)
    assert "only 2 predicted shifts" in found.impossible[0].why
    alone = rank_predictions([prediction("syn", SYN, RIGHT)], measured, FACTORS)
    assert alone.candidates[0].probability is alone.none_probability is None


def test_nothing_but_exchangeable_signals_is_nothing_to_rank_by() -> None:
    one = prediction("a", "CCO", {1: 18.0, 2: 60.0})
    marked = [
        Prediction(
            molecule=one.molecule,
            status=one.status,
            messages=(),
            shifts=tuple(
                ChemicalShift(
                    atom_indices=s.atom_indices,
                    element="C",
                    nucleus="13C",
                    shielding_ppm=s.shielding_ppm,
                    shift_ppm=s.shift_ppm,
                    uncertainty_ppm=1.5,
                    flags=("bonded to Br",),
                )
                for s in one.shifts
            ),
        )
    ]
    with pytest.raises(InputError, match="nothing is left to compare"):
        rank_predictions(marked, carbons((18.0, ()), (60.0, ())), FACTORS)


def test_two_spectra_of_two_molecules_are_refused() -> None:
    spectra = tuple(
        Spectrum(nucleus="13C", signals=(MeasuredSignal(low_ppm=1.0, high_ppm=1.0),), molecule=name) for name in "ab"
    )
    with pytest.raises(InputError, match="spectra of 2 molecules"):
        rank_predictions([prediction("a", "CCO", {1: 18.0})], Experiment(source="x", spectra=spectra), FACTORS)


def _moving(made: Prediction, by_ppm: float) -> Prediction:
    """Return a prediction whose shifts of two conformers lie apart."""
    shifts = tuple(replace(s, weight_moves_ppm=(by_ppm, -by_ppm)) for s in made.shifts)
    return replace(made, shifts=shifts)


def test_conformer_weights_that_count_make_a_range_and_may_change_the_winner() -> None:
    measured = carbons(*((value, ()) for value in RIGHT.values()))
    near = {atom: value + 0.6 * (-1) ** atom for atom, value in RIGHT.items()}
    rigid = [prediction("syn", SYN, RIGHT), prediction("anti", ANTI, near)]
    found = rank_predictions(rigid, measured, FACTORS)
    for candidate in found.candidates:
        assert candidate.probability_range == pytest.approx((candidate.probability,) * 2)
    assert [c.first_share for c in found.candidates] == [1.0, 0.0]
    assert "range" not in ranking_text(found)

    moved = rank_predictions([_moving(rigid[0], 2.0), rigid[1]], measured, FACTORS)
    first, second = moved.candidates
    assert first.probability == pytest.approx(found.candidates[0].probability)
    low, high = first.probability_range or (0.0, 0.0)
    assert low < high
    assert low < (first.probability or 0.0)
    assert 0.0 < second.first_share < 0.9
    assert first.first_share + second.first_share == pytest.approx(1.0)
    assert f"the first may change: anti ({percent(second.first_share)} % of the draws)" in ranking_text(moved)
    assert ranking_object(moved)["candidates"][0]["probability_range"] == pytest.approx([low, high], abs=1e-6)


def _with_hydrogens(made: Prediction, hydrogens: dict[int, float]) -> Prediction:
    """Return a prediction with 1H shifts too."""
    shifts = tuple(
        replace(made.shifts[0], atom_indices=(a - 1,), element="H", nucleus="1H", shift_ppm=v, uncertainty_ppm=0.1)
        for a, v in hydrogens.items()
    )
    return replace(made, shifts=(*made.shifts, *shifts))


def test_a_spectrum_that_was_not_measured_and_tells_them_apart_is_named() -> None:
    measured = carbons(*((value, ()) for value in RIGHT.values()))
    pair = [prediction("syn", SYN, RIGHT), prediction("anti", ANTI, WRONG)]
    assert rank_predictions(pair, measured, FACTORS).next_spectra == ()
    syn = _with_hydrogens(pair[0], {8: 1.20, 11: 3.9, 12: 2.60})
    anti = _with_hydrogens(pair[1], {8: 1.25, 11: 4.4, 12: 2.65})
    found = rank_predictions([syn, anti], measured, FACTORS)
    (one,) = found.next_spectra
    assert (one.nucleus, one.signals, one.first_ppm, one.second_ppm) == ("1H", 1, 3.9, 4.4)
    assert one.error_bars == pytest.approx(0.5 / (0.1 * 2**0.5))
    text = ranking_text(found)
    assert "A 1H spectrum would help: 1 signal more than two error bars apart" in text
    assert "(furthest apart: syn 3.90, anti 4.40 ppm, 3.5 error bars)" in text
    assert ranking_object(found)["next_spectra"][0]["signals_apart"] == 1
    alike = _with_hydrogens(pair[1], {8: 1.25, 11: 3.95, 12: 2.65})
    assert "would hardly tell them apart" in ranking_text(rank_predictions([syn, alike], measured, FACTORS))


def _coupled(made: Prediction, hz: float) -> Prediction:
    """Return a prediction with two 1H shifts that share a coupling."""
    both = _with_hydrogens(made, {12: 3.9, 14: 2.6})
    coupling = Coupling(
        atom_pairs=((11, 13),),
        elements=("H", "H"),
        n_bonds=3,
        coupling_class=CouplingClass.VICINAL_SP3,
        coupling_hz=hz,
        uncertainty_hz=1.2,
        source=CouplingSource.KARPLUS,
    )
    return replace(both, couplings=(coupling,))


def test_couplings_count_where_that_is_asked_for() -> None:
    signals = [MeasuredSignal(low_ppm=v, high_ppm=v) for v in RIGHT.values()]
    hydrogens = [
        MeasuredSignal(low_ppm=v, high_ppm=v, nuclei=1, multiplicity="d", couplings_hz=(8.5,)) for v in (3.9, 2.6)
    ]
    measured = Experiment(
        source="test",
        spectra=(Spectrum(nucleus="13C", signals=tuple(signals)), Spectrum(nucleus="1H", signals=tuple(hydrogens))),
    )
    pair = [_coupled(prediction("syn", SYN, RIGHT), 2.8), _coupled(prediction("anti", ANTI, RIGHT), 8.9)]
    without = rank_predictions(pair, measured, FACTORS)
    assert without.couplings == 0
    assert without.candidates[0].probability == pytest.approx(without.candidates[1].probability)
    assert "couplings" not in ranking_text(without)

    found = rank_predictions(pair, measured, FACTORS, use_couplings=True)
    assert (found.couplings, [c.name for c in found.candidates]) == (2, ["anti", "syn"])
    # Both signals name the same coupling; Student's t with 5 degrees of freedom, 1.2 Hz alone and with 3 Hz in squares.
    scale = math.sqrt(0.6)
    wide = math.hypot(1.2, 3.0)
    logs = [[stats.t.logpdf(e, df=5, scale=scale * width) for width in (1.2, wide)] for e in (0.4, -5.7)]
    for candidate, (right, other) in zip(found.candidates, logs, strict=True):
        assert candidate.evidence_by_nucleus[COUPLINGS] == pytest.approx(2 * (right - other))
        assert candidate.evidence == pytest.approx(sum(candidate.evidence_by_nucleus.values()))
    assert found.candidates[0].probability_range == pytest.approx((found.candidates[0].probability,) * 2)
    assert "2 couplings of hydrogens counted too (evidence: anti +" in ranking_text(found)
    assert ranking_object(found)["couplings"] == 2


def test_couplings_that_are_asked_for_and_not_there_are_refused() -> None:
    measured = carbons(*((value, ()) for value in RIGHT.values()))
    with pytest.raises(InputError, match="no measured coupling has a prediction") as caught:
        rank_predictions([prediction("syn", SYN, RIGHT)], measured, FACTORS, use_couplings=True)
    assert "with their J" in caught.value.hint


def _two_esters() -> Ranking:
    right = prediction("right", "CCOC(C)=O", {1: 14.2, 2: 60.4, 4: 171.1, 5: 21.0})
    other = prediction("other", "COC(=O)CC", {1: 51.5, 3: 174.5, 5: 27.4, 6: 9.2})
    measured = carbons((171.1, ()), (60.4, ()), (21.0, ()), (14.2, ()))
    return rank_predictions([right, other], measured, FACTORS)


def test_a_ranking_becomes_a_table_with_none_of_these_last() -> None:
    found = _two_esters()
    frame = qmnmr.ranking_frame(found)
    assert list(frame["candidate"]) == ["right", "other", "none of these"]
    assert frame["probability"].sum() == pytest.approx(1.0)
    assert frame.loc[0, "n_13C"] == 4
    assert frame.loc[1, "mae_ppm_13C"] == pytest.approx(found.candidates[1].errors[0].mae_ppm)
    alone = prediction("right", "CCOC(C)=O", {1: 14.2, 2: 60.4, 4: 171.1, 5: 21.0})
    single = qmnmr.ranking_frame(rank_predictions([alone], carbons((60.4, ())), FACTORS))
    assert list(single["candidate"]) == ["right"]
    assert single["probability"].isna().all()


def test_a_ranking_is_drawn_for_each_nucleus(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    paths = plot_ranking(_two_esters(), tmp_path)
    assert [p.name for p in paths] == ["ranking-13C.png", "ranking-13C.svg"]
    assert all(p.stat().st_size > 5000 for p in paths)
    text = paths[1].read_text(encoding="utf-8")
    assert "<svg" in text
