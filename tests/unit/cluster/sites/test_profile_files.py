from __future__ import annotations

from pathlib import Path

import pytest

from qmnmr.cluster.site_check import check_site
from qmnmr.cluster.sites.profile_files import find_profile, load_profiles, profile_toml, require_no_broken_here
from qmnmr.errors import SiteError
from tests.support.fake_scheduler import FakeScheduler

SITE = 'description = "mine"\ntemplate = "generic.sh.j2"\n'


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True, mode=0o755)
    path = folder / f"{name}.toml"
    path.write_text(text)
    path.chmod(0o644)
    return path


def test_built_in_profiles_can_be_read() -> None:
    assert {"generic", "example-university", "example-center"} <= set(load_profiles(()))


def test_an_unknown_key_is_refused_by_name(tmp_path: Path) -> None:
    write(tmp_path, "mine", SITE + "scrach = 1\n")
    with pytest.raises(SiteError, match=r"mine.toml: .*scrach"):
        load_profiles((tmp_path,), wanted="mine")


def test_an_unknown_key_of_a_partition_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "mine", SITE + "[partitions.main]\nmax_hours = 1\n")
    with pytest.raises(SiteError, match="max_hours"):
        load_profiles((tmp_path,), wanted="mine")


def test_a_user_changes_one_key_of_a_built_in_profile_and_keeps_the_rest(tmp_path: Path) -> None:
    write(tmp_path, "example-university", "[partitions.short]\nmax_minutes = 60\n")
    profile = load_profiles((tmp_path,))["example-university"]
    assert profile.partitions["short"].max_minutes == 60
    assert profile.partitions["short"].max_cores == 64
    assert profile.scratch.folders == ("$SLURM_TMPDIR", "/local/scratch")


def test_the_user_wins_over_the_administrator(tmp_path: Path) -> None:
    write(tmp_path / "etc", "mine", SITE + 'account = "chem"\nqos = "long"\n')
    write(tmp_path / "home", "mine", 'account = "me"\n')
    profile = load_profiles((tmp_path / "etc", tmp_path / "home"))["mine"]
    assert (profile.account, profile.qos) == ("me", "long")


@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_a_profile_that_others_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    write(tmp_path, "mine", SITE).chmod(mode)
    with pytest.raises(SiteError, match="can be written by others"):
        load_profiles((tmp_path,), wanted="mine")


def test_a_folder_that_others_may_write_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "sites", "mine", SITE)
    (tmp_path / "sites").chmod(0o777)
    with pytest.raises(SiteError, match="can be written by others"):
        load_profiles((tmp_path / "sites",), wanted="mine")


def test_a_directive_with_a_second_line_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "mine", SITE + 'directives = ["--gres=x\\nrm -rf ~"]\n')
    with pytest.raises(SiteError, match="is no sbatch option"):
        load_profiles((tmp_path,), wanted="mine")


@pytest.mark.parametrize(
    ("host", "cluster", "expected"),
    [
        ("login3.cluster.example.edu", None, "example-university"),
        ("node", "center", "example-center"),
        ("laptop", "other", "generic"),
    ],
)
def test_a_machine_is_recognised_by_host_or_cluster_name(host: str, cluster: str | None, expected: str) -> None:
    assert find_profile(load_profiles(()), None, host_name=host, cluster_name=cluster).name == expected


def test_an_unknown_site_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SiteError) as caught:
        find_profile(load_profiles(()), "nowhere", host_name="", cluster_name=None)
    assert "generic" in caught.value.hint


def test_the_printed_profile_is_the_effective_one(tmp_path: Path) -> None:
    profile = load_profiles(())["example-center"]
    write(tmp_path, "example-center", profile_toml(profile))
    assert load_profiles((tmp_path,))["example-center"] == profile


def test_a_broken_profile_hinders_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, "mine", SITE)
    write(tmp_path, "broken", "[[[")
    write(tmp_path, "my site", SITE)
    (tmp_path / "gone.toml").symlink_to(tmp_path / "nowhere")
    found = load_profiles((tmp_path,), wanted="mine")
    assert {"mine", "generic"} <= set(found)
    assert not {"broken", "my site", "gone"} & set(found)
    assert "the site broken is left out" in caplog.text
    assert "the site gone is left out" in caplog.text
    assert "the site my site is left out" in caplog.text


HERE = '[recognition]\nhost_names = ["login*"]\ncluster_names = ["ci"]\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SITE + "scrach = 1\n" + HERE, "scrach.*; it is this machine's site"),
        (SITE + HERE + '[partitions.a]\nmax_minutes = "long"\n', "max_minutes.*; it is this machine's site"),
        ("[[[", "is not TOML.*; it may be this machine's site"),
        (SITE + "[recognition]\nhosts = 1\n", "hosts.*; it may be this machine's site"),
    ],
)
@pytest.mark.parametrize(("host", "cluster"), [("login3", None), ("n1", "ci")])
def test_a_broken_profile_that_may_be_this_machines_is_refused(
    tmp_path: Path, text: str, words: str, host: str, cluster: str | None
) -> None:
    write(tmp_path, "mine", text)
    with pytest.raises(SiteError, match=words):
        require_no_broken_here((tmp_path,), host_name=host, cluster_name=cluster)


@pytest.mark.parametrize("text", [SITE + "scrach = 1\n", SITE + "scrach = 1\n" + HERE])
def test_a_broken_profile_of_another_machine_is_not(tmp_path: Path, text: str) -> None:
    write(tmp_path, "mine", text)
    require_no_broken_here((tmp_path,), host_name="desk", cluster_name=None)
    require_no_broken_here((tmp_path,), host_name="n1", cluster_name="other")


def test_where_the_generic_profile_is_broken_and_needed_that_is_said(tmp_path: Path) -> None:
    write(tmp_path, "generic", "[[[")
    profiles = load_profiles((tmp_path,))
    with pytest.raises(SiteError, match="the profile generic can't be used"):
        find_profile(profiles, None, host_name="desk", cluster_name=None)
    assert find_profile(profiles, "example-center", host_name="desk", cluster_name=None).name == "example-center"


@pytest.mark.parametrize("name", ["my site", "../evil", "/etc/passwd", "", ".hidden", "a\nb", "é"])
def test_a_profile_is_not_written_under_a_name_that_it_may_not_have(name: str) -> None:
    with pytest.raises(SiteError, match="a site's name is made of"):
        check_site(name, profiles={}, scheduler=FakeScheduler())
