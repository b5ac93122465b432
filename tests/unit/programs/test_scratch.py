from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from qmnmr.errors import SiteError
from qmnmr.programs.scratch import ScratchFolder, choose_scratch, remove_leftovers, scratch_candidates


def test_candidates_come_in_the_documented_order():
    found = scratch_candidates({"TMPDIR": "/c", "SLURM_TMPDIR": "/b", "SCRATCH_DIR": "/a"})
    assert [str(p) for p in found] == ["/a", "/b", "/c", "/local/scratch", "/scratch", "/tmp"]


def test_the_first_usable_candidate_is_chosen(tmp_path):
    environment = {"SCRATCH_DIR": str(tmp_path / "missing"), "TMPDIR": str(tmp_path)}
    assert choose_scratch(None, environment, needed_mb=1) == tmp_path


def test_a_folder_that_was_asked_for_is_used_or_refused_with_the_reason(tmp_path):
    assert choose_scratch(tmp_path, {}, needed_mb=1) == tmp_path
    with pytest.raises(SiteError, match="does not exist"):
        choose_scratch(tmp_path / "missing", {"TMPDIR": str(tmp_path)}, needed_mb=1)
    with pytest.raises(SiteError, match=r"\d+ MB free, 1000000000000 MB are needed"):
        choose_scratch(tmp_path, {}, needed_mb=10**12)


def test_a_scratch_folder_is_private_and_gone_afterwards(tmp_path):
    with ScratchFolder.create(tmp_path) as scratch:
        assert stat.S_IMODE(scratch.path.stat().st_mode) == 0o700
        assert scratch.subfolder("a") != scratch.subfolder("a")
    assert list(tmp_path.iterdir()) == []


HOLDER = """
import sys
from pathlib import Path
from qmnmr.programs.scratch import ScratchFolder
print(ScratchFolder.create(Path(sys.argv[1])).path, flush=True)
sys.stdin.read()
"""


def test_leftovers_of_dead_owners_go_with_their_programs_and_those_of_live_ones_stay(tmp_path):
    argv = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        orphan = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], cwd=folder)
        assert remove_leftovers(tmp_path) == ()
        owner.kill()
        owner.wait()
        with ScratchFolder.create(tmp_path) as live:  # creating one sweeps
            assert not folder.exists()
            assert remove_leftovers(tmp_path) == ()
            assert live.path.exists()
    assert orphan.wait(timeout=10) == -9


def test_an_owner_in_another_container_is_seen_to_live(tmp_path):
    """There process ids are other ones; the lock is the same."""
    argv = ["unshare", "--user", "--map-root-user", "--pid", "--fork", sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdin is not None
        line = owner.stdout.readline().strip()
        if not line:
            pytest.skip("namespaces can't be made here")
        assert remove_leftovers(tmp_path) == ()
        owner.stdin.close()
        owner.wait()
        assert remove_leftovers(tmp_path) == (Path(line),)


def test_folders_that_name_no_owner_are_left_alone(tmp_path):
    (tmp_path / "qmnmr-odd").mkdir()
    (tmp_path / "qmnmr-link").symlink_to(tmp_path)
    assert remove_leftovers(tmp_path) == ()


def test_sweeping_an_empty_or_missing_root_does_nothing(tmp_path):
    assert remove_leftovers(tmp_path / "missing") == ()
