"""The prediction beside a real training on the CPU, every storage of which is counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.job import Job
from engine.memory.estimate import Estimate, estimate
from tests.memory.real_run import CPU, real_peak, spec_of

ALIKE, PADDED = [60] * 4, [60, 40, 60, 40]


def predicted(folder: Path, **sections: dict[str, Any]) -> Estimate:
    spec = spec_of(**sections)
    return estimate(spec, folder, CPU, max_row_tokens=60, with_changes=False, job=Job())


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {"train": {"per_device_train_batch_size": 2}},
        {"train": {"per_device_train_batch_size": 2, "gradient_checkpointing": True}},
        {"method": {"tuner": "full"}, "train": {"gradient_accumulation_steps": 1}},
        {"method": {"tuner": "freeze", "freeze_trainable_layers": 1}},
        {"method": {"use_dora": True}},
        {"model": {"dtype": "bfloat16"}},
        {"model": {"attn_implementation": "eager"}},
        {"method": {"stage": "dpo"}},
        {"method": {"stage": "dpo", "tuner": "full"}},
    ],
    ids=[
        "lora",
        "batch",
        "checkpointing",
        "full",
        "freeze",
        "dora",
        "bfloat16",
        "eager",
        "dpo",
        "dpo-full",
    ],
)
def test_the_predicted_peak_is_the_real_one_within_two_percent(
    tiny_model: Path, tmp_path: Path, sections: dict[str, Any]
) -> None:
    train = {"gradient_accumulation_steps": 1, **sections.get("train", {}), "max_steps": 2}
    sections = {**sections, "train": train}
    lengths = PADDED if "per_device_train_batch_size" in train else ALIKE
    real = real_peak(tiny_model, spec_of(**sections), lengths, tmp_path)
    assert predicted(tiny_model, **sections).allocated_bytes == pytest.approx(real, rel=0.02)


def test_more_rows_and_longer_rows_take_more(tiny_model: Path) -> None:
    one = predicted(tiny_model)
    two = predicted(tiny_model, train={"per_device_train_batch_size": 2})
    four = predicted(tiny_model, train={"per_device_train_batch_size": 4})
    assert one.allocated_bytes < two.allocated_bytes < four.allocated_bytes
    peaks = [
        estimate(
            spec_of(), tiny_model, CPU, max_row_tokens=length, with_changes=False, job=Job()
        ).allocated_bytes
        for length in (32, 64, 256)
    ]
    assert peaks == sorted(peaks) and peaks[0] < peaks[2]


def test_full_tuning_takes_weights_gradients_and_two_states(tiny_model: Path) -> None:
    found = predicted(tiny_model, method={"tuner": "full"})
    sizes = {item.name: item.bytes for item in found.items}
    assert sizes["gradients"] == pytest.approx(sizes["weights"], rel=0.01)
    assert sizes["optimizer"] == pytest.approx(2 * sizes["weights"], rel=0.01)
    assert found.trained_parameters == found.parameters
