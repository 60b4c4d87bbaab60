"""Whether a run's steps can teach an adapter anything."""

from __future__ import annotations

from typing import Any

import pytest

from engine.spec.reach import learns_little
from engine.spec.run_spec import RunSpec


def spec(rate: float, **method: Any) -> RunSpec:
    values = {f"method.{name}": value for name, value in method.items()}
    return RunSpec().with_values({"train.learning_rate": rate, **values})


def test_a_full_tuning_rate_or_a_handful_of_steps_teaches_an_adapter_little() -> None:
    assert learns_little(spec(5e-6), steps=51)
    assert learns_little(spec(1e-4), steps=9)


@pytest.mark.parametrize(
    ("rate", "steps", "method"),
    [
        (1e-4, 60, {}),
        (5e-6, 225, {"loraplus_lr_ratio": 16}),
        (1e-5, 51, {"tuner": "full"}),
    ],
)
def test_settings_people_learn_with_pass(rate: float, steps: int, method: dict[str, Any]) -> None:
    assert not learns_little(spec(rate, **method), steps)
