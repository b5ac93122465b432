"""Couplings by the contact term beside measured ones, and what they take beside shieldings.

    python bench/couplings.py run WORK [--only TITLES] [--seconds N]   couplings of molecules that are not stored yet
    python bench/couplings.py table                                    what factors are worth, each molecule left out
    python bench/couplings.py fit                                      the same, to qmnmr/couplings/data/fc.toml
    python bench/couplings.py cost WORK                                CPU time of menthol's couplings and shieldings

Measured couplings: bench/measured_couplings.csv, atoms counted from 1 in RDKit's order with hydrogens added; of a CH2
the one whose replacement by 2H makes its carbon R or S. Their sources stand in the rows: examples of NMReDATA,
Spinach's styrene, and spin systems of GISSMO (CC BY-SA 4.0), which are here for the fit alone and in no package.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import store
import tomli_w
from large_molecules import GEOMETRIES
from rdkit import Chem
from rdkit.Chem import AllChem, rdCIPLabeler

from qmnmr.couplings.angles import dihedral_angle
from qmnmr.couplings.pairs import CoupledPair, coupled_pairs
from qmnmr.datatypes.calculation import Calculation, CalculationResult
from qmnmr.datatypes.coupling import MOST_BONDS, CouplingClass, CouplingFactor, CouplingFactors, CouplingSource
from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Geometry, Molecule
from qmnmr.datatypes.rdkit_molecule import with_coordinates
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.funnel.run_molecule import run_molecule
from qmnmr.funnel.selection import weighing_energy
from qmnmr.programs.blas_threads import blas_threads
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace, run_calculation
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import plan_run
from qmnmr.runs.protocols import get_protocol
from qmnmr.runs.request import RunRequest
from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.structures import read_molecules

STORED = Path(__file__).with_name("couplings.json")
MEASURED = Path(__file__).with_name("measured_couplings.csv")
COSTS = Path(__file__).with_name("coupling_costs.json")
FACTORS = Path(__file__).parents[1] / "qmnmr" / "couplings" / "data" / "fc.toml"
_FEWEST, _FEWEST_SCALED, _FEWEST_MOLECULES = 3, 8, 3
ONE_CONFORMER = frozenset({"androstenedione", "benzo_a_pyrene", "perylene"})
"""Rigid and large: the force field's lowest conformer is the start, and no search."""


CouplingsOf = Callable[[Chem.Mol, dict[str, Any], Sequence[CoupledPair]], list[float]]
"""Couplings in Hz of pairs in a stored conformer."""


def measured() -> list[dict[str, str]]:
    """Return the measured couplings that are usable."""
    with MEASURED.open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["flag"] in {"ok", "fit", "paired"}]


def compute(title: str, smiles: str, solvent: str, work: Path) -> dict[str, Any]:
    """Return conformers with geometry, population and couplings of all pairs of hydrogens."""
    work.mkdir(parents=True, exist_ok=True)
    request = RunRequest(
        inputs=(str(_structure(title, smiles, work)),),
        solvent=solvent,
        engine="pyscf",
        couplings=CouplingSource.FC,
        conformers="none" if title in ONE_CONFORMER else None,
        out=work / "run",
    )
    plan = plan_run(request)
    (molecule,) = plan.molecules
    cheap = LevelOfTheory(functional="hf", basis="sto-3g", spherical=True, solvent=None)
    protocol = replace(plan.settings.protocol, shieldings=(("*", cheap),))  # no shielding is looked at
    folder = RunFolder(work / "run")
    folder.start(plan.settings, plan.molecules)
    with ScratchFolder.create(work) as scratch, blas_threads(1), Programs(scratch) as programs:
        outcome = run_molecule(
            molecule,
            protocol,
            budget=CoreBudget(Resources(cores=1, memory_mb=2500)),
            workplace=Workplace(engine=plan.engine, scratch=scratch, programs=programs),
            store=folder.molecule_folder(molecule),
            report=lambda _: None,
        )
    if outcome.ensemble is None or outcome.failures:
        raise SystemExit(f"{title}: {outcome.failures}")
    found = outcome.ensemble.conformers
    populations = boltzmann_populations(
        [weighing_energy(c) for c in found],
        degeneracies=[c.weight for c in found],
        temperature_kelvin=protocol.temperature_kelvin,
    )
    (step,) = protocol.coupling_steps(molecule.symbols)
    conformers = [
        {
            "population": round(population, 6),
            "coordinates_angstrom": [[round(x, 6) for x in xyz] for xyz in conformer.geometry.coordinates_angstrom],
            "couplings_hz": [
                [*pair.atom_indices, round(pair.coupling_hz, 4)]
                for pair in outcome.results[conformer.label][step.name].couplings
            ],
            "cpu_seconds": outcome.results[conformer.label][step.name].cpu_seconds,
        }
        for conformer, population in zip(found, populations, strict=True)
    ]
    return {
        "smiles": smiles,
        "mapped_smiles": molecule.mapped_smiles,
        "solvent": solvent,
        "level": str(step.level),
        "date": time.strftime("%Y-%m-%d"),
        "conformers": conformers,
    }


def _structure(title: str, smiles: str, work: Path) -> Path:
    """Return a file with the molecule: its SMILES, or the force field's lowest conformer."""
    if title not in ONE_CONFORMER:
        path = work / f"{title}.smi"
        path.write_text(f"{smiles} {title}\n", encoding="utf-8")
        return path
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMultipleConfs(mol, 30, randomSeed=7)
    energies = AllChem.MMFFOptimizeMoleculeConfs(mol, maxIters=2000)
    path = work / f"{title}.sdf"
    mol.SetProp("_Name", title)
    with Chem.SDWriter(str(path)) as writer:
        writer.write(mol, confId=min(range(len(energies)), key=lambda k: energies[k][1]))
    return path


def run(work: Path, only: str, seconds: float) -> None:
    """Compute what is not stored yet."""
    began = time.monotonic()
    molecules = {row["set_id"]: row for row in measured()}
    for title in sorted(molecules, key=lambda t: Chem.MolFromSmiles(molecules[t]["smiles"]).GetNumAtoms()):
        stored = store.load(STORED)
        if title in stored or (only and not any(word == title for word in only.split("|"))):
            continue
        if time.monotonic() - began > seconds:
            return
        row = molecules[title]
        solvent = "water" if "D2O" in row["solvent"] else "chloroform"
        found = compute(title, row["smiles"], solvent, work / title)
        store.save(STORED, store.load(STORED) | {title: found})
        print(title, [round(c["cpu_seconds"], 1) for c in found["conformers"]], flush=True)


@dataclass(frozen=True)
class Point:
    """A measured coupling beside the calculated one."""

    title: str
    kind: CouplingClass
    n_bonds: int
    calculated_hz: float
    measured_hz: float


def points() -> list[Point]:
    """Return every usable measured coupling over at most five bonds of a stored molecule."""
    return [pairing.point(_of_contact_term) for pairing in pairings(store.load(STORED))]


@dataclass(frozen=True)
class Pairing:
    """A measured coupling, and of each conformer the pairs of hydrogens that it is the mean of."""

    row: dict[str, str]
    mol: Chem.Mol
    conformers: list[tuple[dict[str, Any], list[CoupledPair]]]

    def point(self, couplings_of: CouplingsOf) -> Point:
        """Return it beside the calculated one, by the conformers' populations."""
        total = sum(
            conformer["population"] * sum(couplings_of(self.mol, conformer, pairs)) / len(pairs)
            for conformer, pairs in self.conformers
        )
        ((kind, n_bonds),) = {(p.coupling_class, p.n_bonds) for _, pairs in self.conformers for p in pairs}
        if n_bonds != int(self.row["n_bonds"]):
            raise SystemExit(f"{self.row['set_id']}: {self.row['h1']} and {self.row['h2']} are {n_bonds} bonds apart")
        return Point(self.row["set_id"], kind, n_bonds, total, _signed(self.row, total))


def pairings(stored: dict[str, Any]) -> list[Pairing]:
    """Return the usable measured couplings over at most five bonds of stored molecules."""
    found = []
    for row in measured():
        if row["set_id"] not in stored or int(row["n_bonds"]) > MOST_BONDS:
            continue
        one = stored[row["set_id"]]
        mol = Chem.AddHs(Chem.MolFromSmiles(one["smiles"]))
        classes = {pair.atom_indices: pair for pair in coupled_pairs(_molecule(one))}
        conformers = [
            (c, [classes[pair] for pair in _pairs(mol, np.array(c["coordinates_angstrom"]), row)])
            for c in one["conformers"]
        ]
        found.append(Pairing(row, mol, conformers))
    return found


def _of_contact_term(_: Chem.Mol, conformer: dict[str, Any], pairs: Sequence[CoupledPair]) -> list[float]:
    stored = {(a, b): hz for a, b, hz in conformer["couplings_hz"]}
    return [stored[pair.atom_indices] for pair in pairs]


def _signed(row: dict[str, str], calculated: float) -> float:
    """Return a measured coupling with its sign: where magnitudes are printed, that of a geminal one is said beside it.

    Of couplings over four bonds that are printed without, the calculated sign is taken.
    """
    value = float(row["J_Hz"])
    if "true sign is negative" in row["note"]:
        return -abs(value)
    has_no_sign = "NMReDATA" in row["source"] and int(row["n_bonds"]) > 3
    return float(np.copysign(value, calculated)) if has_no_sign else value


def _molecule(one: dict[str, Any]) -> Molecule:
    (molecule,) = read_molecules([one["smiles"]])
    return molecule


def _pairs(mol: Chem.Mol, positions: np.ndarray, row: dict[str, str]) -> list[tuple[int, int]]:
    """Return the pairs of atoms that a row is of: of CH2 the one that its label names, else all of them."""
    first = _labelled(mol, positions, row["h1"], row["h1_prochiral"])
    second = _labelled(mol, positions, row["h2"], row["h2_prochiral"])
    pairs = sorted({(min(a, b), max(a, b)) for a in first for b in second if a != b})
    side = row["note"].split()[0] if row["note"].startswith(("cis", "trans")) else ""
    if side and len(pairs) == 2 and len(first) == 1:
        distances = [float(np.linalg.norm(positions[a] - positions[b])) for a, b in pairs]
        return [pairs[int(np.argmax(distances) if side == "trans" else np.argmin(distances))]]
    if row["note"].startswith(("axial-axial", "eq-ax")) and len(pairs) == 2:
        opened = [abs(dihedral_angle(positions, _path(mol, pair))) for pair in pairs]
        return [pairs[int(np.argmax(opened) if row["note"].startswith("axial-axial") else np.argmin(opened))]]
    return pairs


def _path(mol: Chem.Mol, pair: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the atoms H-C-C-H of a vicinal pair."""
    near, far = (mol.GetAtomWithIdx(hydrogen).GetNeighbors()[0].GetIdx() for hydrogen in pair)
    return pair[0], near, far, pair[1]


def _labelled(mol: Chem.Mol, positions: np.ndarray, cell: str, label: str) -> list[int]:
    """Return atoms of a cell like "22 23"; with a label the one whose replacement by 2H gives its carbon that label."""
    atoms = [int(number) - 1 for number in cell.split()]
    if not label:
        return atoms
    named = []
    for atom in atoms:
        marked = with_coordinates(Chem.Mol(mol), positions)
        marked.GetAtomWithIdx(atom).SetIsotope(2)
        Chem.AssignStereochemistryFrom3D(marked)
        rdCIPLabeler.AssignCIPLabels(marked)
        (carbon,) = marked.GetAtomWithIdx(atom).GetNeighbors()
        if carbon.HasProp("_CIPCode") and carbon.GetProp("_CIPCode") == label:
            named.append(atom)
    if len(named) != 1:
        raise SystemExit(f"no single {label} hydrogen among atoms {cell}")
    return named


def fitted(kept: Sequence[Point]) -> float:
    """Return the slope through the origin by least squares."""
    calculated, found = np.array([(p.calculated_hz, p.measured_hz) for p in kept]).T
    return float(calculated @ found / (calculated @ calculated))


def slope_of(of_class: Sequence[Point]) -> float:
    """Return the slope of a class; 1 where couplings or molecules are too few to tell another one."""
    return fitted(of_class) if _is_scaled(of_class) else 1.0


def residuals(of_class: Sequence[Point]) -> list[float]:
    """Return measured minus fitted couplings, each molecule by the slope of the others."""
    found = []
    for point in of_class:
        slope = fitted([p for p in of_class if p.title != point.title]) if _is_scaled(of_class) else 1.0
        found.append(point.measured_hz - slope * point.calculated_hz)
    return found


def _is_scaled(of_class: Sequence[Point]) -> bool:
    return len(of_class) >= _FEWEST_SCALED and len({p.title for p in of_class}) >= _FEWEST_MOLECULES


def factors() -> tuple[CouplingFactors, list[str]]:
    """Return the factors of each class, and lines of what they are worth."""
    found, entries, lines = points(), [], []
    for kind in CouplingClass:
        of_class = [p for p in found if p.kind is kind]
        if len(of_class) < _FEWEST:
            pool = [p for p in found if p.kind is not CouplingClass.GEMINAL]
            lines.append(f"{kind}: {len(of_class)} couplings; takes the factor of all that are not geminal")
            entries.append(_factor(kind, pool, rms(np.array(residuals(pool)))))
            continue
        rest = np.array(residuals(of_class))
        raw = np.array([p.measured_hz - p.calculated_hz for p in of_class])
        entries.append(_factor(kind, of_class, rms(rest)))
        titles = sorted({p.title for p in of_class})
        lines.append(
            f"{kind}: n {len(of_class)}, {len(titles)} molecules, slope {slope_of(of_class):.3f}, "
            f"RMSD {rms(rest):.2f} Hz leave-one-molecule-out, {rms(raw):.2f} unscaled, largest {abs(rest).max():.2f}"
        )
        for title in titles:
            own = [r for p, r in zip(of_class, rest, strict=True) if p.title == title]
            lines.append(f"    {title}: n {len(own)}, {rms(np.array(own)):.2f}")
    open_chain = [p for p in found if p.kind is not CouplingClass.GEMINAL]
    by_point = {
        id(p): r for kind in CouplingClass for p, r in _with_residuals([q for q in open_chain if q.kind is kind])
    }
    for words, wanted in (("without androstenedione", False), ("androstenedione", True)):
        rest = np.array([by_point[id(p)] for p in open_chain if (p.title == "androstenedione") is wanted])
        if len(rest):
            lines.append(f"vicinal and long-range, {words}: n {len(rest)}, RMSD {rms(rest):.2f} Hz")
    stored = store.load(STORED)
    used = sorted({p.title for p in found})
    level = ", ".join(sorted({stored[title]["level"].partition(", COSMO")[0] for title in used}))
    words = f"bench/couplings.py fit, {time.strftime('%Y-%m-%d')}: {len(found)} couplings of {len(used)} molecules"
    return CouplingFactors(source=CouplingSource.FC, level=level, factors=tuple(entries), provenance=words), lines


def _factor(kind: CouplingClass, kept: Sequence[Point], residual_hz: float) -> CouplingFactor:
    return CouplingFactor(
        coupling_class=kind,
        slope=round(slope_of(kept), 4),
        intercept_hz=0.0,
        residual_hz=round(residual_hz, 3),
        n=len(kept),
    )


def _with_residuals(of_class: Sequence[Point]) -> list[tuple[Point, float]]:
    return list(zip(of_class, residuals(of_class), strict=True))


def rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def cost(work: Path) -> None:
    """Compute menthol's couplings and shieldings on one core and store what they took."""
    protocol = get_protocol("standard", solvent=CHLOROFORM, couplings=CouplingSource.FC)
    geometry = _menthol()
    (step,) = protocol.coupling_steps(geometry.symbols)
    engine = get_engine("pyscf")
    took = {}
    for asked in (step, *protocol.shielding_steps(geometry.symbols)):
        calculation = Calculation(
            label=asked.name,
            kind=asked.kind,
            geometry=geometry,
            charge=0,
            multiplicity=1,
            level=asked.level,
        )
        with ScratchFolder.create(work) as scratch:
            outcome = run_calculation(
                calculation,
                workplace=Workplace(engine=engine, scratch=scratch, programs=Programs(scratch)),
                store=MoleculeFolder(work / "menthol"),
                cores=1,
                memory_mb=2000,
            )
        if not isinstance(outcome, CalculationResult):
            raise SystemExit(str(outcome))
        took[asked.name] = round(outcome.cpu_seconds, 1)
        print(asked.name, took[asked.name], flush=True)
    store.save(COSTS, {"menthol": took | {"date": time.strftime("%Y-%m-%d"), "level": str(step.level)}})


def _menthol() -> Geometry:
    rows = json.loads(GEOMETRIES.read_text(encoding="utf-8"))["menthol, B3LYP/6-31G*"]
    return Geometry(symbols=tuple(r[0] for r in rows), coordinates_angstrom=tuple((x, y, z) for _, x, y, z in rows))


def measures() -> list[dict[str, Any]]:
    """Return what is stored beside its goals."""
    found = points()
    own = {id(p): r for kind in CouplingClass for p, r in _with_residuals([q for q in found if q.kind is kind])}
    measures = []
    for words, goal, wanted in (
        ("vicinal and long-range couplings of rigid molecules", 0.6, lambda p: p.title != "androstenedione"),
        ("vicinal and long-range couplings of androstenedione", 0.8, lambda p: p.title == "androstenedione"),
    ):
        kept = [own[id(p)] for p in found if p.kind is not CouplingClass.GEMINAL and wanted(p)]
        if kept:
            measures.append(
                {
                    "name": f"{words}, contact term, RMSD leave-one-molecule-out / Hz",
                    "value": round(rms(np.array(kept)), 2),
                    "goal": goal,
                    "better": "lower",
                    "against": f"{len(kept)} measured ones",
                }
            )
    took = store.load(COSTS).get("menthol")
    if took is not None:
        shieldings = sum(seconds for name, seconds in took.items() if name.startswith("shielding"))
        measures.append(
            {
                "name": "all couplings of menthol beside its shieldings, CPU time",
                "value": round(took["couplings"] / shieldings, 2),
                "goal": 1.5,
                "better": "lower",
                "against": f"{shieldings:.0f} s, one core, {took['date']}",
            }
        )
    return measures


def main() -> None:
    """Obey the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run")
    running.add_argument("work", type=Path)
    running.add_argument("--only", default="")
    running.add_argument("--seconds", type=float, default=1e9)
    commands.add_parser("cost").add_argument("work", type=Path)
    for name in ("fit", "table"):
        commands.add_parser(name)
    asked = parser.parse_args()
    if asked.command == "run":
        run(asked.work, asked.only, asked.seconds)
    elif asked.command == "cost":
        cost(asked.work)
    else:
        found, lines = factors()
        print("\n".join(lines))
        if asked.command == "fit":
            FACTORS.write_bytes(tomli_w.dumps(msgspec.to_builtins(found)).encode())


if __name__ == "__main__":
    main()
