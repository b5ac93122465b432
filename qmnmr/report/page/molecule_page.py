"""The page of one molecule: drawing, spectra, table, conformers, the paragraph for a paper, how it all came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from qmnmr.datatypes.measured.comparison import ComparedPair, NucleusErrors
from qmnmr.datatypes.measured.experiment import Spectrum
from qmnmr.datatypes.measured.larmor import DEFAULT_PROTON_MHZ
from qmnmr.datatypes.molecule import Geometry, Molecule
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.datatypes.shift import Prediction, PredictionStatus, Provenance
from qmnmr.report.failure_text import failure_text
from qmnmr.report.group_names import group_names
from qmnmr.report.level_words import level_words, shielding_words
from qmnmr.report.page.conformer_view import conformer_rows, conformer_svg, conformer_view
from qmnmr.report.page.drawing import prediction_drawing
from qmnmr.report.page.shell import rendered
from qmnmr.report.page.si_text import si_text, signal_shapes
from qmnmr.report.page.spectra import DrawnSpectrum, drawn_spectra, proton_spectrum, solvent_name
from qmnmr.report.page.spectrum_svg import LINE_WIDTH_HZ, spectrum_svg
from qmnmr.report.tables import atom_numbers
from qmnmr.report.words import counted

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True, kw_only=True)
class BesideExperiment:
    """What was measured of a molecule, and what of it belongs to which shift."""

    source: str
    spectra: tuple[Spectrum, ...]
    pairs: tuple[ComparedPair, ...]
    errors: tuple[NucleusErrors, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A line of the table; numbers as text with the decimals of shifts.csv, "" where there is none."""

    nucleus: str
    atoms: str
    group: str
    label: str
    shift: str
    error: str
    shape: str  # "dd, 11.9, 3.7"
    measured: str
    difference: str
    reference: str
    shielding: str
    flags: tuple[str, ...]


def molecule_page(
    prediction: Prediction,
    *,
    geometries: Mapping[str, Geometry],
    experiment: BesideExperiment | None = None,
    proton_mhz: float = DEFAULT_PROTON_MHZ,
    index: str = "",
    digest: str = "",
) -> str:
    """Return the page of a molecule as one file of HTML; the same prediction gives the same text.

    Args:
        prediction: What is shown; of one without shifts, why there are none.
        geometries: Of the conformers, by their labels.
        experiment: What was measured of it, drawn below the prediction.
        proton_mhz: Field that the spectra begin with, by its frequency of 1H.
        index: Address of the run's index, "" where there is none.
        digest: Of what the page is made of; it stands in the page.
    """
    protons = proton_spectrum(prediction, proton_mhz=proton_mhz)
    spectra = drawn_spectra(
        prediction,
        proton_mhz=proton_mhz,
        protons=protons,
        measured=() if experiment is None else experiment.spectra,
        pairs=() if experiment is None else experiment.pairs,
    )
    view = conformer_view(prediction, geometries)
    shapes = signal_shapes(protons)
    rows = _rows(prediction, () if experiment is None else experiment.pairs, shapes)
    provenance = prediction.provenance
    values: dict[str, Any] = {
        "molecule": prediction.molecule,
        "formula": formula(prediction.molecule),
        "status": prediction.status.value,
        "is_completed": prediction.status is PredictionStatus.COMPLETED,
        "is_partial": prediction.status is PredictionStatus.COMPLETED and bool(prediction.failures),
        "messages": prediction.messages,
        "failures": [(failure_text(failure), failure.hint) for failure in prediction.failures],
        "summary": _summary(prediction),
        "drawing": Markup(prediction_drawing(prediction)),  # noqa: S704  # names in it are escaped there
        "labels": _labels(prediction),
        "spectra": [(s, Markup(spectrum_svg(s)), spectrum_title(s)) for s in spectra],  # noqa: S704
        "rows": rows,
        "has_labels": any(row.label for row in rows),
        "has_shapes": any(row.shape for row in rows),
        "has_measured": any(row.measured for row in rows),
        "has_reference": any(row.reference for row in rows),
        "experiment": experiment,
        "conformers": conformer_rows(prediction, view),
        "sticks": None if view is None else Markup(conformer_svg(view)),  # noqa: S704
        "missed": _missed(prediction),
        "si": si_text(prediction, proton_mhz=proton_mhz, protons=protons),
        "funnel": prediction.funnel,
        "cpu": "" if provenance is None else cpu_words(provenance.cpu_seconds),
        "provenance": [] if provenance is None else _provenance(provenance),
        "line_width": LINE_WIDTH_HZ,
        "proton_mhz": proton_mhz,
        "index": index,
        "digest": digest,
    }
    data = {
        "spectra": spectra,
        "protonMhz": proton_mhz,
        "lineWidthHz": LINE_WIDTH_HZ,
        "atoms": [atom_numbers(s) for s in prediction.shifts],
        "carrier": _carriers(prediction.molecule),
        "view": view,
    }
    return rendered("molecule.html.j2", script="molecule.js", values=values, data=data)


def spectrum_title(spectrum: DrawnSpectrum) -> str:
    """Return the heading of a spectrum without its frequency: "¹H"."""
    element = spectrum.nucleus.lstrip("0123456789")
    mass = spectrum.nucleus[: -len(element)].translate(_SUPERSCRIPT)
    return f"{mass}{element}{'{¹H}' if spectrum.nucleus == '13C' else ''}"


def formula(molecule: Molecule) -> str:
    """Return the molecular formula in Hill's order."""
    from rdkit.Chem import rdMolDescriptors

    return str(rdMolDescriptors.CalcMolFormula(rdkit_mol(molecule)))


def cpu_words(seconds: float) -> str:
    """Return CPU time as people say it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _summary(prediction: Prediction) -> str:
    """Return in a line what the numbers are."""
    provenance = prediction.provenance
    if provenance is None:
        return ""
    conformers = counted(len(prediction.conformers), "conformer")
    return (
        f"predicted, not measured: protocol {provenance.protocol}, shieldings {shielding_words(provenance.steps)}, "
        f"{solvent_name(prediction)}, {conformers}, {provenance.temperature_kelvin:g} K"
    )


def _rows(prediction: Prediction, pairs: Sequence[ComparedPair], shapes: Mapping[tuple[int, ...], str]) -> list[_Row]:
    groups = group_names(prediction.molecule)
    rows = []
    for shift in prediction.shifts:
        numbers = atom_numbers(shift)
        own = [p for p in pairs if p.nucleus == shift.nucleus and set(p.atoms) & set(numbers)]
        differences = [] if shift.shift_ppm is None else [shift.shift_ppm - p.measured_ppm for p in own]
        rows.append(
            _Row(
                nucleus=shift.nucleus,
                atoms=" ".join(map(str, numbers)),
                group=groups[shift.atom_indices[0]],
                label=shift.label,
                shift=_ppm(shift.shift_ppm),
                error=_ppm(shift.uncertainty_ppm),
                shape=shapes.get(shift.atom_indices, ""),
                measured=" ".join(f"{p.measured_ppm:g}" for p in own),
                difference=" ".join(f"{difference:+.2f}" for difference in differences),
                reference=""
                if shift.reference_shift_ppm is None or shift.shift_ppm is not None
                else f"{shift.reference_shift_ppm:.2f} vs {shift.reference}",
                shielding=_ppm(shift.shielding_ppm),
                flags=shift.flags,
            )
        )
    return rows


def _ppm(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _labels(prediction: Prediction) -> list[tuple[str, str]]:
    """Return the labels of signals with their atoms: what tells those of one constitution apart."""
    return [
        (", ".join(f"{s.element}{number}" for number in atom_numbers(s)), s.label) for s in prediction.shifts if s.label
    ]


def _missed(prediction: Prediction) -> str:
    missed = prediction.missed_population
    return "" if missed is None else f"about {100 * missed:.1f} % of the population is not in the average (estimate)"


def _carriers(molecule: Molecule) -> list[int]:
    """Return for each atom the number of the atom that it is drawn at: of a hydrogen its neighbour, else its own."""
    carriers = []
    for atom in rdkit_mol(molecule).GetAtoms():
        is_carried = atom.GetSymbol() == "H" and atom.GetDegree() > 0
        carriers.append((atom.GetNeighbors()[0] if is_carried else atom).GetIdx() + 1)
    return carriers


def _provenance(provenance: Provenance) -> list[tuple[str, str]]:
    """Return what the numbers rest on, as names and values."""
    dielectric = "" if provenance.dielectric_constant is None else f", ε = {provenance.dielectric_constant:g}"
    tools = ", ".join(f"{name} {version}" for name, version in provenance.toolkit_versions.items())
    found = [
        ("qmnmr", provenance.qmnmr_version),
        ("engine", f"{provenance.engine} ({', '.join(provenance.program_versions)})"),
        ("protocol", provenance.protocol),
        *level_words(provenance.steps).items(),
        ("solvent", f"{provenance.solvent}{dielectric}"),
        ("temperature", f"{provenance.temperature_kelvin:g} K"),
        ("conformer search", provenance.conformer_search),
        *((f"shifts of {nucleus}", words) for nucleus, words in provenance.referencing.items()),
        ("packages", tools),
        ("computed", f"{provenance.date_utc} on {provenance.host}, {cpu_words(provenance.cpu_seconds)} of CPU time"),
        ("image", provenance.image or ""),
        *(("taken over", f"{r.results} results of {r.folder}, {cpu_words(r.cpu_seconds)}") for r in provenance.reused),
    ]
    return [(name, value) for name, value in found if value]
