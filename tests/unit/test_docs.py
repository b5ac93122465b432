from __future__ import annotations

import dataclasses
import importlib.util
import re
from pathlib import Path

import pytest

from qmnmr.cluster.sites.profile_files import load_profiles
from qmnmr.cluster.slurm.job_script import ScriptValues, render_script

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_command_line_reference_is_fresh():
    spec = importlib.util.spec_from_file_location("generator", ROOT / "docs" / "generate_cli_reference.py")
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert generator.PAGE.read_text(encoding="utf-8") == generator.render_page(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([\w./-]+(?:\.md|/))\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_templates_page_names_the_variables_that_templates_get(monkeypatch):
    placed = set()
    monkeypatch.setattr("jinja2.Template.render", lambda _, **variables: placed.update(variables) or "")
    site = load_profiles(())["generic"]
    values = {field.name: None for field in dataclasses.fields(ScriptValues)}
    render_script(ScriptValues(**(values | {"site": site})))
    page = (ROOT / "docs" / "reference" / "templates.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page.partition("| variable |")[2], re.MULTILINE)) == placed
    blocks = re.findall(r"{% block (\w+) %}", (ROOT / "slurm_templates" / "array.sh.j2").read_text(encoding="utf-8"))
    assert set(re.findall(r"^\| `(\w+)` \|", page.partition("| variable |")[0], re.MULTILINE)) == set(blocks)


@pytest.mark.long
def test_the_figures_of_the_calibration_page_are_those_of_the_committed_data(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench" / "study")
    table = importlib.import_module("table")
    page = table.PAGE.read_text(encoding="utf-8")
    assert page == table.with_figures(page), "run `python bench/study/table.py --write`"
