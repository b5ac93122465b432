"""What is asked of apptainer build, and which requests are refused before it starts."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from qmnmr.errors import InputError, MissingProgramError, SiteError
from qmnmr.image import build
from qmnmr.image.build import ImageRequest, build_argv, build_image, debian_mirror, find_source

REPOSITORY = Path(__file__).parents[3]
OTHER = "aarch64" if platform.machine() == "x86_64" else "x86_64"


@pytest.fixture
def request_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImageRequest:
    """A request on a machine where apptainer and debootstrap seem to be installed."""
    for name in ("apptainer", "debootstrap"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\nexit 9\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return ImageRequest(
        recipe="debian",
        architecture=platform.machine(),
        source=REPOSITORY,
        out=tmp_path / "q.sif",
        mirror="http://mirror.example/debian",
        wheels=_wheels(tmp_path),
    )


def _wheels(folder: Path) -> Path:
    (folder / "wheels").mkdir()
    (folder / "wheels" / "qmnmr-0-py3-none-any.whl").touch()
    return folder / "wheels"


def test_an_ordinary_user_builds_with_fakeroot(request_: ImageRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    argv = build_argv(request_, {"MIRROR": "http://m"}, Path("/out/q.sif"))
    assert argv == [
        *("apptainer", "build", "--fakeroot", "--build-arg", "MIRROR=http://m"),
        *("/out/q.sif", "apptainer/qmnmr-debian.def"),
    ]


def test_another_architecture_is_named_as_apptainer_names_it(request_: ImageRequest) -> None:
    argv = build_argv(replace(request_, architecture=OTHER), {}, Path("q.sif"))
    assert argv[argv.index("--arch") + 1] == {"x86_64": "amd64", "aarch64": "arm64"}[OTHER]


def test_the_acceptance_set_is_left_out_where_that_is_asked_for(request_: ImageRequest) -> None:
    assert "--notest" not in build_argv(request_, {}, Path("q.sif"))
    assert "--notest" in build_argv(replace(request_, is_tested=False), {}, Path("q.sif"))


def test_debootstrap_never_builds_another_architecture(request_: ImageRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda _: True)  # as if its emulation were registered
    with pytest.raises(SiteError, match="debootstrap ignores the architecture"):
        build_image(replace(request_, architecture=OTHER))


def test_another_architecture_without_emulation_is_refused(request_: ImageRequest) -> None:
    if Path(f"/proc/sys/fs/binfmt_misc/qemu-{OTHER}").exists():
        pytest.skip("emulation is registered here")
    with pytest.raises(SiteError, match=f"can't run {OTHER} programs"):
        build_image(replace(request_, architecture=OTHER))


def test_a_missing_apptainer_is_told(request_: ImageRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin/nowhere")
    monkeypatch.setattr(build, "_arguments", lambda _: {})
    with pytest.raises(MissingProgramError, match="apptainer was not found"):
        build_image(request_)


def test_a_folder_that_is_not_there_is_told(request_: ImageRequest) -> None:
    with pytest.raises(InputError, match="does not exist"):
        build_image(replace(request_, out=Path("/nowhere/q.sif")))


def test_without_git_an_image_is_built_all_the_same(
    request_: ImageRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "apptainer"
    program.write_text(f'#!{shutil.which("bash")}\necho "$@" > {tmp_path}/told\nexit 9\n')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(SiteError, match="ended with 9"):
        build_image(request_)
    assert "COMMIT=unknown" in (tmp_path / "told").read_text()


def test_wheels_without_qmnmr_are_refused(request_: ImageRequest, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no wheel of qmnmr"):
        build_image(replace(request_, wheels=tmp_path / "empty"))


def test_a_failed_build_leaves_nothing_and_says_the_exit_code(request_: ImageRequest, tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="apptainer build ended with 9"):
        build_image(request_)
    assert not list(tmp_path.glob("*.sif")) + list(tmp_path.glob(".*.sif*"))


def test_a_folder_that_is_no_clone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a clone of qmnmr"):
        find_source(tmp_path)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("sources.list.d/debian.sources", "Types: deb\nURIs: http://m.example/debian\nSuites: bookworm\n"),
        ("sources.list", "# deb http://old\ndeb [signed-by=/k.gpg] http://m.example/debian bookworm main\n"),
        ("sources.list", "deb http://m.example/debian bookworm main\n"),
    ],
)
def test_the_mirror_is_that_of_this_machine(tmp_path: Path, file: str, text: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    assert debian_mirror(tmp_path) == "http://m.example/debian"


def test_a_machine_without_apt_has_no_mirror(tmp_path: Path) -> None:
    assert debian_mirror(tmp_path) is None
