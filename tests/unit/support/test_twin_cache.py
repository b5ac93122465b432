"""The kept image is that of today's sources, whole, and of these days."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.twin_cache import MAX_AGE_DAYS, SOURCES, cache_folder, kept_twin, twin_digest

REPOSITORY = Path(__file__).parents[3]
FACTS = {"architecture": "x86_64", "qmnmr": "1"}
DAY_SECONDS = 86400


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "clone"
    for name in ("apptainer/qmnmr-debian.def", "qmnmr/a.py", "qmnmr/data/b.json", "slurm_templates/t.j2"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        (root / name).write_text(name)
    return root


def test_every_source_is_there() -> None:
    assert all((REPOSITORY / name).exists() for name in SOURCES)


@pytest.mark.parametrize("name", ["apptainer/qmnmr-debian.def", "qmnmr/data/b.json", "pyproject.toml"])
def test_another_source_is_another_image(repository: Path, name: str) -> None:
    before = twin_digest(repository, FACTS)
    (repository / name).write_text("other")
    assert twin_digest(repository, FACTS) != before


def test_a_new_a_renamed_and_a_missing_file_are_another_image(repository: Path) -> None:
    digests = [twin_digest(repository, FACTS)]
    (repository / "qmnmr/c.py").write_text("new")
    digests.append(twin_digest(repository, FACTS))
    (repository / "qmnmr/c.py").rename(repository / "qmnmr/d.py")
    digests.append(twin_digest(repository, FACTS))
    (repository / "qmnmr/a.py").unlink()
    digests.append(twin_digest(repository, FACTS))
    assert len(set(digests)) == 4


def test_text_that_moves_from_one_file_to_the_next_is_another_image(repository: Path) -> None:
    (repository / "qmnmr/a.py").write_text("12")
    (repository / "qmnmr/b.py").write_text("3")
    before = twin_digest(repository, FACTS)
    (repository / "qmnmr/a.py").write_text("1")
    (repository / "qmnmr/b.py").write_text("23")
    assert twin_digest(repository, FACTS) != before


def test_another_machine_or_version_is_another_image(repository: Path) -> None:
    facts = [FACTS, FACTS | {"qmnmr": "2"}, FACTS | {"mirror": ""}, {"architecture": "x86_64qmnmr", "": "1"}]
    assert len({twin_digest(repository, f) for f in facts}) == 4


def test_what_is_not_in_the_image_makes_no_difference(repository: Path) -> None:
    before = twin_digest(repository, FACTS)
    (repository / "CHANGELOG.md").write_text("other")
    (repository / "qmnmr" / "__pycache__").mkdir()
    (repository / "qmnmr" / "__pycache__" / "a.cpython-311.pyc").write_text("bytes")
    os.utime(repository / "qmnmr" / "a.py", (0, 0))
    moved = shutil.copytree(repository, repository.parent / "elsewhere")
    assert twin_digest(repository, FACTS) == twin_digest(moved, FACTS) == before


@pytest.fixture
def builds(tmp_path: Path) -> list[str]:
    return []


@pytest.fixture
def ask(tmp_path: Path, builds: list[str]) -> Callable[[str], Path]:
    def build(path: Path) -> None:
        builds.append(path.name)
        path.write_text(f"image {len(builds)}")

    return lambda digest: kept_twin(tmp_path / "cache", digest, build)


def test_an_image_is_built_once(ask: Callable[[str], Path], builds: list[str]) -> None:
    assert ask("a").read_text() == ask("a").read_text() == "image 1"
    assert ask("b").read_text() == "image 2"
    assert ask("a").read_text() == "image 1"


@pytest.mark.parametrize("damage", ["cut", "changed", "no stamp", "empty stamp", "gone"])
def test_a_damaged_image_is_built_again(ask: Callable[[str], Path], damage: str) -> None:
    twin = ask("a")
    stamp = twin.with_suffix(".sha256")
    if damage == "no stamp":
        stamp.unlink()
    elif damage == "gone":
        twin.unlink()
    elif damage == "empty stamp":
        stamp.write_text("")
    else:
        twin.write_text({"cut": "im", "changed": "image X"}[damage])
    assert ask("a").read_text() == "image 2"
    assert ask("a").read_text() == "image 2"


def test_a_build_that_fails_leaves_no_image(tmp_path: Path, ask: Callable[[str], Path]) -> None:
    def fail(path: Path) -> None:
        path.with_name(f".{path.name}.1").write_text("half")
        raise RuntimeError("no mirror")

    with pytest.raises(RuntimeError, match="no mirror"):
        kept_twin(tmp_path / "cache", "a", fail)
    assert not list((tmp_path / "cache").glob("twin-*"))
    assert ask("a").read_text() == "image 1"
    assert sorted(p.name for p in (tmp_path / "cache").iterdir()) == ["twin-a.sha256", "twin-a.sif", "twin.lock"]


def test_an_image_of_another_season_is_built_again(ask: Callable[[str], Path]) -> None:
    stamp = ask("a").with_suffix(".sha256")
    built = stamp.stat().st_mtime - (MAX_AGE_DAYS + 1) * DAY_SECONDS
    os.utime(stamp, (built, built))
    assert ask("a").read_text() == "image 2"


def test_images_that_nobody_asks_for_are_removed_and_nothing_else(ask: Callable[[str], Path]) -> None:
    old, young = ask("old"), ask("young")
    other = old.with_name("something.sif")
    other.write_text("of somebody else")
    asked = old.stat().st_mtime - 2 * DAY_SECONDS
    for path in (old, other):
        os.utime(path, (asked, asked))
    ask("new")
    assert not old.exists()
    assert not old.with_suffix(".sha256").exists()
    assert young.exists()
    assert other.exists()


def test_the_folder_is_that_of_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "qmnmr-tests"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "qmnmr-tests"
