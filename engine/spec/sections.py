"""Every parameter of a run, declared once. Names are those of transformers, PEFT and TRL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.spec.parameter import Parameter, parameter, parameters_of

_LORA = {"method.tuner": ("lora",)}
_SFT = {"method.stage": ("sft",)}
_DPO = {"method.stage": ("dpo",)}
_QUANTIZED = {"model.quantization": ("nf4", "int8")}


@dataclass(frozen=True)
class Run:
    """What the run is called."""

    name: str | None = parameter(None, rule="run_name")


@dataclass(frozen=True)
class Model:
    """The weights it begins with, and how they are held."""

    source: str = parameter("embedded", required=True)
    hub: Literal["auto", "modelscope", "huggingface"] = parameter("auto")
    revision: str | None = parameter(None, level="expert", rule="revision")
    quantization: Literal["none", "nf4", "int8"] = parameter("none")
    double_quantization: bool = parameter(
        True, level="expert", applies={"model.quantization": ("nf4",)}
    )
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = parameter("auto", rule="dtype")
    attn_implementation: Literal["auto", "sdpa", "flash_attention_2", "eager"] = parameter(
        "auto", level="expert", rule="attention"
    )
    trust_remote_code: bool = parameter(False, level="expert")


@dataclass(frozen=True)
class Source:
    """One place rows come from: a path or a hub id, and how much of it to take: ``sample`` rows or
    a ``share`` of them, each ``repeat`` times. ``columns`` maps the file's columns to those of its
    format, ``tags`` names the keys and roles of its turns. ``hub`` and ``revision`` say which
    copy of a hub's data set is meant: a run keeps there the commit it was trained on."""

    source: str
    sample: int | None = None
    share: float | None = None
    repeat: float = 1
    format: str = "auto"
    subset: str | None = None
    split: str = "train"
    columns: dict[str, str] | None = None
    tags: dict[str, str] | None = None
    hub: Literal["auto", "modelscope", "huggingface"] = "auto"
    revision: str | None = None


@dataclass(frozen=True)
class Data:
    """The rows it is trained and measured on, and what is done with them."""

    train: list[Source] = parameter([], required=True)
    eval: list[Source] = parameter([])
    eval_fraction: float = parameter(0.0, low=0, high=0.5)
    max_length: int = parameter(2048, low=16, high=1_048_576, unit="tokens")
    over_long: Literal["cut", "drop"] = parameter("cut")
    system: str | None = parameter(None)
    fill: dict[str, str] = parameter({})
    mask_history: bool = parameter(False, level="expert", applies=_SFT)
    train_on_prompt: bool = parameter(False, level="expert", applies=_SFT)
    max_dropped: float = parameter(0.05, low=0, high=1, level="expert")
    dataset_num_proc: int | None = parameter(
        None, low=1, high=256, level="expert", rule="encoding_processes"
    )


@dataclass(frozen=True)
class Method:
    """What is learnt from the rows, and which weights learn."""

    stage: Literal["sft", "dpo"] = parameter("sft")
    beta: float = parameter(0.1, above=0, high=100, applies=_DPO)
    loss_type: Literal["sigmoid", "ipo", "hinge", "apo_zero"] = parameter(
        "sigmoid", level="expert", applies=_DPO
    )
    rpo_alpha: float | None = parameter(
        None, above=0, high=100, level="expert", applies=_DPO, rule="rpo_off"
    )
    tuner: Literal["lora", "full", "freeze"] = parameter("lora")
    lora_rank: int = parameter(16, low=1, high=1024, applies=_LORA)
    lora_alpha: int = parameter(32, low=1, high=4096, applies=_LORA)
    lora_dropout: float | None = parameter(
        None, low=0, high=0.9, applies=_LORA, rule="lora_dropout"
    )
    target_modules: str = parameter("all-linear", level="expert", applies=_LORA)
    use_rslora: bool = parameter(False, level="expert", applies=_LORA)
    use_dora: bool = parameter(False, level="expert", applies=_LORA)
    loraplus_lr_ratio: float | None = parameter(
        None, above=0, high=1000, level="expert", applies=_LORA, rule="loraplus_off"
    )
    adapter: str | None = parameter(None, level="expert", applies=_LORA, rule="adapter_new")
    freeze_trainable_layers: int = parameter(
        2, low=1, high=1000, unit="layers", applies={"method.tuner": ("freeze",)}
    )


@dataclass(frozen=True)
class Train:
    """How long, how fast and how often."""

    num_train_epochs: float = parameter(3.0, above=0, high=10_000, unit="epochs")
    max_steps: int | None = parameter(None, low=1, unit="steps", level="expert", rule="max_steps")
    learning_rate: float | None = parameter(None, above=0, high=1, rule="learning_rate")
    per_device_train_batch_size: int = parameter(1, low=1, high=4096, unit="rows")
    gradient_accumulation_steps: int | None = parameter(
        None, low=1, high=65_536, rule="accumulation"
    )
    per_device_eval_batch_size: int | None = parameter(
        None, low=1, high=4096, unit="rows", level="expert", rule="eval_batch"
    )
    lr_scheduler_type: Literal[
        "cosine", "linear", "constant", "constant_with_warmup", "polynomial"
    ] = parameter("cosine")
    warmup_ratio: float | None = parameter(None, low=0, high=0.9, rule="warmup")
    warmup_steps: int = parameter(0, low=0, unit="steps", level="expert")
    weight_decay: float = parameter(0.01, low=0, high=1, level="expert")
    adam_beta1: float = parameter(0.9, low=0, high=0.9999, level="expert")
    adam_beta2: float = parameter(0.999, low=0, high=0.99999, level="expert")
    max_grad_norm: float = parameter(1.0, low=0, high=1000, level="expert")
    optim: Literal[
        "adamw_torch", "adamw_torch_fused", "adamw_8bit", "paged_adamw_8bit", "adafactor", "sgd"
    ] = parameter("adamw_torch", level="expert")
    gradient_checkpointing: bool | None = parameter(None, rule="checkpointing")
    packing: bool = parameter(False, level="expert", applies=_SFT)
    group_by_length: bool = parameter(False, level="expert")
    neftune_noise_alpha: float | None = parameter(
        None, above=0, high=100, level="expert", rule="neftune_off"
    )
    label_smoothing_factor: float = parameter(0.0, low=0, high=0.9, level="expert", applies=_SFT)
    logging_steps: int = parameter(1, low=1, unit="steps")
    eval_steps: int | None = parameter(None, low=1, unit="steps", rule="eval_steps")
    save_steps: int | None = parameter(None, low=1, unit="steps", rule="save_steps")
    save_total_limit: int | None = parameter(2, low=1, high=10_000, rule="keep_all")
    early_stopping_patience: int | None = parameter(
        None, low=1, high=1000, level="expert", rule="early_stopping_off"
    )
    seed: int = parameter(42, low=0, high=2**32 - 1)


@dataclass(frozen=True)
class Watch:
    """What the model is asked again and again while it trains."""

    prompts: list[str] = parameter([])
    every: int | None = parameter(None, low=1, unit="steps", rule="watch_every")
    max_new_tokens: int = parameter(64, low=1, high=4096, unit="tokens", level="expert")


SECTIONS: dict[str, type] = {
    "run": Run,
    "model": Model,
    "data": Data,
    "method": Method,
    "train": Train,
    "watch": Watch,
}

PARAMETERS: dict[str, Parameter] = {
    path: declared
    for section, declaration in SECTIONS.items()
    for path, declared in parameters_of(section, declaration).items()
}
