"""Ids are safe, unique and stable."""

from __future__ import annotations

import random
import re

from qmnmr.structures.names import make_ids


def test_a_plain_name_is_its_own_id() -> None:
    assert make_ids(["ethanol", "x-1_b.2"]) == ("ethanol", "x-1_b.2")


def test_a_changed_name_carries_a_digest() -> None:
    (id_,) = make_ids(["N,N-dimethyl formamide"])
    assert re.fullmatch(r"N_N-dimethyl_formamide-[0-9a-f]{8}", id_)


def test_names_that_differ_in_case_only_get_different_folders() -> None:
    ids = make_ids(["Ethanol", "ethanol", "ETHANOL"])
    assert len({id_.lower() for id_ in ids}) == 3
    assert ids[0] == "Ethanol"


def test_ids_are_safe_and_unique_whatever_the_names() -> None:
    generator = random.Random(1)
    alphabet = "aA.-_/ ü(γ\U0001f9ea"
    names = list({"".join(generator.choices(alphabet, k=generator.randint(1, 60))) for _ in range(3000)})
    ids = make_ids(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,47}", id_) for id_ in ids)
    assert len({id_.lower() for id_ in ids}) == len(names)
    assert make_ids(names) == ids


def test_an_id_that_equals_another_plain_name_is_avoided() -> None:
    (changed,) = make_ids(["a b"])
    ids = make_ids(["a b", changed])
    assert ids[1] == changed
    assert ids[0] != changed


def test_greek_letters_are_spelled_out_and_accents_left_off():
    ids = make_ids(["α-pinene", "Δ9-THC", "β-carotène", "化合物"])
    assert [id_.rpartition("-")[0] for id_ in ids] == ["alpha-pinene", "Delta9-THC", "beta-carotene", "molecule"]
