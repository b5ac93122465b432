from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).parents[2] / "tools" / "check_asserts.py"


def checked(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(f"def test_it():\n    {line}\n")
    return subprocess.run([sys.executable, CHECK, folder], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "line",
    [
        "assert x < 0.1 if is_loose else 0.02",
        "assert not x < 0.1 if is_loose else 0.02",
        "assert 'cause' in dir(x) or hasattr(x, '__cause__')",
        "assert (value > 0 for value in values)",
        "assert f'{x} is 3'",
        "assert 'a' in words == ['a']",
        "assert x, y == 3",
    ],
)
def test_an_assert_that_does_not_say_what_it_seems_to_say_is_refused(tmp_path, line):
    done = checked(tmp_path, line)
    assert done.returncode == 1
    assert f"{tmp_path / 'test_it.py'}:2: " in done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "assert x < (0.1 if is_loose else 0.02)",
        "assert 0 < x < 3, f'{x} is outside'",
        "assert x == 'a' or 'b' in x",
        "assert 'hint' in (found or '')",
        "assert all(value > 0 for value in values)",
    ],
)
def test_an_assert_that_says_what_it_means_passes(tmp_path, line):
    done = checked(tmp_path, line)
    assert (done.returncode, done.stderr) == (0, "")
