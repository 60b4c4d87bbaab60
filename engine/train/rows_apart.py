"""Whether a model keeps packed rows apart: asked of the model itself, before it is trained.

Imports torch when called.
"""

from __future__ import annotations

from typing import Any

from engine.errors import DanluError, Fix

_LENGTH = 8  # tokens of each of the two rows tried
_CLOSE = 0.2  # of the difference that seeing the other row makes


def check_rows_apart(model: Any, attention: str) -> None:
    """Raise DanluError ``train.packed_rows_mix`` where what the model says of a row changes with
    the row before it in the pack. Takes two short forward passes and changes nothing."""
    import torch

    generator = torch.Generator().manual_seed(0)
    size = model.get_input_embeddings().weight.shape[0]
    tokens = torch.randint(size, (1, 2 * _LENGTH), generator=generator).to(model.device)
    apart = torch.arange(_LENGTH, device=model.device).repeat(2)[None]
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            alone = _said(model, tokens[:, _LENGTH:], apart[:, _LENGTH:])
            packed = _said(model, tokens, apart)[:, _LENGTH:]
            mixed = _said(model, tokens, torch.arange(2 * _LENGTH, device=model.device)[None])
    finally:
        model.train(was_training)
    seen = (mixed[:, _LENGTH:] - alone).abs().mean()
    if (packed - alone).abs().mean() > _CLOSE * seen:
        raise DanluError(
            "train.packed_rows_mix",
            fixes=[Fix("no_packing", {"train.packing": False})],
            attention=attention,
        )


def _said(model: Any, tokens: Any, positions: Any) -> Any:
    return model(input_ids=tokens, position_ids=positions, use_cache=False).logits.float()
