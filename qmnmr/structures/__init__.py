"""From SMILES and structure files to molecules, and refusals with reasons.

The only folder that reads the user's input files. Everything else works on `Molecule`.
"""

from qmnmr.structures.mol_file import GivenMol
from qmnmr.structures.reader import Reading, molecules_from_smiles, read_inputs, read_molecules
from qmnmr.structures.record import refusal_line, refusal_of_all

__all__ = [
    "GivenMol",
    "Reading",
    "molecules_from_smiles",
    "read_inputs",
    "read_molecules",
    "refusal_line",
    "refusal_of_all",
]
