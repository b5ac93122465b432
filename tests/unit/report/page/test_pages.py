import base64
import hashlib
import itertools
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmnmr.calibration.experiment_input import read_experiment
from qmnmr.report.page.index_page import index_page, index_row
from qmnmr.report.page.molecule_page import BesideExperiment, molecule_page
from qmnmr.report.page.shell import embedded_json
from qmnmr.report.page.si_text import si_text
from qmnmr.report.page.spectra import drawn_spectra
from qmnmr.report.page.spectrum_svg import spread, tick_step
from qmnmr.runs.folder.run_folder import RunFolder

GOLDEN = Path(__file__).parents[3] / "golden"
RECORDED = RunFolder(GOLDEN / "report" / "several")
OLD = RunFolder(GOLDEN / "runs" / "0.1.0" / "finished")
SCRIPT = "<script>alert(1)</script>"


def predicted(name, run=RECORDED):
    molecule = next(m for m in run.molecules() if m.name == name)
    prediction = run.load_prediction(molecule)
    assert prediction is not None
    return prediction, run.molecule_folder(molecule).final_geometries(prediction)


def page(name):
    prediction, geometries = predicted(name)
    return molecule_page(prediction, geometries=geometries, digest="0")


def test_a_page_is_the_same_whenever_it_is_made():
    assert page("phenol") == page("phenol")


def test_a_page_is_small_and_asks_nothing_of_others():
    text = page("difluoroethanol")
    assert len(text.encode()) < 150_000
    assert not re.findall(r"""(?:src|href)=|url\((?!#)|@import|fetch\(|XMLHttp""", text.replace("url(#plot-${", ""))


def test_the_policy_allows_the_script_and_the_style_of_the_page_alone():
    text = page("phenol")
    (said,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    policy = said.replace("&#39;", "'")
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (script, style)]
    assert policy.startswith(
        f"default-src 'none'; script-src 'sha256-{digests[0]}'; style-src 'sha256-{digests[1]}'; base-uri 'none'"
    )
    assert "unsafe" not in policy
    assert " style=" not in text


def test_a_name_is_never_markup():
    prediction, _ = predicted(SCRIPT)
    index = index_page([index_row(prediction, address="report/x.html")], run="<b>run</b>")
    for text in (page(SCRIPT), index):
        assert SCRIPT not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<b>" not in index


def test_what_an_author_wrote_beside_a_signal_is_never_markup():
    prediction, geometries = predicted("phenol")
    read = read_experiment("nucleus,shift_ppm,label\n13C,155.4,</script><img src=x>\n13C,129.7,<b>\n")
    beside = BesideExperiment(source="<i>", spectra=read.spectra, pairs=(), errors=(), remarks=("<u>",))
    text = molecule_page(prediction, geometries=geometries, experiment=beside)
    assert "155.4" in text
    assert text.count("</script>") == 2
    assert not re.findall(r"<(?:img|b|i|u)>|<img", text.replace('<b class="number">', ""))


def test_what_is_embedded_can_not_end_its_element():
    text = embedded_json({"name": "</script><!--\u2028&"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"name": "</script><!--\u2028&"}


def test_signals_are_those_of_the_table():
    prediction, _ = predicted("phenol")
    carbon = next(s for s in drawn_spectra(prediction, proton_mhz=400.0) if s.nucleus == "13C")
    high, low = carbon.view_ppm
    for signal in carbon.signals:
        shift = prediction.shifts[signal.row]
        assert signal.ppm == round(shift.shift_ppm, 4)
        assert low < signal.ppm - signal.error_ppm < signal.ppm + signal.error_ppm < high
    assert (carbon.solvent, carbon.solvent_ppm) == ("CDCl3", (77.16,))
    assert carbon.frequency_mhz == pytest.approx(100.58, abs=0.01)


def test_a_nucleus_without_calibrated_shifts_has_no_spectrum():
    prediction, _ = predicted("difluoroethanol")
    assert "19F" in {s.nucleus for s in prediction.shifts}
    assert [s.nucleus for s in drawn_spectra(prediction, proton_mhz=400.0)] == ["1H", "13C"]


def test_the_paragraph_says_calc_and_is_read_back():
    prediction, _ = predicted("phenol")
    text = si_text(prediction, proton_mhz=500.0)
    assert text.startswith("1H NMR (500 MHz, CDCl3, calc.) δ ")
    assert "\n13C{1H} NMR (126 MHz, CDCl3, calc.) δ " in text
    assert "exchangeable" in text
    spectra = read_experiment(text).spectra
    for spectrum, decimals in zip(spectra, (2, 1), strict=True):
        shifts = [s for s in prediction.shifts if s.nucleus == spectrum.nucleus]
        wanted = sorted((round(s.shift_ppm, decimals) for s in shifts), reverse=True)
        assert [s.shift_ppm for s in spectrum.signals] == wanted
        if spectrum.nucleus == "1H":
            assert sum(s.nuclei or 0 for s in spectrum.signals) == 6


def test_a_failed_molecule_has_a_page_and_no_paragraph():
    prediction, geometries = predicted("[O-][FH+]", OLD)
    text = molecule_page(prediction, geometries=geometries)
    assert "FAILED" in text
    assert "no conformer came through" in text
    assert si_text(prediction) == ""


@given(st.lists(st.floats(0, 900), min_size=1, max_size=40))
def test_labels_are_apart_and_in_order(wanted):
    places = spread(sorted(wanted), width=12.0, low=20.0, high=940.0)
    assert len(places) == len(wanted)
    assert all(b - a >= 12.0 - 1e-6 for a, b in itertools.pairwise(places))
    assert min(places) >= 20.0 - 1e-6
    assert max(places) <= 940.0 + 1e-6


def test_a_label_with_room_stays_where_it_is():
    assert spread([100.0, 200.0, 203.0], width=12.0, low=0.0, high=900.0) == pytest.approx([100.0, 195.5, 207.5])


@given(st.floats(0.01, 500))
def test_an_axis_has_at_most_twelve_parts(span):
    step = tick_step(span)
    assert span / step <= 12 + 1e-6
    assert f"{step:.0e}"[0] in "125"
