"""The loss of TRL's SFTTrainer and DPOTrainer, as memory sees it. Imports torch: import it inside
functions only.

TRL 1.16 never holds the logits: it projects tiles of 4096 tokens × 32768 words
(``trl.kernels.ChunkedLogProbFunction``), in forward and again in backward, and folds each tile
into a few numbers per token. On a card a Triton kernel folds it where it lies; on the CPU torch
does, with several copies of the tile in fp32. TRL's function asks autocast about the device, which
the meta device has no answer for, so its course is walked here; the folding on the CPU is TRL's.
"""

from __future__ import annotations

from typing import Any

import torch

TOKENS_A_TILE = 4096  # trl.kernels.chunked_logprob.TOKEN_CHUNK_SIZE
WORDS_A_TILE = 32768  # trl.trainer.utils._CHUNKED_LOGPROB_CHUNK_SIZE
_FOLDING = {"logit_scale": 1.0, "softcap": 1.0, "inv_t": 1.0, "HAS_SOFTCAP": False}
_WANTED = {  # outputs=("log_probs", "entropy", "is_top1") of SFTTrainer
    "HAS_ENTROPY": True,
    "HAS_LOG_SUM_SQ_PROBS": False,
    "HAS_MEAN_LOGITS": False,
    "HAS_IS_TOP1": True,
}


def compute_loss(
    model: Any,
    bare: Any,
    inputs: dict[str, Any],
    *,
    on_card: bool,
    dtype: torch.dtype | None,
    label_smoothing: float = 0.0,
    pairs: bool = False,
) -> torch.Tensor:
    """The loss of one micro-batch, of ``pairs`` the better answers and then the worse ones.
    ``bare`` is ``model`` without its PEFT wrapper, ``dtype`` is autocast's. Every token counts as
    trained, which is the most there can be."""
    rest = {name: value for name, value in inputs.items() if name != "labels"}
    if label_smoothing:
        return _smoothed(model, rest, inputs["labels"], label_smoothing)
    hidden = bare.base_model(**rest, use_cache=False).last_hidden_state[:, :-1]
    head = bare.get_output_embeddings()
    mask = inputs["labels"][:, 1:] != -100
    chosen = hidden.reshape(-1, hidden.shape[-1])
    if on_card:
        chosen = chosen.clone()  # hidden_states[mask]
    scores = _ChunkedLogProb.apply(chosen, head.weight, dtype or hidden.dtype, on_card)
    scores = scores.view(mask.shape).masked_fill(~mask, 0)
    if pairs:  # what they are measured against is known: two numbers a pair
        better, worse = scores.sum(dim=1).chunk(2)
        return -torch.nn.functional.logsigmoid(better - worse).mean()
    return -scores.sum() / mask.sum()


def _smoothed(model: Any, inputs: dict[str, Any], labels: Any, amount: float) -> torch.Tensor:
    """Label smoothing needs the logits of every word of every token, in fp32 more than once."""
    from transformers.trainer_pt_utils import LabelSmoother

    smooth = LabelSmoother(epsilon=amount)
    return smooth(model(**inputs, use_cache=False), labels, shift_labels=True)


class _ChunkedLogProb(torch.autograd.Function):
    """``ChunkedLogProbFunction``, with its Triton kernels left out: they work in place."""

    @staticmethod
    def forward(ctx: Any, hidden: Any, weight: Any, dtype: torch.dtype, on_card: bool) -> Any:
        tokens = hidden.shape[0]
        folded = [hidden.new_zeros(tokens, dtype=torch.float32) for _ in range(7)]
        targets = hidden.new_zeros(tokens, dtype=torch.long)
        for start, word, tile, _, _ in _tiles(hidden, weight, dtype):
            if not on_card:
                part = slice(start, start + tile.shape[0])
                _fold_forward(tile, targets[part], [sums[part] for sums in folded], word)
        log_z = folded[0] + torch.log(folded[1])
        entropy = log_z - folded[2] / folded[1]
        ctx.save_for_backward(hidden, weight, targets, log_z, entropy)
        ctx.dtype, ctx.on_card = dtype, on_card
        return folded[6] - log_z

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        hidden, weight, targets, log_z, entropy = ctx.saved_tensors
        need_hidden, need_weight = ctx.needs_input_grad[:2]
        to_hidden = torch.zeros_like(hidden, dtype=torch.float32) if need_hidden else None
        to_weight = torch.zeros_like(weight, dtype=torch.float32) if need_weight else None
        for start, word, tile, some, words in _tiles(hidden, weight, ctx.dtype):
            if ctx.on_card:
                continue
            part = slice(start, start + tile.shape[0])
            sums = [numbers[part] for numbers in (targets, log_z, entropy, gradients[0])]
            _fold_backward(tile, sums, word)
            if to_hidden is not None:
                _add_product(to_hidden[part], tile, words)
            if to_weight is not None:
                _add_product(to_weight[word : word + words.shape[0]], tile.t(), some)
        return (
            to_hidden.to(hidden.dtype) if to_hidden is not None else None,
            to_weight.to(weight.dtype) if to_weight is not None else None,
            None,
            None,
        )


def _tiles(hidden: Any, weight: Any, dtype: torch.dtype) -> Any:
    """Each tile of logits, all in one buffer: (first token, first word, tile, its tokens' hidden
    states, its words' weights)."""
    tokens = hidden.shape[0]
    buffer = hidden.new_empty((min(tokens, TOKENS_A_TILE), WORDS_A_TILE), dtype=dtype)
    for start in range(0, tokens, TOKENS_A_TILE):
        some = hidden[start : start + TOKENS_A_TILE].to(dtype)
        for word in range(0, weight.shape[0], WORDS_A_TILE):
            words = weight[word : word + WORDS_A_TILE].to(dtype)
            tile = buffer[: some.shape[0], : words.shape[0]]
            torch.mm(some, words.t(), out=tile)
            yield start, word, tile, some, words


def _fold_forward(tile: Any, targets: Any, sums: list[Any], word: int) -> None:
    from trl.kernels import chunked_logprob

    fold: Any = chunked_logprob._forward_tile
    shape = (word, tile.shape[1])
    fold(tile, tile.stride(0), targets, *sums, *shape, BLOCK_SIZE=1024, **_WANTED, **_FOLDING)


def _fold_backward(tile: Any, sums: list[Any], word: int) -> None:
    from trl.kernels import chunked_logprob

    fold: Any = chunked_logprob._backward_tile
    unused = sums[1]  # stands for the entropy's gradient, which there is none of
    wanted = {"HAS_LOGPROB_GRAD": True, "HAS_ENTROPY_GRAD": False, "BLOCK_SIZE": 1024}
    shape = (word, tile.shape[1])
    fold(tile, tile.stride(0), *sums, unused, *shape, **wanted, **_FOLDING)


def _add_product(total: Any, left: Any, right: Any) -> None:
    from trl.kernels.chunked_logprob import _addmm_fp32

    _addmm_fp32(total, left, right)
