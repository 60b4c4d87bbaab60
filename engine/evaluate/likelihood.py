"""How likely the model finds what it should say: loss per trained token, by training's own masks.
Imports torch: import it inside functions only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from engine.chat.decode import accepted, answering
from engine.data.conversation import Conversation
from engine.data.render import IGNORED, Rendered, render
from engine.data.template import TemplateRefuses
from engine.job import Job

_LOGITS = 4096  # positions whose logits a batch holds at most: 1.2 GB at 150,000 words and bf16
_SLICE = 512  # positions turned into fp32 together
_EVERY = 256  # rows between two looks whether the person cancelled


@dataclass(frozen=True)
class Masks:
    """What of a row counts: see the parameters of the same names in ``data``."""

    max_length: int | None = None
    mask_history: bool = False
    train_on_prompt: bool = False


@dataclass(frozen=True)
class Likelihood:
    """The summed negative log-likelihood (nats) of a row's ``tokens`` trained tokens."""

    nats: float
    tokens: int

    @property
    def loss(self) -> float | None:
        return self.nats / self.tokens if self.tokens else None


def mean_loss(rows: Sequence[Likelihood | None]) -> float | None:
    """The mean over all trained tokens, as training counts it; None without any."""
    tokens = sum(row.tokens for row in rows if row)
    return sum(row.nats for row in rows if row) / tokens if tokens else None


def perplexity(loss: float | None) -> float | None:
    """e to the loss; None where that is beyond all numbers."""
    if loss is None or loss > 700:
        return None
    return math.exp(loss)


def likelihoods(
    model: Any,
    tokenizer: Any,
    conversations: Sequence[Conversation],
    masks: Masks,
    job: Job,
    *,
    batch_size: int,
    phase: str,
) -> list[Likelihood | None]:
    """The likelihood of each conversation, in their order; None for one the chat template refuses
    or of which no token is trained. Rows are laid out twice, to know their lengths and when their
    batch comes: of all of them together tokens would take as much memory as a model. Raises
    Cancelled."""
    sizes: dict[int, _Size] = {}
    for index, conversation in enumerate(conversations):
        row = _rendered(tokenizer, conversation, masks)
        if row is not None:
            sizes[index] = _Size(len(row.input_ids), _kept(row))
        if index % _EVERY == 0:
            job.check()
    found: list[Likelihood | None] = [None] * len(conversations)
    done = len(conversations) - len(sizes)
    job.report(phase, done, len(conversations), "rows")
    order = sorted(sizes.items(), key=lambda entry: entry[1].tokens)
    with answering(model):
        for group in _groups(order, batch_size):
            rows = [_row(_rendered(tokenizer, conversations[index], masks)) for index in group]
            for index, measured in zip(group, _measured(model, rows), strict=True):
                found[index] = measured
            done += len(group)
            job.report(phase, done, len(conversations), "rows")
    return found


class _Size(NamedTuple):
    """Of a row: its tokens, and the positions whose logits are wanted."""

    tokens: int
    kept: int


def _row(row: Rendered | None) -> Rendered:
    assert row is not None
    return row


def _rendered(tokenizer: Any, conversation: Conversation, masks: Masks) -> Rendered | None:
    try:
        row = render(
            tokenizer,
            conversation,
            max_length=masks.max_length,
            mask_history=masks.mask_history,
            train_on_prompt=masks.train_on_prompt,
        )
    except TemplateRefuses:
        return None
    return row if any(label != IGNORED for label in row.labels[1:]) else None


def _kept(row: Rendered) -> int:
    """Positions from the first trained token's on: those whose logits are wanted."""
    first = next(at for at, label in enumerate(row.labels) if at and label != IGNORED)
    return len(row.labels) - first + 1


def _groups(order: list[tuple[int, _Size]], batch_size: int) -> Iterator[list[int]]:
    """Batches of at most ``batch_size`` rows whose logits are not too many."""
    group: list[int] = []
    kept = 0
    for index, size in order:
        longest = max(kept, size.kept)
        if group and (len(group) == batch_size or longest * (len(group) + 1) > _LOGITS):
            yield group
            group, longest = [], size.kept
        group.append(index)
        kept = longest
    if group:
        yield group


@torch.no_grad()
def _measured(model: Any, rows: list[Rendered]) -> list[Likelihood]:
    """Read ``rows`` together, padded at the left, so that what is trained stands at the end."""
    device = model.get_input_embeddings().weight.device
    longest = max(len(row.input_ids) for row in rows)
    pads = [longest - len(row.input_ids) for row in rows]
    ids = [[0] * pad + row.input_ids for pad, row in zip(pads, rows, strict=True)]
    labels = [[IGNORED] * pad + row.labels for pad, row in zip(pads, rows, strict=True)]
    mask = torch.tensor([[0] * pad + [1] * (longest - pad) for pad in pads], device=device)
    takes, kept = accepted(model), max(map(_kept, rows))
    asked: dict[str, Any] = {"use_cache": False}
    if "position_ids" in takes:
        asked["position_ids"] = (mask.cumsum(-1) - 1).clamp(min=0)
    if "logits_to_keep" in takes:
        asked["logits_to_keep"] = kept
    found = model(input_ids=torch.tensor(ids, device=device), attention_mask=mask, **asked)
    logits = found.logits[:, -kept:-1]
    wanted = torch.tensor(labels, device=logits.device)[:, -kept + 1 :]
    return [_summed(logits[row], wanted[row]) for row in range(len(rows))]


def _summed(logits: torch.Tensor, wanted: torch.Tensor) -> Likelihood:
    """The likelihood of ``wanted`` (positions,) by ``logits`` (positions, vocabulary)."""
    trained = wanted != IGNORED
    logits, wanted = logits[trained], wanted[trained]
    nats = sum(
        torch.nn.functional.cross_entropy(part.float(), ids, reduction="sum").item()
        for part, ids in zip(logits.split(_SLICE), wanted.split(_SLICE), strict=True)
    )
    return Likelihood(float(nats), int(trained.sum()))
