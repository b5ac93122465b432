"""The embedded engine beside its calculations."""

from __future__ import annotations

from qmnmr.engines.facts import CostLaw, CostLaws, EngineFacts

FACTS = EngineFacts(
    name="pyscf",
    title="the embedded engine",
    choice="pyscf (embedded)",
    packages=("pyscf", "geometric"),
    is_embedded=True,
    preference=0,  # it is wherever qmnmr is, in images too, and costs a tenth
    reason="the embedded engine: NWChem's numbers for about a tenth of its CPU time",
    absence="not found; the embedded engine: pip install pyscf geometric",
    cost=CostLaws(
        shielding=CostLaw(start_seconds=0.6, coefficient_seconds=1.025e-4, power=2.373, continuum=0.97),
        step=CostLaw(start_seconds=1.5, coefficient_seconds=6.34e-5, power=2.576, continuum=1.0),
        functional_factors={"cam-b3lyp": 1.32, "pbe": 0.97, "wb97x-d3": 0.92, "wp04": 0.66},
        steps=(2.3, 0.15),
        memory_mb=(100.0, 4.8),  # peaks of 49 runs with 22 to 202 functions: within 1.9 of the line, most below it
        scratch_mb=(50.0, 0.0, 0.0, 3.2e-5),  # fitted integrals
    ),
    benchmark_cpu_seconds=2.0,  # PySCF 2.14.0, 2026-11-21
    energy_tolerance_hartree=1e-4,  # energies of shielding tasks are fitted: 2e-5
    shielding_tolerance_ppm=0.02,  # to NWChem's
)
