"""What one row of each training stage is to the model."""

from __future__ import annotations

_SEQUENCES = {"dpo": 2}  # the better and the worse answer, each behind the prompt


def sequences_a_row(stage: str) -> int:
    """How many sequences of tokens a row of ``stage`` becomes."""
    return _SEQUENCES.get(stage, 1)


def epochs_beside(stage: str) -> float:
    """What is done once for all rows before they are trained, in epochs: preferences are measured
    against the model from before, which takes a forward pass, about a third of a step."""
    return 1 / 3 if stage == "dpo" else 0.0
