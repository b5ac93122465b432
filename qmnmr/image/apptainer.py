"""What Apptainer does with a finished image: read its labels, check and make its signature, run its tests."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qmnmr.errors import OutputFormatError, SiteError
from qmnmr.image.image_file import read_image_file
from qmnmr.programs.attached import Finished, run_attached, run_read
from qmnmr.programs.container import Bind, container_argv, container_environment

SCRATCH_INSIDE = Path("/scratch")

_SIGNER = re.compile(r"^\s*(?:Fingerprint|Public key):?\s+(?P<key>[0-9A-Fa-f]{16,})\s*$", re.MULTILINE)

# What `apptainer verify` 1.4.5 prints, and what it means to the person who asked.
_REFUSALS = (
    ("signature not found", "is not signed", "sign it with `qmnmr image sign`, or ask who built it for the signed one"),
    (
        "data object integrity compromised",
        "was changed after it was signed",
        "don't run it; copy it again from where it was signed",
    ),
    ("descriptor integrity compromised", "was changed after it was signed", "don't run it; copy it again"),
    ("header integrity compromised", "was changed after it was signed", "don't run it; copy it again"),
    (
        "signature made by unknown entity",
        "is signed with a key that is not in this keyring",
        "name the public key with --key PEM, or import it: `apptainer key import FILE`",
    ),
    ("no key material", "is signed, but no key to check it with is here", "name the public key with --key PEM"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature that was found good."""

    signer: str  # fingerprint, or the file of the public key


def apptainer_environment() -> dict[str, str]:
    """Return the environment in which apptainer is started outside of jobs."""
    return container_environment(os.environ, {})


def build_environment() -> dict[str, str]:
    """Return the environment in which images are built: debootstrap is where an ordinary user's PATH does not lead."""
    return {**apptainer_environment(), "PATH": system_path()}


def system_path() -> str:
    """Return PATH with the folders of the administrator's programs behind it."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def read_labels(path: Path) -> dict[str, str]:
    """Return the labels of an image. Raises SiteError if it has none that can be read."""
    read_image_file(path)
    done = run_read(["apptainer", "inspect", "--json", "--labels", str(path)], environment=apptainer_environment())
    if done.exit_code != 0:
        raise SiteError(
            f"the labels of {path} can't be read: {done.last_line}", hint="was the image copied completely?"
        )
    try:
        labels = json.loads(done.stdout)["data"]["attributes"]["labels"]
    except (ValueError, KeyError, TypeError):
        raise OutputFormatError(f"apptainer inspect {path} printed no labels: {done.last_line}") from None
    return {str(k): str(v) for k, v in labels.items()}


def verify_signature(path: Path, *, key: Path | None) -> Signature:
    """Return the good signature of an image, by a public key (PEM) or by the caller's local keyring.

    Nothing is asked from a key server. Raises SiteError for an unsigned or changed image or an unknown signer.
    """
    image = read_image_file(path)
    _check_key(key)
    by_key = ["--local"] if key is None else ["--key", str(key)]
    done = run_read(["apptainer", "verify", *by_key, str(path)], environment=apptainer_environment())
    if done.exit_code == 0:
        match = _SIGNER.search(done.words)
        return Signature(signer=str(key) if match is None else match["key"])
    raise _refusal(done, path, is_signed=image.is_signed, key=key)


def _refusal(done: Finished, path: Path, *, is_signed: bool, key: Path | None) -> SiteError:
    if not is_signed:
        _, meaning, hint = _REFUSALS[0]
        return SiteError(f"the image {path} {meaning}", hint=hint)
    for phrase, meaning, hint in _REFUSALS[1:]:
        if phrase in done.words:
            return SiteError(f"the image {path} {meaning} ({done.last_line})", hint=hint)
    by = "this keyring" if key is None else str(key)
    return SiteError(
        f"the signature of {path} can't be verified with {by}: {done.last_line}",
        hint="is it the public key of who signed the image?",
    )


def sign_image(path: Path, *, key: Path | None) -> None:
    """Sign an image with a private key (PEM), else with the caller's first key. The file and its digest change.

    Raises SiteError if that fails.
    """
    read_image_file(path)
    _check_key(key)
    by_key = [] if key is None else ["--key", str(key)]
    code = run_attached(
        ["apptainer", "sign", *by_key, str(path)], environment=apptainer_environment(), is_product=False
    )
    if code != 0:
        raise SiteError(
            f"the image {path} could not be signed (apptainer ended with {code})",
            hint="make a key with `openssl genpkey -algorithm ed25519 -out key.pem` and name it with --key key.pem",
        )


def run_acceptance_inside(path: Path, *, scratch: Path) -> int:
    """Run the acceptance set in an image, with a scratch of the host, and return its exit code."""
    argv = container_argv(
        path,
        ["qmnmr", "image", "test"],
        binds=[Bind(source=scratch, target=SCRATCH_INSIDE)],
        folder=SCRATCH_INSIDE,
    )
    inside: Mapping[str, str] = {"TMPDIR": str(SCRATCH_INSIDE), "SCRATCH_DIR": str(SCRATCH_INSIDE)}
    return run_attached(argv, environment=container_environment(os.environ, inside), is_product=True)


def _check_key(key: Path | None) -> None:
    if key is not None and not key.is_file():
        raise SiteError(f"the key {key} is not there", hint="--key takes a file in PEM format")
