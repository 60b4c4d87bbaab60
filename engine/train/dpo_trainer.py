"""Preference optimisation: TRL's DPOTrainer on encoded pairs, led by danlu from step to step.

What the model says of each pair before it is trained, which DPO measures against, is computed once
before the first step: no second model is held while training, an epoch costs no more forward passes
than it must, and a resumed run reads the same numbers. Imports torch and trl: import it inside
functions only.
"""

from __future__ import annotations

from typing import Any

import numpy
from accelerate.utils import is_peft_model
from trl.trainer.dpo_trainer import DPOTrainer

from engine.data.tables import lengths_of_rows
from engine.job import Job
from engine.train.pairs import PairCollator, PairRows
from engine.train.reference import Reference
from engine.train.step_trainer import StepTrainer

_COPY = "ref"  # the adapter's state before training, as TRL names it


class PreferenceTrainer(StepTrainer, DPOTrainer):
    """Trains on rows of :data:`engine.data.tables.PAIR`; ``reference`` is what is measured
    against."""

    def __init__(self, *, reference: Reference, job: Job, **kwargs: Any) -> None:
        self._reference, self._job = reference, job
        collator = PairCollator(kwargs["processing_class"].pad_token_id)
        super().__init__(**kwargs, data_collator=collator)
        model: Any = self.model
        if is_peft_model(model):
            self.train_dataset = self._precompute_ref_logps(self.train_dataset, "train")
            if self.eval_dataset is not None:
                self.eval_dataset = self._precompute_ref_logps(self.eval_dataset, "eval")
            self.precompute_ref_logps = True
            model.delete_adapter(_COPY)  # else it would be held, and saved with each checkpoint

    def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        return dataset  # encoded as danlu encodes rows

    def _lengths(self, rows: Any) -> list[int]:
        return lengths_of_rows(rows.rows)

    def _precompute_ref_logps(self, dataset: Any, name: str, batch_size: int = 0) -> Any:
        logps = self._reference.found(name, len(dataset))
        if logps is None:
            logps = self._said(dataset, batch_size or self.args.train_batch_size)
            self._reference.keep(name, logps)
        return PairRows(dataset, logps)

    def _said(self, dataset: Any, batch_size: int) -> Any:
        """The log-probabilities of both answers of each row, of shape [rows, 2]. The longest rows
        go first, so that memory ends at once or not at all."""
        model: Any = self.model
        lengths = lengths_of_rows(dataset)
        order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
        found = numpy.zeros((len(order), 2), dtype=numpy.float32)
        model.eval()
        for start in range(0, len(order), batch_size):
            self._job.report("reference", start, len(order), "rows")
            rows = order[start : start + batch_size]
            batch = self._prepare_inputs(self.data_collator([dataset[row] for row in rows]))
            better, worse = self.compute_ref_log_probs(model, batch)
            found[rows, 0] = better.float().cpu().numpy()
            found[rows, 1] = worse.float().cpu().numpy()
        model.train()
        self._job.report("reference", len(order), len(order), "rows")
        return found
