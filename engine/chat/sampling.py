"""What a person may choose about how answers are made. No torch: any screen may import it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sampling:
    """How to answer. Temperature 0 takes the likeliest token each time; ``top_k`` 0 and ``top_p`` 1
    leave every token in; without a ``seed`` each answer is drawn anew."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    max_new_tokens: int = 256
    repetition_penalty: float = 1.0
    seed: int | None = None
