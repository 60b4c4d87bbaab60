"""How much of a source is taken, as a person types it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.spec.sections import Source
from tui.wizard.amount import parse_amount, typed_amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("", (None, None, 1)),
        ("500", (500, None, 1)),
        ("30%", (None, 0.3, 1)),
        ("0.5 %", (None, 0.005, 1)),
        ("100%", (None, None, 1)),
        ("x3", (None, None, 3)),
        ("500 x1.5", (500, None, 1.5)),
        ("30% X2", (None, 0.3, 2)),
    ],
)
def test_amounts_are_read_back_as_they_are_shown(text: str, amount: tuple[Any, ...]) -> None:
    made = parse_amount(text)
    assert made is not None
    assert (made["sample"], made["share"], made["repeat"]) == amount
    assert parse_amount(typed_amount(Source("a", **made))) == made


@pytest.mark.parametrize("text", ["0", "-3", "101%", "0%", "x0", "many", "3 4", "1e9%"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    assert parse_amount(text) is None
