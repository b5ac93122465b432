from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECK = Path(__file__).parents[2] / "tools" / "check_rooms.py"


def test_a_folder_with_sixteen_modules_is_refused_and_one_with_fifteen_is_not(tmp_path: Path) -> None:
    room = tmp_path / "package" / "room"
    room.mkdir(parents=True)
    for number in range(15):
        (room / f"m{number}.py").touch()
    (room / "__init__.py").touch()
    argv = [sys.executable, str(CHECK), str(tmp_path / "package")]
    assert subprocess.run(argv, check=False).returncode == 0
    (room / "m15.py").touch()
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "room: 16 modules" in done.stderr
