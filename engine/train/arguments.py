"""RunSpec → TRL's SFTConfig. The one place where danlu's parameters become the trainer's.

Imports torch and trl: import it inside functions only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.hardware import Machine
from engine.train.schedule import warmup_steps

if TYPE_CHECKING:
    from trl.trainer.sft_config import SFTConfig

    from engine.spec.run_spec import RunSpec


def trainer_arguments(
    spec: RunSpec, machine: Machine, output_folder: Path, steps: int
) -> SFTConfig:
    """The arguments of a resolved ``spec`` for a run of ``steps`` optimizer steps. When to save and
    evaluate is decided at each step boundary by danlu, so the trainer's own strategies are off."""
    from trl.trainer.sft_config import SFTConfig

    train, on_card = spec.train, machine.gpu is not None
    return SFTConfig(
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
        label_smoothing_factor=train.label_smoothing_factor,
        train_sampling_strategy="group_by_length" if train.group_by_length else "random",
        padding_free=train.packing,  # rows come already packed
        max_length=None,  # and already cut
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
