"""How a nucleus comes by its shift, or why it has none; what is said of it stands in report/shift_words.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from qmnmr.datatypes.calibration import FactorFile, FoundFactors
from qmnmr.datatypes.decision import Calibrated, Decision, NoReference, Uncalibrated
from qmnmr.datatypes.shift import ReferenceShielding
from qmnmr.datatypes.theory import RunLevel
from qmnmr.shifts.referencing import find_reference
from qmnmr.shifts.scaling import mismatch, usable_factors

CALIBRATED_NUCLEI = frozenset({"1H", "13C"})
"""Nuclei that every protocol has, or is to have, factors for."""


def decide(
    level: RunLevel,
    *,
    protocol: str,
    factor_files: Sequence[FactorFile],
    references: Iterable[ReferenceShielding],
    programs: Iterable[tuple[str, str]],
) -> dict[str, Decision]:
    """Return by nucleus of the level how it comes by its shift; `programs` are names and versions that computed."""
    found = usable_factors(factor_files, level)
    known = list(references)
    used = sorted(set(programs))
    return {
        nucleus: _decide(nucleus, level, found, protocol=protocol, files=factor_files, references=known, programs=used)
        for nucleus in level.shielding_levels
    }


def _decide(
    nucleus: str,
    level: RunLevel,
    found: Mapping[str, FoundFactors],
    *,
    protocol: str,
    files: Sequence[FactorFile],
    references: Sequence[ReferenceShielding],
    programs: Sequence[tuple[str, str]],
) -> Decision:
    reference = _reference(nucleus, level, references, versions=sorted({version for _, version in programs}))
    if nucleus in found:
        return Calibrated(
            found=found[nucleus],
            reference=reference if isinstance(reference, ReferenceShielding) else None,
            other_versions=_other_versions(found[nucleus].file, programs),
        )
    reasons = [mismatch(f, level, nucleus=nucleus) for f in files if f.protocol == protocol]
    return Uncalibrated(
        reference=reference,
        level=level,
        is_in_sets=nucleus in CALIBRATED_NUCLEI or any(nucleus in file.nuclei for file in files),
        near=next((reason for reason in reasons if reason), ""),
    )


def _reference(
    nucleus: str, level: RunLevel, references: Sequence[ReferenceShielding], *, versions: Sequence[str]
) -> ReferenceShielding | NoReference:
    found = None
    if len(versions) == 1:
        found = find_reference(references, nucleus=nucleus, level=level, program_version=versions[0])
    return found or NoReference(level=level, versions=tuple(versions))


def _other_versions(file: FactorFile, programs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    known = {v.lower() for v in (*file.program_versions, *(a.program_version for a in file.agreements))}
    used = [f"{name} {version}" for name, version in programs]
    return tuple(v for v in used if v.lower() not in known)
