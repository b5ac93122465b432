from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import signal
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from qmnmr.cluster.scheduler import Scheduler
from qmnmr.cluster.sites.profile_files import load_profiles
from qmnmr.cluster.slurm.job_script import ScriptValues, render_script
from qmnmr.cluster.slurm.scheduler import SlurmScheduler
from qmnmr.shifts.scaling import shipped_factor_files
from tests.golden.interface.record import interface
from tests.support.console_blocks import PAGES, ROOT, console_blocks, qmnmr_command_lines
from tests.support.fake_scheduler import FakeScheduler


def test_the_command_line_reference_is_fresh(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs")
    generator = importlib.import_module("generate_cli_reference")
    assert generator.PAGE.read_text(encoding="utf-8") == generator.render_page(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([\w./-]+(?:\.md|/))\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_console_block_is_run_or_says_why_not(page):
    for block in console_blocks(page):
        found = re.fullmatch(r"run|run by (?P<test>tests/\S+\.py)|not run: (?P<why>\S.+)", block.mark)
        assert found, f"{block}: the line above says how it is run, or why not (tests/support/console_blocks.py)"
        if found["test"]:
            test = (ROOT / found["test"]).read_text(encoding="utf-8")
            commands = [command.split()[1] for command in block.commands if command.startswith("qmnmr ")]
            assert page.name in test or all(f'"{name}"' in test for name in commands), f"{block}: {found['test']}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_commands_and_options_that_a_page_names_exist(page):
    known = interface()["commands"]
    for words in qmnmr_command_lines(page):
        names = [" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in known]
        if not names and not (words and re.fullmatch("[a-z]+", words[0])):
            continue  # `qmnmr --debug …`
        assert names, f"{page.name}: there is no `qmnmr {words[0]}`"
        options = {word.partition("=")[0] for word in words if re.fullmatch(r"--[a-z][a-z0-9-]+(=.*)?", word)}
        missing = options - {*known[names[0]], "--help"}
        assert not missing, f"{page.name}: `qmnmr {names[0]}` has no {', '.join(missing)}"


def test_every_picture_of_the_gallery_is_shown():
    page = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    shown = {Path(name).name for name in re.findall(r"\]\((gallery/[^)]+)\)", page)}
    assert shown == {path.name for path in (ROOT / "docs" / "gallery").iterdir()}, "run docs/make_gallery.py"


def test_the_templates_page_names_the_variables_that_templates_get(monkeypatch):
    placed: set[str] = set()

    def render(_: object, **variables: object) -> str:
        placed.update(variables)
        return ""

    monkeypatch.setattr("jinja2.Template.render", render)
    site = load_profiles(())["generic"]
    values: dict[str, Any] = {field.name: None for field in dataclasses.fields(ScriptValues)}
    render_script(ScriptValues(**(values | {"site": site, "command": ""})))
    page = (ROOT / "docs" / "reference" / "templates.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page.partition("| variable |")[2], re.MULTILINE)) == placed
    blocks = re.findall(r"{% block (\w+) %}", (ROOT / "slurm_templates" / "array.sh.j2").read_text(encoding="utf-8"))
    assert set(re.findall(r"^\| `(\w+)` \|", page.partition("| variable |")[0], re.MULTILINE)) == set(blocks)


def test_the_skeleton_of_a_scheduler_has_what_runs_ask_for():
    page = (ROOT / "docs" / "how-to" / "add-a-scheduler.md").read_text(encoding="utf-8")
    skeleton, _ = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names = {"signal": signal}
    exec("from __future__ import annotations\n" + skeleton, names)  # noqa: S102  (our own page)
    shown = _members(names["PbsScheduler"])
    assert shown == _members(Scheduler) == _members(SlurmScheduler) == _members(FakeScheduler, at_least=shown)


def _members(scheduler, *, at_least=()):
    """Return the attributes of a scheduler, methods with their parameters; of one for tests only some."""
    attributes = {**inspect.get_annotations(scheduler), **vars(scheduler)}
    found = {n: inspect.signature(v) if inspect.isfunction(v) else None for n, v in attributes.items() if n[0] != "_"}
    return {name: value for name, value in found.items() if not at_least or name in at_least}


@pytest.mark.long
def test_the_figures_of_the_calibration_page_are_those_of_the_committed_data(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench" / "study")
    table = importlib.import_module("table")
    page = table.PAGE.read_text(encoding="utf-8")
    assert page == table.with_figures(page), "run `python bench/study/table.py --write`"


def test_the_figures_of_the_page_on_trust_are_those_of_the_committed_data(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench" / "study")
    trust = importlib.import_module("trust")
    page = trust.PAGE.read_text(encoding="utf-8")
    assert page == trust.with_figures(page), "run `python bench/study/trust.py --write`"


def test_the_page_of_faults_shows_what_was_seen_last(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench")
    faults = importlib.import_module("cluster_faults")
    page = (ROOT / "docs" / "explanation" / "cluster-faults.md").read_text(encoding="utf-8")
    assert f"\n\n{faults.table()}\n\n" in page, "run `python bench/cluster_faults.py table`"
    kept = faults.load(faults.STORED)
    assert set(kept) == set(faults.FAULTS), "run `python bench/cluster_faults.py run`"
    assert all(row["is right"] for row in kept.values())


def test_the_errors_that_the_readme_gives_are_those_of_the_shipped_factors():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    paragraph = readme[readme.index("\nProtocols: ") :].partition("\n\n")[0]
    files = {file.protocol: file for file in shipped_factor_files() if file.engine == "pyscf"}
    said = {
        ("standard", "13C"): r"DELTA50 (\d\.\d\d) and",
        ("standard", "1H"): r"DELTA50 \d\.\d\d and (\d\.\d{3}) ppm",
        ("reference", "1H"): r"`reference` \([^)]*: (\d\.\d{3}) ppm\)",
        ("draft", "13C"): r"`draft` \([^)]*: (\d\.\d\d) and",
        ("draft", "1H"): r"`draft` \([^)]* and (\d\.\d{3}) ppm\)",
    }
    for (protocol, nucleus), pattern in said.items():
        found = re.search(pattern, paragraph.replace("\n", " "))
        assert found, f"{protocol}, {nucleus}: {pattern}"
        digits = len(found[1].partition(".")[2])
        assert found[1] == f"{files[protocol].nuclei[nucleus].loo_rmsd_ppm:.{digits}f}", f"{protocol}, {nucleus}"


def test_a_release_says_the_same_version_and_date_everywhere():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    release = version.partition(".dev")[0]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (?P<version>\S+)(?: \((?P<date>\d{4}-\d\d-\d\d)\))?$", changelog, re.MULTILINE)
    assert newest
    assert newest["version"] == release
    if release == version:
        citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
        said = dict(re.findall(r"^(version|date-released): (\S+)$", citation, re.MULTILINE))
        assert said == {"version": version, "date-released": newest["date"]}
        minor = version.rpartition(".")[0]
        assert f"(now {minor})" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_the_admin_page_names_this_version():
    text = (ROOT / "docs" / "how-to" / "image.md").read_text(encoding="utf-8")
    assert set(re.findall(r"qmnmr[-/](\d+\.\d+\.\d+)", text)) == {metadata.version("qmnmr")}


@pytest.mark.parametrize("path", sorted((ROOT / "bench").glob("*.py")), ids=lambda path: path.stem)
def test_every_bench_has_measures_that_make_bench_can_ask_for(path: Path):
    if path.stem not in {"run", "store"}:
        assert re.search(r"^def measures\(\) -> list\[dict", path.read_text(encoding="utf-8"), re.MULTILINE)
