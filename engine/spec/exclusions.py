"""Combinations of values that cannot be trained, refused with the way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import DanluError, Fix


@dataclass(frozen=True)
class Exclusion:
    """``code`` (words in ``error_excluded.toml``) holds when every path of ``when`` has one of its
    values; ``"set"`` means any value but None, 0, False or empty, ``"unset"`` one of these."""

    code: str
    when: Mapping[str, Any]
    fixes: tuple[Fix, ...] = ()

    def holds(self, values: Mapping[str, Any]) -> bool:
        return all(
            bool(values[path]) is (wanted == "set")
            if wanted in ("set", "unset")
            else values[path] in wanted
            for path, wanted in self.when.items()
        )

    def error(self, values: Mapping[str, Any]) -> DanluError:
        shown = {path.partition(".")[2]: values[path] for path in self.when}
        return DanluError(f"excluded.{self.code}", fixes=self.fixes or None, **shown)


_QUANTIZED = ("nf4", "int8")
_TO_LORA = Fix("use_lora", {"method.tuner": "lora"})
_UNQUANTIZE = Fix("no_quantization", {"model.quantization": "none"})
_TO_SFT = Fix("use_sft", {"method.stage": "sft"})

EXCLUSIONS: tuple[Exclusion, ...] = (
    Exclusion(
        "quantized_full",
        {"model.quantization": _QUANTIZED, "method.tuner": ("full", "freeze")},
        (_TO_LORA, _UNQUANTIZE),
    ),
    Exclusion(
        "adapter_not_lora",
        {"method.adapter": "set", "method.tuner": ("full", "freeze")},
        (_TO_LORA, Fix("no_adapter", {"method.adapter": None})),
    ),
    Exclusion(
        "lora_option_not_lora",
        {"method.use_dora": (True,), "method.tuner": ("full", "freeze")},
        (_TO_LORA, Fix("no_dora", {"method.use_dora": False})),
    ),
    Exclusion(
        "rslora_not_lora",
        {"method.use_rslora": (True,), "method.tuner": ("full", "freeze")},
        (_TO_LORA, Fix("no_rslora", {"method.use_rslora": False})),
    ),
    Exclusion(
        "loraplus_not_lora",
        {"method.loraplus_lr_ratio": "set", "method.tuner": ("full", "freeze")},
        (_TO_LORA, Fix("no_loraplus", {"method.loraplus_lr_ratio": None})),
    ),
    Exclusion(
        "packed_pairs",
        {"train.packing": (True,), "method.stage": ("dpo",)},
        (Fix("no_packing", {"train.packing": False}), _TO_SFT),
    ),
    Exclusion(
        "prompt_of_pairs",
        {"data.train_on_prompt": (True,), "method.stage": ("dpo",)},
        (Fix("answers_only", {"data.train_on_prompt": False}), _TO_SFT),
    ),
    Exclusion(
        "smoothed_pairs",
        {"train.label_smoothing_factor": "set", "method.stage": ("dpo",)},
        (Fix("no_smoothing", {"train.label_smoothing_factor": 0.0}), _TO_SFT),
    ),
    Exclusion(
        "eval_twice",
        {"data.eval": "set", "data.eval_fraction": "set"},
        (Fix("no_fraction", {"data.eval_fraction": 0.0}), Fix("no_eval_set", {"data.eval": []})),
    ),
    Exclusion(
        "early_stopping_no_eval",
        {
            "train.early_stopping_patience": "set",
            "data.eval": "unset",
            "data.eval_fraction": "unset",
        },
        (
            Fix("hold_out", {"data.eval_fraction": 0.05}),
            Fix("no_early_stopping", {"train.early_stopping_patience": None}),
        ),
    ),
    Exclusion(
        "history_and_prompt",
        {"data.mask_history": (True,), "data.train_on_prompt": (True,)},
        (
            Fix("answers_only", {"data.train_on_prompt": False}),
            Fix("keep_history", {"data.mask_history": False}),
        ),
    ),
    Exclusion(
        "warmup_twice",
        {"train.warmup_ratio": "set", "train.warmup_steps": "set"},
        (
            Fix("ratio", {"train.warmup_steps": 0}),
            Fix("steps", {"train.warmup_ratio": 0.0}),
        ),
    ),
)


def excluded(values: Mapping[str, Any]) -> list[DanluError]:
    """The errors of every excluded combination that ``values`` (dotted path → value) hold."""
    return [exclusion.error(values) for exclusion in EXCLUSIONS if exclusion.holds(values)]
