"""Writes bench/study/geometries-xtb.json: the conformers of DELTA50 at GFN2-xTB, ALPB(chloroform).

    python bench/study/xtb_geometries.py

RDKit's search as in the protocols, every atom moved by up to 0.05 Å so that no symmetry of the force field holds xTB on
a saddle point, `xtb --gfn 2 --alpb chcl3 --opt tight`. Needs xtb on PATH.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from qmnmr.calibration.calibration import plan_calibration
from qmnmr.conformers.integrity import structure_change
from qmnmr.conformers.pruning import prune
from qmnmr.conformers.rdkit_search import search
from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry, Molecule
from qmnmr.records import encode
from qmnmr.runs.request import RunRequest

OUTPUT = Path(__file__).parent / "geometries-xtb.json"


def main() -> None:
    run = plan_calibration(RunRequest(inputs=("delta50",), protocol="draft", engine="pyscf")).run
    found = [ensemble(molecule, run.settings.protocol.search) for molecule in run.molecules]
    OUTPUT.write_bytes(encode(found))
    print(f"{len(found)} molecules, {sum(len(e.conformers) for e in found)} conformers -> {OUTPUT}")


def ensemble(molecule: Molecule, settings) -> Ensemble:
    start = search(molecule, settings)
    relaxed = [relax(molecule, c) for c in start.conformers]
    kept = [c for c in relaxed if structure_change(molecule, c.geometry) is None]
    if not kept:
        raise SystemExit(f"{molecule.name}: GFN2-xTB makes another structure of it")
    return prune(Ensemble(molecule=molecule, conformers=tuple(sorted(kept, key=lambda c: c.energy_hartree or 0.0))))


def relax(molecule: Molecule, conformer: Conformer) -> Conformer:
    symbols = conformer.geometry.symbols
    moves = np.random.default_rng(61453).uniform(-0.05, 0.05, (len(symbols), 3))
    positions = np.array(conformer.geometry.coordinates_angstrom) + moves
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = [f"{s} {x:.8f} {y:.8f} {z:.8f}" for s, (x, y, z) in zip(symbols, positions, strict=True)]
        (folder / "in.xyz").write_text("\n".join([str(len(symbols)), "", *lines]) + "\n", encoding="utf-8")
        subprocess.run(
            ["xtb", "in.xyz", "--gfn", "2", "--alpb", "chcl3", "--opt", "tight", "-P", "1", "--norestart"],
            cwd=folder, capture_output=True, check=True,
        )  # fmt: skip
        rows = (folder / "xtbopt.xyz").read_text(encoding="utf-8").splitlines()
    energy = float(rows[1].split("energy:")[1].split()[0])
    found = tuple(
        (float(x), float(y), float(z)) for x, y, z in (row.split()[1:4] for row in rows[2 : 2 + len(symbols)])
    )
    return replace(
        conformer,
        geometry=Geometry(symbols=molecule.symbols, coordinates_angstrom=found),
        energy_hartree=energy,
    )


if __name__ == "__main__":
    main()
