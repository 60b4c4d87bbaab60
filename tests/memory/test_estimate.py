"""An estimate: what it is made of, its verdicts, and what would change it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine import words
from engine.errors import DanluError
from engine.job import Cancelled, Job
from engine.memory.cards import Card, parse_card
from engine.memory.estimate import Estimate, estimate
from engine.memory.fit import fit
from engine.runs.rates import keep_rate, shape_of
from engine.spec.run_spec import RunSpec
from tests.memory.real_run import CPU

QWEN_7B = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "num_hidden_layers": 28,
    "vocab_size": 152064,
    "max_position_embeddings": 32768,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}
GIB = 2**30


@pytest.fixture(scope="module")
def seven_billion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the config.json of a 7B model and nothing else."""
    folder = tmp_path_factory.mktemp("qwen-7b")
    (folder / "config.json").write_text(json.dumps(QWEN_7B))
    return folder


@pytest.fixture(scope="module")
def four_layers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model with four layers: as telling for what helps, and sooner traced."""
    folder = tmp_path_factory.mktemp("qwen-four-layers")
    (folder / "config.json").write_text(json.dumps({**QWEN_7B, "num_hidden_layers": 4}))
    return folder


def asked(**sections: dict[str, Any]) -> RunSpec:
    given = {"model": {"source": "none"}, "data": {"train": ["none"]}}
    for name, values in sections.items():
        given[name] = {**given.get(name, {}), **values}
    return RunSpec.from_mapping(given)


def on(card: str, folder: Path, changes: bool = False, **sections: dict[str, Any]) -> Estimate:
    return estimate(
        asked(**sections), folder, CPU, card=parse_card(card), with_changes=changes, job=Job()
    )


def test_a_7b_model_is_estimated_from_its_config_alone_in_seconds(seven_billion: Path) -> None:
    begun = time.process_time()  # a busy machine beside the test does not count
    found = on("RTX 4090", seven_billion)
    assert time.process_time() - begun < 20
    assert found.parameters == pytest.approx(7.62e9, rel=0.01)
    weights = next(item for item in found.items if item.name == "weights")
    assert weights.bytes == pytest.approx(2 * 7.62e9, rel=0.01)
    assert found.verdict == "fits"


def test_four_bits_take_less_than_sixteen(seven_billion: Path) -> None:
    sixteen = on("24GiB", seven_billion)
    four = on("24GiB", seven_billion, model={"quantization": "nf4"})
    eight = on("24GiB", seven_billion, model={"quantization": "int8"})
    assert four.required_bytes < eight.required_bytes < sixteen.required_bytes
    weights = next(item for item in four.items if item.name == "weights")
    # 6.5e9 numbers in linear layers at 4.127 bits, embeddings and head at 16
    assert weights.bytes == pytest.approx(6.525e9 * 4.127 / 8 + 1.09e9 * 2, rel=0.01)


def test_the_verdict_follows_the_card(seven_billion: Path) -> None:
    needed = on("80GiB", seven_billion).required_bytes
    for size, verdict in ((1.5, "fits"), (1.03, "tight"), (0.97, "does_not_fit")):
        card = Card("some", round(size * needed), (8, 0))
        found = estimate(asked(), seven_billion, CPU, card=card, with_changes=False, job=Job())
        assert found.verdict == verdict


def test_the_items_add_up_and_each_says_why(seven_billion: Path) -> None:
    found = on("A100 80GB", seven_billion)
    assert sum(item.bytes for item in found.items) == found.required_bytes
    assert found.allocated_bytes < found.required_bytes
    for language in words.LANGUAGES:
        words.use_language(language)
        assert all(item.label and item.why_text for item in found.items)


def test_the_json_document_has_the_promised_shape(tiny_model: Path) -> None:
    found = estimate(asked(), tiny_model, CPU, rows=160, job=Job())
    document = json.loads(json.dumps(found.document()))
    promised = "verdict allocated_bytes required_bytes free_bytes items steps seconds disk_bytes"
    assert set(promised.split()) | {"changes"} <= set(document)
    assert all({"name", "bytes", "why"} <= set(item) for item in document["items"])
    for change in document["changes"]:
        assert {"set", "saves_bytes", "speed", "why", "fits"} <= set(change)
    assert document["steps"] == 30
    assert document["disk_bytes"] > 0
    assert document["seconds"] is None  # no run was like it


def test_the_time_is_told_from_a_run_like_it(tiny_model: Path) -> None:
    def told() -> Estimate:
        return estimate(asked(), tiny_model, CPU, rows=100, with_changes=False, job=Job())

    found = told()
    like = shape_of(found.spec, found.parameters, CPU.device_name)
    keep_rate(replace(like, run="before", tokens_per_second=100.0, tokens_per_row=50.0))
    again = told()
    assert (again.seconds, again.told_from) == (pytest.approx(150.0), "before")


def test_what_does_not_fit_is_told_what_would(four_layers: Path) -> None:
    needed = on("80GiB", four_layers).required_bytes
    found = on(f"{int(0.85 * needed / 2**20)}MiB", four_layers, changes=True)
    assert found.verdict == "does_not_fit"
    best = found.changes[0]
    assert best.fits and best.saves_bytes > 0
    assert best.set == {"model.quantization": "nf4"}


def test_fit_changes_the_spec_until_it_fits(four_layers: Path) -> None:
    spec = asked(method={"tuner": "full"}, train={"per_device_train_batch_size": 2})
    found = fit(spec, four_layers, CPU, card=parse_card("6GiB"), job=Job())
    assert found.fits
    assert found.set["method.tuner"] == "lora"
    assert found.estimate.required_bytes <= found.estimate.free_bytes


def test_checkpointing_is_traded_against_speed(four_layers: Path) -> None:
    sections = {"train": {"per_device_train_batch_size": 4}}
    found = estimate(asked(**sections), four_layers, CPU, max_row_tokens=400, job=Job())
    recompute = [change for change in found.changes if change.why == "recompute"]
    assert recompute and recompute[0].speed is not None and recompute[0].speed < 1
    assert recompute[0].saves_bytes > 0


def test_nothing_is_offered_that_costs_both_memory_and_speed(tiny_model: Path) -> None:
    found = estimate(asked(), tiny_model, CPU, max_row_tokens=40, job=Job())
    costly = [change for change in found.changes if change.saves_bytes < 0]
    assert costly and all(change.speed is None or change.speed > 1 for change in costly)


def test_a_cancelled_estimate_ends(tiny_model: Path) -> None:
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        estimate(asked(), tiny_model, CPU, job=job)


def test_a_folder_without_config_is_a_named_error(tmp_path: Path) -> None:
    with pytest.raises(DanluError) as caught:
        estimate(asked(), tmp_path, CPU, job=Job())
    assert caught.value.code == "memory.no_config"


def test_an_unknown_architecture_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "no_such_model"}')
    with pytest.raises(DanluError) as caught:
        estimate(asked(), tmp_path, CPU, job=Job())
    assert caught.value.code == "memory.unknown_model"


def test_target_modules_the_model_lacks_are_a_named_error(tiny_model: Path) -> None:
    with pytest.raises(DanluError) as caught:
        estimate(asked(method={"target_modules": "c_attn"}), tiny_model, CPU, job=Job())
    assert caught.value.code == "adapter.no_such_module"
    assert "q_proj" in caught.value.why
