"""Makes the pictures of docs/gallery.md: real runs of qmnmr, their pages, their plots. A few CPU minutes.

    python docs/make_gallery.py FOLDER      FOLDER keeps the runs, so that a second time computes nothing

With Chromium on PATH the pages are photographed too.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from importlib import resources
from pathlib import Path

from qmnmr.report.plots import plot_calibration
from qmnmr.shifts.scaling import shipped_factor_files

GALLERY = Path(__file__).parent / "gallery"
PAPER = (
    "1H NMR (400 MHz, CDCl3) δ 4.12 (q, J = 7.1 Hz, 2H), 2.05 (s, 3H), 1.26 (t, J = 7.1 Hz, 3H). "
    "13C NMR (101 MHz, CDCl3) δ 171.1, 60.4, 21.0, 14.2."
)
_CALIBRATION = ("calibration-13C.svg", "environments-13C.svg", "environments-1H.svg")
WINDOW = "1400,1150"


def main(folder: Path) -> None:
    shutil.rmtree(GALLERY, ignore_errors=True)
    GALLERY.mkdir()
    folder.mkdir(parents=True, exist_ok=True)
    run = folder / "ethyl-acetate"
    qmnmr("predict", "CCOC(C)=O", "--protocol", "draft", "--out", str(run))
    qmnmr("report", str(run), "--experiment", PAPER)
    page = run / "report.html"
    shutil.copy(page, GALLERY / "ethyl-acetate.html")
    _pictures_of(page.read_text(encoding="utf-8"))
    photograph(page, GALLERY / "page.png")
    qmnmr("compare", str(run), PAPER)
    shutil.copy(run / "comparison" / "comparison-13C.svg", GALLERY)
    _calibration(folder)


def qmnmr(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "qmnmr", *arguments], check=True)


def _pictures_of(page: str) -> None:
    """Write the drawings and spectra of a page as files of their own, with the page's style in them."""
    style = resources.files("qmnmr.report.page").joinpath("assets", "page.css").read_text(encoding="utf-8")
    for svg in re.findall(r'<svg[^>]*class="(?:structure|spectrum)".*?</svg>', page, re.DOTALL):
        nucleus = re.search(r'data-nucleus="(\w+)"', svg)
        stem = "structure" if nucleus is None else f"spectrum-{nucleus[1]}"
        head, sep, rest = svg.partition(">")
        if "xmlns=" not in head:
            head += ' xmlns="http://www.w3.org/2000/svg"'
        (GALLERY / f"{stem}.svg").write_text(f"{head}{sep}<style>{style}</style>{rest}\n", encoding="utf-8")


def _calibration(folder: Path) -> None:
    """Write how the shipped factors of the default protocol fit what was measured."""
    (standard,) = [f for f in shipped_factor_files() if (f.protocol, f.engine) == ("standard", "pyscf")]
    for path in plot_calibration(standard, folder):
        if path.name in _CALIBRATION:
            shutil.copy(path, GALLERY)


def photograph(page: Path, picture: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        return
    with tempfile.TemporaryDirectory() as profile:
        quiet = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
        said = ["--headless", "--no-sandbox", *quiet, "--hide-scrollbars", f"--user-data-dir={profile}"]
        command = [chromium, *said, f"--window-size={WINDOW}", f"--screenshot={picture}", page.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=300)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
