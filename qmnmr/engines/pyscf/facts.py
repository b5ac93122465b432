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
        shielding=CostLaw(start_seconds=0.6, coefficient_seconds=7.9e-6, power=2.9, continuum=1.0),
        step=CostLaw(start_seconds=0.6, coefficient_seconds=4.75e-5, power=2.53, continuum=1.0),
        couplings=CostLaw(start_seconds=0.6, coefficient_seconds=1.9e-6, power=3.1, continuum=1.0),
        energy_share=0.8,  # of vDZP with its larger auxiliary basis
        functional_factors={"cam-b3lyp": 1.1, "pbe": 0.8, "wb97x-d3": 0.85, "wp04": 0.67},
        steps=(2.3, 0.15),
        memory_mb=(100.0, 4.8),  # peaks of 49 runs with 22 to 202 functions: within 1.9 of the line, most below it
        scratch_mb=(50.0, 0.0, 0.0, 3.2e-5),  # fitted integrals
    ),
    benchmark_cpu_seconds=1.9,  # PySCF 2.14.0, 2026-11-30
    energy_tolerance_hartree=1e-4,  # energies are fitted: 2e-5 for a water molecule
    shielding_tolerance_ppm=0.02,  # to NWChem's
)
