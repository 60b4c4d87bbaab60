"""The trainer's callbacks, passed on to the conductor.

Imports transformers: import it inside functions only.
"""

from __future__ import annotations

import math
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from engine.train.conductor import Conductor


class Reporter(TrainerCallback):
    """Turns the trainer's logs and evaluations into the conductor's events."""

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        # The loop itself knows no last epoch; the state that is written tells the one planned.
        state.num_train_epochs = math.ceil(args.num_train_epochs)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        if logs and "loss" in logs:
            self._conductor.logged(state.global_step, state.epoch, logs)

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        if metrics and "eval_loss" in metrics:
            self._conductor.evaluated(state.global_step, metrics)
