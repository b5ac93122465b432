"""`qmnmr image`: the Apptainer image, from a clone to a tested, signed file."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from qmnmr.cli.console import say
from qmnmr.cli.options import F, option, scratch_option
from qmnmr.errors import CalculationsFailedError, InputError
from qmnmr.image.acceptance_set import State, run_acceptance, summary
from qmnmr.image.apptainer import read_labels, run_acceptance_inside, sign_image, verify_signature
from qmnmr.image.build import RECIPES, ImageRequest, build_image, find_source
from qmnmr.image.image_file import ImageFile, architecture_name, check_image, image_sha256, read_image_file
from qmnmr.programs.scratch import choose_scratch
from qmnmr.runs.predict import MIN_SCRATCH_MB

_SIF = click.argument("sif", type=click.Path(path_type=Path), metavar="SIF")
_ARCH = option("--arch", default=None, metavar="NAME", help="x86_64 or aarch64.  [default: this machine's]")


def _key(help_text: str) -> Callable[[F], F]:
    return option("--key", type=click.Path(path_type=Path), default=None, metavar="PEM", help=help_text)


@click.group()
def image() -> None:
    """Build, test, inspect, sign and verify the Apptainer image."""


@image.command()
@option(
    "--recipe",
    type=click.Choice(tuple(RECIPES)),
    default="conda",
    show_default=True,
    help="conda: everything, from conda-forge; debian: its twin from Debian packages, without CREST.",
)
@_ARCH
@option(
    "--out", type=click.Path(path_type=Path), default=None, metavar="SIF", help="[default: qmnmr-RECIPE-ARCH.sif here]"
)
@option(
    "--source",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    metavar="DIR",
    help="A clone of the repository.  [default: the current folder]",
)
@option("--mirror", default=None, metavar="URL", help="Debian mirror of the twin.  [default: this machine's]")
@option(
    "--wheels",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=None,
    metavar="DIR",
    help="Ready wheels of qmnmr and what it needs, where no package index can be reached.",
)
@option("--build-arg", "build_arguments", multiple=True, metavar="KEY=VALUE", help="Passed to apptainer build.")
@option(
    "--no-test",
    is_flag=True,
    help="Leave out the acceptance set, to run it where the image will run (under emulation it takes hours).",
)
def build(
    *,
    recipe: str,
    arch: str | None,
    out: Path | None,
    source: Path | None,
    mirror: str | None,
    wheels: Path | None,
    build_arguments: tuple[str, ...],
    no_test: bool,
) -> None:
    """Build the image and run its acceptance set; print its path and what a site profile states of it.

    As an ordinary user it is built with --fakeroot. A failed check fails the build, and no image is left.
    """
    architecture = architecture_name(arch or platform.machine())
    request = ImageRequest(
        recipe=recipe,
        architecture=architecture,
        source=find_source(source),
        out=out or Path(f"qmnmr-{recipe}-{architecture}.sif"),
        mirror=mirror,
        wheels=wheels,
        build_arguments=_pairs(build_arguments),
        is_tested=not no_test,
    )
    built = build_image(request)
    if no_test:
        say(f"not tested: run `qmnmr image test {built.path}` on {architecture}")
    click.echo(f"{built.path}  {built.size_bytes / 1e6:.0f} MB  {built.architecture}")
    _echo_profile(built)


@image.command()
@click.argument("sif", type=click.Path(path_type=Path), metavar="[SIF]", required=False)
@scratch_option
@click.pass_context
def test(ctx: click.Context, /, *, sif: Path | None, scratch: Path | None) -> None:
    """Run the acceptance set in an image; without SIF in the installation at hand.

    One line for each check and a closing line; exit code 6 if a check failed.
    """
    root = choose_scratch(scratch, os.environ, needed_mb=MIN_SCRATCH_MB)
    if sif is None:
        _test_here(root)
        return
    check_image(sif, architecture=platform.machine(), sha256=None)
    with tempfile.TemporaryDirectory(prefix="qmnmr-image-test-", dir=root) as folder:
        ctx.exit(run_acceptance_inside(sif, scratch=Path(folder)))


def _test_here(scratch_root: Path) -> None:
    results = []
    for result in run_acceptance(scratch_root):
        click.echo(f"{result.state:<6}  {result.name:<17} {result.detail}")
        results.append(result)
    closing = summary(results)
    click.echo(closing)
    if any(result.state is State.FAILED for result in results):
        raise CalculationsFailedError(closing, hint="causes and cures: docs/how-to/image-troubleshooting.md")


@image.command()
@_SIF
def info(*, sif: Path) -> None:
    """Print what an image is: architecture, digest, signature, versions, all its labels."""
    found = read_image_file(sif)
    rows = {
        "file": str(sif),
        "size": f"{found.size_bytes / 1e6:.0f} MB",
        "architecture": found.architecture,
        "sha256": image_sha256(sif),
        "signed": "yes (not verified here)" if found.is_signed else "no",
        **dict(sorted(read_labels(sif).items())),
    }
    width = max(map(len, rows)) + 2
    click.echo("\n".join(f"{name:<{width}}{value}" for name, value in rows.items()))


@image.command()
@_SIF
@_key("Public key of who signed it.  [default: your Apptainer keyring]")
@option("--sha256", default=None, metavar="HEX", help="Digest that the file must have.")
@_ARCH
def verify(*, sif: Path, key: Path | None, sha256: str | None, arch: str | None) -> None:
    """Refuse an image that is for another architecture, has another digest, is unsigned or was changed.

    Exit code 3 with the reason. No key server is asked.
    """
    found = check_image(sif, architecture=arch or platform.machine(), sha256=sha256)
    signature = verify_signature(sif, key=key)
    click.echo(f"{sif}: {found.architecture}, signature of {signature.signer} is good")
    _echo_profile(found)


@image.command()
@_SIF
@_key("Private key.  [default: your first Apptainer key]")
def sign(*, sif: Path, key: Path | None) -> None:
    """Sign an image. The file changes: the digest that is printed is the one to state from now on."""
    if read_image_file(sif).is_signed:
        say(f"{sif} is signed already; another signature is added")
    sign_image(sif, key=key)
    _echo_profile(read_image_file(sif))


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = dict(text.partition("=")[::2] for text in texts)
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise InputError(f"--build-arg {wrong[0]} has no value", hint="write it as --build-arg KEY=VALUE")
    return pairs


def _echo_profile(found: ImageFile) -> None:
    """Print what a site profile states of this image."""
    click.echo("[container]")
    click.echo(f'images.{found.architecture} = "{found.path.absolute()}"')
    click.echo(f'sha256.{found.architecture} = "{image_sha256(found.path)}"')
