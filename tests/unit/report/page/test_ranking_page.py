import re
from pathlib import Path

import pytest

from qmnmr.calibration.ranking import rank
from qmnmr.report.measured.ranking_report import percent
from qmnmr.report.page.ranking_page import ranking_page
from qmnmr.runs.folder.run_folder import RunFolder

RUN = Path(__file__).parents[3] / "golden" / "report" / "several"
ETHANOL = "1H NMR (400 MHz, CDCl3) δ 3.72 (q, 2H), 2.61 (s, 1H), 1.23 (t, 3H). 13C NMR (101 MHz, CDCl3) δ 58.3, 18.4."


@pytest.fixture(scope="module")
def ranking():
    return rank(RUN, ETHANOL)


@pytest.fixture(scope="module")
def page(ranking):
    return ranking_page(ranking, RunFolder(RUN).molecules(), run="<b>", addresses={"phenol": "report/phenol.html"})


def test_candidates_stand_with_their_probabilities_and_that_of_none(ranking, page):
    said = [percent(c.probability) for c in ranking.candidates] + [percent(ranking.none_probability)]
    shown = [text.replace("&lt;", "<").replace("&gt;", ">") for text in re.findall(r"<strong>([^<]*\d)</strong>", page)]
    assert shown[: len(said)] == said
    assert page.count('class="thumb"') == len(ranking.candidates)


def test_names_are_text_and_pages_are_linked(page):
    assert "<script>alert" not in page
    assert "<b>" not in page
    assert re.findall(r'href="([^"]*)"', page) == ["report/phenol.html"]


def test_each_difference_is_drawn(ranking, page):
    assert len(re.findall(r'<g class="difference', page)) == sum(len(c.pairs) for c in ranking.candidates)
    first = ranking.candidates[0].pairs[0]
    assert f"measured {first.measured_ppm:g}, difference {first.difference_ppm:+.2f} ppm" in page


def test_what_has_no_part_is_named(ranking, page):
    assert ranking.impossible
    assert ranking.impossible[0].what == 'acetone & "co"'
    assert "<h2>Can&#39;t be</h2>" in page or "<h2>Can't be</h2>" in page
    assert "acetone &amp; &#34;co&#34;" in page
