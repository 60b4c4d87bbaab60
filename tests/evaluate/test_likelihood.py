"""The loss is training's own: transformers' figure row by row, whatever the batch."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from engine.data.conversation import Conversation
from engine.data.render import render
from engine.evaluate.likelihood import Masks, likelihoods, mean_loss, perplexity
from engine.job import Cancelled, Job

TURNS = [
    [("user", "Who are you?"), ("assistant", "My name is Ember.")],
    [("user", "你是谁？"), ("assistant", "我是小炉。"), ("user", "Hi"), ("assistant", "Hello!")],
    [("system", "Be short."), ("user", "2+2?"), ("assistant", "4")],
]
ROWS = [
    Conversation([{"role": role, "content": said} for role, said in turns], None, "rows", 1)
    for turns in TURNS
]


@pytest.mark.parametrize("masks", [Masks(), Masks(mask_history=True), Masks(24, False, True)])
def test_each_rows_loss_is_that_of_the_model_itself(tiny_model: Path, masks: Masks) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32).train()
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    alone, tokens = [], []
    with torch.no_grad():
        for row in ROWS:
            made = render(tokenizer, row, **vars(masks))
            labels = torch.tensor([made.labels])
            alone.append(model.eval()(torch.tensor([made.input_ids]), labels=labels).loss.item())
            tokens.append(sum(label != -100 for label in made.labels[1:]))
    model.train()
    for batch_size in (1, 3):
        found = likelihoods(
            model, tokenizer, ROWS, masks, Job(), batch_size=batch_size, phase="loss_tuned"
        )
        assert [row.loss for row in found if row] == pytest.approx(alone, abs=2e-5)
        assert [row.tokens for row in found if row] == tokens
    whole = sum(a * n for a, n in zip(alone, tokens, strict=True)) / sum(tokens)
    assert mean_loss(found) == pytest.approx(whole, abs=2e-5)
    assert perplexity(whole) == pytest.approx(math.exp(whole))
    assert model.training, "the mode is given back"


def test_a_row_with_nothing_trained_has_no_loss(tiny_model: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    found = likelihoods(
        model, tokenizer, ROWS[:1], Masks(4), Job(), batch_size=2, phase="loss_tuned"
    )
    assert found == [None] and mean_loss(found) is None and perplexity(None) is None
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        likelihoods(model, tokenizer, ROWS, Masks(), job, batch_size=2, phase="loss_tuned")
