"""What nobody chose is chosen by the machine, the method and the data, and says why."""

from __future__ import annotations

import pytest

from engine.hardware import Gpu, Machine
from engine.spec.resolve import resolve, resolve_model, resolve_steps, steps_of
from engine.spec.run_spec import Origin, RunSpec
from engine.spec.sections import PARAMETERS
from engine.spec.yaml_form import origin_text


def machine(capability: tuple[int, int] | None = None) -> Machine:
    gpus = () if capability is None else (Gpu(0, "T4", 16 << 30, 15 << 30, capability),)
    return Machine(cores=2, ram_bytes=8 << 30, ram_free_bytes=6 << 30, gpus=gpus)


@pytest.mark.parametrize(
    ("capability", "wanted", "dtype", "code"),
    [
        (None, "auto", "float32", "dtype_cpu"),
        ((8, 0), "auto", "bfloat16", "dtype_bf16"),
        ((7, 5), "auto", "float16", "dtype_fp16"),
        ((7, 5), "bfloat16", "float16", "dtype_no_bf16"),
        (None, "float16", "float32", "dtype_no_fp16"),
        ((8, 0), "float32", "float32", ""),
    ],
)
def test_only_number_types_the_machine_has_are_used(
    capability: tuple[int, int] | None, wanted: str, dtype: str, code: str
) -> None:
    asked = RunSpec().with_values({"model.dtype": wanted})
    made = resolve(asked, machine(capability))
    assert made.model.dtype == dtype
    assert made.origin("model.dtype").code == code
    assert made.origin("model.dtype").by == ("machine" if code else "you")


def test_attention_asked_for_but_not_there_is_replaced_and_said() -> None:
    asked = RunSpec().with_values({"model.attn_implementation": "flash_attention_2"})
    made = resolve(asked, machine())
    assert made.model.attn_implementation == "sdpa"
    assert "not installed" in origin_text(made.origin("model.attn_implementation"))


@pytest.mark.parametrize(("tuner", "rate"), [("lora", 1e-4), ("full", 1e-5), ("freeze", 1e-5)])
def test_the_learning_rate_follows_the_method(tuner: str, rate: float) -> None:
    assert (
        resolve(RunSpec().with_values({"method.tuner": tuner}), machine()).train.learning_rate
        == rate
    )


def test_accumulation_makes_sixteen_rows_a_step() -> None:
    for batch, steps in ((1, 16), (3, 6), (16, 1), (64, 1)):
        asked = RunSpec().with_values({"train.per_device_train_batch_size": batch})
        made = resolve(asked, machine()).train
        assert made.gradient_accumulation_steps == steps
        assert made.per_device_eval_batch_size == batch


def test_what_was_chosen_stays() -> None:
    chosen = {
        "train.learning_rate": 3e-4,
        "train.gradient_accumulation_steps": 2,
        "train.gradient_checkpointing": True,
        "train.warmup_ratio": 0.0,
        "train.save_steps": 7,
    }
    made = resolve_steps(resolve(RunSpec().with_values(chosen), machine()), rows=100)
    assert {path: made.get(path) for path in chosen} == chosen
    assert all(made.origin(path) == Origin("you") for path in chosen)


def test_warm_up_steps_leave_no_share() -> None:
    made = resolve(RunSpec().with_values({"train.warmup_steps": 10}), machine())
    assert made.train.warmup_ratio == 0.0


def test_after_all_rules_only_what_may_stay_empty_is_empty() -> None:
    made = resolve_steps(resolve(RunSpec(), machine((8, 6))), rows=100)
    may_be_empty = {"run_name", "revision", "loraplus_off", "rpo_off", "adapter_new", "max_steps"}
    may_be_empty |= {"neftune_off", "early_stopping_off", "encoding_processes"}
    for path, declared in PARAMETERS.items():
        if made.get(path) is None:
            assert declared.rule in may_be_empty or path == "data.system", path
        elif declared.default is None:
            assert made.origin(path).code and origin_text(made.origin(path))


def test_resolving_twice_changes_nothing() -> None:
    once = resolve_steps(resolve(RunSpec(), machine((7, 0))), rows=40)
    assert resolve_steps(resolve(once, machine((7, 0))), rows=40) == once


@pytest.mark.parametrize(
    ("rows", "batch", "accumulation", "epochs", "steps"),
    [
        (40, 8, 1, 15.0, 75),
        (8, 1, 16, 10.0, 10),
        (33, 1, 16, 1.0, 3),
        (10, 2, 2, 0.5, 2),
        (1, 8, 8, 0.1, 1),
    ],
)
def test_steps_are_counted_as_the_trainer_counts_them(
    rows: int, batch: int, accumulation: int, epochs: float, steps: int
) -> None:
    spec = RunSpec().with_values(
        {
            "train.per_device_train_batch_size": batch,
            "train.gradient_accumulation_steps": accumulation,
            "train.num_train_epochs": epochs,
        }
    )
    assert steps_of(spec, rows) == steps
    assert steps_of(spec.with_values({"train.max_steps": 5}), rows) == 5


def test_saving_and_watching_come_ten_times_in_a_run() -> None:
    spec = resolve(RunSpec().with_values({"train.num_train_epochs": 10.0}), machine())
    made = resolve_steps(spec, rows=320)
    assert (made.train.save_steps, made.train.eval_steps, made.watch.every) == (20, 20, 20)
    assert made.origin("train.save_steps") == Origin("data", "tenth", {"rows": 320})


def test_a_model_of_experts_is_trained_without_dropout_unless_a_person_asks_for_it() -> None:
    usual = resolve(RunSpec(), machine())
    assert resolve_model(usual, experts=False) is usual
    made = resolve_model(usual, experts=True)
    assert made.method.lora_dropout == 0.0
    assert made.origin("method.lora_dropout") == Origin("model", "dropout_experts")
    asked = resolve(RunSpec().with_values({"method.lora_dropout": 0.1}), machine())
    assert resolve_model(asked, experts=True) is asked  # and is refused, with the way out
    some = resolve(RunSpec().with_values({"method.target_modules": "q_proj,v_proj"}), machine())
    assert resolve_model(some, experts=True) is some  # no expert among them
