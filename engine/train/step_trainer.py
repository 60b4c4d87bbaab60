"""A trainer with danlu's say at the step boundary: what is due, asked and told.

Imports torch and transformers: import it inside functions only.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import Trainer
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from engine.data.tables import lengths_of_rows
from engine.job import Cancelled
from engine.train.length_sampler import EpochLengthSampler
from engine.train.schedule import Factor

if TYPE_CHECKING:
    from engine.train.conductor import Conductor

_NO_LAST_EPOCH = 1_000_000


class StepTrainer(Trainer):
    """What danlu's trainers have in common; stands before one of TRL's among a class's bases.

    ``conductor`` decides at each step boundary what to save, evaluate, watch and obey. With a
    ``factor`` the learning rate is that share of its peak at each step, instead of what the
    arguments plan."""

    def __init__(
        self,
        *,
        conductor: Conductor,
        loraplus_lr_ratio: float | None,
        factor: Factor | None = None,
        **kwargs: Any,
    ) -> None:
        self._conductor = conductor
        self._loraplus_lr_ratio = loraplus_lr_ratio
        self._boundary = -1
        self._tokens = 0
        self._step_started = time.perf_counter()
        self._factor = factor
        adapter = _quantized_adapter(kwargs["model"])
        super().__init__(**kwargs)
        self.remove_callback(PrinterCallback)
        self.remove_callback(ProgressCallback)
        _put_back(self.model, adapter)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        rows: Any = self.train_dataset if train_dataset is None else train_dataset
        if self.args.train_sampling_strategy != "group_by_length":
            return super()._get_train_sampler(train_dataset)
        batch = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return EpochLengthSampler(batch, self._lengths(rows), self.args.seed)

    def _lengths(self, rows: Any) -> list[int]:
        """How many tokens each of ``rows`` has."""
        return lengths_of_rows(rows)

    def create_optimizer(self, model: Any = None) -> Any:
        """The trainer's own, or LoRA+ (arXiv 2402.12354): B matrices at a multiple of A's rate."""
        if self.optimizer is None and self._loraplus_lr_ratio:
            from peft.optimizers import create_loraplus_optimizer

            trained: Any = self.model
            optimizer_class, options = self.get_optimizer_cls_and_kwargs(self.args, trained)
            self.optimizer = create_loraplus_optimizer(
                trained,
                optimizer_class,
                loraplus_lr_ratio=self._loraplus_lr_ratio,
                loraplus_weight_decay=self.args.weight_decay,
                **options,
            )
        return super().create_optimizer(model) if model is not None else super().create_optimizer()

    def create_scheduler(self, *args: Any, **kwargs: Any) -> Any:
        scheduler = super().create_scheduler(*args, **kwargs)
        if self._factor is not None:
            self.follow(self._factor)
        return scheduler

    def follow(self, factor: Factor) -> None:
        """Have the learning rate follow ``factor`` from this step on."""
        self._factor = factor
        scheduler: Any = self.lr_scheduler
        # A fresh function for each group: torch would write a callable object's state into a
        # checkpoint, and that of an earlier plan back over this one.
        scheduler.lr_lambdas = [lambda step: factor(step) for _ in scheduler.base_lrs]
        rates = [base * factor(scheduler.last_epoch) for base in scheduler.base_lrs]
        for group, rate in zip(scheduler.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        scheduler._last_lr = rates

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        if checkpoint is not None and self._factor is not None:
            self.follow(self._factor)  # the checkpoint brought the rate of the shorter plan

    def set_initial_training_values(self, *args: Any, **kwargs: Any) -> Any:
        """As the trainer has it, but without a last epoch: the number of steps alone ends a run,
        and that can grow while it trains."""
        epochs, *others = super().set_initial_training_values(*args, **kwargs)
        return max(epochs, _NO_LAST_EPOCH), *others

    def training_step(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if self._conductor.aborting:
            raise Cancelled
        if self._tokens == 0:
            self._step_started = time.perf_counter()
        mask = inputs.get("attention_mask")
        self._tokens += int(mask.sum()) if mask is not None else inputs["input_ids"].numel()
        return super().training_step(model, inputs, *args, **kwargs)

    def _maybe_log_save_evaluate(self, *args: Any, **kwargs: Any) -> None:
        # The trainer comes here after each optimizer step, and once more at the end of an epoch.
        if self.state.global_step == self._boundary:
            return
        self._boundary = self.state.global_step
        seconds = time.perf_counter() - self._step_started
        self._conductor.step_done(self, self._tokens, seconds)
        self._tokens = 0
        super()._maybe_log_save_evaluate(*args, **kwargs)
        self._conductor.after_step(self)

    def _save_checkpoint(self, model: Any, trial: Any = None) -> None:
        self._conductor.save(self, lambda folder: self._write_checkpoint(model, folder))

    def _write_checkpoint(self, model: Any, folder: Path) -> None:
        """Let the trainer write ``checkpoint-<step>`` into ``folder``."""
        output_folder, self.args.output_dir = self.args.output_dir, str(folder)
        try:
            # Past TRL's own, which would write a model card beside the checkpoint.
            Trainer._save_checkpoint(self, model, trial=None)
        finally:
            self.args.output_dir = output_folder


def _quantized_adapter(model: Any) -> dict[str, torch.Tensor]:
    """The trained weights of an adapter on a quantised base, by name; empty for other models."""
    if not getattr(model, "is_quantized", False):
        return {}
    trained = [(name, each) for name, each in model.named_parameters() if each.requires_grad]
    return {name: each.data.float().clone() for name, each in trained}


def _put_back(model: Any, weights: dict[str, torch.Tensor]) -> None:
    """Undo TRL's cast of QLoRA adapters to bf16: with eight bits of mantissa most updates of
    a small learning rate are lost, and PEFT loads a saved adapter in fp32, so that a resumed run
    would not repeat, nor one from earlier weights begin with them. They are a fraction of a percent
    of the model."""
    for name, parameter in model.named_parameters():
        if name in weights:
            parameter.data = weights[name]
