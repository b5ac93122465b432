"""Makes the recorded outputs importable: `from xtb_cases import read_golden`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "golden" / "xtb"))
