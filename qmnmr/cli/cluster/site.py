"""`qmnmr site`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from qmnmr.cli.console import say
from qmnmr.cli.options import option
from qmnmr.cluster.schedulers import scheduler_here
from qmnmr.cluster.site_check import SiteReport, check_site, write_profile
from qmnmr.cluster.sites.profile_files import load_profiles, profile_folders, profile_toml
from qmnmr.errors import SiteError, choice_hint
from qmnmr.report.words import counted


@click.group()
def site() -> None:
    """Know the clusters: what their profiles say, and what a cluster says itself."""


@site.command("list")
def list_sites() -> None:
    """List all profiles: built-in, the administrator's, yours."""
    for profile in load_profiles(profile_folders(os.environ)).values():
        click.echo(f"{profile.name:<20} {profile.description}")


@site.command()
@click.argument("name")
def show(*, name: str) -> None:
    """Print the effective profile NAME as TOML, defaults written out."""
    profiles = load_profiles(profile_folders(os.environ), wanted=name)
    if name not in profiles:
        raise SiteError(f"there is no site {name!r}", hint=choice_hint(name, sorted(profiles)))
    click.echo(profile_toml(profiles[name]), nl=False)


@site.command()
@option("--name", default=None, metavar="NAME", help="Of the new profile.  [default: the cluster's own name]")
@option("--write", is_flag=True, help="Write the profile to ~/.config/qmnmr/sites instead of printing it.")
@option("--with-gpus", is_flag=True, help="Take in partitions whose every node has GPUs. Nothing here uses them.")
def check(*, name: str | None, write: bool, with_gpus: bool) -> None:
    """Ask this machine's cluster for its partitions and limits, and print a first profile for it.

    Where there is a profile for it already, say what it and the cluster differ in.
    """
    profiles = load_profiles(profile_folders(os.environ), wanted=name)
    report = check_site(name, profiles=profiles, scheduler=scheduler_here(profiles, None), with_gpus=with_gpus)
    for line in _lines(report):
        say(line)
    if write:
        folder: Path = profile_folders(os.environ)[-1]
        click.echo(write_profile(report.profile, folder))
    else:
        click.echo(profile_toml(report.profile), nl=False)


def _lines(report: SiteReport) -> list[str]:
    facts = report.facts
    limits = [
        f"  {p.name}{' (default)' if p.is_default else ''}{'' if p.is_up else ' (down)'}"
        f"{' (GPUs)' if p.is_for_gpus else ''}: {counted(p.limits.max_cores, 'core')}, {p.limits.max_memory_mb} MB, "
        f"{f'{p.limits.max_minutes} min' if p.limits.max_minutes else 'no time limit'}"
        f"{', preemptible' if p.limits.is_preemptible else ''}"
        for p in report.partitions
    ]
    return [
        f"cluster {facts.cluster_name}, {facts.software}",
        facts.settings,
        f"a requeued task waits {facts.requeue_hold_seconds} s",
        f"sacct: {report.accounting_problem or 'answers'}",
        f"tasks in the queue at a time: {report.submit_limit or 'no limit is known'}",
        "partitions:",
        *limits,
        *report.remarks,
        *_comparison(report),
    ]


def _comparison(report: SiteReport) -> list[str]:
    if report.known is None:
        return []
    if not report.differences:
        return [f"the profile {report.known.name} agrees with the cluster"]
    return [f"the profile {report.known.name} differs from the cluster:", *(f"  {line}" for line in report.differences)]
