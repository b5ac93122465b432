"""How minima are found can be chosen, where the protocol leaves a choice."""

from __future__ import annotations

import pytest

from qmnmr.errors import InputError
from qmnmr.runs.protocols import CONVERGED, FEW_GRADIENTS, get_protocol, protocol_names


@pytest.mark.parametrize("name", protocol_names())
def test_converged_geometries_are_to_be_had_with_every_protocol(name: str) -> None:
    assert get_protocol(name, solvent=None, optimization=CONVERGED).refinement is None


def test_few_gradients_are_what_the_protocol_says() -> None:
    assert get_protocol("standard", solvent=None, optimization=FEW_GRADIENTS) == get_protocol("standard", solvent=None)
    assert get_protocol("standard", solvent=None).refinement is not None


@pytest.mark.parametrize(
    ("name", "optimization", "words", "advice"),
    [
        ("draft", "tight", "there is no optimization 'tight'", "few-gradients, converged"),
        ("peer", FEW_GRADIENTS, "protocol peer has no geometries from few gradients", "choose converged"),
    ],
)
def test_what_there_is_not_is_refused(name: str, optimization: str, words: str, advice: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        get_protocol(name, solvent=None, optimization=optimization)
    assert advice in refused.value.hint
