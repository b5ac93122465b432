"""All relative configurations of a constitution."""

from __future__ import annotations

import pytest

from qmnmr.errors import InputError
from qmnmr.structures.stereo.configurations import MOST_CONFIGURATIONS, configurations, same_or_mirror_images


@pytest.mark.parametrize(
    ("smiles", "number"),
    [
        ("CCO", 1),
        ("CC1CCC(C)CC1", 2),
        ("CC(C)C1CCC(C)CC1O", 4),  # menthols, mirror images once
        ("C[C@H](O)[C@@H](C)C(=O)c1ccccc1", 2),  # what is drawn is one of them
        ("OC1C(O)C2OCC(O2)C1O", 8),  # 1,6-anhydrohexopyranoses
        ("CC1CC2CC1CC2=O", 2),  # of a norbornane only exo and endo
        ("C1CC2CCC1C2", 1),
        ("OC(=O)C(O)C(O)C(O)=O", 2),  # tartaric acids: meso and the others
    ],
)
def test_relative_configurations(smiles: str, number: int) -> None:
    found = configurations(smiles)
    assert len(found) == len(set(found)) == number


def test_double_bonds_stay_as_drawn_unless_they_are_asked_for() -> None:
    assert all("/C=C/" in smiles for smiles in configurations("C/C=C/C(O)C(C)O"))
    assert len(configurations("C/C=C/C(O)C(C)O", with_double_bonds=True)) == 4


def test_more_than_the_most_are_refused_with_the_number() -> None:
    with pytest.raises(InputError, match=f"more than {MOST_CONFIGURATIONS}"):
        configurations("OCC(O)C(O)C(O)C(O)C(O)C(O)C(O)C(O)C=O")
    with pytest.raises(InputError, match="open stereo elements"):
        configurations("C(O)(C)" * 14 + "C")


def test_what_is_no_smiles_is_refused() -> None:
    with pytest.raises(InputError, match="is no SMILES"):
        configurations("C1CC")


def test_one_compound_and_mirror_images_are_known() -> None:
    assert same_or_mirror_images("C[C@H](O)CC", "CC[C@H](C)O") == "the same compound"
    assert same_or_mirror_images("C[C@H](O)CC", "C[C@@H](O)CC") == "mirror images"
    assert same_or_mirror_images("C[C@H](O)[C@H](C)F", "C[C@H](O)[C@@H](C)F") is None
