"""The package tblite where it is there, and can't be loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ASK = "from qmnmr.engines.xtb.library import absence; print(absence())"


def absence(folder: Path) -> str:
    """Return what a new Python says of a package in a folder of its path."""
    run = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {ASK}"]
    return subprocess.run(run, capture_output=True, check=True, text=True).stdout.strip()


def broken(folder: Path, reason: str) -> None:
    """Make a tblite whose C part can't be loaded, as the wheel's says it."""
    package = folder / "tblite"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "interface.py").write_text(
        f"try:\n    raise ImportError({reason!r})\n"
        'except ImportError as e:\n    raise ImportError("tblite C extension unimportable, cannot use C-API") from e\n'
    )


def test_the_missing_library_and_its_package_are_named(tmp_path: Path):
    broken(tmp_path, "libgomp.so.1: cannot open shared object file: No such file or directory")
    assert absence(tmp_path) == (
        "the Python package tblite can't be loaded (libgomp.so.1: cannot open shared object file: No such file or "
        "directory; Debian: apt-get install libgomp1)"
    )


def test_another_reason_is_told_as_it_is(tmp_path: Path):
    broken(tmp_path, "libm.so.6: version `GLIBC_2.38' not found")
    assert absence(tmp_path) == "the Python package tblite can't be loaded (libm.so.6: version `GLIBC_2.38' not found)"
