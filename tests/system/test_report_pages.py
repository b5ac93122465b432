"""The pages of a run in a browser: what a chemist does with them, and what they must not do."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Browser, Page
from tests.system.conftest import run_qmnmr

pytestmark = pytest.mark.chromium

GOLDEN = Path(__file__).parents[1] / "golden"
SCRIPT = "<script>alert(1)</script>"
PHENOL = (
    "1H NMR (400 MHz, CDCl3) δ 7.27-7.22 (m, 2H), 6.93 (t, J = 7.4 Hz, 1H), 6.83 (d, J = 8.0 Hz, 2H), 5.20 (br s, 1H). "
    "13C NMR (101 MHz, CDCl3) δ 155.4, 129.7, 120.8, 115.3."
)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A recorded run with its pages, phenol's with what was measured, and a ranking."""
    folder = Path(shutil.copytree(GOLDEN / "report" / "several", tmp_path_factory.mktemp("report") / "several"))
    done = run_qmnmr("report", str(folder), "--experiment", PHENOL, "--molecule", "phenol", folder=folder.parent)
    assert (done.code, done.stdout) == (0, f"{folder / 'report.html'}\n"), done.stderr
    done = run_qmnmr("rank", PHENOL, str(folder), folder=folder.parent)
    assert done.code == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def failed(tmp_path_factory) -> Path:
    """A run of which a molecule failed, with its pages."""
    folder = tmp_path_factory.mktemp("failed")
    done = run_qmnmr("report", str(GOLDEN / "runs" / "0.1.0" / "finished"), "--out", "pages", folder=folder)
    assert done.code == 0, done.stderr
    return folder / "pages"


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


def page_of(run: Path, name: str) -> Path:
    return next(p for p in (run / "report").iterdir() if p.name.startswith(name))


@pytest.fixture
def phenol(run, browser) -> Page:
    return browser.open(page_of(run, "phenol"))


def lit(page: Page, within: str) -> list[str]:
    return page.evaluate(f"[...document.querySelectorAll('{within} .lit')].map(e => e.textContent.trim())")


def rows_lit(page: Page) -> list[str]:
    return page.evaluate("[...document.querySelectorAll('#table tr.lit')].map(e => e.cells[1].textContent)")


def test_nothing_is_asked_of_a_network_and_nothing_is_complained_of(run, browser):
    pages = [run / "report.html", run / "ranking.html", *sorted((run / "report").iterdir())]
    assert len(pages) == 7
    for path in pages:
        page = browser.open(path)
        assert page.requests() == [path.as_uri()]
        assert page.complaints() == []


def test_a_script_for_a_name_is_text(run, browser):
    page = browser.open(page_of(run, "script"))
    assert page.evaluate("document.querySelector('h1').firstChild.textContent.trim()") == SCRIPT
    assert page.evaluate("document.title").startswith(SCRIPT)
    assert page.evaluate("document.scripts.length") == 2
    index = browser.open(run / "report.html")
    assert SCRIPT in index.evaluate("[...document.querySelectorAll('a')].map(a => a.textContent)")
    ranking = browser.open(run / "ranking.html")
    assert ranking.evaluate("document.scripts.length") == 2
    assert not any(e.get("method") == "Page.javascriptDialogOpening" for e in browser.events)


def test_the_numbers_are_those_of_shifts_csv(run, browser):
    with (run / "shifts.csv").open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream))
    for name, start in ((SCRIPT, "script"), ("phenol", "phenol"), ("a2", "a2")):
        wanted = [
            [row[c] for c in ("nucleus", "atoms", "label", "shift_ppm", "uncertainty_ppm", "shielding_ppm")]
            for row in table
            if row["molecule"] == name
        ]
        page = browser.open(page_of(run, start))
        heads = page.evaluate("[...document.querySelectorAll('#table th')].map(e => e.textContent)")
        cells = page.evaluate(
            "[...document.querySelectorAll('#table tbody tr')].map(r => [...r.cells].map((c, k) => "
            "k !== 1 && c.dataset.v !== undefined ? c.dataset.v : c.textContent))"
        )
        shown = [dict(zip(heads, row, strict=True)) for row in cells]
        names = ("nucleus", "atoms", "which", "δ / ppm", "±", "σ / ppm")
        assert [[row.get(n, "") for n in names] for row in shown] == wanted
        drawn = page.evaluate(
            "JSON.parse(document.getElementById('data').textContent).spectra.flatMap(s => s.signals.map(p => "
            "[p.row, p.ppm.toFixed(4), p.error_ppm.toFixed(4)]))"
        )
        assert sorted(drawn) == [[k, row[3], row[4]] for k, row in enumerate(wanted) if row[3]]


def test_a_peak_lights_its_row_and_its_atoms_and_the_other_way_round(phenol):
    row = "#table tbody tr[data-row='0']"
    atoms = phenol.evaluate(f'document.querySelector("{row}").cells[1].textContent')
    assert atoms == "1 5"
    phenol.hover("svg.spectrum[data-nucleus='13C'] [data-row='0'] .hit")
    assert rows_lit(phenol) == ["1 5"]
    assert sorted(lit(phenol, "svg.structure")) == ["1", "5"]
    phenol.hover("svg.structure text[data-a='3']")
    assert rows_lit(phenol) == ["3"]
    assert phenol.evaluate("document.querySelectorAll('svg.spectrum g.signal.lit').length") == 1
    phenol.hover(row)
    assert phenol.evaluate("document.querySelector('svg.spectrum g.signal.lit .atoms').textContent") == "1,5"
    assert phenol.evaluate("document.querySelectorAll('svg.sticks circle').length") == 2
    phenol.hover("h1")
    assert rows_lit(phenol) == []
    phenol.click(row)
    phenol.hover("h1")
    assert rows_lit(phenol) == ["1 5"]


def test_an_oxygen_without_a_row_lights_its_hydrogen(phenol):
    phenol.hover("svg.structure circle[data-a='7']")
    assert rows_lit(phenol) == ["13"]


def test_a_measured_signal_lights_what_it_was_matched_to(phenol):
    assert phenol.evaluate("document.querySelectorAll('svg.spectrum[data-nucleus=\"1H\"] g.measured').length") == 4
    phenol.hover("svg.spectrum[data-nucleus='13C'] g.measured .hit")
    assert rows_lit(phenol) == ["6"]
    differences = phenol.evaluate("document.querySelector(\"#table tr[data-row='3']\").cells[6].textContent")
    assert re.fullmatch(r"[+-]\d\.\d\d", differences)


def test_zoom_by_dragging_and_back(phenol):
    selector = "svg.spectrum[data-nucleus='1H']"
    _, y = phenol.middle(selector)
    left, width, high, low = phenol.evaluate(
        f'(() => {{ const e = document.querySelector("{selector}"), r = e.getBoundingClientRect();'
        " return [r.x, r.width, Number(e.dataset.high), Number(e.dataset.low)]; })()"
    )

    def place(ppm: float) -> float:
        return left + 14 + (high - ppm) / (high - low) * (width - 28)

    phenol.drag((place(7.5), y), (place(6.5), y))
    now = phenol.evaluate(f'Number(document.querySelector("{selector}").dataset.high)')
    assert now == pytest.approx(7.5, abs=0.02)
    assert phenol.evaluate(f'document.querySelectorAll("{selector} g.signal").length') == 3
    phenol.click(selector, times=2)
    assert phenol.evaluate(f'Number(document.querySelector("{selector}").dataset.high)') == high
    phenol.click("figure button[data-zoom='in']")
    assert phenol.evaluate(f'Number(document.querySelector("{selector}").dataset.high)') < high


def test_field_and_line_width_are_live(phenol):
    def curve() -> str:
        return phenol.evaluate("document.querySelector('.curve').getAttribute('d')")

    def slide(name: str, value: str) -> str:
        return phenol.evaluate(
            f"(() => {{ const e = document.getElementById('{name}'); e.value = {value};"
            f" e.dispatchEvent(new Event('input')); return document.getElementById('{name}-said').value; }})()"
        )

    before = curve()
    assert slide("field", "e.max") == "1200 MHz"
    said = phenol.evaluate("[...document.querySelectorAll('.frequency')].map(e => e.textContent)")
    assert said == ["1200 MHz", "302 MHz"]
    sharper = curve()
    assert slide("width", "40") == "16 Hz"
    assert len({before, sharper, curve()}) == 3


def test_the_table_sorts_by_a_column_and_back(phenol):
    def shifts() -> list[float]:
        cells = phenol.evaluate("[...document.querySelectorAll('#table tbody tr')].map(r => r.cells[3].dataset.v)")
        return [float(cell) for cell in cells]

    phenol.click("#table th:nth-child(4) button")
    assert shifts() == sorted(shifts())
    phenol.click("#table th:nth-child(4) button")
    assert shifts() == sorted(shifts(), reverse=True)


def test_conformers_turn_and_are_chosen(run, browser):
    page = browser.open(page_of(run, "difluoroethanol"))
    sticks = "document.querySelector('svg.sticks').innerHTML"
    before = page.evaluate(sticks)
    x, y = page.middle("svg.sticks")
    page.drag((x, y), (x + 60, y + 20))
    turned = page.evaluate(sticks)
    page.click("tr[data-conformer='1']")
    assert len({before, turned, page.evaluate(sticks)}) == 3
    label = page.evaluate("document.querySelector(\"tr[data-conformer='1']\").cells[0].textContent")
    assert page.evaluate("document.getElementById('shown').textContent").startswith(label)
    assert page.evaluate("document.querySelector('svg.sticks').dataset.conformer") == label


def test_the_paragraph_is_copied(phenol, browser):
    browser.call("Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
    phenol.call("Page.bringToFront")
    phenol.click("#copy")
    phenol.evaluate("new Promise(done => setTimeout(done, 100))")
    copied = phenol.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("1H NMR (400 MHz, CDCl3, calc.) δ ")
    assert phenol.evaluate("document.getElementById('copy').textContent") == "copied"


def test_without_scripts_all_that_can_be_read_is_there(run, browser):
    scripted = browser.open(page_of(run, "phenol"))
    labels = "[...document.querySelectorAll('svg.spectrum .label')].map(e => e.textContent)"
    drawn = sorted(scripted.evaluate(labels))
    bare = browser.open(page_of(run, "phenol"), scripts=False)
    text = bare.source()
    static = [re.sub(r"<[^>]*>", "", label) for label in re.findall(r'<text class="label"[^>]*>(.*?)</text>', text)]
    assert sorted(static) == drawn
    assert not bare.is_shown("#field")
    assert bare.is_shown("#table")
    assert bare.is_shown("svg.sticks path")


@pytest.mark.parametrize("width", [400, 1400])
def test_no_page_is_wider_than_the_window(run, failed, browser, width):
    pages = (run / "report.html", run / "ranking.html", page_of(run, "phenol"), page_of(run, "a2"))
    for path in (*pages, failed / "report.html", page_of(failed, "O-_FH")):
        page = browser.open(path, width=width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_index_finds_a_molecule_and_leads_to_its_page(run, browser):
    page = browser.open(run / "report.html")
    shown = "[...document.querySelectorAll('tbody tr')].filter(r => !r.hidden).map(r => r.cells[1].innerText)"
    assert len(page.evaluate(shown)) == 5
    page.evaluate(
        "(() => { const f = document.getElementById('find'); f.value = 'PHEN';"
        " f.dispatchEvent(new Event('input')); })()"
    )
    assert page.evaluate(shown) == ["phenol\nOc1ccccc1"]
    address = page.evaluate("document.querySelector('tbody tr:not([hidden]) a').href")
    assert address == page_of(run, "phenol").as_uri()


def test_a_failed_molecule_says_why(failed, browser):
    index = browser.open(failed / "report.html")
    states = index.evaluate("[...document.querySelectorAll('tbody tr')].map(r => r.dataset.state)")
    assert states == ["completed", "failed"]
    page = browser.open(page_of(failed, "O-_FH"))
    text = page.evaluate("document.body.innerText")
    assert "FAILED" in text
    assert "no conformer came through" in text
    assert page.evaluate("document.querySelectorAll('svg.structure, svg.spectrum').length") == 1


def test_pages_are_printed(run, browser, tmp_path):
    for number, path in enumerate((page_of(run, "phenol"), run / "report.html", run / "ranking.html")):
        printed = browser.open(path).pdf(tmp_path / f"{number}.pdf").read_bytes()
        assert printed.startswith(b"%PDF")
        assert len(printed) > 10_000


def test_a_run_with_couplings_shows_its_multiplets(browser, tmp_path):
    recorded = GOLDEN / "report" / "several"
    words = ("predict", "CCO", "--protocol", "draft", "--engine", "pyscf", "--couplings", "karplus", "--cores", "1")
    done = run_qmnmr(*words, "--reuse", str(recorded), "--out", "coupled", "--yes", folder=tmp_path)
    assert done.code == 0, done.stderr
    page = browser.open(tmp_path / "coupled" / "report.html")
    assert page.complaints() == []
    shapes = page.evaluate("[...document.querySelectorAll('#table tbody tr')].map(r => r.cells[5].textContent)")
    assert [shape.partition(",")[0] for shape in shapes] == ["", "", "t", "q", "s"]
    lines = page.evaluate("JSON.parse(document.getElementById('data').textContent).spectra[0].signals[1].lines")
    spacing = float(shapes[3].partition("J = ")[2].partition(" ")[0])
    near = [sum(size for hz, size in lines if abs(hz - place * spacing) < 1.0) for place in (-1.5, -0.5, 0.5, 1.5)]
    assert near == pytest.approx([0.25, 0.75, 0.75, 0.25], abs=0.05)
    assert sum(size for _, size in lines) == pytest.approx(2.0, abs=0.02)
    assert "Couplings of hydrogens are in it" in page.evaluate("document.body.innerText")
