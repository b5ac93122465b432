"""Builds an image from a clone: stages what the definition takes, then `apptainer build`."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from qmnmr.errors import InputError, MissingProgramError, SiteError
from qmnmr.image.apptainer import build_environment, system_path
from qmnmr.image.image_file import ImageFile, architecture_name, check_image
from qmnmr.programs.attached import missing, run_attached, run_read

RECIPES: dict[str, str] = {"conda": "qmnmr.def", "debian": "qmnmr-debian.def"}
_GO_NAMES = {"x86_64": "amd64", "aarch64": "arm64"}

_SOURCE_LINE = re.compile(r"^(?:URIs:|deb(?: \[[^]]*\])?) +(?P<url>https?://\S+)", re.MULTILINE)

_COMPILED_FOR = ("x86_64",)
_PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_GLIBC_TAGS = ("manylinux_2_28", "manylinux_2_27", "manylinux2014")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """Which image is wanted, and what it is made of."""

    recipe: str
    architecture: str
    source: Path  # a clone of the repository
    out: Path
    mirror: str | None = None  # Debian's, for the Debian recipe
    wheels: Path | None = None  # a folder of ready wheels, where no index can be reached
    build_arguments: Mapping[str, str] = field(default_factory=dict)
    is_tested: bool = True  # the acceptance set is a part of the build


def build_image(request: ImageRequest) -> ImageFile:
    """Build an image, its acceptance set included unless left out, and return its facts.

    Nothing is left behind if that fails.

    Raises InputError, MissingProgramError or SiteError.
    """
    arguments = {**_arguments(request), **request.build_arguments}
    _check_request(request, arguments)
    with TemporaryDirectory(prefix="qmnmr-image-") as text:
        stage = Path(text)
        _stage(request, stage)
        # Beside its final place, so that a half-built image never has the name of a good one.
        draft = request.out.with_name(f".{request.out.name}.{os.getpid()}")
        try:
            argv = build_argv(request, arguments, draft)
            code = run_attached(argv, environment=build_environment(), folder=stage, is_product=False)
            if code != 0:
                raise SiteError(
                    f"the image was not built: apptainer build ended with {code}",
                    hint="the lines above say why; docs/how-to/image-troubleshooting.md lists the usual ones",
                )
            check_image(draft, architecture=request.architecture, sha256=None)
            draft.replace(request.out)
        finally:
            draft.unlink(missing_ok=True)
    return check_image(request.out, architecture=request.architecture, sha256=None)


def build_argv(request: ImageRequest, arguments: Mapping[str, str], out: Path) -> list[str]:
    """Return the argument list of `apptainer build`, to be run in the staged folder."""
    argv = ["apptainer", "build"]
    if os.geteuid() != 0:
        argv.append("--fakeroot")
    if request.architecture != platform.machine():
        argv += ["--arch", _GO_NAMES.get(request.architecture, request.architecture)]
    if not request.is_tested:
        argv.append("--notest")
    for name, value in arguments.items():
        argv += ["--build-arg", f"{name}={value}"]
    return [*argv, str(out.absolute()), f"apptainer/{RECIPES[request.recipe]}"]


def find_source(wanted: Path | None) -> Path:
    """Return the clone to build from: the stated one, else the current folder, else where this package lies.

    Raises InputError if none of them holds the definitions.
    """
    candidates = [wanted] if wanted is not None else [Path.cwd(), Path(__file__).parents[2]]
    for path in candidates:
        if (path / "apptainer" / RECIPES["conda"]).is_file() and (path / "pyproject.toml").is_file():
            return path.resolve()
    raise InputError(
        f"{candidates[0]} is not a clone of qmnmr: it has no apptainer/{RECIPES['conda']}",
        hint="run it in a clone, or name one with --source DIR",
    )


def debian_mirror(root: Path = Path("/etc/apt")) -> str | None:
    """Return the first mirror in this machine's apt sources, None where there is none."""
    files = [root / "sources.list.d" / "debian.sources", root / "sources.list"]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in files if path.is_file()]
    match = _SOURCE_LINE.search("\n".join(texts))
    return None if match is None else match["url"]


def _arguments(request: ImageRequest) -> dict[str, str]:
    """Return the build arguments: what the labels say of origin, and the mirror."""
    arguments = {
        "VERSION": metadata.version("qmnmr"),
        "COMMIT": _commit(request.source),
        "CREATED": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if request.recipe == "debian":
        arguments["MIRROR"] = request.mirror or debian_mirror() or ""
    return arguments


def _commit(source: Path) -> str:
    """Return which commit a clone is at, "unknown" where it is none or git is not here."""
    if shutil.which("git") is None:
        return "unknown"
    told = run_read(["git", "-C", str(source), "describe", "--always", "--dirty"], environment=os.environ)
    return told.stdout.strip() if told.exit_code == 0 else "unknown"


def _check_request(request: ImageRequest, arguments: Mapping[str, str]) -> None:
    if shutil.which("apptainer") is None:
        raise missing("apptainer")
    if not request.out.absolute().parent.is_dir():
        raise InputError(f"the folder of {request.out} does not exist", hint="make it, or name another with --out")
    is_foreign = request.architecture != architecture_name(platform.machine())
    if is_foreign and not Path(f"/proc/sys/fs/binfmt_misc/qemu-{request.architecture}").exists():
        raise SiteError(
            f"this machine is {platform.machine()} and can't run {request.architecture} programs",
            hint=f"build on a machine of that kind, or register qemu-user for {request.architecture} (slow)",
        )
    if request.recipe != "debian" or arguments.get("BOOTSTRAP", "debootstrap") != "debootstrap":
        return
    if is_foreign:
        raise SiteError(
            "Apptainer's debootstrap ignores the architecture: the image would be for this machine under a wrong label",
            hint="make the tree first: debootstrap --arch=… sid TREE, then "
            "--build-arg BOOTSTRAP=localimage --build-arg FROM=TREE",
        )
    if shutil.which("debootstrap", path=system_path()) is None:
        raise missing("debootstrap")
    if not arguments["MIRROR"]:
        raise InputError("no Debian mirror is known on this machine", hint="name one with --mirror URL")


def _stage(request: ImageRequest, stage: Path) -> None:
    """Lay out what the definition's %files takes, as in a clone: apptainer/, environment.yaml, dist/."""
    shutil.copytree(request.source / "apptainer", stage / "apptainer")
    shutil.copy(request.source / "environment.yaml", stage)
    wheels = stage / "dist"
    if request.wheels is not None:
        shutil.copytree(request.wheels, wheels)
    else:
        wheels.mkdir()
        _make_wheels([str(request.source)], wheels)
        _fetch_binary_wheels(stage / "apptainer" / "binary-wheels.txt", request.architecture, wheels)
        if request.recipe == "debian":
            _make_wheels(["-r", str(stage / "apptainer" / "debian-wheels.txt")], wheels)
            if request.architecture in _COMPILED_FOR:
                _fetch_compiled_wheels(stage / "apptainer" / "compiled-wheels.txt", request.architecture, wheels)
    if not any(wheels.glob("qmnmr-*.whl")):
        raise InputError(
            f"{request.wheels} holds no wheel of qmnmr", hint="make it: python -m pip wheel --no-deps -w DIR ."
        )


def _make_wheels(what: list[str], folder: Path) -> None:
    _pip(["wheel", "--use-pep517", "--wheel-dir", str(folder), *what], source=what[-1])


def _fetch_compiled_wheels(listed: Path, architecture: str, folder: Path) -> None:
    """Fetch wheels for every Python that the image may have: which one, only its package manager knows."""
    compiled = folder / "compiled"
    compiled.mkdir()
    shutil.copy(listed, compiled / "list.txt")
    platforms = [word for tag in _GLIBC_TAGS for word in ("--platform", f"{tag}_{architecture}")]
    for version in _PYTHONS:
        which = ["--only-binary", ":all:", "--python-version", version, *platforms, "-r", str(listed)]
        _pip(["download", "--dest", str(compiled), *which], source=str(listed))


def _fetch_binary_wheels(listed: Path, architecture: str, folder: Path) -> None:
    """Fetch wheels for the image's architecture, whatever this machine's is."""
    platform_tag = f"manylinux2014_{architecture}"
    which = ["--only-binary", ":all:", "--platform", platform_tag, "-r", str(listed)]
    _pip(["download", "--dest", str(folder), *which], source=str(listed))


def _pip(arguments: list[str], *, source: str) -> None:
    command, *rest = arguments
    argv = [sys.executable, "-m", "pip", command, "--quiet", "--no-deps", *rest]
    code = run_attached(argv, environment=os.environ, is_product=False)
    if code != 0:
        raise MissingProgramError(
            f"the wheels of {source} are not here (pip ended with {code})",
            hint="without a package index: make the wheels elsewhere and name their folder with --wheels DIR",
        )
