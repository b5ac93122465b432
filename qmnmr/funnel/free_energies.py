"""What turns conformers' energies into free energies: xTB's rigid rotor and harmonic oscillator at DFT's geometries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from qmnmr.datatypes.calculation import CalculationFailure, CalculationResult
from qmnmr.datatypes.funnel import FunnelStep
from qmnmr.datatypes.molecule import Conformer, Molecule
from qmnmr.datatypes.protocol import BY_XTB, Protocol
from qmnmr.engines.xtb.choice import absence, at_level_here, has_xtb, xtb_engine
from qmnmr.engines.xtb.engine import PROGRAM
from qmnmr.errors import MissingProgramError
from qmnmr.funnel.funnel_words import total_cpu_seconds, xtb_method
from qmnmr.funnel.selection import weighing_energy
from qmnmr.funnel.side_by_side import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """The conformers with their free energies, and what is to be told of it."""

    conformers: tuple[Conformer, ...]
    step: FunnelStep | None = None  # None: there was nothing to weigh
    notes: tuple[str, ...] = ()


def require_xtb(protocol: Protocol, has_program: Callable[[str], object], *, has_packages: bool = True) -> None:
    """Raise MissingProgramError if a protocol can't do without GFN2-xTB and there is none.

    It is looked for where programs run, and among this process's packages if these are there too.
    """
    needs = {"--free-energies": protocol.needs_free_energies, "--geometry xtb": protocol.geometry == BY_XTB}
    asking = next((option for option, is_needed in needs.items() if is_needed), None)
    if asking is None:
        return
    if not (has_xtb(has_program) if has_packages else has_program(PROGRAM)):
        raise MissingProgramError(
            f"{absence()}, and {asking} needs one of them",
            hint="install one (pip install tblite; Debian: apt-get install xtb; conda install -c conda-forge xtb), or "
            f"leave {asking} out",
        )


def add_free_energies(
    molecule: Molecule,
    conformers: Sequence[Conformer],
    protocol: Protocol,
    *,
    run: Run,
    has_program: Callable[[str], object],
) -> Corrected:
    """Return the conformers with G(RRHO), lowest free energy first.

    One conformer has nothing to be weighed against. Where xTB fails on one of them, or there is none, all are weighed
    by their energies, since a free energy can't stand beside an energy; a note says so.
    """
    if not protocol.has_free_energies or len(conformers) < 2:
        return Corrected(conformers=tuple(conformers))
    if not has_xtb(has_program):
        return Corrected(conformers=tuple(conformers), notes=(f"{absence()}: the weights are of energies alone",))
    step = protocol.free_energy_step
    outcomes = run([at_level_here(step.of(c, molecule)) for c in conformers], xtb_engine(step.kind))
    done = [o for o in outcomes if isinstance(o, CalculationResult)]
    failed = [(c, o) for c, o in zip(conformers, outcomes, strict=True) if isinstance(o, CalculationFailure)]
    notes = []
    corrected = tuple(conformers)
    if failed:
        conformer, first = failed[0]
        notes.append(
            f"no free energies: xTB failed on {conformer.label} ({first.message.rstrip('.')}: {first.evidence}); "
            "the weights are of energies alone"
        )
    else:
        pairs = zip(conformers, done, strict=True)
        corrected = tuple(replace(c, free_energy_correction_hartree=o.free_energy_correction_hartree) for c, o in pairs)
        corrected = tuple(sorted(corrected, key=weighing_energy))
    told = FunnelStep(
        name=step.title,
        method=xtb_method(done),
        entered=len(conformers),
        left=len(conformers),
        cpu_seconds=total_cpu_seconds(outcomes),
        remark=f"{len(failed)} failed" if failed else "",
    )
    return Corrected(conformers=corrected, step=told, notes=tuple(notes))
