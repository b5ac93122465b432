"""What qmnmr itself costs beside the program it runs: CPU time of one whole prediction."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

# Measured in a process of its own: RUSAGE_SELF is Python with RDKit, RUSAGE_CHILDREN is mpirun with NWChem.
_RUN = """
import json, resource, sys
import qmnmr
(prediction,) = qmnmr.predict("CO", protocol="draft", engine="nwchem", cores=1, out=sys.argv[1] + "/run")
assert prediction.status == "completed"
used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps([u.ru_utime + u.ru_stime for u in used]))
"""


def measures() -> list[dict[str, object]]:
    """Return the share of the toolkit in a draft prediction of methanol, from SMILES to shifts, start-up included."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "-c", _RUN, folder], capture_output=True, text=True, check=True)
    own, programs = json.loads(done.stdout)
    return [
        {
            "name": "toolkit CPU time / NWChem CPU time, methanol at draft",
            "value": round(own / programs, 4),
            "goal": 0.05,
            "better": "lower",
            "against": f"NWChem in the same run ({programs:.1f} s)",
        }
    ]
