"""The pages of a run, beside its tables.

report.html          of a run of one molecule its page, else the index
report/<id>.html     the page of each molecule of several
ranking.html         after `qmnmr rank`, the last ranking

A page says in its head what it was made of. What is made of the same is not made again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from qmnmr.datatypes.measured.larmor import DEFAULT_PROTON_MHZ
from qmnmr.datatypes.measured.ranking import Ranking
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.programs.blas_threads import blas_threads
from qmnmr.records import encode, write_atomically
from qmnmr.report.page.index_page import IndexRow, index_page, index_row
from qmnmr.report.page.molecule_page import BesideExperiment, molecule_page
from qmnmr.report.page.ranking_page import ranking_page
from qmnmr.report.page.shell import assets_digest
from qmnmr.runs.folder.run_folder import RunFolder

MOST_UNASKED = 1000
"""Of a run with more molecules, pages are made only where they are asked for: they take 15 to 30 CPU ms each."""

_PAGES = "report"
_HEAD_BYTES = 1500


@blas_threads(1)
def write_pages(
    run: RunFolder,
    predictions: Iterable[Prediction],
    *,
    into: Path,
    experiments: Mapping[str, BesideExperiment] | None = None,
    proton_mhz: float = DEFAULT_PROTON_MHZ,
) -> Path:
    """Write the pages of a run's predictions into a folder; nothing is computed. Return the path of the one to open.

    Each prediction is taken once and not kept. `experiments` are by the names of molecules; `proton_mhz` is the field
    that spectra begin with.
    """
    beside = experiments or {}
    page = into / run.page.name
    is_alone = len(run.molecules()) == 1
    rows: list[IndexRow] = []
    for prediction in predictions:
        making = _Making(
            run, beside.get(prediction.molecule.name), proton_mhz, index="" if is_alone else f"../{page.name}"
        )
        if is_alone:
            making.write(prediction, page)
            continue
        path = _page_of(into, prediction.molecule.id)
        is_done = prediction.status is not PredictionStatus.UNFINISHED
        if is_done:
            path.parent.mkdir(parents=True, exist_ok=True)
            making.write(prediction, path)
        else:
            path.unlink(missing_ok=True)
        rows.append(index_row(prediction, address=f"{_PAGES}/{path.name}" if is_done else ""))
    if not is_alone:
        write_atomically(page, index_page(rows, run=_name(run)).encode())
    return page


def write_ranking(run: RunFolder, ranking: Ranking) -> Path:
    """Write the page of a ranking of a run's molecules, which leads to those that have pages. Return its path."""
    molecules = run.molecules()
    pages = {m.name: _page_of(run.path, m.id) for m in molecules} if len(molecules) > 1 else {}
    addresses = {name: path.relative_to(run.path).as_posix() for name, path in pages.items() if path.exists()}
    text = ranking_page(ranking, molecules, run=_name(run), addresses=addresses)
    write_atomically(run.ranking_page, text.encode())
    return run.ranking_page


def _name(run: RunFolder) -> str:
    """Return what the folder is called; bytes of its name that are no text are question marks."""
    return run.path.resolve().name.encode("utf-8", "replace").decode()


def _page_of(into: Path, molecule_id: str) -> Path:
    return into / _PAGES / f"{molecule_id}.html"


@dataclass(frozen=True, slots=True)
class _Making:
    """What a page is made of, beside its prediction."""

    run: RunFolder
    experiment: BesideExperiment | None
    proton_mhz: float
    index: str

    def write(self, prediction: Prediction, path: Path) -> None:
        """Write a page, unless it is there and made of the same."""
        said = repr((self.experiment, self.proton_mhz, self.index)).encode()
        digest = hashlib.sha256(b"\0".join((assets_digest(), encode(prediction), said))).hexdigest()
        if _digest_of(path) == digest:
            return
        page = molecule_page(
            prediction,
            geometries=self.run.molecule_folder(prediction.molecule).final_geometries(prediction),
            experiment=self.experiment,
            proton_mhz=self.proton_mhz,
            index=self.index,
            digest=digest,
        )
        write_atomically(path, page.encode())


def _digest_of(path: Path) -> str:
    """Return the digest that a page carries, "" where there is no such page."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except FileNotFoundError:
        return ""
    _, _, rest = head.partition(b'name="qmnmr-digest" content="')
    return rest.partition(b'"')[0].decode(errors="replace")
