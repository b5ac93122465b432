from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from qmnmr.cluster.sites.profile_files import load_profiles
from qmnmr.cluster.sites.site_profile import Container, SiteProfile
from qmnmr.cluster.slurm.job_script import ScriptValues, render_script, shell_words, template_folder
from qmnmr.errors import SiteError
from qmnmr.image.image_file import StatedImage
from qmnmr.programs.container import ISOLATION

SITES = load_profiles(())
IMAGES = tuple(
    StatedImage(architecture=name, path=f"/apps/it's {name}.sif", sha256="0" * 64, size_bytes=400)
    for name in ("x86_64", "aarch64")
)


def values(site: SiteProfile, folder: Path = Path("/runs/a b/jobs/001")) -> ScriptValues:
    return ScriptValues(
        site=site,
        directives="#SBATCH --array=0-2%3",
        command="/venv/bin/python -u -m submitit.core._submit '/runs/a b/jobs/001'",
        folder=folder,
        run_folder=folder.parent.parent,
        task_count=3,
        scratch_folders=shell_words(site.scratch.folders),
        scratch_needed_mb=500,
        grace_seconds=20,
        images=() if site.container is None else IMAGES,
    )


@pytest.mark.parametrize("name", sorted(SITES))
def test_scripts_of_all_sites_are_sound_bash(name: str, tmp_path: Path) -> None:
    script = tmp_path / "script.sh"
    script.write_text(render_script(values(SITES[name])))
    subprocess.run(["bash", "-n", script], check=True)
    checked = subprocess.run(
        [Path(sys.executable).with_name("shellcheck"), "--exclude=SC2043,SC2329", script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("name", sorted(SITES))
def test_every_site_template_extends_the_base(name: str) -> None:
    text = (template_folder() / SITES[name].template).read_text()
    assert '{% extends "array.sh.j2" %}' in text


def test_directives_come_before_any_command() -> None:
    lines = render_script(values(SITES["generic"])).splitlines()
    last_directive = max(i for i, line in enumerate(lines) if line.startswith("#SBATCH"))
    assert all(line.startswith("#") or not line for line in lines[:last_directive])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '{% extends "array.sh.j2" %}\n\n{% block enviroment %}\nmodule load x\n{% endblock %}\n',
            r"mine\.sh\.j2, line 3: array\.sh\.j2 has no block 'enviroment'",
        ),
        (
            '{% extends "array.sh.j2" %}\n{% block environment %}\nif true; then\n{% endblock %}\n',
            r"bash can't read the script of the template \S+mine\.sh\.j2: bash: line \d+: syntax error",
        ),
        ("#!/bin/bash\n{{ directives }}\necho done\n", "starts no task"),
        (
            '{% extends "array.sh.j2" %}\n{% block environment %}\n\n{{ modules }}{% endblock %}\n',
            r"mine\.sh\.j2, line 4 can't be rendered: 'modules' is undefined",
        ),
        ('{% extends "array.sh.j2" %}\n{% block environment %}\n', r"mine\.sh\.j2, line \d can't be rendered"),
    ],
)
def test_a_template_that_would_go_wrong_on_the_node_is_refused_here(tmp_path: Path, text: str, words: str) -> None:
    template = tmp_path / "mine.sh.j2"
    template.write_text(text)
    template.chmod(0o644)
    site = msgspec.structs.replace(SITES["generic"], template=str(template))
    with pytest.raises(SiteError, match=words) as refused:
        render_script(values(site))
    assert refused.value.hint


def test_a_template_may_have_blocks_of_its_own_within_those_of_the_base(tmp_path: Path) -> None:
    template = tmp_path / "mine.sh.j2"
    template.write_text(
        '{% extends "array.sh.j2" %}\n{% block environment %}{% block modules %}:\n{% endblock %}{% endblock %}\n'
    )
    template.chmod(0o644)
    render_script(values(msgspec.structs.replace(SITES["generic"], template=str(template))))


def test_a_variable_that_nobody_set_is_an_error(tmp_path: Path) -> None:
    template = tmp_path / "mine.sh.j2"
    template.write_text('{% extends "array.sh.j2" %}\n{% block environment %}{{ modules }}{% endblock %}\n')
    template.chmod(0o644)
    site = load_profiles(())["generic"]
    with pytest.raises(SiteError, match="'modules' is undefined"):
        render_script(values(SiteProfile(name="m", description="", template=str(template), scratch=site.scratch)))


def test_an_own_template_may_extend_the_base_by_its_absolute_path(tmp_path: Path) -> None:
    template = tmp_path / "mine.sh.j2"
    template.write_text('{% extends "array.sh.j2" %}\n{% block environment %}module load x{% endblock %}\n')
    template.chmod(0o644)
    assert "module load x" in render_script(values(SiteProfile(name="m", description="", template=str(template))))


def test_a_template_that_others_may_write_is_refused(tmp_path: Path) -> None:
    template = tmp_path / "mine.sh.j2"
    template.write_text("")
    template.chmod(0o666)
    with pytest.raises(SiteError, match="can be written by others"):
        render_script(values(SiteProfile(name="m", description="", template=str(template))))


def test_a_missing_template_is_named() -> None:
    with pytest.raises(SiteError, match=r"nowhere\.sh\.j2"):
        render_script(values(SiteProfile(name="m", description="", template="nowhere.sh.j2")))


@pytest.mark.parametrize(
    ("folder", "variables", "expected"),
    [
        ("$A/x", {"A": "/a b"}, "/a b/x"),
        ("${A}", {}, ""),
        ("/lscratch/$A", {"A": "7"}, "/lscratch/7"),
        ("/s; rm -rf ~", {}, "/s; rm -rf ~"),
        ("/$(id)`id`", {}, "/$(id)`id`"),
    ],
)
def test_only_variables_are_replaced_in_scratch_folders(folder: str, variables: dict[str, str], expected: str) -> None:
    word = shell_words((folder,))[0]
    done = subprocess.run(
        ["bash", "-uc", f"printf %s {word}"],
        env={"PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == expected


def test_paths_with_blanks_and_quotes_stay_one_word() -> None:
    script = render_script(values(SITES["generic"], folder=Path("/runs/o'x y/jobs/001")))
    line = next(line for line in script.splitlines() if line.startswith("FOLDER="))
    done = subprocess.run(["bash", "-c", f'{line}; printf %s "$FOLDER"'], capture_output=True, text=True, check=True)
    assert done.stdout == "/runs/o'x y/jobs/001"


def site_with_image(**keys: object) -> SiteProfile:
    container = Container(images={i.architecture: i.path for i in IMAGES}, **keys)  # type: ignore[arg-type]
    return SiteProfile(name="m", description="", template="generic.sh.j2", container=container)


def test_a_task_in_an_image_sees_the_runs_that_it_reuses() -> None:
    reusing = replace(values(site_with_image()), read_folders=(Path("/runs/old one"),))
    assert "--bind '/runs/old one:/runs/old one:rw'" in render_script(reusing)


def test_a_task_in_an_image_sees_the_run_the_scratch_and_what_the_profile_binds() -> None:
    script = render_script(values(site_with_image(binds=("/data/x y",), command="/opt/apptainer/bin/apptainer")))
    line = next(line for line in script.splitlines() if line.lstrip().startswith("exec ") and "submitit" in line)
    arguments = ("SCRATCH_DIR='/local/a b'", "IMAGE=/i.sif", line.replace(" exec", " printf '%s\\n'", 1))
    done = subprocess.run(["bash", "-c", "; ".join(arguments)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        *("/opt/apptainer/bin/apptainer", "--quiet", "exec", *ISOLATION),
        *("--bind", "/runs/a b:/runs/a b:rw", "--bind", "/data/x y:/data/x y:rw", "--pwd", "/runs/a b"),
        *("--bind", "/local/a b", "/i.sif"),
        *("/venv/bin/python", "-u", "-m", "submitit.core._submit", "/runs/a b/jobs/001"),
    ]


def test_where_only_programs_run_in_the_image_the_task_starts_outside() -> None:
    script = render_script(values(site_with_image(runs="programs")))
    assert "exec /venv/bin/python -u" in script
    assert "APPTAINERENV" not in script


def test_a_run_folder_that_apptainer_would_split_is_refused() -> None:
    with pytest.raises(SiteError, match="can't be bound"):
        render_script(values(site_with_image(), folder=Path("/runs/a:b/jobs/001")))
