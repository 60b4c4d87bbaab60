"""Pairs of answers as a trainer takes them. Imports torch: import it inside functions only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.utils.rnn import pad_sequence

from engine.data.render import IGNORED

if TYPE_CHECKING:
    from datasets import Dataset

_SIDES = ("", "rejected_")


@dataclass(frozen=True)
class PairRows(torch.utils.data.Dataset):
    """The ``rows``, each with what the model said of it before it was trained: ``logps``, an array
    of shape [rows, 2]."""

    rows: Dataset
    logps: Any

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        better, worse = self.logps[index].tolist()
        return {**self.rows[index], "ref_chosen_logps": better, "ref_rejected_logps": worse}


@dataclass(frozen=True)
class PairCollator:
    """A micro-batch as TRL's DPOTrainer takes it: the better answers of all rows, then the worse
    ones, padded at their ends to one length."""

    pad_token_id: int

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """``input_ids``, ``attention_mask`` and ``completion_mask`` (which tokens are learnt from),
        each of shape [2 × rows, length]; with known rows ``ref_…_logps`` of shape [rows]."""
        ids = [torch.tensor(row[f"{side}input_ids"]) for side in _SIDES for row in rows]
        labels = [torch.tensor(row[f"{side}labels"]) for side in _SIDES for row in rows]
        learnt = [(each != IGNORED).long() for each in labels]
        made = {
            "input_ids": pad_sequence(ids, batch_first=True, padding_value=self.pad_token_id),
            "attention_mask": pad_sequence([torch.ones_like(each) for each in ids], True),
            "completion_mask": pad_sequence(learnt, batch_first=True),
        }
        for name in ("ref_chosen_logps", "ref_rejected_logps"):
            if name in rows[0]:
                made[name] = torch.tensor([row[name] for row in rows])
        return made
