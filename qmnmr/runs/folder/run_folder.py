"""The run folder: it is the state of a run, and there is no other.

RUN/run.toml          every setting, defaults written out
    molecules.jsonl   one line per molecule, in input order
    molecules/<id>/   see molecule_folder
    factors.json      the factor file that the run was given, if any
    skipped.txt       what was left out of the input by --skip-bad, a line each, if anything
    reuse.json        the runs whose results are taken over, if any: see earlier_runs
    calibration/      what `qmnmr calibrate` made of the run: factors.json, plots
    report.html   report/<id>.html   ranking.html   see report_pages
    shifts.csv  couplings.csv  summary.json  qmnmr.log
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.protocol import AS_GIVEN, BY_DFT, BY_XTB, Protocol
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.errors import InputError, OutputFormatError
from qmnmr.records import decode, decode_toml, encode_line, encode_toml, write_atomically, write_parts_atomically
from qmnmr.report.json_report import run_json_parts
from qmnmr.report.spectra.coupling_table import CouplingTable
from qmnmr.report.tables import ShiftTable
from qmnmr.report.words import counted
from qmnmr.runs.folder.molecule_folder import EarlierFolder, MoleculeFolder
from qmnmr.runs.folder.withdrawn_results import may_be_hit, withdraw

_HEADING = "Written by qmnmr; a run is continued only with the same engine and protocol."
_GEOMETRY_WORDS = {BY_DFT: "optimised by DFT", BY_XTB: "optimised by GFN2-xTB", AS_GIVEN: "kept as given"}
_MANIFEST_CURE = "restore it, or move it away and repeat the command that began the run; what is finished is kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """Everything that decides a run's numbers, and who made it when."""

    qmnmr_version: str
    created_utc: str
    inputs: tuple[str, ...]
    engine: str
    protocol: Protocol
    molecule_count: int | None = None  # None: written by 0.1.0

    def differences(self, other: RunSettings) -> list[str]:
        """Return in words what differs and decides numbers; an empty list if one run can continue the other."""
        pairs = [(ours, theirs) for ours, theirs in zip(self._named(), other._named(), strict=True) if ours != theirs]
        words = [f"{name} is {ours} there, {theirs} here" for (name, ours), (_, theirs) in pairs]
        if not words and self.protocol != other.protocol:
            return [f"the protocol {self.protocol.name} of qmnmr {self.qmnmr_version} has other settings than today's"]
        return words

    def _named(self) -> list[tuple[str, str]]:
        way = "converged" if self.protocol.refinement is None else "from few gradients"
        weights = "free energies" if self.protocol.has_free_energies else "energies"
        return [
            ("the engine", self.engine),
            *asked_of(self.protocol),
            ("what weighs conformers", weights),
            ("the optimisation", way),
            ("the couplings", str(self.protocol.couplings or "none")),
        ]


def asked_of(protocol: Protocol) -> list[tuple[str, str]]:
    """Return in words what a run's request always says of its recipe, each with its name."""
    solvent = protocol.optimization.solvent
    return [
        ("the protocol", protocol.name),
        ("the solvent", "gas phase" if solvent is None else solvent.name),
        ("the conformer search", protocol.search.method),
        ("the geometry", _GEOMETRY_WORDS[protocol.geometry]),
        ("the temperature", f"{protocol.temperature_kelvin:g} K"),
    ]


class RunFolder:
    """Reads and writes one run's files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log_file = path / "qmnmr.log"
        self.page = path / "report.html"
        self.ranking_page = path / "ranking.html"
        self.factor_file = path / "factors.json"
        self.skipped_file = path / "skipped.txt"
        self.reuse_file = path / "reuse.json"
        self._settings = path / "run.toml"
        self._manifest = path / "molecules.jsonl"
        self._molecules = path / "molecules"

    def start(self, settings: RunSettings, molecules: Sequence[Molecule]) -> bool:
        """Make the folder for a new run, or check that it holds this very run. Return True if it is an old one.

        Raises InputError, having touched nothing, if it holds something else or can't be made.
        """
        if self.holds(settings, molecules):
            return True
        if not self._settings.exists():
            self._make()
            write_atomically(self._settings, encode_toml(settings, heading=_HEADING))
        self._write_manifest(molecules)
        return False

    def holds(self, settings: RunSettings, molecules: Sequence[Molecule]) -> bool:
        """Say whether this very run was begun here; nothing is written.

        Raises InputError if the folder holds something else.
        """
        if not self._settings.exists():
            self._refuse_foreign_content()
            return False
        self._check_settings(settings)
        if not self.has_molecules():
            self._check_count(len(molecules))
            return False
        self._check_manifest(molecules)
        return True

    def exists(self) -> bool:
        """Say whether there is a run in this folder."""
        return self._settings.exists()

    def has_molecules(self) -> bool:
        """Say whether the run knows its molecules; one that was killed between its first two files does not."""
        return self._manifest.exists()

    def settings(self) -> RunSettings:
        """Return the settings of an existing run.

        Raises InputError if this is not a run folder, OutputFormatError if its run.toml can't be read.
        """
        if not self._settings.exists():
            raise InputError(
                f"{self.path} is not a run folder: it has no run.toml", hint="give the folder that a run was written to"
            )
        return decode_toml(self._settings.read_bytes(), RunSettings, source=self._settings)

    def may_hold_withdrawn(self) -> bool:
        """Say whether a task's own word of a finished molecule is not enough: results may have to be withdrawn."""
        settings = self.settings()
        return may_be_hit(settings.qmnmr_version, settings.engine, settings.protocol.steps())

    def molecules(self) -> tuple[Molecule, ...]:
        """Return the molecules of the run in input order.

        Raises InputError if it was cut off before it had any, OutputFormatError if they can't be read or are not all.
        """
        if not self.has_molecules():
            raise InputError(
                f"{self.path} has no molecules.jsonl: the command that began the run was cut off",
                hint="repeat that command",
            )
        lines = self._manifest.read_bytes().splitlines()
        count = self.settings().molecule_count
        if not lines or count not in (None, len(lines)):
            begun = "a molecule at least" if count is None else counted(count, "molecule")
            raise OutputFormatError(
                f"{self._manifest} has {counted(len(lines), 'line')}, and the run was begun with {begun}",
                hint=f"it was changed by hand, or cut; {_MANIFEST_CURE}",
            )
        return tuple(self._molecule(line, number) for number, line in enumerate(lines, 1))

    def molecule(self, molecule_id: str) -> Molecule:
        """Return one molecule; the other lines of the manifest are not read in full.

        Raises InputError if the run has no such molecule.
        """
        mark = f'"id":"{molecule_id}"'.encode()
        for number, line in enumerate(self._manifest.read_bytes().splitlines(), 1):
            if mark in line:
                molecule = self._molecule(line, number)
                if molecule.id == molecule_id:
                    return molecule
        raise InputError(f"{self.path} has no molecule {molecule_id!r}")

    def _molecule(self, line: bytes, number: int) -> Molecule:
        return decode(line, Molecule, source=f"{self._manifest}, line {number}", cure=_MANIFEST_CURE)

    def molecule_folder(self, molecule: Molecule, *, earlier: Sequence[EarlierFolder] = ()) -> MoleculeFolder:
        """Return the folder of one molecule; what earlier ones hold of it is taken over."""
        return MoleculeFolder(self._molecules / molecule.id, earlier=earlier)

    def keep_skipped(self, lines: Sequence[str]) -> None:
        """Write down what was left out of the input, if anything was."""
        if lines:
            write_atomically(self.skipped_file, "".join(f"{line}\n" for line in lines).encode())

    def load_prediction(self, molecule: Molecule) -> Prediction | None:
        """Return the outcome of a finished molecule; a failed one where it rests on what is known to be wrong.

        Raises OutputFormatError if it can't be read, was changed after it was written, or is of another molecule.
        """
        folder = self.molecule_folder(molecule)
        prediction = folder.load_prediction()
        if prediction is None:
            return None
        if prediction.molecule.id != molecule.id:
            raise OutputFormatError(
                f"{folder.path} holds the prediction of another molecule, {prediction.molecule.id}",
                hint="`qmnmr resume`, or the run's own `qmnmr predict` once more, makes the right one",
            )
        return withdraw(prediction, folder)

    def outcome(self, molecule: Molecule) -> Prediction:
        """Return what the run holds of a molecule; what is not there, or can't be read, is unfinished and says why."""
        try:
            found = self.load_prediction(molecule)
        except OutputFormatError as error:  # the other molecules are good
            words = f"{error}; {error.hint}"
        else:
            if found is not None:
                return found
            words = f"no result yet; `qmnmr status {self.path}` says where it stands"
        return Prediction(molecule=molecule, status=PredictionStatus.UNFINISHED, messages=(words,))

    def prediction_problem(self, molecule: Molecule) -> str | None:
        """Return in words why a molecule that is said to be finished has no prediction that counts, None if it has."""
        return self.molecule_folder(molecule).prediction_problem(molecule.id)

    def _write_manifest(self, molecules: Sequence[Molecule]) -> None:
        write_parts_atomically(self._manifest, map(encode_line, molecules))

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"the run folder {self.path} can't be made: {error.strerror}", hint="name another one with --out"
            ) from None

    def _refuse_foreign_content(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path} exists and is not a folder", hint="name another run folder with --out")
        if self.path.is_dir() and any(p.name != self.log_file.name for p in self.path.iterdir()):
            raise InputError(
                f"the folder {self.path} is not empty and is not a run of qmnmr",
                hint="name another run folder with --out",
            )

    def _check_settings(self, settings: RunSettings) -> None:
        differences = self.settings().differences(settings)
        if not differences:
            return
        raise InputError(
            f"{self.path} holds a run with other settings: {'; '.join(differences)}",
            hint="name another folder with --out, or repeat the command with the run's own settings to continue it",
        )

    def _check_count(self, count: int) -> None:
        begun = self.settings().molecule_count
        if begun not in (None, count):
            raise InputError(
                f"{self.path} was begun with {begun} molecules, and here it is {count}",
                hint="repeat the command that began it, or name another folder with --out",
            )

    def _check_manifest(self, molecules: Sequence[Molecule]) -> None:
        def decisive(molecule: Molecule) -> Molecule:
            return replace(molecule, source="", notes=())

        if [decisive(m) for m in self.molecules()] == [decisive(m) for m in molecules]:
            return
        raise InputError(
            f"{self.path} holds a run of other molecules: {', '.join(m.name for m in self.molecules()[:5])} …",
            hint="name another folder with --out",
        )


def save_report(folder: Path, predictions: Iterable[Prediction], *, run: str) -> Path:
    """Write the tables of a whole run into a folder, which is the run's own unless another was asked for.

    Each prediction is taken once and not kept. Returns the path of the JSON object.
    """
    summary, table, couplings = folder / "summary.json", ShiftTable(), CouplingTable()

    def tabled() -> Iterator[Prediction]:
        for prediction in predictions:
            table.add(prediction)
            couplings.add(prediction)
            yield prediction

    write_parts_atomically(summary, (part.encode() for part in run_json_parts(tabled(), run=run)))
    write_atomically(folder / "shifts.csv", table.text().encode())
    write_atomically(folder / "couplings.csv", couplings.text().encode())
    return summary
