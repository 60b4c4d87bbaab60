"""Preference optimisation: TRL's DPOTrainer on encoded pairs, led by danlu from step to step.

What the model says of each pair before it is trained, which DPO measures against, is computed once
before the first step: no second model is held while training, an epoch costs no more forward passes
than it must, and a resumed run reads the same numbers. Imports torch and trl: import it inside
functions only.
"""

from __future__ import annotations

from typing import Any

import numpy
import torch
from trl.trainer.dpo_trainer import DPOTrainer

from engine.data.tables import lengths_of_rows
from engine.job import Job
from engine.train.pairs import PairCollator, PairRows
from engine.train.reference import Reference
from engine.train.step_trainer import StepTrainer


class _NoSecondModel(torch.nn.Module):
    """Stands where TRL holds the model that is measured against: without one there it would load
    the model a second time, copy the adapter, or hash every weight. TRL asks its configuration
    alone of it."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.config = model.config


class PreferenceTrainer(StepTrainer, DPOTrainer):
    """Trains on rows of :data:`engine.data.tables.PAIR`; ``reference`` is what is measured
    against."""

    def __init__(self, *, reference: Reference, job: Job, **kwargs: Any) -> None:
        self._reference, self._job = reference, job
        kwargs["data_collator"] = PairCollator(kwargs["processing_class"].pad_token_id)
        super().__init__(**kwargs, ref_model=_NoSecondModel(kwargs["model"]))
        # Here, not within TRL's set-up: only now has the model the weights it begins with.
        self.train_dataset = self._measured(self.train_dataset, "train")
        if self.eval_dataset is not None:
            self.eval_dataset = self._measured(self.eval_dataset, "eval")
        self.precompute_ref_logps = True

    def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        return dataset  # encoded as danlu encodes rows

    def _lengths(self, rows: Any) -> list[int]:
        return lengths_of_rows(rows.rows)

    def _measured(self, dataset: Any, name: str) -> PairRows:
        """The rows with what the model says of them untrained, or said when the run began. Raises
        DanluError ``train.reference_gone``."""
        logps = self._reference.found(name, len(dataset))
        if logps is None:
            logps = self._said(dataset)
            self._reference.keep(name, logps)
        return PairRows(dataset, logps)

    def _said(self, dataset: Any) -> Any:
        """The log-probabilities of both answers of each row, of shape [rows, 2]. The longest rows
        go first, so that memory ends at once or not at all."""
        model: Any = self.model
        batch_size = self.args.train_batch_size
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
