"""The decoding loop: a batch of prompts, left-padded, one token a step, with a KV cache.
Imports torch: import it inside functions only.

Ours and not ``generate``'s, because it can be stopped between any two tokens, touches neither the
model's settings nor the global random state while a training is under way, and drops rows that are
done from the batch.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from engine.chat.choose import Chooser
from engine.chat.sampling import Sampling


@contextmanager
def answering(model: Any) -> Iterator[None]:
    """Put ``model`` into answering mode (no dropout, no gradient checkpointing) and back, module by
    module, since a training may hold some modules in either mode."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def decode(
    model: Any, prompts: list[list[int]], sampling: Sampling, limits: list[int], stops: set[int]
) -> Iterator[dict[int, int]]:
    """Yield for each step the new token of every row still speaking. A row ends at one of
    ``stops``, which is not yielded, or after as many tokens as ``limits`` gives it."""
    device = model.get_input_embeddings().weight.device
    batch = _Batch(model, prompts, device)
    chooser = Chooser(sampling, len(prompts), device)
    speaking = [row for row, limit in enumerate(limits) if limit > 0]
    batch.keep(speaking)
    said = 0
    while speaking:
        tokens = batch.next_tokens(chooser)
        said += 1
        chosen = dict(zip(batch.rows, tokens.tolist(), strict=True))
        spoken = {row: chosen[row] for row in speaking if chosen[row] not in stops}
        if spoken:
            yield spoken
        speaking = [row for row in spoken if said < limits[row]]
        batch.append(tokens)
        batch.keep(speaking)


class _Batch:
    """The rows being decoded: ids and mask (rows, length), left-padded, and their cache."""

    def __init__(self, model: Any, prompts: list[list[int]], device: torch.device) -> None:
        self._model = model
        self._accepts = accepted(model)
        self._cache: Any = None
        self.rows = list(range(len(prompts)))
        longest = max(len(prompt) for prompt in prompts)
        # The id that pads is never looked at: the mask and the positions leave it out.
        padded = [[0] * (longest - len(prompt)) + prompt for prompt in prompts]
        mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        self._ids = torch.tensor(padded, device=device)
        self._mask = torch.tensor(mask, device=device)

    # no_grad, not inference_mode: a model may keep what it computes (rotary frequencies, state of a
    # quantisation), and the backward pass of a training refuses tensors made in inference mode.
    @torch.no_grad()
    def next_tokens(self, chooser: Chooser) -> torch.Tensor:
        """Read what is new and choose each row's next token."""
        fresh = self._ids if self._cache is None else self._ids[:, -1:]
        asked: dict[str, Any] = {"past_key_values": self._cache, "use_cache": True}
        if "position_ids" in self._accepts:
            positions = (self._mask.cumsum(-1) - 1).clamp(min=0)
            asked["position_ids"] = positions[:, -fresh.shape[1] :]
        if "logits_to_keep" in self._accepts:
            asked["logits_to_keep"] = 1
        found = self._model(input_ids=fresh, attention_mask=self._mask, **asked)
        # A model without such a cache reads the whole text again at each step.
        self._cache = getattr(found, "past_key_values", None)
        return chooser.choose(found.logits[:, -1], self._ids, self._mask, self.rows)

    def append(self, tokens: torch.Tensor) -> None:
        self._ids = torch.cat([self._ids, tokens[:, None]], dim=1)
        self._mask = torch.cat([self._mask, torch.ones_like(tokens)[:, None]], dim=1)

    def keep(self, rows: list[int]) -> None:
        """Go on with ``rows`` alone. A cache that cannot drop the others keeps them, unheard."""
        if not rows or len(rows) == len(self.rows) or not self._can_drop():
            return
        lines = torch.tensor([self.rows.index(row) for row in rows], device=self._ids.device)
        self._ids, self._mask = self._ids[lines], self._mask[lines]
        if self._cache is not None:
            self._cache.batch_select_indices(lines)
        self.rows = rows

    def _can_drop(self) -> bool:
        if self._cache is None:
            return True
        layers = getattr(self._cache, "layers", [])
        return bool(layers) and all(hasattr(layer, "batch_select_indices") for layer in layers)


def accepted(model: Any) -> set[str]:
    """The names of the arguments the model's own forward takes, below any adapter."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return set(inspect.signature(inner.forward).parameters)
