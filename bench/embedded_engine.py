"""The embedded engine against NWChem: CPU time and shieldings of the same task, level, geometry and cores.

QMNMR_BENCH=full adds phenol (11 CPU minutes of NWChem) and camphor (more). Without NWChem only the embedded engine's
own figures are measured. CPU time is the child processes' user and system time, so that a busy machine matters little.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.engine import Engine
from qmnmr.engines.nwchem.engine import NwchemEngine
from qmnmr.engines.pyscf.engine import PyscfEngine

MEMORY_MB = 2000
_PEAK = re.compile(rb"peak memory (?P<mb>\d+) MB")  # a line of the embedded engine's output
CASES = [("ethanol", "b3lyp", "6-311+g(2d,p)"), ("ethanol", "b3lyp", "def2-svp")]
LONG_CASES = [("phenol", "b3lyp", "6-311+g(2d,p)"), ("camphor", "b3lyp", "def2-svp")]
GEOMETRIES = {
    "ethanol": (
        "C -0.85440 0.22352 0.24180; C 0.38715 -0.35854 -0.40146; O 1.53158 0.38431 -0.00731; "
        "H -1.74755 -0.32780 -0.06513; H -0.97494 1.27580 -0.03586; H -0.77706 0.18919 1.33350; "
        "H 0.52831 -1.40317 -0.10802; H 0.31028 -0.31380 -1.49170; H 1.59664 0.33050 0.96144"
    ),
    "phenol": (
        "O 2.43831 -0.39424 -0.34169; C 1.10187 -0.19200 -0.16062; C 0.23425 -1.20404 -0.55592; "
        "C -1.14053 -1.03892 -0.38891; C -1.63763 0.13783 0.17254; C -0.75988 1.14916 0.56684; "
        "C 0.61651 0.98589 0.40055; H 2.91400 0.38960 -0.02225; H 0.62757 -2.11753 -0.99226; "
        "H -1.82249 -1.82708 -0.69634; H -2.70914 0.26642 0.30266; H -1.14996 2.06470 1.00388; "
        "H 1.28713 1.78021 0.71151"
    ),
    "camphor": (
        "C 1.61180 0.74127 1.13468; C 0.77579 -0.05911 0.11512; C 1.73145 -0.44174 -1.03176; "
        "C 0.00983 -1.26743 0.72252; C -0.86464 -1.75581 -0.46048; C -1.26201 -0.44301 -1.17193; "
        "C -0.53977 0.63579 -0.33227; C -0.43464 1.99209 -0.98685; C -1.30976 0.62270 0.99227; "
        "O -2.10876 1.46611 1.36835; C -0.94303 -0.62964 1.76362; H 2.37505 0.09986 1.58961; "
        "H 1.02529 1.17749 1.94776; H 2.12654 1.57584 0.64465; H 1.25487 -0.97660 -1.85622; "
        "H 2.53706 -1.08368 -0.65716; H 2.19305 0.45237 -1.46619; H 0.63646 -2.05623 1.14576; "
        "H -0.29777 -2.40623 -1.13482; H -1.74363 -2.31750 -0.12695; H -0.92864 -0.44982 -2.21516; "
        "H -2.35047 -0.31259 -1.16967; H 0.16306 1.94792 -1.90264; H 0.02415 2.72529 -0.31530; "
        "H -1.42610 2.37533 -1.25231; H -0.43050 -0.36977 2.69229; H -1.82468 -1.24290 1.96306"
    ),
}


def calculation(name: str, functional: str, basis: str) -> Calculation:
    """Return the shielding calculation of one case."""
    rows = [row.split() for row in GEOMETRIES[name].split(";")]
    positions = tuple((float(x), float(y), float(z)) for _, x, y, z in rows)
    return Calculation(
        label=name,
        kind=CalculationKind.SHIELDING,
        geometry=Geometry(symbols=tuple(row[0] for row in rows), coordinates_angstrom=positions),
        charge=0,
        multiplicity=1,
        level=LevelOfTheory(functional=functional, basis=basis, spherical=True, solvent=None),
    )


def run(engine: Engine, asked: Calculation) -> tuple[CalculationResult, float, float]:
    """Return the result, CPU seconds and peak memory in MB (0: not printed)."""
    environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    environment |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    launcher = ("mpirun", "-n", "1", "--bind-to", "none") if engine.is_parallel else ()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in engine.input_files(asked, memory_mb_per_rank=MEMORY_MB).items():
            (Path(folder) / name).write_text(text)
        done = subprocess.run(
            [*launcher, *engine.arguments()], cwd=folder, env=environment, capture_output=True, check=False
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = engine.read_result(asked, done.stdout, exit_code=done.returncode)
    if not isinstance(result, CalculationResult):
        raise TypeError(f"{engine.name}, {asked.label}: {result.message} {result.evidence}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = _PEAK.search(done.stdout)
    return result, cpu, float(peak["mb"]) if peak else 0.0


def compare(name: str, functional: str, basis: str, *, has_nwchem: bool) -> list[dict[str, Any]]:
    """Return the measures of one case."""
    asked = calculation(name, functional, basis)
    title = f"{name} {functional}/{basis}"
    ours, cpu, memory_mb = run(PyscfEngine(), asked)
    own = {"goal": None, "better": "lower", "against": ""}
    measures = [{"name": f"{title}: CPU s, embedded engine", "value": round(cpu, 2), **own}]
    measures.append({"name": f"{title}: peak memory MB", "value": round(memory_mb), **own, "goal": 2000})
    if not has_nwchem:
        return measures
    theirs, reference_cpu, _ = run(NwchemEngine(), asked)
    against = f"NWChem {theirs.program_version}, {reference_cpu:.1f} CPU s"
    ratio = round(cpu / reference_cpu, 3)
    measures.append(
        {
            "name": f"{title}: share of NWChem's CPU time",
            "value": ratio,
            "goal": 0.10,
            "better": "lower",
            "against": against,
        }
    )
    for element, goal in (("C", 0.02), ("H", 0.002)):
        pairs = zip(ours.shieldings, theirs.shieldings, strict=True)
        largest = max(abs(a.isotropic_ppm - b.isotropic_ppm) for a, b in pairs if a.symbol == element)
        name_of = f"{title}: largest difference {element} ppm"
        measures.append(
            {"name": name_of, "value": round(largest, 4), "goal": goal, "better": "lower", "against": against}
        )
    return measures


def measures() -> list[dict[str, Any]]:
    """Return all measures."""
    has_nwchem = all(shutil.which(program) for program in ("nwchem", "mpirun"))
    cases = CASES + (LONG_CASES if os.environ.get("QMNMR_BENCH") == "full" else [])
    return [measure for case in cases for measure in compare(*case, has_nwchem=has_nwchem)]


if __name__ == "__main__":
    for line in measures():
        sys.stdout.write(f"{line['name']}: {line['value']} (goal {line['goal']}) {line['against']}\n")
