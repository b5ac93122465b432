"""NWChem beside its calculations."""

from __future__ import annotations

from qmnmr.engines.facts import CostLaw, CostLaws, EngineFacts, VersionProbe, mpirun
from qmnmr.engines.nwchem.functionals import FUNCTIONALS
from qmnmr.engines.nwchem.tuning import TUNED_GRIDS

FACTS = EngineFacts(
    name="nwchem",
    title="NWChem",
    choice="nwchem",
    programs=("nwchem", "mpirun"),
    uses_mpi=True,
    preference=1,
    cost=CostLaws(
        shielding=CostLaw(start_seconds=0.8, coefficient_seconds=3.89e-4, power=2.574, continuum=1.22),
        step=CostLaw(start_seconds=0.0, coefficient_seconds=6.27e-4, power=2.280, continuum=1.0),
        functional_factors={"cam-b3lyp": 1.51, "pbe": 0.76, "wb97x-d3": 1.93, "wp04": 1.01},
        steps=(2.2, 0.15),
        memory_mb=(120.0, 0.0, 4.8e-4),  # 60 matrices; counted, not fitted: recorded outputs are of small molecules
        scratch_mb=(50.0, 0.0, 4.8e-4),  # orbitals, response vectors, grid points
        scratch_mb_per_atom=3.0,
        tuned_functionals=frozenset(TUNED_GRIDS),
        tuned_share=0.69,  # docs/explanation/nwchem-tuning.md
    ),
    benchmark_cpu_seconds=16.25,  # 7.0.2, 2026-11-21
    energy_tolerance_hartree=1e-6,
    shielding_tolerance_ppm=0.01,
    version_probe=VersionProbe(
        files={"empty.nw": "start empty\n"},
        command=mpirun("nwchem", "empty.nw", ranks=1),
        pattern=r"Northwest Computational Chemistry Package \(NWChem\) (?P<version>\S+)\n",
        first_versions={f.name: f.first_version for f in FUNCTIONALS.values() if f.first_version > (0, 0)},
    ),
)
