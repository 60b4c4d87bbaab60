"""Cards by name and by size."""

from __future__ import annotations

import pytest

from engine.errors import DanluError
from engine.memory.cards import parse_card

GIB = 2**30


@pytest.mark.parametrize(
    ("text", "gib", "capability"),
    [
        ("A100 80GB", 80, (8, 0)),
        ("a100-40gb", 40, (8, 0)),
        ("NVIDIA GeForce RTX 4090", 24, (8, 9)),
        ("rtx4090", 24, (8, 9)),
        ("Tesla T4", 15, (7, 5)),
        ("24GiB", 24, (8, 0)),
        ("16G", 16, (8, 0)),
        ("V100 32GB", 32, (7, 0)),
    ],
)
def test_a_card_is_known_by_what_people_call_it(
    text: str, gib: int, capability: tuple[int, int]
) -> None:
    card = parse_card(text)
    assert card.bytes == pytest.approx(gib * GIB, rel=0.02)
    assert card.capability == capability


@pytest.mark.parametrize("text", ["RTX 9999 Mega", "", "A100 17GB", "12"])
def test_an_unknown_card_is_a_named_error(text: str) -> None:
    with pytest.raises(DanluError) as caught:
        parse_card(text)
    assert caught.value.code == "memory.unknown_card"
    assert caught.value.why
