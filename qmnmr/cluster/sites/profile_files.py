"""Profiles as TOML files: built-in ones, overlaid by the administrator's and by the user's."""

from __future__ import annotations

import fnmatch
import logging
import os
import re
import shlex
import stat
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from qmnmr.cluster.sites.site_profile import Recognition, SiteProfile
from qmnmr.errors import SiteError, choice_hint
from qmnmr.user_files import user_folder

GENERIC = "generic"
"""The profile of a cluster that none was written for."""

_log = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def profile_folders(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folders of profiles outside the package, the weaker first: the administrator's, then the user's."""
    return (Path("/etc/qmnmr/sites"), user_folder(environment) / "sites")


def load_profiles(folders: Sequence[Path], *, wanted: str | None = None) -> dict[str, SiteProfile]:
    """Return all profiles by name; a file changes the keys that it names and leaves the others.

    A profile that others may write to, that can't be read, or that has a key nobody knows is left out, with a warning
    in the log: it hinders no other. Raises SiteError if it is the wanted one.
    """
    found, broken = _load(folders)
    if wanted in broken:
        raise broken[wanted].error
    for name, profile in broken.items():
        _log.warning("the site %s is left out: %s", name, profile.error)
    return found


def require_no_broken_here(folders: Sequence[Path], *, host_name: str, cluster_name: str | None) -> None:
    """Raise SiteError if a profile that can't be used is this machine's by what it says, or says nothing readable.

    Without its account, partitions and image a submission would be another one than the site has in mind.
    """
    for profile in _load(folders)[1].values():
        known = profile.recognition
        if known is None or _recognises(known, host_name=host_name, cluster_name=cluster_name):
            words = "it may be this machine's site" if known is None else "it is this machine's site"
            raise SiteError(
                f"{profile.error}; {words}", hint=f"mend it, or submit without it: --site {GENERIC}, or another site"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Broken:
    """A profile that can't be used."""

    error: SiteError
    recognition: Recognition | None  # None: not readable either


def _load(folders: Sequence[Path]) -> tuple[dict[str, SiteProfile], dict[str, _Broken]]:
    """Return all profiles by name, and those that can't be used."""
    built_in = {name: (text, source) for name, text, source in _built_in()}
    files: dict[str, list[Path]] = {name: [] for name in built_in}
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            files.setdefault(path.stem, []).append(path)
    found: dict[str, SiteProfile] = {}
    broken: dict[str, _Broken] = {}
    for name, paths in files.items():
        try:
            found[name] = _profile(name, built_in.get(name), paths)
        except SiteError as error:
            broken[name] = _Broken(error=error, recognition=_recognition(built_in.get(name), paths))
    return found, broken


def _recognition(built_in: tuple[str, str] | None, paths: Sequence[Path]) -> Recognition | None:
    """Return which machines a profile that can't be used says it is for, None if it can't be read."""
    table = _parse(*built_in) if built_in else {}
    try:
        for path in paths:
            table = _overlay(table, tomllib.loads(path.read_text(encoding="utf-8")))
        return msgspec.convert(table.get("recognition", {}), Recognition)
    except (OSError, ValueError):  # of UTF-8, of tomllib and of msgspec
        return None


def _profile(name: str, built_in: tuple[str, str] | None, paths: Sequence[Path]) -> SiteProfile:
    table: dict[str, Any] = {"name": name}
    texts = [built_in] if built_in else []
    source = name
    for text, source in (*texts, *((_read_trusted(path), str(path)) for path in paths)):
        table = _overlay(table, _parse(text, source))
    return _convert(table, name=name, source=source)


def check_name(name: str, *, what: str) -> None:
    """Raise SiteError unless this can be a site's name, and with it a file's."""
    if not _NAME.fullmatch(name):
        raise SiteError(
            f"{what}: a site's name is made of letters, digits, '.', '_' and '-', and begins with a letter or digit",
            hint="choose another name",
        )


def find_profile(
    profiles: Mapping[str, SiteProfile], wanted: str | None, *, host_name: str, cluster_name: str | None
) -> SiteProfile:
    """Return the profile that was asked for, else the one that recognises this machine, else the generic one.

    Raises SiteError for an unknown name, or where the generic one is needed and can't be used.
    """
    if wanted is not None:
        if wanted not in profiles:
            raise SiteError(f"there is no site {wanted!r}", hint=choice_hint(wanted, sorted(profiles)))
        return profiles[wanted]
    for profile in profiles.values():
        if _recognises(profile.recognition, host_name=host_name, cluster_name=cluster_name):
            return profile
    if GENERIC not in profiles:
        raise SiteError(
            f"the profile {GENERIC} can't be used, and no other one is this machine's",
            hint=f"`qmnmr site show {GENERIC}` says why; mend it, or name another site with --site",
        )
    return profiles[GENERIC]


def profile_toml(profile: SiteProfile) -> str:
    """Return a profile as TOML, defaults written out, keys without a value left out."""
    import tomli_w

    table = msgspec.to_builtins(profile)
    return tomli_w.dumps({key: value for key, value in table.items() if value is not None})


def _recognises(known: Recognition, *, host_name: str, cluster_name: str | None) -> bool:
    return _matches(host_name, known.host_names) or (
        cluster_name is not None and _matches(cluster_name, known.cluster_names)
    )


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _built_in() -> list[tuple[str, str, str]]:
    files = resources.files("qmnmr.cluster.sites").joinpath("profiles").iterdir()
    found = [(f.name.removesuffix(".toml"), f.read_text(encoding="utf-8"), f.name) for f in files]
    return sorted(entry for entry in found if entry[2].endswith(".toml"))


def _read_trusted(path: Path) -> str:
    """Return the text of a profile. Its lines end up in a job's script: nobody but its owner and root may write it."""
    for place in (path, path.parent):
        try:
            status = place.stat()
        except OSError as error:
            raise SiteError(f"{place} can't be read: {error.strerror}") from None
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise SiteError(
                f"{place} can be written by others; what a profile says is run in your jobs",
                hint=f"`chmod go-w {shlex.quote(str(place))}`",
            )
        if status.st_uid not in (0, os.getuid()):
            raise SiteError(f"{place} belongs to another user (uid {status.st_uid})", hint="copy it, then look at it")
    check_name(path.stem, what=str(path))
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SiteError(f"{path} can't be read: {error}") from None


def _parse(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SiteError(f"{source} is not TOML: {error}") from None


def _overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return `below` with the keys of `above`; tables are merged, all else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _overlay(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _convert(table: dict[str, Any], *, name: str, source: str) -> SiteProfile:
    try:
        profile = msgspec.convert(table, SiteProfile)
    except msgspec.ValidationError as error:
        raise SiteError(
            f"{source}: {error}", hint="docs/reference/site-profiles.md lists all keys; `qmnmr site show generic`"
        ) from None
    if profile.name != name:
        raise SiteError(f"{source} names itself {profile.name!r}", hint="name and file name must agree")
    if profile.warning_minutes < 0 or profile.grace_seconds < 0 or profile.max_requeues < 0:
        raise SiteError(f"{source}: warning_minutes, grace_seconds and max_requeues can't be negative")
    unsafe = next((d for d in _all_directives(profile) if "\n" in d or not d.startswith("-")), None)
    if unsafe is not None:
        raise SiteError(f"{source}: {unsafe!r} is no sbatch option", hint='write for example "--constraint=skylake"')
    return profile


def _all_directives(profile: SiteProfile) -> tuple[str, ...]:
    return (*profile.directives, *(d for p in profile.partitions.values() for d in p.directives))
