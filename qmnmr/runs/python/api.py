"""The Python interface: the same run as `qmnmr predict` as a function, and what a run folder holds."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from qmnmr.datatypes.protocol import DEFAULT_PROTOCOL
from qmnmr.errors import InputError
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.local_run import start_local_run
from qmnmr.runs.python.argument_values import (
    input_texts,
    optional_choice,
    optional_integer,
    optional_number,
    optional_path,
    optional_text,
    paths,
    text,
)
from qmnmr.runs.python.notebook_progress import ProgressChoice, check_progress, chosen_progress
from qmnmr.runs.python.run_prediction import RunPredictions, predictions_of
from qmnmr.runs.request import AUTO, DEFAULT_SOLVENT, ResourceRequest, RunRequest

if TYPE_CHECKING:
    from rdkit.Chem import Mol

    Input: TypeAlias = str | os.PathLike[str] | Mol
    Inputs: TypeAlias = Input | Iterable[Input]


def predict(
    inputs: Inputs,
    *,
    solvent: str = DEFAULT_SOLVENT,
    protocol: str = DEFAULT_PROTOCOL,
    engine: str = AUTO,
    conformers: str | None = None,
    charge: int | None = None,
    temperature_kelvin: float | None = None,
    optimization: str | None = None,
    geometry: str | None = None,
    level: str | None = None,
    free_energies: bool | None = None,
    couplings: str | None = None,
    skip_bad: bool = False,
    factors: str | os.PathLike[str] | None = None,
    reuse: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
    out: str | os.PathLike[str] | None = None,
    cores: int | None = None,
    memory_mb: int | None = None,
    scratch: str | os.PathLike[str] | None = None,
    progress: ProgressChoice = None,
) -> RunPredictions:
    """Take molecules to NMR shifts on this machine, as `qmnmr predict` does, with the same run folder.

    What the folder already holds is not computed again. Variables QMNMR_* are the command's alone.

    Args:
        inputs: A SMILES, a file (.smi, .csv, .sdf, .mol, .xyz) or an RDKit molecule, or several of them, of a generator
            too. A molecule's atoms keep their order, and its 3D conformers are those that it has in a file.
        solvent: Name of the continuum solvent in any usual spelling ("CDCl3", "dmso"), or "gas".
        protocol: Name of the recipe, as `qmnmr protocols` lists them, or a TOML file with one of your own.
        engine: "pyscf", "nwchem", or "auto": the cheapest that can do the level and is here.
        conformers: "rdkit" or "crest" (search), or "none" (keep the given 3D structures). None: the protocol's; a
            compound that was given with several structures keeps them.
        charge: Total charge of XYZ files in units of e, which they can't carry. None: 0.
        temperature_kelvin: Of the Boltzmann weights, from 50 to 1000 K. None: the protocol's, 298.15 K.
        optimization: "few-gradients" (minima from one or two DFT gradients each) or "converged" (until DFT's gradient
            is zero). None: what the protocol says.
        geometry: "dft" (optimised by the protocol), "xtb" (optimised by GFN2-xTB alone) or "keep" (as given, nothing is
            searched). Factors are for "dft": shifts on others are flagged. None: "dft".
        level: Functional and basis of all shieldings ("PBE0/def2-TZVP") . None: the protocol's.
        free_energies: Whether conformers are weighed by free energies; True without xTB is an error. None: what the
            protocol says.
        couplings: Between hydrogens: "karplus" (rules from the geometries), "fc" (contact
            term by DFT) or "none". None: what the protocol says.
        skip_bad: Whether entries that can't be computed are left out (and listed in skipped.txt of the run folder)
            instead of refusing all.
        factors: Factor file that `qmnmr calibrate` wrote. None: the user's own, then the shipped ones.
        reuse: Run folder, or several of them, whose results are taken over where the very same would be computed.
        out: Run folder. None: one in the current folder, named after input, protocol and solvent.
        cores: Cores to use, 1 or more. None: all that this process may use.
        memory_mb: Memory to use in MB, for all cores together. None: 80 % of what is free.
        scratch: Folder on a local disk for temporary files. None: SCRATCH_DIR, SLURM_TMPDIR, TMPDIR, or /tmp.
        progress: Function that is called with a Progress at each step, from several threads where molecules are
            computed side by side; an exception of it ends the run. True: bars in a notebook, elsewhere lines on stderr.
            False: nothing. None: bars in a notebook, elsewhere nothing.

    Returns:
        A tuple with one prediction for each molecule, in input order; one without result has the status "failed" and
        says why. Notebooks show it as drawings and tables.

    Raises:
        InputError: For molecules and arguments that can't be used, and a folder that holds something else.
        MissingProgramError: For a program that the run needs and that is missing or too old.
        SiteError: For a scratch folder that can't be used, or too small a /dev/shm.
        OutputFormatError: For a record in the folder or a factor file that can't be read.

    All are in qmnmr.errors and derived from QmnmrError. They come before anything is written, but for a damaged record
    of one molecule, which is found when the molecule's turn comes.
    """
    request = RunRequest(
        inputs=input_texts(inputs),
        solvent=text("solvent", solvent),
        protocol=text("protocol", protocol),
        engine=text("engine", engine),
        conformers=optional_text("conformers", conformers),
        charge=optional_integer("charge", charge),
        temperature_kelvin=optional_number("temperature_kelvin", temperature_kelvin),
        optimization=optional_text("optimization", optimization),
        geometry=optional_text("geometry", geometry),
        level=optional_text("level", level),
        free_energies=optional_choice("free_energies", free_energies),
        couplings=optional_text("couplings", couplings),
        skip_bad=bool(optional_choice("skip_bad", skip_bad)),
        factors=optional_path("factors", factors),
        reuse=paths("reuse", reuse),
        out=optional_path("out", out),
    )
    wanted = ResourceRequest(
        cores=optional_integer("cores", cores, at_least=1),
        memory_mb=optional_integer("memory_mb", memory_mb, at_least=1),
        scratch=optional_path("scratch", scratch),
    )
    check_progress(progress)
    run = start_local_run(request, wanted)
    with chosen_progress(progress, total=len(run.plan.molecules)) as report:
        outcome = run.compute(report)
    return predictions_of(run.folder, outcome.predictions)


def load_run(folder: str | os.PathLike[str]) -> RunPredictions:
    """Return what a run folder holds, of `predict` or of a cluster: one prediction for each molecule, in input order.

    Files alone are read, nothing is written, and Slurm is not asked. A molecule that has no result yet, or whose record
    can't be read, has the status "unfinished" and says why; a result that is known to be wrong (docs/how-to/
    continue-and-debug.md) is "failed" and has no shifts. Geometries of conformers are read when they are asked for.

    Args:
        folder: The run folder.

    Returns:
        A tuple of predictions. Notebooks show it as drawings and tables.

    Raises:
        InputError: If there is no run in the folder.
        OutputFormatError: If its settings or its list of molecules can't be read.
    """
    path = optional_path("folder", folder)
    if path is None:
        raise InputError("no run folder was given", hint="give the folder that a run was written to")
    run = RunFolder(path)
    run.settings()
    return predictions_of(run, map(run.outcome, run.molecules()))
