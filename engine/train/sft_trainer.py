"""Supervised fine-tuning: TRL's SFTTrainer, led by danlu from step to step.

Imports torch and trl: import it inside functions only.
"""

from __future__ import annotations

from trl.trainer.sft_trainer import SFTTrainer

from engine.train.step_trainer import StepTrainer


class SupervisedTrainer(StepTrainer, SFTTrainer):
    """Trains on rows of ``input_ids`` and ``labels``."""
