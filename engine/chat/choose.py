"""Choosing the next token. Imports torch: import it inside functions only."""

from __future__ import annotations

import torch

from engine.chat.sampling import Sampling


class Chooser:
    """Chooses each row's next token. Draws from generators of its own, one a row, so that the
    global random state stays as it is and a row's draws do not depend on its neighbours."""

    def __init__(self, sampling: Sampling, rows: int, device: torch.device) -> None:
        self._sampling = sampling
        self._generators = [torch.Generator(device=device) for _ in range(rows)]
        for generator in self._generators:
            if sampling.seed is None:
                generator.seed()
            else:
                generator.manual_seed(sampling.seed)

    def choose(
        self, logits: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor, rows: list[int]
    ) -> torch.Tensor:
        """The next token of each row, shape (rows,), from ``logits`` (rows, vocabulary).
        ``ids`` and ``mask`` (rows, length) are what was read so far; ``rows`` names each line's
        generator."""
        scores = logits.float()
        if self._sampling.repetition_penalty != 1.0:
            scores = _penalised(scores, ids, mask, self._sampling.repetition_penalty)
        if self._sampling.temperature <= 0:
            return scores.argmax(-1)
        scores = _narrowed(scores / self._sampling.temperature, self._sampling)
        chances = torch.nan_to_num(scores.softmax(-1))
        drawn = [
            torch.multinomial(chances[line], 1, generator=self._generators[row])
            for line, row in enumerate(rows)
        ]
        return torch.cat(drawn)


def _penalised(
    scores: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor, penalty: float
) -> torch.Tensor:
    """Make tokens that stand in the text already less likely; padding does not count as text."""
    seen = torch.zeros_like(scores).scatter_add_(1, ids, mask.to(scores.dtype)) > 0
    return torch.where(seen, torch.where(scores > 0, scores / penalty, scores * penalty), scores)


def _narrowed(scores: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Leave only the ``top_k`` likeliest tokens, and of them those that make up ``top_p``."""
    if 0 < sampling.top_k < scores.shape[-1]:
        least = scores.topk(sampling.top_k).values[:, -1:]
        scores = scores.masked_fill(scores < least, -torch.inf)
    if sampling.top_p < 1.0:
        ordered, order = scores.sort(descending=True)
        chances = ordered.softmax(-1)
        beyond = chances.cumsum(-1) - chances >= sampling.top_p
        beyond[:, 0] = False
        scores = scores.masked_fill(beyond.scatter(1, order, beyond), -torch.inf)
    return scores
