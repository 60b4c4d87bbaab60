"""A new run starts from what another learned: its weights alone, with all else fresh."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from engine.errors import DanluError
from engine.runs.from_weights import lineage, spec_from, starting_folder
from engine.runs.store import Run, create_run
from tests.train.runs import losses, of_kind, tiny_run, tiny_spec, train, write_rows


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"model__quantization": "nf4"},
        {"method__tuner": "full", "train__learning_rate": 1e-3},
    ],
    ids=["lora", "qlora", "full"],
)
def test_a_new_run_begins_where_the_other_ended(
    tiny_model: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    parent = tiny_run(tiny_model, tmp_path, train__num_train_epochs=3, **changes)
    train(parent)
    spec = spec_from(parent.name)
    run = create_run(spec.with_values({"train.num_train_epochs": 1, "run.name": "child"}))
    # What the trainer starts from, asked of the untrained weights by a rate of nearly nothing.
    still = create_run(spec.with_values({"train.learning_rate": 1e-30, "train.max_steps": 1}))
    train(still)
    assert _weights(still, 1) == pytest.approx(_weights(parent, 9), abs=1e-6)
    assert train(run).outcome == "finished"
    assert list(losses(run)) == [1, 2, 3] and losses(run)[1] < losses(parent)[1] - 0.3
    rate = [event["learning_rate"] for event in of_kind(run, "step")]
    assert max(rate) == spec.train.learning_rate, "a schedule of its own, not the end of another"
    born = json.loads((run.path / "card.json").read_text())["lineage"]
    assert (born["run"], born["checkpoint"], born["step"]) == (parent.name, "checkpoint-9", 9)
    grandchild = spec_from("child")
    assert (lineage(grandchild) or {})["of"]["checkpoint"] == "checkpoint-9"
    # Once it has a checkpoint of its own, the run no longer needs the weights it began with.
    shutil.rmtree(parent.path)
    shutil.rmtree(run.path / "checkpoint-3")
    session = train(run, resume=True)
    assert session.outcome == "finished", session.error
    assert json.loads((run.path / "card.json").read_text())["lineage"] == born


def _weights(run: Run, step: int) -> list[float]:
    folder = run.path / f"checkpoint-{step}"
    file = folder / "adapter_model.safetensors"
    stored = load_file(file if file.is_file() else folder / "model.safetensors")
    return [float(stored[name].float().abs().sum()) for name in sorted(stored)]


def test_another_spec_gives_data_and_settings_the_weights_give_model_and_adapter(
    tiny_model: Path, tmp_path: Path
) -> None:
    parent = tiny_run(tiny_model, tmp_path, method__lora_rank=2, train__max_steps=2)
    train(parent)
    other = tiny_spec(Path("some/model"), write_rows(tmp_path / "other.jsonl", 4))
    spec = spec_from(f"{parent.name}/checkpoint-2", other)
    assert spec.model.source == str(tiny_model)
    assert spec.method.adapter == str(parent.path / "checkpoint-2") == str(starting_folder(spec))
    assert spec.method.lora_rank == 2 and "q_proj" in spec.method.target_modules
    assert spec.data == other.data and spec.train == other.train
    with pytest.raises(DanluError) as caught:
        spec_from(parent.name, other.with_values({"method.tuner": "full"}))
    assert caught.value.code == "excluded.adapter_not_lora"


def test_a_plain_model_has_no_lineage(tiny_model: Path, tmp_path: Path) -> None:
    spec = tiny_spec(tiny_model, write_rows(tmp_path / "rows.jsonl"))
    assert spec_from(str(tiny_model), spec) == spec
    assert lineage(spec) is None and starting_folder(spec) is None
