"""RunSpec → TRL's configs. The one place where danlu's parameters become the trainer's.

Imports torch and trl: import it inside functions only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.hardware import Machine
from engine.train.schedule import warmup_steps

if TYPE_CHECKING:
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.sft_config import SFTConfig

    from engine.spec.run_spec import RunSpec


def sft_arguments(spec: RunSpec, machine: Machine, output_folder: Path, steps: int) -> SFTConfig:
    """The arguments of a resolved ``spec`` for ``steps`` optimizer steps of supervised
    fine-tuning."""
    from trl.trainer.sft_config import SFTConfig

    return SFTConfig(
        **_shared(spec, machine, output_folder, steps),
        label_smoothing_factor=spec.train.label_smoothing_factor,
        padding_free=spec.train.packing,  # rows come already packed
        max_length=None,  # and already cut
    )


def dpo_arguments(spec: RunSpec, machine: Machine, output_folder: Path, steps: int) -> DPOConfig:
    """The same for preference optimisation."""
    from trl.trainer.dpo_config import DPOConfig

    method = spec.method
    also = method.rpo_alpha
    return DPOConfig(
        **_shared(spec, machine, output_folder, steps),
        beta=method.beta,
        loss_type=[method.loss_type, *(["sft"] if also else [])],
        loss_weights=[1.0, also] if also else None,
        disable_dropout=not method.lora_dropout,
        max_length=None,  # rows come already cut
        remove_unused_columns=False,  # none is
    )


def _shared(spec: RunSpec, machine: Machine, output_folder: Path, steps: int) -> dict[str, Any]:
    """What every stage takes. When to save and evaluate is decided at each step boundary by danlu,
    so the trainer's own strategies are off."""
    train, on_card = spec.train, machine.gpu is not None
    return dict(
        output_dir=str(output_folder),
        num_train_epochs=train.num_train_epochs,
        max_steps=train.max_steps or -1,
        per_device_train_batch_size=train.per_device_train_batch_size,
        per_device_eval_batch_size=train.per_device_eval_batch_size or 1,
        gradient_accumulation_steps=train.gradient_accumulation_steps or 1,
        learning_rate=train.learning_rate or 0.0,
        lr_scheduler_type=train.lr_scheduler_type,
        warmup_steps=warmup_steps(spec, steps),
        weight_decay=train.weight_decay,
        adam_beta1=train.adam_beta1,
        adam_beta2=train.adam_beta2,
        max_grad_norm=train.max_grad_norm,
        optim=train.optim,
        bf16=spec.model.dtype == "bfloat16",
        fp16=spec.model.dtype == "float16",
        gradient_checkpointing=bool(train.gradient_checkpointing),
        gradient_checkpointing_kwargs={"use_reentrant": False},
        neftune_noise_alpha=train.neftune_noise_alpha,
        train_sampling_strategy="group_by_length" if train.group_by_length else "random",
        logging_strategy="steps",
        logging_steps=train.logging_steps,
        logging_first_step=True,
        logging_nan_inf_filter=False,  # a loss of nan must be seen
        eval_strategy="no",
        save_strategy="no",
        prediction_loss_only=True,
        seed=train.seed,
        data_seed=train.seed,
        use_cpu=not on_card,
        dataloader_pin_memory=on_card,
        dataloader_num_workers=0,
        report_to="none",
        disable_tqdm=True,
        log_level="warning",
    )
